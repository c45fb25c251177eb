"""One commit of the service: an operation's work, and with it the notices of what it changes.

What is to be told to Slack and Shopify becomes due in the commit that makes it true; what was sent since the last
commit is noted in this one, which costs no call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import NamedTuple, TypeVar

from npta.domain.alerts import Alert, read_alert
from npta.domain.catalogue import sellable
from npta.domain.entitlements import Pool
from npta.domain.low_stock import low_stock_facts
from npta.domain.notices import Channel, Notice, alert_due, ordered_skus, sent, stock_due
from npta.domain.receipts import read_receipt
from npta.domain.state import State
from npta.domain.times import utc_text
from npta.sending import StockSeen
from npta.services import Services
from npta.tabs import ImportHistory, KeyLedger, LiveCatalogue, NoticeEvent, OrderEvent, Orders, Outbox
from sheets_schema import Deadline, Tab, Transaction

_log = logging.getLogger(__name__)
R = TypeVar("R")

MOST_AT_ONCE = 20
"""Notices of others that one commit looks at; the next one looks at more."""
ABANDONED_AFTER = timedelta(seconds=10)
"""A notice of another process is left to it for so long."""
_MOVES_STOCK = {ImportHistory, KeyLedger, LiveCatalogue}
_MAIL_ONLY = {OrderEvent.DELIVERED, OrderEvent.RESEND}
"""Events of an order that change neither what it holds nor what it is owed."""


class _Seen(NamedTuple):
    notices: tuple[Notice, ...]
    stock: StockSeen | None
    moved: bool
    noted: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    """Alerts of this work that nobody hears: there is no Slack."""


def commit(
    services: Services,
    work: Callable[[Transaction[State]], R],
    *,
    operation: str,
    who: str,
    deadline: Deadline,
    reads: Iterable[type[Tab]] = (),
    keep_lock: bool = False,
    shows_stock: bool = False,
    note: bool = False,
    everything: bool = False,
) -> R:
    """Run `work` on fresh state and commit what it stages, and the notices that follow from it.

    `shows_stock`: the work itself writes the catalogue's computed columns. `note`: note what was sent even if the work
    stages nothing. `everything`: what other processes have left unsent is ours now. Raises what `Spreadsheet.run` raises.
    """

    def whole(tx: Transaction[State]) -> tuple[R, _Seen]:
        result = work(tx)
        if tx.discarded:
            return result, _Seen((), None, moved=False)
        moved = _moves_stock(tx)
        noted, written = _note(services, tx) if tx.changes or note else ((), ())
        due, stock = _due(services, tx, everything=everything), _stock(services, tx)
        return result, _Seen(due, stock, moved, noted, written, () if services.slack else _texts(tx))

    result, seen = services.spreadsheet.run(
        whole, operation=operation, who=who, deadline=deadline, reads=reads, keep_lock=keep_lock
    )
    services.sending.noted(seen.noted)
    services.sending.written(seen.written)
    services.sending.see(seen.notices, seen.stock)
    for text in seen.unheard:
        _log.info("alert: %s", text)
    if seen.moved and not shows_stock:
        services.refreshing.due = True
    return result


def tell(services: Services, tx: Transaction[State], alert: Alert | None) -> None:
    """Stage an alert: it is sent once the commit has landed."""
    if alert:
        tx.append(alert_due(tx.state, alert, at=services.now(), commit=tx.commit))


def _note(services: Services, tx: Transaction[State]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Stage what follows from the staged facts, and what was sent since the last commit."""
    at = services.now()
    if services.shop and _moves_stock(tx):
        orders = list(_orders(tx))
        about = " ".join(dict.fromkeys(order.order_id for order in orders[:MOST_AT_ONCE]))
        tx.append(stock_due(tx.state, about, tuple(_ordered(orders)), at=at, commit=tx.commit))
    taken, restocked = (_pools(tx, ledger) for ledger in (KeyLedger, ImportHistory))
    for fact in low_stock_facts(tx.state, taken, restocked, services.settings.low_stock, at=at, commit=tx.commit):
        tx.append(fact)
    unwritten, out = services.sending.unwritten(), services.sending.sent()
    # Works that leave in one batch see the same of both: what one of them has staged, the others leave out.
    for alert, message_id in unwritten:
        if not tx.state.notice(message_id):
            tx.append(alert_due(tx.state, alert, at=at, commit=tx.commit, notice_id=message_id))
    news = [each for each in out if not tx.state.is_sent(each.notice.notice_id)]
    tx.extend(sent(notice, receipt, at=at, commit=tx.commit) for notice, receipt in news)
    return tuple(each.notice.notice_id for each in out), tuple(each.message_id for each in unwritten)


def _moves_stock(tx: Transaction[State]) -> bool:
    """Whether the staged facts may change how many of a product can be sold."""
    return not _MOVES_STOCK.isdisjoint(tx.changes.appended) or any(row.event not in _MAIL_ONLY for row in _orders(tx))


def _orders(tx: Transaction[State]) -> Iterator[Orders]:
    for row in tx.changes.appended.get(Orders, ()):
        assert isinstance(row, Orders)
        yield row


def _pools(tx: Transaction[State], ledger: type[KeyLedger | ImportHistory]) -> set[Pool]:
    """The pools of the keys that the staged rows of a ledger speak of."""
    rows = tx.changes.appended.get(ledger, ())
    return {tx.state.keys[row.key_id].pool for row in rows if isinstance(row, KeyLedger | ImportHistory)}


def _ordered(orders: Iterable[Orders]) -> dict[str, None]:
    """The SKUs of decided orders: Shopify has lowered their stock by itself."""
    return {line.sku: None for order in orders if order.lines for line in read_receipt(order.lines).lines if line.sku}


def _due(services: Services, tx: Transaction[State], *, everything: bool) -> tuple[Notice, ...]:
    """What this work has made due, and what others have left behind."""
    before = utc_text(services.clock.now() - ABANDONED_AFTER)
    found = []
    for channel in _channels(services):
        own = {row.notice_id for row in _own_rows(tx) if row.event is NoticeEvent.DUE}
        found += [notice for notice_id in own if (notice := tx.state.notice(notice_id)) and notice.channel is channel]
        oldest = islice(tx.state.due(channel), None if everything else MOST_AT_ONCE)
        found += [each for each in oldest if each.notice_id not in own and (everything or each.at <= before)]
    return tuple(found)


def _own_rows(tx: Transaction[State]) -> Iterator[Outbox]:
    for row in tx.changes.appended.get(Outbox, ()):
        assert isinstance(row, Outbox)
        yield row


def _texts(tx: Transaction[State]) -> tuple[str, ...]:
    """What this work tells people."""
    due = (tx.state.notice(row.notice_id) for row in _own_rows(tx) if row.event is NoticeEvent.DUE)
    return tuple(
        read_alert(notice.kind, notice.about, notice.body).text
        for notice in due
        if notice and notice.channel is Channel.SLACK
    )


def _channels(services: Services) -> list[Channel]:
    """To whom we can speak, one notice at a time."""
    return [Channel.SLACK] * bool(services.slack) + [Channel.FULFILLMENT] * bool(services.shop)


def _stock(services: Services, tx: Transaction[State]) -> StockSeen | None:
    """What Shopify is to be told after this work; changed is what it was told otherwise, and what it changed itself."""
    if not services.shop:
        return None
    notices = tuple(tx.state.due(Channel.STOCK))
    if not notices:
        return None
    levels = sellable(tx.state, services.settings.region)
    touched = {sku for notice in notices for sku in ordered_skus(notice)}
    changed = frozenset(sku for sku, n in levels.items() if sku in touched or tx.state.told_stock.get(sku) != n)
    return StockSeen((tx.version, tx.state.noticed.get(Channel.STOCK, 0)), levels, changed, notices)
