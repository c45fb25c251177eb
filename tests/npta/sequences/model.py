"""A second, small implementation of the rules, written from the design alone: what random sequences are judged by.

It knows no ledger, no commit and nothing of `npta`: keys, orders and a catalogue as plain objects, changed in place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

Lines = dict[str, int]
"""An order's quantities by SKU; in these sequences a SKU stands in one line, whose id is the SKU's place."""
EXTERNAL = "EXTERNAL"


class Seats(NamedTuple):
    """Seats that one line is owed of a pool, or holds of a key."""

    sku: str
    pool: str
    seats: int
    code: str = ""


@dataclass
class Key:
    """One key, in the order of its import."""

    pool: str
    code: str
    seats: int
    used: int = 0
    retired: bool = False

    @property
    def free(self) -> int:
        return 0 if self.retired else self.seats - self.used


@dataclass
class Order:
    """What the model remembers of an order."""

    order_id: str
    status: str = ""
    open: bool = False
    lines: Lines = field(default_factory=dict)
    """As it was last decided."""
    reasons: set[str] = field(default_factory=set)
    filled: Lines | None = None
    owed: list[Seats] = field(default_factory=list)
    """Frozen with `filled`."""
    wanted: list[Seats] = field(default_factory=list)
    """What a failed decision would have owed."""
    holds: list[Seats] = field(default_factory=list)
    """One seat each, in the order of their assignment."""
    units: Lines = field(default_factory=dict)
    """Units of each line that are owed yet: what was asked, less what was released."""
    waits_since: int = 0
    delivered: bool = False


class Answer(NamedTuple):
    """What the service must answer: status, keys, and whether it was answered before."""

    http: int
    status: str
    keys: Counter[tuple[str, str]]
    codes: frozenset[str] = frozenset()


class Model:
    """The whole world of one sequence."""

    def __init__(self) -> None:
        self.mode = "LIVE"
        self.keys: list[Key] = []
        self.catalogue: dict[str, list[str] | str] = {}
        """Published: the pools that a SKU needs, or EXTERNAL."""
        self.listed: set[str] = set()
        """SKUs that stand in the form, published or not."""
        self.orders: dict[str, Order] = {}
        self._clock = count(1)

    # Orders

    def order(self, order_id: str, lines: Lines) -> Answer:
        """A paid order arrives, for the first time or again."""
        order = self.orders.setdefault(order_id, Order(order_id))
        if order.status and not order.open:
            known = self._known(order, lines)
            if known:
                return known
        return self._decide(order, lines)

    def _known(self, order: Order, lines: Lines) -> Answer | None:
        if order.status == "released":
            return Answer(409, "released", Counter())
        if order.filled is not None and lines == order.filled:
            if order.status == "failed":  # a growth that was taken back
                order.status, order.wanted, order.reasons = "fulfilled", [], set()
            return self._keys(order)
        if order.status == "closed":
            return Answer(409, "closed", Counter())
        if order.status == "off":
            return Answer(200, "off", Counter())
        if lines != order.lines:
            return None
        if order.status == "failed":
            return self._failed()
        return Answer(200, "skipped", Counter())

    def _decide(self, order: Order, lines: Lines) -> Answer:
        again = order.filled is not None and lines == order.filled
        if order.filled is not None and not again and any(lines.get(sku, 0) < n for sku, n in order.filled.items()):
            if order.status == "failed":
                order.status, order.wanted = "fulfilled", []
            return Answer(422, "failed", Counter(), frozenset({"order_changed"}))
        order.open = False
        order.lines = dict(lines)
        if again:
            return self._fill(order, order.owed, lines)
        if self.mode == "OFF":
            order.status, order.wanted = "off", []
            return Answer(200, "off", Counter())
        owed, reasons = self._owed(order, lines)
        if reasons:
            return self._fails(order, reasons, owed)
        if not owed:
            order.status, order.wanted = "skipped", []
            return Answer(200, "skipped", Counter())
        return self._fill(order, owed, lines)

    def _owed(self, order: Order, lines: Lines) -> tuple[list[Seats], set[str]]:
        owed, reasons = list(order.owed if order.filled else []), set()
        for sku, quantity in lines.items():
            new = quantity - (order.filled or {}).get(sku, 0)
            if new <= 0:
                continue
            product = self.catalogue.get(sku)
            if product is None:
                reasons.add("entitlements_missing" if sku in self.listed else "unknown_sku")
            elif not isinstance(product, str):
                owed += [Seats(sku, pool, new * times) for pool, times in Counter(product).items()]
        return owed, reasons

    def _fill(self, order: Order, owed: list[Seats], lines: Lines) -> Answer:
        taken = self._take(self._missing(order, owed))
        if taken is None:
            return self._fails(order, {"out_of_stock"}, owed)
        for seat in taken:
            self.key(seat.code).used += 1
        if taken and order.filled is not None:
            order.delivered = False
        order.holds += taken
        if order.filled != lines:
            for sku in {each.sku for each in owed}:
                order.units[sku] = order.units.get(sku, 0) + lines[sku] - (order.filled or {}).get(sku, 0)
        order.status, order.filled, order.owed, order.wanted = "fulfilled", dict(lines), owed, []
        return self._keys(order)

    def _missing(self, order: Order, owed: list[Seats]) -> list[Seats]:
        held = Counter((seat.sku, seat.pool) for seat in order.holds)
        missing = []
        for each in owed:
            covered = min(each.seats, held[each.sku, each.pool])
            held[each.sku, each.pool] -= covered
            missing.append(each._replace(seats=each.seats - covered))
        return missing

    def _take(self, missing: list[Seats]) -> list[Seats] | None:
        """First in, first out; None if there are too few."""
        free = {key.code: key.free for key in self.keys}
        taken = []
        for each in missing:
            for _ in range(each.seats):
                code = next((key.code for key in self.keys if key.pool == each.pool and free[key.code] > 0), None)
                if code is None:
                    return None
                free[code] -= 1
                taken.append(Seats(each.sku, each.pool, 1, code))
        return taken

    def _fails(self, order: Order, reasons: set[str], wanted: list[Seats]) -> Answer:
        if order.status != "failed":
            order.waits_since = next(self._clock)
        order.status, order.reasons, order.wanted = "failed", reasons, wanted
        return self._failed()

    @staticmethod
    def _failed() -> Answer:
        return Answer(422, "failed", Counter())

    @staticmethod
    def _keys(order: Order) -> Answer:
        return Answer(200, "fulfilled", Counter((seat.sku, seat.code) for seat in order.holds))

    # What people do to orders

    def release(self, order_id: str, sku: str = "", units: int = 0) -> int | None:
        """Give seats back: how many; None if the order is unknown. `sku` is one line, `units` of it only so many."""
        order = self.orders.get(order_id)
        if order is None or not order.status:
            return None
        back = [seat for seat in order.holds if not sku or seat.sku == sku]
        if sku and units:
            back = self._units(order, sku, units)
        for seat in back:
            newest = len(order.holds) - 1 - order.holds[::-1].index(seat)
            del order.holds[newest]
            self.key(seat.code).used -= 1
        if sku:
            gone = Counter((seat.sku, seat.pool) for seat in back)
            order.owed = [
                each._replace(seats=each.seats - gone[each.sku, each.pool]) if each.sku == sku else each
                for each in order.owed
            ]
            order.owed = [each for each in order.owed if each.seats]
            order.units[sku] = order.units.get(sku, 0) - units if units else 0
        if not sku or (back and not order.holds):
            order.status, order.open = "released", False
            order.filled, order.owed, order.wanted, order.delivered, order.units = None, [], [], False, {}
        self.reopen()
        return len(back)

    @staticmethod
    def _units(order: Order, sku: str, units: int) -> list[Seats]:
        """The seats of so many units, last assigned first: as many of each pool as a unit is owed."""
        back: list[Seats] = []
        for pool in dict.fromkeys(each.pool for each in order.owed if each.sku == sku):
            a_unit = sum(each.seats for each in order.owed if (each.sku, each.pool) == (sku, pool)) // order.units[sku]
            seats = [seat for seat in order.holds if (seat.sku, seat.pool) == (sku, pool)]
            back += seats[len(seats) - a_unit * units :]
        return back

    def clear(self, order_id: str) -> bool:
        """Clear Order Cache: whether the order is known."""
        order = self.orders.get(order_id)
        if order is None or not order.status:
            return False
        order.open = True
        return True

    def close(self, order_id: str) -> int:
        """Served by hand: the HTTP status."""
        order = self.orders.get(order_id)
        if order is None or not order.status:
            return 404
        if order.status == "fulfilled":
            return 409
        order.status, order.open, order.wanted = "closed", False, []
        self.reopen()
        return 200

    # Keys and catalogue

    def key(self, code: str) -> Key:
        return next(key for key in self.keys if key.code == code)

    def imports(self, pool: str, code: str, seats: int) -> None:
        self.keys.append(Key(pool, code, seats))
        self.reopen()

    def retire(self, code: str) -> None:
        self.key(code).retired = True

    def adjust(self, code: str, seats: int) -> bool:
        key = self.key(code)
        if seats < key.used:
            return False
        key.seats = seats
        self.reopen()
        return True

    def publish(self, sku: str, pools: list[str] | str) -> None:
        self.listed.add(sku)
        self.catalogue[sku] = pools
        self.reopen()

    def reopen(self) -> list[str]:
        """Open the waiting orders that could be filled now, oldest failure first, none of their seats counted twice."""
        promised: Counter[str] = Counter()
        opened = []
        for order in sorted(self.orders.values(), key=lambda each: each.waits_since):
            if order.status != "failed":
                continue
            owed, reasons = self._owed(order, order.lines)
            needs = Counter[str]()
            for each in self._missing(order, owed):
                needs[each.pool] += each.seats
            if reasons or any(promised[pool] + n > self.available(pool) for pool, n in needs.items()):
                continue
            promised += needs
            if not order.open:
                opened.append(order.order_id)
            order.open = True
        return opened

    # What people see

    def available(self, pool: str) -> int:
        return sum(key.free for key in self.keys if key.pool == pool)

    def inventory(self, pool: str) -> tuple[int, int, int, int]:
        """Total, used, quarantined, available."""
        keys = [key for key in self.keys if key.pool == pool]
        total, used = sum(key.seats for key in keys), sum(key.used for key in keys)
        quarantined = sum(key.seats - key.used for key in keys if key.retired)
        return total, used, quarantined, total - used - quarantined
