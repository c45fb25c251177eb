"""The page about the emulator says what the code does."""

from __future__ import annotations

from pathlib import Path

from tests.sheets_schema.emulator import coverage

PAGE = (Path(__file__).parents[3] / "docs" / "library" / "emulator.md").read_text()


def test_the_page_lists_what_is_served_and_what_is_refused() -> None:
    assert PAGE.partition("<!-- lists -->\n")[2] == coverage.page()


def test_nothing_is_both_served_and_refused() -> None:
    assert not set(coverage.supported_kinds()) & set(coverage.unsupported_kinds())
    assert len(coverage.supported_kinds()) > 40
