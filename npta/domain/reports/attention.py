"""Attention: what a person should look at, the most urgent first. Computed anew with every commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from npta.domain.catalogue.catalogue_summary import CatalogueWarning
from npta.domain.orders.answers import next_step, reason, release_step, replace_step
from npta.domain.orders.backorders import Backorder, backorder, backorders
from npta.domain.orders.fulfillment import Outcome
from npta.domain.orders.marking import what_to_do
from npta.domain.orders.rules import Mode, Rules
from npta.domain.state.entitlements import Pool
from npta.domain.state.order_record import TAKEN_BACK, OrderRecord, Status
from npta.domain.state.outbox_messages import Channel, RefusedNotice, refused_count, refused_notices
from npta.domain.state.state import State, Stock
from npta.domain.state.text import listed, short
from npta.domain.stock.key_import import FINISH_IMPORT, Unfinished
from npta.tables import Attention, Catalogue, ImportKeys

MAX_SHOWN = 200
"""Rows of one sort; how many more there are stands in a row of its own. Nobody reads further, and each commit looks at all
that are shown."""


MAX_NAMED = 10
"""Lines of one order that are named."""
MAX_DETAIL = 400
"""Characters of what is told: one long cell would make every commit too large."""


def attention(
    state: State,
    rules: Rules,
    low_stock: int,
    remarks: Iterable[CatalogueWarning] = (),
    unfinished: Unfinished | None = None,
) -> list[Attention]:
    """List what to look at, the most urgent first; of each sort the first `MAX_SHOWN`, the oldest.

    A pool is low with fewer than `low_stock` free seats; `remarks` are what was last seen in the catalogue.
    """
    seen = tuple(remarks)
    pools = [(pool, stock) for pool, stock in sorted(state.pools.items()) if stock.available < low_stock]
    return [
        *_mode(rules.mode),
        *_import(unfinished),
        *_first(map(_refused, refused_notices(state)), refused_count(state)),
        *_first((_failed(waiting, rules) for waiting in backorders(state, rules)), state.waiting.size),
        *_first((_by_hand(state, record, rules) for record in state.by_hand_orders()), state.by_hand.size),
        *_first(map(_to_give_back, state.orders_to_give_back()), state.to_give_back.size),
        *_first((_mail(state, record) for _, record in state.undelivered()), state.mails.size),
        *_first((_pool(pool, stock) for pool, stock in pools), len(pools)),
        *_first(map(_remark, seen), len(seen)),
    ]


def _first(rows: Iterator[Attention], total: int) -> Iterator[Attention]:
    """Yield the first rows of a sort, and how many there are besides."""
    last = None
    for last in islice(rows, MAX_SHOWN):
        yield last
    if last and total > MAX_SHOWN:
        more = f"and {total - MAX_SHOWN} more"
        yield Attention(what=last.what, which=more, next_step="They follow here as those above are settled.")


def _mode(mode: Mode) -> Iterator[Attention]:
    if mode is Mode.OFF:
        yield Attention(what="mode", which=mode, detail="orders are only noted", next_step="Switch to TEST or LIVE.")
    if mode is Mode.TEST:
        yield Attention(
            what="mode", which=mode, detail="mail goes to the test recipient", next_step="Switch to LIVE when verified."
        )


def _import(unfinished: Unfinished | None) -> Iterator[Attention]:
    if unfinished:
        yield Attention(
            what="import not finished",
            which=ImportKeys.title,
            since=unfinished.since,
            detail=str(unfinished),
            next_step=FINISH_IMPORT,
        )


_SENT = {Channel.SLACK: "alert", Channel.STOCK: "stock", Channel.FULFILLMENT: "fulfillment mark"}


def _refused(notice: RefusedNotice) -> Attention:
    sort, whom = _SENT[notice.channel], "Slack" if notice.channel is Channel.SLACK else "Shopify"
    steps = what_to_do(notice.reason) if notice.channel is Channel.FULFILLMENT and notice.kind else "Mend what it says."
    return Attention(
        what=f"{sort} refused",
        which=short(notice.about) or notice.kind or f"all for {whom}",
        since=notice.since,
        detail=short(f"{notice.kind}: {notice.reason}" if notice.kind else notice.reason, MAX_DETAIL),
        next_step=f"{steps} It is tried again at least every 10 minutes.",
    )


def _failed(found: Backorder, rules: Rules) -> Attention:
    record = found.record
    step = next_step(found.outcome, record, rules)
    return _order("failed order", record, found.damage or reason(found.outcome, record), step)


def _by_hand(state: State, record: OrderRecord, rules: Rules) -> Attention:
    message, outcome = "came in while the mode was OFF", Outcome(Status.OFF)
    if record.open:
        found = backorder(state, record, rules)
        outcome = found.outcome
        message += f", cleared since: {found.damage or reason(outcome, record)}"
    return _order("order by hand", record, message, next_step(outcome, record, rules))


def _order(what: str, record: OrderRecord, message: str, step: str) -> Attention:
    return Attention(
        what=what,
        which=record.order_id,
        since=record.events[-1].at,
        detail=_detail(record, message),
        next_step=short(step, MAX_DETAIL),
    )


def _to_give_back(record: OrderRecord) -> Attention:
    lines = record.to_give_back
    units = ", ".join(listed((f"{line.sku} × {line.quantity} (line {line.line_item_id})" for line in lines), MAX_NAMED))
    return Attention(
        what="refunded, keys not released",
        which=record.order_id,
        since=next(event.at for event in reversed(record.events) if event.event in TAKEN_BACK),
        detail=_detail(record, f"it holds keys of {units}"),
        next_step=short(release_step(record, lines), MAX_DETAIL),
    )


def _mail(state: State, record: OrderRecord) -> Attention:
    dead = replace_step(state.retired_keys(record.order_id))
    return Attention(
        what="mail not confirmed",
        which=record.order_id,
        since=record.events[-1].at,
        detail=_detail(record, "keys assigned"),
        next_step=release_step(record, record.to_give_back)
        or dead
        or "Look at the Zap's mail step; re-run the Zap if the customer has no mail.",
    )


def _detail(record: OrderRecord, message: str) -> str:
    named = [short(part) for part in (record.order_name, record.customer_name) if part]
    return " · ".join([*named, *([short(message, MAX_DETAIL)] if message else [])])


def _remark(remark: CatalogueWarning) -> Attention:
    position = f"{Catalogue.title}, row {remark.row}" if remark.row else Catalogue.title
    return Attention(
        what="catalogue",
        which=short(remark.sku) or f"row {remark.row}",
        detail=short(f"{position}: {remark.message}", MAX_DETAIL),
        next_step="Mend the row in NPTA Catalogue, then press Sync Catalogue.",
    )


def _pool(pool: Pool, stock: Stock) -> Attention:
    resting = f", {stock.quarantined} quarantined" if stock.quarantined else ""
    return Attention(
        what="low stock",
        which=str(pool),
        detail=f"{stock.available} free of {stock.total}{resting}",
        next_step="Obtain keys from the provider and import them.",
    )
