"""Portions of rows stand in an archive whole and as they were given, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sheets_schema import CommitUnknownError, Deadline, Ledger, SchemaMismatchError
from sheets_schema.advanced import Archive, Client
from sheets_schema.emulator.model.permissions import OWNER
from sheets_schema.engine.response_classification import Unknown
from sheets_schema.errors import InvalidValueError, PermissionDeniedError, RequestRejectedError, UnavailableError
from sheets_schema.protocol.batch_requests import write_cells
from sheets_schema.protocol.new_tab import protect
from sheets_schema.testing.pytest_plugin import Sheets, sheets
from tests.sheets_schema.engine.prepared import PreparedClient

__all__ = ["sheets"]


class Kept(Ledger, tab="Kept"):
    """What has left."""

    name: str
    text: str = ""
    number: int = 0


ROWS = [Kept(name=f"n{number}", text=f"=text {number}", number=number) for number in range(1, 8)]


@pytest.fixture
def archive(sheets: Sheets) -> Archive[Kept]:
    return Archive(Client(sheets.id, session=sheets.session), Kept)


def test_a_portion_stands_in_a_tab_of_its_own_and_comes_back_as_it_was(archive: Archive[Kept]) -> None:
    archive.write("one", ROWS)
    archive.write("it's two", ROWS[:2])

    assert archive.read("one", range(1, 8)) == ROWS
    assert archive.read("it's two", [2]) == [ROWS[1]]
    assert {"one", "it's two"} < {*archive.tabs().titles}


def test_single_rows_are_read_in_one_call_whatever_stands_between_them(archive: Archive[Kept], sheets: Sheets) -> None:
    archive.write("one", ROWS)
    sheets.calls.reset()

    assert archive.read("one", [6, 1, 2]) == [ROWS[0], ROWS[1], ROWS[5]]
    assert (sheets.calls.reads, sheets.calls.writes) == (1, 0)


def test_many_rows_that_stand_apart_are_asked_for_by_few_ranges(archive: Archive[Kept], sheets: Sheets) -> None:
    rows = [Kept(name=f"n{number}", number=number) for number in range(1, 401)]
    archive.write("one", rows)
    asked: list[str] = []
    values = archive.client.values
    archive.client.values = lambda ranges, deadline: asked.extend(ranges) or values(ranges, deadline)  # type: ignore[method-assign,func-returns-value]

    for numbers in (range(1, 400, 2), [1, 2, 3, 399], [*range(1, 120, 3), 300, 400], [400]):
        asked.clear()
        assert archive.read("one", numbers) == [rows[number - 1] for number in numbers]
        assert len(asked) <= 26, "they stand in the URL"


def test_a_portion_costs_one_write_and_one_read(archive: Archive[Kept], sheets: Sheets) -> None:
    archive.write("one", ROWS)

    assert (sheets.calls.reads, sheets.calls.writes) == (1, 1)


def test_what_stands_there_is_never_written_again(archive: Archive[Kept]) -> None:
    archive.write("one", ROWS)

    with pytest.raises(RequestRejectedError):
        archive.write("one", ROWS[1:3])

    assert archive.read("one", range(1, 8)) == ROWS


def test_a_lost_answer_is_resolved_by_reading_back(archive: Archive[Kept], sheets: Sheets) -> None:
    sheets.faults.add("error_502_after", method="POST")

    archive.write("one", ROWS)

    assert archive.read("one", [7]) == [ROWS[6]]


def test_a_batch_that_arrives_twice_is_written_once(archive: Archive[Kept], sheets: Sheets) -> None:
    sheets.faults.add("duplicate_delivery", method="POST")

    archive.write("one", ROWS)

    assert archive.read("one", range(1, 8)) == ROWS


def test_a_write_of_which_nothing_arrived_says_that_nothing_is_known(archive: Archive[Kept], sheets: Sheets) -> None:
    sheets.faults.add("error_500", method="POST")

    with pytest.raises(CommitUnknownError, match="run it again"):
        archive.write("one", ROWS)


def test_a_tab_that_is_gone_and_a_row_that_is_damaged_are_told_by_name(archive: Archive[Kept], sheets: Sheets) -> None:
    archive.write("one", ROWS)
    person = sheets.user(OWNER)
    with pytest.raises(SchemaMismatchError, match="no tab “two”"):
        archive.read("two", [1])
    with pytest.raises(SchemaMismatchError, match="not its rows"):
        archive.read("one", [9])

    person.type("one!C3", [["many"]])

    damaged, whole = archive.read("one", [2, 3])
    assert isinstance(damaged, SchemaMismatchError)
    assert whole == ROWS[2]


def test_whether_it_can_be_written_is_found_out_and_leaves_nothing_behind(
    archive: Archive[Kept], sheets: Sheets
) -> None:
    before = archive.tabs()
    sheets.calls.reset()

    assert archive.check() == before
    assert (sheets.calls.reads, sheets.calls.writes) == (1, 1)
    assert archive.tabs() == before


def test_who_may_only_read_is_told_that_it_cannot_be_written(sheets: Sheets) -> None:
    session = sheets.session
    url = f"https://www.googleapis.com/drive/v3/files/{sheets.id}/permissions"
    body = {"type": "user", "role": "reader", "emailAddress": "npta@example.com"}
    assert session.post(url, json=body, timeout=30).ok
    headers = {"Authorization": "Bearer user:npta@example.com"}
    reader = Client(sheets.id, session=session)
    session.headers.update(headers)

    archive = Archive(reader, Kept)
    assert archive.tabs().titles
    with pytest.raises(PermissionDeniedError):
        archive.check()


def test_a_check_of_which_nothing_arrived_says_that_nothing_is_known(archive: Archive[Kept], sheets: Sheets) -> None:
    sheets.faults.add("error_502_after", method="POST")

    with pytest.raises(UnavailableError, match="not known"):
        archive.check()

    assert len(archive.tabs().titles) == 1


def test_some_columns_of_portions_are_read_for_a_search_in_one_call(archive: Archive[Kept], sheets: Sheets) -> None:
    archive.write("one", ROWS[:2])
    archive.write("two", [Kept(name="bare")])
    sheets.calls.reset()

    assert archive.columns(["one", "two"], ["name", "text"]) == {
        "one": [{"name": "n1", "text": "=text 1"}, {"name": "n2", "text": "=text 2"}],
        "two": [{"name": "bare", "text": ""}],
    }
    assert sheets.calls.reads == 1
    with pytest.raises(SchemaMismatchError, match="not all of its tabs one to three"):
        archive.columns(["one", "three"], ["name"])


def test_it_says_how_many_cells_are_left(archive: Archive[Kept]) -> None:
    before = archive.tabs()
    archive.write("one", ROWS)
    after = archive.tabs()

    assert before.room - after.room == after.cells - before.cells > 0
    assert after.room + after.cells == 10_000_000


def test_one_is_named_by_an_address_as_a_database_is(tmp_path: Path) -> None:
    archive = Archive(f" sqlite:///{tmp_path}/archive.db ", Kept)

    archive.write("one", ROWS)

    assert archive.read("one", [7]) == [ROWS[6]]


class Shelf(PreparedClient):
    """An archive of one portion, `one`, of which some cells stand there."""

    def __init__(self, *rows: list[Any]) -> None:
        super().__init__({"one": [["name", "text", "number"], *rows]})
        self.sizes: list[dict[str, int]] = []

    def metadata(self, deadline: Deadline, *more: str) -> dict[str, Any]:
        del deadline, more
        return {
            "sheets": [{"properties": {"title": f"t{n}", "gridProperties": size}} for n, size in enumerate(self.sizes)]
        }

    def values(self, ranges: Sequence[str], deadline: Deadline) -> list[dict[str, Any]]:
        del deadline
        self.asked.append([*ranges])
        spans = [map(int, asked.rpartition("!")[2].split(":")) for asked in ranges]
        found = [self.tabs["one"][first - 1 : last] for first, last in spans]
        return [{"values": [*rows]} if rows else {} for rows in found]


def shelf(*rows: list[Any]) -> tuple[Archive[Kept], Shelf]:
    client = Shelf(*rows)
    return Archive(client, Kept, clock=client.clock), client


def test_how_full_it_is_counts_blank_cells_and_what_google_leaves_unsaid_is_nothing() -> None:
    archive, client = shelf()
    client.sizes = [{"rowCount": 10, "columnCount": 3}, {"rowCount": 7}, {"columnCount": 7}, {}]

    assert archive.tabs() == (("t0", "t1", "t2", "t3"), 30)
    assert archive.tabs().room == 10_000_000 - 30


def test_finding_out_whether_it_can_be_written_asks_for_one_cell_and_takes_it_away() -> None:
    archive, client = shelf()

    archive.check()

    [[added, deleted]] = client.sent
    made = added["addSheet"]["properties"]
    assert made["gridProperties"] == {"rowCount": 1, "columnCount": 1}
    assert deleted == {"deleteSheet": {"sheetId": made["sheetId"]}}


@pytest.mark.parametrize(("wait", "after"), [(0.0, 5.0), (7.0, 7.0)])
def test_where_it_is_not_known_it_is_said_when_to_come_again(wait: float, after: float) -> None:
    archive, client = shelf()
    client.endings = [Unknown("gone", wait)]

    with pytest.raises(UnavailableError, match="is not known: gone") as told:
        archive.check()
    assert told.value.retry_after == after


def test_a_portion_is_one_tab_with_a_header_of_its_size_and_protected() -> None:
    archive, client = shelf(["n1", "t", 1], ["n2", "", 2])

    archive.write("one", [Kept(name="n1", text="t", number=1), Kept(name="n2", number=2)])

    [[added, written, protected]] = client.sent
    made = added["addSheet"]["properties"]
    assert (made["title"], made["gridProperties"]) == ("one", {"rowCount": 3, "columnCount": 3, "frozenRowCount": 1})
    cells: list[list[Any]] = [["name", "text", "number"], ["n1", "t", 1], ["n2", "", 2]]
    assert written == write_cells(made["sheetId"], 1, 0, cells)
    assert protected == protect(made["sheetId"])
    assert client.asked == [["'one'!1:1", "'one'!2:3"]]


def test_a_row_that_would_not_come_back_is_not_written() -> None:
    archive, client = shelf()

    with pytest.raises(InvalidValueError, match="“name”"):
        archive.write("one", [Kept(name="")])
    assert client.sent == []


def test_rows_that_are_blank_are_damaged_each_by_its_number() -> None:
    archive, _ = shelf(["n1", "", 1], [], ["n3", "", 3])

    first, second, third, last = archive.read("one", [1, 2, 3, 4])

    assert (first, third) == (Kept(name="n1", number=1), Kept(name="n3", number=3))
    assert [str(row)[12:17] for row in (second, last)] == ["row 3", "row 5"]


def test_as_many_ranges_are_asked_for_as_one_call_takes_and_above_that_close_ones_are_joined() -> None:
    rows = [[f"n{number}", "", number] for number in range(1, 200)]
    archive, client = shelf(*rows)

    for numbers, count, first in (
        (range(1, 75, 3), 25, "'one'!2:2"),
        (range(1, 51, 2), 25, "'one'!2:2"),
        (range(1, 53, 2), 1, "'one'!2:52"),
        ([*range(1, 79, 3), 120, 125], 3, "'one'!2:77"),
        ([*range(1, 150, 5)], 1, "'one'!2:147"),
        ([*range(1, 150, 4), 160, 168], 3, "'one'!2:150"),
    ):
        client.asked.clear()
        assert archive.read("one", numbers) == [Kept(name=f"n{number}", number=number) for number in numbers]
        [[_, *ranges]] = client.asked
        assert (len(ranges), ranges[0]) == (count, first)


def test_of_some_columns_nothing_else_is_read_and_what_is_blank_is_an_empty_text() -> None:
    archive, client = shelf()
    asked: list[str] = []

    def values(ranges: Sequence[str], _: Deadline) -> list[dict[str, Any]]:
        asked.extend(ranges)
        return [{"values": [["n1", 5], ["n2"], [], ["n3", "t", "more"]]}, {}]

    client.values = values  # type: ignore[method-assign,assignment]
    found = archive.columns(["one", "two"], ["name", "text"])

    assert asked == ["'one'!A2:B", "'two'!A2:B"]
    assert found["one"] == [
        {"name": "n1", "text": "5"}, {"name": "n2", "text": ""}, {"name": "", "text": ""}, {"name": "n3", "text": "t"}
    ]  # fmt: skip
    assert found["two"] == []
