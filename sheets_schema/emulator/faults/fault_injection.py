"""How a request with a fault travels: what is executed, when, and who gets an answer.

Time does not pass here by itself: waiting is the emulator's `sleep`, and what comes late waits in a queue that every
later request looks at first. Nobody can tell that from a request that really was under way.
"""

from __future__ import annotations

import heapq
import itertools
import json
import re
import threading
from collections.abc import Callable

from sheets_schema.emulator.errors import AnswerTooLateError, ApiError, ConnectionLostError
from sheets_schema.emulator.faults import quota
from sheets_schema.emulator.faults.fault_queue import ELSE, ERRORS, InjectedFault
from sheets_schema.emulator.messages.http_messages import HttpAnswer, Request, error_answer, html_answer, json_answer

_HANG_SECONDS = 180.0
"""Google gives up on a request after so long (documented)."""
_TEXTS = {500: "Internal error encountered.", 502: "Bad Gateway", 503: "The service is currently unavailable."}
_REASONS = {500: "Server Error", 502: "Bad Gateway", 503: "Service Unavailable"}
_BAD_GATEWAY = 502
_SPREADSHEET = re.compile("/v4/spreadsheets/[^/:]+")

CarryOut = Callable[[Request, float], HttpAnswer]
"""Carries a request out; for a read, on the state of so many seconds ago."""


class FaultInjector:
    """Carries requests through faults. `sleep` waits seconds, `clock` gives them."""

    def __init__(self, carry_out: CarryOut, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._carry_out = carry_out
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._late: list[tuple[float, int, Request]] = []
        self._order = itertools.count()

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        if seconds > 0:
            self._sleep(seconds)

    def run_due(self) -> None:
        """Carry out what was postponed and whose time has come, oldest first."""
        while True:
            with self._lock:
                if not self._late or self._late[0][0] > self._clock():
                    return
                request = heapq.heappop(self._late)[2]
            self._carry_out(request, 0.0)

    def through(self, request: Request, fault: InjectedFault, kind: str, timeout: float | None) -> HttpAnswer:
        """Carry a request out under a fault.

        `kind` is its quota, `timeout` how long the caller waits.

        Raises `NoAnswerError` when the caller gets none.
        """
        if fault.kind in ERRORS | ELSE:
            if fault.kind.endswith("_after"):
                self._carry_out(request, 0.0)
            return _error(fault.kind) if fault.kind in ERRORS else _something_else(fault)
        if fault.kind == "refuse_429":
            return quota.refusal(kind)
        if fault.kind in {"reset_before", "reset_after"}:
            if fault.kind == "reset_after":
                self._carry_out(request, 0.0)
            raise ConnectionLostError
        if fault.kind == "person_edits":
            self._let_a_person_edit(request, fault)
        if fault.kind in {"delay", "late_commit", "hang"}:
            return self._delay_before(request, fault, timeout)
        if fault.kind == "stale_read":
            return self._carry_out(request, fault.seconds)
        if fault.kind == "duplicate_delivery":
            self._carry_out(request, 0.0)
        return self._delay_after(self._carry_out(request, 0.0), fault, timeout)

    def _let_a_person_edit(self, request: Request, fault: InjectedFault) -> None:
        if fault.action is not None:
            fault.action()
        found = _SPREADSHEET.match(request.path)
        if fault.edits and found:
            body = json.dumps({"requests": fault.edits}).encode()
            self._carry_out(Request("POST", f"{found.group()}:batchUpdate", body=body), 0.0)

    def _delay_after(self, answer: HttpAnswer, fault: InjectedFault, timeout: float | None) -> HttpAnswer:
        if fault.kind == "lost_answer":
            self.wait(timeout or 0.0)
            raise AnswerTooLateError
        if fault.kind == "delay_answer":
            self._delay(fault.seconds, timeout)
        return answer

    def _delay(self, seconds: float, timeout: float | None) -> None:
        """Wait; a caller with less patience is gone by then."""
        if timeout is not None and seconds >= timeout:
            self.wait(timeout)
            raise AnswerTooLateError
        self.wait(seconds)

    def _delay_before(self, request: Request, fault: InjectedFault, timeout: float | None) -> HttpAnswer:
        if fault.kind == "hang":
            self.wait(_HANG_SECONDS if timeout is None else timeout)
            raise AnswerTooLateError
        too_long = timeout is not None and fault.seconds >= timeout
        if fault.kind == "late_commit" or too_long:
            # The caller goes away; the request is still on its way.
            with self._lock:
                heapq.heappush(self._late, (self._clock() + fault.seconds, next(self._order), request))
            self.wait(min(timeout or 0.0, fault.seconds))
            raise AnswerTooLateError
        self.wait(fault.seconds)
        return self._carry_out(request, 0.0)


def _something_else(fault: InjectedFault) -> HttpAnswer:
    answer = json_answer(fault.body, fault.status)
    return answer._replace(headers={**answer.headers, **fault.headers})


def _error(kind: str) -> HttpAnswer:
    status = int(kind.split("_")[1])
    if "_html" in kind:
        return html_answer(status, _REASONS[status])
    if status == _BAD_GATEWAY:
        # A gateway's answer has no canonical status of Google's own.
        return json_answer({"error": {"code": status, "message": _TEXTS[status], "status": "UNAVAILABLE"}}, status)
    return error_answer(ApiError(status, _TEXTS[status]))
