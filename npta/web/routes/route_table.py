"""Every call: who may make it, its handler, and what goes in and comes out.

`GET /openapi.json` is made from it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from werkzeug import Request, Response

from npta.web.auth import Role
from npta.web.context import HtmlPage, Route, RouteTable
from npta.web.openapi import openapi
from npta.web.routes import keys, maintenance, order_actions, order_intake, webhooks
from npta.web.routes.manual import manual


def health(_request: Request) -> Response:
    """Whether the function runs; touches nothing."""
    return Response("ok", content_type="text/plain; charset=utf-8")


def published(_request: Request) -> Response:
    """Describe the service."""
    return Response(_description_text(), content_type="application/json; charset=utf-8")


@cache
def _description_text() -> bytes:
    return json.dumps(description(), ensure_ascii=False).encode()


@cache
def description() -> dict[str, Any]:
    """All of the service as OpenAPI 3.1, made once."""
    return openapi(ROUTES)


ROUTES: RouteTable = {
    ("GET", "/health"): Route(health, Role.ANYBODY, {200: str}),
    ("GET", "/openapi.json"): Route(published, Role.ANYBODY, {200: dict}),
    ("GET", "/manual"): Route(manual, Role.ANYBODY, {200: HtmlPage}),
    **order_intake.ROUTES,
    **order_actions.ROUTES,
    **keys.ROUTES,
    **maintenance.ROUTES,
    **webhooks.ROUTES,
}
