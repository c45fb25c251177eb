"""How lists, counts and names are written for people; whatever comes from outside is cut to a length."""

from __future__ import annotations

from collections.abc import Iterable

MAX_LISTED = 20
"""Things of one sort that are named; the others are counted."""
MAX_NAME = 80


def short(text: str, longest: int = MAX_NAME) -> str:
    """One line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def listed(lines: Iterable[str], most: int = MAX_LISTED) -> list[str]:
    """The first of them, and how many there are besides."""
    whole = list(lines)
    more = len(whole) - most
    return [*whole[:most], f"… and {more} more"] if more > 0 else whole


def names(each: Iterable[str]) -> str:
    """`CPT, CNCe, … and 3 more`."""
    return ", ".join(listed(short(name) for name in each))


def count(number: int, thing: str, things: str = "") -> str:
    """`1 key`, `2 keys`. `things` is the plural where it does not end in the word's own s: `2 entries`."""
    return f"{number} {thing}" if number == 1 else f"{number} {things or f'{thing}s'}"
