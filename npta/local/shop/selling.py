"""What people do in a shop: put products in, buy, refund.

Each is all or nothing; `ImpossibleSaleError` says why not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from npta.local.shop.models import (
    LOCATION,
    FulfillmentOrder,
    Goods,
    InventoryLevel,
    Item,
    Line,
    LocalFulfillment,
    LocalOrder,
    LocalProduct,
    LocalRefund,
    ToFulfill,
)

STATUSES = ("ACTIVE", "ARCHIVED", "DRAFT", "UNLISTED")
POLICIES = ("CONTINUE", "DENY")
PAYMENTS = ("authorized", "expired", "paid", "partially_paid", "pending", "voided")
RESTOCK_TYPES = ("cancel", "no_restock", "return")
_FIELDS = {
    "sku", "title", "handle", "variant_title", "price", "status", "tags", "type", "vendor", "policy", "tracked",
    "available", "native_bundle",
}  # fmt: skip


class ImpossibleSaleError(Exception):
    """The shop cannot do that; for people."""


def put_product(goods: Goods, wanted: Mapping[str, Any], now: str, clock: float = 0.0) -> LocalProduct:
    """Create a product, or change the one with this handle (or, without one, this SKU).

    `available: null` takes it out of the location. A product with a handle of its own may share a SKU with another.
    """
    unknown = sorted(set(wanted) - _FIELDS)
    if unknown or not isinstance(wanted.get("sku"), str):
        raise ImpossibleSaleError(f"unknown fields: {', '.join(unknown)}" if unknown else "sku: a text is needed")
    for name, allowed in (("status", STATUSES), ("policy", POLICIES)):
        if wanted.get(name, allowed[0]) not in allowed:
            raise ImpossibleSaleError(f"{name}: one of {', '.join(allowed)}")
    sku, handle = wanted["sku"], wanted.get("handle")
    known = (
        candidate for candidate in goods.products if (candidate.handle == handle if handle else candidate.sku == sku)
    )
    product = next(known, None)
    if product is None:
        item = Item(goods.new_id(), tracked=True, levels={LOCATION: InventoryLevel()})
        handle = handle or f"{sku.lower() or 'product'}-{len(goods.products) + 1}"
        product = LocalProduct(goods.new_id(), goods.new_id(), item, sku, f"Product {sku}", handle, created_at=now)
        product.named = clock
        goods.products.append(product)
    elif product.sku != sku:
        product.named, product.former_sku = clock, product.sku
    for name in sorted(set(wanted) & {"sku", "title", "variant_title", "price", "status", "type", "vendor", "policy"}):
        setattr(product, name, str(wanted[name]))
    if "tags" in wanted:
        product.tags = sorted(str(tag) for tag in wanted["tags"])  # sorted, as Shopify gives them
    product.item.tracked = bool(wanted.get("tracked", product.item.tracked))
    product.item.native_bundle = bool(wanted.get("native_bundle", product.item.native_bundle))
    if "available" in wanted:
        _put_stock(product, wanted["available"])
    product.updated_at = now
    return product


def _put_stock(product: LocalProduct, available: int | None) -> None:
    if available is None:
        product.item.levels.pop(LOCATION, None)
    else:
        level = product.item.levels.setdefault(LOCATION, InventoryLevel())
        level.available, level.active = int(available), True


def place_order(goods: Goods, wanted: Mapping[str, Any], now: str, clock: float = 0.0) -> LocalOrder:
    """Let a customer buy and pay, or not pay yet.

    `{"customer", "email", "lines": [{"sku", "quantity"}]}`; with `"financial_status": "pending"` nobody pays. A line
    without `sku` but with a `title` is a custom one. `oversell: true` sells what is not for sale, as a draft order of
    the shop's own people can; `hold: true` puts the delivery on hold; `test: true` makes a test order.
    """
    lines = [_line(goods, line, oversell=bool(wanted.get("oversell"))) for line in wanted.get("lines") or ()]
    if not lines:
        raise ImpossibleSaleError("lines: an order needs at least one")
    payment = str(wanted.get("financial_status") or "paid")
    if payment not in PAYMENTS:
        raise ImpossibleSaleError(f"financial_status: one of {', '.join(PAYMENTS)}")
    email = str(wanted.get("email") or "")
    first, _, last = str(wanted.get("customer") or "").partition(" ")
    work = [ToFulfill(goods.new_id(), line, line.quantity, line.quantity) for line in lines]
    order = LocalOrder(
        id=goods.new_id(),
        number=next(goods.order_numbers),
        email=email,
        customer_id=goods.customers.setdefault(email, goods.new_id()),
        first_name=first,
        last_name=last,
        created_at=now,
        updated_at=now,
        lines=lines,
        work=[FulfillmentOrder(goods.new_id(), LOCATION, work, held=bool(wanted.get("hold")))],
        test=bool(wanted.get("test")),
        payment=payment.upper(),
        placed=clock,
    )
    for line in lines:
        _move(line, available=-line.quantity, committed=line.quantity)
    goods.orders.append(order)
    return order


def _line(goods: Goods, wanted: Mapping[str, Any], *, oversell: bool) -> Line:
    quantity = wanted.get("quantity", 1)
    if not isinstance(quantity, int) or quantity < 1:
        raise ImpossibleSaleError("quantity: a whole number above 0")
    sku = str(wanted.get("sku") or "")
    if not sku:
        return Line(goods.new_id(), None, str(wanted.get("title") or "Tip"), str(wanted.get("price", "5.00")), quantity)
    product = goods.with_sku(sku)
    if product is None:
        raise ImpossibleSaleError(f"{sku}: no such product")
    level = product.sold_at(LOCATION)
    there = quantity if not product.item.tracked or product.policy == "CONTINUE" else level.available if level else 0
    if not oversell and (there < quantity or product.status not in ("ACTIVE", "UNLISTED")):
        raise ImpossibleSaleError(f"{sku}: customers cannot buy {quantity} of it (there are {there}, {product.status})")
    return Line(goods.new_id(), product, product.title, product.price, quantity)


def _move(line: Line, *, available: int = 0, committed: int = 0) -> None:
    """Change the stock that a line is taken from, if Shopify counts it."""
    if line.product and line.product.item.tracked:
        level = line.product.sold_at(LOCATION)
        if level:
            level.available += available
            level.committed += committed


def fulfill(goods: Goods, order: LocalOrder, units: Mapping[str, int], now: str, *, notified: bool) -> LocalFulfillment:
    """Mark units of fulfilment orders' lines as fulfilled: they are committed no longer."""
    done: dict[str, int] = {}
    for work in order.open_work:
        for line in work.lines:
            count = units.get(line.id, 0)
            line.remaining -= count
            line.line.fulfilled += count
            _move(line.line, committed=-count)
            if count:
                done[line.line.id] = done.get(line.line.id, 0) + count
    order.updated_at = now
    made = LocalFulfillment(goods.new_id(), now, done, notified)
    order.fulfillments.append(made)
    return made


def refund(goods: Goods, order: LocalOrder, wanted: Mapping[str, Any], now: str) -> LocalRefund:
    """Refund lines, all by default.

    `{"lines": [{"sku" or "line_item_id", "quantity"}], "restock": "cancel"}`. `cancel` puts unfulfilled units back on
    sale, `return` also fulfilled ones, `no_restock` none.
    """
    restock = wanted.get("restock", "no_restock")
    if restock not in RESTOCK_TYPES:
        raise ImpossibleSaleError(f"restock: one of {', '.join(RESTOCK_TYPES)}")
    units: dict[str, int] = {}
    for refunded in wanted.get("lines") or [{"line_item_id": line.id} for line in order.lines if line.current]:
        names = (str(refunded.get("line_item_id", "")), refunded.get("sku"))
        line = next((line for line in order.lines if line.id == names[0] or (line.sku and line.sku == names[1])), None)
        if line is None:
            raise ImpossibleSaleError(f"{order.name} has no line {refunded}")
        units[line.id] = units.get(line.id, 0) + refunded.get("quantity", line.current)
        if not 0 < units[line.id] <= line.current:
            raise ImpossibleSaleError(f"{line.sku}: {line.current} can be refunded, not {units[line.id]}")
    for line in order.lines:
        count = units.get(line.id, 0)
        waiting = min(
            count, sum(part.remaining for work in order.open_work for part in work.lines if part.line is line)
        )
        line.refunded += count
        back = {"cancel": waiting, "return": count, "no_restock": 0}[restock]
        _move(line, available=back, committed=-waiting)
        for work in order.open_work:
            for part in work.lines:
                if part.line is line:
                    taken = min(waiting, part.remaining)
                    part.remaining, part.total, waiting = part.remaining - taken, part.total - taken, waiting - taken
    order.updated_at = now
    made = LocalRefund(goods.new_id(), now, units, restock)
    order.refunds.append(made)
    return made


def cancel(goods: Goods, order: LocalOrder, now: str) -> LocalOrder:
    """Cancel an order: refunded, and what was not fulfilled goes back on sale."""
    if any(line.current for line in order.lines):
        refund(goods, order, {"restock": "cancel"}, now)
    order.cancelled_at = order.updated_at = now
    return order
