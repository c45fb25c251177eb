"""Data filters: which cells, and which developer metadata, they select."""

from __future__ import annotations

from typing import Any

from sheets_schema.emulator.batch.grid_ranges import grid_area
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.a1_resolver import locate
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook

_KINDS = ("a1Range", "gridRange", "developerMetadataLookup")


def _kind(data_filter: JsonDict) -> str:
    if len(data_filter) != 1:
        raise InvalidRequestError(f"A data filter must have exactly one of {', '.join(_KINDS)}.")
    return next(iter(data_filter))


def areas(book: Workbook, data_filter: JsonDict) -> list[tuple[Sheet, Area]]:
    """Return the cells that a filter selects.

    Documented: metadata stands for the rows, columns or sheets that it is on.
    """
    kind = _kind(data_filter)
    if kind == "a1Range":
        return [locate(book, data_filter[kind])[:2]]
    if kind == "gridRange":
        sheet = book.sheet(data_filter[kind].get("sheetId", 0))
        return [(sheet, grid_area(sheet, data_filter[kind]))]
    return [index for key in metadata(book, data_filter) for index in _places(book, book.metadata[key]["location"])]


def _places(book: Workbook, location: JsonDict) -> list[tuple[Sheet, Area]]:
    """Return the cells of a location, sheet by sheet."""
    if location.get("spreadsheet"):
        return [(sheet, sheet.area) for sheet in book.sheets if sheet.is_grid]
    where = location.get("dimensionRange")
    sheet = book.sheet((where or location).get("sheetId", 0))
    if where is None:
        return [(sheet, sheet.area)]
    start, end = where.get("startIndex", 0), where.get("endIndex")
    if where["dimension"] == "ROWS":
        return [(sheet, Area(start, 0, sheet.row_count if end is None else end, sheet.column_count))]
    return [(sheet, Area(0, start, sheet.row_count, sheet.column_count if end is None else end))]


def metadata(book: Workbook, data_filter: JsonDict) -> list[int]:
    """Return the ids of the metadata that a filter selects.

    A range selects what lies on locations that meet it.
    """
    kind = _kind(data_filter)
    if kind != "developerMetadataLookup":
        wanted = areas(book, data_filter)
        return [key for key, item in book.metadata.items() if _meets(book, item["location"], wanted)]
    lookup = dict(data_filter[kind])
    if not lookup:
        raise InvalidRequestError("developerMetadataLookup must not be empty.")
    strategy = lookup.pop("locationMatchingStrategy", None)
    location = lookup.pop("metadataLocation", None)
    if strategy is not None and location is None:
        raise InvalidRequestError("locationMatchingStrategy needs a metadataLocation.")
    if strategy == "EXACT_LOCATION" and "locationType" in lookup:
        raise InvalidRequestError("locationType cannot be set with EXACT_LOCATION.")
    found = [key for key, item in book.metadata.items() if _matches(item, lookup)]
    if location is None:
        return found
    wanted = _places(book, _cleaned(location))
    if strategy == "EXACT_LOCATION" or location.get("spreadsheet"):
        # Documented: the location of the spreadsheet meets no other.
        return [
            key
            for key in found
            if _places(book, book.metadata[key]["location"]) == wanted
            and _same_kind(book.metadata[key]["location"], location)
        ]
    return [key for key in found if _meets(book, book.metadata[key]["location"], wanted)]


def _cleaned(location: JsonDict) -> JsonDict:
    where = location.get("dimensionRange")
    if where is not None and where.get("dimension") not in {"ROWS", "COLUMNS"}:
        raise InvalidRequestError("dimension must be ROWS or COLUMNS.")
    if where is None and not location.get("spreadsheet") and "sheetId" not in location:
        raise InvalidRequestError("metadataLocation must have one of spreadsheet, sheetId and dimensionRange.")
    return location


def _same_kind(one: JsonDict, other: JsonDict) -> bool:
    return all(bool(one.get(name)) == bool(other.get(name)) for name in ("spreadsheet", "dimensionRange"))


def _meets(book: Workbook, location: JsonDict, wanted: list[tuple[Sheet, Area]]) -> bool:
    if location.get("spreadsheet"):
        return False
    own = _places(book, location)
    return any(mine is sheet and area.meets(other) for mine, area in own for sheet, other in wanted)


def _matches(item: JsonDict, lookup: JsonDict) -> bool:
    def value(name: str) -> Any:
        return (item["location"] if name == "locationType" else item).get(name, "")

    return all(value(name) == wanted for name, wanted in lookup.items())
