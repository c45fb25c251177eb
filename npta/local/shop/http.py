"""Answers, and the two ways of giving none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class Answer(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Dropped(Exception):
    """The connection closes without an answer, although the call was carried out."""


class TooLate(Exception):
    """The answer comes after the caller's patience, although the call was carried out."""


def json_answer(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = json.dumps(body, ensure_ascii=False).encode()
    return Answer(status, {"Content-Type": "application/json; charset=utf-8", **named}, content)
