"""The answer to an order, made from the ledgers."""

from __future__ import annotations

import pytest

from npta.domain.orders.answers import answer, looked_up, reason, without_mail
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.fifo_assignment import AssignedSeats
from npta.domain.orders.fulfillment import Outcome
from npta.domain.orders.next_steps import replace_step
from npta.domain.state.entitlements import Entitlement, Level
from npta.domain.state.order_record import Event, OrderRecord, Status
from npta.domain.state.receipts import Code, Owed, Problem
from npta.domain.state.state import State
from npta.domain.stock.import_keys import validate_rows
from npta.tables import OrderEvent
from tests.npta.domain.world import LIVE, REGIONS, World, pasted

CPT = "NASM CPT combined"


def filled(*lines: tuple[str, int]) -> tuple[World, Outcome]:
    world = World().product("A", "NASM-CPT-FULL").product("B", "NASM-CPT-FULL,NASM-NSBK_CPT-CNC-FULL")
    world.keys(CPT, 2, 9).keys("NASM NSBK_CPT-CNC combined", 9)
    return world, world.order("1", *lines)


def test_seats_of_one_key_on_one_line_are_one_entry() -> None:
    world, outcome = filled(("A", 3), ("B", 1))

    entries = world.answer("1", outcome).keys

    assert [(key.sku, key.keycode, key.seats) for key in entries] == [
        ("A", "code-of-K1", 2),
        ("A", "code-of-K2", 1),
        ("B", "code-of-K2", 1),
        ("B", "code-of-K3", 1),
    ]


def test_a_key_entry_tells_what_it_opens() -> None:
    world, outcome = filled(("B", 1))

    entry = world.answer("1", outcome).keys[1]

    assert (entry.provider, entry.product_code, entry.level, entry.component) == (
        "NASM",
        "NSBK_CPT-CNC",
        "FULL",
        "combined",
    )
    assert entry.entitlement == "NASM-NSBK_CPT-CNC-FULL"


def test_a_filled_order_is_ready_to_be_mailed() -> None:
    world, outcome = filled(("A", 3))

    told = world.answer("1", outcome)

    assert told.success
    assert told.email_ready
    assert (told.keys_expected, told.keys_count, told.message) == (3, 3, "3 keys assigned")
    assert told.next_step == ""


def test_one_key_is_a_key() -> None:
    world, outcome = filled(("A", 1))

    assert world.answer("1", outcome).message == "1 key assigned"


def test_an_address_that_is_missing_in_a_repeat_leaves_the_known_one() -> None:
    world, _ = filled(("A", 1))

    world.clear("1").order("1", ("A", 1), email="", customer_name="", order_name="")

    assert world.answer("1").deliver_to == "ada@example.com"
    assert world.answer("1").customer_name == "Ada Lovelace"


def test_a_released_order_counts_as_not_delivered() -> None:
    world, _ = filled(("A", 1))

    world.event("1", OrderEvent.DELIVERED).release("1")

    assert not world.answer("1").delivered


def test_without_an_address_no_mail_is_ready() -> None:
    world, outcome = filled(("A", 1))

    told = answer(world.state, world.state.orders["1"]._replace(email=""), outcome, rules=LIVE, test_recipient="t@x")

    assert told.success
    assert not told.email_ready


def test_a_corrected_address_counts_for_the_mail_although_nothing_else_changes() -> None:
    world, _ = filled(("A", 1))
    again = world.order("1", ("A", 1))

    told = answer(
        world.state, world.state.orders["1"], again, rules=LIVE, test_recipient="t@x", email="new@example.com"
    )

    assert told.replayed
    assert told.deliver_to == told.email == "new@example.com"


def outcomes() -> dict[str, tuple[World, Outcome]]:
    failed = World().product("A", "NASM-CPT-FULL")
    off, external, changed, released, closed = (World().product("A", "NASM-CPT-FULL") for _ in range(5))
    for world in (changed, released):
        world.keys(CPT, 9).order("1", ("A", 2))
    external.product("X", "", "EXTERNAL")
    closed.order("1", ("A", 2))
    closed.event("1", OrderEvent.CLOSED)
    released.release("1")
    off.rules = LIVE._replace(mode=Mode.OFF)
    return {
        "out of stock": (failed, failed.order("1", ("A", 2))),
        "off": (off, off.order("1", ("A", 2))),
        "skipped": (external, external.order("1", ("X", 1))),
        "changed": (changed, changed.order("1", ("A", 1))),
        "released": (released, released.order("1", ("A", 2))),
        "closed": (closed, closed.order("1", ("A", 2))),
    }


@pytest.mark.parametrize(
    ("which", "status", "message", "next_step"),
    [
        ("out of stock", Status.FAILED, "needs 2 of pool CANADA NASM CPT combined, 0 free", "Import more keys"),
        ("off", Status.OFF, "mode OFF", "Clear Order Cache"),
        ("skipped", Status.SKIPPED, "nothing to be done by the system: X", ""),
        ("changed", Status.FAILED, "A was 2 and is now 1", "Release Keys"),
        ("released", Status.RELEASED, "given back", "Clear Order Cache"),
        ("closed", Status.CLOSED, "served by hand", "Clear Order Cache"),
    ],
    ids=lambda value: value if isinstance(value, str) and " " not in value else "",
)
def test_whatever_is_not_filled_gives_no_key_and_no_mail_but_words(
    which: str, status: Status, message: str, next_step: str
) -> None:
    world, outcome = outcomes()[which]

    told = world.answer("1", outcome)

    assert told.status is status
    assert (told.keys, told.keys_count) == ((), 0)
    assert not told.success
    assert not told.email_ready
    assert message in told.message
    assert next_step in told.next_step
    assert bool(next_step) == bool(told.next_step)


def test_what_was_owed_is_told_also_of_a_failed_order() -> None:
    world, outcome = outcomes()["out of stock"]

    assert world.answer("1", outcome).keys_expected == 2


def test_somebody_who_asks_after_a_refusal_sees_the_order_as_it_was_filled() -> None:
    world, _ = outcomes()["changed"]

    told = world.answer("1")

    assert told.status is Status.FULFILLED
    assert told.keys_count == told.keys_expected == 2
    assert [event.event for event in told.events] == ["FULFILLED", "REFUSED"]


def test_somebody_who_asks_for_a_failed_order_sees_why() -> None:
    world, outcome = outcomes()["out of stock"]

    assert looked_up(world.state, world.state.orders["1"], LIVE).problems == outcome.problems


def test_no_repr_on_the_way_of_a_key_shows_its_code() -> None:
    world, _ = filled(("A", 1))
    key = world.state.keys["K1"]
    taken = AssignedSeats(Owed("1", "A", Entitlement("NASM", "CPT", Level.FULL), 1), key, 1)
    rows = [
        pasted(2, "CANADA", "NASM", "CPT", "exam", "SECRET-1", 1),
        pasted(3, "CANADA | NASM | x | y | SECRET-2 | 1"),
    ]
    sorted_rows = validate_rows(rows, State(), REGIONS)

    assert sorted_rows.accepted
    assert sorted_rows.rejected
    assert "code-of-" not in repr(taken)
    assert "SECRET" not in repr(sorted_rows)


def test_what_to_do_for_retired_keys_is_said_if_there_are_any() -> None:
    assert replace_step(()) == ""
    assert "the retired key K1:" in replace_step(["K1"])
    assert "the retired keys K1, K2:" in replace_step(["K1", "K2"])


@pytest.mark.parametrize("retired", [False, True])
def test_an_order_that_shopify_no_longer_calls_paid_is_answered_with_its_keys_and_no_mail(retired: bool) -> None:
    world, outcome = filled(("A", 1))
    given = world.answer("1", outcome)._replace(next_step="Look at it." if retired else "")
    problem = Problem(Code.CANCELLED, "", "Shopify says that it was cancelled, so it gets no keys")

    told = without_mail(given, problem)

    assert given.email_ready
    assert (told.success, told.email_ready, told.keys) == (True, False, given.keys)
    assert told.message == "1 key assigned; Shopify says that it was cancelled, so no mail goes out"
    assert told.next_step.startswith(
        "Look at it." if retired else "No mail goes out. Press Release Keys for order 1 if"
    )


def test_why_an_order_failed_is_what_its_newest_row_says_where_nothing_else_is_known() -> None:
    failed = Outcome(Status.FAILED)
    record = OrderRecord("1", events=(Event("t1", OrderEvent.FAILED, "failed", "an old reason"),))

    assert reason(failed, record) == "an old reason"
    assert reason(failed, OrderRecord("1")) == ""


def test_only_an_order_that_is_fulfilled_and_holds_just_what_it_is_owed_is_a_success() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 2)
    world.order("1", ("A", 1))
    given = world.answer("1")

    assert given.success
    assert not given._replace(keys=(), keys_expected=0).success
    assert not given._replace(keys_expected=2).success
    assert not given._replace(status=Status.FAILED).success
