"""What stands for rows that have left is whole, or said to be damaged."""

from __future__ import annotations

import pytest

from sheets_schema import SchemaMismatchError
from sheets_schema.protocol.openings import LedgerOpening, opening_rows, read_openings
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.internal_tables import OpeningTable
from tests.sheets_schema.bank import Payments

HEADER: list[Cell] = [column.header for column in OpeningTable.columns()]
LONG = LedgerOpening.of(
    Payments, 4, [Payments(payment_id=f"p{n * 7919 % 10_007}", account=f"{n * n}", cents=n) for n in range(9_000)]
)


def cells(opening: LedgerOpening) -> list[list[Cell]]:
    return [[*row.cells().values()] for row in opening_rows({"Payments": opening})]


def test_one_that_takes_several_cells_comes_back_as_it_was() -> None:
    assert len(cells(LONG)) > 1
    assert read_openings([HEADER, *cells(LONG)]) == {"Payments": LONG}


def test_one_whose_parts_are_not_all_there_in_their_order_is_damaged() -> None:
    first, second, *rest = cells(LONG)
    for parts in ([second, *rest], [first, *rest], [second, first, *rest], [first, first, second, *rest]):
        with pytest.raises(SchemaMismatchError, match="Payments"):
            read_openings([HEADER, *parts])


def test_one_that_holds_no_rows_of_its_ledger_is_damaged() -> None:
    with pytest.raises(SchemaMismatchError, match="Payments"):
        [*LedgerOpening(1, [{"payment_id": "p1", "account": "ada", "cents": "many"}]).models(Payments)]
