"""The answer to an order, made from the ledgers: equal until its keys are released."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from npta.domain.catalogue.mail_texts import MailTexts
from npta.domain.orders.backorders import Backorder, backorder
from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.orders.fulfillment import Outcome
from npta.domain.orders.next_steps import cleared_backorder, no_mail_step, release_step, step_for
from npta.domain.state.entitlements import COMPONENT_OF, Level, parse_entitlement
from npta.domain.state.order_record import Event, OrderRecord, Status
from npta.domain.state.receipts import OrderLine, Problem, Receipt, Skipped
from npta.domain.state.state import State
from npta.domain.state.wording import count
from npta.tables import Component


class KeyEntry(NamedTuple):
    """Seats of one key on one line."""

    sku: str
    entitlement: str
    provider: str
    product_code: str
    level: Level
    component: Component
    keycode: str
    seats: int

    def __repr__(self) -> str:
        return f"KeyEntry({self.sku}, {self.entitlement}, seats={self.seats})"


class Answer(NamedTuple):
    """Everything that is answered about one order.

    `retired_keys` are ids of its keys that were retired since; `keeps_keys`: not all it holds was taken back in the
    shop; `by_hook`: its mail goes out by the keys hook, not by this answer.
    """

    order_id: str
    order_name: str
    customer_name: str
    email: str
    status: Status
    replayed: bool
    delivered: bool
    mode: Mode
    deliver_to: str
    keys: tuple[KeyEntry, ...]
    keys_expected: int
    skipped: tuple[Skipped, ...]
    problems: tuple[Problem, ...]
    message: str
    next_step: str
    events: tuple[Event, ...]
    retired_keys: tuple[str, ...]
    keeps_keys: bool = True
    by_hook: bool = False
    texts: MailTexts = MailTexts()

    @property
    def keys_count(self) -> int:
        """Seats that the order holds."""
        return sum(key.seats for key in self.keys)

    @property
    def success(self) -> bool:
        """Whether the order holds exactly what it is owed."""
        return self.status is Status.FULFILLED and self.keys_count == self.keys_expected > 0

    @property
    def email_ready(self) -> bool:
        """Whether a mail with the keys may go out; not with nothing left, before a person decides."""
        return self.success and bool(self.deliver_to) and self.keeps_keys and not self.by_hook


def answer(
    state: State, record: OrderRecord, outcome: Outcome, *, rules: Rules, test_recipient: str, email: str = ""
) -> Answer:
    """Return the answer to an order that has just been decided, or is looked up.

    `email` came with this call: another one counts, although nothing else changes, but for one that a person has
    corrected. Raises `DamagedError`.
    """
    if outcome.status is Status.FULFILLED:
        receipt = record.filled_receipt or Receipt((), "")
        keys, to_give_back = _entries(state, record.order_id), record.to_give_back
    else:
        receipt, keys, to_give_back = record.owed_receipt, (), ()
    cleared = cleared_backorder(state, record, outcome, rules)
    return Answer(
        order_id=record.order_id,
        order_name=record.order_name,
        customer_name=record.customer_name,
        email=record.address(email),
        status=outcome.status,
        replayed=outcome.replayed,
        delivered=record.delivered,
        mode=rules.mode,
        deliver_to=test_recipient if rules.mode is Mode.TEST else record.address(email),
        keys=keys,
        keys_expected=receipt.seats,
        skipped=receipt.skipped,
        problems=outcome.problems,
        message=_message(outcome, keys, receipt, record, cleared) + _refunded(record, to_give_back),
        next_step=release_step(record, to_give_back) or step_for(outcome, record, rules, cleared),
        events=record.events,
        retired_keys=state.retired_keys(record.order_id),
        keeps_keys=record.keeps_keys,
        texts=rules.texts,
    )


def without_mail(given: Answer, problem: Problem) -> Answer:
    """Return the answer with the keys that an order holds, and no mail.

    Shopify no longer calls the order one that is to be served.
    """
    message = f"{given.message}; {problem.message.removesuffix(', so it gets no keys')}, so no mail goes out"
    return given._replace(keeps_keys=False, message=message, next_step=given.next_step or no_mail_step(given.order_id))


def looked_up(state: State, record: OrderRecord, rules: Rules) -> Outcome:
    """Return how an order stands; a failed one with the reasons of now."""
    if record.status is Status.OFF and (refusal := record.refusal):
        return Outcome(Status.FAILED, replayed=True, problems=(refusal,))
    if record.status is not Status.FAILED:
        return Outcome(record.status, replayed=True)
    return backorder(state, record, rules).outcome


def _entries(state: State, order_id: str) -> tuple[KeyEntry, ...]:
    """Return what the order holds by key and line, in the order of assignment."""
    seats: dict[tuple[str, str, str, str, str], int] = {}
    for held in state.holdings.get(order_id, ()):
        position = (held.line_item_id, held.sku, held.entitlement, held.key_id, held.keycode)
        seats[position] = seats.get(position, 0) + held.seats
    entries = []
    for (_, sku, text, _, keycode), number in seats.items():
        opened = parse_entitlement(text)
        component = COMPONENT_OF[opened.level]
        entries.append(
            KeyEntry(sku, text, opened.provider, opened.product_code, opened.level, component, keycode, number)
        )
    return tuple(entries)


def _message(
    outcome: Outcome, keys: tuple[KeyEntry, ...], receipt: Receipt, record: OrderRecord, cleared: Backorder | None
) -> str:
    since = f"; {cleared_since(cleared)}" if cleared else ""
    match outcome.status:
        case Status.FULFILLED:
            return f"{count(sum(key.seats for key in keys), 'key')} assigned"
        case Status.FAILED:
            return reason(outcome, record)
        case Status.SKIPPED if receipt.all_removed:
            return "every line was removed from the order: nothing is owed"
        case Status.SKIPPED:
            skus = ", ".join(skip.sku or "a line without a SKU" for skip in receipt.skipped)
            return f"nothing to be done by the system: {skus}"
        case Status.OFF if since:
            return f"it came in while the mode was OFF{since}"
        case Status.OFF:
            return "the system is switched off (mode OFF); the order is noted, to be served by hand"
        case Status.RELEASED:
            return f"the keys of this order were given back{since or '; it stays closed'}"
        case Status.CLOSED:
            kept = "; what it held before it grew stays with it" if record.filled else ""
            return f"this order was closed; it was served by hand{kept}{since}"


def _refunded(record: OrderRecord, to_give_back: Sequence[OrderLine]) -> str:
    seats = record.seats_of(to_give_back).total()
    return f"; {seats} of them for what was refunded in Shopify" if seats else ""


def cleared_since(found: Backorder) -> str:
    """Say that an order was cleared, and why it would not be served now."""
    why_not = "" if found.ready else f": {found.damage or reason(found.outcome, found.record)}"
    return f"cleared since{why_not}"


def reason(outcome: Outcome, record: OrderRecord) -> str:
    """Return why a failed order is not served now, in words."""
    if outcome.problems:
        return "; ".join(problem.message for problem in outcome.problems)
    if outcome.ready:
        return ARRIVED
    return record.events[-1].reason if record.events else ""


ARRIVED = "what it lacked has arrived"
