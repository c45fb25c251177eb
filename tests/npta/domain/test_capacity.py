"""How full the spreadsheet is, as people read it."""

from __future__ import annotations

import pytest

from npta.domain.reports.capacity import how_full


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (0, "0 of 10,000,000 cells (0 %), room for about 100,000 orders"),
        (123_456, "123,456 of 10,000,000 cells (1 %), room for about 100,000 orders"),
        (5_000_000, "5,000,000 of 10,000,000 cells (50 %), room for about 53,000 orders"),
        (6_999_999, "6,999,999 of 10,000,000 cells (69 %), room for about 31,000 orders"),
    ],
)
def test_there_is_room(cells: int, text: str) -> None:
    assert how_full(cells, 10_000_000, has_archives=True) == text


@pytest.mark.parametrize(
    ("cells", "room"),
    [
        (7_000_000, "about 31,000 orders"),
        (9_999_900, "about 1 order"),
        (10_000_000, "no more orders"),
        (10_000_001, "no more orders"),
    ],
)
def test_where_it_gets_tight_it_says_what_to_do(cells: int, room: str) -> None:
    text = how_full(cells, 10_000_000)
    assert f"room for {room}. Run `npta archive`" in text
    assert "npta archive" in text
    assert "docs/operations/small-sheet.md" in text


@pytest.mark.parametrize(("cells", "needs"), [(3_333_333, False), (3_333_334, True), (9_000_000, True)])
def test_over_a_third_full_it_needs_an_archive_unless_it_has_one(cells: int, needs: bool) -> None:
    assert ("set NPTA_ARCHIVES" in how_full(cells, 10_000_000)) is needs
    assert "set NPTA_ARCHIVES" not in how_full(cells, 10_000_000, has_archives=True)
