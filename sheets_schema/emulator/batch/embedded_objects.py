"""Requests about charts and slicers: kept whole, moved, and given back.

Nothing is drawn here. Texts and default sizes are those that a log of live calls quotes (mmedum/google-sheets-mcp,
"spike L").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sheets_schema.emulator.batch.chart_sources import check_sources
from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.grid_ranges import check_inside, grid_area
from sheets_schema.emulator.batch.sheets import delete_sheet, new_object_sheet
from sheets_schema.emulator.errors import ApiError, InvalidRequestError
from sheets_schema.emulator.messages.field_masks import Mask, merged, update_mask
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.colors import merge_colored, mirror_styles
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

_WIDTH, _HEIGHT = 600, 371
"""Documented defaults of a chart's size; live answers print them."""
_CHART_KINDS = ("basicChart", "pieChart", "bubbleChart", "candlestickChart", "histogramChart", "orgChart")
_NEWER_KINDS = ("treemapChart", "waterfallChart", "scorecardChart")
_NO_KIND = (
    "One of basicChart, pieChart, bubbleChart, candelstickChart, histogramChart, or orgChart must be set on chartSpec."
)
"""Google's own spelling."""
_NO_POSITION = "One of EmbeddedObjectPosition.overlayPosition or EmbeddedObjectPosition.sheetId must be set"
_Objects = dict[int, JsonDict]


def add_chart(context: Context, request: JsonDict) -> JsonDict:
    """Documented: the id may be chosen; the chart lies over cells or has a sheet of its own."""
    given = required(request, "chart")
    spec = _checked_spec(context, given.get("spec"))
    key = _free_id(context, given.get("chartId", 0))
    sheet, position = _put(context, given.get("position"), own_sheet=True)
    made: JsonDict = {"chartId": key, "spec": spec, "position": position}
    if given.get("border"):
        made["border"] = mirror_styles(given["border"])
    sheet.charts[key] = made
    return {"chart": made}


def _checked_spec(context: Context, spec: JsonDict | None) -> JsonDict:
    if spec is None:
        raise InvalidRequestError("no chart spec")
    kinds = [name for name in (*_CHART_KINDS, *_NEWER_KINDS) if name in spec]
    if len(kinds) != 1:
        raise InvalidRequestError(_NO_KIND)
    basic = spec.get("basicChart")
    if basic is not None and not basic.get("domains") and not basic.get("series"):
        # Observed: not a 400, although the request is at fault.
        raise ApiError(500, "Internal error encountered.")
    check_sources(context, spec)
    checked: JsonDict = mirror_styles(without_zeros(spec))
    return checked


def without_zeros(value: Any) -> Any:
    """Return a copy as answers print it.

    The id of sheet 0, and what is false or empty text, is left out (recorded for ranges).
    """
    if isinstance(value, list):
        return [without_zeros(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: without_zeros(item)
        for name, item in value.items()
        if not (item is False or item == "" or (name == "sheetId" and item == 0))
    }


def _free_id(context: Context, wanted: int) -> int:
    taken = {key for _, objects in _collections(context) for key in objects}
    if wanted in taken:
        raise InvalidRequestError(f"An embedded object with id {wanted} already exists.")
    if wanted < 0:
        raise InvalidRequestError(f"Invalid id: {wanted}. It must be non-negative.")
    return wanted or context.fresh_id(taken)


def _collections(context: Context) -> Iterator[tuple[Sheet, _Objects]]:
    for sheet in context.book.sheets:
        yield sheet, sheet.charts
        yield sheet, sheet.slicers


def _put(context: Context, position: JsonDict | None, *, own_sheet: bool) -> tuple[Sheet, JsonDict]:
    """Return the sheet that an object comes to, and its position as it is kept."""
    position = position or {}
    if own_sheet and (position.get("newSheet") or position.get("sheetId")):
        sheet = new_object_sheet(context, position.get("sheetId"))
        return sheet, {"sheetId": sheet.sheet_id}
    overlay = position.get("overlayPosition")
    if overlay is None:
        raise InvalidRequestError(_NO_POSITION)
    anchor = overlay.get("anchorCell", {})
    sheet = context.sheet(anchor.get("sheetId", 0))
    row, column = anchor.get("rowIndex", 0), anchor.get("columnIndex", 0)
    check_inside(sheet, Area(row, column, row + 1, column + 1))
    kept = {name: number for name, number in overlay.items() if name != "anchorCell" and number}
    kept = {"widthPixels": _WIDTH, "heightPixels": _HEIGHT, **kept}
    if any(number < 0 for number in kept.values()):
        raise InvalidRequestError("The size and the offsets of an embedded object cannot be negative.")
    cell = {name: number for name, number in anchor.items() if number}
    return sheet, {"overlayPosition": {"anchorCell": cell, **kept}}


def update_chart_spec(context: Context, request: JsonDict) -> None:
    """Documented: replaces the specification, there is no mask; the position stays."""
    key = request.get("chartId", 0)
    sheet = context.holder("charts", key, "chart")
    spec = _checked_spec(context, request.get("spec"))
    sheet.charts[key] = {**sheet.charts[key], "spec": spec}


def add_slicer(context: Context, request: JsonDict) -> JsonDict:
    """Documented: on an existing sheet only; the id may be chosen."""
    given = required(request, "slicer")
    spec = _checked_slicer(context, given.get("spec", {}))
    key = _free_id(context, given.get("slicerId", 0))
    sheet, position = _put(context, given.get("position"), own_sheet=False)
    sheet.slicers[key] = {"slicerId": key, "spec": spec, "position": position}
    return {"slicer": sheet.slicers[key]}


def _checked_slicer(context: Context, spec: JsonDict) -> JsonDict:
    if "dataRange" not in spec:
        raise InvalidRequestError("no data range")
    grid_area(context.book.sheet(spec["dataRange"].get("sheetId", 0)), spec["dataRange"])
    checked: JsonDict = mirror_styles(without_zeros(spec))
    return checked


def update_slicer_spec(context: Context, request: JsonDict) -> None:
    """Set the fields of the mask (reported: a missing mask is refused)."""
    mask = update_mask(request, "SlicerSpec", root="spec")
    key = request.get("slicerId", 0)
    sheet = context.holder("slicers", key, "slicer")
    old = sheet.slicers[key]
    spec = _checked_slicer(context, merge_colored(old["spec"], request.get("spec", {}), mask))
    sheet.slicers[key] = {**old, "spec": spec}


def _find(context: Context, key: int) -> tuple[Sheet, str]:
    """Return the sheet of an object, to write on, and the name of the collection that holds it."""
    for sheet in context.book.sheets:
        for name in ("charts", "slicers"):
            if key in getattr(sheet, name):
                return context.sheet(sheet.sheet_id), name
    raise InvalidRequestError(f"No embedded object with id: {key}")


def delete_embedded_object(context: Context, request: JsonDict) -> None:
    """Remove a chart or a slicer.

    A sheet that was only there for the chart goes with it (inferred).
    """
    sheet, name = _find(context, request.get("objectId", 0))
    if not sheet.is_grid:
        delete_sheet(context, {"sheetId": sheet.sheet_id})
        return
    del getattr(sheet, name)[request.get("objectId", 0)]


def update_embedded_object_position(context: Context, request: JsonDict) -> JsonDict:
    """Documented: over cells the fields of the mask are set.

    `newSheet` or `sheetId` give it a sheet of its own.
    """
    new = required(request, "newPosition")
    key = request.get("objectId", 0)
    sheet, name = _find(context, key)
    item = getattr(sheet, name)[key]
    if "overlayPosition" in new:
        mask = update_mask(request, "OverlayPosition", root="newPosition")
        mask = mask.below("overlayPosition") or mask if mask.names() == ["overlayPosition"] else mask
        overlay = item["position"].get("overlayPosition", {})
        new = {"overlayPosition": _moved(overlay, new["overlayPosition"], mask)}
    goal, position = _put(context, new, own_sheet=name == "charts")
    del getattr(sheet, name)[key]
    getattr(goal, name)[key] = {**item, "position": position}
    if not sheet.is_grid:
        delete_sheet(context, {"sheetId": sheet.sheet_id})
    return {"position": position}


def _moved(old: JsonDict, new: JsonDict, mask: Mask) -> JsonDict:
    if mask.takes_all:
        # Observed: a move that names every field keeps the size it does not mention.
        sizes: JsonDict = {name: old[name] for name in ("widthPixels", "heightPixels") if name in old}
        return {**sizes, **new}
    return merged(old, new, mask)


def update_embedded_object_border(context: Context, request: JsonDict) -> None:
    """Set the fields of the mask on the border of a chart."""
    mask = update_mask(request, "EmbeddedObjectBorder", root="border")
    sheet, name = _find(context, request.get("objectId", 0))
    items: _Objects = getattr(sheet, name)
    item = items[request.get("objectId", 0)]
    border = merge_colored(item.get("border", {}), request.get("border", {}), mask)
    kept = {field: value for field, value in item.items() if field != "border"}
    items[request.get("objectId", 0)] = {**kept, "border": border} if border else kept


HANDLERS = {
    "addChart": add_chart,
    "updateChartSpec": update_chart_spec,
    "addSlicer": add_slicer,
    "updateSlicerSpec": update_slicer_spec,
    "deleteEmbeddedObject": delete_embedded_object,
    "updateEmbeddedObjectPosition": update_embedded_object_position,
    "updateEmbeddedObjectBorder": update_embedded_object_border,
}
