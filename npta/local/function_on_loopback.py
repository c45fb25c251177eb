"""The function of `make demo` and `make serve`.

It is `main.py`, closed to pages of other sites in this machine's browser. As deployed it has another name than this
machine's, and answers to any; its callers have keys that no page knows.
"""

from __future__ import annotations

import functions_framework
from flask import Request, request
from werkzeug import Response

import main
from npta.web.problems import ProblemError, known_or_new
from npta.web.request_body import drop_body
from sheets_schema.emulator import stranger

MANUAL = "/manual"
"""The one page that other origins of this machine link to; nothing in it is secret."""


def _answer(received: Request) -> Response:
    listens_on, headers = str(received.environ["SERVER_NAME"]), received.headers
    origin, site = headers.get("Origin"), headers.get("Sec-Fetch-Site")
    reason = stranger(listens_on=listens_on, host=headers.get("Host"), origin=origin, site=site)
    if not reason or received.path == MANUAL:
        return main.answer(received)
    request_id = known_or_new(received.headers.get("X-Request-Id", ""))
    response = ProblemError(403, "Forbidden", reason).response(request_id)
    response.headers["X-Request-Id"] = request_id
    drop_body(received)
    return response


@functions_framework.http
def fulfillment(received: Request) -> Response:
    """Answer every path and method."""
    return _answer(received)


@functions_framework.errorhandler(404)  # type: ignore[untyped-decorator]  # the framework leaves it untyped
def unrouted(_error: Exception) -> Response:
    """Answer what the framework keeps from us."""
    return _answer(request)
