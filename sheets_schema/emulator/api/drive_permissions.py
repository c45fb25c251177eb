"""Drive's permissions of a file: listing, sharing, changing a role, taking it back.

And its comments, which are none.
"""

from __future__ import annotations

from typing import Any

from sheets_schema.emulator.api.call import ApiCall
from sheets_schema.emulator.errors import ApiError, invalid_argument, unsupported
from sheets_schema.emulator.messages.field_masks import Mask
from sheets_schema.emulator.model.sharing import ROLES, permission, permission_id, permissions_of
from sheets_schema.emulator.model.workbook import JsonDict, Workbook

_DEFAULT = Mask({name: Mask.everything() for name in ("kind", "id", "type", "role")})
_DEFAULT_LIST = Mask({"kind": Mask.everything(), "permissions": _DEFAULT})
_KNOWN = frozenset({"type", "role", "emailAddress", "domain", "allowFileDiscovery", "kind", "id", "displayName"})


def _shown(value: JsonDict, call: ApiCall, default: Mask) -> JsonDict:
    kept: JsonDict = (call.mask if call.query.text("fields") else default).keep(value)
    return kept


def listed(call: ApiCall, book: Workbook) -> JsonDict:
    """`permissions.list`, all on one page."""
    return _shown({"kind": "drive#permissionList", "permissions": permissions_of(book)}, call, _DEFAULT_LIST)


def _find(book: Workbook, key: str) -> JsonDict:
    found = next((item for item in permissions_of(book) if item["id"] == key), None)
    if found is None:
        raise ApiError(404, f"Permission not found: {key}.")
    return found


def got(call: ApiCall, book: Workbook) -> JsonDict:
    """`permissions.get`."""
    return _shown(_find(book, call.found.number), call, _DEFAULT)


def _body(call: ApiCall) -> JsonDict:
    if not isinstance(call.body, dict):
        raise invalid_argument("Invalid JSON payload received.")
    body = {name: value for name, value in call.body.items() if value is not None}
    unknown = set(body) - _KNOWN
    if unknown:
        raise unsupported(f"the Drive permission field '{min(unknown)}'")
    if body.get("role") not in ROLES:
        raise invalid_argument("The specified role is invalid or not supported.")
    return body


def created(call: ApiCall, book: Workbook) -> JsonDict:
    """`permissions.create`: shares a file; who is on the list already gets the new role."""
    body = _body(call)
    kind = body.get("type")
    address: Any = {"user": body.get("emailAddress"), "group": body.get("emailAddress"), "domain": body.get("domain"), "anyone": "anyone"}.get(kind or "")  # fmt: skip
    if not isinstance(address, str) or not address:
        raise invalid_argument("The permission type field is required, and so is whom it is for.")
    address = address.strip().lower()
    if body["role"] == "owner":
        return _transfer(call, book, kind or "", address)
    if address == book.owner:
        return _shown(permissions_of(book)[0], call, _DEFAULT)
    made = permission(kind or "", body["role"], address)
    if kind in {"anyone", "domain"}:
        made["allowFileDiscovery"] = bool(body.get("allowFileDiscovery"))
    _put(book, made)
    return _shown(made, call, _DEFAULT)


def _put(book: Workbook, made: JsonDict) -> None:
    shared = [item for item in book.file.get("permissions", []) if item["id"] != made["id"]]
    book.file["permissions"] = [*shared, made]


def _transfer(call: ApiCall, book: Workbook, kind: str, address: str) -> JsonDict:
    """Documented: ownership is handed over only when `transferOwnership` says so.

    The old owner stays a writer.
    """
    if kind != "user" or not call.query.flag("transferOwnership"):
        raise ApiError(403, "The transferOwnership parameter must be enabled when the permission role is 'owner'.")
    if not call.person.owns(book):
        raise ApiError(403, "The user does not have sufficient permissions for this file.")
    before, book.owner = book.owner, address
    shared = [item for item in book.file.get("permissions", []) if item.get("emailAddress") != address]
    book.file["permissions"] = shared
    if before != address:
        _put(book, permission("user", "writer", before))
    return _shown(permissions_of(book)[0], call, _DEFAULT)


def updated(call: ApiCall, book: Workbook) -> JsonDict:
    """`permissions.update`: another role for somebody on the list."""
    body = _body(call)
    old = _find(book, call.found.number)
    if body["role"] == "owner":
        return _transfer(call, book, old["type"], old.get("emailAddress", ""))
    if old["role"] == "owner":
        raise ApiError(403, "The owner of a file cannot be removed.")
    _put(book, {**old, "role": body["role"]})
    return _shown(_find(book, old["id"]), call, _DEFAULT)


def deleted(call: ApiCall, book: Workbook) -> JsonDict:
    """`permissions.delete`. The owner's stays (documented)."""
    old = _find(book, call.found.number)
    if old["id"] == permission_id("user", book.owner):
        raise ApiError(403, "The owner of a file cannot be removed.")
    book.file["permissions"] = [item for item in book.file.get("permissions", []) if item["id"] != old["id"]]
    return {}


def comments(call: ApiCall, _book: Workbook) -> JsonDict:
    """`comments.list`: there are none, since nobody can write one here."""
    return _shown({"kind": "drive#commentList", "comments": []}, call, Mask.everything())
