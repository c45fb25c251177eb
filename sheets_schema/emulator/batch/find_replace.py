"""findReplace, and its bounds: it never fails for lack of a match (recorded: fact 21)."""

from __future__ import annotations

import re
from collections.abc import Callable

from sheets_schema.emulator.batch.context import Context
from sheets_schema.emulator.batch.grid_ranges import grid_area
from sheets_schema.emulator.errors import InvalidRequestError, unsupported
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.cell_writer import check_length
from sheets_schema.emulator.model.rows import Value, make_row
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

_JAVA_GROUP = re.compile(r"\\(.)|\$([0-9])|\\$")

Replace = Callable[[str], tuple[str, int]]


def find_replace(context: Context, request: JsonDict) -> JsonDict:
    """Documented: counts of what changed.

    Recorded: zero counts are left out, no match is 200 with an empty reply. Text cells are searched. Cells that hold
    formulas keep them unless `includeFormulas` is set, which is not supported.
    """
    scopes = [name for name in ("range", "sheetId", "allSheets") if name in request and request[name] is not False]
    if len(scopes) != 1:
        raise InvalidRequestError("Exactly one of range, sheetId and allSheets must be set.")
    if request.get("includeFormulas"):
        raise unsupported("findReplace with includeFormulas")
    if not request.get("find"):
        raise InvalidRequestError("find must not be empty.")
    replace = _replacer(request)
    counts = {"valuesChanged": 0, "rowsChanged": 0, "sheetsChanged": 0, "occurrencesChanged": 0}
    for sheet, area in _places(context, request):
        before = counts["valuesChanged"]
        for index in range(area.top, min(area.bottom, len(sheet.rows))):
            _replace_row(context, sheet.sheet_id, index, area, replace, counts)
        counts["sheetsChanged"] += counts["valuesChanged"] > before
    return {name: count for name, count in counts.items() if count}


def _places(context: Context, request: JsonDict) -> list[tuple[Sheet, Area]]:
    if "range" in request:
        sheet = context.book.sheet(request["range"].get("sheetId", 0))
        return [(sheet, grid_area(sheet, request["range"]))]
    if "sheetId" in request:
        sheet = context.book.sheet(request["sheetId"])
        return [(sheet, sheet.area)]
    return [(sheet, sheet.area) for sheet in context.book.sheets]


def _replacer(request: JsonDict) -> Replace:
    find, replacement = request["find"], request.get("replacement", "")
    pattern = find if request.get("searchByRegex") else re.escape(find)
    try:
        regex = re.compile(pattern, 0 if request.get("matchCase") else re.IGNORECASE)
    except re.error as error:
        raise InvalidRequestError(f"Invalid regular expression: {find}") from error
    fill = _filler(replacement, regex) if request.get("searchByRegex") else lambda _match: replacement
    if request.get("matchEntireCell"):

        def whole(text: str) -> tuple[str, int]:
            match = regex.fullmatch(text)
            return (fill(match), 1) if match else (text, 0)

        return whole
    return lambda text: regex.subn(fill, text)


def _filler(replacement: str, regex: re.Pattern[str]) -> Callable[[re.Match[str]], str]:
    """Java's `$1` and backslash escapes (observed: Java regular expressions)."""
    groups = [int(found.group(2)) for found in _JAVA_GROUP.finditer(replacement) if found.group(2)]
    if max(groups, default=0) > regex.groups:
        raise InvalidRequestError(f"Invalid replacement: {replacement}")

    def fill(match: re.Match[str]) -> str:
        return _JAVA_GROUP.sub(
            lambda found: (match.group(int(found.group(2))) or "") if found.group(2) else found.group(1) or "",
            replacement,
        )

    return fill


def _replace_row(
    context: Context, sheet_id: int, index: int, area: Area, replace: Replace, counts: dict[str, int]
) -> None:
    row = context.book.sheet(sheet_id).rows[index]
    values: list[Value] = list(row.values)
    changed = 0
    for column in range(area.left, min(area.right, len(values))):
        old = values[column]
        if not isinstance(old, str) or not old or row.extra_at(column).formula:
            continue
        new, occurrences = replace(old)
        if occurrences:
            check_length(new)
            own = context.sheet(sheet_id)
            context.guard(own, Area(index, column, index + 1, column + 1))
            values[column] = new
            changed += 1
            counts["occurrencesChanged"] += occurrences
    if changed:
        counts["valuesChanged"] += changed
        counts["rowsChanged"] += 1
        context.sheet(sheet_id).rows[index] = make_row(values, row.extras)


HANDLERS = {"findReplace": find_replace}
