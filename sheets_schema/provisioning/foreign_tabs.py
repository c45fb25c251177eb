"""Tabs with a declared title and somebody else's content: found and kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sheets_schema.plurals import counted
from sheets_schema.protocol.batch_requests import Request
from sheets_schema.schema.cells import Cell, is_empty
from sheets_schema.schema.tables import Tab

KEPT_AS = "{} (before)"
"""The title under which a foreign tab is kept."""


@dataclass(frozen=True)
class ForeignTab:
    """A tab that is kept as `kept_as`, since its title is needed.

    It has `rows` filled rows below its first.
    """

    title: str
    kept_as: str
    rows: int

    def __str__(self) -> str:
        return f"keep tab “{self.title}”, which this program did not write ({counted(self.rows, 'row')}), as “{self.kept_as}”"


def filled_rows(tab: type[Tab], rows: Sequence[Sequence[Cell]], *, ours_by_header: bool) -> int | None:
    """How many rows below the first somebody else has filled.

    None if nothing of anybody's would be lost. `ours_by_header` says that a tab with exactly the declared headers is
    one that this program made.
    """
    filled = sum(1 for row in rows[1:] if not all(map(is_empty, row)))
    header = [str(cell).strip() for cell in (rows[0] if rows else ()) if not is_empty(cell)]
    declared = [column.header for column in tab.columns()]
    if ours_by_header and header == declared:
        return None
    strange = not {text.casefold() for text in header} <= {text.casefold() for text in declared}
    return filled if filled or strange else None


def kept_as(title: str, taken: Iterable[str]) -> str:
    """Return a title that no tab has.

    Titles that differ in letter case only are one to Google (observed).
    """
    used = {title.casefold() for title in taken}
    name = KEPT_AS.format(title)
    number = 2
    while name.casefold() in used:
        name = KEPT_AS.format(f"{title} {number}")
        number += 1
    return name


def rename(sheet_id: int, title: str) -> Request:
    """Give a tab another title; protections, filters and formulas that point to it go along."""
    return {"updateSheetProperties": {"properties": {"sheetId": sheet_id, "title": title}, "fields": "title"}}
