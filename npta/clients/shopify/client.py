"""Shopify as this service uses it: products are read, stock is set, orders are marked.

Every call takes a deadline and never sleeps past it. Raises `ShopUnavailableError` (try again later) and
`ShopRejectedError` (a person must fix something), both `ShopError`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final

import requests

from npta.clients.shopify.fulfillments import Marked, mark_fulfilled
from npta.clients.shopify.graphql_operations import (
    CHANGED_ORDERS,
    GRANTED,
    LINES_OF_ORDERS,
    LOCATIONS,
    ORDER,
    ORDER_STATUSES,
    ORDERS,
    SCOPES,
    VARIANTS,
    WHOLE_ORDERS,
    Operation,
)
from npta.clients.shopify.models import (
    ChangedOrders,
    Location,
    NotSet,
    ShopOrder,
    ShopOrderLine,
    StockLevel,
    digits,
    gid,
    read_head,
    read_line,
    read_order,
    read_variant,
)
from npta.clients.shopify.stock import StockLocation, StockWriter
from npta.clients.shopify.transport import Wire, understood
from npta.domain.catalogue.sync_from_shopify import ShopVariant
from npta.domain.state.receipts import OrderLine
from npta.domain.state.shop_status import OrderHead, ShopStatus
from npta.domain.state.times import normal_time
from npta.errors import ShopError, ShopUnavailableError
from npta.settings import Settings
from sheets_schema import Clock, Deadline

_SKUS_AT_ONCE: Final = 40
_PAID_OPEN: Final = (
    "(financial_status:paid OR financial_status:partially_refunded) AND -fulfillment_status:fulfilled AND status:open"
)
_CANCELLED: Final = "status:cancelled AND created_at:>="
_MAX_PAGES: Final = 10
_WHOLE_AT_ONCE: Final = 40
_ORDERS_AT_ONCE: Final = 75
_STATUSES_AT_ONCE: Final = 250
"""Ids in one call, at most (documented)."""
"""Their lines, ten each, cost less than a query may (1,000 points) by every documented rule."""


class Shopify:
    """The shop of the settings. Thread-safe. `session` replaces the connection, for tests."""

    def __init__(self, settings: Settings, clock: Clock, session: requests.Session | None = None) -> None:
        self._wire = Wire(settings, clock, session)
        self._location = StockLocation(self._wire, settings.shopify_location_id)
        self._stock = StockWriter(self._wire, clock, self._location)

    @property
    def drift(self) -> str:
        """Empty, or a sentence when Shopify answers with another API version than the pinned one."""
        return self._wire.drift

    @property
    def asked(self) -> bool:
        """Whether this process has asked Shopify anything yet."""
        return self._wire.asked

    @property
    def trouble(self) -> ShopError | None:
        """What Shopify last refused, or that it does not answer; None if all is well."""
        return self._wire.trouble

    @understood
    def variants(self, deadline: Deadline) -> list[ShopVariant]:
        """Every variant of every product, with its stock at our location."""
        return [read_variant(node) for node in self._variants("", deadline)]

    @understood
    def variants_of(self, skus: Collection[str], deadline: Deadline) -> list[ShopVariant]:
        """Return the variants with exactly these SKUs; several may share one.

        Shopify's search ignores case, splits words, and notices a new or renamed product only after a while (seen); the
        list of all does not. A SKU of which search shows nothing that is for sale is looked for there.
        """
        wanted = sorted({sku for sku in skus if sku})
        found: dict[str, ShopVariant] = {}
        for start in range(0, len(wanted), _SKUS_AT_ONCE):
            search = " OR ".join(f"sku:{_quoted(sku)}" for sku in wanted[start : start + _SKUS_AT_ONCE])
            for node in self._variants(search, deadline):
                variant = read_variant(node)
                if variant.sku in skus:
                    found[variant.variant_id] = variant
        missing = set(wanted) - {variant.sku for variant in found.values() if variant.sellable}
        if missing:
            found |= {other.variant_id: other for other in self.variants(deadline) if other.sku in missing}
        return list(found.values())

    @understood
    def set_available(self, levels: Sequence[StockLevel], *, reference: str, deadline: Deadline) -> list[NotSet]:
        """Set stock to absolute levels, so that a repeat does no harm; return what could not be set.

        `reference` shows in the shop's inventory history.
        """
        return self._stock.set_available(levels, reference, deadline)

    @understood
    def order(self, order_id: str, deadline: Deadline) -> ShopOrder | None:
        """Return an order with all its lines; None if the shop shows none of this id (see `SCOPES`)."""
        head: Mapping[str, Any] = {}

        def lines(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
            nonlocal head
            head = data["order"] or {}
            return head["lineItems"] if head else None

        nodes = list(self._pages(ORDER, {"id": gid("Order", order_id)}, lines, deadline, may_be_absent=True))
        return read_order(head, nodes) if head else None

    @understood
    def paid_open(self, deadline: Deadline) -> list[OrderHead]:
        """Return every open, paid order of which something is not fulfilled, oldest first."""
        return [order for order in map(read_head, self._orders(_PAID_OPEN, deadline)) if order.paid and order.open]

    @understood
    def cancelled_since(self, since: str, deadline: Deadline) -> list[OrderHead]:
        """Return the cancelled ones of the orders made since then (ISO 8601 UTC), oldest first."""
        found = map(read_head, self._orders(f"{_CANCELLED}{_quoted(since)}", deadline))
        return [variant for variant in found if variant.cancelled_at]

    @understood
    def changed_since(self, since: str, deadline: Deadline) -> ChangedOrders:
        """Return the orders that have changed since then (ISO 8601 UTC), the newest change first.

        At most a few hundred: in a rush the older ones are left out, and the result says so.
        """
        found: list[OrderHead] = []
        for node in self._pages(CHANGED_ORDERS, {}, lambda data: data["orders"], deadline, most=_MAX_PAGES):
            head = read_head(node)
            if normal_time(head.updated_at) < since:
                return ChangedOrders(tuple(found), complete=True)
            found.append(head)
        return ChangedOrders(tuple(found), complete=len(found) < _MAX_PAGES * 100)

    @understood
    def created_since(self, since: str, deadline: Deadline) -> ChangedOrders:
        """Return the orders made since then, oldest first, as many as there is time for.

        `since` is ISO 8601 UTC.
        """
        found: list[OrderHead] = []
        pages = self._pages(ORDERS, {"search": f"created_at:>={_quoted(since)}"}, lambda data: data["orders"], deadline)
        try:
            found.extend(map(read_head, pages))
        except ShopUnavailableError:
            if not found:
                raise
            return ChangedOrders(tuple(found), complete=False)
        return ChangedOrders(tuple(found), complete=True)

    @understood
    def whole_orders(self, order_ids: Sequence[str], deadline: Deadline) -> list[ShopOrder]:
        """Return orders by their ids, all lines; orders that Shopify does not show are left out."""
        found: list[ShopOrder] = []
        for start in range(0, len(order_ids), _WHOLE_AT_ONCE):
            asked = [gid("Order", order_id) for order_id in order_ids[start : start + _WHOLE_AT_ONCE]]
            for node in self._wire.call(WHOLE_ORDERS, {"orders": asked}, deadline)["nodes"]:
                if node and node["lineItems"]["pageInfo"]["hasNextPage"]:
                    whole = self.order(digits(node["id"]), deadline)
                    found += [whole] if whole else []
                elif node:
                    found.append(read_order(node, node["lineItems"]["nodes"]))
        return found

    @understood
    def statuses_of(self, order_ids: Sequence[str], deadline: Deadline) -> dict[str, ShopStatus]:
        """Return how Shopify calls orders, by their ids, without orders that it does not show."""
        found: dict[str, ShopStatus] = {}
        for start in range(0, len(order_ids), _STATUSES_AT_ONCE):
            asked = [gid("Order", order_id) for order_id in order_ids[start : start + _STATUSES_AT_ONCE]]
            for node in filter(None, self._wire.call(ORDER_STATUSES, {"orders": asked}, deadline)["nodes"]):
                financial_status = (node["displayFinancialStatus"] or "").lower()
                found[digits(node["id"])] = ShopStatus(financial_status, node["cancelledAt"] or "", node["test"])
        return found

    @understood
    def lines_of(self, order_ids: Sequence[str], deadline: Deadline) -> dict[str, tuple[ShopOrderLine, ...]]:
        """Return the lines of orders by their ids, without orders that Shopify does not show."""
        found: dict[str, tuple[ShopOrderLine, ...]] = {}
        for start in range(0, len(order_ids), _ORDERS_AT_ONCE):
            asked = [gid("Order", order_id) for order_id in order_ids[start : start + _ORDERS_AT_ONCE]]
            for node in self._wire.call(LINES_OF_ORDERS, {"orders": asked}, deadline)["nodes"]:
                if node and node["lineItems"]["pageInfo"]["hasNextPage"]:
                    whole = self.order(digits(node["id"]), deadline)
                    found[digits(node["id"])] = whole.lines if whole else ()
                elif node:
                    found[digits(node["id"])] = tuple(map(read_line, node["lineItems"]["nodes"]))
        return found

    @understood
    def mark_fulfilled(self, order_id: str, lines: Sequence[OrderLine], deadline: Deadline) -> Marked:
        """Mark the served units of an order's lines as fulfilled, without a mail to the customer.

        What is fulfilled already counts, so a repeat marks nothing. A line that cannot be marked is in the result, and
        holds up no other. Raises `ShopRejectedError` for an order that Shopify does not show.
        """
        return mark_fulfilled(self._wire, order_id, lines, deadline)

    @understood
    def location(self, deadline: Deadline) -> str:
        """Return the location whose stock is kept up to date, as digits."""
        return digits(self._location(deadline))

    @understood
    def locations(self, deadline: Deadline) -> list[Location]:
        """Return the locations where the shop's stock lies."""
        nodes = self._pages(LOCATIONS, {}, lambda data: data["locations"], deadline)
        return [Location(digits(node["id"]), node["name"], node["isActive"]) for node in nodes]

    @understood
    def missing_scopes(self, deadline: Deadline) -> list[str]:
        """Return those of `SCOPES` that were not granted; to write includes to read (documented)."""
        answer = self._wire.call(GRANTED, {}, deadline)
        granted = {access["handle"] for access in answer["currentAppInstallation"]["accessScopes"]}
        granted |= {f"read_{handle.removeprefix('write_')}" for handle in granted if handle.startswith("write_")}
        return [scope for scope in SCOPES if scope not in granted]

    def _variants(self, search: str, deadline: Deadline) -> Iterator[Mapping[str, Any]]:
        sent = {"location": self._location(deadline), "search": search or None}
        return self._pages(VARIANTS, sent, lambda data: data["productVariants"], deadline)

    def _orders(self, search: str, deadline: Deadline) -> Iterator[Mapping[str, Any]]:
        return self._pages(ORDERS, {"search": search}, lambda data: data["orders"], deadline)

    def _pages(
        self,
        operation: Operation,
        variables: Mapping[str, Any],
        connection: Callable[[Mapping[str, Any]], Mapping[str, Any] | None],
        deadline: Deadline,
        *,
        may_be_absent: bool = False,
        most: int | None = None,
    ) -> Iterator[Mapping[str, Any]]:
        """Yield every node of a connection, page after page, of at most so many pages."""
        after: str | None = None
        for number in count(1):
            page = connection(self._wire.call(operation, {**variables, "after": after}, deadline))
            if page is None:
                if may_be_absent:
                    return
                raise TypeError(f"{operation.name}: null in the place of a list")
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"] or number == most:
                return
            after = page["pageInfo"]["endCursor"]


def _quoted(term: str) -> str:
    """Return a term of Shopify's search language that is taken literally."""
    return '"' + term.replace("\\", "\\\\").replace('"', '\\"') + '"'
