"""One cell: what `CellData` in a request does to it.

A cell is a value and an `Extra`. Text stays text whatever it looks like: `stringValue` is never parsed (documented and
observed: googlesheets4#116), so `0012`, `=1+1` and `1-2` come back letter for letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.messages.field_masks import Mask
from sheets_schema.emulator.model.colors import merge_colored, mirror_styles
from sheets_schema.emulator.model.formula_evaluation import check, evaluate
from sheets_schema.emulator.model.locales import Locale
from sheets_schema.emulator.model.number_formats import check_format
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
        # What depends on other cells is computed when all of the request is done.
        return ("" if check(found) else evaluate(found)), found
    result: Value = found
    return result, ""


def checked_runs(runs: list[dict[str, Any]], value: Value, formula: str) -> list[dict[str, Any]]:
    """Return formats of parts of a text as they are kept.

    Documented: only text has them, and they start inside it.
    """
    if formula or not isinstance(value, str):
        raise InvalidRequestError("textFormatRuns can only be set on cells with text.")
    starts = [run.get("startIndex", 0) for run in runs]
    if starts != sorted(set(starts)) or starts[0] < 0 or starts[-1] >= max(len(value), 1):
        raise InvalidRequestError("textFormatRuns must start inside the text, each after the one before.")
    kept = [{name: item for name, item in run.items() if item != 0} | {"format": run.get("format", {})} for run in runs]
    mirrored: list[dict[str, Any]] = mirror_styles(kept)
    return mirrored


class CellWriter:
    """Applies `CellData` under one field mask.

    Formats are shared between cells that are changed in the same way.
    """

    def __init__(self, mask: Mask, locale: Locale) -> None:
        self.locale = locale
        self.value_mask = mask.below("userEnteredValue")
        self.format_mask = mask.below("userEnteredFormat")
        self.sets_note = mask.wants("note")
        self.sets_validation = mask.wants("dataValidation")
        self.calculates = False
        """Whether it has written a formula that depends on other cells."""
        self.sets_runs = mask.wants("textFormatRuns")
        self.sets_extras = self.format_mask is not None or self.sets_note or self.sets_validation or self.sets_runs
        self._shared: dict[tuple[int, int, str, Value], tuple[Extra, Any, Extra]] = {}

    def write(self, value: Value, extra: Extra, cell: Mapping[str, Any]) -> tuple[Value, Extra]:
        """Return the cell after the change."""
        formula = extra.formula
        if self.value_mask is not None:
            value, formula = entered(cell.get("userEnteredValue", {}))
            if formula and not self.calculates:
                self.calculates = check(formula)
        if not self.sets_extras:
            if formula == extra.formula:
                return value, extra
            return value, Extra(formula, extra.note, extra.format, extra.validation)
        return value, self._extra(extra, formula, cell, value)

    def _extra(self, extra: Extra, formula: str, cell: Mapping[str, Any], value: Value) -> Extra:
        """Memoised by identity, so that a thousand formatted cells share one object.

        The key objects are kept alive.
        """
        key = (id(extra), id(cell), formula, value if self.sets_runs else "")
        known = self._shared.get(key)
        if known is not None:
            return known[2]
        note, style, rule = extra.note, extra.format, extra.validation
        runs = extra.runs if self.value_mask is None else None
        if self.sets_runs and cell.get("textFormatRuns"):
            runs = checked_runs(cell["textFormatRuns"], value, formula)
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
        made = Extra(formula, note, style, rule, runs) or NO_EXTRA
        self._shared[key] = (extra, cell, made)
        return made
