"""What the shop holds as GraphQL sees it: mappings that graphql-core's own resolver walks.

A function among the values is called with the field's arguments.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from graphql import GraphQLError, GraphQLResolveInfo

from npta.local.shop.models import (
    LOCATION,
    SHOP,
    FulfillmentOrder,
    Goods,
    InventoryLevel,
    Line,
    LocalFulfillment,
    LocalOrder,
    LocalProduct,
    ToFulfill,
    gid,
)
from npta.local.shop.scopes import sees_work_of

_ACTIONS = {
    "OPEN": ["CREATE_FULFILLMENT", "HOLD", "MOVE"],
    "IN_PROGRESS": ["CREATE_FULFILLMENT", "HOLD"],
    "ON_HOLD": ["RELEASE_HOLD"],
    "SCHEDULED": ["MARK_AS_OPEN"],
}
T = TypeVar("T")
Node = Mapping[str, Any]
Info = GraphQLResolveInfo[Any]
MAX_AT_ONCE = 250
"""Shopify's longest page and longest list in an input (documented)."""


def connection(
    things: Sequence[T],
    number: Callable[[T], str],
    view: Callable[[T], Node],
    *,
    first: int | None = None,
    after: str | None = None,
    by_number: bool = True,
) -> Node:
    """Return a page of things, which lie in the order of their numbers or in another.

    The cursor is the number of the last one.
    """
    if first is None:
        raise GraphQLError("you must provide one of first or last", extensions={"code": "BAD_REQUEST"})
    if not 0 < first <= MAX_AT_ONCE:
        raise GraphQLError(f"first must be between 1 and {MAX_AT_ONCE}", extensions={"code": "BAD_REQUEST"})
    start = 0
    if after is not None:
        try:
            if by_number and after.isdigit():
                start = bisect_right(things, int(after), key=lambda thing: int(number(thing)))
            else:
                start = [number(thing) for thing in things].index(after) + 1
        except ValueError:
            raise GraphQLError(
                "Invalid cursor for current pagination sort.", extensions={"code": "BAD_REQUEST"}
            ) from None
    page = things[start : start + first]
    return {
        "nodes": [view(thing) for thing in page],
        "pageInfo": {
            "hasNextPage": start + first < len(things),
            "hasPreviousPage": start > 0,
            "startCursor": number(page[0]) if page else None,
            "endCursor": number(page[-1]) if page else None,
        },
    }


def _pages(things: Sequence[T], number: Callable[[T], str], view: Callable[[T], Node]) -> Callable[..., Node]:
    """Return a connection field."""
    return lambda _info, **asked: connection(things, number, view, **asked)


def shop() -> Node:
    """Return the shop itself."""
    return _node("Shop", "60000000001", name="NPTA (local)", myshopifyDomain=SHOP, ianaTimezone="America/Toronto")


def installation(goods: Goods) -> Node:
    """Return the app that calls, and what it was granted."""
    scopes = [{"handle": scope, "description": scope.replace("_", " ")} for scope in goods.scopes]
    return _node("AppInstallation", "50000000001", accessScopes=scopes)


def location(goods: Goods, number: str) -> Node:
    """Return a location."""
    return _node(
        "Location", number, name=goods.locations[number], isActive=number not in goods.closed, fulfillsOnlineOrders=True
    )


def variant(goods: Goods, product: LocalProduct) -> Node:
    """Return a variant with its product."""
    level = product.sold_at(LOCATION)
    return _node(
        "ProductVariant",
        product.variant_id,
        title=product.variant_title,
        displayName=f"{product.title} - {product.variant_title}",
        sku=product.sku or None,
        price=product.price,
        inventoryPolicy=product.policy,
        inventoryQuantity=level.available if level else 0,
        inventoryItem=lambda _info: item(goods, product),
        product=lambda _info: _product(product),
        createdAt=product.created_at,
        updatedAt=product.updated_at,
    )


def _product(product: LocalProduct) -> Node:
    return _node(
        "Product",
        product.id,
        title=product.title,
        handle=product.handle,
        status=product.status,
        productType=product.type,
        tags=product.tags,
        vendor=product.vendor,
        createdAt=product.created_at,
        updatedAt=product.updated_at,
    )


def item(goods: Goods, product: LocalProduct) -> Node:
    """Return an inventory item."""
    made = product.item

    def level_at(_info: Info, locationId: str, *, includeInactive: bool = False) -> Node | None:  # noqa: N803 - GraphQL's names
        number = locationId.rpartition("/")[2]
        found = made.levels.get(number)
        return level(goods, product, number, found) if found and (found.active or includeInactive) else None

    return _node(
        "InventoryItem",
        made.id,
        sku=product.sku or None,
        tracked=made.tracked,
        requiresShipping=False,
        inventoryLevel=level_at,
    )


def level(goods: Goods, product: LocalProduct, number: str, found: InventoryLevel) -> Node:
    """Return the stock of an item at a location."""

    def quantities(_info: Info, names: list[str]) -> list[Node]:
        known = [(name, found.quantity(name)) for name in names]
        return [
            _node("InventoryQuantity", f"{product.item.id}?name={name}", name=name, quantity=quantity)
            for name, quantity in known
            if quantity is not None
        ]

    return _node(
        "InventoryLevel",
        f"{number}?inventory_item_id={product.item.id}",
        isActive=found.active,
        item=lambda _info: item(goods, product),
        location=lambda _info: location(goods, number),
        quantities=quantities,
    )


def order(goods: Goods, made: LocalOrder) -> Node:
    """Return an order."""
    names = [made.first_name, made.last_name]
    return _node(
        "Order",
        made.id,
        name=made.name,
        email=made.email or None,
        test=made.test,
        cancelledAt=made.cancelled_at,
        createdAt=made.created_at,
        updatedAt=made.updated_at,
        processedAt=made.created_at,
        displayFinancialStatus=made.financial,
        displayFulfillmentStatus=made.fulfillment,
        customer=_node(
            "Customer",
            made.customer_id,
            displayName=" ".join(name for name in names if name) or made.email,
            firstName=made.first_name or None,
            lastName=made.last_name or None,
        ),
        lineItems=_pages(made.lines, lambda line: line.id, lambda line: _line(goods, line)),
        fulfillmentOrders=_pages(
            [work for work in made.work if sees_work_of(work.service, goods.scopes)],
            lambda work: work.id,
            lambda work: fulfillment_order(goods, work),
        ),
    )


def _line(goods: Goods, line: Line) -> Node:
    product = line.product
    return _node(
        "LineItem",
        line.id,
        name=line.title,
        title=line.title,
        sku=line.sku or None,
        quantity=line.quantity,
        currentQuantity=line.current,
        unfulfilledQuantity=max(0, line.current - line.fulfilled),
        variant=lambda _info: variant(goods, product) if product else None,
    )


def fulfillment_order(goods: Goods, work: FulfillmentOrder) -> Node:
    """Return a fulfilment order."""
    actions = _ACTIONS.get(work.status, [])
    if work.service and "CREATE_FULFILLMENT" in actions:
        actions = ["REQUEST_FULFILLMENT", "HOLD"]  # the service has to accept it first

    def line(part: ToFulfill) -> Node:
        return _node(
            "FulfillmentOrderLineItem",
            part.id,
            totalQuantity=part.total,
            remainingQuantity=part.remaining,
            sku=part.line.sku or None,
            lineItem=lambda _info: _line(goods, part.line),
        )

    return _node(
        "FulfillmentOrder",
        work.id,
        status=work.status,
        supportedActions=[{"action": action} for action in actions],
        assignedLocation={
            "location": None if work.service else location(goods, work.location),
            "name": work.service or goods.locations[work.location],
        },
        lineItems=_pages(work.lines, lambda part: part.id, line),
    )


def fulfillment(made: LocalFulfillment) -> Node:
    """Return a fulfilment."""
    return _node(
        "Fulfillment", made.id, status="SUCCESS", createdAt=made.created_at, totalQuantity=sum(made.units.values())
    )


def _node(kind: str, number: str, **fields: Any) -> Node:
    return {"__typename": kind, "id": gid(kind, number), "legacyResourceId": number, **fields}
