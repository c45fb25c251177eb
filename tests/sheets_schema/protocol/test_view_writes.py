"""What a commit writes into a view: the rows that differ, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.sheets_schema.bank import SCHEMA, Balances, Bank, Books, Process, paying


def in_credit(books: Books, _values: Mapping[str, str]) -> Iterable[Balances]:
    """Only accounts that hold something, so that the view shrinks."""
    return [Balances(account=name, cents=cents) for name, cents in sorted(books.balances.items()) if cents > 0]


@pytest.fixture
def shrinking(bank: Bank) -> Process:
    process = bank.process(schema=replace(SCHEMA, views={Balances: in_credit}))
    for name in ("ada", "bob", "cyd"):
        process.run(paying(f"in-{name}", name, 100))
    process.door.forget()
    return process


def written_to(process: Process, sheet_id: int) -> list[dict[str, Any]]:
    """The requests of the last batch that touch a sheet."""
    requests = process.door.batches[-1].body["requests"]
    found = []
    for request in requests:
        ((kind, body),) = request.items()
        area = body.get("range", body.get("start", {}))
        if kind == "updateCells" and area.get("sheetId") == sheet_id:
            found.append(body)
    return found


def test_rows_that_a_view_loses_are_cleared_and_no_others(bank: Bank, shrinking: Process) -> None:
    sheet_id = bank.tab("Balances").id
    shrinking.run(paying("out-cyd", "cyd", -100))
    (cleared,) = written_to(shrinking, sheet_id)
    area = cleared["range"]
    assert (area["startRowIndex"], area["endRowIndex"]) == (3, 4)
    assert bank.grid("Balances")[1:] == [["ada", 100], ["bob", 100]]


def test_only_the_row_that_differs_is_written(bank: Bank, shrinking: Process) -> None:
    sheet_id = bank.tab("Balances").id
    shrinking.run(paying("more", "bob", 50))
    (changed,) = written_to(shrinking, sheet_id)
    assert len(changed["rows"]) == 1
    assert bank.grid("Balances")[1:] == [["ada", 100], ["bob", 150], ["cyd", 100]]


def test_what_a_person_wrote_beside_a_row_of_a_view_goes_when_the_row_is_written(
    bank: Bank, shrinking: Process
) -> None:
    bank.tab("Balances").add_cols(1)
    bank.tab("Balances").update([["mine"]], "C3")
    other = bank.process(schema=shrinking.spreadsheet.schema)
    other.run(paying("more", "bob", 50))
    (changed, *_) = (each for each in written_to(other, bank.tab("Balances").id) if each.get("rows"))
    assert len(changed["rows"][0]["values"]) == 3
    assert bank.grid("Balances")[2] == ["bob", 150]


def test_a_view_that_a_person_made_narrower_gets_the_columns_that_are_missing(bank: Bank, shrinking: Process) -> None:
    tab = bank.tab("Balances")
    tab.resize(cols=1)
    bank.process(schema=shrinking.spreadsheet.schema).run(paying("more", "bob", 50))
    assert bank.tab("Balances").col_count == len(Balances.columns())
    assert bank.grid("Balances")[2] == ["bob", 150]
