"""Calls to the Sheets API, each with a deadline; failures by what they prove.

A read is repeated within its deadline; a write is sent once, and its outcome says whether it was applied, was not, or nobody
knows. The session is held, not inherited: no call of these passes by the quota, the deadline and the hook.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from copy import copy
from functools import partial
from itertools import count
from typing import Any, Final, Self

import google.auth
import requests
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
from google.auth.exceptions import TransportError as AuthTransportError
from google.auth.transport import DEFAULT_RETRYABLE_STATUS_CODES
from google.auth.transport import Response as SignInAnswer
from google.auth.transport.requests import Request as SignIn
from pydantic_core import from_json

from sheets_schema.clock import Clock, Deadline
from sheets_schema.engine.rate_limiter import GOOGLES_QUOTA, RateLimiter
from sheets_schema.engine.request_stats import RequestHook, RequestStats
from sheets_schema.engine.response_classification import (
    Applied,
    NotApplied,
    Parts,
    Rejected,
    Unknown,
    WriteOutcome,
    classify_response,
    mismatch,
    never_connected,
)
from sheets_schema.engine.total_timeout import enforce_total_timeout
from sheets_schema.errors import PermissionDeniedError, UnavailableError
from sheets_schema.protocol.gc_paused import gc_paused
from sheets_schema.protocol.limits import encode

GOOGLE: Final = "https://sheets.googleapis.com"
_SCOPES = ("https://www.googleapis.com/auth/spreadsheets",)

_log = logging.getLogger(__name__)
_MAX_SECONDS = 60.0
_DEFAULT_RETRY_AFTER = 5.0
"""Seconds that one call may take even if that is more than half of the time left."""
_CONNECT_SECONDS = 5.0
_SIGN_IN_SECONDS = 10.0
_PIECE = 2**20
"""Bytes of an answer that are taken from the wire at a time."""


def google_credentials() -> Credentials:
    """Return the credentials of the environment.

    Raises `PermissionDeniedError` if there are none.
    """
    try:
        credentials: Credentials = google.auth.default(scopes=_SCOPES)[0]
    except DefaultCredentialsError as error:
        raise PermissionDeniedError(f"There are no Google credentials for the spreadsheet: {error}") from error
    return credentials


_OUTCOMES = {Applied: "executed", NotApplied: "not executed", Rejected: "refused", Unknown: "unclear"}


class Client:
    """Calls one spreadsheet.

    `origin` replaces Google's, for the emulator; `reads` and `writes` count what was sent. Give credentials for
    Google, or a session of your own (the emulator's adapter mounted on it, say), which then signs in itself.
    `reads_a_minute` and `writes_a_minute` keep each below so many in any sixty seconds, 0 lets all pass; if they are
    left out, they are what Google grants, 60, on the way to Google without a session of your own, and 0 otherwise.
    `on_call` is called after every call (see `request_stats.py`).
    """

    def __init__(
        self,
        spreadsheet_id: str,
        *,
        credentials: Credentials | None = None,
        session: requests.Session | None = None,
        origin: str = GOOGLE,
        clock: Clock | None = None,
        reads_a_minute: int | None = None,
        writes_a_minute: int | None = None,
        on_call: RequestHook | None = None,
    ) -> None:
        self.spreadsheet_id = spreadsheet_id
        self.origin = origin.rstrip("/")
        self.clock = clock or Clock()
        self.reads = 0
        self.writes = 0
        granted = GOOGLES_QUOTA if session is None and self.origin == GOOGLE else 0
        self._read_quota = RateLimiter("reads", granted if reads_a_minute is None else reads_a_minute, self.clock)
        self._write_quota = RateLimiter("writes", granted if writes_a_minute is None else writes_a_minute, self.clock)
        self._on_call = on_call
        self._credentials = credentials if session is None else None
        if self._credentials:
            self._sign_in = SignIn(enforce_total_timeout(requests.Session(), "https://", "http://"))
        self.session = enforce_total_timeout(session or requests.Session(), f"{self.origin}/")

    def limited(self, reads_a_minute: int) -> Self:
        """Return a client for the same spreadsheet that reads no more often than this.

        It has counts of its own. One of a client that reads no more often already shares its minute.
        """
        other = copy(self)
        is_new = not 0 < self._read_quota.calls <= reads_a_minute
        quota = RateLimiter("reads", reads_a_minute, self.clock) if is_new else self._read_quota
        vars(other).update(reads=0, writes=0, _read_quota=quota)
        return other

    def _call(self, method: str, url: str, deadline: Deadline, **sent: Any) -> requests.Response:
        """Make one HTTP call, signing in included, never longer than its deadline.

        What cannot be held to it is named in `total_timeout.py`.
        """
        headers = sent.pop("headers", {})
        signing_in = partial(self._signing_in, deadline)
        if self._credentials:
            self._credentials.before_request(signing_in, method, url, headers)  # type: ignore[no-untyped-call]  # google-auth is half typed
        # Google redirects none of these calls; followed, a POST would become a GET, and its answer be taken for the batch's.
        sending = partial(self.session.request, method=method, url=url, headers=headers, allow_redirects=False, **sent)
        response: requests.Response = sending(timeout=_share(deadline))
        if response.status_code == requests.codes.unauthorized and self._credentials:
            # A token may be revoked before its time: once more with a new one.
            response.close()
            self._credentials.refresh(signing_in)  # type: ignore[no-untyped-call]  # as above
            self._credentials.apply(headers)  # type: ignore[no-untyped-call]  # as above
            response = sending(timeout=_share(deadline))
        return response

    def _signing_in(self, deadline: Deadline, *args: Any, **named: Any) -> SignInAnswer:
        """Call for a token, as google-auth wants.

        It would repeat failures for as long as it likes; what is raised here ends that.
        """
        try:
            answer: SignInAnswer = self._sign_in(*args, **{**named, "timeout": _share(deadline, most=_SIGN_IN_SECONDS)})
        except AuthTransportError as error:
            raise UnavailableError(f"Google's sign-in could not be reached: {error}") from error
        if answer.status in DEFAULT_RETRYABLE_STATUS_CODES:
            raise UnavailableError(f"Google's sign-in does not work at the moment (status {answer.status})")
        return answer

    def metadata(self, deadline: Deadline, *more: str) -> dict[str, Any]:
        """Return titles, ids and sizes of the tabs, `more` about them, and the named ranges."""
        fields = (
            "spreadsheetId,properties(title,timeZone),namedRanges,"
            "sheets(properties(sheetId,title,index,hidden,gridProperties,tabColorStyle),"
            "protectedRanges(protectedRangeId,range,description,warningOnly,unprotectedRanges,editors)"
            f"{''.join(f',{each}' for each in more)})"
        )
        # No spreadsheet is without a tab, so an answer that names none is not about one.
        return self._read("", {"fields": fields}, deadline, parts=("sheets", None))

    def grid_data(self, fields: str, ranges: Sequence[str], deadline: Deadline) -> dict[str, Any]:
        """Return what `fields` names of some ranges, in one read."""
        params = {
            "fields": f"spreadsheetId,{fields}",
            "ranges": list(ranges),
            "prettyPrint": "false",  # see `values`
        }
        return self._read("", params, deadline)

    def values(self, ranges: Sequence[str], deadline: Deadline) -> list[dict[str, Any]]:
        """Return the values of several ranges at one moment, unformatted, in this order."""
        # Google indents its answers by default (discovery document, `prettyPrint`): a line for every cell.
        params = {"ranges": list(ranges), "valueRenderOption": "UNFORMATTED_VALUE", "prettyPrint": "false"}
        return list(self._read("/values:batchGet", params, deadline, parts=("valueRanges", len(ranges)))["valueRanges"])

    def _read(
        self, path: str, params: Mapping[str, Any], deadline: Deadline, *, parts: Parts | None = None
    ) -> dict[str, Any]:
        """Read, and repeat with back-off until the deadline.

        Raises `UnavailableError`, `PermissionDeniedError` or `RequestRejectedError`.
        """
        for attempt in count():
            self._read_quota.acquire(deadline)
            self.reads += 1
            outcome = self._classified("get", path, deadline, parts, params=params)
            match outcome:
                case Applied(body):
                    return body
                case Rejected(error) | NotApplied(error, again=False):
                    raise error
                case NotApplied(error):
                    problem = error
                case Unknown(reason, wait):
                    problem = UnavailableError(reason, retry_after=wait or _DEFAULT_RETRY_AFTER)
            pause = max(self.clock.jitter(attempt), outcome.wait)
            if pause >= deadline.left():
                later = problem.retry_after if isinstance(problem, UnavailableError) else _DEFAULT_RETRY_AFTER
                raise UnavailableError(f"Google Sheets could not be read in time: {problem}", retry_after=later)
            _log.warning("reading again in %.1f s: %s", pause, problem)
            self.clock.sleep(pause)
        raise AssertionError("unreachable: the loop ends by its deadline")

    def write(self, batch: list[dict[str, Any]], deadline: Deadline, *, spare: float = 0.0) -> WriteOutcome:
        """Send one `batchUpdate` once, and say what its answer proves.

        Never raises for an answer, never repeats. If the quota makes it wait, `spare` seconds are left afterwards, or
        nothing is sent.
        """
        try:
            self._write_quota.acquire(deadline, spare=spare)
        except UnavailableError as error:
            return NotApplied(error, again=False)
        self.writes += 1
        sent = {"data": encode({"requests": batch}), "headers": {"Content-Type": "application/json"}}
        return self._classified("post", ":batchUpdate", deadline, ("replies", len(batch)), **sent)

    def write_until_known(self, batch: list[dict[str, Any]], deadline: Deadline) -> WriteOutcome:
        """Send a batch whose outcome nobody resolves.

        It is sent again as long as the answers prove that it was not applied.
        """
        for attempt in count():
            outcome = self.write(batch, deadline)
            if not isinstance(outcome, NotApplied) or not outcome.again:
                return outcome
            pause = max(self.clock.jitter(attempt), outcome.wait)
            if pause >= deadline.left():
                return outcome
            self.clock.sleep(pause)
        raise AssertionError("unreachable: the loop ends by its deadline")

    def _classified(self, method: str, path: str, deadline: Deadline, parts: Parts | None, **sent: Any) -> WriteOutcome:
        received: list[int] = []
        start = self.clock.monotonic()
        outcome = self._exchanged(method, path, deadline, received, **sent)
        if isinstance(outcome, Applied) and (other := mismatch(outcome.body, self.spreadsheet_id, parts)):
            outcome = Unknown(other)
        if self._on_call:
            kind = "read" if method == "get" else "write"
            seconds = self.clock.monotonic() - start
            call = RequestStats(kind, _OUTCOMES[type(outcome)], seconds, len(sent.get("data", b"")), sum(received))
            try:
                self._on_call(call)
            except Exception:  # noqa: BLE001 — whatever a hook does, the commit goes on
                _log.exception("the hook for metrics failed")
        return outcome

    def _exchanged(self, method: str, path: str, deadline: Deadline, received: list[int], **sent: Any) -> WriteOutcome:
        url = f"{self.origin}/v4/spreadsheets/{self.spreadsheet_id}{path}"
        try:
            with self._call(method, url, deadline, stream=True, **sent) as response:
                if response.status_code != requests.codes.ok:
                    received.append(len(response.content))
                    return classify_response(response, self.clock.now())
                # `response.content` takes 10 KB at a time, which for a long past is a good part of what a start costs.
                content = b"".join(response.iter_content(_PIECE))
            received.append(len(content))
            # Half the time and half the memory of `response.json()`, since equal short texts are read once.
            with gc_paused():
                body = from_json(content, cache_strings="all")
        except UnavailableError as error:
            return NotApplied(error)
        except AuthTransportError as error:
            return NotApplied(UnavailableError(f"Google's sign-in could not be reached: {error}"))
        except GoogleAuthError as error:
            return NotApplied(PermissionDeniedError(f"Google refuses these credentials: {error}"), again=False)
        except requests.exceptions.RequestException as error:
            if never_connected(error):
                return NotApplied(UnavailableError(f"no connection to {self.origin}"))
            return Unknown(f"no answer ({type(error).__name__})")
        except ValueError:
            return Unknown("an answer that is not JSON")
        return Applied(body) if isinstance(body, dict) else Unknown("an answer that is not an object")


def _share(deadline: Deadline, *, most: float = _MAX_SECONDS) -> tuple[float, float]:
    """Seconds that one call may take to connect, and as a whole.

    It takes half of the time left at most, if that is more than a few seconds: after a call that nobody answers there must be time to
    ask again, or to ask the log.
    """
    left = deadline.left()
    whole = max(1e-6, min(most, left, max(left / 2, _DEFAULT_RETRY_AFTER)))
    return min(_CONNECT_SECONDS, whole), whole
