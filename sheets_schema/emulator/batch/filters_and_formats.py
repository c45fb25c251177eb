"""Requests about filters, bandings and conditional formats: kept and given back, without effect on what is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sheets_schema.emulator.batch.context import Context, grid_area, grid_json, required, update_mask
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.messages.masks import merged
from sheets_schema.emulator.model.colors import mirror_styles
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

Items = Literal["filter_views", "banded_ranges"]


def _closed(context: Context, item: Mapping[str, Any]) -> tuple[Sheet, JsonDict]:
    """The sheet, and the item with all bounds of its range (observed for filters)."""
    given = item.get("range", {})
    sheet = context.sheet(given.get("sheetId", 0))
    grid = grid_json(sheet.sheet_id, grid_area(sheet, given))
    return sheet, mirror_styles({**{name: value for name, value in item.items() if value}, "range": grid})


def set_basic_filter(context: Context, request: JsonDict) -> None:
    """Documented: sets the sheet's one filter, replacing an older one."""
    sheet, kept = _closed(context, required(request, "filter"))
    sheet.basic_filter = kept


def clear_basic_filter(context: Context, request: JsonDict) -> None:
    """Removes the sheet's filter, if any."""
    context.sheet(request.get("sheetId", 0)).basic_filter = None


def _home(context: Context, items: Items, key: int, what: str) -> Sheet:
    for sheet in context.book.sheets:
        if key in getattr(sheet, items):
            return context.sheet(sheet.sheet_id)
    raise InvalidRequestError(f"No {what} with id: {key}")


def _add(context: Context, items: Items, item: JsonDict, key_name: str, what: str) -> JsonDict:
    taken = {key for sheet in context.book.sheets for key in getattr(sheet, items)}
    key = item.get(key_name) or context.fresh_id(taken)
    if key in taken:
        raise InvalidRequestError(f"A {what} with id {key} already exists.")
    sheet, kept = _closed(context, item)
    made: JsonDict = {key_name: key, **{name: value for name, value in kept.items() if name != key_name}}
    getattr(sheet, items)[key] = made
    return made


def _update(context: Context, items: Items, item: JsonDict, request: JsonDict, message: str, key_name: str) -> None:
    mask = update_mask(request, message)
    key = item.get(key_name, 0)
    home = _home(context, items, key, message)
    changed = merged(getattr(home, items).pop(key), item, mask)
    sheet, kept = _closed(context, {**changed, key_name: key})
    getattr(sheet, items)[key] = kept


def add_filter_view(context: Context, request: JsonDict) -> JsonDict:
    """Documented: the id may be chosen; a taken one is an error."""
    given = required(request, "filter")
    return {"filter": _add(context, "filter_views", given, "filterViewId", "filter view")}


def update_filter_view(context: Context, request: JsonDict) -> None:
    """Sets the fields of the mask."""
    _update(context, "filter_views", required(request, "filter"), request, "FilterView", "filterViewId")


def delete_filter_view(context: Context, request: JsonDict) -> None:
    """Removes a filter view."""
    key = request.get("filterId", 0)
    del _home(context, "filter_views", key, "FilterView").filter_views[key]


def duplicate_filter_view(context: Context, request: JsonDict) -> JsonDict:
    """Documented: a copy with an id of its own."""
    key = request.get("filterId", 0)
    view = _home(context, "filter_views", key, "FilterView").filter_views[key]
    copy = {name: value for name, value in view.items() if name != "filterViewId"}
    copy["title"] = f"Copy of {view.get('title', '')}".strip()
    return {"filter": _add(context, "filter_views", copy, "filterViewId", "filter view")}


def add_banding(context: Context, request: JsonDict) -> JsonDict:
    """Documented: the id may be chosen; a taken one is an error."""
    given = required(request, "bandedRange")
    return {"bandedRange": _add(context, "banded_ranges", given, "bandedRangeId", "banded range")}


def update_banding(context: Context, request: JsonDict) -> None:
    """Sets the fields of the mask."""
    _update(context, "banded_ranges", required(request, "bandedRange"), request, "BandedRange", "bandedRangeId")


def delete_banding(context: Context, request: JsonDict) -> None:
    """Removes a banding."""
    key = request.get("bandedRangeId", 0)
    del _home(context, "banded_ranges", key, "BandedRange").banded_ranges[key]


def _rule(context: Context, given: JsonDict) -> tuple[Sheet, JsonDict]:
    ranges = required(given, "ranges")
    if not ranges or len({grid.get("sheetId", 0) for grid in ranges}) != 1:
        raise InvalidRequestError("The ranges of a rule must all be on one sheet.")
    if ("booleanRule" in given) == ("gradientRule" in given):
        raise InvalidRequestError("Exactly one of booleanRule and gradientRule must be set.")
    sheet = context.sheet(ranges[0].get("sheetId", 0))
    grids = [grid_json(sheet.sheet_id, grid_area(sheet, grid)) for grid in ranges]
    return sheet, mirror_styles({**given, "ranges": grids})


def _place(sheet: Sheet, index: int, *, new: bool) -> int:
    if not 0 <= index < len(sheet.conditional_formats) + new:
        raise InvalidRequestError(f"No conditional format on sheet: {sheet.sheet_id} at index: {index}")
    return index


def add_conditional_format_rule(context: Context, request: JsonDict) -> None:
    """Documented: put in at the index; later rules move on."""
    sheet, kept = _rule(context, required(request, "rule"))
    sheet.conditional_formats.insert(_place(sheet, request.get("index", 0), new=True), kept)


def update_conditional_format_rule(context: Context, request: JsonDict) -> JsonDict:
    """Documented: replaces the rule at the index, or moves it to `newIndex`."""
    index = request.get("index", 0)
    if "rule" in request:
        sheet, kept = _rule(context, request["rule"])
        old = sheet.conditional_formats[_place(sheet, index, new=False)]
        sheet.conditional_formats[index] = kept
        return {"oldRule": old, "newRule": kept} | ({"newIndex": index} if index else {})
    sheet = context.sheet(request.get("sheetId", 0))
    new_index = _place(sheet, required(request, "newIndex"), new=False)
    rule = sheet.conditional_formats.pop(_place(sheet, index, new=False))
    sheet.conditional_formats.insert(new_index, rule)
    places = {"oldIndex": index, "newIndex": new_index}
    return {"newRule": rule} | {name: place for name, place in places.items() if place}


def delete_conditional_format_rule(context: Context, request: JsonDict) -> JsonDict:
    """Documented: later rules move up; the reply holds the rule."""
    sheet = context.sheet(request.get("sheetId", 0))
    return {"rule": sheet.conditional_formats.pop(_place(sheet, request.get("index", 0), new=False))}


HANDLERS = {
    "setBasicFilter": set_basic_filter,
    "clearBasicFilter": clear_basic_filter,
    "addFilterView": add_filter_view,
    "updateFilterView": update_filter_view,
    "deleteFilterView": delete_filter_view,
    "duplicateFilterView": duplicate_filter_view,
    "addBanding": add_banding,
    "updateBanding": update_banding,
    "deleteBanding": delete_banding,
    "addConditionalFormatRule": add_conditional_format_rule,
    "updateConditionalFormatRule": update_conditional_format_rule,
    "deleteConditionalFormatRule": delete_conditional_format_rule,
}
