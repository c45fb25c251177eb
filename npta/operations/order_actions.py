"""What people and Shopify do to an order: release, clear, close, deliver, refund."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.alerts.order_alerts import delivered_alert, released_alert
from npta.domain.alerts.refund_alerts import refund_alert, taken_back
from npta.domain.catalogue.catalogue import sellable
from npta.domain.orders.answers import after_clearing, answer, looked_up
from npta.domain.orders.ledger_rows import filled_again, order_event
from npta.domain.orders.order_actions import clear, close, resend
from npta.domain.orders.order_actions import mark_delivered as delivered_facts
from npta.domain.orders.releasing import quarantined_seats, release
from npta.domain.orders.rules import Mode
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.outbox_rows import fulfillment_pending
from npta.domain.state.receipts import Order, auto_lines
from npta.domain.state.refunds import Refund, write_refund
from npta.domain.state.state import Holding, State
from npta.operations.backorders import Backfill, ask_shop, stage_backorders, stage_mail_by_hook
from npta.operations.commit import commit, enqueue_alert
from npta.operations.confirmation import AT_ONCE, Carried, Intent
from npta.operations.look_up import get_order
from npta.services import Services
from npta.tables import OrderEvent
from sheets_schema import Deadline, Transaction


class ProductStock(NamedTuple):
    """How many of a product can be sold, before and after."""

    sku: str
    before: int
    after: int


class Released(NamedTuple):
    """What Release Keys did, or would do. `quarantined` seats of `keys` do not return to stock."""

    order_id: str
    keys: tuple[Holding, ...]
    quarantined: int
    products: tuple[ProductStock, ...]
    served_orders: tuple[str, ...]
    reopened_orders: tuple[str, ...]
    carried: Carried = Carried()

    @property
    def seats(self) -> int:
        """Seats given back."""
        return sum(key.seats for key in self.keys)


def release_keys(
    services: Services,
    order: str,
    *,
    who: str,
    deadline: Deadline,
    line_item_id: str = "",
    units: int | None = None,
    intent: Intent = AT_ONCE,
    request_id: str = "",
) -> Released:
    """Give back what an order holds, or a line of it, or some units; again, nothing more.

    Seats return to their key's place in the queue, or leave stock if the setting says quarantine or their key is
    retired. Orders that waited for them are opened again. Raises `NotFoundError`, and what
    `domain.orders.releasing.release` raises.
    """
    settings = services.settings

    standing = ask_shop(services, deadline)

    def transact(tx: Transaction[State]) -> Released:
        record = get_order(tx.state, order)
        before = sellable(tx.state, settings.region)
        keys, facts = release(
            tx.state,
            record,
            line_item_id=line_item_id,
            units=units,
            policy=settings.release_policy,
            stamp=services.stamp(tx.commit),
        )
        quarantined = quarantined_seats(tx.state, keys, settings.release_policy)
        carried = intent.judge("release keys", record.order_id, facts, quarantined)
        tx.add_all(facts)
        orders = (
            stage_backorders(services, tx, "Release Keys", standing, request_id=request_id) if facts else Backfill()
        )
        after = sellable(tx.state, settings.region)
        products = tuple(ProductStock(sku, before[sku], after[sku]) for sku in before if before[sku] != after[sku])
        if keys:
            alert = released_alert(
                record,
                keys,
                products,
                orders.served,
                orders.reopened,
                is_off=tx.values["mode"] == Mode.OFF,
                quarantined=quarantined,
                line_item_id=line_item_id,
                who=who,
                request_id=request_id,
            )
            enqueue_alert(services, tx, alert)
        if carried.dry_run:
            tx.rollback()
        return Released(record.order_id, keys, quarantined, products, *orders[:2], carried)

    return commit(services, transact, operation="release keys", who=who, deadline=deadline)


class Cleared(NamedTuple):
    """The order, how many seats stay assigned, whether their mail counts as sent, what to do."""

    order_id: str
    keys_kept: int
    delivered: bool
    next_step: str
    carried: Carried = Carried()


def clear_order_cache(
    services: Services,
    order: str,
    *,
    who: str,
    deadline: Deadline,
    resend: bool = False,
    intent: Intent = AT_ONCE,
) -> Cleared:
    """Forget an answer, never the keys; `resend` opens their mail. Raises `NotFoundError`."""

    def transact(tx: Transaction[State]) -> Cleared:
        record = get_order(tx.state, order)
        by_hook = services.rules(tx.values).serves_waiting
        facts = clear(record, again=resend, by_hook=by_hook, stamp=services.stamp(tx.commit))
        tx.add_all(facts)
        held = tx.state.holdings.get(record.order_id, ())
        carried = intent.judge("clear order cache", record.order_id, facts, held)
        if resend and held:
            stage_mail_by_hook(services, tx, record.order_id)
        record = tx.state.orders[record.order_id]
        step = after_clearing(tx.state, record, services.rules(tx.values))
        if carried.dry_run:
            tx.rollback()
        return Cleared(record.order_id, sum(holding.seats for holding in held), record.delivered, step, carried)

    return commit(services, transact, operation="clear order cache", who=who, deadline=deadline)


class Closed(NamedTuple):
    """The order that was closed, how many seats it keeps, and orders that waited behind it."""

    order_id: str
    keys_kept: int
    served_orders: tuple[str, ...]
    reopened_orders: tuple[str, ...]
    carried: Carried = Carried()


def close_order(services: Services, order: str, *, who: str, deadline: Deadline, intent: Intent = AT_ONCE) -> Closed:
    """End what an order still owes; lines that were filled are answered with their keys.

    Raises `NotFoundError`, `ConflictError` for an order that holds its keys and owes nothing.
    """
    standing = ask_shop(services, deadline)

    def transact(tx: Transaction[State]) -> Closed:
        record = get_order(tx.state, order)
        facts = close(record, stamp=services.stamp(tx.commit))
        tx.add_all(facts)
        orders = stage_backorders(services, tx, "Close Order", standing) if facts else Backfill()
        held = tx.state.holdings.get(record.order_id, ())
        carried = intent.judge("close order", record.order_id, facts, held)
        if carried.dry_run:
            tx.rollback()
        return Closed(record.order_id, sum(holding.seats for holding in held), *orders[:2], carried)

    return commit(services, transact, operation="close order", who=who, deadline=deadline)


class Resent(NamedTuple):
    """The order whose mail is due again, and the customer's address."""

    order_id: str
    email: str
    carried: Carried = Carried()


def resend_keys(
    services: Services, order: str, *, who: str, deadline: Deadline, email: str = "", intent: Intent = AT_ONCE
) -> Resent:
    """Re-open an order's delivery; `email` corrects its address for good. Raises `NotFoundError`, `ConflictError`."""

    def transact(tx: Transaction[State]) -> Resent:
        record = get_order(tx.state, order)
        by_hook = services.rules(tx.values).serves_waiting
        facts = resend(record, by_hook=by_hook, email=email, stamp=services.stamp(tx.commit))
        carried = intent.judge("resend keys", record.order_id, facts, tx.state.holdings.get(record.order_id, ()))
        tx.add_all(facts)
        stage_mail_by_hook(services, tx, record.order_id)
        address = tx.state.orders[record.order_id].email
        if carried.dry_run:
            tx.rollback()
        return Resent(record.order_id, address, carried)

    return commit(services, transact, operation="resend keys", who=who, deadline=deadline)


def mark_delivered(
    services: Services, order: str, *, who: str, deadline: Deadline, message_id: str = "", request_id: str = ""
) -> str:
    """Note that an order's mail is out; return its id. A second call changes nothing.

    Only now do people read “email sent”, and, if that is switched on, Shopify that the order's AUTO lines are
    fulfilled. Raises `NotFoundError`, `ConflictError` for an order without keys.
    """

    def transact(tx: Transaction[State]) -> str:
        record = get_order(tx.state, order)
        facts = delivered_facts(record, message_id, stamp=services.stamp(tx.commit))
        tx.add_all(facts)
        if facts:
            _enqueue_delivery_alert(services, tx, tx.state.orders[record.order_id], request_id)
        return record.order_id

    return commit(services, transact, operation="mark delivered", who=who, deadline=deadline)


def _enqueue_delivery_alert(services: Services, tx: Transaction[State], record: OrderRecord, request_id: str) -> None:
    settings = services.settings
    rules = services.rules(tx.values)
    outcome = looked_up(tx.state, record, rules)
    told = answer(tx.state, record, outcome, rules=rules, test_recipient=settings.test_recipient)
    if not tx.state.was_told_in_summary(record.order_id):
        enqueue_alert(services, tx, delivered_alert(told, request_id=request_id))
    receipt = record.filled_receipt
    if services.shop and settings.mark_fulfilled and receipt:
        lines = auto_lines(receipt)
        tx.add(fulfillment_pending(tx.state, record.order_id, lines, stamp=services.stamp(tx.commit)))


_UNSEEN = "not seen yet"
"""In place of an order's status, where only its refund was heard."""


class Announced(NamedTuple):
    """Whether people are alerted, and how many seats a release would give back."""

    order_id: str
    announced: bool
    seats: int


def announce_refund(services: Services, refund: Refund, *, deadline: Deadline, request_id: str = "") -> Announced:
    """Note what the shop took back, once, and propose its release in Slack.

    It counts also if the order comes only later. Money only changes nothing. Orders that can be filled now, since less
    is owed, are opened again.
    """
    standing = ask_shop(services, deadline)

    def transact(tx: Transaction[State]) -> Announced:
        order_id = tx.state.order_id(refund.order_id)
        before = tx.state.orders.get(order_id)
        is_known = refund.refund_id in tx.state.refunds_of(order_id).ids
        if is_known or not (refund.lines or refund.cancelled):
            lines = {line.line_item_id for line in refund.lines}
            back = [line for line in before.to_give_back if line.line_item_id in lines] if before else []
            return Announced(order_id, announced=False, seats=before.seats_of(back).total() if before else 0)
        _note(services, tx, before or OrderRecord(order_id), refund)
        after = tx.state.orders.get(order_id)
        if not (before and after):
            return Announced(order_id, announced=False, seats=0)
        orders = stage_backorders(services, tx, "refund in Shopify", standing, request_id=request_id)
        change = taken_back(before, after, refund)
        is_news = change.is_news and not tx.state.announced.get(refund.refund_id)
        if is_news:
            alert = refund_alert(
                after,
                refund,
                change,
                orders.served,
                orders.reopened,
                is_off=tx.values["mode"] == Mode.OFF,
                request_id=request_id,
            )
            enqueue_alert(services, tx, alert, receipt=refund.refund_id)
        return Announced(order_id, announced=is_news, seats=after.seats_of(change.proposed).total())

    operation = "cancellation in Shopify" if refund.cancelled else "refund in Shopify"
    return commit(services, transact, operation=operation, who="Shopify", deadline=deadline)


def _note(services: Services, tx: Transaction[State], record: OrderRecord, refund: Refund) -> None:
    """Stage the fact; a growth of which nothing is left is over with it."""
    stamp, kind = services.stamp(tx.commit), OrderEvent.CANCELLED if refund.cancelled else OrderEvent.REFUNDED
    status, lines = record.status if record.events else _UNSEEN, write_refund(refund)
    tx.add(order_event(record, kind, stamp=stamp, reason=refund.reason, lines=lines, status=status))
    now = tx.state.orders.get(record.order_id)
    if now and now.filled and now.status is Status.FAILED and not now.waits:
        tx.add(filled_again(now, Order(record.order_id, (), ""), stamp=stamp))
