"""What a shop holds: products, stock, orders.

Plain data; ids are the digits of Shopify's global ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from npta.clients.shopify.graphql_operations import SCOPES
from npta.local.shop.scopes import sees_work_of

SHOP = "npta-demo.myshopify.com"
LOCATION = "70000000001"
"""Where the stock lies. There is another location, which is to stay as it is."""
OTHER_LOCATION = "70000000002"
ONE_VARIANT = "Default Title"
"""What Shopify calls the variant of a product that has only one."""


def gid(kind: str, number: int | str) -> str:
    """Shopify's global id."""
    return f"gid://shopify/{kind}/{number}"


def number_of(kind: str, global_id: str) -> str:
    """Return the digits of a global id of that kind; empty if it is of another."""
    return global_id.removeprefix(f"gid://shopify/{kind}/") if global_id.startswith(f"gid://shopify/{kind}/") else ""


@dataclass
class InventoryLevel:
    """The stock of an item at a location. `on_hand` is the sum."""

    available: int = 0
    committed: int = 0
    active: bool = True

    def quantity(self, name: str) -> int | None:
        """Return a quantity by Shopify's name for it; None for one that this shop does not keep."""
        known = {"available": self.available, "committed": self.committed, "on_hand": self.available + self.committed}
        return known.get(name)


@dataclass
class Item:
    """What is counted.

    `native_bundle`: Shopify computes its stock from its parts and takes none.
    """

    id: str
    tracked: bool
    native_bundle: bool = False
    levels: dict[str, InventoryLevel] = field(default_factory=dict)


@dataclass
class LocalProduct:
    """A product with its one variant; products may share a SKU, as in real shops."""

    id: str
    variant_id: str
    item: Item
    sku: str
    title: str
    handle: str
    variant_title: str = ONE_VARIANT
    price: str = "0.00"
    status: str = "ACTIVE"
    tags: list[str] = field(default_factory=list)
    type: str = ""
    vendor: str = "NPTA"
    policy: str = "DENY"
    created_at: str = ""
    updated_at: str = ""
    named: float = 0.0
    """When it was given its SKU, on the monotonic clock; until search has noticed, it knows the one before."""
    former_sku: str | None = None

    def sold_at(self, location: str) -> InventoryLevel | None:
        """Return the stock that orders are taken from."""
        level = self.item.levels.get(location)
        return level if level and level.active else None


@dataclass
class Line:
    """A line of an order; `product` is None for a custom one (a tip)."""

    id: str
    product: LocalProduct | None
    title: str
    price: str
    quantity: int
    refunded: int = 0
    fulfilled: int = 0

    @property
    def sku(self) -> str:
        """The SKU, empty for a custom line."""
        return self.product.sku if self.product else ""

    @property
    def current(self) -> int:
        """Units without the refunded ones."""
        return self.quantity - self.refunded


@dataclass
class ToFulfill:
    """A line of a fulfilment order."""

    id: str
    line: Line
    total: int
    remaining: int


@dataclass
class FulfillmentOrder:
    """The work that an order makes at a location."""

    id: str
    location: str
    lines: list[ToFulfill]
    held: bool = False
    state: str = ""
    """CANCELLED or SCHEDULED; empty where its lines say how far it is."""
    service: str = ""
    """Who fulfils it, if that is not the shop itself."""

    @property
    def is_open(self) -> bool:
        """Whether its units are still to be fulfilled here.

        Of a cancelled one they stand in another.
        """
        return self.state != "CANCELLED"

    @property
    def status(self) -> str:
        """Shopify's word for how far it is."""
        if self.state:
            return self.state
        if self.held:
            return "ON_HOLD"
        if not any(line.remaining for line in self.lines):
            return "CLOSED"
        return "IN_PROGRESS" if any(line.remaining < line.total for line in self.lines) else "OPEN"


class LocalFulfillment(NamedTuple):
    """Units that were marked as fulfilled in one go, by line id."""

    id: str
    created_at: str
    units: dict[str, int]
    notified: bool


class LocalRefund(NamedTuple):
    """Units that were refunded in one go, by line id, and what became of the stock."""

    id: str
    created_at: str
    units: dict[str, int]
    restock_type: str


@dataclass
class LocalOrder:
    """A customer's order."""

    id: str
    number: int
    email: str
    customer_id: str
    first_name: str
    last_name: str
    created_at: str
    updated_at: str
    """When something of it has changed last."""
    lines: list[Line]
    work: list[FulfillmentOrder]
    test: bool = False
    payment: str = "PAID"
    """What became of the payment, refunds aside."""
    placed: float = 0.0
    """When, on the monotonic clock; search shows it later."""
    cancelled_at: str | None = None
    fulfillments: list[LocalFulfillment] = field(default_factory=list)
    refunds: list[LocalRefund] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What people call it."""
        return f"#{self.number}"

    @property
    def open_work(self) -> list[FulfillmentOrder]:
        """The fulfilment orders whose units count."""
        return [work for work in self.work if work.is_open]

    @property
    def financial(self) -> str:
        """Shopify's word for the payment."""
        if self.payment != "PAID":
            return self.payment
        if not any(line.refunded for line in self.lines):
            return "PAID"
        return "PARTIALLY_REFUNDED" if any(line.current for line in self.lines) else "REFUNDED"

    @property
    def fulfillment(self) -> str:
        """Shopify's word for the delivery."""
        if any(work.held for work in self.open_work):
            return "ON_HOLD"
        remaining = any(line.remaining for work in self.open_work for line in work.lines)
        if not any(line.fulfilled for line in self.lines):
            return "UNFULFILLED"
        return "PARTIALLY_FULFILLED" if remaining else "FULFILLED"


@dataclass
class Goods:
    """Everything in one place, with the numbers that things are given."""

    products: list[LocalProduct] = field(default_factory=list)
    orders: list[LocalOrder] = field(default_factory=list)
    customers: dict[str, str] = field(default_factory=dict)
    """Customer ids by e-mail address."""
    locations: dict[str, str] = field(default_factory=lambda: {LOCATION: "Online", OTHER_LOCATION: "Warehouse"})
    closed: set[str] = field(default_factory=set)
    """Locations that are switched off."""
    scopes: list[str] = field(default_factory=lambda: list(SCOPES))
    """What the app was granted."""
    numbers: Iterator[int] = field(default_factory=lambda: count(6_900_000_000_001))
    order_numbers: Iterator[int] = field(default_factory=lambda: count(1001))

    def new_id(self) -> str:
        """Thirteen digits, as Shopify's own."""
        return str(next(self.numbers))

    def with_sku(self, sku: str) -> LocalProduct | None:
        """Return the first product with this SKU."""
        return next((product for product in self.products if product.sku == sku), None)

    def with_item(self, item_id: str) -> LocalProduct | None:
        """Return the product whose stock an inventory item is."""
        return next((product for product in self.products if product.item.id == item_id), None)

    def order(self, order_id: str) -> LocalOrder | None:
        """Return an order by its digits or its name."""
        return next((order for order in self.orders if order_id in (order.id, order.name)), None)

    def visible_work(self, number: str) -> tuple[LocalOrder, FulfillmentOrder] | None:
        """Return a fulfilment order that the app may see, with its order."""
        pairs = ((order, work) for order in self.orders for work in order.work if work.id == number)
        return next((pair for pair in pairs if sees_work_of(pair[1].service, self.scopes)), None)
