"""Chunks of rows as text, as they stand in the file. Pure."""

from __future__ import annotations

import json
from typing import Any

from sheets_schema.emulator.model.rows import EMPTY, NO_EXTRA, Chunk, Extra, Row


def dumps(value: Any) -> str:
    """Return JSON without blanks."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encode_chunk(chunk: Chunk) -> str:
    """Return rows as text.

    Values as they are, extras as numbers into a list of the different ones, since a formatted column repeats one.
    """
    distinct: dict[int, int] = {}
    kinds: list[Any] = []
    numbers: list[list[int]] = []
    for row in chunk.rows:
        line: list[int] = []
        for extra in row.extras:
            if not extra:
                line.append(-1)
                continue
            number = distinct.get(id(extra))
            if number is None:
                number = distinct[id(extra)] = len(kinds)
                kind = [extra.formula, extra.note, extra.format, extra.validation]
                kinds.append(kind if extra.runs is None else [*kind, extra.runs])
            line.append(number)
        numbers.append(line)
    values = [row.values for row in chunk.rows]
    return dumps([values, numbers, kinds] if kinds else [values])


def decode_chunk(key: int, text: str) -> Chunk:
    """Return the rows of a stored text."""
    body = json.loads(text)
    if len(body) == 1:
        return Chunk(key, [Row(tuple(values), ()) if values else EMPTY for values in body[0]])
    values, numbers, kinds = body
    extras = [Extra(*kind) for kind in kinds]
    return Chunk(
        key,
        [
            Row(tuple(line), tuple(extras[number] if number >= 0 else NO_EXTRA for number in marks))
            for line, marks in zip(values, numbers, strict=True)
        ],
    )
