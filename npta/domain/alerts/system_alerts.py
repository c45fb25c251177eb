"""Alerts about calls, hooks, Shopify and the system, where an order got stuck. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from npta.domain.alerts.order_alerts import NamedOrder, named_order
from npta.domain.orders.mark_fulfilled import what_to_do
from npta.domain.orders.next_steps import CORRECT_THE_ZAP
from npta.domain.state.alert import Alert, AlertKind, ask_for_help, make_alert, small_print
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.receipts import Order
from npta.domain.state.wording import listed, names, short


def unmarked_alert(
    order_id: str, record: OrderRecord | None, left: str, *, waiting: Sequence[str] = (), support_contact: str = ""
) -> Alert:
    """Make the alert of lines that Shopify does not mark as fulfilled, with the reason.

    Without an order none is marked at all; `waiting` are orders that wait for it.
    """
    title, footer = "🚨 Not Marked as Fulfilled in Shopify", ask_for_help(support_contact, "")
    again = "It is tried again by itself: at once, then ever more rarely, at least every 10 minutes."
    if not order_id:
        message = f"no order: {left}"
        lines = [
            f"What Shopify says: {left}",
            *([f"Delivered orders that wait for it: {names(waiting)}"] if waiting else []),
            "Next step: fix the cause. Keys and mails go out all the same.",
            again,
        ]
        return make_alert(AlertKind.UNMARKED, "", title, message, lines, footer)
    lines = [
        "The keys are delivered, and Shopify does not show it. Not marked:",
        *listed(f"• {line}" for line in left.split("; ")),
        f"Next step: {what_to_do(left)}",
        again,
    ]
    order = named_order(record) if record else NamedOrder(order_id, "", "")
    return order.alert(AlertKind.UNMARKED, title, left, lines, footer)


def hook_refused_alert(order_id: str, reason: str, *, waiting: Sequence[str] = (), support_contact: str = "") -> Alert:
    """Make the alert that the keys hook refuses an order's answer, or, without one, all."""
    which = f"order {short(order_id)}" if order_id else "no answer"
    lines = [
        f"What it says: {reason}",
        *([f"Orders whose keys are assigned and whose mail waits for it: {names(waiting)}"] if waiting else []),
        "Next step: fix the cause. It is tried again at least every 10 minutes.",
        "To send an order's mail without the hook, press Resend Keys and re-run the order's Zap.",
    ]
    footer = ask_for_help(support_contact, "")
    return make_alert(AlertKind.HOOK_TROUBLE, order_id, "🚨 Keys Hook Refuses", f"{which}: {reason}", lines, footer)


def system_error_alert(
    order_id: str,
    reason: str,
    *,
    customer: str = "",
    order_name: str = "",
    support_contact: str = "",
    request_id: str = "",
) -> Alert:
    """Make the alert that the system could not do its work; `reason` has no secrets in it."""
    lines = [
        f"What went wrong: {reason}",
        "This is neither about stock nor about the catalogue.",
        "Nothing was lost: what was assigned stays assigned, and Zapier will repeat the order.",
        "Next step: if the Zap run stays errored, replay it. If it fails again, ask for help as below.",
    ]
    footer = ask_for_help(support_contact, request_id)
    return NamedOrder(order_id, order_name, customer).alert(
        AlertKind.SYSTEM_ERROR, "🚨 System Error", reason, lines, footer
    )


def malformed_alert(
    order: Order, reason: str, *, decided: str = "", listed_too: bool = True, request_id: str = ""
) -> Alert:
    """Make the alert of a call with an order that cannot be read: the Zap sends something wrong.

    `decided` is how the order stands if it was decided before. Not `listed_too`: its id is none, so it stands nowhere
    else.
    """
    message = f"the call could not be read: {reason}"
    lines = [f"{message[0].upper()}{message[1:]}", CORRECT_THE_ZAP]
    if decided:
        lines.append(
            f"The order itself was decided before and stays {decided}. If it has changed, see to that by hand."
        )
    elif listed_too:
        lines.append("Nothing was assigned. Next step: serve this order by hand, then press Close Order.")
    else:
        lines.append("Nothing was assigned. Next step: find this order in Shopify, and serve it by hand.")
    named = NamedOrder(order.order_id, order.order_name, order.customer_name or order.email)
    return named.alert(AlertKind.FAILED, "❌ Fulfillment Failed", message, lines, small_print(request_id))
