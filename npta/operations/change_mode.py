"""OFF, TEST or LIVE: the only way to change it."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.fulfillment import Mode
from npta.domain.modes import test_orders
from npta.domain.state import State
from npta.domain.times import normal_time
from npta.errors import BadRequest
from npta.operations.commit import commit
from npta.services import Services
from sheets_schema import Deadline, Transaction


class ModeChanged(NamedTuple):
    """The mode now and before; `go_live_at` is ISO 8601 UTC, empty outside LIVE.

    `test_orders` are the orders that were filled in TEST, listed on entering LIVE: their mail went to the test recipient.
    """

    mode: Mode
    before: Mode
    go_live_at: str
    test_orders: tuple[str, ...] = ()


def change_mode(services: Services, mode: Mode, *, who: str, deadline: Deadline, go_live_at: str = "") -> ModeChanged:
    """Switch the mode. Entering LIVE sets the go-live time, now unless given: earlier orders are served by hand.

    Raises `BadRequest` for TEST without a test recipient, and for a go-live time that is none.
    """
    try:
        since = normal_time(go_live_at) if go_live_at else ""
    except ValueError:
        raise BadRequest("go_live_at", "is not a time (for example 2026-11-23T15:04:05Z)") from None
    if mode is Mode.TEST and not services.settings.test_recipient:
        raise BadRequest("mode", "TEST needs the setting NPTA_TEST_RECIPIENT")

    def work(tx: Transaction[State]) -> ModeChanged:
        before, live_since = Mode(tx.values["mode"]), tx.values["go_live_at"]
        if mode is not before or since:
            live_since = (since or services.now()) if mode is Mode.LIVE else ""
            tx.set_value("mode", mode)
            tx.set_value("go_live_at", live_since)
        entering = mode is Mode.LIVE and before is not Mode.LIVE
        return ModeChanged(mode, before, live_since, test_orders(tx.state) if entering else ())

    return commit(services, work, operation=f"mode {mode}", who=who, deadline=deadline)
