"""Long lists inside an answer, made while they are sent, so that nobody holds all of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

_PIECE = 1 << 17
"""Characters that are collected before they are sent."""


class LongList:
    """A JSON list whose items are made one after another, each time it is read anew."""

    def __init__(self, items: Callable[[], Iterable[Any]]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self._items())

    def map(self, change: Callable[[Any], Any]) -> LongList:
        """Return the list with each item changed."""
        return LongList(lambda: map(change, self._items()))


def is_long(value: Any) -> bool:
    """Whether a long list is in there."""
    if isinstance(value, dict):
        return any(is_long(item) for item in value.values())
    if isinstance(value, list):
        # Long lists are in messages that are few themselves: ranges of a sheet, sheets of a spreadsheet.
        return any(isinstance(item, dict) and is_long(item) for item in value)
    return isinstance(value, LongList)


def encoded(value: Any) -> Iterator[bytes]:
    """Yield the JSON text of a value in pieces."""
    waiting: list[str] = []
    size = 0
    for part in _parts(value):
        waiting.append(part)
        size += len(part)
        if size >= _PIECE:
            yield "".join(waiting).encode("utf-8")
            waiting, size = [], 0
    yield "".join(waiting).encode("utf-8")


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for at, (name, item) in enumerate(value.items()):
            yield f"{', ' if at else ''}{json.dumps(name)}: "
            yield from _parts(item)
        yield "}"
    elif isinstance(value, LongList):
        yield from _listed(json.dumps(item, ensure_ascii=False) for item in value)
    elif isinstance(value, list) and is_long(value):
        yield "["
        for at, item in enumerate(value):
            yield ", " if at else ""
            yield from _parts(item)
        yield "]"
    else:
        yield json.dumps(value, ensure_ascii=False)


def _listed(items: Iterable[str]) -> Iterator[str]:
    yield "["
    for at, item in enumerate(items):
        yield f", {item}" if at else item
    yield "]"
