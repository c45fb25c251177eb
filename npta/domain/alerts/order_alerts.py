"""Alerts about orders, in the words of the runbook.

Order id and customer stand in `text`, which people search. Key codes stand nowhere: what an order holds is listed by SKU,
entitlement and seats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from npta.domain.orders.answers import Answer
from npta.domain.orders.eligibility import Mode
from npta.domain.state.alert import Alert, AlertKind, ask_for_help, backorder_lines, by_lines, make_alert, small_print
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import REFUNDED, REMOVED, Code, Problem, Skipped
from npta.domain.state.stock import Holding
from npta.domain.state.wording import count, in_brackets, listed, names, short, sku_name
from npta.tables import OrderEvent

MAX_ALIKE = 3
"""Failures in a row, of one order or of several, from which on the alert says whom to ask."""

REASONS = {
    Code.OUT_OF_STOCK: "out of stock",
    Code.ENTITLEMENTS_MISSING: "entitlements not set",
    Code.UNKNOWN_SKU: "SKU not in the catalogue",
    Code.ORDER_CHANGED: "order changed after it was filled",
    Code.UNKNOWN_REGION: "region not served",
    Code.BEFORE_GO_LIVE: "paid before go-live",
    Code.REFUNDED: "refunded",
    Code.CANCELLED: "cancelled",
    Code.NOT_PAID: "not paid",
    Code.TEST_ORDER: "test order",
    Code.TOO_LARGE: "order too large",
    Code.MALFORMED: "call could not be read",
}
NOT_CONFIRMED = "keys assigned, email not confirmed yet"
SENT = "keys assigned, email sent"


class NamedOrder(NamedTuple):
    """An order as alerts name it; `customer` is a name, or an address where there is none."""

    order_id: str
    name: str
    customer: str

    def lines(self) -> list[str]:
        """Return the first lines of every alert about it."""
        name = in_brackets(short(self.name))
        return [f"Order: {short(self.order_id)}{name}", f"Customer: {short(self.customer) or 'not told'}"]

    def alert(self, kind: AlertKind, title: str, message: str, lines: Iterable[str], footer: str) -> Alert:
        """Return an alert about it."""
        return make_alert(kind, self.order_id, title, f"{self.text}: {message}", [*self.lines(), *lines], footer)

    @property
    def text(self) -> str:
        """Return its name in a sentence."""
        return f"order {short(self.order_id)}{in_brackets(short(self.name))}, {short(self.customer) or 'customer not told'}"


def named_order(order: Answer | OrderRecord) -> NamedOrder:
    """Return the order as alerts name it, by id, name and customer."""
    return NamedOrder(order.order_id, order.order_name, order.customer_name or order.email)


def order_alert(
    answer: Answer,
    *,
    failures_in_a_row: int = 0,
    support_contact: str = "",
    request_id: str = "",
    repeat: bool = False,
    warnings: Sequence[str] = (),
) -> Alert | None:
    """Make the alert of an answer; None for a repeat of an order that ended well.

    `repeat`: the same outcome was reported before. A failure, and a late repeat of a released or closed order, is
    reported again, to update or thread the first alert. `failures_in_a_row` counts this one; `warnings` change nothing
    in the outcome.
    """
    again = repeat or answer.replayed
    match answer.status:
        case Status.FULFILLED:
            return None if again else _fulfilled(answer, warnings, request_id)
        case Status.SKIPPED:
            return None if again else _skipped(answer, warnings, request_id)
        case Status.OFF:
            return None if again else _by_hand(answer, request_id)
        case Status.FAILED | Status.RELEASED | Status.CLOSED:
            stubborn = failures_in_a_row >= MAX_ALIKE and not _is_taken_back(answer)
            footer = ask_for_help(support_contact, request_id) if stubborn else small_print(request_id)
            return _failed(answer, failures_in_a_row, warnings, footer)


def _is_taken_back(answer: Answer) -> bool:
    """Whether it failed only for what the shop says of it, so that nobody needs help."""
    return bool(answer.problems) and all(problem.code in _BY_THE_SHOP for problem in answer.problems)


_BY_THE_SHOP = (Code.REFUNDED, Code.CANCELLED, Code.NOT_PAID, Code.TEST_ORDER)


def delivered_alert(answer: Answer, *, request_id: str = "", warnings: Sequence[str] = ()) -> Alert:
    """Make the ✅ of an order whose mail is confirmed; it takes the place of the first one."""
    return _fulfilled(answer, warnings, request_id, delivered=True)


MAX_SUMMARY = 30_000
"""Characters of a text that names many orders; Slack cuts a message's text after 40,000 (documented)."""


def served_alert(answers: Sequence[Answer], why: str, *, request_id: str = "") -> Alert:
    """Report many orders that waited and were filled at once; `why` is what made it possible.

    Every id and customer stands in the text, which people search.
    """
    message = f"{count(len(answers), 'waiting order')} filled after {why}"
    orders = "; ".join(named_order(answer).text for answer in answers)
    lines = [
        f"{message}. The keys hook carries their answers, and its Zap sends the mails.",
        "Orders whose mail is not confirmed stand in Attention.",
    ]
    footer = small_print(request_id)
    return make_alert(
        AlertKind.SERVED, "", "✅ Waiting Orders Filled", f"{message}: {orders}", lines, footer, max_text=MAX_SUMMARY
    )


def recovered_alerts(answers: Sequence[Answer], *, request_id: str = "") -> list[Alert]:
    """Report orders that never arrived and were found in the shop, singly or together."""
    if len(answers) <= OWN_ALERTS:
        return [alert for answer in answers if (alert := order_alert(answer, request_id=request_id))]
    failed = [answer for answer in answers if answer.status is Status.FAILED]
    filled = count(len(failed), "of them is not filled", "of them are not filled", none="all of them are filled")
    message = f"{count(len(answers), 'order')} found in the shop, {filled}"
    lines = [
        f"{message}. They never arrived here; the keys hook carries the answers of those that are filled.",
        *listed(f"❌ {named_order(answer).text}: {answer.message}" for answer in failed),
        *(["Next step: what the others lack stands in Attention."] if failed else []),
    ]
    orders = "; ".join(named_order(answer).text for answer in answers)
    title, footer = "🔎 Orders Recovered", small_print(request_id)
    return [make_alert(AlertKind.SERVED, "", title, f"{message}: {orders}", lines, footer, max_text=MAX_SUMMARY)]


OWN_ALERTS = 5
"""Up to so many orders served in one commit have an alert each; more have one together."""


def released_alert(
    record: OrderRecord,
    keys: Sequence[Holding],
    products: Iterable[tuple[str, int, int]] = (),
    served_orders: Sequence[str] = (),
    reopened_orders: Sequence[str] = (),
    *,
    is_off: bool,
    quarantined: int = 0,
    line_item_id: str = "",
    who: str = "",
    request_id: str = "",
) -> Alert:
    """Make the alert of keys given back; `quarantined` seats of them are not for sale again.

    `products` are (SKU, available before, available now).
    """
    of_line = f" of its line {short(line_item_id)}" if line_item_id else ""
    message = f"{count(sum(key.seats for key in keys), 'key')}{of_line} given back"
    lines = [
        f"{message}:" if keys else f"{message}.",
        *listed(_held(keys)),
        *([f"Not for sale again (key retired, or quarantine): {count(quarantined, 'seat')}"] if quarantined else []),
        *listed(f"Available of {sku_name(sku)}: {before} → {now}" for sku, before, now in products),
        *backorder_lines(served_orders, reopened_orders, is_off=is_off),
        *by_lines(who),
    ]
    return named_order(record).alert(AlertKind.RELEASED, "↩️ Keys Released", message, lines, small_print(request_id))


def undelivered_alert(records: Sequence[OrderRecord], *, about: str = "", request_id: str = "") -> Alert:
    """Make the alert of orders whose mail nobody has confirmed, about the first unless given."""
    message = f"{count(len(records), 'order')} with keys assigned and email not confirmed"
    orders = [named_order(record)._replace(name="").text for record in records]
    since = [
        next((event.at for event in reversed(record.events) if event.event is OrderEvent.FULFILLED), "earlier")
        for record in records
    ]
    lines = [
        *listed(f"{order}: keys assigned {at}" for order, at in zip(orders, since, strict=True)),
        "Next step: look at the mail step of the Zap run. If the customer has no mail, re-run the Zap: the order keeps its keys.",
    ]
    about = about or (records[0].order_id if records else "")
    footer = small_print(request_id)
    return make_alert(
        AlertKind.UNDELIVERED,
        about,
        "📪 Email Not Confirmed",
        f"{message}: {'; '.join(named_order(record).text for record in records)}",
        [f"{message}:", *lines],
        footer,
        max_text=MAX_SUMMARY,
    )


def _fulfilled(answer: Answer, warnings: Sequence[str], request_id: str, *, delivered: bool = False) -> Alert:
    title = "✅ Order Fulfilled"
    sent = SENT if delivered or answer.delivered else NOT_CONFIRMED
    skus = list(dict.fromkeys(key.sku for key in answer.keys))
    lines = [
        *([f"Products: {names(map(sku_name, skus))}"] if skus else []),
        f"Keys: {answer.keys_count:,}",
        f"Mail: {'sent' if sent == SENT else 'not confirmed yet'}",
        *listed(_per_sku(answer, sku) for sku in skus),
    ]
    if answer.mode is Mode.TEST:
        lines.append(f"TEST mode: the mail goes to {short(answer.deliver_to)}, not to the customer.")
    lines += [*_left_out(answer.skipped), *_warnings(answer.skipped, warnings)]
    products = f" for {names(map(sku_name, skus))}" if skus else ""
    message = f"{count(answer.keys_count, 'key')}{products}; {sent}"
    kind = AlertKind.DELIVERED if delivered else AlertKind.FULFILLED
    return named_order(answer).alert(kind, title, message, lines, small_print(request_id))


def _failed(answer: Answer, failures: int, warnings: Sequence[str], footer: str) -> Alert:
    title = "❌ Fulfillment Failed"
    lines: list[str] = []
    if answer.status is Status.FAILED:
        alike = (f"{short(problem.sku)} {REASONS[problem.code]}".strip() for problem in answer.problems)
        reasons = "; ".join(dict.fromkeys(alike)) or answer.message
        lines += _what_is_short(answer.problems)
        lines += listed(_problem(problem) for problem in answer.problems)
        lines.append("Nothing was taken from stock.")
    else:
        reasons = f"late repeat refused: {answer.message}"
        lines.append(f"A late repeat was refused, and nothing was assigned: {answer.message}.")
    if failures > 1:
        lines.append(f"Failures in a row: {failures}.")
    lines += [*_left_out(answer.skipped), *_warnings(answer.skipped, warnings)]
    lines += [f"Next step: {answer.next_step}"] if answer.next_step else []
    return named_order(answer).alert(AlertKind.FAILED, title, reasons, lines, footer)


def _skipped(answer: Answer, warnings: Sequence[str], request_id: str) -> Alert:
    title = "⏭️ Fulfillment Skipped"
    by_hand = any(skip.reason != REMOVED for skip in answer.skipped)
    lines = [
        *_left_out(answer.skipped),
        *_warnings(answer.skipped, warnings),
        "No action needed in the system: NPTA serves these lines by hand, as ever."
        if by_hand
        else "No action needed: every line was removed from the order before it came here.",
    ]
    message = f"{names([skip.sku or 'a line without a SKU' for skip in answer.skipped])}; no action needed"
    return named_order(answer).alert(AlertKind.SKIPPED, title, message, lines, small_print(request_id))


def _by_hand(answer: Answer, request_id: str) -> Alert:
    title = "✋ Order Noted: Serve by Hand"
    lines = [
        "The system is switched off (mode OFF). Nothing was assigned, and a repeat will not fill the order either.",
        f"Next step: {answer.next_step}",
    ]
    return named_order(answer).alert(
        AlertKind.BY_HAND, title, "mode OFF, to be served by hand", lines, small_print(request_id)
    )


def _what_is_short(problems: Sequence[Problem]) -> list[str]:
    skus = dict.fromkeys(short(problem.sku) for problem in problems if problem.sku)
    lacking = Counter[str]()
    for problem in problems:
        lacking[problem.entitlement] += _lacking(problem)
    short_of = names(f"{entitlement} × {seats}" for entitlement, seats in lacking.items() if entitlement and seats)
    return [f"{label}: {text}" for label, text in (("Products", names(skus)), ("Short of", short_of)) if text]


def _lacking(problem: Problem) -> int:
    return max(0, problem.needed - problem.available) if problem.code is Code.OUT_OF_STOCK else 0


def _problem(problem: Problem) -> str:
    reason = REASONS[problem.code]
    missing = f" ({lacking} short)" if (lacking := _lacking(problem)) else ""
    return f"{reason[0].upper()}{reason[1:]}: {problem.message}{missing}"


def _per_sku(answer: Answer, sku: str) -> str:
    seats: Counter[str] = Counter()
    for key in answer.keys:
        if key.sku == sku:
            seats[key.entitlement] += key.seats
    opened = names(
        [f"{entitlement} × {number}" if number > 1 else entitlement for entitlement, number in seats.items()]
    )
    return f"{sku_name(sku)}: {count(seats.total(), 'key')}{in_brackets(opened)}"


def _held(keys: Iterable[Holding]) -> list[str]:
    seats: Counter[tuple[str, str]] = Counter()
    for key in keys:
        seats[key.sku, key.entitlement] += key.seats
    return [f"{sku_name(sku)}: {entitlement} × {number}" for (sku, entitlement), number in seats.items()]


def _left_out(skipped: Sequence[Skipped]) -> list[str]:
    words = {REMOVED: "removed from the order", REFUNDED: "refunded, nothing is due for it"}
    return listed(
        f"{short(skip.sku)}: {words.get(skip.reason) or ', '.join(filter(None, (skip.reason, 'NPTA serves it by hand')))}"
        for skip in skipped
        if skip.sku
    )


def _warnings(skipped: Sequence[Skipped], warnings: Sequence[str]) -> list[str]:
    sentences = [f"Warning: {warning}" for warning in warnings]
    if any(not skip.sku and skip.reason != REMOVED for skip in skipped):
        sentences.append(
            "Warning: a line without a SKU was skipped (a tip, a custom item?). If it should give keys, set its SKU."
        )
    return listed(sentences)
