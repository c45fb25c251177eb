"""The lines of an order and what each is called, so that one name never means two of them. Pure.

A line is called by Shopify's id of it. One that came without an id, or with one that stands on several lines, is called by
its position: `#2`. What a line was called when it was filled it is called ever after, since the Key Ledger says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from npta.domain.receipts import Line


def named(lines: Sequence[Line], before: Sequence[Line] = ()) -> tuple[Line, ...]:
    """Return the lines with names of their own; `before` are those that the order was filled with. Idempotent."""
    known = _known_names(lines, before)
    times = Counter(line.line_item_id for line in lines)
    taken = {*filter(None, known), *(line.line_item_id for line in before)}
    names = []
    for place, (line, old) in enumerate(zip(lines, known, strict=True), 1):
        own = line.line_item_id
        is_its_own = own and times[own] == 1 and own not in taken
        names.append(old or (own if is_its_own else _position(place, taken | {*times})))
        taken.add(names[-1])
    return tuple(line._replace(line_item_id=name) for line, name in zip(lines, names, strict=True))


def position_name(place: int) -> str:
    """What a line is called by its position, counted from 1."""
    return f"#{place}"


def is_position(line_item_id: str) -> bool:
    """Whether a line is called by its position, since it came without an id of its own."""
    return line_item_id.startswith("#")


def settled(lines: Sequence[Line], before: Sequence[Line]) -> list[int]:
    """How many units of each line are among those of `before`: of the line of that name first, then of the same SKU."""
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
    for place, line in enumerate(lines):
        more = min(line.quantity - units[place], rest[line.sku])
        units[place] += more
        rest[line.sku] -= more
    return units


def _known_names(lines: Sequence[Line], before: Sequence[Line]) -> list[str]:
    """The names under which lines were filled: the same one if the SKU is the same, or one of the same SKU; else none."""
    free = list(dict.fromkeys((line.line_item_id, line.sku) for line in before))
    names = [""] * len(lines)
    for place, line in enumerate(lines):
        if (line.line_item_id, line.sku) in free:
            names[place] = line.line_item_id
            free.remove((line.line_item_id, line.sku))
    for place, line in enumerate(lines):
        if not names[place] and (same := next((name for name, sku in free if sku == line.sku), "")):
            names[place] = same
            free.remove((same, line.sku))
    return names


def _position(place: int, taken: set[str]) -> str:
    while (name := position_name(place)) in taken:
        place += 1
    return name
