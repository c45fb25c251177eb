"""Orders and refunds as Shopify's webhooks send them, and what `GET /_state` shows.

Field names as in Shopify's `orders/paid` and `refunds/create` examples; only those that matter here. Ids are numbers
there.
"""

from __future__ import annotations

from typing import Any

from npta.local.shop.models import LOCATION, Goods, LocalOrder, LocalProduct, LocalRefund, gid


def order_json(order: LocalOrder) -> dict[str, Any]:
    """Return the body of `orders/paid`."""
    total = sum(float(line.price) * line.current for line in order.lines)
    return {
        "id": int(order.id),
        "admin_graphql_api_id": gid("Order", order.id),
        "name": order.name,
        "order_number": order.number,
        "email": order.email,
        "contact_email": order.email,
        "created_at": order.created_at,
        "processed_at": order.created_at,
        "updated_at": order.created_at,
        "cancelled_at": order.cancelled_at,
        "test": order.test,
        "currency": "CAD",
        "total_price": f"{total:.2f}",
        "financial_status": order.financial.lower(),
        "fulfillment_status": {"FULFILLED": "fulfilled", "PARTIALLY_FULFILLED": "partial"}.get(order.fulfillment),
        "customer": {
            "id": int(order.customer_id),
            "admin_graphql_api_id": gid("Customer", order.customer_id),
            "email": order.email,
            "first_name": order.first_name,
            "last_name": order.last_name,
        },
        "line_items": [
            {
                "id": int(line.id),
                "admin_graphql_api_id": gid("LineItem", line.id),
                "product_id": int(line.product.id) if line.product else None,
                "variant_id": int(line.product.variant_id) if line.product else None,
                "sku": line.sku or None,
                "title": line.title,
                "name": line.title,
                "price": line.price,
                "quantity": line.quantity,
                "current_quantity": line.current,
                "fulfillable_quantity": line.current - line.fulfilled,
                "fulfillment_status": "fulfilled" if line.fulfilled >= line.current > 0 else None,
                "requires_shipping": False,
            }
            for line in order.lines
        ],
    }


def refund_json(order: LocalOrder, refund: LocalRefund) -> dict[str, Any]:
    """Return the body of `refunds/create`."""
    return {
        "id": int(refund.id),
        "admin_graphql_api_id": gid("Refund", refund.id),
        "order_id": int(order.id),
        "created_at": refund.created_at,
        "processed_at": refund.created_at,
        "note": None,
        "restock": refund.restock_type != "no_restock",
        "refund_line_items": [
            {
                "id": int(refund.id) * 10 + index,
                "line_item_id": int(line.id),
                "quantity": refund.units[line.id],
                "restock_type": refund.restock_type,
                "location_id": int(LOCATION),
                "line_item": {
                    "id": int(line.id),
                    "sku": line.sku or None,
                    "title": line.title,
                    "quantity": line.quantity,
                    "current_quantity": line.current,
                },
            }
            for index, line in enumerate(order.lines)
            if line.id in refund.units
        ],
    }


def product_json(product: LocalProduct) -> dict[str, Any]:
    """Return a product with its variant and stock. `available` is null where it is not stocked."""
    level = product.sold_at(LOCATION)
    return {
        "id": product.id,
        "variant_id": product.variant_id,
        "inventory_item_id": product.item.id,
        "sku": product.sku,
        "title": product.title,
        "variant_title": product.variant_title,
        "handle": product.handle,
        "price": product.price,
        "status": product.status,
        "tags": product.tags,
        "type": product.type,
        "vendor": product.vendor,
        "policy": product.policy,
        "tracked": product.item.tracked,
        "native_bundle": product.item.native_bundle,
        "available": level.available if level else None,
        "committed": level.committed if level else None,
        "updated_at": product.updated_at,
    }


def state_json(goods: Goods) -> dict[str, Any]:
    """Everything the shop holds."""
    orders = []
    for order in goods.orders:
        fulfillments = [
            {"id": item.id, "created_at": item.created_at, "units": item.units, "notified": item.notified}
            for item in order.fulfillments
        ]
        refunds = [refund_json(order, item) for item in order.refunds]
        work = [
            {
                "id": item.id,
                "status": item.status,
                "location": item.location,
                "service": item.service,
                "remaining": {part.line.id: part.remaining for part in item.lines},
            }
            for item in order.work
        ]
        details = {"fulfillments": fulfillments, "refunds": refunds, "fulfillment_orders": work}
        orders.append({**order_json(order), **details})
    return {
        "locations": [{"id": number, "name": name} for number, name in goods.locations.items()],
        "products": [product_json(product) for product in goods.products],
        "stock": {
            product.sku: level.available if (level := product.sold_at(LOCATION)) else None for product in goods.products
        },
        "orders": orders,
    }
