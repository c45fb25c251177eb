"""The emulator: takes requests, keeps the state, answers.

Both transports, adapter and server, call `handle`.
"""

from __future__ import annotations

import random
import secrets
import string
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from sheets_schema.emulator.api import admin_api, drive_files, drive_routes, routes, spreadsheet_routes, tokens
from sheets_schema.emulator.api.call import ApiCall
from sheets_schema.emulator.api.request_log import RequestLog
from sheets_schema.emulator.api.routes import Query
from sheets_schema.emulator.batch import lost_updates, serializers
from sheets_schema.emulator.errors import (
    ApiError,
    InvalidRequestError,
    StoreError,
    invalid_argument,
)
from sheets_schema.emulator.faults.fault_injection import FaultInjector
from sheets_schema.emulator.faults.fault_queue import FaultQueue, InjectedFault
from sheets_schema.emulator.faults.latency import Latency
from sheets_schema.emulator.faults.quota import QuotaLimit
from sheets_schema.emulator.messages.field_masks import answer_mask
from sheets_schema.emulator.messages.http_messages import (
    HttpAnswer,
    Request,
    error_answer,
    incoming,
    json_answer,
    stream_answer,
)
from sheets_schema.emulator.messages.streams import is_long
from sheets_schema.emulator.model.permissions import OWNER, caller
from sheets_schema.emulator.model.quirks import Quirks, with_changes
from sheets_schema.emulator.model.sharing import check_access
from sheets_schema.emulator.model.workbook import JsonDict, Workbook
from sheets_schema.emulator.storage.repository import WorkbookRepository
from sheets_schema.emulator.storage.sqlite_store import open_store

_ID_LETTERS = string.ascii_letters + string.digits + "-_"
_ID_LENGTH = 44


def random_id() -> str:
    """Return a spreadsheet id as long as Google's."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))


class Emulator:
    """A Google Sheets v4 service in this process.

    `data` is a file (SQLite, may be shared by processes) or `:memory:`. `clock` gives seconds since the epoch, `sleep`
    waits seconds; both are arguments so that tests need not wait. `new_id` makes spreadsheet ids; `seed` makes faults
    and the numbers of sheets and ranges repeatable; `owner` is the address of callers who do not say who they are: with a
    name, what they make is theirs and closed to strangers until it is shared. Thread-safe. Close it, or use it in a `with`.
    Raises `StoreError` when the file cannot be used.

    What makes it misbehave: `faults` (one by one), quirks (`set_quirks`: what Google does not document), and three modes that are
    off until set: `quota`, `latency`, and `merge_window`, the seconds between the check of a batch and its application,
    in which other batches may come in between.
    """

    def __init__(
        self,
        data: str | Path = ":memory:",
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], object] = time.sleep,
        new_id: Callable[[], str] = random_id,
        seed: int = 0,
        quirks: Quirks | None = None,
        owner: str = OWNER,
    ) -> None:
        self.owner = owner.lower()
        self.clock: Callable[[], float] = clock
        self.faults: FaultQueue = FaultQueue(seed)
        self.calls: RequestLog = RequestLog()
        self.quirks: Quirks = quirks or Quirks()
        self.quota: QuotaLimit | None = None
        self.latency: Latency | None = None
        self.merge_window: float | None = None
        self.state = WorkbookRepository(open_store(data), clock, new_id)
        self._random = random.Random(seed)  # noqa: S311 - ids that are repeatable, no secrets
        self._random_lock = threading.Lock()
        self._delivery = FaultInjector(self.carry_out, clock, sleep)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the data file."""
        self.state.close()

    def set_quirks(self, **changes: Any) -> None:
        """Change the setting of unknown behaviours.

        Raises `EmulatorError` for a quirk or a setting that does not exist.
        """
        self.quirks = with_changes(self.quirks, changes)

    def handle(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        timeout: float | None = None,
    ) -> HttpAnswer:
        """Carry out one HTTP request.

        `path` is percent-encoded, without the query. `timeout` is how many seconds the caller waits for an answer.
        Raises `NoAnswerError` when a fault says that none comes; every other outcome is an `HttpAnswer`.
        """
        request = incoming(method, path, tuple(query), headers or {}, body)
        if path.startswith("/emulator/"):
            return admin_api.handle(self, request)
        if path == "/token":
            return self._granted(request)
        self._delivery.run_due()
        kinds = _kinds(request)
        call: JsonDict = {"method": request.method, "path": unquote(path), "at": self.clock(), "status": None}
        if kinds:
            call["requests"] = sorted(kinds)
        call["route"], kind = self._route(request)
        self.calls.record(kind, call["route"], call)
        answer = self._delivered(request, call, kind, kinds, timeout)
        call["status"] = answer.status
        return answer

    @staticmethod
    def _granted(request: Request) -> HttpAnswer:
        try:
            return tokens.grant(request)
        except ApiError as error:
            return error_answer(error)

    @staticmethod
    def _route(request: Request) -> tuple[str, str]:
        try:
            route = routes.find(request.method, request.path).route
        except ApiError:
            return "unknown", "unknown"
        return route.name, route.kind

    def _delivered(
        self, request: Request, call: JsonDict, kind: str, kinds: set[str], timeout: float | None
    ) -> HttpAnswer:
        """Let a request pass quota, faults and latency, in this order.

        A refusal by the quota comes before anything is done.
        """
        if self.quota is not None:
            refused = self.quota.refuse(kind, caller(request.headers, self.owner).email, self.clock())
            if refused is not None:
                return refused
        fault = self.faults.pick(request.method, call["path"], kinds)
        if fault is not None:
            call["fault"] = fault.kind
        elif self.latency is not None:
            fault = InjectedFault("delay", seconds=self.latency.seconds(call["route"]))
        return self._delivery.through(request, fault, kind, timeout) if fault else self.carry_out(request)

    def carry_out(self, request: Request, age: float = 0.0) -> HttpAnswer:
        """Carry out a request past faults, quota and counting.

        A read on the state of `age` seconds ago. Never raises for anything that a caller can send.
        """
        try:
            return self._served(request, age)
        except ApiError as error:
            return error_answer(error)
        except InvalidRequestError as error:
            return error_answer(invalid_argument(str(error)))
        except StoreError as error:
            return error_answer(ApiError(503, f"The service is currently unavailable. ({error})"))

    def _served(self, request: Request, age: float) -> HttpAnswer:
        found = routes.find(request.method, request.path)
        query = Query(found.route, list(request.query))
        mask = answer_mask(query.text("fields"), spreadsheet_routes.ANSWERS.get(found.route.name))
        call = ApiCall(
            found,
            query,
            request.json(),
            mask,
            caller(request.headers, self.owner),
            self.quirks,
            self._number,
            self.clock(),
        )
        if found.route.kind == "drive":
            return drive_routes.answer(call, self.state, self._create)
        answer = mask.keep(self._sheets(call, age))
        if found.route.name in spreadsheet_routes.MAY_BE_LONG and is_long(answer):
            return stream_answer(answer)
        return json_answer(answer)

    def _number(self) -> int:
        with self._random_lock:
            return self._random.randrange(1, 2**31)

    def _sheets(self, call: ApiCall, age: float) -> JsonDict:
        name, spreadsheet_id = call.found.route.name, call.found.spreadsheet_id
        if name == "spreadsheets.create":
            return self._create(call, lambda book: spreadsheet_routes.create(call, book))
        if name in spreadsheet_routes.READS:
            return spreadsheet_routes.READS[name](call, _open(call, self.state.snapshot(spreadsheet_id, age=age)))
        if name == "spreadsheets.batchUpdate" and self.merge_window is not None:
            return self._merged(call, self.merge_window)
        if name in spreadsheet_routes.WRITES:
            work = spreadsheet_routes.WRITES[name]
            return self.state.change(spreadsheet_id, lambda book: work(call, _open(call, book, writing=True)))
        source = _open(call, self.state.snapshot(spreadsheet_id))
        target = spreadsheet_routes.copy_target(call)
        return self.state.change(
            target, lambda book: spreadsheet_routes.copy_to(call, source, _open(call, book, writing=True))
        )

    def _merged(self, call: ApiCall, window: float) -> JsonDict:
        """Check a batch now and apply it `window` seconds later, whatever has happened meanwhile."""
        base = _open(call, self.state.snapshot(call.found.spreadsheet_id), writing=True)
        draft = base.fork()
        context = call.context(draft)
        answer, requests = spreadsheet_routes.apply_batch(call, context)
        self._delivery.wait(window)
        self.state.merge(base, draft, lambda book: lost_updates.replay(call.context(book), requests, context.appended))
        return answer

    def _create(self, call: ApiCall, fill: Callable[[Workbook], JsonDict]) -> JsonDict:
        def make(spreadsheet_id: str, now: float) -> Workbook:
            properties = serializers.new_properties("Untitled spreadsheet")
            return Workbook(spreadsheet_id, call.person.email, properties, created=now)

        return self.state.create(make, fill)


def _open(call: ApiCall, book: Workbook, *, writing: bool = False) -> Workbook:
    """Return a spreadsheet that the caller may read, or write."""
    check_access(book, call.person, writing=writing)
    if drive_files.is_folder(book):
        raise ApiError(400, "This operation is not supported for this document", status="FAILED_PRECONDITION")
    return book


def _kinds(request: Request) -> set[str]:
    """Return the kinds of request inside a batch, as far as they can be read."""
    if not request.path.endswith(":batchUpdate") or not request.body:
        return set()
    try:
        requests: Any = request.json().get("requests", [])
        return {kind for item in requests for kind in item}
    except (ApiError, AttributeError, TypeError):
        return set()
