"""Checks JSON against the table of messages, the way Google's JSON reader does, before any rule sees it.

What comes out has the right types and no nulls: handlers read it without checking again. Everything that is wrong is
collected and answered in one 400 whose texts follow recorded ones: `Unknown name "x" at 'requests[0]': Cannot find
field.` and `Invalid value at 'data.values' (TYPE), "X"`. What Google knows and the emulator does not serve is
refused by name, too.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from sheets_schema.emulator.errors import ApiError, invalid_argument, unsupported
from sheets_schema.emulator.messages import chart_table, message_table
from sheets_schema.emulator.messages.masks import Mask

Problems = list[tuple[str, str]]
"""Field path and description of everything found wrong."""

Checker = Callable[[Any, str, Problems], Any]

_INVALID = object()
_INT32 = range(-(2**31), 2**31)
_UPPER = re.compile(r"(?<!^)([A-Z])")


class UnsupportedError(Exception):
    """A field that Google knows and the emulator does not serve; a signal inside this module that no caller sees."""


@cache
def message_fields() -> dict[str, dict[str, str]]:
    """Message name to field name to type; an empty type marks a field that is not served."""
    table: dict[str, dict[str, str]] = {}
    for entry in _entries(message_table.MESSAGES) + _entries(chart_table.MESSAGES):
        name, _, fields = entry.partition(" =")
        table[name] = dict(_field(word) for word in fields.split())
    return table


@cache
def enums() -> dict[str, frozenset[str]]:
    """Return the values of each enum."""
    return {
        name: frozenset(values.split())
        for name, _, values in (
            entry.partition(" = ") for entry in _entries(message_table.ENUMS) + _entries(chart_table.ENUMS)
        )
    }


def _entries(table: str) -> list[str]:
    return table.replace("\n    ", " ").strip().splitlines()


def _field(word: str) -> tuple[str, str]:
    name, _, kind = word.rstrip("!").partition(":")
    return name, kind


def validate(message: str, value: Any, *, prefix: str = "") -> dict[str, Any]:
    """`value` as a message without nulls.

    `prefix` is the name of the request field that the HTTP body fills; paths in errors start with it.
    Raises `ApiError` 400 for what Google refuses, and for what only the emulator refuses (`UNIMPLEMENTED`).
    """
    problems: Problems = []
    try:
        result = _checker(message)(value, prefix, problems)
    except UnsupportedError as error:
        raise unsupported(str(error)) from error
    if problems:
        raise _refusal(problems)
    assert isinstance(result, dict)
    return result


def validate_enum(name: str, value: str, path: str) -> str:
    """Check a query parameter that is an enum."""
    if value not in enums()[name]:
        raise _refusal(
            [(path, f"Invalid value at '{path}' (type.googleapis.com/google.apps.sheets.v4.{name}), \"{value}\"")]
        )
    return value


def _refusal(problems: Problems) -> ApiError:
    def text(description: str) -> str:
        if description.startswith("Invalid value"):
            return description
        return f"Invalid JSON payload received. {description}"

    message = "\n".join(text(description) for _, description in problems)
    return invalid_argument(message, violations=[(field, text(description)) for field, description in problems])


def validate_mask(message: str, mask: Mask) -> list[str]:
    """Paths in a mask that the message does not have."""
    return list(_unknown_paths(message, mask, ""))


def _unknown_paths(message: str, mask: Mask, prefix: str) -> list[str]:
    wrong: list[str] = []
    known = message_fields()[message]
    for name in mask.names():
        path = f"{prefix}.{name}" if prefix else name
        kinds = list(known.values()) if name == "*" else [known[name]] if name in known else None
        if kinds is None:
            wrong.append(path)
            continue
        child = mask.below(name)
        if child is None or child.takes_all or name == "*":
            continue
        inner = kinds[0].removeprefix("[]").removeprefix("{}")
        if inner in message_fields():
            wrong += _unknown_paths(inner, child, path)
        elif kinds[0]:
            wrong.append(child.paths(path)[0])
    return wrong


@cache
def _checker(kind: str) -> Checker:
    if kind.startswith("[]"):
        return _list_checker(kind[2:])
    if kind.startswith("{}"):
        return _map_checker(kind[2:])
    if kind in _PRIMITIVES:
        return _PRIMITIVES[kind]
    if kind in enums():
        return _enum_checker(kind)
    return _message_checker(kind)


def _message_checker(message: str) -> Checker:
    fields = message_fields()[message]

    def check(value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, dict):
            return _wrong(value, path, f"type.googleapis.com/google.apps.sheets.v4.{message}", problems)
        result: dict[str, Any] = {}
        for name, item in value.items():
            kind = fields.get(name)
            if kind is None:
                where = f" at '{path}'" if path else ""
                problems.append((path, f'Unknown name "{_short(name)}"{where}: Cannot find field.'))
                continue
            if not kind:
                raise UnsupportedError(f"the field '{name}' of {message}")
            if item is None:
                continue
            step = snake(name)
            found = _checker(kind)(item, f"{path}.{step}" if path else step, problems)
            if found is not _INVALID:
                result[name] = found
        return result

    return check


def _list_checker(kind: str) -> Checker:
    def check(value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, list):
            if kind in {"any", "[]any"}:
                return _wrong(value, path, "type.googleapis.com/google.protobuf.ListValue", problems)
            return _wrong(value, path, "repeated field", problems)
        checker = _checker(kind)
        return [checker(item, f"{path}[{at}]", problems) for at, item in enumerate(value)]

    return check


def _map_checker(kind: str) -> Checker:
    def check(value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, dict):
            return _wrong(value, path, "map", problems)
        checker = _checker(kind)
        return {key: checker(item, f"{path}[{key}]", problems) for key, item in value.items()}

    return check


def _enum_checker(name: str) -> Checker:
    values = enums()[name]

    def check(value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, str) and value in values:
            return value
        return _wrong(value, path, f"type.googleapis.com/google.apps.sheets.v4.{name}", problems)

    return check


def _check_string(value: Any, path: str, problems: Problems) -> Any:
    return value if isinstance(value, str) else _wrong(value, path, "TYPE_STRING", problems)


def _check_bool(value: Any, path: str, problems: Problems) -> Any:
    return value if isinstance(value, bool) else _wrong(value, path, "TYPE_BOOL", problems)


def _check_int32(value: Any, path: str, problems: Problems) -> Any:
    """Documented for proto3 JSON: a number without a fraction, or its text."""
    number = _number(value)
    if number is None or not float(number).is_integer() or int(number) not in _INT32:
        return _wrong(value, path, "TYPE_INT32", problems)
    return int(number)


def _check_double(value: Any, path: str, problems: Problems) -> Any:
    number = _number(value)
    return _wrong(value, path, "TYPE_DOUBLE", problems) if number is None else number


def _check_float(value: Any, path: str, problems: Problems) -> Any:
    number = _number(value)
    return _wrong(value, path, "TYPE_FLOAT", problems) if number is None else float32(number)


def _check_any(value: Any, path: str, problems: Problems) -> Any:
    """Check a `google.protobuf.Value` in a cell: null stays, because it means something there."""
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, int | float):
        number = _number(value)
        return _wrong(value, path, "TYPE_DOUBLE", problems) if number is None else number
    kind = "list_value" if isinstance(value, list) else "struct_value"
    problems.append((path, f"Invalid values{path[path.find('[') :]}: {kind} {{...}}"))
    return _INVALID


_PRIMITIVES: dict[str, Checker] = {
    "string": _check_string,
    "mask": _check_string,
    "bool": _check_bool,
    "int32": _check_int32,
    "double": _check_double,
    "float": _check_float,
    "any": _check_any,
}


def _number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return None
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return whole(number) if math.isfinite(number) else None


def whole(number: float) -> int | float:
    """Return a double as Python's `int` where it has no fraction, so that it prints without one."""
    return int(number) if number.is_integer() else number


def float32(number: float) -> int | float:
    """Return a single-precision number in the fewest digits, as Google prints colours (recorded: 0.49803922)."""
    try:
        packed = struct.pack("<f", number)
    except OverflowError:
        return number
    for digits in range(6, 10):
        short = float(f"{number:.{digits}g}")
        if struct.pack("<f", short) == packed:
            return whole(short)
    return whole(float(struct.unpack("<f", packed)[0]))


def _wrong(value: Any, path: str, kind: str, problems: Problems) -> Any:
    shown = _short(json.dumps(value, ensure_ascii=False, default=str))
    problems.append((path, f"Invalid value at '{path}' ({kind}), {shown}"))
    return _INVALID


def _short(text: str) -> str:
    limit = 200
    return text if len(text) <= limit else text[:limit] + "…"


@cache
def snake(name: str) -> str:
    """`sheetId` as it stands in paths of error texts: `sheet_id`."""
    return _UPPER.sub(lambda match: "_" + match.group(1).lower(), name)
