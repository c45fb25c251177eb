"""The emulator as Google would be met: answers that take their time, quotas, a minute that may run quicker."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import requests

from sheets_schema import Clock
from sheets_schema.advanced import GOOGLE
from sheets_schema.emulator import Emulator, EmulatorAdapter, Latency, QuotaLimit, Server

ANSWER = 0.35
"""Seconds that one answer takes."""
A_MINUTE = 60
"""Reads, and writes, that Google grants an account a minute."""


class Steady(Latency):
    """Every answer takes equally long."""

    def seconds(self, route: str) -> float:  # noqa: ARG002 — the base class's signature
        """Return the same for every call."""
        return ANSWER * self.scale


class QuickTime:
    """A time that runs `factor` times as fast as the one on the wall, for the emulator and its callers alike.

    Waiting is cut short, computing is not: our own CPU weighs `factor` times as much as it would, so what is counted
    in such a minute is less than what a real minute would show.
    """

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self._begun = time.monotonic()
        self._epoch = time.time() // 60 * 60 - 10  # so that `until_next_minute` is soon

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return self._begun + (time.monotonic() - self._begun) * self._factor

    def time(self) -> float:
        """Seconds since the epoch."""
        return self._epoch + self.monotonic() - self._begun

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds / self._factor)

    def until_next_minute(self) -> None:
        """Wait until the emulator, which counts by the minutes of the clock, grants the whole quota anew."""
        self.sleep(60 - self.time() % 60)

    def clock(self) -> Clock:
        """For the library."""
        return Clock(self.monotonic, self.sleep, lambda: datetime.fromtimestamp(self.time(), UTC))

    def emulator(self, file: Path) -> Emulator:
        """With 350 ms answers and Google's quotas."""
        emulator = Emulator(file, clock=self.time, sleep=self.sleep)
        emulator.latency, emulator.quota = Steady(), QuotaLimit()
        return emulator


def session_on(emulator: Emulator) -> requests.Session:
    """Return a session that reaches an emulator in this process."""
    session = requests.Session()
    session.trust_env = False
    for origin in (f"{GOOGLE}/", "https://www.googleapis.com/"):
        session.mount(origin, EmulatorAdapter(emulator))
    return session


@contextmanager
def at_a_port(emulator: Emulator) -> Iterator[str]:
    """Serve an emulator from this process, for clients that can reach it in no other way; gives its origin."""
    with Server(emulator, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.url
        finally:
            server.shutdown()


class Count(NamedTuple):
    """Calls of the Sheets API."""

    reads: float
    writes: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.reads + self.writes

    def __truediv__(self, by: float) -> Count:
        return Count(self.reads / by, self.writes / by)

    def __str__(self) -> str:
        return f"{self.total:.3g} ({self.reads:.3g} R + {self.writes:.3g} W)"


class Served:
    """An emulator in a process of its own."""

    def __init__(self, origin: str, process_id: int) -> None:
        self.origin = origin
        self._status = Path(f"/proc/{process_id}/status")
        self._session = requests.Session()
        self._session.trust_env = False

    def forget(self) -> None:
        """Count from zero."""
        self._session.delete(f"{self.origin}/emulator/calls", timeout=30)

    def calls(self) -> Count:
        """Return the calls since."""
        counted: dict[str, Any] = self._session.get(f"{self.origin}/emulator/calls", timeout=30).json()
        return Count(counted["reads"], counted["writes"])

    @property
    def peak_megabytes(self) -> float | None:
        """The most memory that the process has held; None on a system that does not tell it in /proc."""
        if not self._status.is_file():
            return None
        told = dict(line.split(":", 1) for line in self._status.read_text().splitlines() if ":" in line)
        return int(told["VmHWM"].split()[0]) / 1024


@contextmanager
def served(file: Path, *like_google: str) -> Iterator[Served]:
    """Serve a file from a process of its own: `slow` with 350 ms answers, `quota` with Google's quota."""
    command = [sys.executable, "-m", "benchmarks.serve", str(file), *like_google]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 — this very program
        assert process.stdout is not None
        try:
            yield Served(process.stdout.readline().strip(), process.pid)
        finally:
            process.terminate()


def in_own_process(*arguments: str) -> dict[str, float]:
    """Run `python -m …` and take the figures that it prints."""
    told = subprocess.run(  # noqa: S603 — this very program
        [sys.executable, "-m", *arguments], check=True, capture_output=True, text=True
    )
    figures: dict[str, float] = json.loads(told.stdout.splitlines()[-1])
    return figures


@contextmanager
def talking(*arguments: str) -> Iterator[Callable[[str], str]]:
    """Run `python -m …`, which answers every line that it is told with one of its own."""
    command = [sys.executable, "-m", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 — this very program

        def say(line: str) -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            return process.stdout.readline()

        yield say
