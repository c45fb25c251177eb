"""The description in `GET /openapi.json` as a witness: whatever the service answers must stand in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain
from typing import Any

import jsonschema_rs
from werkzeug import Response

from npta.web.routes.route_table import ROUTES, description

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


SAID = frozenset({"detail", "message", "next_step", "reason", "title", "damage"})
"""Fields that hold sentences of ours for people."""
QUOTED = re.compile(r"“[^”]*”")
"""What somebody typed is shown as it is."""


def sentences(response: Response) -> Iterator[str]:
    """Every sentence of an answer, without what is quoted in it."""
    if (response.mimetype or "").endswith("json"):
        yield from (QUOTED.sub("“it”", text) for text in _said(json.loads(response.get_data() or "{}")))


def _said(part: Any) -> Iterator[str]:
    if isinstance(part, list):
        yield from chain.from_iterable(map(_said, part))
    if isinstance(part, dict):
        yield from (text for name, text in part.items() if name in SAID and isinstance(text, str))
        yield from chain.from_iterable(map(_said, part.values()))
