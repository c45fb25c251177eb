"""Requests about developer metadata.

They are marks on rows, columns, sheets or the spreadsheet that people never see.
"""

from __future__ import annotations

from sheets_schema.emulator.batch import data_filters
from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.dimensions import dimension_of, existing_span
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.messages.field_masks import merged, update_mask
from sheets_schema.emulator.model.workbook import JsonDict

_MAX_KEY = 128
"""Characters of a key (documented as a limit on keys; observed)."""


def _location(context: Context, given: JsonDict) -> JsonDict:
    """Return a location as it is kept.

    Documented: exactly one of spreadsheet, sheet, or a single row or column.
    """
    chosen = [
        name for name in ("spreadsheet", "sheetId", "dimensionRange") if name in given and given[name] is not False
    ]
    if len(chosen) != 1:
        raise InvalidRequestError("location must have exactly one of spreadsheet, sheetId and dimensionRange.")
    if chosen == ["spreadsheet"]:
        return {"locationType": "SPREADSHEET", "spreadsheet": True}
    if chosen == ["sheetId"]:
        sheet = context.book.sheet(given["sheetId"])
        return {"locationType": "SHEET", **({"sheetId": sheet.sheet_id} if sheet.sheet_id else {})}
    where = given["dimensionRange"]
    dimension = dimension_of(where)
    sheet = context.book.sheet(where.get("sheetId", 0))
    start, end = existing_span(sheet, where, dimension)
    if end - start != 1:
        raise InvalidRequestError("Developer metadata can only be on a single row or column.")
    kept: JsonDict = {"sheetId": sheet.sheet_id} if sheet.sheet_id else {}
    kept |= {"dimension": dimension, "startIndex": start, "endIndex": end}
    return {"locationType": "ROW" if dimension == "ROWS" else "COLUMN", "dimensionRange": kept}


def _checked(item: JsonDict, location: JsonDict) -> JsonDict:
    key = item.get("metadataKey", "")
    if not key or len(key) > _MAX_KEY:
        raise InvalidRequestError(f"metadataKey must have 1 to {_MAX_KEY} characters.")
    if item.get("visibility", "DEVELOPER_METADATA_VISIBILITY_UNSPECIFIED").endswith("UNSPECIFIED"):
        raise InvalidRequestError("visibility must be set.")
    kept: JsonDict = {"metadataId": item["metadataId"], "metadataKey": key}
    if item.get("metadataValue"):
        kept["metadataValue"] = item["metadataValue"]
    return {**kept, "location": location, "visibility": item["visibility"]}


def create_developer_metadata(context: Context, request: JsonDict) -> JsonDict:
    """Documented: the id may be chosen, is unique in the spreadsheet and positive.

    Keys may repeat.
    """
    given = required(request, "developerMetadata")
    metadata = context.book.metadata
    metadata_id = given.get("metadataId") or context.fresh_id(metadata)
    if metadata_id < 1:
        raise InvalidRequestError(f"metadataId[{metadata_id}] must be positive.")
    if metadata_id in metadata and context.quirks.duplicate_metadata_id == "error":
        raise InvalidRequestError(f"Developer metadata with id {metadata_id} already exists.")
    checked = _checked({**given, "metadataId": metadata_id}, required(given, "location"))
    metadata[metadata_id] = {**checked, "location": _location(context, checked["location"])}
    return {"developerMetadata": metadata[metadata_id]}


def update_developer_metadata(context: Context, request: JsonDict) -> JsonDict:
    """Documented: sets the fields of the mask on everything that the filters select."""
    mask = update_mask(request, "DeveloperMetadata", root="developerMetadata")
    new = request.get("developerMetadata", {})
    chosen = [
        key
        for data_filter in request.get("dataFilters", [])
        for key in data_filters.metadata(context.book, data_filter)
    ]
    for key in dict.fromkeys(chosen):
        changed = merged(context.book.metadata[key], new, mask)
        location = _location(context, new.get("location", {})) if mask.wants("location") else changed["location"]
        context.book.metadata[key] = _checked({**changed, "metadataId": key}, location)
    items = [context.book.metadata[key] for key in dict.fromkeys(chosen)]
    return {"developerMetadata": items} if items else {}


def delete_developer_metadata(context: Context, request: JsonDict) -> JsonDict:
    """Documented: deletes everything the filter selects. Nothing selected: unknown, a quirk."""
    chosen = data_filters.metadata(context.book, required(request, "dataFilter"))
    if not chosen and context.quirks.delete_missing_metadata == "error":
        raise InvalidRequestError("No developer metadata matches the filter.")
    items = [context.book.metadata.pop(key) for key in chosen]
    return {"deletedDeveloperMetadata": items} if items else {}


HANDLERS = {
    "createDeveloperMetadata": create_developer_metadata,
    "updateDeveloperMetadata": update_developer_metadata,
    "deleteDeveloperMetadata": delete_developer_metadata,
}
