"""Which values a plain condition holds for: numbers, texts, dates, blanks.

Formulas and relative dates are not judged.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from sheets_schema.emulator.errors import ApiError, InvalidRequestError
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.locales import Locale
from sheets_schema.emulator.model.rows import Value
from sheets_schema.emulator.model.user_entered import user_entered
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

Holds = Callable[[Value], bool]
_YEAR = 2000
"""Conditions name their years; one that does not is not judged by the date of today here."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_URL = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)

_Compare = Callable[[float, list[float]], bool]
_NUMBERS: dict[str, _Compare] = {
    "GREATER": lambda value, wanted: value > wanted[0],
    "GREATER_THAN_EQ": lambda value, wanted: value >= wanted[0],
    "LESS": lambda value, wanted: value < wanted[0],
    "LESS_THAN_EQ": lambda value, wanted: value <= wanted[0],
    "EQ": lambda value, wanted: value == wanted[0],
    "NOT_EQ": lambda value, wanted: value != wanted[0],
    "BETWEEN": lambda value, wanted: min(wanted) <= value <= max(wanted),
    "NOT_BETWEEN": lambda value, wanted: not min(wanted) <= value <= max(wanted),
}
_DATES = {"BEFORE": "LESS", "AFTER": "GREATER", "ON_OR_BEFORE": "LESS_THAN_EQ", "ON_OR_AFTER": "GREATER_THAN_EQ"}
_TEXTS: dict[str, Callable[[str, str], bool]] = {
    "CONTAINS": lambda text, wanted: wanted in text,
    "NOT_CONTAINS": lambda text, wanted: wanted not in text,
    "STARTS_WITH": lambda text, wanted: text.startswith(wanted),
    "ENDS_WITH": lambda text, wanted: text.endswith(wanted),
    "EQ": lambda text, wanted: text == wanted,
    "NOT_EQ": lambda text, wanted: text != wanted,
    "IS_EMAIL": lambda text, _: bool(_EMAIL.fullmatch(text)),
    "IS_URL": lambda text, _: bool(_URL.fullmatch(text)),
}


def condition_of(condition: JsonDict, locale: Locale) -> Holds | None:
    """Return a condition as a test of values; None for one that is not plain."""
    kind: str = condition.get("type", "")
    given: list[Any] = condition.get("values", [])
    if any("relativeDate" in item or item.get("userEnteredValue", "").startswith("=") for item in given):
        return None
    texts = [item.get("userEnteredValue", "") for item in given]
    if kind in {"BLANK", "NOT_BLANK"}:
        return lambda value: (value == "") == (kind == "BLANK")
    family, _, rest = kind.partition("_")
    if family == "TEXT" and rest in _TEXTS:
        wanted = texts[0].casefold() if texts else ""
        return lambda value: _TEXTS[rest](_shown(value).casefold(), wanted)
    if kind == "DATE_IS_VALID":
        return _is_number
    compare = _NUMBERS.get(_DATES.get(rest, rest) if family == "DATE" else rest)
    if family not in {"NUMBER", "DATE"} or compare is None:
        return None
    numbers = [number for text in texts if (number := _number(text, locale)) is not None]
    if len(numbers) != len(texts) or not numbers:
        return None
    if family == "DATE":
        return lambda value: _is_number(value) and compare(math.floor(value), numbers)  # type: ignore[arg-type] # a number by now
    return lambda value: _is_number(value) and compare(value, numbers)  # type: ignore[arg-type] # as above


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Value) -> str:
    return str(value).upper() if isinstance(value, bool) else str(value)


def _number(text: str, locale: Locale) -> float | None:
    try:
        value = user_entered(text, locale, _YEAR).value
    except (ApiError, InvalidRequestError):
        return None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


class ConditionalFormats:
    """The plain rules of a sheet.

    Documented in the interface: the first rule that holds gives the format.
    """

    def __init__(self, sheet: Sheet, locale: Locale) -> None:
        self._rules: list[tuple[list[Area], Holds, JsonDict]] = []
        for rule in sheet.conditional_formats:
            boolean = rule.get("booleanRule", {})
            holds = condition_of(boolean.get("condition", {}), locale)
            if holds is not None:
                areas = [_area(sheet, grid) for grid in rule["ranges"]]
                self._rules.append((areas, holds, boolean.get("format", {})))

    def __bool__(self) -> bool:
        return bool(self._rules)

    def of(self, row: int, column: int, value: Value) -> JsonDict | None:
        """Return the format that a rule gives this cell."""
        for areas, holds, form in self._rules:
            inside = any(a.top <= row < a.bottom and a.left <= column < a.right for a in areas)
            if inside and holds(value):
                return form
        return None


def _area(sheet: Sheet, grid: JsonDict) -> Area:
    return Area(
        grid.get("startRowIndex", 0),
        grid.get("startColumnIndex", 0),
        grid.get("endRowIndex", sheet.row_count),
        grid.get("endColumnIndex", sheet.column_count),
    )
