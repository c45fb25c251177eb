"""The state is what the ledgers say, however they are read: at once, in layers, one ledger after another."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npta.domain.reports.attention import attention
from npta.domain.reports.order_list import order_row
from npta.domain.reports.status import failed_orders
from npta.domain.state import order_positions
from npta.domain.state.order_record import Event, OrderRecord, Status
from npta.domain.state.outbox_opening import outbox_opening
from npta.domain.state.state import State
from npta.domain.state.times import moment
from npta.errors import DamagedError
from npta.tables import ImportHistory, KeyEvent, OrderEvent, Orders, Outbox, OutboxEvent, ShopSnapshot
from sheets_schema import Ledger
from tests.npta.domain.histories import Did, Placed, histories, play
from tests.npta.domain.world import AT, LIVE, World, pool

CPT = "NASM CPT combined"


def told(state: State) -> dict[str, Any]:
    """All that a state knows, and the sequence of the orders that wait."""
    known: dict[str, Any] = {each.name: dict(getattr(state, each.name)) for each in fields(state)}
    return {**known, "waiting": [record.order_id for record in state.waiting_orders()]}


def folded(rows: list[Ledger]) -> State:
    state = State()
    for row in rows:
        state.apply(row)
    return state


@settings(max_examples=60, deadline=None)
@given(histories, st.lists(st.integers(0, 80), max_size=5))
def test_folding_in_layers_is_folding_at_once(history: list[Placed | Did], cuts: list[int]) -> None:
    rows = play(history).history
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]

    state = State()
    for start, end in pairwise(edges):
        layer = state.fork()
        for row in rows[start:end]:
            inner = layer.fork()
            inner.apply(row)
            layer.merge(inner)
        state.merge(layer)

    assert told(state) == told(folded(rows))


@settings(max_examples=60, deadline=None)
@given(histories, st.randoms())
def test_ledgers_may_be_read_one_beside_the_other_in_any_way_once_the_keys_are_known(
    history: list[Placed | Did], random: Random
) -> None:
    world = play(history)
    ledgers: dict[type[Ledger], list[Ledger]] = {}
    for row in world.history:
        ledgers.setdefault(type(row), []).append(row)
    mixed = ledgers.pop(ImportHistory)
    while ledgers:
        ledger = random.choice(list(ledgers))
        mixed.append(ledgers[ledger].pop(0))
        if not ledgers[ledger]:
            del ledgers[ledger]

    assert told(folded(mixed)) == told(world.state)


@settings(max_examples=40, deadline=None)
@given(histories, histories)
def test_a_layer_that_is_dropped_has_never_been(history: list[Placed | Did], more: list[Placed | Did]) -> None:
    world = play(history)
    before = told(world.state)

    play(more, World(state=world.state.fork()))

    assert told(world.state) == before


def test_released_seats_are_taken_from_the_line_that_held_them() -> None:
    world = World().product("A", "NASM-CPT-FULL").product("B", "NASM-CPT-FULL").keys(CPT, 5)
    world.order("1", ("A", 1), ("B", 2))
    one_line = world.state.holdings["1"][1]

    world.facts(
        world.history[-2].model_copy(update={"event": KeyEvent.RELEASED}),  # the seats of line 2
    )

    assert one_line.sku == "B"
    assert [(held.sku, held.seats) for held in world.state.holdings["1"]] == [("A", 1)]


def test_an_orders_name_finds_it() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 5)
    world.order("1", ("A", 1), order_name="#1042")

    assert world.state.bearers("#1042") == ("1",)
    assert world.event("1", OrderEvent.DELIVERED).state.orders["1"].order_name == "#1042", "later rows keep it"


def test_delivery_and_resend() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 5)
    world.order("1", ("A", 1))

    assert world.event("1", OrderEvent.DELIVERED).state.orders["1"].delivered
    assert not world.event("1", OrderEvent.RESEND).state.orders["1"].delivered


def test_the_history_of_an_order_is_kept_in_its_sequence() -> None:
    world = World().product("A", "NASM-CPT-FULL")
    world.order("1", ("A", 1))
    world.keys(CPT, 1).clear("1").order("1", ("A", 1))
    world.release("1")

    assert [event.event for event in world.state.orders["1"].events] == ["FAILED", "CLEARED", "FULFILLED", "RELEASED"]


def test_an_unpublished_product_is_known_to_have_been_there() -> None:
    world = World().product("A", "NASM-CPT-FULL").product("A", "", "")

    assert world.state.products == {"A": None}


@pytest.mark.parametrize("seats", [(3, 8), (8, 3)], ids=["more", "fewer"])
def test_a_corrected_number_of_seats_replaces_the_old_one(seats: tuple[int, int]) -> None:
    before, after = seats
    world = World().keys(CPT, before).adjust("K1", after)

    assert world.seats() == {"K1": (0, after)}
    assert world.state.available(pool(CPT)) == after


def test_a_key_that_got_more_seats_is_at_its_old_place_again() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 1, 5)
    world.order("1", ("A", 2))

    world.adjust("K1", 2).order("2", ("A", 1))

    assert world.held("2") == [("K1", 1)]


def test_no_repr_of_anything_shows_a_keycode() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 5)
    outcome = world.order("1", ("A", 1))

    shown = [outcome, world.state, world.answer("1"), *world.state.keys.values(), *world.state.holdings.values()]
    shown += [world.state.orders["1"], list(world.state.queue(pool(CPT)))]
    assert outcome.status is Status.FULFILLED
    assert world.answer("1").keys[0].keycode == "code-of-K1"
    assert not [each for each in shown if "code-of-" in repr(each)]


def test_an_order_gets_the_next_row_of_order_list_and_keeps_it() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 1)
    for order_id in ("1", "2", "3"):
        world.order(order_id, ("A", 1))
    world.order("2", ("A", 1))
    world.event("1", OrderEvent.DELIVERED)

    assert [world.state.listed[index] for index in range(3)] == ["1", "2", "3"]
    assert [world.state.list_positions[order_id] for order_id in ("1", "2", "3")] == [0, 1, 2]
    assert len(world.state.listed) == 3


@pytest.mark.parametrize("event", [OrderEvent.CLOSED, OrderEvent.RELEASED])
def test_a_repeat_of_an_order_that_has_ended_is_told_as_before_and_writes_nothing(event: OrderEvent) -> None:
    world = World().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 1)
    world.order("1", ("A", 9))
    world.event("1", event)

    again = world.order("1", ("A", 9))

    assert (again.status.value, again.replayed, list(again.facts)) == (event.value.lower(), True, [])


def test_failures_in_a_row_end_with_an_order_that_is_filled_and_with_nothing_else() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 1)
    for order_id in ("1", "2"):
        world.order(order_id, ("A", 9))
    world.event("1", OrderEvent.CLEARED).event("1", OrderEvent.CLOSED)
    assert world.state.failures_in_a_row.value == 2

    world.order("3", ("A", 1))

    assert world.state.failures_in_a_row.value == 0
    world.event("3", OrderEvent.DELIVERED).order("4", ("A", 9))
    assert world.state.failures_in_a_row.value == 1


def test_of_two_orders_of_one_name_each_is_found_by_what_it_is_called_now() -> None:
    world = World()
    for order_id in ("1", "2"):
        world.order(order_id, ("A", 1), order_name="#1042")
    assert world.state.bearers("#1042") == ("1", "2")

    world.order("1", ("A", 2), order_name="#1043")

    assert (world.state.bearers("#1042"), world.state.bearers("#1043")) == (("2",), ("1",))


def test_for_an_order_that_came_back_in_a_row_that_cannot_be_read_nothing_is_decided() -> None:
    world = World()
    row = Orders(at=AT, event=OrderEvent.CARRIED, order_id="1", order_name="#1042", status="fulfilled", commit="c")

    for lines in ("", "{", '{"portion": 1}', "[]"):
        world.facts(row.model_copy(update={"lines": lines}))
        record = world.state.orders["1"]
        assert "Nothing is decided for it" in record.damage
        assert record.order_name == "#1042"
        with pytest.raises(DamagedError):
            world.order("1", ("A", 1))
        listed = order_row(world.state, record, lambda: LIVE, "")
        (failed,) = failed_orders(world.state, LIVE).first
        (shown,) = (shown for shown in attention(world.state, LIVE, 0) if shown.which == "1")
        assert (listed.next_step, failed.reason, shown.detail) == (*[record.damage] * 2, f"#1042 · {record.damage}")
        assert (failed.since, shown.since, listed.changed_at) == (AT, moment(AT), moment(AT))


def test_an_order_that_is_kept_with_zeros_before_its_id_is_found_without_them() -> None:
    world = World()
    for order_id in ("0777", "0888", "888", "9"):
        world.order(order_id, ("A", 1))

    assert [world.state.kept_id(wanted) for wanted in ("777", "0777", "888", "0888", "9", "5")] == [
        "0777",
        "0777",
        "888",
        "0888",
        "9",
        "5",
    ]


def test_an_order_has_arrived_once_it_was_decided_or_closed_and_not_by_when_fewer_had() -> None:
    world = World()
    malformed = Orders(at=AT, event=OrderEvent.MALFORMED, order_id="3", status="failed", lines="{}", commit="c")
    for order_id in ("1", "2"):
        world.order(order_id, ("A", 1))
    world.facts(malformed)
    world.clear("1").order("1", ("A", 1))

    assert [world.state.has_arrived(order_id) for order_id in "123"] == [True, True, False]
    assert [world.state.has_arrived("1", before) for before in (0, 1)] == [False, True]
    assert [world.state.has_arrived("2", before) for before in (1, 2)] == [False, True]

    world.event("3", OrderEvent.CLOSED)
    assert [world.state.has_arrived("3", before) for before in (2, 3)] == [False, True]


def test_of_shop_snapshots_that_have_left_nothing_is_kept_and_of_messages_what_stands_for_them() -> None:
    world = World()
    snapshot = ShopSnapshot(taken_at=AT, product_id="1", variant_id="1", product_title="Trainer")
    due = Outbox(at=AT, event=OutboxEvent.DUE, message_id="n1", kind="failed", about="1", commit="c")
    world.facts(due)

    assert [*world.state.opening(ShopSnapshot, [snapshot])] == []
    assert [*world.state.opening(Outbox, [due])] == [*outbox_opening(world.state, [due])] != []


def test_an_order_of_which_a_refund_was_heard_first_was_paid_when_it_was_seen_as_far_as_is_known() -> None:
    events = [
        (f"2026-11-2{day}T10:00:00Z", event) for day, event in enumerate((OrderEvent.REFUNDED, OrderEvent.FAILED))
    ]
    record = OrderRecord("1", events=tuple(Event(at, event, "failed", "") for at, event in events))

    assert record.paid_at == "2026-11-21T10:00:00Z"
    assert OrderRecord("1", events=record.events[:1]).paid_at == ""


def test_the_settled_order_that_was_longest_left_alone_gives_its_row_of_order_list_to_the_next() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 9)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_positions, "LISTED", 2)
        world.order("1", ("A", 99))  # it waits, and keeps its row
        for order_id in ("2", "3"):
            world.order(order_id, ("A", 1))
        world.event("2", OrderEvent.DELIVERED)
        assert [*world.state.settled.ids()] == ["3", "2"]
        world.order("4", ("A", 1))
        assert [world.state.listed[index] for index in range(3)] == ["1", "2", "4"]
        world.order("5", ("A", 1))

    assert [world.state.listed[index] for index in range(world.state.list_length.value)] == ["1", "5", "4"]
    assert [world.state.list_positions[order_id] for order_id in "12345"] == [0, None, None, 2, 1]
