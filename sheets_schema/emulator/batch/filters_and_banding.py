"""Requests about basic filters, filter views and banded ranges.

They are kept and given back, without effect on what is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.grid_ranges import grid_json
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.messages.field_masks import update_mask
from sheets_schema.emulator.model.colors import merge_colored, mirror_styles
from sheets_schema.emulator.model.workbook import JsonDict, Sheet


def _closed(context: Context, item: Mapping[str, Any]) -> tuple[Sheet, JsonDict]:
    """Return the sheet, and the item with all bounds of its range (observed for filters)."""
    sheet, area = context.located(item.get("range", {}), guarded=False)
    grid = grid_json(sheet.sheet_id, area)
    return sheet, mirror_styles({**{name: value for name, value in item.items() if value}, "range": grid})


def set_basic_filter(context: Context, request: JsonDict) -> None:
    """Documented: sets the sheet's one filter, replacing an older one."""
    sheet, kept = _closed(context, required(request, "filter"))
    sheet.basic_filter = kept


def clear_basic_filter(context: Context, request: JsonDict) -> None:
    """Remove the sheet's filter, if any."""
    context.sheet(request.get("sheetId", 0)).basic_filter = None


class _SheetItems(NamedTuple):
    """Filter views or bandings: where sheets keep them, and how requests name them."""

    items: str
    item: str
    key_name: str
    deleted_by: str
    message: str
    noun: str

    def home(self, context: Context, key: int) -> dict[int, JsonDict]:
        """Return the items of the sheet that has this one."""
        found: dict[int, JsonDict] = getattr(context.holder(self.items, key, self.message), self.items)
        return found

    def add(self, context: Context, request: JsonDict) -> JsonDict:
        """Documented: the id may be chosen; a taken one is an error."""
        item = required(request, self.item)
        taken = {key for sheet in context.book.sheets for key in getattr(sheet, self.items)}
        key = item.get(self.key_name) or context.fresh_id(taken)
        if key in taken:
            raise InvalidRequestError(f"A {self.noun} with id {key} already exists.")
        sheet, kept = _closed(context, item)
        made: JsonDict = {self.key_name: key, **{name: value for name, value in kept.items() if name != self.key_name}}
        getattr(sheet, self.items)[key] = made
        return {self.item: made}

    def update(self, context: Context, request: JsonDict) -> None:
        """Set the fields of the mask."""
        item = required(request, self.item)
        mask = update_mask(request, self.message)
        key = item.get(self.key_name, 0)
        home = self.home(context, key)
        sheet, kept = _closed(context, {**merge_colored(home[key], item, mask), self.key_name: key})
        if getattr(sheet, self.items) is not home:
            del home[key]
        getattr(sheet, self.items)[key] = kept

    def delete(self, context: Context, request: JsonDict) -> None:
        """Remove one."""
        key = request.get(self.deleted_by, 0)
        del self.home(context, key)[key]


_VIEWS = _SheetItems("filter_views", "filter", "filterViewId", "filterId", "FilterView", "filter view")
_BANDINGS = _SheetItems("banded_ranges", "bandedRange", "bandedRangeId", "bandedRangeId", "BandedRange", "banded range")


def duplicate_filter_view(context: Context, request: JsonDict) -> JsonDict:
    """Documented: a copy with an id of its own."""
    key = request.get("filterId", 0)
    view = _VIEWS.home(context, key)[key]
    copy = {name: value for name, value in view.items() if name != "filterViewId"}
    copy["title"] = f"Copy of {view.get('title', '')}".strip()
    return _VIEWS.add(context, {"filter": copy})


HANDLERS = {
    "setBasicFilter": set_basic_filter,
    "clearBasicFilter": clear_basic_filter,
    "addFilterView": _VIEWS.add,
    "updateFilterView": _VIEWS.update,
    "deleteFilterView": _VIEWS.delete,
    "duplicateFilterView": duplicate_filter_view,
    "addBanding": _BANDINGS.add,
    "updateBanding": _BANDINGS.update,
    "deleteBanding": _BANDINGS.delete,
}
