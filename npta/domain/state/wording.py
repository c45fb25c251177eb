"""How messages count, list and shorten: `1 key`, `CPT, CNCe, … and 3 more`. Pure."""

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
    """Return the first of them, and how many there are besides."""
    whole = list(lines)
    more = len(whole) - most
    return [*whole[:most], f"… and {more} more"] if more > 0 else whole


def names(texts: Iterable[str]) -> str:
    """`CPT, CNCe, … and 3 more`."""
    return ", ".join(listed(short(name) for name in texts))


def count(number: int, thing: str, things: str = "", *, none: str = "") -> str:
    """Return `1 key`, `2 keys`.

    `things` is a plural in other than s, `none` is said of 0 of them.
    """
    if not number and none:
        return none
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {things or f'{thing}s'}"


def sku_name(sku: str) -> str:
    """Return a SKU in one line; a line of an order, a row and a product may have none."""
    return short(sku) or "no SKU"


def in_brackets(text: str) -> str:
    """Return ` (#1042)`, to stand behind what it says more of; nothing if it says nothing."""
    return f" ({text})" if text else ""
