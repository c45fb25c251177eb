"""Number format patterns, taken apart: sections, and the tokens of each.

Documented: "Date and number format tokens" of the Sheets guide. What has no documented meaning is no pattern: it is
refused where it is set, so that everything that is kept can be shown.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

MAX_SECTIONS = 4
"""Positive, negative, zero, text."""

_TOKEN = re.compile(
    r"""
      (?P<literal>"[^"]*"|\\.)
    | (?P<blank>_.)
    | (?P<fill>\*.)
    | \[\$(?P<currency>[^\]\-]*)(?:-[^\]]*)?\]
    | \[(?P<elapsed>h+|m+|s+)\]
    | \[(?P<condition>(?:<=|>=|<>|<|>|=)\s*-?[0-9]+(?:\.[0-9]+)?)\]
    | \[(?P<colour>black|white|red|green|blue|yellow|magenta|cyan|color\s?[0-9]{1,2})\]
    | (?P<general>general)
    | (?P<half>am/pm|a/p)
    | (?P<date>y+|m+|d+|h+|s+)
    | (?P<exponent>e[+-])
    | (?P<digit>[0#?])
    | (?P<mark>[.,%@/])
    | (?P<plain>[^A-Za-z\[\]"\\])
    """,
    re.IGNORECASE | re.VERBOSE,
)


class Token(NamedTuple):
    """One token. `kind` is a group of the expression above, `text` what it shows or says."""

    kind: str
    text: str


class Section(NamedTuple):
    """One section: its tokens, and what numbers it is for."""

    tokens: tuple[Token, ...]
    condition: str
    is_date: bool


@lru_cache(maxsize=1024)
def sections(pattern: str) -> tuple[Section, ...] | None:
    """Return the sections of a pattern; None for a text that is none."""
    parts: list[list[Token]] = [[]]
    position = 0
    while position < len(pattern):
        if pattern[position] == ";":
            parts.append([])
            position += 1
            continue
        match = _TOKEN.match(pattern, position)
        if match is None:
            return None
        parts[-1].append(_token(match))
        position = match.end()
    if len(parts) > MAX_SECTIONS or not pattern:
        return None
    return tuple(map(_section, parts))


def _token(match: re.Match[str]) -> Token:
    kind = match.lastgroup or ""
    text = match.group(kind)
    if kind == "literal":
        return Token("literal", text[1:-1] if text[0] == '"' else text[1])
    if kind in {"currency", "plain"}:
        return Token("literal", text)
    if kind == "blank":
        # A gap as wide as the next letter; as text it is a blank.
        return Token("literal", " ")
    return Token(kind, text.lower() if kind in {"date", "half", "elapsed", "exponent"} else text)


def _section(tokens: list[Token]) -> Section:
    condition = next((token.text for token in tokens if token.kind == "condition"), "")
    shown = tuple(token for token in tokens if token.kind not in {"condition", "colour", "fill"})
    return Section(shown, condition, any(token.kind in {"date", "elapsed", "half"} for token in shown))
