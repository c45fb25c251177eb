"""What is wrong with a sentence by its letters alone: plurals, empty names, words of the machine, stray signs."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

_THINGS = (
    "alert", "cell", "change", "check", "code", "column", "commit", "count", "day", "difference", "duplicate", "fault",
    "finding", "key", "level", "line", "message", "minute", "order", "person", "pool", "problem", "product", "remark",
    "row", "seat", "second", "step", "tab", "unit", "value", "variant", "hour", "mail", "stock", "warning", "failure",
)  # fmt: skip
"""What is counted in sentences."""
MANY = "|".join(f"{thing}s" for thing in _THINGS) + "|people|entries|copies|addresses"
_ONE = "|".join(_THINGS) + "|entry|copy|address"
_BETWEEN = r"(?:(?!of\b|in\b|for\b|to\b|with\b|without\b|by\b|and\b|that\b|on\b|found\b)[A-Za-z-]+ ){0,2}?"
_NO_NAME = r"(?<![\w.,:#/+×-])(?<!row )(?<!order )(?<!orders )(?<!line )(?<!version )(?<!key )"
"""An order, a row and a key may be called by a number; so many of them are there not."""
_SINGLE = rf"{_NO_NAME}1 "
_SEVERAL = rf"{_NO_NAME}(?:0|[2-9]|[1-9]\d{{1,2}}(?:,\d{{3}})*|[1-9](?:,\d{{3}})+) "

WRONG = {
    "a plural of one": re.compile(rf"{_SINGLE}{_BETWEEN}(?:{MANY}|are|were|have|hold|wait)\b"),
    "a singular of several": re.compile(rf"{_SEVERAL}{_BETWEEN}(?:{_ONE}|is|was|has|holds|waits)\b(?! (?:id|code|name)s?\b)"),
    "a plural made of a phrase": re.compile(r"\b\w+(?:[^e\W]ed|[^e\W]eed(?<!need)(?<!seed)(?<!feed)|sh|ch|ss|x|[^aeiou\W]y|without)s\b"),
    "a word of the machine": re.compile(r"\bundefined\b|\bnull\b|\bNaN\b|\bNone\b(?! (?:of|was|is)\b)|\[object |<[\w.]+ object|\bFalse\b|\bTrue\b|\{(?!id\})\w*\}|Invalid Date"),
    "two blanks": re.compile(r"  |^ | $"),
    "an empty name": re.compile(r"\(\s*[),]|“\s*”|‘\s*’|\"\"|''|\[\]|<>"),
    "a stray sign": re.compile(r" [,.;:!?)](?!\w)|\( |,\s*[,.;:)]|;\s*[.,;:]|:\s*[,.;:]|(?<!\.)\.\.(?!\.)|\.\s*[,;:]|…\.|[•–·]\s*(?:[:,.;·]|$)|^[:,;.·]|[,;·(]$|[,;:·]\s*(?:and|or)?\s*$(?<!:)"),
    "a name that is missing": re.compile(
        r"\b(?:of|by|from|since|than|the|needs) (?:is|was|are|and|has|holds|waits)\b|\b(?:by|from|than|the|needs)[,.;:)]|^[A-Z]\w*:$"
    ),
    "about nothing": re.compile(r"\b(?:about|for|lasts) 0 "),
}  # fmt: skip
"""Each kind of mistake, by what shows it."""


COUNTS = ("a plural of one", "a singular of several", "about nothing")
"""What is wrong whatever names stand in a text: people type the strangest ones."""


def mistakes(text: str, sorts: Collection[str] = tuple(WRONG)) -> Iterator[str]:
    """Yield what is wrong with a text, and where."""
    for sort, pattern in WRONG.items():
        if sort not in sorts:
            continue
        for found in pattern.finditer(text):
            start, end = found.span()
            yield f"{sort}: …{text[max(0, start - 30) : start]}[{found[0]}]{text[end : end + 20]}… in {text!r}"
