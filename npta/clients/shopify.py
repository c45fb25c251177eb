"""Shopify as this service uses it: the catalogue is read, stock is set, orders are looked up and marked.

Every call takes a deadline and never sleeps past it. Raises `ShopUnavailable` (try again later) and `ShopRefused` (a
person must mend something), both `ShopError`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import requests

from npta.clients.shopify_fulfilling import Marked, mark_fulfilled
from npta.clients.shopify_models import (
    SELLABLE,
    Location,
    NotSet,
    OrderHead,
    ShopOrder,
    ShopOrderLine,
    ShopVariant,
    StockLevel,
    digits,
    gid,
    read_order,
    read_variant,
)
from npta.clients.shopify_operations import GRANTED, LOCATIONS, ORDER, ORDERS, SCOPES, VARIANTS, Operation
from npta.clients.shopify_place import Place
from npta.clients.shopify_stock import Stock
from npta.clients.shopify_wire import Wire, understood
from npta.domain.receipts import Line
from npta.errors import ShopError, ShopRefused, ShopUnavailable
from npta.settings import Settings
from sheets_schema import Clock, Deadline

__all__ = [
    "SCOPES",
    "SELLABLE",
    "Location",
    "Marked",
    "NotSet",
    "OrderHead",
    "ShopError",
    "ShopOrder",
    "ShopOrderLine",
    "ShopRefused",
    "ShopUnavailable",
    "ShopVariant",
    "Shopify",
    "StockLevel",
]

_SKUS_AT_ONCE: Final = 40
_PAID_UNFULFILLED: Final = "financial_status:paid AND fulfillment_status:unfulfilled AND status:open"


class Shopify:
    """The shop of the settings. Thread-safe. `session` replaces the wire, for tests and the local shop."""

    def __init__(self, settings: Settings, clock: Clock, session: requests.Session | None = None) -> None:
        self._wire = Wire(settings, clock, session)
        self._place = Place(self._wire, settings.shopify_location_id)
        self._stock = Stock(self._wire, clock, self._place)

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
        """What Shopify has last refused, or that it does not answer; None if all is well, as far as was asked."""
        return self._wire.trouble

    @understood
    def variants(self, deadline: Deadline) -> list[ShopVariant]:
        """Every variant of every product, with its stock at our location."""
        return [read_variant(node) for node in self._variants("", deadline)]

    @understood
    def variants_of(self, skus: Collection[str], deadline: Deadline) -> list[ShopVariant]:
        """The variants with exactly these SKUs; several may share one.

        Shopify's search is coarser than that (it ignores case and splits words), and notices a product that was made or
        renamed only after a while (seen), which the list of all does not: what search does not show is looked for there.
        """
        wanted = sorted({sku for sku in skus if sku})
        found: dict[str, ShopVariant] = {}
        for start in range(0, len(wanted), _SKUS_AT_ONCE):
            search = " OR ".join(f"sku:{_quoted(sku)}" for sku in wanted[start : start + _SKUS_AT_ONCE])
            for node in self._variants(search, deadline):
                variant = read_variant(node)
                if variant.sku in skus:
                    found[variant.variant_id] = variant
        missing = set(wanted) - {variant.sku for variant in found.values()}
        if missing:
            found |= {each.variant_id: each for each in self.variants(deadline) if each.sku in missing}
        return list(found.values())

    @understood
    def set_available(self, levels: Sequence[StockLevel], *, reference: str, deadline: Deadline) -> list[NotSet]:
        """Make the stock what `levels` says; those already right are left alone. Returns what could not be set.

        The numbers are absolute, so a repeat does no harm. `reference` shows in the shop's inventory history.
        """
        return self._stock.set_available(levels, reference, deadline)

    @understood
    def order(self, order_id: str, deadline: Deadline) -> ShopOrder | None:
        """One order by its id, all lines; None if the shop has no such order (or none that young, see `SCOPES`)."""
        head: Mapping[str, Any] = {}

        def lines(data: Mapping[str, Any]) -> Mapping[str, Any] | None:
            nonlocal head
            head = data["order"] or {}
            return head["lineItems"] if head else None

        nodes = list(self._pages(ORDER, {"id": gid("Order", order_id)}, lines, deadline, may_be_absent=True))
        return read_order(head, nodes) if head else None

    @understood
    def find_order(self, name: str, deadline: Deadline) -> ShopOrder | None:
        """One order by the name that people use (`#1042`, with or without the sign)."""
        plain = name.strip().removeprefix("#").casefold()
        for node in self._orders(f"name:{_quoted(plain)}", deadline):
            if node["name"].removeprefix("#").casefold() == plain:
                return self.order(digits(node["id"]), deadline)
        return None

    @understood
    def paid_unfulfilled(self, deadline: Deadline) -> list[OrderHead]:
        """Every open order that is paid and of which nothing is fulfilled, oldest first."""
        return [
            OrderHead(digits(node["id"]), node["name"], node["createdAt"])
            for node in self._orders(_PAID_UNFULFILLED, deadline)
        ]

    @understood
    def mark_fulfilled(self, order_id: str, lines: Sequence[Line], deadline: Deadline) -> Marked:
        """Mark the served units of an order's lines as fulfilled, without a mail to the customer.

        What is fulfilled already counts, so a repeat marks nothing. A line that cannot be marked is named in the result, and
        holds up no other. Raises `ShopRefused` for an order that Shopify does not show.
        """
        return mark_fulfilled(self._wire, order_id, lines, deadline)

    @understood
    def location(self, deadline: Deadline) -> str:
        """The location whose stock is kept up to date, as digits."""
        return digits(self._place(deadline))

    @understood
    def locations(self, deadline: Deadline) -> list[Location]:
        """The places where the shop's stock lies."""
        nodes = self._pages(LOCATIONS, {}, lambda data: data["locations"], deadline)
        return [Location(digits(node["id"]), node["name"], node["isActive"]) for node in nodes]

    @understood
    def missing_scopes(self, deadline: Deadline) -> list[str]:
        """Those of `SCOPES` that the app was not granted; who may write may read as well (documented)."""
        answer = self._wire.call(GRANTED, {}, deadline)
        granted = {each["handle"] for each in answer["currentAppInstallation"]["accessScopes"]}
        granted |= {f"read_{each.removeprefix('write_')}" for each in granted if each.startswith("write_")}
        return [scope for scope in SCOPES if scope not in granted]

    def _variants(self, search: str, deadline: Deadline) -> Iterator[Mapping[str, Any]]:
        sent = {"location": self._place(deadline), "search": search or None}
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
    ) -> Iterator[Mapping[str, Any]]:
        """Every node of a connection, page after page."""
        after: str | None = None
        while True:
            page = connection(self._wire.call(operation, {**variables, "after": after}, deadline))
            if page is None:
                if may_be_absent:
                    return
                raise TypeError(f"{operation.name}: null in the place of a list")
            yield from page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]


def _quoted(term: str) -> str:
    """A term of Shopify's search language, taken literally."""
    return '"' + term.replace("\\", "\\\\").replace('"', '\\"') + '"'
