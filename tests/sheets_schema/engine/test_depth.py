"""How deep a commit is: a newcomer can follow one from the call to the wire."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import sheets_schema
from sheets_schema.emulator import Emulator
from tests.sheets_schema.bank import Bank, blind

HOME = Path(sheets_schema.__file__).parent


def frames_of_the_library(frame: FrameType | None) -> list[str]:
    """Module and function of each frame that is the library's, from the call outwards; the emulator is the other side."""
    found = []
    while frame:
        file = Path(frame.f_code.co_filename)
        if HOME in file.parents and HOME / "emulator" not in file.parents:
            found.append(f"{file.stem}.{frame.f_code.co_name}")
        frame = frame.f_back
    return found


@pytest.mark.parametrize(("method", "most"), [("POST", 10), ("GET", 16)])
def test_a_commit_is_few_frames_deep(bank: Bank, monkeypatch: pytest.MonkeyPatch, method: str, most: int) -> None:
    deepest: list[str] = []
    handle = Emulator.handle

    def watched(self: Emulator, sent: str, *args: Any, **named: Any) -> Any:
        found = frames_of_the_library(sys._getframe(1))
        if sent == method and len(found) > len(deepest):
            deepest[:] = found
        return handle(self, sent, *args, **named)

    monkeypatch.setattr(Emulator, "handle", watched)
    bank.process().run(blind("p1"))

    assert deepest[-1].endswith(".run")
    assert len(deepest) <= most, deepest
    assert len({name.split(".")[0] for name in deepest}) <= 12
