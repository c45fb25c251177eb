"""Send the keys hook the answer of an order that the service served by itself."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from npta.clients.keys_hook import KeysHook
from npta.domain.orders.answer_body import answer_body
from npta.domain.orders.answers import answer
from npta.domain.orders.fulfillment import Outcome
from npta.domain.state.order_record import Status
from npta.domain.state.outbox_messages import Channel, OutboxMessage
from npta.domain.state.state import State
from npta.operations.commit import read
from npta.services import Services
from sheets_schema import Deadline, Transaction

AT_ONCE = 500
"""Answers that are made in one look at the spreadsheet."""
FRESH = 10.0
"""Seconds for which they are good: a release meanwhile must be seen."""

TAKEN, DROPPED = "taken", "dropped"
"""What became of an answer; dropped where nothing is to be mailed any more."""

_Body = dict[str, Any]


def answer_sender(services: Services, hook: KeysHook) -> Callable[[OutboxMessage, Deadline], str]:
    """Return a function that sends an order's answer as it is now.

    Nothing is sent for an order that was released, closed or delivered meanwhile.
    """
    made: dict[str, _Body | None] = {}
    good_until = float("-inf")

    def send(message: OutboxMessage, deadline: Deadline) -> str:
        nonlocal made, good_until
        if services.clock.monotonic() >= good_until or message.about not in made:
            made = _look(services, message.about, deadline)
            good_until = services.clock.monotonic() + FRESH
        body = made[message.about]
        if body is None:
            return DROPPED
        hook.post({**body, "event_id": message.message_id, "request_id": message.message_id}, deadline=deadline)
        return TAKEN

    return send


def _look(services: Services, first: str, deadline: Deadline) -> dict[str, _Body | None]:
    """Return the answers of this order and of the next ones that are due."""

    def look(tx: Transaction[State]) -> dict[str, _Body | None]:
        due = (message.about for message in tx.state.pending(Channel.KEYS_HOOK))
        return {order_id: _body(services, tx, order_id) for order_id in {first, *islice(due, AT_ONCE)}}

    return read(services, look, deadline)


def _body(services: Services, tx: Transaction[State], order_id: str) -> _Body | None:
    record = tx.state.orders.get(order_id)
    if record is None or record.status is not Status.FULFILLED or record.delivered or record.damage:
        return None
    outcome, rules = Outcome(Status.FULFILLED, replayed=True), services.rules(tx.values)
    return answer_body(answer(tx.state, record, outcome, rules=rules, test_recipient=services.settings.test_recipient))
