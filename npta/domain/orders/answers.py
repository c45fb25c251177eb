"""The answer to an order, made from the ledgers: equal until its keys are released."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from npta.domain.catalogue.mail_texts import MailTexts
from npta.domain.orders.backorders import Backorder, backorder, is_shut_out
from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.orders.fulfillment import Outcome
from npta.domain.state.entitlements import COMPONENT_OF, Level, parse_entitlement
from npta.domain.state.order_record import Event, OrderRecord, Status
from npta.domain.state.receipts import Code, OrderLine, Problem, Receipt, Skipped
from npta.domain.state.refunds import to_press
from npta.domain.state.state import State
from npta.domain.state.text import count, names
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

    `email` came with this call: another one counts, although nothing else changes, but for one that a person has corrected. Raises `DamagedError`.
    """
    if outcome.status is Status.FULFILLED:
        receipt = record.filled_receipt or Receipt((), "")
        keys, to_give_back = _entries(state, record.order_id), record.to_give_back
    else:
        receipt, keys, to_give_back = record.owed_receipt, (), ()
    cleared = _cleared(state, record, outcome, rules)
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
        next_step=release_step(record, to_give_back) or _next_step(outcome, record, rules, cleared),
        events=record.events,
        retired_keys=state.retired_keys(record.order_id),
        keeps_keys=record.keeps_keys,
        texts=rules.texts,
    )


def without_mail(given: Answer, problem: Problem) -> Answer:
    """Return the answer with the keys that an order holds, and no mail.

    Shopify no longer calls the order one that is to be served.
    """
    step = (
        f"No mail goes out. Press Release Keys for order {given.order_id} if its keys are to be given back; if the customer "
        "shall have them, send them by hand."
    )
    message = f"{given.message}; {problem.message.removesuffix(', so it gets no keys')}, so no mail goes out"
    return given._replace(keeps_keys=False, message=message, next_step=given.next_step or step)


def looked_up(state: State, record: OrderRecord, rules: Rules) -> Outcome:
    """Return how an order stands; a failed one with the reasons that there are by now."""
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


def release_step(record: OrderRecord, to_give_back: Sequence[OrderLine]) -> str:
    """Return what to press if the order holds keys of what was taken back in the shop."""
    if not to_give_back:
        return ""
    if record.nothing_left:
        press = f"press Release Keys for order {record.order_id}"
        keep = "press Clear Order Cache if the customer shall keep the keys"
        return f"Refunded or cancelled in Shopify: {press}, or {keep}."
    press = f"press Release Keys for order {record.order_id}: {'; '.join(map(to_press, to_give_back))}"
    until = "A mail that goes out before shows these keys, too; re-run the Zap afterwards if the customer has none."
    return f"Refunded in part: {press}." + ("" if record.delivered else f" {until}")


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
_BY_HAND = "Serve the order by hand, then press Close Order"
MEND_THE_ZAP = (
    "A replay sends the same again and fails again. Correct the named field in step 2 of the Zap (docs/operations/zapier.md) for the "
    "orders to come."
)
_TAKEN_BACK = "Nothing is to be done. To serve it all the same, press Clear Order Cache, then re-run the Zap."
_NEVER_SERVED = "Nothing is to be done. If the customer shall have keys all the same, give them by hand."
_TAKEN_BACK_BESIDES = (
    "Nothing is to be done. To serve it all the same, re-run the Zap: it is refused once more, and from then on Clear Order "
    "Cache has it served."
)
"""After it was cleared for its release or its close alone."""
_REMOVED = (
    "Nothing is to be done: every line was removed from the order. If it has lines again in Shopify, serve them by hand, then "
    "press Close Order; a replay sends the order as it was."
)
_STILL_SKIPPED = "Nothing is to be done: as the catalogue is, no keys are due for it."
_UNKNOWN_LINES = "Its lines are not known here: re-run its Zap, or serve it by hand, then press Close Order."
_TAKEN_BACK_WHILE_OFF = (
    "Nothing is to be done. To serve it all the same, press Clear Order Cache once the mode is LIVE or TEST."
)
_FILL = "fill it in spite of the go-live time (POST /orders/{id}/fill)"
_LACKING = {
    Code.OUT_OF_STOCK: "Import more keys (Import Keys)",
    Code.ENTITLEMENTS_MISSING: "Fill in “entitlements” in NPTA Catalogue, press Sync Catalogue",
    Code.UNKNOWN_SKU: "Press Sync from Shopify, fill in “entitlements”, press Sync Catalogue",
}
"""What to do about what an order lacks; then a re-run of the Zap fills it."""
_DECIDING = {
    Code.ORDER_CHANGED: "Compare the order in Shopify with its keys; Release Keys gives them back if that is meant.",
    Code.UNKNOWN_REGION: "Check the region that the Zap sends.",
    Code.BEFORE_GO_LIVE: f"{_BY_HAND}; or {_FILL}.",
    Code.TOO_LARGE: f"{_BY_HAND}.",
    Code.REFUNDED: _TAKEN_BACK,
    Code.CANCELLED: _TAKEN_BACK,
    Code.NOT_PAID: (
        "Nothing is to be done before it is paid in Shopify. Then a new run of the Zap fills it, or Recover Orders does; a "
        "replay of this run sends the old status and fails again."
    ),
    Code.TEST_ORDER: "Nothing is to be done: test orders get no keys in LIVE. In TEST they do.",
    Code.MALFORMED: f"{MEND_THE_ZAP} {_BY_HAND}.",
}
"""What a person has to decide about an order as a whole."""


def next_step(state: State, record: OrderRecord, outcome: Outcome, rules: Rules) -> str:
    """Return what a person should do now, if anything; nobody re-runs what would be refused."""
    return _next_step(outcome, record, rules, _cleared(state, record, outcome, rules))


def _cleared(state: State, record: OrderRecord, outcome: Outcome, rules: Rules) -> Backorder | None:
    """Return how an order waits that had ended and was cleared since; None for all others."""
    ended = outcome.status not in (Status.FULFILLED, Status.FAILED)
    return backorder(state, record, rules) if ended and record.open else None


def _next_step(outcome: Outcome, record: OrderRecord, rules: Rules, cleared: Backorder | None) -> str:
    if cleared:
        return waiting_step(cleared, rules)
    match outcome.status:
        case Status.FAILED:
            return _after_failure(outcome, record, rules)
        case Status.RELEASED | Status.CLOSED | Status.OFF:
            first = f"{_BY_HAND}." if outcome.status is Status.OFF else ""
            if rules.mode is Mode.OFF:
                return first
            then = _FILL if is_shut_out(record, rules) else "re-run the Zap"
            besides = ", and both once more, since it was taken back in Shopify besides" if record.refusal else ""
            after_all = f"If the system shall serve it after all: press Clear Order Cache, then {then}{besides}."
            return f"{first} {after_all}".strip()
    return ""


def after_clearing(state: State, record: OrderRecord, rules: Rules) -> str:
    """Return what a person should do about an order that has just been cleared."""
    if not record.damage and (dead := replace_step(state.retired_keys(record.order_id))):
        return dead
    if not record.damage and record.status is Status.FULFILLED:
        return "Re-run the Zap."
    return waiting_step(backorder(state, record, rules), rules)


def waiting_step(found: Backorder, rules: Rules) -> str:
    """Return what a person should do about an order that waits."""
    record = found.record
    if found.damage and not record.damage:
        return _REMOVED if record.receipt.all_removed else _UNKNOWN_LINES
    if record.status is Status.SKIPPED and found.served and found.served.status is Status.SKIPPED:
        return _STILL_SKIPPED
    return found.damage or _after_failure(found.outcome, record, rules)


def _after_failure(outcome: Outcome, record: OrderRecord, rules: Rules) -> str:
    codes = dict.fromkeys(problem.code for problem in outcome.problems)
    deciding = [_DECIDING[code] for code in codes if code in _DECIDING]
    if not record.damage and record.receipt.shop.code:  # the call says so, and Clear would not help
        deciding = [_NEVER_SERVED if step == _TAKEN_BACK else step for step in deciding]
    if record.open:
        deciding = [_TAKEN_BACK_BESIDES if step == _TAKEN_BACK else step for step in deciding]
    if rules.mode is Mode.OFF:
        deciding = [_TAKEN_BACK_WHILE_OFF if step == _TAKEN_BACK else step for step in deciding]
    if deciding:
        return " ".join(deciding)
    lacking = ". ".join(_LACKING[code] for code in codes)
    if rules.mode is Mode.OFF:
        off = f"The mode is OFF, and nothing is filled before it is changed. {_BY_HAND}."
        return f"{lacking}. {off}" if lacking else off
    served_by_itself = rules.serves_waiting and record.waits
    if lacking and served_by_itself:
        return f"{lacking}: with that the order is filled and mailed by itself."
    if lacking:
        return f"{lacking}, then re-run the Zap."
    if outcome.ready and served_by_itself:
        return "Press Serve Waiting Orders, or re-run the Zap."
    if outcome.ready:
        return "Re-run the Zap." if record.open else "Press Clear Order Cache, then re-run the Zap."
    return f"{_BY_HAND}."


def replace_step(retired_keys: Sequence[str]) -> str:
    """Return what to do for an order that holds retired keys; empty if it holds none."""
    if not retired_keys:
        return ""
    keys = f"retired key{'s' * (len(retired_keys) > 1)} {names(retired_keys)}"
    return f"It holds the {keys}: press Retire Key with “Give its holders another key”, then re-run the Zap."
