"""Alerts whose matter is over: their messages are changed to say so. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from npta.domain.alerts.order_alerts import named_order
from npta.domain.state.alert import Alert, AlertKind, make_alert
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.outbox_rows import alert_ended
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.tables import Outbox

_OVER = "☑️ Over: {}"
_STOCK_TITLES = {AlertKind.LOW_STOCK: "Low Stock", AlertKind.OUT_OF_STOCK: "Out of Stock"}


def ended_alerts(state: State, order_ids: Iterable[str], *, stamp: Stamp) -> Iterator[Outbox]:
    """Yield the rows that change the ❌ of orders that have failed no more, and proposals that are done.

    Stage each row before asking for the next. What has become due in this very commit is left as it is.
    """
    for order_id in dict.fromkeys(order_ids):
        if (record := state.orders.get(order_id)) is None or record.damage:
            continue
        endings = ((AlertKind.FAILED, _failure_over(record)), (AlertKind.REFUND, _refund_over(record)))
        for kind, why in endings:
            for message_id in state.open_alerts.get((order_id, kind), ()) if why else ():
                if not message_id.startswith(f"{stamp.commit}-"):
                    yield alert_ended(state, message_id, _order_ended(record, kind, why, stamp.at), stamp=stamp)


def _order_ended(record: OrderRecord, kind: AlertKind, why: str, at: str) -> Alert:
    what = "Fulfillment Failed" if kind is AlertKind.FAILED else "Refund in Shopify"
    return named_order(record).alert(AlertKind.ENDED, _OVER.format(what), why, [f"Since {at}: {why}."], "")


def _failure_over(record: OrderRecord) -> str:
    """Return what became of an order that had failed; empty if it still does."""
    match record.status:
        case Status.FULFILLED:
            return "" if record.refused_fingerprint else "filled since"
        case Status.CLOSED:
            return "closed: it was served by hand"
        case Status.RELEASED:
            return "its keys were given back"
        case Status.SKIPPED:
            return "nothing is to be done by the system any more"
        case Status.FAILED if not record.waits:
            return "taken back in Shopify: nothing is owed any more"
    return ""


def _refund_over(record: OrderRecord) -> str:
    """Return that nothing is proposed any more; empty if something is."""
    if record.to_give_back and record.status is not Status.CLOSED:
        return ""
    return "done: it holds no keys that are to be given back"


def stock_alerts_over(state: State, pool: str, *, stamp: Stamp) -> Iterator[Outbox]:
    """Yield the rows that change the alerts about a pool that is low, or empty, no more. Stage each as above."""
    for kind, title in _STOCK_TITLES.items():
        for message_id in state.open_alerts.get((pool, kind), ()):
            why = f"{pool}, restocked by {stamp.at}"
            alert = make_alert(AlertKind.ENDED, pool, _OVER.format(title), why, [f"{why}."], "")
            yield alert_ended(state, message_id, alert, stamp=stamp)
