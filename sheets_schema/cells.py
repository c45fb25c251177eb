"""Typed cells: what goes into a cell comes back as it was, whatever it looks like.

Writes use `userEnteredValue` with the kind named (a string stays a string: `0012`, `=1+1`, `1-2`); reads are
unformatted. Times are ISO 8601 UTC text, since a serial number of Google's has no time zone.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from sheets_schema.errors import CellError

Cell = str | int | float | bool | None
"""What an unformatted read gives for one cell; None (or an empty string) where it is empty."""

MAX_TEXT = 50_000
"""Characters in one cell; 50,001 are refused by Google (observed in live probes, 2026-09)."""

MAX_EXACT = 2**53
"""Above it a spreadsheet's number, a double, no longer holds every whole number."""


def extended_value(value: object) -> dict[str, Any]:
    """The CellData of one value for `updateCells`; `{}` empties the cell.

    Raises `CellError` for what would not come back: text over 50,000 characters, whole numbers over 2**53,
    infinities, times without a zone, and types that no cell has.
    """
    if value is None or value == "":
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            raise CellError(f"a cell holds {MAX_TEXT:,} characters; this text has {len(value):,}")
        return {"userEnteredValue": {"stringValue": str(value)}}
    if isinstance(value, int | float):
        if (isinstance(value, int) and abs(value) > MAX_EXACT) or not math.isfinite(value):
            raise CellError("a cell cannot hold this number exactly; store it as text")
        return {"userEnteredValue": {"numberValue": value}}
    if isinstance(value, datetime):
        return {"userEnteredValue": {"stringValue": iso_utc(value)}}
    raise CellError(f"a cell cannot hold a {type(value).__name__}")


def iso_utc(moment: datetime) -> str:
    """A time as ISO 8601 UTC text: `2026-11-23T15:04:05Z`, with microseconds only where there are any.

    Raises `CellError` for a time without a zone.
    """
    if moment.tzinfo is None:
        raise CellError("a time without a zone cannot be stored: which moment is it?")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def is_empty(cell: Cell) -> bool:
    """Whether the cell holds nothing, or nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())
