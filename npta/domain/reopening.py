"""Orders that waited, and what they lacked has arrived: they are opened again, so that a repeat fills them."""

from __future__ import annotations

from npta.domain.backorders import backorders
from npta.domain.fulfillment import Mode, Rules
from npta.domain.state import State
from npta.tabs import OrderEvent, Orders


def reopened(state: State, rules: Rules, *, at: str, commit: str, why: str) -> list[Orders]:
    """Return the facts that open waiting orders again, oldest first, as far as what there is goes.

    Only orders that a repeat would fill now are opened: none while the mode is OFF, none that go-live shuts out. Seats
    that an earlier one will need are not counted twice, also if that one was opened before and has not come again yet.
    """
    if rules.mode is Mode.OFF:
        return []
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
