"""The files of Drive v3: spreadsheets and folders, and what is done to them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sheets_schema.emulator.api import drive_search, spreadsheet_routes
from sheets_schema.emulator.api.call import ApiCall
from sheets_schema.emulator.api.values import Rendering, value_range
from sheets_schema.emulator.errors import ApiError, invalid_argument, unsupported
from sheets_schema.emulator.messages.field_masks import Mask
from sheets_schema.emulator.messages.http_messages import HttpAnswer
from sheets_schema.emulator.model.permissions import Account
from sheets_schema.emulator.model.sharing import WRITING_ROLES, permissions_of, role_of
from sheets_schema.emulator.model.workbook import JsonDict, Workbook

SPREADSHEET = "application/vnd.google-apps.spreadsheet"
FOLDER = "application/vnd.google-apps.folder"
ROOT = "root"
"""The id of everybody's top folder; Google gives each account one of its own, which this word stands for there, too."""

_DEFAULT_FIELDS = Mask({name: Mask.everything() for name in ("kind", "id", "name", "mimeType")})
_DEFAULT_LIST = Mask(
    {name: Mask.everything() for name in ("kind", "incompleteSearch", "nextPageToken")} | {"files": _DEFAULT_FIELDS}
)
_FIELDS = frozenset(
    {"kind", "id", "name", "mimeType", "createdTime", "modifiedTime", "version", "trashed", "owners", "webViewLink"}
    | {"parents", "capabilities", "description", "starred", "shared", "ownedByMe", "permissions", "permissionIds"}
)
_WRITABLE = frozenset({"name", "mimeType", "parents", "description", "starred", "trashed"})


def file_of(book: Workbook, person: Account) -> JsonDict:
    """Return a file's metadata.

    Version and times move with every write here; Google lags by minutes (observed).
    """
    folder = is_folder(book)
    where = f"drive/folders/{book.spreadsheet_id}" if folder else f"spreadsheets/d/{book.spreadsheet_id}/edit"
    shared = permissions_of(book)
    role = role_of(book, person)
    return {
        "kind": "drive#file",
        "id": book.spreadsheet_id,
        "name": book.properties["title"],
        "mimeType": FOLDER if folder else SPREADSHEET,
        "parents": book.file.get("parents", [ROOT]),
        "description": book.file.get("description", ""),
        "starred": book.file.get("starred", False),
        "createdTime": _time(book.created),
        "modifiedTime": _time(book.modified),
        "version": str(book.version),
        "trashed": book.file.get("trashed", False),
        "owners": [{"kind": "drive#user", "emailAddress": book.owner}],
        "ownedByMe": person.owns(book),
        "shared": len(shared) > 1,
        "permissions": shared,
        "permissionIds": [item["id"] for item in shared],
        "capabilities": {"canEdit": role in WRITING_ROLES, "canShare": role in WRITING_ROLES},
        "webViewLink": f"https://{'' if folder else 'docs.'}google.com/{where}",
    }


def is_folder(book: Workbook) -> bool:
    """Whether this is a folder and no spreadsheet."""
    return bool(book.file.get("mimeType") == FOLDER)


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def shown(answer: JsonDict, call: ApiCall) -> JsonDict:
    """Return a file with the fields asked for.

    Documented: without a mask only kind, id, name and type.
    """
    mask = call.mask if call.query.text("fields") else _DEFAULT_FIELDS
    _check(mask)
    kept: JsonDict = mask.keep(answer)
    return kept


def _check(mask: Mask) -> None:
    for name in mask.names():
        if name not in _FIELDS and name != "*":
            raise invalid_argument(f"Invalid field selection {name}")


def first_content(call: ApiCall, book: Workbook) -> JsonDict:
    """Fill a new file: a spreadsheet gets its one sheet, a folder nothing; the file."""
    body = file_body(call.body)
    if body.get("mimeType", SPREADSHEET) == SPREADSHEET:
        title = {"properties": {"title": body.get("name") or "Untitled"}}
        spreadsheet_routes.create(replace(call, body=title, mask=Mask.everything()), book)
    else:
        book.properties = {**book.properties, "title": body.get("name") or "Untitled"}
    _describe(book, body)
    return file_of(book, call.person)


def copied_content(call: ApiCall, source: Workbook, book: Workbook) -> JsonDict:
    """Fill a new spreadsheet from another.

    The ids of sheets and named ranges stay (assumed: fact 14).
    """
    body = file_body(call.body)
    title = body.get("name") or f"Copy of {source.properties['title']}"
    book.properties = {**source.properties, "title": title}
    for sheet in source.sheets:
        book.add(sheet)
    book.named_ranges, book.metadata = source.named_ranges, source.metadata
    _describe(book, {"parents": source.file.get("parents", [ROOT]), **body})
    return file_of(book, call.person)


def update(call: ApiCall, book: Workbook) -> JsonDict:
    """`files.update`: name, description, star, bin.

    Parents by `addParents` and `removeParents` (documented).
    """
    body = file_body(call.body)
    if "parents" in body:
        raise ApiError(403, "The parents field is not directly writable in update requests. Use the addParents and removeParents parameters instead.")  # fmt: skip
    if body.get("name"):
        book.properties = {**book.properties, "title": body["name"]}
    _describe(book, {name: value for name, value in body.items() if name != "mimeType"})
    gone = set(_ids(call.query.text("removeParents")))
    kept = [parent for parent in book.file.get("parents", [ROOT]) if parent not in gone]
    added = [parent for parent in _ids(call.query.text("addParents")) if parent not in kept]
    if gone or added:
        # Documented: a file has exactly one parent.
        book.file["parents"] = (added or kept or [ROOT])[-1:]
    return file_of(book, call.person)


def _ids(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _describe(book: Workbook, body: JsonDict) -> None:
    book.file.update({name: value for name, value in body.items() if name != "name"})


def exported(book: Workbook, mime_type: str) -> HttpAnswer:
    """`files.export` as CSV or TSV.

    Documented: the first sheet only, as it is shown; no line end after the last line.
    """
    if mime_type not in {"text/csv", "text/tab-separated-values"}:
        raise unsupported(f"export as {mime_type!r}, only text/csv and text/tab-separated-values")
    first = next(sheet for sheet in book.sheets if sheet.is_grid)
    found = value_range(book, first, first.area, "ROWS", Rendering()).get("values", [])
    width = max(map(len, found), default=0)
    lines = [[*line, *[""] * (width - len(line))] for line in found]
    if mime_type == "text/csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerows(lines)
        content = text.getvalue().removesuffix("\r\n")
    else:
        content = "\r\n".join(
            "\t".join(" ".join(cell.split("\t")).replace("\n", " ") for cell in line) for line in lines
        )
    return HttpAnswer(200, {"Content-Type": f"{mime_type}; charset=utf-8"}, content.encode("utf-8"))


def listed(books: list[Workbook], call: ApiCall) -> JsonDict:
    """`files.list`: what the caller may see, by search, in order, in pages."""
    size, token = call.query.text("pageSize"), call.query.text("pageToken")
    test = drive_search.search(call.query.text("q"))
    visible = [book for book in books if role_of(book, call.person)]
    files = [file for book in visible if test({**(file := file_of(book, call.person)), **_people(book, call.person)})]
    files = drive_search.ordered(files, call.query.text("orderBy"))
    start = int(token) if token.isdigit() else 0
    count = int(size) if size.isdigit() and int(size) else 100
    answer: JsonDict = {"kind": "drive#fileList", "incompleteSearch": False}
    if start + count < len(files):
        answer["nextPageToken"] = str(start + count)
    answer["files"] = files[start : start + count]
    mask = call.mask if call.query.text("fields") else _DEFAULT_LIST
    _check(mask.below("files") or Mask.everything())
    kept: JsonDict = mask.keep(answer)
    return kept


def _people(book: Workbook, person: Account) -> JsonDict:
    """Return what searches ask of a file and answers do not show in this form."""
    shared = permissions_of(book)
    writers = [item.get("emailAddress", "") for item in shared if item["role"] in WRITING_ROLES]
    return {
        "owners": [book.owner],
        "writers": writers,
        "readers": [item.get("emailAddress", "") for item in shared],
        "sharedWithMe": not person.owns(book),
    }


def file_body(body: Any) -> JsonDict:
    """Return the fields of a file that is made or changed, checked."""
    if not isinstance(body, dict):
        raise invalid_argument("Invalid JSON payload received.")
    given = {name: value for name, value in body.items() if value is not None}
    unknown = set(given) - _WRITABLE
    if unknown:
        raise unsupported(f"the Drive file field '{min(unknown)}'")
    if given.get("mimeType", SPREADSHEET) not in {SPREADSHEET, FOLDER}:
        raise unsupported(f"files of type {given['mimeType']!r}")
    kinds: dict[str, type] = {"parents": list, "starred": bool, "trashed": bool}
    for name, value in given.items():
        if not isinstance(value, kinds.get(name, str)):
            raise invalid_argument(f"Invalid value for: {name}")
    if len(given.get("parents", ())) > 1:
        raise ApiError(403, "A file cannot have more than one parent.")
    return given


def missing(file_id: str) -> ApiError:
    """Drive's own 404."""
    return ApiError(404, f"File not found: {file_id}.")
