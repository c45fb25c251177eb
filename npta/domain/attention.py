"""Attention: what a person should look at, the most urgent first. Computed anew with every commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from npta.domain.answers import looked_up, next_step
from npta.domain.fulfillment import Mode
from npta.domain.order_record import Status
from npta.domain.seen import Remark
from npta.domain.state import State
from npta.tabs import Attention, Catalogue

MOST_UNDELIVERED = 50
"""Orders without a confirmed mail that are listed; a Zap that never confirms would fill the tab."""


def attention(state: State, mode: Mode, low_stock: int, remarks: Iterable[Remark] = ()) -> list[Attention]:
    """What to look at: mode, failed and by-hand orders, unconfirmed mails, low pools, catalogue rows.

    A pool is low with fewer than `low_stock` free seats; `remarks` are what was last seen in the catalogue.
    """
    return [*_mode(mode), *_orders(state), *_mails(state), *_pools(state, low_stock), *_catalogue(remarks)]


def _mode(mode: Mode) -> Iterator[Attention]:
    if mode is Mode.OFF:
        yield Attention(what="mode", which=mode, detail="orders are only noted", next_step="Switch to TEST or LIVE.")
    if mode is Mode.TEST:
        yield Attention(
            what="mode", which=mode, detail="mail goes to the test recipient", next_step="Switch to LIVE when verified."
        )


def _orders(state: State) -> Iterator[Attention]:
    for record in state.unserved_orders():
        event = record.events[-1]
        by_hand = record.status is Status.OFF
        told = "came in while the mode was OFF" if by_hand else event.reason
        if record.open:
            step = "Re-run the Zap: what it lacked has arrived, or its cache was cleared."
        else:
            step = "Serve it by hand." if by_hand else next_step(looked_up(record))
        yield Attention(
            what="order by hand" if by_hand else "failed order",
            which=record.order_id,
            since=event.at,
            detail=" · ".join(part for part in (record.order_name, record.customer_name, told) if part),
            next_step=step,
        )


def _mails(state: State) -> Iterator[Attention]:
    for _, record in islice(state.undelivered(), MOST_UNDELIVERED):
        yield Attention(
            what="mail not confirmed",
            which=record.order_id,
            since=record.events[-1].at,
            detail=" · ".join(part for part in (record.order_name, record.customer_name, "keys assigned") if part),
            next_step="Look at the Zap's mail step; re-run the Zap if the customer has no mail.",
        )


def _catalogue(remarks: Iterable[Remark]) -> Iterator[Attention]:
    for remark in remarks:
        place = f"{Catalogue.title}, row {remark.row}" if remark.row else Catalogue.title
        yield Attention(
            what="catalogue",
            which=remark.sku or f"row {remark.row}",
            detail=f"{place}: {remark.message}",
            next_step="Mend the row in NPTA Catalogue, then press Sync Catalogue.",
        )


def _pools(state: State, low_stock: int) -> Iterator[Attention]:
    for pool, stock in sorted(state.pools.items()):
        if stock.available < low_stock:
            yield Attention(
                what="low stock",
                which=str(pool),
                detail=f"{stock.available} free of {stock.total}",
                next_step="Obtain keys from the provider and import them.",
            )
