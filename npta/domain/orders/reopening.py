"""Orders that waited, and what they lacked has arrived: they are opened again, so that a repeat fills them."""

from __future__ import annotations

from npta.domain.orders.backorders import backorders
from npta.domain.orders.fulfillment import Rules
from npta.domain.state.state import State
from npta.tables import OrderEvent, Orders


def reopened(state: State, rules: Rules, *, at: str, commit: str, why: str) -> list[Orders]:
    """Return the facts that open waiting orders again, oldest first, as far as what there is goes.

    Only orders that a repeat would fill are opened: none that go-live shuts out. Seats that an earlier one will need
    are not counted twice, also if that one was opened before and has not come again yet. While the mode is OFF the same
    ones are opened, for the time when it is LIVE or TEST again; whoever tells of them says so.
    """
    return [
        Orders(
            at=at,
            event=OrderEvent.REOPENED,
            order_id=record.order_id,
            order_name=record.order_name,
            status=record.status,
            reason=why,
            fingerprint=record.fingerprint,
            commit=commit,
        )
        for each in list(backorders(state, rules))
        if each.ready and not (record := each.record).open
    ]
