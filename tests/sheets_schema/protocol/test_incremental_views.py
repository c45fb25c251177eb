"""A view of many rows of which a commit changes few: those alone are computed, written, and read back by their key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest

from sheets_schema import View
from sheets_schema.advanced import FilterView, Hyperlink, IncrementalView, changed_keys
from sheets_schema.errors import InvalidDeclarationError
from sheets_schema.protocol import commit_batch, view_writes
from sheets_schema.schema.cells import serial_number
from tests.sheets_schema.bank import SCHEMA, Bank, Books, Process, Requests, paying

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Statement(
    View, tab="Statement", filter_views=(FilterView("Overdrawn", "state", "TEXT_EQ", "red", newest_first="at"),)
):
    payment: str
    account: str
    state: str
    at: datetime | None = None
    page: Annotated[str, Hyperlink()] = ""


class Lines(IncrementalView[Books]):
    """One row a payment, in the order of arrival."""

    def __init__(self) -> None:
        self.computed: list[int] = []

    def row_count(self, state: Books) -> int:
        return len(state.payments)

    def key(self, state: Books, place: int) -> str:
        return [*state.payments][place]

    def row(self, state: Books, values: Mapping[str, str], place: int) -> Statement:  # noqa: ARG002 — as it is called
        self.computed.append(place)
        payment = state.payments[self.key(state, place)]
        red = "red" if payment.cents < 0 else "black"
        page = f"https://bank.example/{payment.payment_id}"
        return Statement(payment=payment.payment_id, account=payment.account, state=red, at=NOON, page=page)

    def changed(
        self,
        before: Books,
        after: Books,
        values_before: Mapping[str, str],  # noqa: ARG002
        values: Mapping[str, str],  # noqa: ARG002
    ) -> Iterable[int]:
        ids = [*after.payments]
        return [ids.index(payment) for payment in changed_keys(before.payments, after.payments)]


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def process(bank: Bank, lines: Lines) -> Process:
    made = bank.process(schema=replace(SCHEMA, views={**SCHEMA.views, Statement: lines}))
    for number in range(1, 6):
        made.run(paying(f"p{number}", "ada", 100))
    lines.computed.clear()
    made.door.forget()
    return made


def written(process: Process, sheet_id: int) -> list[tuple[int, int]]:
    """First row (from 1) and number of rows of everything that the last batch writes there."""
    requests = process.door.batches[-1].body["requests"]
    bodies = [request["updateCells"] for request in requests if "updateCells" in request]
    return [
        (each["start"]["rowIndex"] + 1, len(each["rows"]))
        for each in bodies
        if each.get("start", {}).get("sheetId") == sheet_id
    ]


def shown(bank: Bank) -> list[Any]:
    return [row[0] if row else "" for row in bank.grid("Statement")[1:]]


def test_only_the_row_that_changes_is_computed_and_written(bank: Bank, process: Process, lines: Lines) -> None:
    process.run(paying("p6", "bob", -1))

    assert lines.computed == [5]
    assert written(process, bank.tab("Statement").id) == [(7, 1)]
    assert shown(bank) == [f"p{number}" for number in range(1, 7)]


def test_a_link_leads_there_and_a_time_is_a_date_of_the_spreadsheets_zone(bank: Bank, process: Process) -> None:
    process.run(paying("p6", "bob", -1))

    (*_, request) = process.door.batches[-1].body["requests"]
    at, page = request["updateCells"]["rows"][0]["values"][3:]
    assert at == {"userEnteredValue": {"numberValue": serial_number(NOON, UTC)}}
    assert page["userEnteredFormat"] == {"textFormat": {"link": {"uri": "https://bank.example/p6"}}}


def test_a_process_that_has_just_started_reads_the_keys_and_writes_no_row_that_is_right(
    bank: Bank, process: Process, lines: Lines
) -> None:
    other = bank.process(schema=process.spreadsheet.schema)
    other.run(paying("p6", "bob", -1))

    assert set(lines.computed) == {5}
    assert written(other, bank.tab("Statement").id) == [(7, 1)]


def test_rows_that_stand_elsewhere_are_written_anew_with_the_header(bank: Bank, process: Process) -> None:
    bank.tab("Statement").update([["other"], ["p2"], ["p1"]], "A1", raw=True)
    other = bank.process(schema=process.spreadsheet.schema)
    other.run(paying("p6", "bob", -1))

    assert bank.grid("Statement")[0][0] == "payment"
    assert shown(bank) == [f"p{number}" for number in range(1, 7)]
    assert written(other, bank.tab("Statement").id) == [(1, 3), (7, 1)]


def test_what_was_mended_is_not_written_again(bank: Bank, process: Process) -> None:
    process.spreadsheet.run(paying("p6", "bob", -1), hold_lease=True)
    bank.tab("Statement").update([["p2"], ["p1"]], "A2", raw=True)
    process.spreadsheet.run(paying("p7", "bob", -1), reads=[Requests], hold_lease=True)
    assert written(process, bank.tab("Statement").id) == [(2, 2), (8, 1)]

    process.spreadsheet.run(paying("p8", "bob", -1), hold_lease=True)

    assert written(process, bank.tab("Statement").id) == [(9, 1)]


def test_what_somebody_wrote_below_is_cleared(bank: Bank, process: Process) -> None:
    bank.tab("Statement").update([["mine", "mine"]], "A9", raw=True)
    bank.process(schema=process.spreadsheet.schema).run(paying("p6", "bob", -1))

    assert [row for row in bank.grid("Statement")[7:] if any(row)] == []


def test_what_finds_no_room_in_the_batch_follows_with_the_next_ones(
    bank: Bank, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = bank.tab("Statement")
    sheet.batch_clear(["A1:E10"])
    monkeypatch.setattr(view_writes, "_ROWS_AT_ONCE", 1)
    monkeypatch.setattr(commit_batch, "MAX_BYTES", 3_000)
    other = bank.process(schema=process.spreadsheet.schema)
    rows = [f"p{number}" for number in range(1, 9)]
    left = []
    for number in range(6, 9):
        other.run(paying(f"p{number}", "bob", -1))
        left.append(sum(1 for there in shown(bank) if there not in rows))
    monkeypatch.undo()
    other.run(paying("p9", "bob", -1))

    assert shown(bank) == [*rows, "p9"]
    assert bank.grid("Statement")[0] == ["payment", "account", "state", "at", "page"]


def test_after_damage_every_row_is_written_on_request(bank: Bank, process: Process, lines: Lines) -> None:
    bank.tab("Statement").update([["spoilt"]], "C3", raw=True)

    process.run(lambda tx: tx.rewrite_views())

    assert sorted(lines.computed) == list(range(5))
    assert bank.grid("Statement")[2][2] == "black"


@pytest.mark.parametrize("begins", [True, False], ids=["a process that begins", "one that has known the tab"])
def test_what_stands_below_is_cleared_on_request_too(bank: Bank, process: Process, *, begins: bool) -> None:
    bank.tab("Statement").update([["mine", "mine"]], "A9", raw=True)

    (bank.process(schema=process.spreadsheet.schema) if begins else process).run(lambda tx: tx.rewrite_views())

    assert [row for row in bank.grid("Statement")[6:] if any(row)] == []


def test_a_filter_view_names_fields_that_are_there() -> None:
    with pytest.raises(
        InvalidDeclarationError,
        match="its filters, highlights, charts and what is frozen name 'colour', no field of it",
    ):

        class Wrong(View, tab="Wrong", filter_views=(FilterView("x", "colour", "TEXT_EQ", "red"),)):
            payment: str
