"""Errors on the wire: RFC 9457 `application/problem+json`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from secrets import token_hex
from typing import NamedTuple

from pydantic import ValidationError
from werkzeug import Response

MISSING = "is missing"


class FieldError(NamedTuple):
    """One part of a request that is wrong."""

    field: str
    message: str


class ProblemError(Exception):
    """An answer that is not an order's outcome."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        *,
        errors: tuple[FieldError, ...] = (),
        code: str = "",
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail or title
        self.errors = errors
        self.code = code
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def response(self, request_id: str) -> Response:
        """As an HTTP answer."""
        body: dict[str, object] = {
            **self.more,
            "type": f"urn:npta:problem:{self.code or self.title.lower().replace(' ', '-')}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "request_id": request_id,
        }
        if self.code:
            body["code"] = self.code
        if self.errors:
            body["errors"] = [error._asdict() for error in self.errors]
        text = json.dumps(body, ensure_ascii=False)
        return Response(text, self.status, self.headers, content_type="application/problem+json")


def bad_request(*errors: FieldError) -> ProblemError:
    """400 naming each field that is wrong."""
    message = "; ".join(f"{error.field}: {error.message}" for error in errors)
    return ProblemError(400, "Bad request", message, errors=errors)


def field_errors(error: ValidationError) -> list[FieldError]:
    """Say what a model found wrong, in our words: the first thing of every field."""
    found: dict[str, FieldError] = {}
    for wrong in error.errors(include_input=False, include_url=False):
        field, *inner = wrong["loc"] or ("body",)
        message = MISSING if wrong["type"] == "missing" else wrong["msg"].removeprefix("Value error, ")
        if inner and isinstance(inner[0], int):
            part = f"the {str(inner[1]).removeprefix('line_item_')} " if len(inner) > 1 else ""
            message = f"line {inner[0] + 1}: {part}{message}"
        found.setdefault(str(field), FieldError(str(field), message))
    return list(found.values())


def known_or_new(request_id: str) -> str:
    """Return the request's id as it was sent, if it is a plain word; else a new one."""
    return request_id if re.fullmatch(r"[A-Za-z0-9._:-]{1,100}", request_id) else token_hex(8)
