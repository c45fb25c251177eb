"""A mail that nobody confirms is told of once, after a while."""

from __future__ import annotations

import json

from npta.domain.orders.unconfirmed_mails import REMIND_AFTER_MINUTES
from npta.operations.commit import commit
from npta.operations.outbox.remind import stage_reminder
from tests.npta.operations.conftest import Time
from tests.support import House


def reminded(house: House) -> int:
    return commit(
        house.services,
        lambda tx: stage_reminder(house.services, tx),
        operation="remind",
        who="test",
        deadline=house.clock.deadline(20),
    )


def reminders(house: House) -> list[str]:
    """The texts of the reminders that are due or sent."""
    rows = [row for row in house.rows("Outbox") if (row["event"], row["kind"]) == ("DUE", "undelivered")]
    return [json.loads(row["body"])["text"] for row in rows]


def test_orders_are_left_alone_at_first_then_told_of_together_and_never_again(open_house: House, time: Time) -> None:
    open_house.order("1", ("CPTa", 1))
    open_house.order("2", ("CPT", 1))
    time.later(minutes=REMIND_AFTER_MINUTES - 1)
    assert (reminded(open_house), reminders(open_house)) == (0, [])

    time.later(minutes=2)
    assert reminded(open_house) == 2
    assert reminded(open_house) == 0
    time.later(days=1)
    assert reminded(open_house) == 0
    (told,) = reminders(open_house)
    assert "order 1" in told
    assert "order 2" in told


def test_nobody_is_told_twice_after_all_memory_is_lost(open_house: House, time: Time) -> None:
    open_house.order("1", ("CPTa", 1))
    time.later(hours=1)
    assert reminded(open_house) == 1
    open_house.restart()

    assert reminded(open_house) == 0


def test_a_later_order_is_told_of_by_itself(open_house: House, time: Time) -> None:
    open_house.order("1", ("CPTa", 1))
    time.later(hours=1)
    reminded(open_house)
    open_house.order("2", ("CPTa", 1))
    time.later(hours=1)

    assert reminded(open_house) == 1
    assert "order 1," not in reminders(open_house)[1]


def test_confirmed_released_and_keyless_orders_are_nobodys_business(open_house: House, time: Time) -> None:
    open_house.order("1", ("CPTa", 1))
    open_house.order("2", ("CPTa", 1))
    open_house.order("3", ("CPTa", 99))
    open_house.call("POST", "/orders/1/delivered")
    open_house.call("POST", "/orders/2/release")
    time.later(hours=1)

    assert (reminded(open_house), reminders(open_house)) == (0, [])


def test_a_mail_that_is_to_go_out_again_is_watched_again(open_house: House, time: Time) -> None:
    open_house.order("1", ("CPTa", 1))
    open_house.call("POST", "/orders/1/delivered")
    time.later(days=1)
    open_house.call("POST", "/orders/1/resend")
    time.later(minutes=REMIND_AFTER_MINUTES - 1)
    assert reminded(open_house) == 0

    time.later(minutes=2)

    assert reminded(open_house) == 1
