"""Archives: spreadsheets to which rows of another one are moved.

Each portion has a tab of its own, which one batch makes and fills. Nothing is ever appended or written again, so an
archive needs neither lock nor log, and no two writers can get at each other's rows. Whoever moves rows here keeps the
tab's title with the portion, and with it decides which portions count: a tab that nobody names is a leftover.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from google.auth.credentials import Credentials

from sheets_schema.clock import Clock, Deadline
from sheets_schema.engine.client import Client
from sheets_schema.engine.database_url import connect
from sheets_schema.engine.request_stats import RequestHook
from sheets_schema.engine.response_classification import Applied, NotApplied, Rejected, Unknown
from sheets_schema.errors import CommitUnknownError, RequestRejectedError, SchemaMismatchError, UnavailableError
from sheets_schema.protocol.a1 import column_letters, quoted
from sheets_schema.protocol.batch_requests import write_cells
from sheets_schema.protocol.limits import MAX_CELLS
from sheets_schema.protocol.new_tab import free_id, protect
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.tables import Binding, Ledger, read_row

L = TypeVar("L", bound=Ledger)
MAX_RANGES = 25
"""Ranges that one call asks for: they stand in its URL. Rows between close ones are read along."""
TIMEOUT = 30.0
"""Seconds after which a call gives up by default."""


class ArchiveTabs(NamedTuple):
    """The titles of an archive's tabs, and how full it is."""

    titles: tuple[str, ...]
    cells: int

    @property
    def room(self) -> int:
        """How many cells are left of those that Google allows."""
        return MAX_CELLS - self.cells


class Archive(Generic[L]):
    """One archive, whose rows are `table`.

    `url` names it as for `Database`; it exists already, and is shared with the service's account. Nothing has to be set
    up in it. Raises like `Database`.
    """

    def __init__(
        self,
        url: str | Client,
        table: type[L],
        *,
        credentials: Credentials | None = None,
        on_call: RequestHook | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock or Clock()
        self._table = table
        self.client = (
            url
            if isinstance(url, Client)
            else connect(url.strip(), credentials=credentials, on_call=on_call, clock=self._clock)[0]
        )

    def tabs(self, timeout: float | Deadline = TIMEOUT) -> ArchiveTabs:
        """Say what is there: one call. Raises `UnavailableError`, `PermissionDeniedError`."""
        sheets = [sheet["properties"] for sheet in self.client.metadata(self._clock.deadline(timeout))["sheets"]]
        grids = [sheet.get("gridProperties", {}) for sheet in sheets]
        cells = sum(grid.get("rowCount", 0) * grid.get("columnCount", 0) for grid in grids)
        return ArchiveTabs(tuple(str(sheet["title"]) for sheet in sheets), cells)

    def check(self, timeout: float | Deadline = TIMEOUT) -> ArchiveTabs:
        """Say what is there, and find out whether portions can be written: two calls.

        The second asks for a tab and takes it away again in the same batch. Google applies a batch whole or not at all
        (documented), so nothing is left behind, whatever becomes of it. Raises `PermissionDeniedError` if the caller may
        only read, `RequestRejectedError` if the archive is full, `UnavailableError`.
        """
        deadline = self._clock.deadline(timeout)
        tabs = self.tabs(deadline)
        title = f"check {self._clock.new_id()}"
        sheet_id = free_id(title, set())
        grid = {"rowCount": 1, "columnCount": 1}
        outcome = self.client.write_until_known(
            [
                {"addSheet": {"properties": {"sheetId": sheet_id, "title": title, "gridProperties": grid}}},
                {"deleteSheet": {"sheetId": sheet_id}},
            ],
            deadline,
        )
        match outcome:
            case Applied():
                return tabs
            case NotApplied(error) | Rejected(error):
                raise error
            case Unknown(reason, wait):
                raise UnavailableError(
                    f"Whether the archive can be written is not known: {reason}", retry_after=wait or 5.0
                )

    def write(self, title: str, rows: Sequence[L], timeout: float | Deadline = TIMEOUT) -> None:
        """Put a portion into a new tab: one call to write it, one to read it back.

        It stands there whole, and as it was given, once this returns. After an error there is the whole of it, or no
        tab: take another title then. Raises `RequestRejectedError` if there is a tab of that title or the archive is
        full, `CommitUnknownError`, `UnavailableError`, `PermissionDeniedError`, `InvalidValueError` for a row that
        would not come back.
        """
        deadline = self._clock.deadline(timeout)
        columns = self._table.columns()
        for row in rows:
            row.check_cells()
        cells: list[list[Cell]] = [[column.header for column in columns]]
        cells += [[row.cells().get(column.field) for column in columns] for row in rows]
        sheet_id = free_id(title, set())
        grid = {"rowCount": len(cells), "columnCount": len(columns), "frozenRowCount": 1}
        outcome = self.client.write_until_known(
            [
                {"addSheet": {"properties": {"sheetId": sheet_id, "title": title, "gridProperties": grid}}},
                write_cells(sheet_id, 1, 0, cells),
                protect(sheet_id),
            ],
            deadline,
        )
        if isinstance(outcome, NotApplied):
            raise outcome.error
        try:
            there: Sequence[object] = self.read(title, range(1, len(rows) + 1), deadline)
        except SchemaMismatchError:
            there = ()
        if list(there) == list(rows):
            return
        if isinstance(outcome, Rejected):  # of this sending; had an earlier copy been applied, the rows were there
            raise outcome.error
        raise CommitUnknownError(
            f"Whether the portion “{title}” was written to the archive is not known. Nothing has left the spreadsheet: run it again."
        )

    def read(
        self, title: str, numbers: Iterable[int], timeout: float | Deadline = TIMEOUT
    ) -> list[L | SchemaMismatchError]:
        """Read rows of a portion by their numbers, from 1: one call.

        A row that is damaged is the `SchemaMismatchError` that names it. Raises `SchemaMismatchError` for a tab, a
        header or rows that are not there, `UnavailableError`, `PermissionDeniedError`.
        """
        wanted = sorted(set(numbers))
        bridged = 1
        while len(runs := _runs(wanted, bridged)) > MAX_RANGES:
            bridged *= 2
        ranges = [f"{quoted(title)}!{first + 1}:{last + 1}" for first, last in runs]
        try:
            header, *parts = self.client.values([f"{quoted(title)}!1:1", *ranges], self._clock.deadline(timeout))
        except RequestRejectedError as error:  # what Google says of a tab, or of rows, that are not there
            raise SchemaMismatchError(
                f"The archive has no tab “{title}”, or not its rows {wanted[0] + 1} to {wanted[-1] + 1}. Put it back as it was "
                "(File > Version history of the archive).",
                tab=title,
            ) from error
        binding = Binding.of(self._table, (header.get("values") or [[]])[0])
        found: list[L | SchemaMismatchError] = []
        for (first, last), part in zip(runs, parts, strict=True):
            cells = dict(enumerate(part.get("values", []), first))
            found += [
                self._row(binding, cells.get(number, []), number + 1)
                for number in wanted[bisect_left(wanted, first) : bisect_right(wanted, last)]
            ]
        return found

    def columns(
        self, titles: Sequence[str], fields: Sequence[str], timeout: float | Deadline = TIMEOUT
    ) -> dict[str, list[dict[str, str]]]:
        """Read some columns of portions, for a search: one call.

        `fields` are the first ones of the table, in its order. Cells come as text, whatever stands there, and nothing is
        checked. Raises `SchemaMismatchError` if a tab is not there, `UnavailableError`, `PermissionDeniedError`.
        """
        last = column_letters(len(fields) - 1)
        try:
            parts = self.client.values(
                [f"{quoted(title)}!A2:{last}" for title in titles], self._clock.deadline(timeout)
            )
        except RequestRejectedError as error:
            raise SchemaMismatchError(
                f"The archive has not all of its tabs {titles[0]} to {titles[-1]}. Put them back as they were "
                "(File > Version history of the archive)."
            ) from error
        return {
            title: [
                dict(zip(fields, map(str, [*row, *[""] * len(fields)]), strict=False)) for row in part.get("values", [])
            ]
            for title, part in zip(titles, parts, strict=True)
        }

    def _row(self, binding: Binding, row: list[Cell], number: int) -> L | SchemaMismatchError:
        try:
            return read_row(self._table, binding, row, number)
        except SchemaMismatchError as error:
            return error


def _runs(numbers: Sequence[int], bridged: int) -> list[tuple[int, int]]:
    """Return the numbers as runs, first and last, of numbers at most `bridged` apart."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and number - runs[-1][1] <= bridged:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs
