"""What becomes of fulfilment orders: held, split, moved, handed over, cancelled, fulfilled.

Documented: a hold or a move of a part of a fulfilment order splits it in two; a cancelled one is replaced by a new one.
Assumed: a cancelled one goes on showing the units that it had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from npta.local.shop.models import OTHER_LOCATION, FulfillmentOrder, Goods, Line, LocalOrder, ToFulfill
from npta.local.shop.selling import ImpossibleSaleError, fulfill

Wanted = Mapping[str, Any]
Action = Callable[[Goods, LocalOrder, Wanted, str], object]


def act(goods: Goods, order: LocalOrder, action: str, wanted: Wanted, now: str) -> None:
    """Do what people and other apps do to an order's fulfilment.

    `lines` name a part of it, else it is all that is open.

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
        lines = [ToFulfill(goods.new_id(), line.line, line.remaining, line.remaining) for line in work.lines]
        work.state = "CANCELLED"
        order.work.append(FulfillmentOrder(goods.new_id(), work.location, lines))


def _fulfil(goods: Goods, order: LocalOrder, wanted: Wanted, now: str) -> None:
    chosen = _units(order, wanted)
    units: dict[str, int] = {}
    for work in order.open_work:
        for line in work.lines:
            taken = min(line.remaining, chosen.get(line.line.id, 0))
            chosen[line.line.id] = chosen.get(line.line.id, 0) - taken
            if taken:
                units[line.id] = taken
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
    """Return the fulfilment orders of what was chosen.

    Of what is chosen in part, a new one is split off.
    """
    if not wanted.get("lines"):
        return list(order.open_work)
    units, found = _units(order, wanted), []
    for work in list(order.open_work):
        taken = {line.id: min(line.remaining, units.get(line.line.id, 0)) for line in work.lines}
        if not any(taken.values()):
            continue
        for line in work.lines:
            units[line.line.id] = units.get(line.line.id, 0) - taken[line.id]
        if all(taken[line.id] == line.remaining for line in work.lines):
            found.append(work)
            continue
        lines = [_taken(goods, line, taken[line.id]) for line in work.lines if taken[line.id]]
        work.lines = [line for line in work.lines if line.total]
        part = FulfillmentOrder(goods.new_id(), work.location, lines, service=work.service)
        order.work.append(part)
        found.append(part)
    return found


def _taken(goods: Goods, source: ToFulfill, units: int) -> ToFulfill:
    source.total -= units
    source.remaining -= units
    return ToFulfill(goods.new_id(), source.line, units, units)


def _units(order: LocalOrder, wanted: Wanted) -> dict[str, int]:
    """How many units of which line, by its id.

    All that is open of the lines that are named without a quantity.
    """
    units: dict[str, int] = {}
    for chosen in wanted.get("lines") or [{"line_item_id": line.id} for line in order.lines]:
        for line in _named(order.lines, chosen):
            remaining = sum(part.remaining for work in order.open_work for part in work.lines if part.line is line)
            units[line.id] = units.get(line.id, 0) + int(chosen.get("quantity", remaining))
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
