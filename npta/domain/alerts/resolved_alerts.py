"""Alerts whose matter is over: their messages are changed to say so. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from npta.domain.state.alert import MAX_TEXT, Alert, AlertKind, read_alert
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.outbox_rows import alert_ended
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.domain.state.wording import short
from npta.tables import Outbox

_PASSES = (AlertKind.LOW_STOCK, AlertKind.OUT_OF_STOCK)


def resolved_alerts(state: State, order_ids: Iterable[str], *, stamp: Stamp) -> Iterator[Outbox]:
    """Yield the rows that change alerts of orders that fail no more, and of done proposals.

    Stage each row before asking for the next. What has become due in this very commit is left as it is.
    """
    for order_id in dict.fromkeys(order_ids):
        if (record := state.orders.get(order_id)) is None or record.damage:
            continue
        over = _failure_over(record)
        resolved = ((AlertKind.FAILED, over), (AlertKind.BY_HAND, over), (AlertKind.REFUND, _refund_over(record)))
        for kind, why in resolved:
            for message_id in state.open_alerts.get((order_id, kind), ()) if why else ():
                if not message_id.startswith(f"{stamp.commit}-"):
                    yield alert_ended(state, message_id, _over(state, message_id, why, stamp.at), stamp=stamp)


def _over(state: State, message_id: str, why: str, at: str) -> Alert:
    """Return an alert as it was, marked as over: people still find it by its words."""
    message = state.message(message_id)
    assert message
    try:
        alert = read_alert(message.kind, message.about, message.body)
    except (ValueError, TypeError, KeyError):
        alert = Alert(AlertKind.ENDED, message.about, message.kind, f"{message.kind}: {message.about}")
    return alert._replace(
        kind=AlertKind.ENDED,
        title=f"☑️ Over: {alert.title}",
        text=short(f"☑️ Over, {why}: {alert.text}", MAX_TEXT),
        lines=(f"Over since {at}: {why}.", *alert.lines),
    )


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


def resolved_stock_alerts(state: State, pool: str, *, stamp: Stamp) -> Iterator[Outbox]:
    """Yield the rows that change the alerts about pools that are no longer low or empty.

    Stage each row before asking for the next.
    """
    for kind in _PASSES:
        for message_id in state.open_alerts.get((pool, kind), ()):
            yield alert_ended(
                state, message_id, _over(state, message_id, "there are seats again", stamp.at), stamp=stamp
            )
