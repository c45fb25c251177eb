"""What the model consists of: keys, orders, and what is said of them. Nothing of `npta`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
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
    """As it was last decided; `asked` is how it was asked for then, which a refund may have made less."""
    asked: Lines = field(default_factory=dict)
    filled: Lines | None = None
    filled_asked: Lines = field(default_factory=dict)
    owed: list[Seats] = field(default_factory=list)
    """Frozen with `filled`."""
    kept: Lines = field(default_factory=dict)
    """What was filled before it was last decided."""
    holds: list[Seats] = field(default_factory=list)
    """One seat each, in the order of their assignment."""
    units: Counter[str] = field(default_factory=Counter)
    """Units of each line that keys are held for."""
    waits_since: int = 0
    refunded: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By SKU: units that were refunded, of how many that were ordered."""
    cancelled: bool = False
    heard: set[str] = field(default_factory=set)
    """Refunds and cancellations, each of which counts once."""

    def limit(self, sku: str, quantity: int) -> int:
        """How many of so many units of a line may be owed."""
        units, ordered = self.refunded.get(sku, (0, quantity))
        return 0 if self.cancelled else min(quantity, max(0, ordered - units))

    def left(self, lines: Lines) -> Lines:
        """The lines without what was refunded."""
        return {sku: n for sku, quantity in lines.items() if (n := self.limit(sku, quantity))}

    def refusal(self, lines: Lines) -> str:
        """Why such lines are owed nothing at all."""
        if self.cancelled:
            return "cancelled"
        return "refunded" if self.refunded and lines and not self.left(lines) else ""

    def same(self, asked: Lines, before: Lines, lines: Lines) -> bool:
        """Whether lines are those of before, refunds aside."""
        return lines in (asked, before) or (
            bool(self.refunded or self.cancelled) and self.left(before) == self.left(lines)
        )

    def was_filled_with(self, lines: Lines) -> bool:
        return self.filled is not None and self.same(self.filled_asked, self.filled, lines)

    def lacking(self) -> Counter[str]:
        """The units that it did not get when it was last decided, and that are left of it."""
        return Counter(self.left(self.lines)) - Counter(self.left(self.kept))

    def waits(self) -> bool:
        """Whether it failed, and something that it lacks is left."""
        return self.status == "failed" and bool(self.lacking())

    def nothing_left(self) -> bool:
        """Whether it is owed nothing, or holds keys of nothing but what was refunded."""
        return bool(self.refusal(self.lines)) or (self.status == "fulfilled" and not self.keeps_keys())

    def keeps_keys(self) -> bool:
        """Whether something that it holds keys for was not refunded."""
        return not self.refusal(self.lines) and any(self.limit(sku, units) for sku, units in self.units.items())


class Decision(NamedTuple):
    """What becomes of an order if it is decided now. `taken` are seats that it gets, `new` units that they are for."""

    status: str
    codes: frozenset[str] = frozenset()
    owed: tuple[Seats, ...] = ()
    taken: tuple[Seats, ...] = ()
    new: Counter[str] = Counter()  # noqa: RUF012 — never changed


class Answer(NamedTuple):
    """What the service must answer. `codes` are the reasons, where they are sure; `mail` whether one may go out."""

    http: int
    status: str
    keys: Counter[tuple[str, str]]
    codes: frozenset[str] = frozenset()
    mail: bool = False
