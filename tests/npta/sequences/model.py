"""A second, small implementation of the rules, written from the design alone: what random sequences are judged by.

It knows no ledger, no commit and nothing of `npta`: keys, orders and a catalogue as plain objects, changed in place.
"""

from __future__ import annotations

from collections import Counter
from itertools import count

from tests.npta.sequences.records import Answer, Decision, Key, Lines, Order, Seats

_NO_KEYS: Counter[tuple[str, str]] = Counter()
_HTTP = {"failed": 422, "released": 409, "closed": 409}


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
        self.looks = 0
        """How often waiting orders were looked through."""
        self._clock = count(1)

    # Orders

    def order(self, order_id: str, lines: Lines) -> Answer:
        """A paid order arrives, for the first time or again."""
        order = self.orders.setdefault(order_id, Order(order_id))
        known = self._known(order, lines) if order.status and not order.open else None
        answer = known or self._decide(order, lines)
        self._queue(order)
        return answer

    def _known(self, order: Order, lines: Lines) -> Answer | None:
        if order.status == "released":
            return _told("released")
        if order.was_filled_with(lines):
            if order.status == "failed":  # a growth that was taken back
                self._as_filled(order)
            return self._keys(order)
        if order.status == "closed":
            return _told("closed")
        if order.status != "skipped" and (refusal := order.refusal(lines)):
            return _told("failed", refusal)
        if order.status == "off":
            return _told("off")
        return _told(order.status) if order.same(order.asked, order.lines, lines) else None

    def _decide(self, order: Order, lines: Lines) -> Answer:
        decision = self._decision(order, lines, off=self.mode == "OFF")
        if decision.status == "changed":
            if order.status == "failed":
                self._as_filled(order)
            return _told("failed", "order_changed")
        again = order.was_filled_with(lines)
        order.open, order.kept = False, order.filled or {}
        order.lines, order.asked = dict(order.kept if again else lines), dict(lines)
        order.status = decision.status
        if order.status != "fulfilled":
            return _told(order.status, *decision.codes)
        for seat in decision.taken:
            self.key(seat.code).used += 1
        order.holds += decision.taken
        order.units += decision.new
        order.filled, order.filled_asked, order.owed = order.lines, order.asked, list(decision.owed)
        return self._keys(order)

    def _decision(self, order: Order, lines: Lines, *, off: bool) -> Decision:
        if order.was_filled_with(lines):
            return self._filling(order, order.owed, set(), Counter())
        left, before = order.left(lines), order.left(order.filled or {})
        if order.filled is not None and any(left.get(sku, 0) < n for sku, n in before.items()):
            return Decision("changed")
        if refusal := order.refusal(lines):
            return Decision("failed", frozenset({refusal}))
        if off:
            return Decision("off")
        owed, codes, new = list(order.owed), set[str](), Counter[str]()
        for sku, quantity in left.items():
            more = quantity - before.get(sku, 0)
            product = self.catalogue.get(sku)
            if more and product is None:
                codes.add("entitlements_missing" if sku in self.listed else "unknown_sku")
            elif more and product is not None and not isinstance(product, str):
                owed += [Seats(sku, pool, more * times) for pool, times in Counter(product).items()]
                new[sku] = more
        return self._filling(order, owed, codes, new)

    def _filling(self, order: Order, owed: list[Seats], codes: set[str], new: Counter[str]) -> Decision:
        taken = self._take(self._missing(order, owed))
        if taken is None:
            codes = codes | {"out_of_stock"}
        if codes or taken is None:
            return Decision("failed", frozenset(codes))
        return Decision("fulfilled" if owed else "skipped", owed=tuple(owed), taken=tuple(taken), new=new)

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

    def _keys(self, order: Order) -> Answer:
        keys = Counter((seat.sku, seat.code) for seat in order.holds)
        return Answer(200, "fulfilled", keys, mail=order.keeps_keys())

    def _as_filled(self, order: Order) -> None:
        """A growth that failed has come to nothing."""
        assert order.filled is not None
        order.status, order.open = "fulfilled", False
        order.lines = order.kept = order.filled
        order.asked = order.filled_asked

    def _queue(self, order: Order) -> None:
        """Who begins to wait stands at the end."""
        if not order.waits():
            order.waits_since = 0
        elif not order.waits_since:
            order.waits_since = next(self._clock)

    # What people and the shop do to orders

    def release(self, order_id: str, sku: str = "", units: int = 0) -> tuple[int, int]:
        """Give seats back: HTTP status, and how many. `sku` is one line, `units` of it only so many."""
        order = self.orders.get(order_id)
        if order is None or not order.status:
            return 404, 0
        if not sku and order.status == "released" and not order.open:
            return 200, 0
        lacking = order.lacking() if order.waits() else Counter[str]()
        is_last = {each.sku for each in order.owed} == {sku} and units == order.units[sku]
        if units and is_last and lacking[sku]:
            return 409, 0
        back = self._units(order, sku, units or order.units[sku]) if sku else list(order.holds)
        for seat in back:
            newest = len(order.holds) - 1 - order.holds[::-1].index(seat)
            del order.holds[newest]
            self.key(seat.code).used -= 1
        if sku:
            self._line_released(order, sku, units, back, lacking)
        if not sku or not (order.holds or order.waits()):
            order.status, order.open = "released", False
        if not order.holds:
            order.filled, order.owed, order.units = None, [], Counter()
        self._queue(order)
        self.reopen()
        return 200, len(back)

    def _line_released(self, order: Order, sku: str, units: int, back: list[Seats], lacking: Counter[str]) -> None:
        """What was given back is owed no more; a line that goes whole takes along what it waits for."""
        gone = Counter((seat.sku, seat.pool) for seat in back)
        less = [each._replace(seats=each.seats - _gone(gone, each)) for each in reversed(order.owed)]
        order.owed = [each for each in reversed(less) if each.seats]
        order.units[sku] -= units or order.units[sku]
        lines, grown = dict(order.filled or {}), 0 if units else lacking.pop(sku, 0)
        if grown:
            lines[sku] = lines.get(sku, 0) + grown
        if not order.holds and lacking:
            for name, quantity in lines.items():
                self._refunded(order, name, quantity, max(quantity, order.lines.get(name, 0)))
        elif grown and order.holds:
            self._refunded(order, sku, lines[sku], lines[sku])
            order.filled = lines
            if not lacking:
                order.filled_asked = order.asked
                self._as_filled(order)
        elif grown:
            order.status = "released"

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
        """Clear Order Cache: whether the order is known. One of which nothing is left is served all the same."""
        order = self.orders.get(order_id)
        if order is None or not order.status:
            return False
        if not order.open and order.status not in ("released", "closed") and order.nothing_left():
            order.refunded, order.cancelled = {}, False
        order.open = True
        self._queue(order)
        return True

    def close(self, order_id: str) -> int:
        """Served by hand: the HTTP status."""
        order = self.orders.get(order_id)
        if order is None or not order.status:
            return 404
        if order.status == "fulfilled":
            return 409
        if order.status != "closed" or order.open:
            order.status, order.open = "closed", False
            self._queue(order)
            self.reopen()
        return 200

    def refund(
        self, order_id: str, refund_id: str, lines: dict[str, tuple[int, int]], *, cancelled: bool = False
    ) -> None:
        """Shopify refunds units of lines, of how many that were ordered, or cancels; it may tell twice, and too early."""
        order = self.orders.setdefault(order_id, Order(order_id))
        if refund_id in order.heard or not (lines or cancelled):
            return
        order.heard.add(refund_id)
        order.cancelled |= cancelled
        for sku, (units, ordered) in {} if cancelled else lines.items():
            self._refunded(order, sku, units, ordered)
        if not order.status:
            return
        order.open = order.open and not order.refusal(order.lines)
        if order.filled is not None and order.status == "failed" and not order.waits():
            self._as_filled(order)
        self._queue(order)
        self.reopen()

    @staticmethod
    def _refunded(order: Order, sku: str, units: int, ordered: int) -> None:
        before, most = order.refunded.get(sku, (0, 0))
        order.refunded[sku] = before + units, max(most, ordered)

    # Keys and catalogue

    def key(self, code: str) -> Key:
        return next(key for key in self.keys if key.code == code)

    def add_key(self, pool: str, code: str, seats: int) -> None:
        self.keys.append(Key(pool, code, seats))

    def retire(self, code: str) -> None:
        self.key(code).retired = True

    def adjust(self, code: str, seats: int) -> bool:
        key = self.key(code)
        if seats < key.used:
            return False
        key.seats = seats
        self.reopen()
        return True

    def reopen(self) -> bool:
        """Open the waiting orders that could be filled now, oldest failure first, none of their seats counted twice.

        Whether there were any. While the mode is OFF they are opened for later.
        """
        self.looks += 1
        opened = self.to_open()
        for order in opened:
            order.open = True
        return bool(opened)

    def to_open(self) -> list[Order]:
        promised: Counter[str] = Counter()
        opened = []
        for order in sorted(self.orders.values(), key=lambda each: each.waits_since):
            decision = self._decision(order, order.lines, off=False) if order.waits_since else Decision("")
            needs = Counter(seat.pool for seat in decision.taken)
            if decision.status not in ("fulfilled", "skipped"):
                continue
            if any(promised[pool] + n > self.available(pool) for pool, n in needs.items()):
                continue
            promised += needs
            if not order.open:
                opened.append(order)
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


def _told(status: str, *codes: str) -> Answer:
    return Answer(_HTTP.get(status, 200), status, _NO_KEYS, frozenset(codes))


def _gone(gone: Counter[tuple[str, str]], owed: Seats) -> int:
    """How much of what is owed has been given back; the newest is asked first."""
    seats = min(owed.seats, gone[owed.sku, owed.pool])
    gone[owed.sku, owed.pool] -= seats
    return seats
