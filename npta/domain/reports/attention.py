"""Attention: what a person should look at, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from npta.domain.catalogue.catalogue_summary import CatalogueWarning
from npta.domain.orders.answers import cleared_since, reason
from npta.domain.orders.backorders import Backorder, backorder, backorders
from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.orders.fulfillment import Outcome
from npta.domain.orders.mark_fulfilled import what_to_do
from npta.domain.orders.next_steps import next_step, release_step, replace_step, waiting_step
from npta.domain.state.entitlements import Pool
from npta.domain.state.order_record import TAKEN_BACK, OrderRecord, Status
from npta.domain.state.outbox_messages import Channel, RefusedMessage, refused_count, refused_messages
from npta.domain.state.state import State
from npta.domain.state.stock import Stock
from npta.domain.state.times import moment
from npta.domain.state.wording import listed, short
from npta.domain.stock.import_keys import FINISH_IMPORT, Unfinished
from npta.domain.stock.low_stock import is_low
from npta.tables import Attention, Catalogue, ImportKeys

MAX_SHOWN = 200
"""Rows of one sort; how many more there are stands in a row of its own. Nobody reads further, and each commit looks at all
that are shown."""


MAX_NAMED = 10
"""Lines of one order that are named."""
MAX_DETAIL = 400
"""Characters of a cell: a long one would make every commit too large."""


def attention(
    state: State,
    rules: Rules,
    low_stock: int,
    remarks: Iterable[CatalogueWarning] = (),
    unfinished: Unfinished | None = None,
) -> list[Attention]:
    """List what to look at, the most urgent first; of each sort the first `MAX_SHOWN`.

    A pool is low with fewer than `low_stock` free seats, or none; `remarks` are what was last seen in the catalogue.
    """
    seen = tuple(remarks)
    pools = [(pool, stock) for pool, stock in sorted(state.pools.items()) if is_low(stock.available, low_stock)]
    return [
        *_mode(rules.mode),
        *_import(unfinished),
        *_first(map(_refused, refused_messages(state)), refused_count(state)),
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


def _row(kind: str, which: str, detail: str, step: str, since: str = "") -> Attention:
    return Attention(what=kind, which=which, next_step=short(step, MAX_DETAIL), detail=detail, since=moment(since))


def _mode(mode: Mode) -> Iterator[Attention]:
    if mode is Mode.OFF:
        yield _row("mode", mode, "orders are only noted", "Switch to TEST or LIVE.")
    if mode is Mode.TEST:
        yield _row("mode", mode, "mail goes to the test recipient", "Switch to LIVE when verified.")


def _import(unfinished: Unfinished | None) -> Iterator[Attention]:
    if unfinished:
        yield _row("import not finished", ImportKeys.__table__.title, str(unfinished), FINISH_IMPORT, unfinished.since)


_SENT = {
    Channel.SLACK: ("alert", "Slack"),
    Channel.STOCK: ("stock", "Shopify"),
    Channel.FULFILLMENT: ("fulfillment mark", "Shopify"),
    Channel.KEYS_HOOK: ("answer", "the keys hook"),
    Channel.ENDED: ("change of an alert", "Slack"),
}


def _refused(message: RefusedMessage) -> Attention:
    sort, whom = _SENT[message.channel]
    steps = what_to_do(message.reason) if message.channel is Channel.FULFILLMENT and message.kind else "Fix the cause."
    return Attention(
        what=f"{sort} refused",
        which=short(message.about) or message.kind or f"all for {whom}",
        since=moment(message.since),
        detail=short(f"{message.kind}: {message.reason}" if message.kind else message.reason, MAX_DETAIL),
        next_step=f"{steps} It is tried again at least every 10 minutes.",
    )


def _order(kind: str, record: OrderRecord, message: str, step: str, since: str = "") -> Attention:
    named = [short(part) for part in (record.order_name, record.customer_name) if part]
    detail = " · ".join([*named, *([short(message, MAX_DETAIL)] if message else [])])
    return _row(kind, record.order_id, detail, step, since or record.events[-1].at)


def _failed(found: Backorder, rules: Rules) -> Attention:
    record = found.record
    message = found.damage or reason(found.outcome, record)
    return _order("failed order", record, message, waiting_step(found, rules))


def _by_hand(state: State, record: OrderRecord, rules: Rules) -> Attention:
    message = "came in while the mode was OFF"
    if not record.open:
        return _order("order by hand", record, message, next_step(state, record, Outcome(Status.OFF), rules))
    found = backorder(state, record, rules)
    return _order("order by hand", record, f"{message}, {cleared_since(found)}", waiting_step(found, rules))


def _to_give_back(record: OrderRecord) -> Attention:
    lines = record.to_give_back
    units = ", ".join(listed((f"{line.sku} × {line.quantity} (line {line.line_item_id})" for line in lines), MAX_NAMED))
    since = next(event.at for event in reversed(record.events) if event.event in TAKEN_BACK)
    step = release_step(record, lines)
    return _order("refunded, keys not released", record, f"it holds keys of {units}", step, since)


def _mail(state: State, record: OrderRecord) -> Attention:
    step = release_step(record, record.to_give_back) or replace_step(state.retired_keys(record.order_id))
    look = "Look at the Zap's mail step; re-run the Zap if the customer has no mail."
    return _order("mail not confirmed", record, "keys assigned", step or look)


def _remark(remark: CatalogueWarning) -> Attention:
    where = f"{Catalogue.__table__.title}, row {remark.row}" if remark.row else Catalogue.__table__.title
    detail = short(f"{where}: {remark.message}", MAX_DETAIL)
    step = "Fix the row in NPTA Catalogue, then press Sync Catalogue."
    return _row("catalogue", short(remark.sku) or f"row {remark.row}", detail, step)


def _pool(pool: Pool, stock: Stock) -> Attention:
    resting = f", {stock.quarantined} quarantined" if stock.quarantined else ""
    detail = f"{stock.available} free of {stock.total}{resting}"
    return _row("low stock", str(pool), detail, "Obtain keys from the provider and import them.")
