"""`CellData` as answered: what a cell holds, shows, and looks like."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sheets_schema.emulator.messages.field_masks import Mask
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.conditions import ConditionalFormats
from sheets_schema.emulator.model.number_formats import shown
from sheets_schema.emulator.model.rows import Extra, Row, Value
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook

_WHITE: JsonDict = {"red": 1, "green": 1, "blue": 1}
DEFAULT_FORMAT: JsonDict = {
    "backgroundColor": _WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": _WHITE},
}


_ERROR_TYPES = {
    "#NULL!": "NULL_VALUE",
    "#DIV/0!": "DIVIDE_BY_ZERO",
    "#VALUE!": "VALUE",
    "#REF!": "REF",
    "#NAME?": "NAME",
    "#NUM!": "NUM",
    "#N/A": "N_A",
}
_LINK = re.compile(r'=\s*HYPERLINK\(\s*"((?:[^"]|"")*)"', re.IGNORECASE)
"""Documented: `hyperlink` is set when the formula of the cell is a single HYPERLINK."""


class CellPrinter:
    """Prints the cells of one area under one mask.

    Formats that cells share are put together once.
    """

    def __init__(self, book: Workbook, sheet: Sheet, area: Area, mask: Mask | None) -> None:
        self._sheet, self._area, self._mask = sheet, area, mask
        self._locale = book.locale
        self._base: JsonDict = book.properties.get("defaultFormat", DEFAULT_FORMAT)
        self._wants = {name: mask is not None and mask.wants(name) for name in _FIELDS}
        looks = self._wants["effectiveFormat"]
        self._rules = ConditionalFormats(sheet, book.locale) if looks and sheet.conditional_formats else None
        self._effective: dict[tuple[int, int], tuple[object, object, JsonDict]] = {}

    def rows(self) -> Iterator[JsonDict]:
        """Yield the stored rows of the area as `RowData`."""
        area = self._area
        if self._rules:
            # A rule may hold for cells that are empty.
            for index in range(area.top, area.bottom):
                yield self._row(index, self._sheet.rows[index], area.right)
            return
        for index, row in enumerate(self._sheet.rows.between(area.top, area.bottom), area.top):
            yield self._row(index, row, min(area.right, row.width))

    def _row(self, index: int, row: Row, right: int) -> JsonDict:
        if self._mask is None:
            return {}
        cells = [
            self._cell(index, column, row.value_at(column), row.extra_at(column))
            for column in range(self._area.left, right)
        ]
        while cells and not cells[-1]:
            cells.pop()
        return {"values": cells} if cells else {}

    def _cell(self, row: int, column: int, value: Value, extra: Extra) -> JsonDict:
        """`CellData`, as far as the mask reaches; an unmasked cell that holds nothing is `{}`."""
        cell: JsonDict = {}
        wants = self._wants
        filled = value != "" or extra.formula
        if extra.formula:
            self._add_formula(cell, value, extra.formula)
        elif filled and wants["userEnteredValue"]:
            cell["userEnteredValue"] = extended(value)
        if filled and wants["effectiveValue"]:
            cell.setdefault("effectiveValue", extended(value))
        if filled and wants["formattedValue"]:
            cell["formattedValue"] = shown(value, (extra.format or {}).get("numberFormat"), self._locale)
        if extra.format is not None and wants["userEnteredFormat"]:
            cell["userEnteredFormat"] = extra.format
        if wants["effectiveFormat"]:
            given = self._rules.of(row, column, value) if self._rules else None
            if filled or extra.format is not None or given is not None:
                cell["effectiveFormat"] = self._looks(extra.format, given)
        if extra:
            self._add_extras(cell, extra)
        return cell

    def _add_extras(self, cell: JsonDict, extra: Extra) -> None:
        wants = self._wants
        if extra.note and wants["note"]:
            cell["note"] = extra.note
        if extra.runs is not None and wants["textFormatRuns"]:
            cell["textFormatRuns"] = extra.runs
        if extra.validation is not None and wants["dataValidation"]:
            cell["dataValidation"] = extra.validation

    def _add_formula(self, cell: JsonDict, value: Value, formula: str) -> None:
        """Add what only cells with formulas have: the formula, the error that it shows, its link."""
        if self._wants["userEnteredValue"]:
            cell["userEnteredValue"] = {"formulaValue": formula}
        if self._wants["effectiveValue"] and value in _ERROR_TYPES:
            cell["effectiveValue"] = {"errorValue": {"type": _ERROR_TYPES[str(value)]}}
        if self._wants["hyperlink"] and (link := _LINK.match(formula)):
            cell["hyperlink"] = link[1].replace('""', '"')

    def _looks(self, own: JsonDict | None, given: JsonDict | None) -> JsonDict:
        """Return the format of the spreadsheet under that of the cell under that of a rule.

        Remembered by identity.
        """
        key = (id(own), id(given))
        known = self._effective.get(key)
        if known is None:
            known = own, given, _overlaid(_overlaid(self._base, own or {}), given or {})
            self._effective[key] = known
        return known[2]


_FIELDS = (
    "userEnteredValue", "effectiveValue", "formattedValue", "userEnteredFormat", "effectiveFormat", "hyperlink", "note", "dataValidation", "textFormatRuns",
)  # fmt: skip


def extended(value: Value) -> JsonDict:
    """Return a value as an `ExtendedValue`."""
    if isinstance(value, bool):
        return {"boolValue": value}
    return {"stringValue": value} if isinstance(value, str) else {"numberValue": value}


def _overlaid(base: JsonDict, top: JsonDict) -> JsonDict:
    """Return a format over the default one. Colours are replaced whole."""
    result = dict(base)
    for name, value in top.items():
        inner = base.get(name)
        deep = isinstance(value, dict) and isinstance(inner, dict) and "olor" not in name
        result[name] = _overlaid(inner, value) if deep and isinstance(inner, dict) else value
    return result
