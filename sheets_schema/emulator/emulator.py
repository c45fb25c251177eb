"""The emulator: takes requests, keeps the state, answers. Both doors, adapter and server, call `handle`."""

from __future__ import annotations

import random
import secrets
import string
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from sheets_schema.emulator import controls, drive, routes, service, views
from sheets_schema.emulator.calls import Calls
from sheets_schema.emulator.delivery import Delivery
from sheets_schema.emulator.errors import (
    ApiError,
    InvalidRequestError,
    invalid_argument,
    not_found,
)
from sheets_schema.emulator.faults import Faults
from sheets_schema.emulator.http import Answer, Request, error_answer, json_answer
from sheets_schema.emulator.masks import Mask
from sheets_schema.emulator.masks import parse as parse_mask
from sheets_schema.emulator.people import Person, caller
from sheets_schema.emulator.routes import Found, Query
from sheets_schema.emulator.service import Call, Work
from sheets_schema.emulator.shapes import checked_mask
from sheets_schema.emulator.store import open_store
from sheets_schema.emulator.switches import Switches, with_changes
from sheets_schema.emulator.workbook import JsonDict, Workbook

_ID_LETTERS = string.ascii_letters + string.digits + "-_"
_ID_LENGTH = 44
_VERSIONS_KEPT = 256
"""For stale reads; versions share what they have in common."""


def random_id() -> str:
    """A spreadsheet id as long as Google's."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))


class Emulator:
    """A Google Sheets v4 service in this process.

    `data` is a file (SQLite, may be shared by processes) or `:memory:`. `clock` gives seconds since the epoch, `sleep`
    waits seconds; both are arguments so that tests need not wait. `new_id` makes spreadsheet ids; `seed` makes faults
    and the numbers of sheets and ranges repeatable. Thread-safe. Close it, or use it in a `with`.
    Raises `StoreError` when the file cannot be used.
    """

    def __init__(
        self,
        data: str | Path = ":memory:",
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
        new_id: Callable[[], str] = random_id,
        seed: int = 0,
        switches: Switches | None = None,
    ) -> None:
        self.clock = clock
        self.faults = Faults(seed)
        self.calls = Calls()
        self.switches = switches or Switches()
        self._new_id = new_id
        self._random = random.Random(seed)  # noqa: S311 - ids that are repeatable, no secrets
        self._lock = threading.RLock()
        self._store = open_store(data)
        self._delivery = Delivery(self._answer, clock, sleep)
        self._history: dict[str, deque[tuple[float, Workbook]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the data file."""
        with self._lock:
            self._store.close()

    def switch(self, **changes: Any) -> None:
        """Change the setting of unknown behaviours. Raises `EmulatorError` for a switch or a setting that does not exist."""
        self.switches = with_changes(self.switches, changes)

    def handle(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        timeout: float | None = None,
    ) -> Answer:
        """Carry out one HTTP request.

        `path` is percent-encoded, without the query. `timeout` is how many seconds the caller waits for an answer.
        Raises `NoAnswerError` when a fault says that none comes; every other outcome is an `Answer`.
        """
        request = Request(method.upper(), path, tuple(query), headers or {}, body)
        if path.startswith("/emulator/"):
            return controls.handle(self, request)
        self._delivery.run_due()
        return self._with_faults(request, timeout)

    def _with_faults(self, request: Request, timeout: float | None) -> Answer:
        path = unquote(request.path)
        kinds = _kinds(request)
        fault = self.faults.pick(request.method, path, kinds)
        call: JsonDict = {"method": request.method, "path": path, "at": self.clock()}
        if kinds:
            call["requests"] = sorted(kinds)
        if fault is not None:
            call["fault"] = fault.kind
        try:
            route, kind = self._route(request)
            call["route"] = route
            self.calls.record(kind, route, call)
            answer = self._delivery.through(request, fault, kind, timeout) if fault else self._answer(request)
        except BaseException:
            call["status"] = None
            raise
        call["status"] = answer.status
        return answer

    @staticmethod
    def _route(request: Request) -> tuple[str, str]:
        try:
            route = routes.find(request.method, request.path).route
        except ApiError:
            return "unknown", "unknown"
        return route.name, route.kind

    def _answer(self, request: Request, age: float = 0.0) -> Answer:
        """Carry out a request without any fault; never raises for what a caller can send."""
        try:
            return self._served(request, age)
        except ApiError as error:
            return error_answer(error)
        except InvalidRequestError as error:
            return error_answer(invalid_argument(str(error)))

    def _served(self, request: Request, age: float) -> Answer:
        found = routes.find(request.method, request.path)
        query = Query(found.route, list(request.query))
        mask = _mask(query, service.ANSWERS.get(found.route.name))
        call = Call(found, query, request.json(), mask, caller(request.headers), self.switches, self._number)
        if found.route.kind == "drive":
            return self._drive(call)
        name = found.route.name
        if name in service.READS:
            result = service.READS[name](call, self.snapshot(found.spreadsheet_id, age=age))
        elif name in service.WRITES:
            result = self.change(found.spreadsheet_id, lambda book: service.WRITES[name](call, book))
        elif name == "spreadsheets.create":
            result = self._create(call.person, "Untitled spreadsheet", lambda book: service.create(call, book))
        else:
            result = self._copy_to(call)
        return json_answer(mask.keep(result))

    def _number(self) -> int:
        with self._lock:
            return self._random.randrange(1, 2**31)

    def snapshot(self, spreadsheet_id: str, *, age: float = 0.0) -> Workbook:
        """The newest state of a spreadsheet, or the one of `age` seconds ago; never changed afterwards. Raises `ApiError` 404."""
        with self._lock:
            book = self._store.load(spreadsheet_id)
            if book is None:
                raise not_found()
            if age <= 0:
                return book
            earlier = [old for at, old in self._history.get(spreadsheet_id, ()) if at <= self.clock() - age]
            known = self._history.get(spreadsheet_id)
        return earlier[-1] if earlier else known[0][1] if known else book

    def change(self, spreadsheet_id: str, work: Callable[[Workbook], JsonDict]) -> JsonDict:
        """Run `work` on a private copy and publish that, or nothing when it raises."""
        with self._lock, self._store.writing():
            book = self._store.load(spreadsheet_id)
            if book is None:
                raise not_found()
            draft = book.fork()
            result = work(draft)
            draft.modified = self.clock()
            self._store.save(draft)
            self._remember(draft)
        return result

    def _remember(self, book: Workbook) -> None:
        kept = self._history.setdefault(book.spreadsheet_id, deque(maxlen=_VERSIONS_KEPT))
        kept.append((self.clock(), book))

    def _create(self, person: Person, title: str, work: Callable[[Workbook], JsonDict]) -> JsonDict:
        now = self.clock()
        with self._lock, self._store.writing():
            spreadsheet_id = self._new_id()
            while self._store.load(spreadsheet_id) is not None:
                spreadsheet_id = self._new_id()
            book = Workbook(spreadsheet_id, person.email, views.new_properties(title), created=now, modified=now)
            result = work(book)
            self._store.save(book)
            self._remember(book)
        return result

    def _copy_to(self, call: Call) -> JsonDict:
        target = call.body.get("destinationSpreadsheetId") if isinstance(call.body, dict) else None
        if not isinstance(target, str):
            raise invalid_argument("destinationSpreadsheetId must be set.")
        source = self.snapshot(call.found.spreadsheet_id)
        return self.change(target, lambda book: service.copy_to(call, source, book))

    def _drive(self, call: Call) -> Answer:
        found: Found = call.found
        name = found.route.name
        if name == "drive.files.list":
            with self._lock:
                books = [book for key in self._store.ids() if (book := self._store.load(key))]
            size, token = call.query.text("pageSize"), call.query.text("pageToken")
            return json_answer(drive.listed(books, call.query.text("q"), size, token, call.mask))
        if name == "drive.files.create":
            first = {"properties": {"title": drive.new_title(call.body)}}
            made = self._create(call.person, first["properties"]["title"], lambda book: _filled(call, book, first))
            return json_answer(drive.shown(made, call.mask))
        with self._lock:
            known = self._store.load(found.spreadsheet_id)
        if known is None:
            raise drive.missing(found.spreadsheet_id)
        if name == "drive.files.get":
            return json_answer(drive.shown(drive.file_of(known), call.mask))
        if name == "drive.files.copy":
            made = self._create(call.person, "", lambda book: _copied(call, known, book))
            return json_answer(drive.shown(made, call.mask))
        with self._lock, self._store.writing():
            self._store.delete(found.spreadsheet_id)
        return Answer(204, {}, b"")


def _filled(call: Call, book: Workbook, body: JsonDict) -> JsonDict:
    create: Work = service.create
    create(_with_body(call, body), book)
    return drive.file_of(book)


def _with_body(call: Call, body: JsonDict) -> Call:
    return Call(call.found, call.query, body, Mask.everything(), call.person, call.switches, call.number)


def _copied(call: Call, source: Workbook, book: Workbook) -> JsonDict:
    """A copy of a whole spreadsheet keeps ids of sheets and named ranges (inferred: sheets-api §3)."""
    twin = source.fork()
    title = (
        drive.new_title(call.body) if call.body and call.body.get("name") else f"Copy of {source.properties['title']}"
    )
    book.properties = {**twin.properties, "title": title}
    for sheet in twin.sheets:
        copy = sheet.fork()
        copy.rows = type(copy.rows)()
        copy.rows.extend(sheet.rows.between(0, len(sheet.rows)))
        book.add(copy)
    book.named_ranges, book.metadata = twin.named_ranges, twin.metadata
    return drive.file_of(book)


def _kinds(request: Request) -> set[str]:
    """The kinds of request inside a batch, as far as they can be read."""
    if not request.path.endswith(":batchUpdate") or not request.body:
        return set()
    try:
        requests: Any = request.json().get("requests", [])
        return {kind for item in requests for kind in item}
    except (ApiError, AttributeError, TypeError):
        return set()


def _mask(query: Query, message: str | None) -> Mask:
    """The `fields` of the URL, checked against the answer's message (recorded: the texts of a wrong one)."""
    text = query.text("fields")
    if not text:
        return Mask.everything()
    mask = parse_mask(text)
    wrong = [] if mask is None or message is None else checked_mask(message, mask)
    if mask is None or wrong:
        path = wrong[0] if wrong else text
        text = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
        raise invalid_argument("Request contains an invalid argument.", violations=[(path, text)])
    return mask
