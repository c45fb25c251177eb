"""The audit of the Outbox: no alert of a committed fact is missing, and nothing was sent that was never due."""

from __future__ import annotations

from typing import Any

import pytest

from npta.domain.reports.audit_orders import audit_messages, audit_order_list
from npta.domain.reports.findings import FIRST_ROW, RowLocation
from npta.domain.reports.order_list import order_row
from npta.tables import KeyEvent, KeyLedger, OrderEvent, OrderList, Orders, Outbox, OutboxEvent
from tests.npta.domain.world import AT, LIVE, World

ALERTS = {
    OrderEvent.FULFILLED: "fulfilled",
    OrderEvent.FAILED: "failed",
    OrderEvent.REFUSED: "failed",
    OrderEvent.MALFORMED: "failed",
    OrderEvent.SKIPPED: "skipped",
    OrderEvent.OFF: "by hand",
    OrderEvent.RELEASED: "released",
    OrderEvent.DELIVERED: "delivered",
}


def message(
    event: OutboxEvent = OutboxEvent.DUE,
    message_id: str = "n1",
    about: str = "1",
    commit: str = "c1",
    of: OrderEvent = OrderEvent.FULFILLED,
) -> Outbox:
    return Outbox(at=AT, event=event, message_id=message_id, kind=ALERTS[of], about=about, commit=commit)


def order(event: OrderEvent, order_id: str = "1", commit: str = "c1") -> Orders:
    return Orders(at=AT, event=event, order_id=order_id, status="x", commit=commit)


def seats(order_id: str = "1", commit: str = "c1", event: KeyEvent = KeyEvent.ASSIGNED) -> KeyLedger:
    return KeyLedger(at=AT, event=event, order_id=order_id, key_id="K1", keycode="k", seats=1, commit=commit)


def told(messages: list[Outbox], orders: list[Orders], ledger: list[KeyLedger] | None = None) -> list[tuple[str, int]]:
    located = [(RowLocation("Orders", row), order) for row, order in enumerate(orders, FIRST_ROW)]
    return [(fault.tab, fault.row) for fault in audit_messages(messages, located, ledger or [])]


@pytest.mark.parametrize(
    "event", [OrderEvent.FAILED, OrderEvent.REFUSED, OrderEvent.SKIPPED, OrderEvent.OFF, OrderEvent.DELIVERED]
)
def test_an_end_of_an_order_that_was_never_told_is_named_by_its_row(event: OrderEvent) -> None:
    assert told([], [order(event)]) == [("Orders", 2)]
    assert told([message(of=event)], [order(event)]) == []


def test_seats_that_were_given_back_without_a_word_are_named() -> None:
    back = [seats(event=KeyEvent.RELEASED)]

    assert told([], [order(OrderEvent.RELEASED)], back) == [("Orders", 2)]
    assert told([message(of=OrderEvent.RELEASED)], [order(OrderEvent.RELEASED)], back) == []
    assert told([], [order(OrderEvent.RELEASED)]) == [], "a failed order held nothing"


@pytest.mark.parametrize("event", list(ALERTS))
def test_an_alert_of_another_kind_does_not_count(event: OrderEvent) -> None:
    ledger = [seats(), seats(event=KeyEvent.RELEASED)]
    others = [
        message(message_id=f"n{number}", of=other)
        for number, other in enumerate(ALERTS)
        if ALERTS[other] != ALERTS[event]
    ]

    assert told(others, [order(event)], ledger) == [("Orders", 2)]


def test_keys_that_were_assigned_without_a_word_are_named() -> None:
    assert told([], [order(OrderEvent.FULFILLED)], [seats()]) == [("Orders", 2)]
    assert told([message()], [order(OrderEvent.FULFILLED)], [seats()]) == []


def test_an_order_that_was_filled_again_without_new_keys_needs_no_second_word() -> None:
    orders = [
        order(OrderEvent.FULFILLED),
        order(OrderEvent.CLEARED, commit="c2"),
        order(OrderEvent.FULFILLED, commit="c3"),
    ]

    assert told([message()], orders, [seats()]) == []
    assert told([message()], orders, [seats(), seats(commit="c3")]) == [("Orders", 4)]


def test_the_word_of_another_order_or_of_another_commit_does_not_count() -> None:
    assert told([message(about="2", of=OrderEvent.FAILED)], [order(OrderEvent.FAILED)]) == [("Orders", 2)]
    assert told([message(commit="c2", of=OrderEvent.FAILED)], [order(OrderEvent.FAILED)]) == [("Orders", 2)]


@pytest.mark.parametrize("event", [OrderEvent.SKIPPED, OrderEvent.OFF])
def test_an_order_that_is_skipped_again_needs_no_second_word(event: OrderEvent) -> None:
    assert told([message(of=event)], [order(event), order(event, commit="c2")]) == []


@pytest.mark.parametrize("event", [OrderEvent.CLEARED, OrderEvent.REOPENED, OrderEvent.RESEND, OrderEvent.CLOSED])
def test_what_people_do_themselves_need_not_be_told(event: OrderEvent) -> None:
    assert told([], [order(event)]) == []


def test_what_was_sent_and_never_due_or_is_due_twice_is_named_by_its_row() -> None:
    messages = [
        message(),
        message(OutboxEvent.SENT),
        message(OutboxEvent.SENT, "n2"),
        message(),
        message(OutboxEvent.OVER, "n3"),
    ]

    assert told(messages, []) == [("Outbox", 4), ("Outbox", 5)]


def test_a_claim_of_what_was_never_due_is_named() -> None:
    claim = message(OutboxEvent.CLAIMED, "c-claim").model_copy(update={"body": '["n1", "n2"]'})

    assert told([message(), claim], []) == [("Outbox", 3)]
    assert told([message(), claim, message(message_id="n2")], []) == [("Outbox", 3)], "it was claimed before it was due"
    assert told([message(), message(message_id="n2"), claim], []) == []


def test_an_order_that_was_told_of_together_with_others_needs_no_word_of_its_delivery() -> None:
    summary = message(message_id="s", about="").model_copy(update={"kind": "served"})
    orders = [order(OrderEvent.FULFILLED), order(OrderEvent.DELIVERED, commit="c2")]

    assert told([summary], orders, [seats()]) == []
    assert told([message()], orders, [seats()]) == [("Orders", 3)]
    assert told([summary], [order(OrderEvent.DELIVERED, commit="c2")]) == [("Orders", 2)], "it was in no summary"


class TestOrderList:
    """It shows each order that it should, as the ledgers have it."""

    def world(self) -> World:
        world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 2)
        world.order("1", ("A", 2))
        world.order("2", ("A", 1))
        return world

    def rows(self, world: World) -> list[OrderList]:
        return [order_row(world.state, record, lambda: LIVE, "") for record in world.state.orders.values()]

    def faults(self, world: World, rows: list[OrderList]) -> list[tuple[str, int, str]]:
        return [(fault.tab, fault.row, fault.message) for fault in audit_order_list(world.state, rows)]

    def test_nothing_is_wrong_with_rows_as_they_are_written(self) -> None:
        world = self.world()

        assert self.faults(world, self.rows(world)) == []
        assert self.faults(world.event("1", OrderEvent.DELIVERED), self.rows(world)) == []

    @pytest.mark.parametrize(
        ("change", "shows"),
        [
            ({"keys": 1}, "order 1, fulfilled, 1 key, mail not confirmed"),
            ({"state": "failed"}, "order 1, failed, 2 keys, mail not confirmed"),
            ({"mail": "sent"}, "order 1, fulfilled, 2 keys, mail sent"),
            ({"mail": "", "keys": 0}, "order 1, fulfilled, 0 keys"),
        ],
    )
    def test_a_row_that_shows_something_else_is_named(self, change: dict[str, Any], shows: str) -> None:
        world = self.world()
        first, second = self.rows(world)

        ((tab, row, message),) = self.faults(world, [first.model_copy(update=change), second])

        assert (tab, row) == ("Order List", 2)
        assert message.startswith(
            f"shows {shows}; by the ledgers it is order 1, fulfilled, 2 keys, mail not confirmed."
        )

    def test_a_row_too_many_and_one_too_few_are_named(self) -> None:
        world = self.world()
        first, second = self.rows(world)

        assert [row for _, row, _ in self.faults(world, [first, second, second])] == [4]
        ((_, row, message),) = self.faults(world, [first])
        assert (row, message.startswith("shows nothing; by the ledgers it is order 2, failed")) == (3, True)
