"""Who calls, and what protections mean for them. Who may see a file at all is in `sharing`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sheets_schema.emulator.errors import InvalidRequestError
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.workbook import Sheet, Workbook

OWNER = "owner@emulator.example"
"""The address of the owner, in lists of editors."""

_PROTECTED = (
    "You are trying to edit a protected cell or object. "
    "Please contact the spreadsheet owner to remove protection if you need to edit."
)
"""Reported several times for v4 (fact 23 of docs/internals/sheets-api-facts.md); the status is 400, not 403."""


@dataclass(frozen=True, slots=True)
class Account:
    """A caller."""

    email: str = OWNER
    is_host: bool = True
    """Whether this is whom the emulator belongs to: the owner of all that nobody in particular owns."""

    def owns(self, book: Workbook) -> bool:
        """Tell whether this is the owner, who may edit everything, always."""
        return self.is_host or self.email == book.owner

    def may_edit(self, book: Workbook, protected: Mapping[str, Any]) -> bool:
        """Whether a protected range lets this person through.

        A warning stops nobody who calls the API (inferred).
        """
        if protected.get("warningOnly") or self.owns(book):
            return True
        editors = protected.get("editors", {})
        return bool(editors.get("domainUsersCanEdit")) or self.email in editors.get("users", ())


def caller(headers: Mapping[str, str], owner: str = OWNER) -> Account:
    """Return who calls: a person, or else the `owner` of the emulator.

    A person sends `Authorization: Bearer user:ada@example.com`. Other tokens are let in as the owner because
    unmodified clients cannot be made to send none.
    """
    for name, value in headers.items():
        if name.lower() == "authorization":
            scheme, _, token = value.partition(" ")
            if scheme.lower() == "bearer" and token.strip().startswith("user:"):
                email = token.strip().removeprefix("user:").lower()
                return Account(owner, is_host=True) if email in {OWNER, owner} else Account(email, is_host=False)
    return Account(owner, is_host=True)


def protected_area(sheet: Sheet, protected: Mapping[str, Any]) -> Area | None:
    """Return the cells of a protected range as they are now; None for one without a range."""
    grid = protected.get("range")
    if grid is None:
        return None
    return Area(
        grid.get("startRowIndex", 0),
        grid.get("startColumnIndex", 0),
        min(grid.get("endRowIndex", sheet.row_count), sheet.row_count),
        min(grid.get("endColumnIndex", sheet.column_count), sheet.column_count),
    )


def covers_sheet(protected: Mapping[str, Any]) -> bool:
    """Whether the whole sheet is protected: a range that names the sheet and nothing else."""
    return not any(name.endswith("Index") for name in protected.get("range", {"noIndex": 0}))


def check(book: Workbook, sheet: Sheet, areas: Iterable[Area], person: Account) -> None:
    """Refuse a change to cells that are protected from this person."""
    if person.owns(book) or not sheet.protected:
        return
    areas = list(areas)
    for protected in sheet.protected.values():
        if person.may_edit(book, protected):
            continue
        closed = protected_area(sheet, protected)
        if closed is None:
            continue
        free = [protected_area(sheet, {"range": grid}) for grid in protected.get("unprotectedRanges", ())]
        for area in areas:
            if closed.meets(area) and not any(hole is not None and hole.holds(area) for hole in free):
                raise InvalidRequestError(_PROTECTED)


def check_sheet(book: Workbook, sheet: Sheet, person: Account) -> None:
    """Refuse a change to a sheet as a whole when it is protected as a whole.

    Its title or its existence, for example.
    """
    for protected in sheet.protected.values():
        if covers_sheet(protected) and not person.may_edit(book, protected):
            raise InvalidRequestError(_PROTECTED)


def check_protection(book: Workbook, protected: Mapping[str, Any], person: Account) -> None:
    """Refuse a change to a protection itself by somebody whom it keeps out."""
    if not person.may_edit(book, {**protected, "warningOnly": False}):
        raise InvalidRequestError(_PROTECTED)
