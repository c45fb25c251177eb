"""One commit of the service: an operation's changes, and with them the messages that follow.

Messages to Slack and Shopify become due in the commit that makes them true. What was sent since the last commit is
recorded in this one, which costs no call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple, TypeVar

from npta.domain.state.alert import Alert
from npta.domain.state.outbox_messages import OutboxMessage
from npta.domain.state.outbox_rows import alert_pending
from npta.domain.state.state import State
from npta.operations.archiving.bring_back_orders import assume_orders, orders_to_bring_back
from npta.operations.archiving.read_archived_orders import Found, with_archived
from npta.operations.outbox.claims import claim
from npta.operations.outbox.new_messages import Recorded, moves_stock, pending_rows, record, stock, texts
from npta.process_state.stock_push_state import StockObservation
from npta.services import Services
from sheets_schema import Deadline, InputTable, InternalTable, Transaction

_log = logging.getLogger(__name__)
R = TypeVar("R")


class _Observed(NamedTuple):
    messages: tuple[OutboxMessage, ...] = ()
    stock: StockObservation | None = None
    moved: bool = False
    recorded: Recorded = Recorded()
    unheard: tuple[str, ...] = ()
    """Alerts of this transaction that nobody hears: there is no Slack."""


def commit(
    services: Services,
    function: Callable[[Transaction[State]], R],
    *,
    operation: str,
    who: str,
    deadline: Deadline,
    reads: Iterable[type[InputTable | InternalTable]] = (),
    hold_lease: bool = False,
    shows_stock: bool = False,
    note: bool = False,
    flush: bool = False,
    order_id: str = "",
) -> R:
    """Run `function` on fresh state; commit what it stages and the messages that follow.

    `order_id`: the order that it is about, if that is known beforehand, so that one which stands in an archive is read
    first. `shows_stock`: it writes the catalogue's computed columns. `note`: record what was sent, and claim what was
    left behind, even if it stages nothing; `flush`: all of it, what is set aside included.
    """

    def whole(tx: Transaction[State], found: Found) -> tuple[R, _Observed]:
        assume_orders(tx, found, services.stamp(tx.commit))
        result = function(tx)
        tx.state.require(orders_to_bring_back(tx))
        if tx.rolled_back:
            return result, _Observed()
        moved, recorded, taken = moves_stock(tx), Recorded(), []
        if tx.has_changes or note:
            recorded = record(services, tx)
            taken = claim(services, tx, flush=flush)
        unheard = () if services.slack else texts(tx)
        return result, _Observed(
            pending_rows(services, tx, taken), stock(services, tx, taken, flush=flush), moved, recorded, unheard
        )

    reads = tuple(reads)
    result, seen = with_archived(
        services,
        deadline,
        lambda found: services.spreadsheet.run(
            partial(whole, found=found),
            operation=operation,
            actor=who,
            timeout=deadline,
            reads=reads,
            hold_lease=hold_lease,
        ),
        order_id,
    )
    services.sending.mark_recorded(seen.recorded.settled)
    if seen.recorded.troubles:
        services.sending.stock.reported()
    services.sending.mark_persisted(seen.recorded.written)
    services.sending.observe(seen.messages)
    services.sending.stock.observe(seen.stock)
    for text in seen.unheard:
        _log.info("alert: %s", text)
    if seen.moved and not shows_stock:
        services.refreshing.due = True
    return result


def read(
    services: Services,
    look: Callable[[Transaction[State]], R],
    deadline: Deadline,
    *,
    reads: Iterable[type[InputTable | InternalTable]] = (),
    found: Found | None = None,
) -> R:
    """Run a function that only looks, on fresh state.

    It is shown the orders of archives that were `found`.
    """
    reads, known = tuple(reads), found or {}

    def attempt(found: Found) -> R:
        with services.spreadsheet.read(timeout=deadline, reads=reads) as tx:
            assume_orders(tx, {**known, **found}, services.stamp("shown only"))
            return look(tx)

    return with_archived(services, deadline, attempt)


def enqueue_alert(services: Services, tx: Transaction[State], alert: Alert | None, receipt: str = "") -> None:
    """Stage an alert: it is sent once this is committed. `receipt` as for `alert_pending`."""
    if alert:
        tx.add(alert_pending(tx.state, alert, receipt=receipt, stamp=services.stamp(tx.commit)))
