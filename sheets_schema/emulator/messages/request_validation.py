"""Reads JSON as Google's servers do: leniently, by the table of messages.

It comes before any rule. The leniency is that of proto3's own converter (documented, and public as
`ProtoStreamObjectWriter` of protobuf's C++ library, which Google's front ends run): names with underscores; lists
within lists are one list, and a single item is a list of one; nulls count for nothing, in lists, too; numbers and
`true` as text; enums as numbers and in small letters; a field mask as text or as `{paths: […]}`.

What comes out has the right types and no nulls: handlers read it without checking again. Everything that is wrong is
collected and answered in one 400 whose texts follow recorded ones: `Unknown name "x" at 'requests[0]': Cannot find
field.` and `Invalid value at 'data.values' (TYPE), "X"`. What Google knows and the emulator does not support is refused
by name, too.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, NamedTuple

from sheets_schema.emulator.errors import ApiError, invalid_argument, unsupported
from sheets_schema.emulator.messages.message_fields import enums, field_names, message_fields, snake
from sheets_schema.emulator.messages.numbers import float32, whole

Problems = list[tuple[str, str]]
"""Field path and description of everything found wrong."""

Checker = Callable[[Any, str, Problems], Any]

_INVALID = object()
_INT32 = range(-(2**31), 2**31)
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_TRUE, _FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})
_NO_LIST = "Proto field is not repeating, cannot start list."


class UnsupportedError(Exception):
    """A field that Google knows and the emulator does not support.

    A signal inside this module that no caller sees.
    """


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
    """Read a query parameter that is an enum."""
    problems: Problems = []
    found: str = _checker(name)(value, path, problems)
    if problems:
        raise _refusal(problems)
    return found


def boolean(text: str) -> bool | None:
    """Return what a text means where a boolean is wanted; None for neither."""
    low = text.lower()
    return True if low in _TRUE else False if low in _FALSE else None


def _refusal(problems: Problems) -> ApiError:
    def text(description: str) -> str:
        if description.startswith("Invalid value"):
            return description
        return f"Invalid JSON payload received. {description}"

    message = "\n".join(text(description) for _, description in problems)
    return invalid_argument(message, violations=[(field, text(description)) for field, description in problems])


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


class _Field(NamedTuple):
    """How one field of a message is read; no checker marks one that is not supported."""

    name: str
    step: str
    checker: Checker | None
    is_list: bool
    is_scalar: bool


def _field(message: str, written: str) -> _Field | None:
    name = field_names(message).get(written)
    if name is None:
        return None
    kind = message_fields()[message][name]
    is_scalar = (kind in _PRIMITIVES and kind != "mask") or kind in enums()
    return _Field(name, snake(name), _checker(kind) if kind else None, kind.startswith("[]"), is_scalar)


def _message_checker(message: str) -> Checker:
    fields: dict[str, _Field] = {}
    type_name = f"type.googleapis.com/google.apps.sheets.v4.{message}"

    def check(value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, dict):
            return _wrong(value, path, type_name, problems)
        result: dict[str, Any] = {}
        before = f"{path}." if path else ""
        for written, item in value.items():
            field = fields.get(written)
            if field is None:
                field = _field(message, written)
                if field is None:
                    problems.append((path, f"{_unknown(written, path)}: Cannot find field."))
                    continue
                fields[written] = field
            name, step, checker, is_list, is_scalar = field
            if checker is None:
                raise UnsupportedError(f"the field '{name}' of {message}")
            if item is None:
                continue
            kind = item.__class__
            if (kind is list and not is_list) or (kind is dict and is_scalar):
                problems.append((path, _misfit(written, step, path, is_list=kind is list)))
                continue
            found = checker(item, before + step, problems)
            if found is not _INVALID:
                result[name] = found
        return result

    return check


def _misfit(written: str, step: str, path: str, *, is_list: bool) -> str:
    """Return the text for a list or an object where neither can be."""
    if is_list:
        return f"{_unknown(written, path)}: {_NO_LIST}"
    where = f" at '{path}'" if path else ""
    return f"Invalid value{where} ({step}), Starting an object on a scalar field"


def _unknown(name: str, path: str) -> str:
    return f'Unknown name "{_short(name)}"' + (f" at '{path}'" if path else "")


def _list_checker(kind: str) -> Checker:
    """Check a repeated field.

    The rows of a `ValueRange` are lists themselves, and their cells are kept as they come.
    """
    if kind == "any":
        return _check_cells

    checker = _checker(kind)
    is_rows = kind == "[]any"

    def check(value: Any, path: str, problems: Problems) -> Any:
        if value.__class__ is not list:
            if is_rows:
                return _wrong(value, path, "type.googleapis.com/google.protobuf.ListValue", problems)
            value = [value]
        for item in value:
            if item is None or (item.__class__ is list and not is_rows):
                value = [row for row in value if row is not None] if is_rows else list(_flat(value))
                break
        found = [checker(item, f"{path}[{at}]", problems) for at, item in enumerate(value)]
        return [item for item in found if item is not _INVALID] if problems else found

    return check


def _check_cells(value: Any, path: str, problems: Problems) -> Any:
    if not isinstance(value, list):
        return _wrong(value, path, "type.googleapis.com/google.protobuf.ListValue", problems)
    return [_check_any(item, f"{path}[{at}]", problems) for at, item in enumerate(value)]


def _flat(value: Any) -> Iterator[Any]:
    """Yield the items of a list, of the lists in it, or the one item that is no list.

    Nulls are left out.
    """
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif value is not None:
        yield value


def _map_checker(kind: str) -> Checker:
    def check(value: Any, path: str, problems: Problems) -> Any:
        if not isinstance(value, dict):
            return _wrong(value, path, "map", problems)
        checker = _checker(kind)
        return {key: checker(item, f"{path}[{key}]", problems) for key, item in value.items() if item is not None}

    return check


def _enum_checker(name: str) -> Checker:
    values = enums()[name]

    def check(value: Any, path: str, problems: Problems) -> Any:
        if isinstance(value, str) and value in values:
            return value
        number = _number(value)
        if number in range(len(values)):
            return values[int(number or 0)]
        written = value.upper().replace("-", "_") if isinstance(value, str) else None
        if written in values:
            return written
        return _wrong(value, path, f"type.googleapis.com/google.apps.sheets.v4.{name}", problems)

    return check


def _check_string(value: Any, path: str, problems: Problems) -> Any:
    return value if isinstance(value, str) else _wrong(value, path, "TYPE_STRING", problems)


def _check_mask(value: Any, path: str, problems: Problems) -> Any:
    """Documented: in JSON a field mask is one text.

    Its message, a list of paths, is understood as well.
    """
    if isinstance(value, dict) and set(value) <= {"paths"}:
        paths = [
            _check_string(item, f"{path}.paths[{at}]", problems) for at, item in enumerate(_flat(value.get("paths")))
        ]
        return ",".join(item for item in paths if item is not _INVALID)
    return _check_string(value, path, problems)


def _check_bool(value: Any, path: str, problems: Problems) -> Any:
    found = boolean(value) if isinstance(value, str) else value
    return found if isinstance(found, bool) else _wrong(value, path, "TYPE_BOOL", problems)


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
    "mask": _check_mask,
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
        value = float(value) if _DECIMAL.fullmatch(value) else None
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return whole(number) if math.isfinite(number) else None


def _wrong(value: Any, path: str, kind: str, problems: Problems) -> Any:
    shown = _short(json.dumps(value, ensure_ascii=False, default=str))
    problems.append((path, f"Invalid value at '{path}' ({kind}), {shown}"))
    return _INVALID


def _short(text: str) -> str:
    limit = 200
    return text if len(text) <= limit else text[:limit] + "…"
