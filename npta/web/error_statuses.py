"""What operations raise, as answers: one table for every error of both packages."""

from __future__ import annotations

from typing import Final, NamedTuple

from npta.errors import (
    ArchiveUnreachableError,
    BadRequestError,
    ConflictError,
    DamagedError,
    NotFoundError,
    NptaError,
    SettingError,
    ShopError,
    ShopRejectedError,
    SlackError,
    SlackRejectedError,
)
from npta.log import note_halt
from npta.web.problems import FieldError, ProblemError, bad_request
from sheets_schema import NotProvisionedError, SchemaMismatchError, SheetsError

_NEEDS_A_PERSON: Final = 60.0
"""Seconds after which to look again where somebody must set something first."""


class _Answer(NamedTuple):
    """How errors of a kind are answered; `add` follows their sentence."""

    kind: type[Exception]
    status: int
    title: str
    code: str = ""
    add: str = ""


def problem_of(error: NptaError | SheetsError) -> ProblemError:
    """Answer an error with its sentence, which says what to do, and a status to act on.

    409 where a person must fix something in the sheet, in Shopify or in Slack; 503 where the same call may work later.
    """
    if isinstance(error, BadRequestError):
        return bad_request(FieldError(error.field, error.message))
    note_halt(error)
    answer = _answer_to(type(error))
    headers = {"Retry-After": retry_after(error)} if answer.status == _LATER else {}
    return ProblemError(answer.status, answer.title, f"{error}{answer.add}", code=answer.code, headers=headers)


def statuses_of(*kinds: type[Exception]) -> set[int]:
    """Return the statuses that answer errors of these kinds and of all below them."""
    return {_answer_to(kind).status for kind in kinds} | {
        answer.status for answer in _ANSWERS if issubclass(answer.kind, kinds)
    }


def retry_after(error: Exception) -> str:
    """Seconds after which to try again, for the header."""
    seconds = getattr(error, "retry_after", None)
    return str(max(1, round(_NEEDS_A_PERSON if seconds is None else seconds)))


def _answer_to(kind: type[Exception]) -> _Answer:
    return next(answer for answer in _ANSWERS if issubclass(kind, answer.kind))


_LATER: Final = 503
_ANSWERS: Final = (
    _Answer(NotFoundError, 404, "Not found"),
    _Answer(BadRequestError, 400, "Bad request"),
    _Answer(ConflictError, 409, "Conflict", "conflict"),
    _Answer(ArchiveUnreachableError, _LATER, "Archive cannot be read", "archive_unavailable"),
    _Answer(DamagedError, _LATER, "Order damaged", "damaged"),
    _Answer(SettingError, _LATER, "Not configured", "not_configured"),
    _Answer(ShopRejectedError, 409, "Shopify refuses", "shop_refused"),
    _Answer(ShopError, _LATER, "Shopify does not answer", "shop_unavailable"),
    _Answer(SlackRejectedError, 409, "Slack refuses", "slack_refused"),
    _Answer(SlackError, _LATER, "Slack does not answer", "slack_unavailable"),
    _Answer(NotProvisionedError, _LATER, "Not provisioned", "not_provisioned", " (python -m npta provision)"),
    _Answer(SchemaMismatchError, 409, "Sheet differs", "sheet_differs"),
    _Answer(NptaError, 409, "Cannot be done", "refused"),
    _Answer(SheetsError, _LATER, "Try again", "unavailable"),
)
"""The first kind that fits. The two roots stand last, so that no error is without an answer."""
