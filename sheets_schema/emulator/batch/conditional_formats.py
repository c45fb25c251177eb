"""Requests about conditional format rules: their order, and what each must say."""

from __future__ import annotations

from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.grid_ranges import grid_area, grid_json
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model.colors import mirror_styles
from sheets_schema.emulator.model.workbook import JsonDict, Sheet


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
    indexes = {"oldIndex": index, "newIndex": new_index}
    return {"newRule": rule} | {name: position for name, position in indexes.items() if position}


def delete_conditional_format_rule(context: Context, request: JsonDict) -> JsonDict:
    """Documented: later rules move up; the reply holds the rule."""
    sheet = context.sheet(request.get("sheetId", 0))
    return {"rule": sheet.conditional_formats.pop(_place(sheet, request.get("index", 0), new=False))}


HANDLERS = {
    "addConditionalFormatRule": add_conditional_format_rule,
    "updateConditionalFormatRule": update_conditional_format_rule,
    "deleteConditionalFormatRule": delete_conditional_format_rule,
}
