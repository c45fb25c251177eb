"""What becomes of fulfilment orders: held, split, moved, handed to a service, cancelled, and fulfilled by a person.

Documented: a hold or a move of a part of a fulfilment order splits it in two; a cancelled one is replaced by a new one.
Assumed: a cancelled one goes on showing the units that it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from npta.local.shop.goods import OTHER_LOCATION, FulfillmentOrder, Goods, Line, LocalOrder, ToFulfill
from npta.local.shop.selling import ImpossibleSaleError, fulfill

Wanted = Mapping[str, Any]
Action = Callable[[Goods, LocalOrder, Wanted, str], object]


def act(goods: Goods, order: LocalOrder, action: str, wanted: Wanted, now: str) -> None:
    """Do what people and other apps do to an order's fulfilment; `lines` name a part of it, else it is all that is open.

    Raises `ImpossibleSaleError`.
    """
    if action not in ACTIONS:
        raise ImpossibleSaleError(f"{action}: one of {', '.join(ACTIONS)}")
    ACTIONS[action](goods, order, wanted, now)
    order.updated_at = now


def _change(field: str, value: Callable[[Wanted], Any]) -> Action:
    """Return the action that sets a field of the fulfilment orders that are chosen."""

    def act_on(goods: Goods, order: LocalOrder, wanted: Wanted, _now: str) -> None:
        for work in _chosen(goods, order, wanted):
            setattr(work, field, value(wanted))

    return act_on


def _release(_goods: Goods, order: LocalOrder, _wanted: Wanted, _now: str) -> None:
    for work in order.work:
        work.held = False
        work.state = "" if work.state == "SCHEDULED" else work.state


def _replace(goods: Goods, order: LocalOrder, wanted: Wanted, _now: str) -> None:
    for work in _chosen(goods, order, wanted):
        lines = [ToFulfill(goods.new_id(), each.line, each.remaining, each.remaining) for each in work.lines]
        work.state = "CANCELLED"
        order.work.append(FulfillmentOrder(goods.new_id(), work.location, lines))


def _fulfil(goods: Goods, order: LocalOrder, wanted: Wanted, now: str) -> None:
    chosen = _units(order, wanted)
    units: dict[str, int] = {}
    for work in order.open_work:
        for each in work.lines:
            taken = min(each.remaining, chosen.get(each.line.id, 0))
            chosen[each.line.id] = chosen.get(each.line.id, 0) - taken
            if taken:
                units[each.id] = taken
    fulfill(goods, order, units, now, notified=True)


def _pay(_goods: Goods, order: LocalOrder, wanted: Wanted, _now: str) -> None:
    order.payment = str(wanted.get("financial_status", "paid")).upper()


ACTIONS: Mapping[str, Action] = {
    "hold": _change("held", lambda _: True),
    "release": _release,
    "split": lambda goods, order, wanted, _now: _chosen(goods, order, wanted),
    "move": _change("location", lambda wanted: str(wanted.get("location") or OTHER_LOCATION)),
    "assign": _change("service", lambda wanted: str(wanted.get("service") or "Elsewhere Fulfilment")),
    "schedule": _change("state", lambda _: "SCHEDULED"),
    "replace": _replace,
    "fulfill": _fulfil,
    "pay": _pay,
}


def _chosen(goods: Goods, order: LocalOrder, wanted: Wanted) -> list[FulfillmentOrder]:
    """Return the fulfilment orders of what was chosen; of what is chosen in part, a new one is split off."""
    if not wanted.get("lines"):
        return list(order.open_work)
    units, found = _units(order, wanted), []
    for work in list(order.open_work):
        taken = {each.id: min(each.remaining, units.get(each.line.id, 0)) for each in work.lines}
        if not any(taken.values()):
            continue
        for each in work.lines:
            units[each.line.id] = units.get(each.line.id, 0) - taken[each.id]
        if all(taken[each.id] == each.remaining for each in work.lines):
            found.append(work)
            continue
        lines = [_taken(goods, each, taken[each.id]) for each in work.lines if taken[each.id]]
        work.lines = [each for each in work.lines if each.total]
        part = FulfillmentOrder(goods.new_id(), work.location, lines, service=work.service)
        order.work.append(part)
        found.append(part)
    return found


def _taken(goods: Goods, source: ToFulfill, units: int) -> ToFulfill:
    source.total -= units
    source.remaining -= units
    return ToFulfill(goods.new_id(), source.line, units, units)


def _units(order: LocalOrder, wanted: Wanted) -> dict[str, int]:
    """How many units of which line, by its id; all that is open of the lines that are named without a quantity."""
    units: dict[str, int] = {}
    for each in wanted.get("lines") or [{"line_item_id": line.id} for line in order.lines]:
        for line in _named(order.lines, each):
            remaining = sum(part.remaining for work in order.open_work for part in work.lines if part.line is line)
            units[line.id] = units.get(line.id, 0) + int(each.get("quantity", remaining))
    return units


def _named(lines: Iterable[Line], wanted: Wanted) -> list[Line]:
    found = [
        line
        for line in lines
        if line.id == str(wanted.get("line_item_id", "")) or (line.sku and line.sku == wanted.get("sku"))
    ]
    if not found:
        raise ImpossibleSaleError(f"there is no line {dict(wanted)}")
    return found
