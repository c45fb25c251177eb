"""One cell: what `CellData` in a request does to it.

A cell is a value and an `Extra`. Text stays text whatever it looks like: `stringValue` is never parsed (documented and
observed: googlesheets4#116), so `0012`, `=1+1` and `1-2` come back letter for letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sheets_schema.emulator.errors import InvalidRequestError, unsupported
from sheets_schema.emulator.messages.masks import Mask
from sheets_schema.emulator.model.colors import merge_colored
from sheets_schema.emulator.model.formats import check_format
from sheets_schema.emulator.model.formulas import evaluate
from sheets_schema.emulator.model.locales import Locale
from sheets_schema.emulator.model.rows import NO_EXTRA, Extra, Value

MAX_CHARACTERS = 50_000
"""In one cell (observed: 50 000 accepted, 50 001 refused)."""

_KINDS = ("stringValue", "numberValue", "boolValue", "formulaValue")


def check_length(text: str) -> None:
    """Refuse text that is too long for a cell (observed text)."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidRequestError(
            f"Your input contains more than the maximum of {MAX_CHARACTERS} characters in a single cell."
        )


def entered(value: Mapping[str, Any]) -> tuple[Value, str]:
    """Return the value and the formula of an `ExtendedValue`. Documented: exactly one kind."""
    kinds = list(value)
    if not kinds:
        return "", ""
    if len(kinds) > 1 or kinds[0] not in _KINDS:
        raise InvalidRequestError(f"user_entered_value must have exactly one of {', '.join(_KINDS)}.")
    found: Any = value[kinds[0]]
    if isinstance(found, str):
        check_length(found)
    if kinds[0] == "formulaValue":
        if not found.startswith("="):
            raise InvalidRequestError(f"formulaValue must start with '=': {found[:100]}")
        return evaluate(found), found
    result: Value = found
    return result, ""


class CellWriter:
    """Applies `CellData` under one field mask. Formats are shared between cells that are changed in the same way."""

    def __init__(self, mask: Mask, locale: Locale) -> None:
        self.locale = locale
        self.value_mask = mask.below("userEnteredValue")
        self.format_mask = mask.below("userEnteredFormat")
        self.sets_note = mask.wants("note")
        self.sets_validation = mask.wants("dataValidation")
        self.sets_extras = self.format_mask is not None or self.sets_note or self.sets_validation
        if mask.wants("textFormatRuns") and not mask.takes_all and "textFormatRuns" in mask.names():
            raise unsupported("the cell field 'textFormatRuns'")
        self._shared: dict[tuple[int, int, str], tuple[Extra, Any, Extra]] = {}

    def write(self, value: Value, extra: Extra, cell: Mapping[str, Any]) -> tuple[Value, Extra]:
        """Return the cell after the change."""
        formula = extra.formula
        if self.value_mask is not None:
            value, formula = entered(cell.get("userEnteredValue", {}))
        if not self.sets_extras:
            if formula == extra.formula:
                return value, extra
            return value, Extra(formula, extra.note, extra.format, extra.validation)
        if "textFormatRuns" in cell:
            raise unsupported("the cell field 'textFormatRuns'")
        return value, self._extra(extra, formula, cell)

    def _extra(self, extra: Extra, formula: str, cell: Mapping[str, Any]) -> Extra:
        """Memoised by identity, so that a thousand formatted cells share one object; the key objects are kept alive."""
        key = (id(extra), id(cell), formula)
        known = self._shared.get(key)
        if known is not None:
            return known[2]
        note, style, rule = extra.note, extra.format, extra.validation
        if self.sets_note:
            note = cell.get("note", "")
            check_length(note)
        if self.format_mask is not None:
            given = cell.get("userEnteredFormat", {})
            style = merge_colored(style or {}, given, self.format_mask) or None
            if style is not None and "numberFormat" in given:
                check_format(style.get("numberFormat", {}), self.locale)
        if self.sets_validation:
            rule = cell.get("dataValidation")
        made = (
            Extra(formula, note, style, rule) if formula or note or style is not None or rule is not None else NO_EXTRA
        )
        self._shared[key] = (extra, cell, made)
        return made
