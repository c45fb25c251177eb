"""Classify what an answer of Google's proves: applied, not applied, rejected, or nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from sheets_schema.errors import PermissionDeniedError, RequestRejectedError, SheetsError, UnavailableError

_MAX_WAIT = 60.0
"""The longest wait, in seconds, that an answer may ask for."""
_QUOTA_SECONDS = 15.0
"""When to come again while the quota is used up, if the answer does not say so."""
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*(?:"|$)', re.DOTALL)
_REQUEST_INDEX = re.compile(r"requests\[(\d+)\]")


@dataclass(frozen=True)
class Applied:
    """Status 200 and the expected answer: applied, as far as one answer can tell."""

    body: dict[str, Any]


@dataclass(frozen=True)
class NotApplied:
    """Proof that this sending applied nothing: 429, no connection, no permission."""

    error: SheetsError
    again: bool = True
    wait: float = 0.0
    """Seconds that the answer asks us to wait before the next sending."""


@dataclass(frozen=True)
class Rejected:
    """The batch was rejected, when it was sent this time: an earlier copy may have been applied."""

    error: RequestRejectedError


@dataclass(frozen=True)
class Unknown:
    """No answer, or one that proves nothing.

    5xx, a time-out, a broken connection, another 2xx, a redirect, or something else.
    """

    reason: str
    wait: float = 0.0


WriteOutcome = Applied | NotApplied | Rejected | Unknown
Parts = tuple[str, int | None]
"""The list that an answer must have, and how many items; None: at least one."""


def mismatch(body: Mapping[str, Any], spreadsheet_id: str, parts: Parts | None) -> str:
    """Why a 200 is not the answer to what was asked; empty if it is.

    What comes back may be a proxy's, a cache's or an error page's. Google names the spreadsheet in each of these answers,
    and gives a batch one reply for each of its requests, a read one value range for each range (discovery document).
    """
    if "error" in body:
        return "an answer of status 200 that tells of an error"
    if body.get("spreadsheetId") != spreadsheet_id:
        return "an answer that is not about this spreadsheet"
    if parts:
        name, number = parts
        listed = body.get(name)
        if not isinstance(listed, list) or len(listed) != (number or len(listed)) or not listed:
            return f"an answer without the {name} that were asked for"
        if not all(isinstance(part, dict) for part in listed):
            return f"an answer whose {name} cannot be read"
    return ""


def classify_response(response: requests.Response, now: datetime) -> WriteOutcome:
    """Classify by status, then by the request index; the message is for people only."""
    status, message = response.status_code, _message(response)
    wait = _asked_to_wait(response.headers.get("Retry-After", ""), now)
    if status == requests.codes.too_many_requests:
        used_up = UnavailableError("Google's quota for this minute is used up", retry_after=wait or _QUOTA_SECONDS)
        return NotApplied(used_up, wait=wait)
    if status in (requests.codes.unauthorized, requests.codes.forbidden, requests.codes.not_found):
        text = "The spreadsheet is not there for this account: share it with the service account, or correct the id"
        return NotApplied(PermissionDeniedError(f"{text} ({status}: {message})"), again=False)
    if requests.codes.bad_request <= status < requests.codes.internal_server_error and status != requests.codes.timeout:
        index = _REQUEST_INDEX.search(message)
        return Rejected(RequestRejectedError(message, status=status, request_index=int(index[1]) if index else None))
    return Unknown(f"status {status}", wait)


def _message(response: requests.Response) -> str:
    """Return Google's sentence without what it quotes.

    That may be a cell of ours, and cells hold secrets.
    """
    try:
        return _QUOTED.sub('"…"', str(response.json()["error"]["message"]))[:300]
    except (ValueError, KeyError, TypeError):
        return "an answer without an explanation"


def _asked_to_wait(after: str, now: datetime) -> float:
    """Seconds that `Retry-After` asks for, itself or as a date.

    Google sends none with its quota answers (recorded 2021).
    """
    try:
        seconds = float(after) if after.isdecimal() else (parsedate_to_datetime(after) - now).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(_MAX_WAIT, max(1.0, seconds))


def never_connected(error: requests.exceptions.RequestException) -> bool:
    """Whether a call failed before anything of it was sent."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError | NameResolutionError)
