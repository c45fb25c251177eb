"""What operations raise, as answers: one table for every error of both packages, and for whatever else may come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from npta.errors import (
    BadRequest,
    ConflictError,
    NotKnown,
    NptaError,
    SettingError,
    ShopError,
    ShopRefused,
    SlackError,
    SlackRefused,
)
from npta.web.problems import FieldError, Problem, bad_request
from sheets_schema import NotProvisioned, SchemaError, SheetsError

_NEEDS_A_PERSON: Final = 60.0
"""Seconds after which to look again where somebody must set something first."""


def problem_of(error: NptaError | SheetsError) -> Problem:
    """The answer to an error: its sentence, which says what to do, and a status that callers can act on.

    409 where a person must mend something in the sheet, in Shopify or in Slack; 503 where the same call may work later.
    """
    return next(answer for kind, answer in _ANSWERS if isinstance(error, kind))(error)


def retry_after(error: Exception) -> str:
    """Seconds after which to try again, for the header."""
    seconds = getattr(error, "retry_after", None)
    return str(max(1, round(_NEEDS_A_PERSON if seconds is None else seconds)))


def _bad_request(error: Exception) -> Problem:
    assert isinstance(error, BadRequest)
    return bad_request(FieldError(error.field, error.message))


def _conflict(title: str, code: str) -> Callable[[Exception], Problem]:
    return lambda error: Problem(409, title, str(error), code=code)


def _later(title: str, code: str, add: str = "") -> Callable[[Exception], Problem]:
    return lambda error: Problem(503, title, f"{error}{add}", code=code, headers={"Retry-After": retry_after(error)})


_ANSWERS: Final[tuple[tuple[type[Exception], Callable[[Exception], Problem]], ...]] = (
    (NotKnown, lambda error: Problem(404, "Not found", str(error))),
    (BadRequest, _bad_request),
    (ConflictError, _conflict("Conflict", "conflict")),
    (SettingError, _later("Not configured", "not_configured")),
    (ShopRefused, _conflict("Shopify refuses", "shop_refused")),
    (ShopError, _later("Shopify does not answer", "shop_unavailable")),
    (SlackRefused, _conflict("Slack refuses", "slack_refused")),
    (SlackError, _later("Slack does not answer", "slack_unavailable")),
    (NotProvisioned, _later("Not provisioned", "not_provisioned", " (python -m npta provision)")),
    (SchemaError, _conflict("Sheet differs", "sheet_differs")),
    (NptaError, _conflict("Cannot be done", "refused")),
    (SheetsError, _later("Try again", "unavailable")),
)
"""The first kind that fits. The two roots stand last, so that no error is without an answer."""
