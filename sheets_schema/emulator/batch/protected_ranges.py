"""addProtectedRange, updateProtectedRange, deleteProtectedRange."""

from __future__ import annotations

from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.grid_ranges import kept_grid
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.messages.field_masks import merged, update_mask
from sheets_schema.emulator.model import permissions
from sheets_schema.emulator.model.workbook import JsonDict, Sheet


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
    result["range"] = kept_grid(context.book, protected["range"])
    if "unprotectedRanges" in result:
        result["unprotectedRanges"] = [kept_grid(context.book, grid) for grid in result["unprotectedRanges"]]
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


HANDLERS = {
    "addProtectedRange": add_protected_range,
    "updateProtectedRange": update_protected_range,
    "deleteProtectedRange": delete_protected_range,
}
