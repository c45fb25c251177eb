"""What one `batchGet` shows: the lock, the log's tail, the new rows of every ledger, the views, and forms on request.

One answer of Google's is one moment (inferred, no statement of Google's was found), so everything that must agree
with each other is fetched in one call. Only what is new is fetched: from the last row that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sheets_schema.errors import NotProvisionedError, SchemaMismatchError
from sheets_schema.protocol.a1 import header_range, last_row_of, open_range, quoted
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.schema.cells import Cell, is_empty
from sheets_schema.schema.declaration import IncrementalView, Schema
from sheets_schema.schema.internal_tables import CONTROL, LOCK
from sheets_schema.schema.tables import Binding, Ledger, Tab, View, read_row

L = TypeVar("L", bound=Ledger)


class InconsistentReadError(Exception):
    """A reading that does not continue what we know; a second look decides whether it was stale or is a fork."""


class OrphanRowsError(InconsistentReadError):
    """Ledgers hold rows below the last that the log knows: a person's, or those of a commit that another was merged over."""

    def __init__(self, message: str, counts: Mapping[str, int]) -> None:
        super().__init__(message)
        self.counts = counts


class StaleDimensionsError(InconsistentReadError):
    """A tab is wider than it was when its size was learnt, so that we did not see all of it."""


@dataclass(frozen=True)
class SheetLayout:
    """A tab as Google knows it."""

    sheet_id: int
    columns: int
    rows: int
    frozen_rows: int = 1


@dataclass
class LedgerDelta(Generic[L]):
    """Rows of a ledger below the `known` ones, not yet checked; `last` is the last known row as it stands there now.

    `release` drops them once they are applied: the cells of all ledgers would otherwise be held beside the rows.
    """

    tab: type[L]
    binding: Binding
    known: int
    last: list[Cell]
    raw: list[list[Cell]]

    @property
    def count(self) -> int:
        """How many rows the ledger holds."""
        return self.known + len(self.raw)

    def release(self) -> None:
        """Drop the new rows."""
        self.raw = []

    @property
    def has_lost_rows(self) -> bool:
        """Whether the last known row is not there any more."""
        return self.known > 0 and not self.binding.pick(self.last)

    def last_known(self) -> L:
        """Return the last known row as a checked model. Raises `SchemaMismatchError` if it is damaged."""
        return read_row(self.tab, self.binding, self.last, self.known + 1)

    def row(self, number: int) -> L:
        """Return a new row, by its number in the sheet, as a checked model. Raises `SchemaMismatchError` if it is damaged."""
        return read_row(self.tab, self.binding, self.raw[number - self.known - 2], number)

    def rows(self) -> Iterable[L]:
        """Return the new rows as checked models. Raises `SchemaMismatchError` naming the row that is damaged."""
        for number, row in enumerate(self.raw, self.known + 2):
            yield read_row(self.tab, self.binding, row, number)


@dataclass(frozen=True)
class InputRow:
    """One row of an input or internal table that is not empty: its number in the sheet, and what stands in it, by field.

    `extra_cells` is what people have written into columns of their own, by column index from 0.
    """

    number: int
    cells: Mapping[str, Cell] = field(repr=False)
    extra_cells: Mapping[int, Cell] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """Return what stands in the column as text, blanks trimmed; empty where nothing does."""
        cell = self.cells.get(name)
        return "" if cell is None else str(cell).strip()


@dataclass(frozen=True)
class TableRead:
    """A form or system tab, read a moment ago. `rows` are all that hold anything, in whatever column."""

    tab: type[Tab]
    binding: Binding
    header: tuple[str, ...]
    rows: tuple[InputRow, ...]
    last_row: int
    grid_rows: int
    columns: int


@dataclass(frozen=True)
class SheetRead:
    """Everything that one `batchGet` showed."""

    lock: LockRecord
    values: dict[str, str]
    value_rows: dict[str, int]
    ledgers: dict[type[Ledger], LedgerDelta[Any]]
    views: dict[type[View], list[list[Cell]]]
    grid_rows: dict[str, int]
    view_columns: dict[str, int]
    tables: dict[type[Tab], TableRead | SchemaMismatchError] = field(default_factory=dict)
    view_keys: dict[type[View], list[Cell]] = field(default_factory=dict)
    """The first column of views that are not read whole, header first."""

    def up_to(self, counts: Mapping[str, int]) -> SheetRead:
        """Return the same with the given ledgers cut short."""
        cut = {
            ledger: replace(tail, raw=tail.raw[: counts[ledger.__table__.title] - tail.known])
            if ledger.__table__.title in counts
            else tail
            for ledger, tail in self.ledgers.items()
        }
        return replace(self, ledgers=cut)


def wanted_ranges(
    schema: Schema[Any], sheets: Mapping[str, SheetLayout], known: Mapping[str, int], tables: Iterable[type[Tab]]
) -> list[str]:
    """Return the ranges to fetch, in the order in which `parse` takes the answer apart."""
    ranges = [open_range(CONTROL, 1, 2)]
    for ledger in schema.all_ledgers:
        ranges += [
            header_range(ledger.__table__.title),
            # From the last known row, never from below it: a read that begins past the grid's end is refused.
            open_range(
                ledger.__table__.title, known.get(ledger.__table__.title, 0) + 1, sheets[ledger.__table__.title].columns
            ),
        ]
    for view, compute in schema.views.items():
        if view.__table__.title in sheets:
            whole = quoted(view.__table__.title)
            # Of one with many rows the first column tells whether each is where it belongs, and how far the grid goes.
            ranges.append(f"{whole}!A1:A" if isinstance(compute, IncrementalView) else whole)
    return ranges + [quoted(tab.__table__.title) for tab in tables if tab.__table__.title in sheets]


def parse(
    schema: Schema[Any],
    sheets: Mapping[str, SheetLayout],
    known: Mapping[str, int],
    tables: Iterable[type[Tab]],
    answer: list[dict[str, Any]],
) -> SheetRead:
    """Take apart what came for `wanted_ranges`.

    Raises `SchemaMismatchError` for a damaged ledger or control tab, `StaleDimensionsError` for a ledger that we did not see whole.

    What is wrong with a form is kept in its place: only work that needs that form shall fail.
    """
    parts = iter(answer)
    lock, values, value_rows = _control(_rows(next(parts)))
    schema.check_version(values)
    tails: dict[type[Ledger], LedgerDelta[Any]] = {}
    views: dict[type[View], list[list[Cell]]] = {}
    grid_rows: dict[str, int] = {}
    view_columns: dict[str, int] = {}
    view_keys: dict[type[View], list[Cell]] = {}
    read: dict[type[Tab], TableRead | SchemaMismatchError] = {}
    for ledger in schema.all_ledgers:
        header, part = _rows(next(parts)), next(parts)
        tails[ledger] = _tail(ledger, header[0] if header else [], part, known.get(ledger.__table__.title, 0))
        grid_rows[ledger.__table__.title] = last_row_of(part["range"])
    for view, compute in schema.views.items():
        if view.__table__.title in sheets:
            part = next(parts)
            grid_rows[view.__table__.title] = last_row_of(part["range"])
            if isinstance(compute, IncrementalView):
                view_keys[view] = [row[0] if row else "" for row in _rows(part)]
                continue
            views[view] = _rows(part)
            view_columns[view.__table__.title] = _columns_of(part["range"])
    for tab in tables:
        read[tab] = _table(tab, next(parts)) if tab.__table__.title in sheets else missing_tab(tab)
    return SheetRead(lock, values, value_rows, tails, views, grid_rows, view_columns, read, view_keys)


def missing_tab(tab: type[Tab]) -> SchemaMismatchError:
    """Return the sentence for a tab that is not there under its name."""
    remedy = (
        "; if it never held anything, run provision to have it made"
        if issubclass(tab, Ledger)
        else ", or run provision, which makes a new one"
    )
    return SchemaMismatchError(
        f"The tab “{tab.__table__.title}” is missing. If it was renamed, give it that name again; if it was deleted, restore it "
        f"with File > Version history{remedy}.",
        tab=tab.__table__.title,
    )


def missing_lock() -> NotProvisionedError:
    """Return the sentence for a tab *Control* without its lock cell."""
    return NotProvisionedError(
        f"The tab “{CONTROL}” has no lock cell. Put it back with File > Version history, or delete the tab and run "
        "provision, which makes it anew as the commit log says.",
        tab=CONTROL,
    )


def _rows(part: dict[str, Any]) -> list[list[Cell]]:
    rows: list[list[Cell]] = part.get("values", [])
    return rows


def named_values(part: dict[str, Any]) -> dict[str, str]:
    """Return the named values of what came for the Control tab, the lock cell among them."""
    return {str(row[0]): str(row[1]) if len(row) > 1 else "" for row in _rows(part) if row and row[0]}


def _control(rows: list[list[Cell]]) -> tuple[LockRecord, dict[str, str], dict[str, int]]:
    values, places = {}, {}
    for number, row in enumerate(rows, 1):
        if row and row[0]:
            values[str(row[0])] = str(row[1]) if len(row) > 1 else ""
            places[str(row[0])] = number
    if LOCK not in values:
        raise missing_lock()
    return LockRecord.parse(values[LOCK]), values, places


def _tail(ledger: type[L], header: list[Cell], part: dict[str, Any], known: int) -> LedgerDelta[L]:
    binding = Binding.of(ledger, header)
    if binding.width > _columns_of(part["range"]):
        raise StaleDimensionsError(f"tab “{ledger.__table__.title}” has more columns than before")
    rows = _rows(part)
    raw = rows[1:]
    while raw and not binding.pick(raw[-1]):
        raw.pop()
    return LedgerDelta(ledger, binding, known, rows[0] if rows else [], raw)


def _table(tab: type[Tab], part: dict[str, Any]) -> TableRead | SchemaMismatchError:
    raw = _rows(part)
    try:
        binding = Binding.of(tab, raw[0] if raw else [])
    except SchemaMismatchError as error:
        return error
    rows = tuple(row for number, cells in enumerate(raw[1:], 2) if (row := _form_row(binding, number, cells)))
    filled = [number for number, row in enumerate(raw, 1) if any(cell not in ("", None) for cell in row)]
    header = tuple(str(cell).strip() for cell in raw[0])
    grid_rows, columns = last_row_of(part["range"]), _columns_of(part["range"])
    return TableRead(tab, binding, header, rows, filled[-1] if filled else 1, grid_rows, columns)


def _form_row(binding: Binding, number: int, row: list[Cell]) -> InputRow | None:
    cells = binding.pick(row)
    cells = {} if all(map(is_empty, cells.values())) else cells
    declared = set(binding.index.values())
    beside = {place: cell for place, cell in enumerate(row) if place not in declared and not is_empty(cell)}
    return InputRow(number, cells, beside) if cells or beside else None


def _columns_of(echoed_range: str) -> int:
    end = echoed_range.rpartition("!")[2].rpartition(":")[2]
    total = 0
    for letter in end.rstrip("0123456789"):
        total = total * 26 + ord(letter) - ord("A") + 1
    return total


def sheets_of(metadata: Mapping[str, Any], tabs: Iterable[type[Tab]] = ()) -> dict[str, SheetLayout]:
    """Return the tabs by title; where it differs in letter case only, by the declared one, which Google takes for the same."""
    declared = {tab.__table__.title.casefold(): tab.__table__.title for tab in tabs}
    sheets = {}
    for each in metadata.get("sheets", []):
        properties = each["properties"]
        size = properties.get("gridProperties", {})
        sheets[declared_title(properties["title"], declared)] = SheetLayout(
            properties.get("sheetId", 0),
            size.get("columnCount", 0),
            size.get("rowCount", 0),
            size.get("frozenRowCount", 0),
        )
    return sheets


def time_zone(metadata: Mapping[str, Any]) -> tzinfo:
    """Return the spreadsheet's time zone; UTC if it names none that is known here."""
    try:
        return ZoneInfo(str(metadata.get("properties", {}).get("timeZone") or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def declared_title(title: str, declared: Mapping[str, str]) -> str:
    """Return the declared title that is meant by a tab's; its own if none is. `declared` maps titles without letter case."""
    return declared.get(title.strip().casefold(), title)
