"""Reconcile, every night: compare Shopify, sheet and ledgers, and report once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple, TypeVar

from npta.clients.shopify.client import Shopify
from npta.domain.alerts.nightly_report import nightly_report_alert
from npta.domain.catalogue.availability import sellable
from npta.domain.catalogue.sync_from_shopify import ShopVariant
from npta.domain.orders.unconfirmed_mails import REMIND_AFTER_MINUTES
from npta.domain.reports.findings import ReconciliationFinding
from npta.domain.reports.reconciliation import (
    cancelled_orders,
    catalogue_cells,
    open_orders,
    short_pools,
    stock_differences,
    unfit_skus,
    without_receipt,
)
from npta.domain.state.shop_status import OrderHead
from npta.domain.state.state import State
from npta.domain.state.times import utc_text
from npta.domain.stock.sold_not_arrived import Sale
from npta.errors import DamagedError, ShopError
from npta.operations.audit import audit_spreadsheet
from npta.operations.commit import commit, enqueue_alert
from npta.operations.computed_columns import refresh_catalogue
from npta.operations.recover_orders import opening_of
from npta.operations.sold_not_arrived import coming_orders, sale
from npta.services import Services
from npta.tables import ArchiveIndex, Catalogue
from sheets_schema import Deadline, InputRow, SchemaMismatchError, Transaction

SHOP_SHARE = 0.4
"""How much of the time Shopify may take; the rest is for what is checked without it."""
CANCELLED_WITHIN = timedelta(days=60)
"""How old an order may be whose cancellation is looked for; without another scope Shopify shows no older ones (documented)."""
R = TypeVar("R")


class Checked(NamedTuple):
    """How much was looked at; what Shopify has is 0 where it could not be read."""

    orders: int
    keys: int
    products: int
    shop_variants: int
    shop_orders: int


class Reconciled(NamedTuple):
    """What does not agree, and how much was looked at."""

    findings: tuple[ReconciliationFinding, ...]
    checked: Checked


class _Shown(NamedTuple):
    """What Shopify shows, or why nothing; `coming` are the paid orders on their way here."""

    shelves: tuple[ShopVariant, ...] = ()
    orders: tuple[Sale, ...] = ()
    cancelled: tuple[OrderHead, ...] = ()
    coming: tuple[Sale, ...] = ()
    trouble: tuple[ReconciliationFinding, ...] = ()


def reconcile(
    services: Services,
    *,
    who: str,
    deadline: Deadline,
    request_id: str = "",
    trouble: Sequence[ReconciliationFinding] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Reconciled:
    """Compare Shopify, sheet and ledgers, and enqueue one alert. Changes no fact.

    `trouble` is what the report is to tell besides. What cannot be reached or read is a finding itself, and the rest is
    checked all the same.
    """
    refresh_catalogue(services, deadline, at_once=services.refreshing.due)  # what is only late is no difference
    progress("reading every ledger …")
    tampered = tuple(_audit(services, deadline))
    # Last, so that few orders come between what Shopify shows and what it is compared with.
    progress("reading Shopify …" if services.shop else "no shop is set: only the spreadsheet is checked")
    until = services.clock.deadline(deadline.left() * SHOP_SHARE)
    shown = _shop(services, services.shop, until) if services.shop else _Shown()
    progress("comparing …")

    def transact(shown: _Shown, trouble: Sequence[ReconciliationFinding], tx: Transaction[State]) -> Reconciled:
        findings = (*trouble, *shown.trouble, *tampered, *_compare(services, tx, shown))
        enqueue_alert(services, tx, nightly_report_alert(findings, request_id=request_id))
        state = tx.state
        checked = Checked(
            orders=len(state.orders),
            keys=len(state.keys),
            products=len(sellable(state, services.settings.region)),
            shop_variants=len(shown.shelves),
            shop_orders=len(shown.orders),
        )
        return Reconciled(findings, checked)

    report = partial(commit, services, operation="reconcile", who=who, deadline=deadline, reads=(Catalogue,))
    try:
        return report(partial(transact, shown, trouble))
    except DamagedError as error:  # of an order that stands in an archive: Shopify's orders cannot be compared
        unread = ReconciliationFinding("orders not compared with Shopify", "archive", str(error))
        return report(partial(transact, shown._replace(orders=(), cancelled=()), (*trouble, unread)))


def _shop(services: Services, shop: Shopify, deadline: Deadline) -> _Shown:
    trouble: list[ReconciliationFinding] = []

    def read(what: str, look: Callable[[], Iterable[R]]) -> tuple[R, ...]:
        try:
            return tuple(look())
        except ShopError as error:
            if all(finding.which != what for finding in trouble):
                trouble.append(ReconciliationFinding("Shopify could not be read", what, str(error)))
            return ()

    since = utc_text(services.clock.now() - CANCELLED_WITHIN)
    seen = read("stock", lambda: shop.variants(deadline))
    # Shelves first: who buys after that is on the way already.
    coming = read("orders", lambda: coming_orders(services, shop, deadline))
    orders = read("orders", lambda: map(sale, shop.paid_open(deadline)))
    cancelled = read("orders", lambda: shop.cancelled_since(since, deadline))
    if shop.drift:
        trouble.append(ReconciliationFinding("Shopify API version", "", shop.drift))
    return _Shown(seen, orders, cancelled, coming, tuple(trouble))


def _audit(services: Services, deadline: Deadline) -> Iterator[ReconciliationFinding]:
    try:
        for fault in audit_spreadsheet(services, deadline=deadline):
            yield ReconciliationFinding(
                "audit", f"{fault.tab}, row {fault.row}" if fault.row else fault.tab, fault.message
            )
    except SchemaMismatchError as error:
        yield ReconciliationFinding("audit", error.tab or "spreadsheet", str(error))


def _compare(services: Services, tx: Transaction[State], shown: _Shown) -> Iterator[ReconciliationFinding]:
    settings, state, now = services.settings, tx.state, services.clock.now()
    if state.index_trouble:
        yield ReconciliationFinding("orders in archives", ArchiveIndex.__table__.title, state.index_trouble)
    yield from without_receipt(state, shown.orders, opening_of(tx), now)
    yield from cancelled_orders(state, shown.cancelled, now)
    yield from open_orders(state, services.rules(tx.values), now, REMIND_AFTER_MINUTES)
    yield from short_pools(state, settings.low_stock, services.now())
    yield from stock_differences(state, settings.region, shown.shelves, shown.coming)
    yield from _catalogue(tx, shown, settings.region)


def _catalogue(tx: Transaction[State], shown: _Shown, region: str) -> Iterable[ReconciliationFinding]:
    try:
        rows: tuple[InputRow, ...] = tx.table(Catalogue).rows
    except SchemaMismatchError as error:
        return [ReconciliationFinding("catalogue cannot be read", Catalogue.__table__.title, str(error))]
    return [*unfit_skus(shown.shelves, rows), *catalogue_cells(rows, tx.state, region)]
