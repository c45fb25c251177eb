"""A fresh emulator and a fresh spreadsheet for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sheets_schema.emulator import Emulator
from tests.sheets_schema.emulator.client import Client


class FakeTime:
    """A clock that only moves when somebody sleeps or says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def emulator(time: FakeTime) -> Iterator[Emulator]:
    with Emulator(clock=time, sleep=time.sleep) as made:
        yield made


@pytest.fixture
def client(emulator: Emulator) -> Client:
    """A spreadsheet with one tab `Sheet1`, id 0."""
    return Client(emulator).create()
