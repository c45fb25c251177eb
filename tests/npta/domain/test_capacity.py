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
    assert how_full(cells, 10_000_000) == text


@pytest.mark.parametrize(
    ("cells", "orders"), [(7_000_000, "31,000"), (9_999_900, "1"), (10_000_000, "0"), (10_000_001, "0")]
)
def test_where_it_gets_tight_it_says_what_to_do(cells: int, orders: str) -> None:
    text = how_full(cells, 10_000_000)
    assert f"room for about {orders} orders. Take out tabs" in text
    assert "docs/internals/layout.md" in text
