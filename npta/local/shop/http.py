"""Answers, and the two ways of giving none."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

MAX_DROPS = 100


class Answer(NamedTuple):
    """An HTTP answer; its body comes byte by byte, over so many seconds, if `drips` is not 0."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    drips: float = 0.0

    def zipped(self) -> Answer:
        """The same with its body compressed, as Shopify sends it to whoever takes it."""
        headers = {**self.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        return self._replace(headers=headers, body=gzip.compress(self.body, mtime=0))

    def drops(self) -> Iterator[tuple[float, bytes]]:
        """The body in drops, each with the seconds to wait before it."""
        size = max(1, len(self.body) // MAX_DROPS)
        starts = range(0, len(self.body), size)
        for start in starts:
            yield self.drips / len(starts), self.body[start : start + size]


class Dropped(Exception):
    """The connection closes without an answer, although the call was carried out."""


class TooLate(Exception):
    """The answer comes after the caller's patience, although the call was carried out."""


def json_answer(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    content = json.dumps(body, ensure_ascii=False).encode()
    return Answer(status, {"Content-Type": "application/json; charset=utf-8", **named}, content)
