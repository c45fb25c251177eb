"""OFF, TEST or LIVE: the only way to change it."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.orders.backorders import shut_out_orders
from npta.domain.orders.eligibility import Mode, test_orders
from npta.domain.orders.recover_orders import after_off, read_off
from npta.domain.state.state import State
from npta.domain.state.times import normal_time
from npta.errors import BadRequestError, ConflictError
from npta.operations.backorders import Backfill, ask_shop, stage_backorders
from npta.operations.commit import commit
from npta.operations.dry_run_token import AT_ONCE, Carried, Intent
from npta.services import Services
from sheets_schema import Deadline, Transaction

OFF_SINCE, OFF_SPANS = "off_since", "off_spans"
"""The names of the values that say since when the mode is OFF, and when it was before."""
KEEP = "keep"
"""In place of a go-live time: resume with the one that was in force before."""


class ModeChanged(NamedTuple):
    """The mode now and before; `go_live_at` is ISO 8601 UTC, empty outside LIVE.

    `test_orders` were filled in TEST, listed on entering LIVE: their mail went to the test recipient. `shut_out_orders`
    wait and would be refused, since they were paid before go-live; `served_orders` waited and have their keys now,
    `reopened_orders` can be filled now.
    """

    mode: Mode
    before: Mode
    go_live_at: str
    test_orders: tuple[str, ...] = ()
    shut_out_orders: tuple[str, ...] = ()
    served_orders: tuple[str, ...] = ()
    reopened_orders: tuple[str, ...] = ()
    carried: Carried = Carried()


def change_mode(
    services: Services,
    mode: Mode,
    *,
    who: str,
    deadline: Deadline,
    go_live_at: str = "",
    intent: Intent = AT_ONCE,
) -> ModeChanged:
    """Switch the mode. Entering LIVE sets the go-live time: earlier orders are served by hand.

    It is now unless given; with `KEEP` the one of before. Orders that can be filled now are opened. Raises
    `BadRequestError` for TEST without a test recipient and a time that is none, `ConflictError` where there is no go-
    live time to keep.
    """
    kept = go_live_at.lower() == KEEP
    try:
        given = normal_time(go_live_at) if go_live_at and not kept else ""
    except ValueError:
        raise BadRequestError(
            "go_live_at", f"is not a time (for example 2026-11-23T15:04:05Z), and not “{KEEP}”"
        ) from None
    if mode is Mode.TEST and not services.settings.test_recipient:
        raise BadRequestError("mode", "TEST needs the setting NPTA_TEST_RECIPIENT")

    standing = ask_shop(services, deadline)

    def transact(tx: Transaction[State]) -> ModeChanged:
        before, since = Mode(tx.values["mode"]), tx.values["go_live_at"]
        last = since or tx.values["last_go_live_at"]
        if mode is not Mode.LIVE:
            live_since = ""
        elif kept:
            live_since = _known(last)
        else:
            live_since = given or (since if before is Mode.LIVE else services.now())
        orders = Backfill()
        if (mode, live_since) != (before, since):
            tx.set_value("mode", mode)
            tx.set_value("go_live_at", live_since)
            tx.set_value("last_go_live_at", live_since or last)
            _note_off(services, tx, before, mode, last)
            orders = stage_backorders(services, tx, f"Mode {mode}", standing)
        entering = mode is Mode.LIVE and before is not Mode.LIVE
        in_test = test_orders(tx.state) if entering else ()
        shut_out = shut_out_orders(tx.state, services.rules(tx.values))
        # Now is another moment at each call; where the time is given or kept, it counts.
        time_that_counts = live_since if kept or given or before is Mode.LIVE else ""
        carried = intent.judge("mode", before, since, mode, time_that_counts, in_test, shut_out)
        if carried.dry_run:
            tx.rollback()
        return ModeChanged(mode, before, live_since, in_test, shut_out, *orders[:2], carried)

    return commit(services, transact, operation=f"mode {mode}", who=who, deadline=deadline)


def _note_off(services: Services, tx: Transaction[State], before: Mode, mode: Mode, last_go_live_at: str) -> None:
    """Stage since when the mode is OFF, or that such a time has ended.

    What was paid meanwhile is left to people. The one before the first go-live is not noted: that time alone
    decides there.
    """
    if mode is Mode.OFF and before is not Mode.OFF:
        tx.set_value(OFF_SINCE, services.now())
    elif before is Mode.OFF and mode is not Mode.OFF:
        if begin := tx.values[OFF_SINCE] or last_go_live_at:
            tx.set_value(OFF_SPANS, after_off(read_off(tx.values[OFF_SPANS]), begin, services.clock.now()))
        tx.set_value(OFF_SINCE, "")


def _known(go_live_at: str) -> str:
    if not go_live_at:
        raise ConflictError(
            "There is no earlier go-live time to keep. Nothing was changed; give a go_live_at, or leave it out for now."
        )
    return go_live_at
