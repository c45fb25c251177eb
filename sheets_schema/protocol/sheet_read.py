"""What one `batchGet` asks for and shows: lock cell, new rows, views, tables. Pure.

One answer of Google's shows one moment (inferred, no statement of Google's was found), so everything that must agree is
fetched in one call. Only what is new is fetched: from the last row that is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from sheets_schema.errors import NotProvisionedError, SchemaMismatchError
from sheets_schema.protocol.a1 import header_range, last_row_of, open_range, quoted
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.protocol.openings import LedgerOpening, missing_opening, read_openings
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.table_read import TableRead, columns_of, missing_tab, read_table
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.declaration import IncrementalView, Schema
from sheets_schema.schema.internal_tables import (
    CONTROL,
    LOCK,
    NO_BASE,
    OPENING,
    Base,
    has_opening,
    read_bases,
)
from sheets_schema.schema.tables import Binding, Ledger, Tab, View, read_row

L = TypeVar("L", bound=Ledger)
CONTROL_RANGE = open_range(CONTROL, 1, 2)
"""The lock cell and the named values."""


class InconsistentReadError(Exception):
    """A read that does not continue what we know.

    Another read decides whether it was stale, or log and ledgers have diverged.
    """


class OrphanRowsError(InconsistentReadError):
    """Ledgers hold rows below the last that the log knows.

    They are a person's, or those of an overwritten commit.
    """

    def __init__(self, message: str, counts: Mapping[str, int]) -> None:
        super().__init__(message)
        self.counts = counts


class StaleDimensionsError(InconsistentReadError):
    """A tab is wider than it was when its size was layer, so that we did not see all of it."""


class MovedRowsError(InconsistentReadError):
    """Blank rows at the top of ledgers were deleted, so our last rows stand elsewhere."""

    def __init__(self, bases: Mapping[str, Base]) -> None:
        super().__init__("rows of ledgers have moved up")
        self.bases = bases


class DroppedRowsError(InconsistentReadError):
    """Rows that we never saw have left the sheet.

    What we know cannot be continued, and everything is to be read anew.
    """


@dataclass
class LedgerDelta(Generic[L]):
    """Rows of a ledger below the `known` ones, not yet checked.

    `last` is the last known row as it stands there now. `release` drops them once they are applied: the cells of all
    ledgers would otherwise be held beside the rows.
    """

    tab: type[L]
    binding: Binding
    known: int
    last: list[Cell]
    raw: list[list[Cell]]
    base: Base = NO_BASE

    @property
    def count(self) -> int:
        """How many rows the ledger has, those that have left the sheet included."""
        return self.known + len(self.raw)

    @property
    def first_row(self) -> int:
        """Where in the sheet the first of the new rows stands."""
        return self.base.sheet_row(self.known + 1)

    @property
    def last_row(self) -> int:
        """Where in the sheet the last row stands."""
        return self.base.sheet_row(self.count)

    def release(self) -> None:
        """Drop the new rows."""
        self.raw = []

    @property
    def has_lost_rows(self) -> bool:
        """Whether the last known row is not there any more, though it should be."""
        return self.known > self.base.gone and not self.binding.pick(self.last)

    def last_known(self) -> L:
        """Return the last known row as a checked model.

        Raises `SchemaMismatchError` if it is damaged.
        """
        return read_row(self.tab, self.binding, self.last, self.first_row - 1)

    def row(self, number: int) -> L:
        """Return a new row, by its number in the sheet, as a checked model.

        Raises `SchemaMismatchError` if it is damaged.
        """
        return read_row(self.tab, self.binding, self.raw[number - self.first_row], number)

    def rows(self) -> Iterable[L]:
        """Return the new rows as checked models.

        Raises `SchemaMismatchError` naming the row that is damaged.
        """
        for number, row in enumerate(self.raw, self.first_row):
            yield read_row(self.tab, self.binding, row, number)


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
    bases: Mapping[str, Base] = field(default_factory=dict)
    """Where the ledgers begin, as far as blank rows tell: fewer of them than were named are a deletion that came twice."""
    openings: Mapping[str, LedgerOpening] = field(default_factory=dict)
    """What stands for the rows that have left the ledgers; only in a reading that begins with nothing known."""

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
    schema: Schema[Any],
    sheets: Mapping[str, SheetLayout],
    known: Mapping[str, int],
    bases: Mapping[str, Base],
    tables: Iterable[type[Tab]],
) -> list[str]:
    """Return the ranges to fetch, in the order in which `parse` takes the answer apart."""
    ranges = [CONTROL_RANGE]
    for ledger in schema.all_ledgers:
        ranges += [
            header_range(ledger.__table__.title),
            # From the last known row, never from below it: a read that begins past the grid's end is refused.
            open_range(
                ledger.__table__.title,
                _last_known(ledger, known, bases),
                sheets[ledger.__table__.title].columns,
            ),
        ]
    if not known and OPENING in sheets:
        ranges.append(quoted(OPENING))
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
    assumed: Mapping[str, Base],
    tables: Iterable[type[Tab]],
    answer: list[dict[str, Any]],
) -> SheetRead:
    """Take apart what came for `wanted_ranges`, which were made for the `assumed` bases.

    Raises `SchemaMismatchError` for a damaged ledger or control tab, `StaleDimensionsError` for a ledger that we did not see whole,
    `MovedRowsError` and `DroppedRowsError` if other bases have come.

    What is wrong with an input table is returned in its place: only transactions that read it are to fail.
    """
    parts = iter(answer)
    lock, values, value_rows = _control(_rows(next(parts)))
    schema.check_version(values)
    bases = read_bases(values)
    if known:
        check_bases(schema, known, bases)
        bases |= {title: base for title, base in assumed.items() if _has_fewer_blanks(base, bases.get(title))}
        if any(bases.get(title, NO_BASE).shift != assumed.get(title, NO_BASE).shift for title in {*bases, *assumed}):
            raise MovedRowsError(bases)
    tails: dict[type[Ledger], LedgerDelta[Any]] = {}
    views: dict[type[View], list[list[Cell]]] = {}
    grid_rows: dict[str, int] = {}
    view_columns: dict[str, int] = {}
    view_keys: dict[type[View], list[Cell]] = {}
    read: dict[type[Tab], TableRead | SchemaMismatchError] = {}
    for ledger in schema.all_ledgers:
        title = ledger.__table__.title
        header, part = _rows(next(parts)), next(parts)
        base = bases.get(title, NO_BASE)
        tails[ledger] = _tail(ledger, header[0] if header else [], part, known.get(title), base)
        grid_rows[title] = last_row_of(part["range"])
        if base != tails[ledger].base:
            bases[title] = tails[ledger].base
    opening = _rows(next(parts)) if not known and OPENING in sheets else []
    openings = read_openings(opening) if opening and has_opening(bases) else {}
    if not known and (missing := missing_opening(bases, openings, schema.ledgers)):
        raise StaleDimensionsError(missing)
    for view, compute in schema.views.items():
        if view.__table__.title in sheets:
            part = next(parts)
            grid_rows[view.__table__.title] = last_row_of(part["range"])
            if isinstance(compute, IncrementalView):
                view_keys[view] = [row[0] if row else "" for row in _rows(part)]
                continue
            views[view] = _rows(part)
            view_columns[view.__table__.title] = columns_of(part["range"])
    for tab in tables:
        read[tab] = read_table(tab, next(parts)) if tab.__table__.title in sheets else missing_tab(tab)
    return SheetRead(lock, values, value_rows, tails, views, grid_rows, view_columns, read, view_keys, bases, openings)


def _last_known(ledger: type[Ledger], known: Mapping[str, int], bases: Mapping[str, Base]) -> int:
    """Return the sheet row of a ledger's last known row.

    Of one of which nothing is known, the header's.
    """
    title = ledger.__table__.title
    return bases.get(title, NO_BASE).sheet_row(known[title]) if title in known else 1


def _has_fewer_blanks(known: Base, named: Base | None) -> bool:
    """Whether a deletion came twice, and nobody has committed since to name it."""
    return named is not None and known.gone == named.gone and known.blank < named.blank


def check_bases(schema: Schema[Any], known: Mapping[str, int], bases: Mapping[str, Base]) -> None:
    """Raise `DroppedRowsError` if rows have left a ledger that are not known."""
    for ledger in schema.all_ledgers:
        title = ledger.__table__.title
        base = bases.get(title, NO_BASE)
        if base.gone > known.get(title, 0):
            raise DroppedRowsError(
                f"rows {known.get(title, 0) + 1} to {base.gone} of tab “{title}” have left the sheet before they were read here"
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
    values, rows_by_name = {}, {}
    for number, row in enumerate(rows, 1):
        if row and row[0]:
            values[str(row[0])] = str(row[1]) if len(row) > 1 else ""
            rows_by_name[str(row[0])] = number
    if LOCK not in values:
        raise missing_lock()
    return LockRecord.parse(values[LOCK]), values, rows_by_name


def _tail(ledger: type[L], header: list[Cell], part: dict[str, Any], known: int | None, base: Base) -> LedgerDelta[L]:
    binding = Binding.of(ledger, header)
    if binding.width > columns_of(part["range"]):
        raise StaleDimensionsError(f"tab “{ledger.__table__.title}” has more columns than before")
    rows = _rows(part)
    raw = rows[1:]
    while raw and not binding.pick(raw[-1]):
        raw.pop()
    if known is None:  # what is blank at the top was left by rows that are gone
        known = base.gone
        blank = next((index for index, row in enumerate(raw[: base.blank]) if binding.pick(row)), base.blank)
        raw, base = raw[blank:], base._replace(blank=blank)
    return LedgerDelta(ledger, binding, known, rows[0] if rows else [], raw, base)
