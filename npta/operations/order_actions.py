"""What people do to an order: release, clear, close, deliver, resend."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.alerts.order_alerts import delivered_alert, released_alert
from npta.domain.catalogue.availability import sellable
from npta.domain.orders.answers import answer, looked_up
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.next_steps import step_after_clearing
from npta.domain.orders.order_actions import clear, close, resend
from npta.domain.orders.order_actions import mark_delivered as delivered_facts
from npta.domain.orders.release_keys import quarantined_seats, release
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.outbox_rows import fulfillment_pending
from npta.domain.state.receipts import auto_lines
from npta.domain.state.state import State
from npta.domain.state.stock import Holding
from npta.operations.backorders import Backfill, ask_shop, stage_backorders, stage_mail_by_hook
from npta.operations.commit import commit, enqueue_alert
from npta.operations.dry_run_token import AT_ONCE, Carried, Intent
from npta.operations.find_order import get_order
from npta.services import Services
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
    `domain.orders.release_keys.release` raises.
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
        facts = clear(record, again=resend, noted=_notes_mail(services, tx, record), stamp=services.stamp(tx.commit))
        tx.add_all(facts)
        held = tx.state.holdings.get(record.order_id, ())
        carried = intent.judge("clear order cache", record.order_id, facts, held)
        if resend and held:
            stage_mail_by_hook(services, tx, record.order_id)
        record = tx.state.orders[record.order_id]
        step = step_after_clearing(tx.state, record, services.rules(tx.values))
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
    """End what is still owed to an order; lines that were filled are answered with their keys.

    Raises `NotFoundError`, `ConflictError` for an order that holds its keys and is owed nothing.
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
    """Re-open an order's delivery; `email` corrects its address for good.

    Raises `NotFoundError`, `ConflictError`.
    """

    def transact(tx: Transaction[State]) -> Resent:
        record = get_order(tx.state, order)
        facts = resend(record, noted=_notes_mail(services, tx, record), email=email, stamp=services.stamp(tx.commit))
        carried = intent.judge("resend keys", record.order_id, facts, tx.state.holdings.get(record.order_id, ()))
        tx.add_all(facts)
        stage_mail_by_hook(services, tx, record.order_id)
        address = tx.state.orders[record.order_id].email
        if carried.dry_run:
            tx.rollback()
        return Resent(record.order_id, address, carried)

    return commit(services, transact, operation="resend keys", who=who, deadline=deadline)


def _notes_mail(services: Services, tx: Transaction[State], record: OrderRecord) -> bool:
    return services.rules(tx.values).serves_waiting or tx.state.came_back_unconfirmed(record.order_id)


def mark_delivered(
    services: Services, order: str, *, who: str, deadline: Deadline, message_id: str = "", request_id: str = ""
) -> str:
    """Note that an order's mail is out; return its id. A second call changes nothing.

    Only then does the alert say “email sent”, and Shopify, if that is switched on, show the order's AUTO lines as
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
    order_answer = answer(tx.state, record, outcome, rules=rules, test_recipient=settings.test_recipient)
    if not tx.state.was_served_in_summary(record.order_id):
        enqueue_alert(services, tx, delivered_alert(order_answer, request_id=request_id))
    receipt = record.filled_receipt
    if services.shop and settings.mark_fulfilled and receipt:
        lines = auto_lines(receipt)
        tx.add(fulfillment_pending(tx.state, record.order_id, lines, stamp=services.stamp(tx.commit)))
