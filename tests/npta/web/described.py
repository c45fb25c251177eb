"""The description in `GET /openapi.json` as a witness: whatever the service answers must stand in it."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema_rs
from werkzeug import Response

from npta.web.routes.table import ROUTES, description

EVERYWHERE = frozenset((404, 405, 414))
"""Answers of the router: no such path, no such verb, a path that is too long."""


@cache
def validator(path: str, method: str, status: int, media: str) -> jsonschema_rs.Draft202012Validator:
    """Checks the JSON of one kind of answer. Raises `KeyError` if it is not described."""
    answer = description()["paths"][path][method]["responses"][str(status)]
    schema = {**answer["content"][media]["schema"], "components": description()["components"]}
    return jsonschema_rs.Draft202012Validator(schema)


def strange(endpoint: tuple[str, str] | None, response: Response) -> str:
    """What is not as described; empty if all is."""
    status, media = response.status_code, response.mimetype
    if "X-Request-Id" not in response.headers:
        return "no X-Request-Id"
    if endpoint is None:
        return "" if status in EVERYWHERE and media == "application/problem+json" else f"{status} of the router"
    method, path = endpoint
    if status == 503 and "Retry-After" not in response.headers:
        return "503 without Retry-After"
    if status == 500:
        return ""  # never described: it is a defect, and tests that provoke one look at it themselves
    try:
        check = validator(path, method.lower(), status, media)
    except KeyError:
        return f"{method} {path}: {status} {media} is not described"
    body: Any = (
        response.get_data(as_text=True) if (media or "").startswith("text/") else json.loads(response.get_data())
    )
    faults = [f"{fault.instance_path}: {fault.message}" for fault in check.iter_errors(body)]
    return f"{method} {path}: {status}: {'; '.join(faults)}" if faults else ""


def served() -> set[tuple[str, str]]:
    """Every route that there is."""
    return set(ROUTES)
