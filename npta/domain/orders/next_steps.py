"""What a person should do next about an order, in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from npta.domain.orders.backorders import Backorder, backorder, is_shut_out
from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.orders.fulfillment import Outcome
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import Code, OrderLine
from npta.domain.state.refunds import to_press
from npta.domain.state.state import State
from npta.domain.state.wording import names

MAIL_BY_ITSELF = "Nothing: the keys hook carries this answer, and its Zap sends the mail."
MAIL_BY_THE_ZAP = "Re-run the Zap: it is answered with these keys, and sends their mail."
_BY_HAND = "Serve the order by hand, then press Close Order"
CORRECT_THE_ZAP = (
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
    Code.MALFORMED: f"{CORRECT_THE_ZAP} {_BY_HAND}.",
}
"""What a person has to decide about an order as a whole."""


def next_step(state: State, record: OrderRecord, outcome: Outcome, rules: Rules) -> str:
    """Return what a person should do now, if anything; nobody re-runs what would be refused."""
    return step_for(outcome, record, rules, cleared_backorder(state, record, outcome, rules))


def cleared_backorder(state: State, record: OrderRecord, outcome: Outcome, rules: Rules) -> Backorder | None:
    """Return how an order waits that had ended and was cleared since; None for all others."""
    ended = outcome.status not in (Status.FULFILLED, Status.FAILED)
    return backorder(state, record, rules) if ended and record.open else None


def step_for(outcome: Outcome, record: OrderRecord, rules: Rules, cleared: Backorder | None) -> str:
    """Return what a person should do now; `cleared`: how it waits, if it was cleared since."""
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


def step_after_clearing(state: State, record: OrderRecord, rules: Rules) -> str:
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


def no_mail_step(order_id: str) -> str:
    """Return what to do about an order with keys that Shopify no longer calls one to be served."""
    return (
        f"No mail goes out. Press Release Keys for order {order_id} if its keys are to be given back; if the customer "
        "shall have them, send them by hand."
    )


def replace_step(retired_keys: Sequence[str]) -> str:
    """Return what to do for an order that holds retired keys; empty if it holds none."""
    if not retired_keys:
        return ""
    keys = f"retired key{'s' * (len(retired_keys) > 1)} {names(retired_keys)}"
    return f"It holds the {keys}: press Retire Key with “Give its holders another key”, then re-run the Zap."


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
