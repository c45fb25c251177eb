"""The lines of an order, and names that never mean two of them. Pure.

A line is called by Shopify's id of it. One that came without an id, or with one that stands on several lines, is called
by its position: `#2`. What a line was called when it was filled it is called ever after, since the Key Ledger says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from npta.domain.state.receipts import OrderLine

_MIN_ID = 10
"""Digits of Shopify's own ids at least (seen in its examples)."""


def named(lines: Sequence[OrderLine], before: Sequence[OrderLine] = ()) -> tuple[OrderLine, ...]:
    """Give the lines names of their own; `before` are those that were filled. Idempotent."""
    times = Counter(line.line_item_id for line in lines)
    taken = {line.line_item_id for line in before}
    usable = [times[line.line_item_id] == 1 and line.line_item_id not in {*taken, ""} for line in lines]
    known = _known_names(lines, usable, before)
    names = []
    for position, (line, is_usable, old) in enumerate(zip(lines, usable, known, strict=True), 1):
        names.append(old or (line.line_item_id if is_usable else _position(position, taken | {*times})))
        taken.add(names[-1])
    return tuple(line._replace(line_item_id=name) for line, name in zip(lines, names, strict=True))


def position_name(position: int) -> str:
    """Return the name of a line by its position, counted from 1."""
    return f"#{position}"


def is_position(line_item_id: str) -> bool:
    """Whether a line is called by its position, since it came without an id of its own."""
    return line_item_id.startswith("#")


def settled(lines: Sequence[OrderLine], before: Sequence[OrderLine]) -> list[int]:
    """Count the units of each line among those of `before`: by its name first, then by SKU."""
    left = Counter({(line.line_item_id, line.sku): 0 for line in before})
    for line in before:
        left[line.line_item_id, line.sku] += line.quantity
    units = []
    for line in lines:
        name = (line.line_item_id, line.sku)
        units.append(min(line.quantity, left[name]))
        left[name] -= units[-1]
    rest: Counter[str] = Counter()
    for (_, sku), count in left.items():
        rest[sku] += count
    for position, line in enumerate(lines):
        more = min(line.quantity - units[position], rest[line.sku])
        units[position] += more
        rest[line.sku] -= more
    return units


def has_no_id(line: OrderLine, position: int, other: str) -> bool:
    """Whether a line at a position, from 1, may have the id `other`, since it has none itself.

    Earlier versions noted positions as if they were ids; Shopify's own are longer.
    """
    noted_as_id = line.line_item_id == str(position) and len(other) >= _MIN_ID
    return not line.line_item_id or is_position(line.line_item_id) or noted_as_id


def _known_names(lines: Sequence[OrderLine], usable: Sequence[bool], before: Sequence[OrderLine]) -> list[str]:
    """Return the names under which lines were filled: the same, or, without an id, by SKU."""
    free = {(line.line_item_id, line.sku): (position, line) for position, line in enumerate(before, 1)}
    names = ["" for _ in lines]
    for position, line in enumerate(lines):
        if free.pop((line.line_item_id, line.sku), None):
            names[position] = line.line_item_id
    for position, line in enumerate(lines):
        if names[position]:
            continue
        is_any = not usable[position] or is_position(line.line_item_id)
        for (name, sku), (old_position, old) in free.items():
            if sku == line.sku and (is_any or has_no_id(old, old_position, line.line_item_id)):
                names[position] = name
                del free[name, sku]
                break
    return names


def _position(position: int, taken: set[str]) -> str:
    while (name := position_name(position)) in taken:
        position += 1
    return name
