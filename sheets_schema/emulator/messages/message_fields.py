"""The fields and enums of messages, as the table lists them, and how names are written."""

from __future__ import annotations

import re
from functools import cache

from sheets_schema.emulator.messages import chart_table, message_table

_UPPER = re.compile(r"(?<!^)([A-Z])")


@cache
def message_fields() -> dict[str, dict[str, str]]:
    """Message name to field name to type; an empty type marks a field that is not supported."""
    table: dict[str, dict[str, str]] = {}
    for entry in _entries(message_table.MESSAGES) + _entries(chart_table.MESSAGES):
        name, _, fields = entry.partition(" =")
        table[name] = dict(_field(word) for word in fields.split())
    return table


@cache
def enums() -> dict[str, tuple[str, ...]]:
    """Return the values of each enum, in the order of their numbers."""
    return {
        name: tuple(values.split())
        for name, _, values in (
            entry.partition(" = ") for entry in _entries(message_table.ENUMS) + _entries(chart_table.ENUMS)
        )
    }


def _entries(table: str) -> list[str]:
    return table.replace("\n    ", " ").strip().splitlines()


def _field(word: str) -> tuple[str, str]:
    name, _, kind = word.rstrip("!").partition(":")
    return name, kind


@cache
def field_names(message: str) -> dict[str, str]:
    """Return every way to write a field's name: as in JSON, and with underscores.

    Documented for proto3 JSON.
    """
    known = message_fields()[message]
    return {**{snake(name): name for name in known}, **{name: name for name in known}}


@cache
def snake(name: str) -> str:
    """`sheetId` as it stands in paths of error texts: `sheet_id`."""
    return _UPPER.sub(lambda match: "_" + match.group(1).lower(), name)
