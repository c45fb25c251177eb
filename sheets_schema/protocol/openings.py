"""Openings: what stands for the rows that have left a ledger. Pure.

They are rows that a process which starts now applies before the others. They stand in a tab of their own, *Opening*,
as JSON, and are written anew whenever rows leave. JSON that one cell cannot hold is compressed, since all of it is sent in
one batch with the rest of a commit: a hundred thousand numbers, say, in a few cells.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

from sheets_schema.errors import SchemaMismatchError
from sheets_schema.schema.cells import MAX_TEXT, Cell, as_read, is_empty
from sheets_schema.schema.internal_tables import OPENING, Base, OpeningTable
from sheets_schema.schema.tables import Binding, Ledger, read_row

FIRST_ROW = 2
"""The sheet row below the header."""
_RESTORE = "This tab is written by the service only; put it back as it was (File > Version history)."


@dataclass(frozen=True)
class LedgerOpening:
    """The rows, by header, that stand for the first `gone` rows of a ledger."""

    gone: int
    rows: Sequence[Mapping[str, Cell]] = field(default=(), repr=False)

    @classmethod
    def of(cls, ledger: type[Ledger], gone: int, rows: Iterable[Ledger]) -> Self:
        """Return the opening that these rows are."""
        headers = {column.field: column.header for column in ledger.columns()}
        # Their texts may be longer than a cell holds: these rows stand in no cells of their own.
        cells = (
            {headers[name]: value if isinstance(value, str) else as_read(value) for name, value in row.cells().items()}
            for row in rows
        )
        return cls(gone, [{header: cell for header, cell in row.items() if not is_empty(cell)} for row in cells])

    def models(self, ledger: type[Ledger]) -> Iterable[Ledger]:
        """Return the rows as checked models. Raises `SchemaMismatchError` if one is damaged."""
        headers = [column.header for column in ledger.columns()]
        binding = Binding.of(ledger, [*headers])
        for row in self.rows:
            try:
                yield read_row(ledger, binding, [row.get(header) for header in headers], 0)
            except SchemaMismatchError:
                raise _damaged(ledger.__table__.title) from None


def opening_rows(openings: Mapping[str, LedgerOpening]) -> list[OpeningTable]:
    """Return the rows of the tab that hold these openings, as many as cells are needed."""
    rows = []
    for title, opening in openings.items():
        text = json.dumps(opening.rows, separators=(",", ":"))
        if len(text) > MAX_TEXT:
            text = base64.b64encode(zlib.compress(text.encode())).decode()
        texts = [text[start : start + MAX_TEXT] for start in range(0, len(text), MAX_TEXT)]
        rows += [
            OpeningTable(ledger=title, gone=opening.gone, part=part, parts=len(texts), rows=text)
            for part, text in enumerate(texts, 1)
        ]
    return rows


def opening_bytes(openings: Mapping[str, LedgerOpening]) -> int:
    """Return about how many bytes of a batch these openings take."""
    return sum(len(row.rows) for row in opening_rows(openings))


def read_openings(cells: Sequence[Sequence[Cell]]) -> dict[str, LedgerOpening]:
    """Take the tab apart. Raises `SchemaMismatchError` for one that a person has changed."""
    binding = Binding.of(OpeningTable, [*cells[0]] if cells else [])
    parts: dict[str, list[OpeningTable]] = {}
    for number, row in enumerate(cells[1:], FIRST_ROW):
        if binding.pick([*row]):
            part = read_row(OpeningTable, binding, [*row], number)
            parts.setdefault(part.ledger, []).append(part)
    return {title: _joined(title, found) for title, found in parts.items()}


def _joined(title: str, parts: Sequence[OpeningTable]) -> LedgerOpening:
    if [(part.gone, part.part, part.parts) for part in parts] != [
        (parts[0].gone, number, len(parts)) for number in range(1, len(parts) + 1)
    ]:
        raise _damaged(title)
    text = "".join(part.rows for part in parts)
    try:
        # JSON of rows begins with a bracket, which base64 does not have.
        rows = json.loads(text if text.startswith("[") else zlib.decompress(base64.b64decode(text, validate=True)))
    except (ValueError, zlib.error):
        rows = None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _damaged(title)
    return LedgerOpening(parts[0].gone, rows)


def missing_opening(
    bases: Mapping[str, Base], openings: Mapping[str, LedgerOpening], ledgers: Iterable[type[Ledger]]
) -> str:
    """Say which ledger's first rows nothing stands for; empty if all is there."""
    for ledger in ledgers:
        title = ledger.__table__.title
        gone = bases[title].gone if title in bases else 0
        there = openings[title].gone if title in openings else 0
        if gone != there:
            return (
                f"the first {gone} rows of tab “{title}” have left the sheet, and tab “{OPENING}” "
                f"{f'stands for {there} of them' if there else 'says nothing of them'}"
            )
    return ""


def _damaged(title: str) -> SchemaMismatchError:
    return SchemaMismatchError(
        f"Tab “{OPENING}”: what stands for the first rows of tab “{title}” cannot be read. {_RESTORE}", tab=OPENING
    )
