"""A row of the paste zone as its six values, in six cells or in the first. Pure.

A line's values stand between `|` (as in a Markdown table), tabs, semicolons or commas (quotes as in CSV), or blanks.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping

from npta.domain.state.entitlements import InvalidEntitlementError
from npta.domain.state.normalized_text import canonical, trimmed

FIELDS = ("region", "provider", "product_code", "component", "keycode", "seats")
_SEPARATORS = ("|", "\t", ";", ",")
LINE_END = re.compile(r"[\n\v\f\r\x85\u2028\u2029]")
_RULE = re.compile(r":?-{2,}:?")


def pasted_values(cells: Mapping[str, object]) -> tuple[object, ...]:
    """Return the values of a row in the order of `FIELDS`; of a line as many as stand there.

    Raises `InvalidEntitlementError` for a cell that holds several lines.
    """
    values = tuple(cells.get(name) for name in FIELDS)
    line = values[0]
    if not isinstance(line, str) or any(not is_blank(value) for value in values[1:]):
        return values
    parts = _split(trimmed(line))
    return values if len(parts) == 1 else parts


def is_blank(value: object) -> bool:
    """Whether nothing that a person sees stands in a cell."""
    return value is None or (isinstance(value, str) and not canonical(value))


def is_header(values: tuple[object, ...]) -> bool:
    """Whether these are the names of the columns, or the rule below them in a Markdown table."""
    words = ["" if value is None else canonical(str(value)).lower() for value in values]
    return words[:2] == ["region", "provider"] or all(_RULE.fullmatch(word) for word in words)


def _split(line: str) -> tuple[str, ...]:
    """Split at the first separator that gives six values; else at the first in the line."""
    if LINE_END.search(line):
        raise InvalidEntitlementError("the first cell holds several lines: paste one key a row")
    ways = [_between(line, separator) for separator in _SEPARATORS if separator in line]
    blanks = tuple(line.split())
    if not any(part[0] in _SEPARATORS or part[-1] in _SEPARATORS for part in blanks):
        ways.append(blanks)
    return next((parts for parts in ways if len(parts) == len(FIELDS)), ways[0])


def _between(line: str, separator: str) -> tuple[str, ...]:
    try:
        parts = next(csv.reader([line], delimiter=separator, skipinitialspace=True))
    except csv.Error:
        parts = line.split(separator)
    parts = [trimmed(part) for part in parts]
    for outer in (-1, 0):
        while len(parts) > len(FIELDS) and not parts[outer]:
            parts.pop(outer)
    return tuple(parts)
