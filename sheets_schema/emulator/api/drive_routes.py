"""Which route of Drive does what, and who may."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from sheets_schema.emulator.api import drive_files, drive_permissions
from sheets_schema.emulator.api.call import ApiCall, RouteHandler
from sheets_schema.emulator.errors import ApiError
from sheets_schema.emulator.messages.http_messages import HttpAnswer, json_answer
from sheets_schema.emulator.model.sharing import check_access, role_of
from sheets_schema.emulator.model.workbook import JsonDict, Workbook
from sheets_schema.emulator.storage.repository import WorkbookRepository, rebuilt

_READS: dict[str, RouteHandler] = {
    "drive.files.get": lambda call, book: drive_files.shown(drive_files.file_of(book, call.person), call),
    "drive.permissions.list": drive_permissions.listed,
    "drive.permissions.get": drive_permissions.got,
    "drive.comments.list": drive_permissions.comments,
}
_WRITES: dict[str, RouteHandler] = {
    "drive.files.update": lambda call, book: drive_files.shown(drive_files.update(call, book), call),
    "drive.permissions.create": drive_permissions.created,
    "drive.permissions.update": drive_permissions.updated,
    "drive.permissions.delete": drive_permissions.deleted,
}


_COPIES = frozenset({"drive.files.export", "drive.files.copy"})


class _Create(Protocol):
    """Makes a file of the caller's, and fills it."""

    def __call__(self, call: ApiCall, fill: Callable[[Workbook], JsonDict]) -> JsonDict: ...


def answer(call: ApiCall, state: WorkbookRepository, create: _Create) -> HttpAnswer:
    """Answer a call of Drive. What a caller may not see is not found (documented)."""
    name, file_id = call.found.route.name, call.found.spreadsheet_id
    if name == "drive.files.list":
        return json_answer(drive_files.listed(state.books(), call))
    if name == "drive.files.create":
        for parent in drive_files.file_body(call.body).get("parents", ()):
            _check_parent(state, call, parent)
        return json_answer(drive_files.shown(create(call, lambda book: drive_files.first_content(call, book)), call))
    known = state.find(file_id)
    if known is None or not role_of(known, call.person):
        raise drive_files.missing(file_id)
    if name in _READS:
        return json_answer(_READS[name](call, known))
    if name in _COPIES:
        if drive_files.is_folder(known):
            raise ApiError(403, "This file cannot be copied or exported: it is a folder.")
        return _copied(call, known, create)
    check_access(known, call.person, writing=True)
    return _changed(call, state, known)


def _copied(call: ApiCall, known: Workbook, create: _Create) -> HttpAnswer:
    if call.found.route.name == "drive.files.export":
        return drive_files.exported(known, call.query.text("mimeType"))
    source = rebuilt(known)
    return json_answer(
        drive_files.shown(create(call, lambda book: drive_files.copied_content(call, source, book)), call)
    )


def _changed(call: ApiCall, state: WorkbookRepository, known: Workbook) -> HttpAnswer:
    name = call.found.route.name
    if name == "drive.files.delete":
        if not call.person.owns(known):
            raise ApiError(403, "The user does not have sufficient permissions for this file.")
        for book in list(_with_content(state, known)):
            state.delete(book.spreadsheet_id)
        return HttpAnswer(204, {}, b"")
    if call.query.text("addParents"):
        _check_parent(state, call, call.query.text("addParents"))
    changed = state.change(known.spreadsheet_id, lambda book: _WRITES[name](call, book))
    return HttpAnswer(204, {}, b"") if name == "drive.permissions.delete" else json_answer(changed)


def _check_parent(state: WorkbookRepository, call: ApiCall, parent: object) -> None:
    folder = None if parent == drive_files.ROOT else state.find(str(parent))
    if parent != drive_files.ROOT and (
        folder is None or not role_of(folder, call.person) or not drive_files.is_folder(folder)
    ):
        raise drive_files.missing(str(parent))


def _with_content(state: WorkbookRepository, book: Workbook) -> Iterator[Workbook]:
    """Yield a file, and all that lies in it.

    Documented: deleting a folder deletes its descendants.
    """
    yield book
    if drive_files.is_folder(book):
        for other in state.books():
            if book.spreadsheet_id in other.file.get("parents", ()):
                yield from _with_content(state, other)
