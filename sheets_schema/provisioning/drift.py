"""Drift: where a tab's formatting is no longer as declared, and what repairs it. Pure.

It looks at the header, at the row below and, where people work, at the first thousand rows and the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sheets_schema.protocol.a1 import quoted
from sheets_schema.protocol.changes import Request, grid
from sheets_schema.protocol.formatting import (
    PROTECTION,
    ROWS,
    condition,
    filter_view,
    format_column,
    format_header,
    number_format,
    protect,
)
from sheets_schema.protocol.looks import banding, highlight, tab_colour, wraps
from sheets_schema.protocol.sheet_read import SheetLayout
from sheets_schema.provisioning.chart_drift import find_chart_drift
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.tables import Binding, Column, InputTable, Tab, View, header_places

GRID_FIELDS = (
    "sheets(properties(sheetId),data(startRow,rowData(values("
    "effectiveValue,note,dataValidation(condition,strict),userEnteredFormat(numberFormat,wrapStrategy,backgroundColorStyle)))))"
)
"""The fields of the one read that shows dressing."""

Repair = tuple[str, list[Request]]
"""What is done, in words, and by which requests."""

_CellData = Mapping[str, Any]


OWN_EDITORS = 2
"""Whom Google lists as editors of every protection, whatever is asked for: the owner and the account that made it (assumed)."""


@dataclass(frozen=True)
class ShownTab:
    """A tab as it stands: what the metadata say of it, and the rows that were looked at, by number from 1.

    `editors` is how many a protection may have before somebody must have been added to it.
    """

    about: Mapping[str, Any]
    rows: Mapping[int, Sequence[_CellData]]
    editors: int = OWN_EDITORS

    @property
    def header(self) -> list[Cell]:
        """The first row as values."""
        return [next(iter(cell.get("effectiveValue", {"": ""}).values())) for cell in self.rows.get(1, ())]


def ranges_to_check(tab: type[Tab], sheet: SheetLayout) -> list[str]:
    """Return the rows that tell how a tab is dressed, its header among them."""
    return [f"{quoted(tab.__table__.title)}!{span[0]}:{span[-1]}" for span in _spans(tab, sheet)]


def _spans(tab: type[Tab], sheet: SheetLayout) -> list[range]:
    """Only in a form can a row be dressed otherwise than the one above; past what a new one has, its last row speaks for the rest."""
    looked = min(sheet.rows, ROWS if issubclass(tab, InputTable) else 2)
    last = [range(sheet.rows, sheet.rows + 1)] if issubclass(tab, InputTable) and sheet.rows > looked else []
    return [range(1, looked + 1), *last]


def shown_tabs(metadata: Mapping[str, Any], look: Mapping[str, Any]) -> dict[int, ShownTab]:
    """Tabs by sheet id, from the metadata and from what was looked at."""
    rows: dict[int, dict[int, Sequence[_CellData]]] = {}
    for sheet in look.get("sheets", []):
        seen = rows.setdefault(sheet.get("properties", {}).get("sheetId", 0), {})
        for block in sheet.get("data", []):
            for number, row in enumerate(block.get("rowData", []), block.get("startRow", 0) + 1):
                seen[number] = row.get("values", [])
    abouts = {each["properties"].get("sheetId", 0): each for each in metadata.get("sheets", [])}
    listed = [_editors(each) for about in abouts.values() for each in _ours(about)]
    # Should Google list more than we think, it does so on every tab alike: no cause for an alarm that never ends.
    editors = max(OWN_EDITORS, min(filter(None, listed), default=0))
    return {sheet_id: ShownTab(about, rows.get(sheet_id, {}), editors) for sheet_id, about in abouts.items()}


def find_drift(tab: type[Tab], sheet: SheetLayout, shown: ShownTab) -> list[Repair]:
    """Everything that is not as declared, but for headers and widths: those are people's to arrange."""
    return [
        *_properties(tab, sheet, shown),
        *_protection(tab, sheet, shown),
        *_columns(tab, sheet, shown),
        *_filter_views(tab, sheet, shown),
        *_looks(tab, sheet, shown),
        *find_chart_drift(tab, sheet, shown.about),
    ]


def _looks(tab: type[Tab], sheet: SheetLayout, shown: ShownTab) -> Iterable[Repair]:
    """Colours that are gone. What people have put in their place is theirs, and stays."""
    title, about = tab.__table__.title, shown.about
    if (wanted := tab_colour(tab)) and not about["properties"].get("tabColorStyle"):
        changed = {"sheetId": sheet.sheet_id, "tabColorStyle": wanted}
        yield f"colour tab “{title}”", [_sheet_properties(changed, "tabColorStyle")]
    frozen = tab.__table__.frozen_columns
    if frozen and not about["properties"].get("gridProperties", {}).get("frozenColumnCount"):
        changed = {"sheetId": sheet.sheet_id, "gridProperties": {"frozenColumnCount": frozen}}
        yield f"freeze columns of tab “{title}”", [_sheet_properties(changed, "gridProperties.frozenColumnCount")]
    if not about.get("bandedRanges") and (bands := banding(tab, sheet.sheet_id, sheet.columns)):
        yield f"shade every other row of tab “{title}”", [bands]
    there = [_said(rule) for rule in about.get("conditionalFormats", [])]
    places = header_places(tab, shown.header)
    headers = {column.field: column.header for column in tab.columns()}
    missing: list[Request] = []
    for rule in tab.__table__.highlights:
        place = next(iter(places[headers[rule.field]]), None)
        if place is None or (place, rule.condition, rule.value) in there:
            continue
        missing.append(highlight(rule, sheet.sheet_id, sheet.rows, place, len(there) + len(missing)))
    if missing:
        yield f"highlight what matters in tab “{title}”", missing


def _said(rule: Mapping[str, Any]) -> tuple[int, str, str]:
    """Return the first column of a conditional format, and what it asks for."""
    condition = rule.get("booleanRule", {}).get("condition", {})
    ranges, values = rule.get("ranges") or [{}], condition.get("values") or [{}]
    return ranges[0].get("startColumnIndex", 0), condition.get("type", ""), values[0].get("userEnteredValue", "")


def _sheet_properties(changed: Mapping[str, Any], fields: str) -> Request:
    return {"updateSheetProperties": {"properties": changed, "fields": fields}}


def _filter_views(tab: type[Tab], sheet: SheetLayout, shown: ShownTab) -> Iterable[Repair]:
    """Those that are gone; one that is there may have been changed by people, whose it is then."""
    there = {each.get("title") for each in shown.about.get("filterViews", [])}
    binding = Binding(tab, {column.field: place for place, column in enumerate(tab.columns())})
    for view in tab.__table__.filter_views:
        if view.title not in there:
            request = filter_view(tab, view, sheet.sheet_id, binding)
            yield f"save filter view “{view.title}” of tab “{tab.__table__.title}”", [request]


def _properties(tab: type[Tab], sheet: SheetLayout, shown: ShownTab) -> Iterable[Repair]:
    properties = shown.about["properties"]
    if bool(properties.get("hidden")) != tab.__table__.hidden:
        changed = {"sheetId": sheet.sheet_id, "hidden": tab.__table__.hidden}
        request = _sheet_properties(changed, "hidden")
        yield f"{'hide' if tab.__table__.hidden else 'show'} tab “{tab.__table__.title}”", [request]
    if not properties.get("gridProperties", {}).get("frozenRowCount"):
        frozen = {"sheetId": sheet.sheet_id, "gridProperties": {"frozenRowCount": 1}}
        request = _sheet_properties(frozen, "gridProperties.frozenRowCount")
        yield f"freeze the header of tab “{tab.__table__.title}”", [request]


def _protection(tab: type[Tab], sheet: SheetLayout, shown: ShownTab) -> Iterable[Repair]:
    if issubclass(tab, InputTable):
        return
    ours = _ours(shown.about)
    if any(_whole(each) and _editors(each) <= shown.editors for each in ours):
        return
    spoilt: list[Request] = [
        {"deleteProtectedRange": {"protectedRangeId": each["protectedRangeId"]}}
        for each in ours
        if "protectedRangeId" in each
    ]
    yield f"protect tab “{tab.__table__.title}”", [*spoilt, protect(sheet.sheet_id)]


def _whole(protected: Mapping[str, Any]) -> bool:
    """Whether a protection still covers its whole tab, refuses rather than warns, and keeps the domain out."""
    loose = protected.get("warningOnly") or protected.get("unprotectedRanges")
    domain = protected.get("editors", {}).get("domainUsersCanEdit")
    return not loose and not domain and not set(protected.get("range", {})) - {"sheetId"}


def is_protected_by_us(about: Mapping[str, Any]) -> bool:
    """Whether a tab bears a protection that provision put on, by what the metadata say of it."""
    return bool(_ours(about))


def _ours(about: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in about.get("protectedRanges", []) if each.get("description") == PROTECTION]


def _editors(protected: Mapping[str, Any]) -> int:
    """How many users and groups are listed; none where the account that looks is no editor itself."""
    editors = protected.get("editors", {})
    return len(editors.get("users", ())) + len(editors.get("groups", ()))


def _columns(tab: type[Tab], sheet: SheetLayout, shown: ShownTab) -> Iterable[Repair]:
    places = header_places(tab, shown.header)
    rows = [shown.rows.get(row, ()) for span in _spans(tab, sheet) for row in span if row > 1]
    for number, column in enumerate(tab.columns()):
        # A view is written by position, whatever its header says; a header that is missing is another step's.
        place = number if issubclass(tab, View) else next(iter(places[column.header]), None)
        if place is None or place >= sheet.columns:
            continue
        spoilt = [
            what
            for what, is_as_declared in (
                ("date format" if column.moment else "text format", _is_shown),
                ("drop-down", _is_ruled),
                ("wrapping", _is_wrapped),
            )
            if not all(is_as_declared(column, _at(row, place)) for row in rows)
        ]
        if spoilt:
            told = " and ".join("checkbox" if what == "drop-down" and column.checkbox else what for what in spoilt)
            below = grid(sheet.sheet_id, 2, sheet.rows - 1, place, 1)
            yield f"{told} of column “{column.header}” in tab “{tab.__table__.title}”", format_column(column, below)
        header = _at(shown.rows.get(1, ()), place)
        where = grid(sheet.sheet_id, 1, 1, place, 1)
        if not header.get("userEnteredFormat", {}).get("backgroundColorStyle"):
            yield (
                f"header of column “{column.header}” in tab “{tab.__table__.title}”",
                [format_header(tab, column, where)],
            )
        elif column.note and header.get("note") != column.note:
            cell = {"range": where, "cell": {"note": column.note}, "fields": "note"}
            yield f"note of column “{column.header}” in tab “{tab.__table__.title}”", [{"repeatCell": cell}]


def _at(row: Sequence[_CellData], place: int) -> _CellData:
    return row[place] if place < len(row) else {}


def _is_shown(column: Column, cell: _CellData) -> bool:
    wanted, there = number_format(column), cell.get("userEnteredFormat", {}).get("numberFormat", {})
    return not wanted or there.get("type") == wanted["type"]


def _is_wrapped(column: Column, cell: _CellData) -> bool:
    """Whether sentences wrap, or somebody has decided otherwise."""
    return not wraps(column) or bool(cell.get("userEnteredFormat", {}).get("wrapStrategy"))


def _is_ruled(column: Column, cell: _CellData) -> bool:
    declared, rule = condition(column), cell.get("dataValidation", {})
    return not declared or (not rule.get("strict") and _plain(rule.get("condition", {})) == _plain(declared))


def _plain(rule: Mapping[str, Any]) -> tuple[str, list[str]]:
    return rule.get("type", ""), [value.get("userEnteredValue", "") for value in rule.get("values", [])]
