"""Read the table of messages: fields and enums, and how they are written."""

from __future__ import annotations

import re
import struct
from functools import cache

from sheets_schema.emulator.messages import chart_table, message_table
from sheets_schema.emulator.messages.masks import Mask

_UPPER = re.compile(r"(?<!^)([A-Z])")


@cache
def message_fields() -> dict[str, dict[str, str]]:
    """Message name to field name to type; an empty type marks a field that is not served."""
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


def read_mask(message: str, mask: Mask) -> tuple[Mask, list[str]]:
    """Return a mask with the fields' names as JSON has them, and its unknown paths."""
    wrong: list[str] = []
    return _read(message, mask, "", wrong), wrong


def _read(message: str, mask: Mask, prefix: str, wrong: list[str]) -> Mask:
    children: dict[str, Mask] = {}
    known, names = message_fields()[message], field_names(message)
    for written in mask.names():
        path = f"{prefix}.{written}" if prefix else written
        child = mask.below(written) or Mask.everything()
        name = written if written == "*" else names.get(written)
        if name is None:
            wrong.append(path)
            continue
        if not child.takes_all and name != "*":
            inner = known[name].removeprefix("[]").removeprefix("{}")
            if inner in message_fields():
                child = _read(inner, child, path, wrong)
            elif known[name]:
                wrong.append(child.paths(path)[0])
        children[name] = child
    return mask if mask.takes_all else Mask(children)


def whole(number: float) -> int | float:
    """Return a double as Python's `int` where it has no fraction, so that it prints without one."""
    return int(number) if number.is_integer() else number


def float32(number: float) -> int | float:
    """Return a single-precision number in the fewest digits, as Google prints colours.

    Recorded: 0.49803922.
    """
    try:
        packed = struct.pack("<f", number)
    except OverflowError:
        return number
    for digits in range(6, 10):
        short = float(f"{number:.{digits}g}")
        if struct.pack("<f", short) == packed:
            return whole(short)
    return whole(float(struct.unpack("<f", packed)[0]))


@cache
def snake(name: str) -> str:
    """`sheetId` as it stands in paths of error texts: `sheet_id`."""
    return _UPPER.sub(lambda match: "_" + match.group(1).lower(), name)
