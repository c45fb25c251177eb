"""Verify that everything has happened which one order is to bring about."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from npta.domain.catalogue.availability import sellable
from npta.domain.reports.findings import ChecklistItem, ReconciliationFinding
from npta.domain.reports.reconciliation import cell_number, stock_differences
from npta.domain.reports.verification import (
    keys_as_expected,
    mail_delivered,
    pool_use,
    skus_of,
    slack_posted,
    stock_down,
    what_to_do,
)
from npta.domain.state.entitlements import Pool
from npta.domain.state.normalized_text import cell_text
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.state import State
from npta.errors import ShopError
from npta.operations.commit import read
from npta.operations.find_order import get_order
from npta.operations.sold_not_arrived import coming_orders
from npta.services import Services
from npta.tables import Catalogue, ImportHistory, KeyInventory, KeyLedger
from sheets_schema import Deadline, SchemaMismatchError, Transaction

SHOP_SHARE = 0.5
"""How much of the time Shopify may take."""


class Verified(NamedTuple):
    """The order, and the four ticks."""

    order_id: str
    order_name: str
    checks: tuple[ChecklistItem, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is missed."""
        return all(check.ok for check in self.checks)


class _OrderSeen(NamedTuple):
    record: OrderRecord
    checks: tuple[ChecklistItem, ChecklistItem, ChecklistItem]
    skus: frozenset[str]
    elsewhere: tuple[ReconciliationFinding, ...]
    step: str


def verify_order(
    services: Services, order: str, *, deadline: Deadline, progress: Callable[[str], None] = lambda _: None
) -> Verified:
    """Check an order: alert posted, mail confirmed, keys as owed, stock down by that.

    Writes nothing. Stock is taken from the ledgers, read anew, and compared with Key Inventory, the catalogue and, if a
    shop is set, with Shopify. Raises `NotFoundError`.
    """
    progress("reading the order …")
    looked = read(services, lambda tx: _observe(services, tx, order), deadline, reads=(Catalogue,))
    progress("reading the ledgers …")
    rows = services.spreadsheet.scan([ImportHistory, KeyLedger, KeyInventory], deadline)
    for row in (*rows[ImportHistory], *rows[KeyLedger], *rows[KeyInventory]):
        if isinstance(row, SchemaMismatchError):
            raise row
    shown = {Pool(row.region, row.provider, row.product_code, row.component): row.used for row in rows[KeyInventory]}
    by_pool = pool_use(looked.record.order_id, rows[ImportHistory], rows[KeyLedger])
    elsewhere = [*looked.elsewhere]
    if services.shop:
        progress("reading Shopify …")
        elsewhere += _shop(services, looked.skus, services.clock.deadline(deadline.left() * SHOP_SHARE))
    stock = stock_down(looked.record, by_pool, shown, elsewhere, looked.step)
    if stock.ok and not services.shop:
        stock = stock._replace(found=f"{stock.found}; no shop is set, so only the sheet was compared")
    return Verified(looked.record.order_id, looked.record.order_name, (*looked.checks, stock))


def _observe(services: Services, tx: Transaction[State], order: str) -> _OrderSeen:
    state, region = tx.state, services.settings.region
    record = get_order(state, order)
    receipt = record.filled_receipt
    skus = skus_of(state, receipt.needs() if receipt else (), region)
    rules = services.rules(tx.values)
    step = what_to_do(state, record, rules)
    checks = (
        slack_posted(state, record, step),
        mail_delivered(record, services.settings.test_recipient, step),
        keys_as_expected(state, record, rules, step),
    )
    return _OrderSeen(record, checks, frozenset(skus), tuple(_catalogue(tx, skus, region)), step)


def _catalogue(tx: Transaction[State], skus: Collection[str], region: str) -> Iterator[ReconciliationFinding]:
    wanted = sellable(tx.state, region)
    try:
        rows = tx.table(Catalogue).rows
    except SchemaMismatchError as error:
        yield ReconciliationFinding("catalogue", Catalogue.__table__.title, str(error))
        return
    for row in rows:
        sku = cell_text(row.cells.get("sku"))
        if sku in skus and cell_number(row) != wanted[sku]:
            detail = f"{Catalogue.__table__.title} shows {row.text('available') or 'nothing'} available, the ledgers say {wanted[sku]}"
            yield ReconciliationFinding("catalogue", sku, detail)


def _shop(services: Services, skus: Collection[str], deadline: Deadline) -> list[ReconciliationFinding]:
    assert services.shop is not None
    try:
        seen = services.shop.variants_of(skus, deadline)
        coming = coming_orders(services, services.shop, deadline)
    except ShopError as error:
        return [ReconciliationFinding("Shopify", "Shopify", str(error))]
    region = services.settings.region
    return read(services, lambda tx: list(stock_differences(tx.state, region, seen, coming)), deadline)
