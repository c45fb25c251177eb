"""The queries: what can be asked of the shop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import Any

from graphql import GraphQLError

from npta.local.shop import views
from npta.local.shop.models import Goods, LocalOrder, LocalProduct, number_of
from npta.local.shop.search import Fields, UnclearQueryError, matcher
from npta.local.shop.views import Info, Node


class Reading:
    """Answers queries from the goods.

    `lag` gives the monotonic time up to which search knows what has happened.
    """

    def __init__(self, goods: Goods, lag: Callable[[Info], float]) -> None:
        self._goods = goods
        self._lag = lag

    def fields(self) -> Mapping[str, Callable[..., Any]]:
        """Return the fields of the query root."""
        return {
            "currentAppInstallation": lambda _info: views.installation(self._goods),
            "fulfillmentOrder": self._fulfillment_order,
            "location": self._location,
            "locations": self._locations,
            "nodes": self._nodes,
            "order": self._order,
            "orders": self._orders,
            "productVariants": self._variants,
            "shop": lambda _info: views.shop(),
        }

    def _location(self, _info: Info, **asked: str) -> Node | None:
        number = number_of("Location", asked["id"]) if asked.get("id") else next(iter(self._goods.locations))
        return views.location(self._goods, number) if number in self._goods.locations else None

    def _locations(self, _info: Info, **asked: Any) -> Node:
        all_of_them = asked.pop("includeInactive", False)
        found = [number for number in self._goods.locations if all_of_them or number not in self._goods.closed]
        return views.connection(found, str, lambda number: views.location(self._goods, number), **asked)

    def _nodes(self, _info: Info, ids: list[str]) -> list[Node | None]:
        if len(ids) > views.MAX_AT_ONCE:
            raise GraphQLError("The input array is too long.", extensions={"code": "MAX_INPUT_SIZE_EXCEEDED"})
        return [self._thing(global_id) for global_id in ids]

    def _thing(self, global_id: str) -> Node | None:
        if "/Order/" in global_id:
            order = self._goods.order(number_of("Order", global_id))
            return views.order(self._goods, order) if order else None
        product = self._goods.with_item(number_of("InventoryItem", global_id))
        return views.item(self._goods, product) if product else None

    def _order(self, _info: Info, **asked: str) -> Node | None:
        order = self._goods.order(number_of("Order", asked["id"]))
        return views.order(self._goods, order) if order else None

    def _fulfillment_order(self, _info: Info, **asked: str) -> Node | None:
        found = self._goods.visible_work(number_of("FulfillmentOrder", asked["id"]))
        return views.fulfillment_order(self._goods, found[1]) if found else None

    def _orders(self, info: Info, **asked: Any) -> Node:
        changed, reverse = asked.pop("sortKey", None) == "UPDATED_AT", bool(asked.pop("reverse", False))
        search = asked.pop("query", None)
        fits = _matcher(search, tuple(_searched(None)))
        since = self._lag(info) if search else inf
        found = [order for order in self._goods.orders if order.placed <= since and fits(_searched(order))]
        # They lie in the order of their creation.
        ordered = sorted(found, key=lambda order: order.updated_at) if changed else found
        return views.connection(
            ordered[::-1] if reverse else ordered,
            lambda order: order.id,
            lambda order: views.order(self._goods, order),
            by_number=False,
            **asked,
        )

    def _variants(self, info: Info, **asked: Any) -> Node:
        asked.pop("sortKey", None)  # they lie in the order of their ids
        search = asked.pop("query", None)
        fits = _matcher(search, ("sku",))
        since = self._lag(info) if search else inf

        def known_as(product: LocalProduct) -> list[str]:
            """Return what search knows it by.

            It notices a new product, and another SKU, later than the lists do.
            """
            if product.named <= since:
                return [product.sku]
            return [] if product.former_sku is None else [product.former_sku]

        found = [product for product in self._goods.products if fits({"sku": known_as(product)})]
        return views.connection(
            found, lambda product: product.variant_id, lambda product: views.variant(self._goods, product), **asked
        )


_FULFILLMENT = {
    "FULFILLED": ("fulfilled", "shipped"),
    "PARTIALLY_FULFILLED": ("partial",),
    "UNFULFILLED": ("unfulfilled", "unshipped"),
}
"""What search calls them (documented); the others as the answers do. A partly fulfilled order is not `unfulfilled` there."""


def _searched(order: LocalOrder | None) -> Fields:
    """Return what an order can be found by."""
    return {
        "name": [order.name] if order else [],
        "financial_status": [order.financial] if order else [],
        "fulfillment_status": _FULFILLMENT.get(order.fulfillment, (order.fulfillment,)) if order else [],
        "status": ["cancelled" if order.cancelled_at else "open"] if order else [],
        "created_at": [order.created_at] if order else [],
    }


def _matcher(query: str | None, known: tuple[str, ...]) -> Callable[[Fields], bool]:
    try:
        return matcher(query, known)
    except UnclearQueryError as problem:
        raise GraphQLError(str(problem), extensions={"code": "BAD_REQUEST"}) from problem
