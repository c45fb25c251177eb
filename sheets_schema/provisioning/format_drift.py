"""Drift: where a tab's formatting is no longer as declared, and what repairs it. Pure.

It looks at the header, at the row below and, where people work, at the first thousand rows and the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheets_schema.protocol.a1 import quoted
from sheets_schema.protocol.batch_requests import Request, grid
from sheets_schema.protocol.looks import style_of
from sheets_schema.protocol.new_tab import (
    DEFAULT_WIDTH,
    PROTECTION,
    ROWS,
    condition,
    format_column,
    format_header,
    number_format,
    protect,
    widened,
)
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.provisioning.chart_drift import find_chart_drift
from sheets_schema.provisioning.look_drift import Repair, find_look_drift, freeze, sheet_properties
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.columns import Column
from sheets_schema.schema.tables import Binding, InputTable, Tab, View

GRID_FIELDS = (
    "sheets(properties(sheetId),data(startRow,columnMetadata(pixelSize),rowData(values(effectiveValue,note,dataValidation(condition,strict),"
    "userEnteredFormat(numberFormat,wrapStrategy,backgroundColorStyle,horizontalAlignment,textFormat(fontFamily,fontSize,bold))))))"
)
"""The fields of the one read that shows formatting."""

_CellData = Mapping[str, Any]


OWN_EDITORS = 2
"""Whom Google lists as editors of every protection, whatever is asked for: the owner and the account that made it (assumed)."""


@dataclass(frozen=True)
class ShownTab:
    """A tab as it stands: its metadata, and the rows that were read, by number from 1.

    `widths` are those of its columns. `editors` is how many a protection may have before somebody must have been added to it.
    """

    about: Mapping[str, Any]
    rows: Mapping[int, Sequence[_CellData]]
    widths: Sequence[int] = ()
    editors: int = OWN_EDITORS

    @property
    def header(self) -> list[Cell]:
        """The first row as values."""
        return [next(iter(cell.get("effectiveValue", {"": ""}).values())) for cell in self.rows.get(1, ())]


def ranges_to_check(tab: type[Tab], sheet: SheetLayout) -> list[str]:
    """Return the rows that show how a tab is formatted, its header among them."""
    return [f"{quoted(tab.__table__.title)}!{span[0]}:{span[-1]}" for span in _spans(tab, sheet)]


def _spans(tab: type[Tab], sheet: SheetLayout) -> list[range]:
    """Only in an input table can a row be formatted otherwise than the one above.

    Past what a new one has, its last row speaks for the rest.
    """
    checked = min(sheet.rows, ROWS if issubclass(tab, InputTable) else 2)
    last = [range(sheet.rows, sheet.rows + 1)] if issubclass(tab, InputTable) and sheet.rows > checked else []
    return [range(1, checked + 1), *last]


def shown_tabs(metadata: Mapping[str, Any], look: Mapping[str, Any]) -> dict[int, ShownTab]:
    """Tabs by sheet id, from the metadata and from the cells that were read."""
    rows: dict[int, dict[int, Sequence[_CellData]]] = {}
    widths: dict[int, list[int]] = {}
    for sheet in look.get("sheets", []):
        sheet_id = sheet.get("properties", {}).get("sheetId", 0)
        seen = rows.setdefault(sheet_id, {})
        for block in sheet.get("data", []):
            widths[sheet_id] = [column.get("pixelSize", DEFAULT_WIDTH) for column in block.get("columnMetadata", [])]
            for number, row in enumerate(block.get("rowData", []), block.get("startRow", 0) + 1):
                seen[number] = row.get("values", [])
    abouts = {about["properties"].get("sheetId", 0): about for about in metadata.get("sheets", [])}
    listed = [_editors(protection) for about in abouts.values() for protection in _ours(about)]
    # Should Google list more than we think, it does so on every tab alike: no cause for an alarm that never ends.
    editors = max(OWN_EDITORS, min(filter(None, listed), default=0))
    return {
        sheet_id: ShownTab(about, rows.get(sheet_id, {}), widths.get(sheet_id, ()), editors)
        for sheet_id, about in abouts.items()
    }


def find_drift(tab: type[Tab], sheet: SheetLayout, shown: ShownTab, binding: Binding) -> list[Repair]:
    """Everything that is not as declared, except headers and widths.

    Those are people's to arrange.
    """
    return [
        *_properties(tab, sheet, shown),
        *_protection(tab, sheet, shown),
        *_columns(tab, sheet, shown, binding),
        *find_look_drift(tab, sheet, shown.about, binding),
        *find_chart_drift(tab, sheet, shown.about, binding),
    ]


def _properties(tab: type[Tab], sheet: SheetLayout, shown: ShownTab) -> Iterable[Repair]:
    properties = shown.about["properties"]
    if bool(properties.get("hidden")) != tab.__table__.hidden:
        changed = {"sheetId": sheet.sheet_id, "hidden": tab.__table__.hidden}
        request = sheet_properties(changed, "hidden")
        yield f"{'hide' if tab.__table__.hidden else 'show'} tab “{tab.__table__.title}”", [request]
    if not properties.get("gridProperties", {}).get("frozenRowCount"):
        yield freeze(tab, sheet, shown.about, "ROWS", 1)


def _protection(tab: type[Tab], sheet: SheetLayout, shown: ShownTab) -> Iterable[Repair]:
    if issubclass(tab, InputTable):
        return
    ours = _ours(shown.about)
    if any(_whole(protection) and _editors(protection) <= shown.editors for protection in ours):
        return
    weak: list[Request] = [
        {"deleteProtectedRange": {"protectedRangeId": protection["protectedRangeId"]}}
        for protection in ours
        if "protectedRangeId" in protection
    ]
    yield f"protect tab “{tab.__table__.title}”", [*weak, protect(sheet.sheet_id)]


def _whole(protected: Mapping[str, Any]) -> bool:
    """Whether a protection covers its whole tab, refuses, and keeps the domain out."""
    loose = protected.get("warningOnly") or protected.get("unprotectedRanges")
    domain = protected.get("editors", {}).get("domainUsersCanEdit")
    return not loose and not domain and not set(protected.get("range", {})) - {"sheetId"}


def is_protected_by_us(about: Mapping[str, Any]) -> bool:
    """Whether a tab bears a protection that provision put on, by what the metadata say of it."""
    return bool(_ours(about))


def _ours(about: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        protection for protection in about.get("protectedRanges", []) if protection.get("description") == PROTECTION
    ]


def _editors(protected: Mapping[str, Any]) -> int:
    """How many users and groups are listed.

    None where the account that looks is no editor itself.
    """
    editors = protected.get("editors", {})
    return len(editors.get("users", ())) + len(editors.get("groups", ()))


def _columns(tab: type[Tab], sheet: SheetLayout, shown: ShownTab, binding: Binding) -> Iterable[Repair]:
    rows = [shown.rows.get(row, ()) for span in _spans(tab, sheet) for row in span if row > 1]
    for column in tab.columns():
        index = binding.index.get(column.field)
        if index is None:
            continue  # a header that is missing is another step's
        drifted = [
            label
            for label, is_as_declared in (
                (_kind(column), _is_shown),
                ("drop-down", _is_ruled),
                ("style", _is_styled),
            )
            if not all(is_as_declared(column, _at(row, index)) for row in rows)
        ]
        if drifted:
            labels = " and ".join(
                "checkbox" if label == "drop-down" and column.checkbox else label for label in drifted
            )
            below = grid(sheet.sheet_id, 2, sheet.rows - 1, index, 1)
            yield f"{labels} of column “{column.header}” in tab “{tab.__table__.title}”", format_column(column, below)
        header = _at(shown.rows.get(1, ()), index)
        where = grid(sheet.sheet_id, 1, 1, index, 1)
        if not header.get("userEnteredFormat", {}).get("backgroundColorStyle"):
            yield (
                f"header of column “{column.header}” in tab “{tab.__table__.title}”",
                [format_header(tab, column, where), *_first_width(tab, column, sheet, index, shown.widths)],
            )
        elif column.note and header.get("note") != column.note:
            cell = {"range": where, "cell": {"note": column.note}, "fields": "note"}
            yield f"note of column “{column.header}” in tab “{tab.__table__.title}”", [{"repeatCell": cell}]


def _first_width(
    tab: type[Tab], column: Column, sheet: SheetLayout, index: int, widths: Sequence[int]
) -> list[Request]:
    """Return what gives a view's new column its width, as long as nobody has chosen another."""
    made_by_us = issubclass(tab, View) and (index >= len(widths) or widths[index] == DEFAULT_WIDTH)
    return [widened(sheet.sheet_id, index, column.width)] if made_by_us and column.width else []


def _kind(column: Column) -> str:
    return "date format" if column.moment else "number format" if column.number else "text format"


def _at(row: Sequence[_CellData], index: int) -> _CellData:
    return row[index] if index < len(row) else {}


def _is_shown(column: Column, cell: _CellData) -> bool:
    wanted, there = number_format(column), cell.get("userEnteredFormat", {}).get("numberFormat", {})
    return not wanted or there.get("type") == wanted["type"]


def _is_styled(column: Column, cell: _CellData) -> bool:
    """Whether it has our style, or another that somebody has chosen."""
    there = cell.get("userEnteredFormat", {})
    return all(
        value.keys() <= there.get(name, {}).keys() if isinstance(value, dict) else there.get(name)
        for name, value in style_of(column).items()
    )


def _is_ruled(column: Column, cell: _CellData) -> bool:
    declared, rule = condition(column), cell.get("dataValidation", {})
    return not declared or (not rule.get("strict") and _plain(rule.get("condition", {})) == _plain(declared))


def _plain(rule: Mapping[str, Any]) -> tuple[str, list[str]]:
    return rule.get("type", ""), [value.get("userEnteredValue", "") for value in rule.get("values", [])]
