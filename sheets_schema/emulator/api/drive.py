"""The little of Drive v3 that spreadsheet clients use: list, create, get, copy and delete files."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sheets_schema.emulator.api import service
from sheets_schema.emulator.api.call import ApiCall
from sheets_schema.emulator.api.values import Rendering, value_range
from sheets_schema.emulator.errors import ApiError, invalid_argument, unsupported
from sheets_schema.emulator.messages.http import HttpAnswer
from sheets_schema.emulator.messages.masks import Mask
from sheets_schema.emulator.model.workbook import JsonDict, Workbook

MIME_TYPE = "application/vnd.google-apps.spreadsheet"
_TERM = re.compile(
    r"""\s*(?:(name|mimeType|trashed)\s*(=|!=|contains)\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(true|false)))\s*"""
)
_DEFAULT_FIELDS = Mask({name: Mask.everything() for name in ("kind", "id", "name", "mimeType")})
_DEFAULT_LIST = Mask(
    {name: Mask.everything() for name in ("kind", "incompleteSearch", "nextPageToken")} | {"files": _DEFAULT_FIELDS}
)
_AND = re.compile(r"and\s+")
_FIELDS = frozenset(
    {"kind", "id", "name", "mimeType", "createdTime", "modifiedTime", "version", "trashed", "owners", "webViewLink"}
    | {"parents", "capabilities"}
)


def file_of(book: Workbook) -> JsonDict:
    """Return a file's metadata. Version and times move with every write here; Google lags by minutes (observed)."""
    return {
        "kind": "drive#file",
        "id": book.spreadsheet_id,
        "name": book.properties["title"],
        "mimeType": MIME_TYPE,
        "createdTime": _time(book.created),
        "modifiedTime": _time(book.modified),
        "version": str(book.version),
        "trashed": False,
        "owners": [{"kind": "drive#user", "emailAddress": book.owner}],
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{book.spreadsheet_id}/edit",
    }


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def shown(answer: JsonDict, call: ApiCall) -> JsonDict:
    """Return a file with the fields asked for. Documented: without a mask only kind, id, name and type."""
    mask = call.mask if call.query.text("fields") else _DEFAULT_FIELDS
    _check(mask)
    kept: JsonDict = mask.keep(answer)
    return kept


def _check(mask: Mask) -> None:
    for name in mask.names():
        if name not in _FIELDS and name != "*":
            raise invalid_argument(f"Invalid field selection {name}")


def first_content(call: ApiCall, book: Workbook, title: str) -> JsonDict:
    """Fill a new spreadsheet with its one sheet; the file."""
    service.create(replace(call, body={"properties": {"title": title}}, mask=Mask.everything()), book)
    return file_of(book)


def copied_content(call: ApiCall, source: Workbook, book: Workbook) -> JsonDict:
    """Fill a new spreadsheet from another. The ids of sheets and named ranges stay (assumed: fact 14)."""
    named = isinstance(call.body, dict) and call.body.get("name")
    title = new_title(call.body) if named else f"Copy of {source.properties['title']}"
    book.properties = {**source.properties, "title": title}
    for sheet in source.sheets:
        book.add(sheet)
    book.named_ranges, book.metadata = source.named_ranges, source.metadata
    return file_of(book)


def exported(book: Workbook, mime_type: str) -> HttpAnswer:
    """`files.export` as CSV. Documented: the first sheet only, as it is shown."""
    if mime_type != "text/csv":
        raise unsupported(f"export as {mime_type!r}, only text/csv")
    first = book.sheets[0]
    lines = value_range(book, first, first.area, "ROWS", Rendering()).get("values", [])
    width = max(map(len, lines), default=0)
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([*line, *[""] * (width - len(line))] for line in lines)
    return HttpAnswer(200, {"Content-Type": "text/csv; charset=utf-8"}, text.getvalue().encode("utf-8"))


def listed(books: list[Workbook], call: ApiCall) -> JsonDict:
    """`files.list`. The search terms that clients send are understood, others refused by name."""
    size, token = call.query.text("pageSize"), call.query.text("pageToken")
    terms = _terms(call.query.text("q"))
    matching = [book for book in books if all(_holds(book, term) for term in terms)]
    start = int(token) if token.isdigit() else 0
    count = int(size) if size.isdigit() and int(size) else 100
    answer: JsonDict = {"kind": "drive#fileList", "incompleteSearch": False}
    if start + count < len(matching):
        answer["nextPageToken"] = str(start + count)
    answer["files"] = [file_of(book) for book in matching[start : start + count]]
    mask = call.mask if call.query.text("fields") else _DEFAULT_LIST
    _check(mask.below("files") or Mask.everything())
    kept: JsonDict = mask.keep(answer)
    return kept


class _Term(NamedTuple):
    """One comparison of a search."""

    name: str
    operator: str
    wanted: str | bool


def _terms(query: str) -> list[_Term]:
    """Return a search as comparisons that must all hold."""
    terms: list[_Term] = []
    position = 0
    while position < len(query):
        match = _TERM.match(query, position)
        if match is None:
            raise unsupported(f"the Drive search {query[:200]!r}")
        name, operator, double, single, flag = match.groups()
        wanted = flag == "true" if flag else _unescaped(double if double is not None else single)
        terms.append(_Term(name, operator, wanted))
        position = match.end()
        if position < len(query):
            joint = _AND.match(query, position)
            if joint is None:
                raise unsupported(f"the Drive search {query[:200]!r}")
            position = joint.end()
    return terms


def _holds(book: Workbook, term: _Term) -> bool:
    actual = {"name": book.properties["title"], "mimeType": MIME_TYPE, "trashed": False}[term.name]
    if term.operator == "contains":
        return str(term.wanted).casefold() in str(actual).casefold()
    return bool(term.wanted == actual) == (term.operator == "=")


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def new_title(body: Any) -> str:
    """Return the title of a file to create; only spreadsheets without folders are served."""
    if not isinstance(body, dict):
        raise invalid_argument("Invalid JSON payload received.")
    unknown = set(body) - {"name", "mimeType"}
    if unknown:
        raise unsupported(f"the Drive file field '{min(unknown)}'")
    if body.get("mimeType", MIME_TYPE) != MIME_TYPE:
        raise unsupported(f"files of type {body['mimeType']!r}")
    name = body.get("name")
    if name is not None and not isinstance(name, str):
        raise invalid_argument("Invalid value for: name")
    return name or "Untitled"


def missing(file_id: str) -> ApiError:
    """Drive's own 404."""
    return ApiError(404, f"File not found: {file_id}.")
