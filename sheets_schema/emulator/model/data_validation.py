"""Strict data validation, for the quirk that enforces it on API writes (unknown for v4)."""

from __future__ import annotations

from typing import Any

from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model.a1 import Area, text_of
from sheets_schema.emulator.model.rows import Row, Value
from sheets_schema.emulator.model.workbook import Sheet


def check_strict(sheet: Sheet, index: int, row: Row, columns: range) -> None:
    """Refuse a value that breaks a strict rule on its cell (text observed in Apps Script).

    Empty cells are always fine.
    """
    for column in columns:
        rule = row.extra_at(column).validation
        value = row.value_at(column)
        if rule is None or not rule.get("strict") or value == "" or _obeys(rule["condition"], value):
            continue
        cell = text_of(sheet.title, Area(index, column, index + 1, column + 1)).rpartition("!")[2]
        raise InvalidRequestError(
            f"The data you entered in cell {cell} violates the data validation rules set on this cell."
        )


def _obeys(condition: dict[str, Any], value: Value) -> bool:
    """Only lists and check boxes are judged; other conditions let everything through."""
    choices = [choice.get("userEnteredValue", "") for choice in condition.get("values", ())]
    if condition["type"] == "ONE_OF_LIST":
        return _shown(value) in choices
    if condition["type"] == "BOOLEAN":
        return _shown(value) in choices if choices else isinstance(value, bool)
    return True


def _shown(value: Value) -> str:
    return str(value).upper() if isinstance(value, bool) else str(value)
