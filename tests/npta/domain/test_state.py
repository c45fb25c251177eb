"""The state is what the ledgers say, however they are read: at once, in layers, one ledger after another."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npta.domain.state.order_record import Status
from npta.domain.state.state import State
from npta.tables import ImportHistory, KeyEvent, OrderEvent
from sheets_schema import Ledger
from tests.npta.domain.histories import Did, Placed, histories, play
from tests.npta.domain.world import World, pool

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
