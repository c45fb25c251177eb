"""Requests about named ranges, protected ranges and merges."""

from __future__ import annotations

import re

from sheets_schema.emulator.batch.context import Context, grid_area, required, update_mask
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.messages.masks import merged
from sheets_schema.emulator.model import permissions
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import NO_EXTRA, make_row
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,249}")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr]([0-9]+)?[Cc]([0-9]+)?|true|false", re.IGNORECASE)


def _check_grid(context: Context, grid: JsonDict) -> JsonDict:
    """Return a GridRange as it is kept and answered.

    The bounds are as given, a zero sheet id is left out (recorded).
    """
    grid_area(context.book.sheet(grid.get("sheetId", 0)), grid)
    return {name: value for name, value in grid.items() if name != "sheetId" or value}


def _check_name(context: Context, kind: str, name: str, own: str | None) -> None:
    if not _NAME.fullmatch(name) or _LIKE_A_CELL.fullmatch(name):
        raise InvalidRequestError("The name given to this range is invalid.")
    holders = {key: item["name"] for key, item in context.book.named_ranges.items()} | context.book.ghosts
    if any(held.casefold() == name.casefold() and key != own for key, held in holders.items()):
        colon = ":" if context.quirks.wording == "colon" else ""
        raise InvalidRequestError(
            f"Cannot {kind} named range with name{colon} {name}, a named range with that name already exists."
        )


def add_named_range(context: Context, request: JsonDict) -> JsonDict:
    """Documented: the id may be chosen; a taken id is an error.

    A taken name is one too (observed text: gspread#1530).
    """
    named = required(request, "namedRange")
    book = context.book
    named_id = named.get("namedRangeId") or str(
        context.fresh_id(int(key) for key in book.named_ranges if key.isdigit())
    )
    if (
        named_id in book.named_ranges or named_id in book.ghosts
    ) and context.quirks.duplicate_named_range_id == "error":
        raise InvalidRequestError(
            f"Cannot add named range with id: {named_id}, a named range with that id already exists."
        )
    grid = _check_grid(context, required(named, "range"))
    _check_name(context, "add", named.get("name", ""), None)
    book.ghosts.pop(named_id, None)
    book.named_ranges[named_id] = {"namedRangeId": named_id, "name": named["name"], "range": grid}
    return {"namedRange": book.named_ranges[named_id]}


def update_named_range(context: Context, request: JsonDict) -> None:
    """Documented: sets name or range. An unknown id is an error (reported: pygsheets#253)."""
    new = required(request, "namedRange")
    mask = update_mask(request, "NamedRange", root="namedRange")
    named_id = new.get("namedRangeId", "")
    old = context.book.named_ranges.get(named_id)
    if old is None:
        if context.quirks.update_missing_named_range == "silent":
            return
        raise InvalidRequestError(f"No NamedRange with id: {named_id}")
    changed = merged(old, new, mask)
    changed["namedRangeId"] = named_id
    if mask.wants("range"):
        changed["range"] = _check_grid(context, required(changed, "range"))
    if mask.wants("name"):
        _check_name(context, "update", changed.get("name", ""), named_id)
    context.book.named_ranges[named_id] = changed


def delete_named_range(context: Context, request: JsonDict) -> None:
    """Remove a named range. An unknown id is an error (inferred from its siblings; a switch)."""
    named_id = request.get("namedRangeId", "")
    if named_id in context.book.named_ranges:
        del context.book.named_ranges[named_id]
        return
    if named_id in context.book.ghosts and context.quirks.ghost_deletable == "yes":
        del context.book.ghosts[named_id]
        return
    if context.quirks.delete_missing_named_range == "error":
        raise InvalidRequestError(f"No NamedRange with id: {named_id}")


def _owner_of(context: Context, protected_id: int) -> tuple[Sheet, JsonDict]:
    sheet = context.holder("protected", protected_id, "protected range")
    return sheet, sheet.protected[protected_id]


def add_protected_range(context: Context, request: JsonDict) -> JsonDict:
    """Protect a range.

    Recorded: the answer echoes the editors as given and says that the requester can edit; later reads list the
    requester too.
    """
    given = {name: value for name, value in required(request, "protectedRange").items() if value}
    book = context.book
    taken = {key for sheet in book.sheets for key in sheet.protected}
    protected_id = given.get("protectedRangeId") or context.fresh_id(taken)
    if protected_id in taken:
        raise InvalidRequestError(f"Protected range with id {protected_id} already exists")
    grid = given.get("range")
    if "namedRangeId" in given:
        named = book.named_ranges.get(given["namedRangeId"])
        if named is None:
            raise InvalidRequestError(f"No NamedRange with id: {given['namedRangeId']}")
        grid = named["range"]
    if grid is None:
        grid = {}
    sheet = context.sheet(grid.get("sheetId", 0))
    if not given.keys() & {"editors", "warningOnly"} and context.quirks.protection_without_editors == "everybody":
        given["editors"] = {"domainUsersCanEdit": True}
    stored = _checked_protection(context, {**given, "protectedRangeId": protected_id, "range": grid})
    answer = {**stored, "requestingUserCanEdit": True, "editors": stored.get("editors", {})}
    sheet.protected[protected_id] = _with_editor(context, stored)
    return {"protectedRange": _ordered(answer)}


def _checked_protection(context: Context, protected: JsonDict) -> JsonDict:
    result = {name: value for name, value in protected.items() if name != "requestingUserCanEdit" and value}
    result["range"] = _check_grid(context, protected["range"])
    if "unprotectedRanges" in result:
        result["unprotectedRanges"] = [_check_grid(context, grid) for grid in result["unprotectedRanges"]]
    editors = {name: value for name, value in result.pop("editors", {}).items() if value}
    if editors.get("users"):
        editors["users"] = [user.lower() for user in editors["users"]]
    if editors:
        result["editors"] = editors
    return result


def _with_editor(context: Context, protected: JsonDict) -> JsonDict:
    """Who protects can edit, and so can the owner."""
    editors = dict(protected.get("editors", {}))
    users = list(editors.get("users", ()))
    for email in (context.book.owner, context.person.email):
        if email not in users:
            users.append(email)
    return {**protected, "editors": {**editors, "users": users}}


def _ordered(protected: JsonDict) -> JsonDict:
    order = ("protectedRangeId", "range", "namedRangeId", "description", "warningOnly", "requestingUserCanEdit")
    last = ("unprotectedRanges", "editors")
    return {name: protected[name] for name in (*order, *last) if name in protected}


def update_protected_range(context: Context, request: JsonDict) -> None:
    """Documented: sets the fields of the mask.

    Only somebody who may edit the range may change its protection.
    """
    new = required(request, "protectedRange")
    mask = update_mask(request, "ProtectedRange", root="protectedRange")
    protected_id = new.get("protectedRangeId", 0)
    sheet, old = _owner_of(context, protected_id)
    permissions.check_protection(context.book, old, context.person)
    changed = merged(old, new, mask)
    changed["protectedRangeId"] = protected_id
    if changed.get("range", {}).get("sheetId", 0) != sheet.sheet_id:
        raise InvalidRequestError("A protected range cannot move to another sheet.")
    sheet.protected[protected_id] = _with_editor(context, _checked_protection(context, changed))


def delete_protected_range(context: Context, request: JsonDict) -> None:
    """Remove a protection. An unknown id is an error (observed: fact 22)."""
    sheet, old = _owner_of(context, request.get("protectedRangeId", 0))
    permissions.check_protection(context.book, old, context.person)
    del sheet.protected[old["protectedRangeId"]]


def merge_cells(context: Context, request: JsonDict) -> None:
    """Merge cells.

    Recorded: a merge swallows older ones that lie inside; values other than the top left one are dropped (documented
    in the interface).
    """
    sheet, area = context.located(required(request, "range"))
    kind = request.get("mergeType", "MERGE_ALL")
    pieces = [area]
    if kind == "MERGE_ROWS":
        pieces = [Area(row, area.left, row + 1, area.right) for row in range(area.top, area.bottom)]
    elif kind == "MERGE_COLUMNS":
        pieces = [Area(area.top, column, area.bottom, column + 1) for column in range(area.left, area.right)]
    for old in sheet.merges:
        if old.meets(area) and not area.holds(old):
            raise InvalidRequestError("You must select all cells in a merged range to merge or unmerge them.")
    _check_frozen_edge(sheet, pieces)
    kept = [old for old in sheet.merges if not old.meets(area)]
    sheet.merges = kept + [piece for piece in pieces if piece.height * piece.width > 1]
    for piece in pieces:
        _keep_corner(sheet, piece)


def _check_frozen_edge(sheet: Sheet, pieces: list[Area]) -> None:
    """Refuse a merge over the edge of the frozen rows or columns (reported, in these words)."""
    grid = sheet.properties.get("gridProperties", {})
    rows, columns = grid.get("frozenRowCount", 0), grid.get("frozenColumnCount", 0)
    if any(piece.top < rows < piece.bottom for piece in pieces):
        raise InvalidRequestError("You can't merge frozen and non-frozen rows.")
    if any(piece.left < columns < piece.right for piece in pieces):
        raise InvalidRequestError("You can't merge frozen and non-frozen columns.")


def _keep_corner(sheet: Sheet, piece: Area) -> None:
    """Empty all cells of a merge but the first."""
    for index in range(piece.top, min(piece.bottom, len(sheet.rows))):
        row = sheet.rows[index]
        first = piece.left + 1 if index == piece.top else piece.left
        columns = range(first, min(piece.right, row.width))
        if not any(row.value_at(column) != "" for column in columns):
            continue
        values = list(row.values)
        extras = list(row.extras)
        for column in columns:
            if column < len(values):
                values[column] = ""
            if column < len(extras) and extras[column].formula:
                extras[column] = NO_EXTRA
        sheet.rows[index] = make_row(values, extras)


def unmerge_cells(context: Context, request: JsonDict) -> None:
    """Documented: every merge in the range is undone.

    One that only partly lies in it is an error.
    """
    sheet, area = context.located(required(request, "range"))
    if any(old.meets(area) and not area.holds(old) for old in sheet.merges):
        raise InvalidRequestError("You must select all cells in a merged range to merge or unmerge them.")
    sheet.merges = [old for old in sheet.merges if not old.meets(area)]


HANDLERS = {
    "addNamedRange": add_named_range,
    "updateNamedRange": update_named_range,
    "deleteNamedRange": delete_named_range,
    "addProtectedRange": add_protected_range,
    "updateProtectedRange": update_protected_range,
    "deleteProtectedRange": delete_protected_range,
    "mergeCells": merge_cells,
    "unmergeCells": unmerge_cells,
}
