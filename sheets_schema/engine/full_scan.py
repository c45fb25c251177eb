"""Read ledgers whole and row by row, trusting nothing that is remembered.

For audits, exports and other programs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sheets_schema.clock import Deadline
from sheets_schema.engine.client import Client
from sheets_schema.errors import SchemaMismatchError
from sheets_schema.protocol.a1 import open_range, quoted
from sheets_schema.protocol.openings import LedgerOpening, read_openings
from sheets_schema.protocol.sheet_layout import sheets_of
from sheets_schema.protocol.sheet_read import CONTROL_RANGE, named_values
from sheets_schema.protocol.table_read import missing_tab
from sheets_schema.schema.internal_tables import CONTROL, NO_BASE, OPENING, Base, has_opening, read_bases
from sheets_schema.schema.tables import Binding, InternalTable, Ledger, Tab, View, read_row

FIRST_ROW = 2
"""The sheet row below the header."""


class ScannedRows(list[Any]):
    """Every row of a tab, as the checked model or the `SchemaMismatchError` that names it.

    `first_row` is the sheet row of the first one. Of a ledger whose first rows have left the sheet, `gone` says how many, and
    `opening` holds the rows that stand for them.
    """

    def __init__(self, rows: Iterable[Any] = (), base: Base = NO_BASE, opening: Sequence[Ledger] = ()) -> None:
        super().__init__(rows)
        self.gone = base.gone
        self.first_row = base.blank + FIRST_ROW
        self.opening = opening


def full_scan(
    client: Client, tabs: Sequence[type[Ledger | View | InternalTable]], deadline: Deadline
) -> dict[type[Tab], ScannedRows]:
    """Every row of the tabs at one moment.

    Below the header and what rows that have left leave blank.

    Raises `SchemaMismatchError` for a tab or a header that is not there, `UnavailableError`, `PermissionDeniedError`.
    """
    sheets = sheets_of(client.metadata(deadline), tabs)
    for tab in tabs:
        if tab.__table__.title not in sheets:
            raise missing_tab(tab)
    beside = [CONTROL_RANGE] if CONTROL in sheets else []
    if OPENING in sheets:
        beside.append(quoted(OPENING))
    answer = client.values(
        [*beside, *(open_range(tab.__table__.title, 1, sheets[tab.__table__.title].columns) for tab in tabs)], deadline
    )
    first = answer[: len(beside)]
    bases = read_bases(named_values(first[0])) if CONTROL in sheets else {}
    openings = read_openings(first[-1].get("values", [])) if OPENING in sheets and has_opening(bases) else {}
    return {
        tab: _rows(
            tab,
            part.get("values", []),
            bases.get(tab.__table__.title, NO_BASE),
            openings.get(tab.__table__.title, LedgerOpening(0)),
        )
        for tab, part in zip(tabs, answer[len(beside) :], strict=True)
    }


def _rows(tab: type[Tab], raw: list[list[Any]], base: Base, opening: LedgerOpening) -> ScannedRows:
    binding = Binding.of(tab, raw[0] if raw else [])
    while len(raw) > 1 and not binding.pick(raw[-1]):
        raw.pop()
    blank = 0
    while blank < base.blank and blank + 1 < len(raw) and not binding.pick(raw[blank + 1]):
        blank += 1
    read = ScannedRows(
        base=base._replace(blank=blank), opening=[*opening.models(tab)] if issubclass(tab, Ledger) else []
    )
    for number, row in enumerate(raw[1 + blank :], read.first_row):
        try:
            read.append(read_row(tab, binding, row, number))
        except SchemaMismatchError as error:
            read.append(error)
    return read
