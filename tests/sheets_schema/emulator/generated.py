"""Requests of any kind, generated from the table of messages: mostly of the right types, often senseless."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sheets_schema.emulator.messages.message_fields import enums, message_fields

_NUMBERS = st.one_of(st.integers(-5, 1100), st.sampled_from([2**31 - 1, -(2**31), 0, 1, 26, 1000]))
_TEXTS = st.one_of(
    st.sampled_from(["", "*", "Sheet1", "A1", "userEnteredValue", "note", "=1/0", "=((", "a.b(c)", "x" * 50_001]),
    st.text(max_size=5),
)


def _strategy(kind: str, depth: int) -> st.SearchStrategy[Any]:
    """Values of a type: mostly of the right one, so that handlers are reached and not only the checker."""
    if not kind:
        return st.none()
    if kind.startswith("[]"):
        return st.lists(_strategy(kind[2:], depth), max_size=2)
    if kind.startswith("{}"):
        return st.dictionaries(st.sampled_from(["0", "1", "x"]), _strategy(kind[2:], depth), max_size=2)
    simple: dict[str, st.SearchStrategy[Any]] = {
        "string": _TEXTS,
        "mask": st.sampled_from(
            ["*", "", "note", "userEnteredValue", "title", "range", "name", "gridProperties.rowCount", "joe"]
        ),
        "bool": st.booleans(),
        "int32": _NUMBERS,
        "double": st.floats(allow_nan=False, allow_infinity=False),
        "float": st.floats(-1, 2),
        "any": st.one_of(st.none(), _TEXTS, _NUMBERS),
    }
    if kind in simple:
        return simple[kind]
    try:
        return st.sampled_from(sorted(enums()[kind]))
    except KeyError:
        if depth > 5:
            return st.just({})
        return _message(kind, depth + 1)


def _message(name: str, depth: int = 0) -> st.SearchStrategy[dict[str, Any]]:
    fields = {key: _strategy(kind, depth) for key, kind in message_fields()[name].items() if kind}
    return st.fixed_dictionaries({}, optional=fields)


def request_of(kind: str) -> st.SearchStrategy[Any]:
    """Bodies for a kind of request."""
    return _strategy(message_fields()["Request"][kind], 0)
