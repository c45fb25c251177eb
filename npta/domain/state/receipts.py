"""Orders as they are asked for, and the receipts that are kept of them.

A receipt is written in the same commit as its effect: the lines, what they are owed, and what went wrong. With the
assignments in the Key Ledger it is all that is needed to give the same answer again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from npta.domain.state.entitlements import Entitlement, Pool, parse_entitlement
from npta.domain.state.normalized_text import canonical
from npta.domain.state.rows_in_cell import by_column, read_rows
from npta.domain.state.shop_status import ShopStatus
from npta.errors import BadRequestError, DamagedError
from sheets_schema.advanced import MAX_TEXT


class OrderLine(NamedTuple):
    """One line of an order."""

    line_item_id: str
    sku: str
    quantity: int


class Order(NamedTuple):
    """A paid order, checked. `paid_at` is ISO 8601 UTC, empty if unknown.

    `force` serves it in spite of the go-live time; `in_spite_of` is the go-live time that was overcome before.
    `removed` are the SKUs of lines of which nothing is left in the shop; they are in no `lines`. `shop` is what came with
    it of how Shopify calls the order.
    """

    order_id: str
    lines: tuple[OrderLine, ...]
    region: str
    email: str = ""
    customer_name: str = ""
    order_name: str = ""
    paid_at: str = ""
    force: bool = False
    in_spite_of: str = ""
    removed: tuple[str, ...] = ()
    shop: ShopStatus = ShopStatus()


class Owed(NamedTuple):
    """What one line is owed of one entitlement.

    `end` is the last of the line's units, from 1, that these seats are for: units that a line has grown by have entries
    of their own, since the catalogue may have changed meanwhile.
    """

    line_item_id: str
    sku: str
    entitlement: Entitlement
    seats: int
    end: int = 0


REMOVED = "removed"
REFUNDED = "refunded"


class Skipped(NamedTuple):
    """A line that no key is due for, and why: `EXTERNAL`, `no_sku`, `refunded` or `removed`."""

    sku: str
    reason: str


class Code(StrEnum):
    """Why an order failed."""

    OUT_OF_STOCK = "out_of_stock"
    ENTITLEMENTS_MISSING = "entitlements_missing"
    UNKNOWN_SKU = "unknown_sku"
    ORDER_CHANGED = "order_changed"
    UNKNOWN_REGION = "unknown_region"
    BEFORE_GO_LIVE = "before_go_live"
    REFUNDED = "refunded"
    CANCELLED = "cancelled"
    NOT_PAID = "not_paid"
    TEST_ORDER = "test_order"
    TOO_LARGE = "too_large"
    MALFORMED = "malformed"
    """Its own receipt would not fit into a cell."""


class Problem(NamedTuple):
    """One reason why an order failed, for machines and for people."""

    code: Code
    sku: str
    message: str
    entitlement: str = ""
    needed: int = 0
    available: int = 0


class Receipt(NamedTuple):
    """What was found out about an order when it was last decided, and in which mode.

    `in_spite_of` is the go-live time that somebody had it served in spite of. Old receipts lack it, and `paid_at`.
    `shop` is what Shopify called the order, if that keeps it from being served in LIVE.
    """

    lines: tuple[OrderLine, ...]
    region: str
    owed: tuple[Owed, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    problems: tuple[Problem, ...] = ()
    mode: str = ""
    paid_at: str = ""
    in_spite_of: str = ""
    shop: ShopStatus = ShopStatus()

    @property
    def withheld(self) -> Problem | None:
        """The problem, if it was not served for what Shopify called the order, and for nothing else."""
        return next((problem for problem in self.problems if problem.code == self.shop.code), None)

    @property
    def all_removed(self) -> bool:
        """Whether every line was removed from the order."""
        return bool(self.skipped) and not self.lines

    @property
    def seats(self) -> int:
        """Seats owed in all."""
        return sum(entry.seats for entry in self.owed)

    def needs(self) -> Counter[Pool]:
        """Seats owed by pool."""
        needs: Counter[Pool] = Counter()
        for entry in self.owed:
            needs[entry.entitlement.pool(self.region)] += entry.seats
        return needs

    def seats_by_line(self) -> Counter[tuple[str, str]]:
        """Seats owed by line and entitlement."""
        seats: Counter[tuple[str, str]] = Counter()
        for entry in self.owed:
            seats[entry.line_item_id, str(entry.entitlement)] += entry.seats
        return seats

    def needs_of(self, lines: Iterable[OrderLine]) -> Counter[Pool]:
        """Return the seats that units of these lines take, as last owed of the line or its SKU."""
        needs: Counter[Pool] = Counter()
        for line in lines:
            same = [entry for entry in self.owed if entry.line_item_id == line.line_item_id]
            same = same or [entry for entry in self.owed if canonical(entry.sku) == line.sku]
            name = same[-1].line_item_id if same else ""
            ends = sorted({0, *(entry.end for entry in self.owed if entry.line_item_id == name)})
            for entry in same:
                if (entry.line_item_id, entry.end) == (name, ends[-1]):
                    needs[entry.entitlement.pool(self.region)] += -(
                        -entry.seats * line.quantity // (ends[-1] - ends[-2])
                    )
        return needs

    def units(self, line_item_id: str) -> int:
        """Units of a line that it is owed keys for."""
        return max((entry.end for entry in self.owed if entry.line_item_id == line_item_id), default=0)

    def with_units(self, line_item_id: str, units: int) -> Receipt:
        """Return the same with at most so many units of a line owed, without those owed last.

        The line itself stays, so that a repeat of the order is known again.
        """
        ends = sorted({0, *(entry.end for entry in self.owed if entry.line_item_id == line_item_id)})
        owed = []
        for entry in self.owed:
            if entry.line_item_id != line_item_id or entry.end <= units:
                owed.append(entry)
            elif (start := ends[ends.index(entry.end) - 1]) < units:
                # Not a whole number only in receipts from before `end` was kept, of lines that grew under two catalogues.
                seats = -(-entry.seats * (units - start) // (entry.end - start))
                owed.append(entry._replace(seats=seats, end=units))
        return self._replace(owed=tuple(owed))


def auto_lines(receipt: Receipt) -> list[OrderLine]:
    """Return the lines that the system has served, with the units served of them."""
    served = dict.fromkeys((entry.line_item_id, canonical(entry.sku)) for entry in receipt.owed)
    return [OrderLine(line_item_id, sku, receipt.units(line_item_id)) for line_item_id, sku in served]


class TooLargeError(BadRequestError):
    """The receipt of an order is too long for a cell."""

    def __init__(self) -> None:
        super().__init__("line_items", "the order is too large to be recorded; serve it by hand")


def write_receipt(receipt: Receipt) -> str:
    """Return the receipt as a cell. Raises `TooLargeError` if none can hold it."""
    content: dict[str, Any] = {
        "region": receipt.region,
        "lines": by_column(OrderLine._fields, receipt.lines),
        "owed": by_column(
            Owed._fields, [(line, sku, str(opened), seats, end) for line, sku, opened, seats, end in receipt.owed]
        ),
        "skipped": by_column(Skipped._fields, receipt.skipped),
        "problems": by_column(Problem._fields, receipt.problems),
        "mode": receipt.mode,
    }
    content |= {name: value for name in _ADDED if (value := getattr(receipt, name))}
    if receipt.shop.code:
        content["shop"] = receipt.shop._asdict()
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    if len(text) > MAX_TEXT:
        raise TooLargeError
    return text


_ADDED = ("paid_at", "in_spite_of")
"""What receipts of earlier versions do not have; left out where there is nothing to tell."""


@lru_cache(maxsize=4096)
def read_receipt(text: str) -> Receipt:
    """Return the receipt of a cell; old ones hold SKUs with odd blanks. Raises `DamagedError`."""
    try:
        return _receipt(json.loads(text))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DamagedError(f"the receipt cannot be read ({type(error).__name__})") from error


def _receipt(content: Any) -> Receipt:
    lines = read_rows(OrderLine._fields, content["lines"])
    return Receipt(
        lines=tuple(OrderLine(line, canonical(sku), _whole(quantity)) for line, sku, quantity in lines),
        region=content["region"],
        owed=tuple(
            Owed(line, sku, parse_entitlement(text), _whole(seats), _whole(end))
            for line, sku, text, seats, end in _owed_rows(content, lines)
        ),
        skipped=tuple(Skipped(*row) for row in read_rows(Skipped._fields, content["skipped"])),
        problems=tuple(Problem(Code(code), *rest) for code, *rest in read_rows(Problem._fields, content["problems"])),
        mode=content.get("mode", ""),
        **{name: str(content.get(name, "")) for name in _ADDED},
        shop=ShopStatus(**content.get("shop", {})),
    )


def _owed_rows(content: dict[str, Any], lines: Sequence[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    """Return what is owed with its `end`; earlier versions wrote those apart, if at all."""
    rows = read_rows(Owed._fields, content["owed"])
    if isinstance(content["owed"], dict):
        return rows
    units: Counter[str] = Counter()
    for line_item_id, _, quantity in lines:
        units[line_item_id] += quantity
    ends = content.get("ends") or [units[line_item_id] for line_item_id, *_ in rows]
    return [(*row, end) for row, end in zip(rows, ends, strict=True)]


def _whole(number: Any) -> int:
    if not isinstance(number, int):
        raise TypeError(number)
    return number
