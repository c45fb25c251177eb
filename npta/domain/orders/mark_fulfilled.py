"""Which units of an order are marked as fulfilled in Shopify, and which cannot be. Pure.

Facts: `unfulfilledQuantity` and `currentQuantity` of an order's line count what was refunded or removed out (documented).
Units are fulfilled through fulfilment orders, of which an order has several: split ones, ones on hold, ones of a
fulfilment service, which takes only its own word for them, and, not shown at all, those that belong to somebody
whose scope this app was not granted (seen). A cancelled or closed one is replaced by another, or done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from npta.domain.state.normalized_text import canonical
from npta.domain.state.receipts import OrderLine
from npta.domain.state.wording import count, sku_name

READY = frozenset({"OPEN", "IN_PROGRESS"})
OVER = frozenset({"CANCELLED", "CLOSED", "INCOMPLETE"})
"""Fulfilment orders of which nothing is to be fulfilled any more; what is left of them stands in others."""
_WAITS = {"ON_HOLD": "on hold in Shopify", "SCHEDULED": "scheduled for later in Shopify"}


class ShopLine(NamedTuple):
    """A line of the shop's order; `current` is without refunds, `unfulfilled` is open of it."""

    line_item_id: str
    sku: str
    current: int
    unfulfilled: int


class FulfillmentWork(NamedTuple):
    """Units of one line in one fulfilment order. `marks`: whether this app may mark them."""

    order_part: str
    """The fulfilment order."""
    part: str
    """Its line."""
    line_item_id: str
    remaining: int
    status: str
    marks: bool
    location: str
    assigned_to: str


class Mark(NamedTuple):
    """Units to be marked, and where."""

    work: FulfillmentWork
    units: int


class Left(NamedTuple):
    """Units that cannot be marked, and why. `waits`: that passes, or somebody lets it go."""

    sku: str
    units: int
    why: str
    waits: bool = False

    def __str__(self) -> str:
        return f"{sku_name(self.sku)} × {self.units} ({self.why})"


def describe_left(left: Iterable[Left]) -> str:
    """Say what could not be marked, line by line, so that `what_to_do` understands it."""
    return "; ".join(map(str, left))


def what_to_do(left: str) -> str:
    """Return the next step for what `describe_left` names."""
    if any(f"({why})" in left for why in _WAITS.values()):
        return "Release them in Shopify, and they are marked by themselves; or mark them as fulfilled there by hand."
    return "Mark these lines as fulfilled in Shopify by hand."


class Marking(NamedTuple):
    """What is to be marked, and what cannot be."""

    marks: tuple[Mark, ...]
    left: tuple[Left, ...]


def plan_marking(
    wanted: Sequence[OrderLine],
    lines: Sequence[ShopLine],
    work: Sequence[FulfillmentWork],
    done: Mapping[str, int] | None = None,
) -> Marking:
    """Decide how to bring the served lines to fulfilled, each unit once.

    What is fulfilled already counts, no matter who did it; `done` are units, by line, marked a moment ago, which may
    not be seen yet. A line that cannot be marked holds up no other.
    """
    served, left = _matched(wanted, lines)
    marks: list[Mark] = []
    for line in lines:
        fulfilled = max(line.current - line.unfulfilled, (done or {}).get(line.line_item_id, 0))
        missing = min(line.unfulfilled, served.get(line.line_item_id, 0) - fulfilled)
        ours = [part for part in work if part.line_item_id == line.line_item_id and part.remaining]
        for part in ours:
            if part.status in READY and part.marks and missing > 0:
                units = min(missing, part.remaining)
                missing -= units
                marks.append(Mark(part, units))
        left += _held_up(line, missing, [part for part in ours if part.status not in OVER])
    return Marking(tuple(marks), tuple(left))


def _matched(wanted: Sequence[OrderLine], lines: Sequence[ShopLine]) -> tuple[Counter[str], list[Left]]:
    """Return how many units of which line were served, and what no line is found for.

    By Shopify's id where it is known and the SKU agrees; else by the SKU.
    """
    served: Counter[str] = Counter()
    known = {line.line_item_id: canonical(line.sku) for line in lines}
    unknown: dict[str, list[int]] = {}
    for served_line in wanted:
        sku = canonical(served_line.sku)
        if known.get(served_line.line_item_id) == sku:
            served[served_line.line_item_id] += served_line.quantity
        else:
            unknown.setdefault(sku, []).append(served_line.quantity)
    left: list[Left] = []
    for sku, quantities in unknown.items():
        open_lines = [
            line for line in lines if known[line.line_item_id] == sku and line.current and not served[line.line_item_id]
        ]
        found = _certain(quantities, open_lines)
        served.update(found)
        if not found and open_lines:
            message = f"{count(len(open_lines), 'line of the order has', 'lines of the order have')} this SKU, and which of them was served is not certain"
            left.append(Left(sku, sum(quantities), message))
        elif not found and sku not in known.values():
            left.append(Left(sku, sum(quantities), "the order in Shopify has no line with this SKU"))
    return served, left


def _certain(quantities: Sequence[int], lines: Sequence[ShopLine]) -> dict[str, int]:
    """Return which lines quantities of one SKU belong to, if there is no other way to see it."""
    served = sum(quantities)
    if len(lines) == 1:
        return {lines[0].line_item_id: served}
    if served >= sum(line.current for line in lines):
        return {line.line_item_id: line.current for line in lines}
    wanted, there = Counter(quantities), Counter(line.current for line in lines)
    if all(there[quantity] == count for quantity, count in wanted.items()):
        return {line.line_item_id: line.current for line in lines if line.current in wanted}
    return {}


def _held_up(line: ShopLine, missing: int, work: Iterable[FulfillmentWork]) -> Iterator[Left]:
    for part in work:
        if missing <= 0:
            return
        if part.status in READY and part.marks:
            continue
        units = min(missing, part.remaining)
        missing -= units
        if part.status in _WAITS:
            yield Left(line.sku, units, _WAITS[part.status], waits=True)
        elif part.status in READY:
            yield Left(line.sku, units, f"to be fulfilled by {part.assigned_to or 'a fulfilment service'}")
        else:
            yield Left(line.sku, units, f"its fulfilment is {part.status.lower().replace('_', ' ')}")
    if missing > 0:
        yield Left(line.sku, missing, "Shopify shows this app no fulfilment of it; another service may be in charge")
