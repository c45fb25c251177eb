"""addNamedRange, updateNamedRange, deleteNamedRange."""

from __future__ import annotations

import re

from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.grid_ranges import kept_grid
from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.messages.field_masks import merged, update_mask
from sheets_schema.emulator.model.workbook import JsonDict

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,249}")
_LIKE_A_CELL = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr]([0-9]+)?[Cc]([0-9]+)?|true|false", re.IGNORECASE)


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
    grid = kept_grid(context.book, required(named, "range"))
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
        changed["range"] = kept_grid(context.book, required(changed, "range"))
    if mask.wants("name"):
        _check_name(context, "update", changed.get("name", ""), named_id)
    context.book.named_ranges[named_id] = changed


def delete_named_range(context: Context, request: JsonDict) -> None:
    """Remove a named range. An unknown id is an error (inferred from its siblings; a quirk)."""
    named_id = request.get("namedRangeId", "")
    if named_id in context.book.named_ranges:
        del context.book.named_ranges[named_id]
        return
    if named_id in context.book.ghosts and context.quirks.ghost_deletable == "yes":
        del context.book.ghosts[named_id]
        return
    if context.quirks.delete_missing_named_range == "error":
        raise InvalidRequestError(f"No NamedRange with id: {named_id}")


HANDLERS = {
    "addNamedRange": add_named_range,
    "updateNamedRange": update_named_range,
    "deleteNamedRange": delete_named_range,
}
