"""Reconcile, every night: Shopify, the sheet and the ledgers are compared, and people are told once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from npta.clients.shopify import Shopify
from npta.domain.alerts import reconciled_alert
from npta.domain.catalogue import sellable
from npta.domain.deliveries import REMIND_AFTER_MINUTES
from npta.domain.modes import rules_in
from npta.domain.reconciliation import (
    Finding,
    PaidOrder,
    Shelf,
    catalogue_cells,
    open_orders,
    short_pools,
    stock_differences,
    unfit_skus,
    without_receipt,
)
from npta.domain.state import State
from npta.errors import ShopError
from npta.operations.audit_spreadsheet import audit_spreadsheet
from npta.operations.commit import commit, tell
from npta.operations.read_shop import paid_orders, shelves
from npta.operations.refresh_catalogue import refresh_catalogue
from npta.services import Services
from npta.tabs import Catalogue
from sheets_schema import Deadline, FormRow, SchemaError, Transaction

SHOP_SHARE = 0.4
"""How much of the time Shopify may take; the rest is for what is checked without it."""


class Checked(NamedTuple):
    """How much was looked at. What Shopify has is 0 where there is no shop, or it could not be read."""

    orders: int
    keys: int
    products: int
    shop_variants: int
    shop_orders: int


class Reconciled(NamedTuple):
    """What does not agree, and how much was looked at."""

    findings: tuple[Finding, ...]
    checked: Checked


class _Shown(NamedTuple):
    """What Shopify shows, or why it shows nothing."""

    shelves: tuple[Shelf, ...] = ()
    orders: tuple[PaidOrder, ...] = ()
    trouble: tuple[Finding, ...] = ()


def reconcile(
    services: Services,
    *,
    who: str,
    deadline: Deadline,
    request_id: str = "",
    progress: Callable[[str], None] = lambda _: None,
) -> Reconciled:
    """Compare everything with everything and make one alert due. Changes no fact, and nothing in the shop.

    What cannot be reached or read is a finding itself, and the rest is checked all the same. Raises what
    `Spreadsheet.run` raises: without the ledgers nothing can be said.
    """
    refresh_catalogue(services, deadline, at_once=services.refreshing.due)  # what is only late is no difference
    progress("reading every ledger …")
    tampered = tuple(_audit(services, deadline))
    # Last, so that few orders come between what Shopify shows and what it is compared with.
    progress("reading Shopify …" if services.shop else "no shop is set: only the spreadsheet is checked")
    shown = _shop(services.shop, services.clock.deadline(deadline.left() * SHOP_SHARE)) if services.shop else _Shown()
    progress("comparing …")

    def work(tx: Transaction[State]) -> Reconciled:
        findings = (*shown.trouble, *tampered, *_compare(services, tx, shown))
        tell(services, tx, reconciled_alert(findings, request_id=request_id))
        state = tx.state
        checked = Checked(
            orders=len(state.orders),
            keys=len(state.keys),
            products=len(sellable(state, services.settings.region)),
            shop_variants=len(shown.shelves),
            shop_orders=len(shown.orders),
        )
        return Reconciled(findings, checked)

    return commit(services, work, operation="reconcile", who=who, deadline=deadline, reads=(Catalogue,))


def _shop(shop: Shopify, deadline: Deadline) -> _Shown:
    trouble = []
    seen: list[Shelf] = []
    orders: list[PaidOrder] = []
    try:
        seen = shelves(shop.variants(deadline))
    except ShopError as error:
        trouble.append(Finding("Shopify could not be read", "stock", str(error)))
    try:
        orders = paid_orders(shop.paid_unfulfilled(deadline))
    except ShopError as error:
        trouble.append(Finding("Shopify could not be read", "orders", str(error)))
    if shop.drift:
        trouble.append(Finding("Shopify API version", "", shop.drift))
    return _Shown(tuple(seen), tuple(orders), tuple(trouble))


def _audit(services: Services, deadline: Deadline) -> Iterator[Finding]:
    try:
        for fault in audit_spreadsheet(services, deadline=deadline):
            yield Finding("audit", f"{fault.tab}, row {fault.row}" if fault.row else fault.tab, fault.message)
    except SchemaError as error:
        yield Finding("audit", error.tab or "spreadsheet", str(error))


def _compare(services: Services, tx: Transaction[State], shown: _Shown) -> Iterator[Finding]:
    settings, state, now = services.settings, tx.state, services.clock.now()
    yield from without_receipt(state, shown.orders, tx.values["go_live_at"], now)
    yield from open_orders(state, rules_in(tx.values, settings.regions), now, REMIND_AFTER_MINUTES)
    yield from short_pools(state, settings.low_stock, services.now())
    yield from stock_differences(state, settings.region, shown.shelves)
    yield from _catalogue(tx, shown, settings.region)


def _catalogue(tx: Transaction[State], shown: _Shown, region: str) -> Iterable[Finding]:
    try:
        rows: tuple[FormRow, ...] = tx.table(Catalogue).rows
    except SchemaError as error:
        return [Finding("catalogue cannot be read", Catalogue.title, str(error))]
    return [*unfit_skus(shown.shelves, rows), *catalogue_cells(rows, tx.state, region)]
