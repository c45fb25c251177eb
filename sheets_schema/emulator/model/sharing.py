"""Who may see and change a file: its owner, and whom it is shared with.

A file that nobody in particular owns (made without a name, under the default owner) and that nobody has shared is open
to everybody, so that tests with several people need no sharing. A file of a named owner, and one that was shared, is
for those on its list only.
"""

from __future__ import annotations

import zlib
from typing import Any

from sheets_schema.emulator.errors import ApiError
from sheets_schema.emulator.model.permissions import OWNER, Account
from sheets_schema.emulator.model.workbook import JsonDict, Workbook

WRITING_ROLES = frozenset({"owner", "organizer", "fileOrganizer", "writer"})
ROLES = WRITING_ROLES | {"commenter", "reader"}
ANYONE = "anyoneWithLink"


def permissions_of(book: Workbook) -> list[JsonDict]:
    """Return everybody's permission, the owner's first."""
    shared: list[JsonDict] = book.file.get("permissions", [])
    return [permission("user", "owner", book.owner), *shared]


def permission(kind: str, role: str, address: str, **more: Any) -> JsonDict:
    """Return a permission as Drive describes it; the id depends on whom it is for."""
    made: JsonDict = {"kind": "drive#permission", "id": permission_id(kind, address), "type": kind, "role": role}
    if kind in {"user", "group"}:
        made |= {"emailAddress": address, "displayName": address.partition("@")[0]}
    elif kind == "domain":
        made |= {"domain": address, "displayName": address}
    return {**made, **more}


def permission_id(kind: str, address: str) -> str:
    """Return the id: digits, as Drive's, or `anyoneWithLink`."""
    return ANYONE if kind == "anyone" else f"{zlib.crc32(f'{kind}:{address}'.encode()):020d}"


def role_of(book: Workbook, person: Account) -> str:
    """Return the role of a person, empty for a stranger."""
    if person.owns(book):
        return "owner"
    shared: list[JsonDict] = book.file.get("permissions", [])
    if not shared and book.owner == OWNER:
        return "writer"
    roles = [item["role"] for item in shared if _is_for(item, person)]
    return next((role for role in roles if role in WRITING_ROLES), roles[0] if roles else "")


def _is_for(item: JsonDict, person: Account) -> bool:
    if item["type"] == "anyone":
        return True
    if item["type"] == "domain":
        return person.email.endswith(f"@{item['domain']}")
    return bool(item["emailAddress"] == person.email)


def check_access(book: Workbook, person: Account, *, writing: bool) -> None:
    """Refuse a stranger, and a reader who wants to write (recorded: the text of a 403)."""
    role = role_of(book, person)
    if not role or (writing and role not in WRITING_ROLES):
        raise ApiError(403, "The caller does not have permission")
