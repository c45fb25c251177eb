"""Typed cells: what goes into a cell comes back as it was, whatever it looks like.

Writes use `userEnteredValue` with the kind named (a string stays a string: `0012`, `=1+1`, `1-2`); reads are
unformatted. Times are ISO 8601 UTC text, since a serial number of Google's has no time zone.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo
from enum import Enum
from typing import Any

from sheets_schema.errors import InvalidValueError

Cell = str | int | float | bool | None
"""What an unformatted read gives for one cell; None (or an empty string) where it is empty."""

MAX_TEXT = 50_000
"""Characters in one cell; 50,001 are refused by Google (observed in live probes, 2026-09).

Whether an emoji counts as one or, as in UTF-16, as two is not known: here it is two.
"""

MAX_EXACT = 2**53
"""Above it a spreadsheet's number, a double, no longer holds every whole number."""


def extended_value(value: object) -> dict[str, Any]:
    """Return the CellData of one value for `updateCells`; `{}` empties the cell.

    Raises `InvalidValueError` for what would not come back: text over 50,000 characters or with half a character in it, whole
    numbers over 2**53, infinities, times without a zone, and types that no cell has.
    """
    if isinstance(value, Enum):
        value = value.value
    if value is None or value == "":
        return {}
    if isinstance(value, bool):
        return {"userEnteredValue": {"boolValue": value}}
    if isinstance(value, str):
        _check_text(value)
        return {"userEnteredValue": {"stringValue": str(value)}}
    if isinstance(value, int | float):
        if (isinstance(value, int) and abs(value) > MAX_EXACT) or not math.isfinite(value):
            raise InvalidValueError("a cell cannot hold this number exactly; store it as text")
        return {"userEnteredValue": {"numberValue": value}}
    if isinstance(value, datetime):
        return {"userEnteredValue": {"stringValue": iso_utc(value)}}
    raise InvalidValueError(f"a cell cannot hold a {type(value).__name__}")


def as_read(value: object) -> Cell:
    """Return what an unformatted read shows once `value` has been written.

    Raises `InvalidValueError` like `extended_value`.
    """
    cell: Cell = next(iter(extended_value(value).get("userEnteredValue", {"": ""}).values()))
    return cell


def _check_text(text: str) -> None:
    try:
        length = utf16_length(text)
    except UnicodeEncodeError:
        raise InvalidValueError("a cell holds whole characters; this text has half of a surrogate pair") from None
    if length > MAX_TEXT:
        raise InvalidValueError(f"a cell holds {MAX_TEXT:,} characters; this text has {length:,}")


def utf16_length(text: str) -> int:
    """Return how long Google counts a text: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def iso_utc(moment: datetime) -> str:
    """Return a time as ISO 8601 UTC text: `2026-11-23T15:04:05Z`.

    Microseconds stand there only where there are any.

    Raises `InvalidValueError` for a time without a zone.
    """
    if moment.tzinfo is None:
        raise InvalidValueError("a time without a zone cannot be stored: which moment is it?")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 — a spreadsheet's dates have no zone but its own
_SECONDS = 24 * 60 * 60


def serial_number(moment: datetime, zone: tzinfo) -> float:
    """Return a time as the number that a spreadsheet of that zone shows as a date.

    Days since 1899-12-30, to whole seconds.

    Raises `InvalidValueError` for a time without a zone. (Google's Sheets API guide, “Date and time serial numbers”)
    """
    if moment.tzinfo is None:
        raise InvalidValueError("a time without a zone cannot be shown: which moment is it?")
    local = moment.astimezone(zone).replace(tzinfo=None, microsecond=0)
    return (local - _DAY_ZERO).total_seconds() / _SECONDS


def is_empty(cell: Cell) -> bool:
    """Whether the cell holds nothing, or nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())
