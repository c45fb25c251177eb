"""Requests about groups of rows and columns.

Recorded: the replies list the groups of the dimension afterwards, and the first column group switches
`columnGroupControlAfter` on. Nested groups have depths; documented: an overlap splits, which is not supported.
"""

from __future__ import annotations

from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.dimensions import located_span
from sheets_schema.emulator.errors import InvalidRequestError, unsupported
from sheets_schema.emulator.messages.field_masks import update_mask
from sheets_schema.emulator.model.workbook import JsonDict, Sheet


def _located(context: Context, where: JsonDict) -> tuple[Sheet, str, tuple[int, int]]:
    """Return the sheet, the prefix of its fields for the dimension, and the span."""
    sheet, dimension, start, end = located_span(context, where)
    return sheet, "row" if dimension == "ROWS" else "column", (start, end)


def _span(group: JsonDict) -> tuple[int, int]:
    return group["range"]["startIndex"], group["range"]["endIndex"]


def _ordered(groups: list[JsonDict]) -> list[JsonDict]:
    """Outer groups first; depths follow from how they lie in each other."""
    spans = sorted({_span(group) for group in groups}, key=lambda span: (span[0], -span[1]))
    by_span = {_span(group): group for group in groups}
    depths = {span: sum(other[0] <= span[0] and span[1] <= other[1] for other in spans) for span in spans}
    return [{**by_span[span], "depth": depths[span]} for span in spans]


def add_dimension_group(context: Context, request: JsonDict) -> JsonDict:
    """Documented: groups rows or columns; the reply lists all groups of the dimension."""
    sheet, word, span = _located(context, required(request, "range"))
    groups: list[JsonDict] = getattr(sheet, f"{word}_groups")
    for other in map(_span, groups):
        apart = other[1] <= span[0] or span[1] <= other[0]
        nested = (other[0] <= span[0] and span[1] <= other[1]) or (span[0] <= other[0] and other[1] <= span[1])
        if other == span or not (apart or nested):
            raise unsupported("addDimensionGroup over a group that it equals or only partly covers")
    where: JsonDict = {"sheetId": sheet.sheet_id} if sheet.sheet_id else {}
    where |= {"dimension": f"{word.upper()}S", "startIndex": span[0], "endIndex": span[1]}
    changed = _ordered([*groups, {"range": where, "depth": 1}])
    setattr(sheet, f"{word}_groups", changed)
    grid = {**sheet.properties.get("gridProperties", {}), f"{word}GroupControlAfter": True}
    sheet.properties = {**sheet.properties, "gridProperties": grid}
    return {"dimensionGroups": changed}


def delete_dimension_group(context: Context, request: JsonDict) -> JsonDict:
    """Documented: takes one level off the range. Only a whole group is supported."""
    sheet, word, span = _located(context, required(request, "range"))
    groups: list[JsonDict] = getattr(sheet, f"{word}_groups")
    kept = [group for group in groups if _span(group) != span]
    if len(kept) == len(groups):
        raise InvalidRequestError("There is no group to delete in this range.")
    kept = _ordered(kept)
    setattr(sheet, f"{word}_groups", kept)
    return {"dimensionGroups": kept} if kept else {}


def update_dimension_group(context: Context, request: JsonDict) -> None:
    """Documented: collapses or expands a group, which hides or shows its rows or columns."""
    new = required(request, "dimensionGroup")
    mask = update_mask(request, "DimensionGroup", root="dimensionGroup")
    if mask.names() != ["collapsed"]:
        raise InvalidRequestError("Only the field 'collapsed' of a group can be updated.")
    sheet, word, span = _located(context, required(new, "range"))
    groups: list[JsonDict] = getattr(sheet, f"{word}_groups")
    if span not in map(_span, groups):
        raise InvalidRequestError("There is no group with this range.")
    changed: list[JsonDict] = []
    for group in groups:
        own = {name: value for name, value in group.items() if name != "collapsed" or _span(group) != span}
        if _span(group) == span and new.get("collapsed"):
            own["collapsed"] = True
        changed.append(own)
    setattr(sheet, f"{word}_groups", changed)
    dimensions: dict[int, JsonDict] = getattr(sheet, f"{word}_dimensions")
    for index in range(*span):
        kept = {name: value for name, value in dimensions.get(index, {}).items() if name != "hiddenByUser"}
        dimensions[index] = {**kept, "hiddenByUser": True} if new.get("collapsed") else kept
        if not dimensions[index]:
            del dimensions[index]


HANDLERS = {
    "addDimensionGroup": add_dimension_group,
    "deleteDimensionGroup": delete_dimension_group,
    "updateDimensionGroup": update_dimension_group,
}
