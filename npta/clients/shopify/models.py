"""What the shop holds, as this service sees it, and how it is read from Shopify's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from npta.domain.catalogue.sync_from_shopify import ShopVariant
from npta.domain.state.normalized_text import canonical
from npta.domain.state.shop_status import OrderHead


class StockLevel(NamedTuple):
    """What the stock of a variant should become. `variant` is as it was just read."""

    variant: ShopVariant
    available: int


class NotSet(NamedTuple):
    """Why the stock of a variant was not set. `moved`: it was changed since it was read."""

    sku: str
    reason: str
    moved: bool = False


class ShopOrderLine(NamedTuple):
    """A line of an order. `current_quantity` is without what was refunded or removed."""

    line_item_id: str
    sku: str
    quantity: int
    current_quantity: int
    unfulfilled: int


class ShopOrder(NamedTuple):
    """An order as the shop has it. `order_id` is digits; the statuses are Shopify's (PAID)."""

    order_id: str
    name: str
    email: str
    customer_name: str
    financial_status: str
    fulfillment_status: str
    cancelled_at: str
    test: bool
    processed_at: str
    created_at: str
    lines: tuple[ShopOrderLine, ...]


class ChangedOrders(NamedTuple):
    """Orders of which something has changed lately; `complete` if that is all of them."""

    orders: tuple[OrderHead, ...]
    complete: bool


class Location(NamedTuple):
    """A place where stock lies. `location_id` is digits, as in SHOPIFY_LOCATION_ID."""

    location_id: str
    name: str
    active: bool


def gid(kind: str, number: str) -> str:
    """Shopify's global id of a thing that people know by digits; a gid stays as it is."""
    return number if number.startswith("gid://") else f"gid://shopify/{kind}/{number}"


def digits(global_id: str) -> str:
    """Return the number at the end of a gid; JSON numbers lose digits in other people's tools."""
    return global_id.rpartition("/")[2].partition("?")[0]


def available_in(level: Mapping[str, Any] | None) -> int | None:
    """Return what is available at a level; None where the item is not stocked."""
    if level is None or not level["isActive"]:
        return None
    return next((int(quantity["quantity"]) for quantity in level["quantities"] if quantity["name"] == "available"), 0)


def read_variant(node: Mapping[str, Any]) -> ShopVariant:
    """Read a node of `productVariants`."""
    product, item = node["product"], node["inventoryItem"]
    available = available_in(item["inventoryLevel"])
    return ShopVariant(
        product_id=product["id"],
        variant_id=node["id"],
        inventory_item_id=item["id"],
        sku=canonical(node["sku"] or ""),
        title=product["title"],
        variant_title=node["title"],
        price=str(node["price"]),
        status=product["status"],
        tags=tuple(product["tags"]),
        product_type=product["productType"],
        tracked=item["tracked"],
        continues=node["inventoryPolicy"] == "CONTINUE",
        available=available,
        stocked=available is not None,
        spelling=_writable(node["sku"] or ""),
    )


def _writable(text: str) -> str:
    """Drop halves of characters, which JSON can carry and no cell can hold."""
    return text.encode("utf-8", "ignore").decode()


def read_head(node: Mapping[str, Any]) -> OrderHead:
    """Read a node of `orders`."""
    return OrderHead(
        order_id=digits(node["id"]),
        name=node["name"],
        created_at=node["createdAt"],
        updated_at=node["updatedAt"],
        financial_status=node["displayFinancialStatus"] or "",
        fulfillment_status=node["displayFulfillmentStatus"],
        cancelled_at=node["cancelledAt"] or "",
        test=node["test"],
    )


def read_line(line: Mapping[str, Any]) -> ShopOrderLine:
    """Read a node of `lineItems`."""
    return ShopOrderLine(
        line_item_id=digits(line["id"]),
        sku=canonical(line["sku"] or ""),
        quantity=line["quantity"],
        current_quantity=line["currentQuantity"],
        unfulfilled=line["unfulfilledQuantity"],
    )


def read_order(node: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]) -> ShopOrder:
    """Read an order and its lines, which come in pages."""
    customer = node["customer"] or {}
    names = (customer.get("firstName"), customer.get("lastName"))
    return ShopOrder(
        order_id=digits(node["id"]),
        name=node["name"],
        email=node["email"] or "",
        customer_name=" ".join(name for name in names if name),
        financial_status=node["displayFinancialStatus"] or "",
        fulfillment_status=node["displayFulfillmentStatus"],
        cancelled_at=node["cancelledAt"] or "",
        test=node["test"],
        processed_at=node["processedAt"],
        created_at=node["createdAt"],
        lines=tuple(map(read_line, lines)),
    )
