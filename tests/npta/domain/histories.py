"""Random histories: people and orders doing what they do, in any sequence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from hypothesis import strategies as st

from npta.domain.orders.eligibility import Mode
from npta.domain.orders.fulfillment import Outcome
from npta.domain.orders.order_actions import close
from npta.domain.orders.replays import fill
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import Order
from npta.domain.state.times import Stamp
from npta.errors import ConflictError
from npta.tables import OrderEvent
from tests.npta.domain.world import AT, LIVE, World, order_of

POOLS = ("NASM CPT combined", "NASM CPT exam", "NASM NSBK_CPT-CNC combined")
CATALOGUES = ("NASM-CPT-FULL", "NASM-CPT-EXAM", "NASM-NSBK_CPT-CNC-FULL", "NASM-CPT-FULL,NASM-CPT-FULL,NASM-CPT-EXAM")
SKUS = ("A", "a", "B")
IDS = ("1", "2", "3", "4")

RULES = {mode: LIVE._replace(mode=mode) for mode in Mode}


class Placed(NamedTuple):
    """An order was asked for."""

    order: Order
    mode: Mode


class Did(NamedTuple):
    """Anything else, told and done."""

    told: str
    act: Callable[[World], object]

    def __repr__(self) -> str:
        return self.told


def _order(order_id: str, lines: list[tuple[str, int]], mode: Mode) -> Placed:
    return Placed(order_of(order_id, *lines), mode)


def _imported(pool: str, seats: int) -> Did:
    def act(world: World) -> None:
        world.keys(pool, seats)
        world.reopen()

    return Did(f"imported {seats} {pool}", act)


def _published(sku: str, entitlements: str, fulfillment: str) -> Did:
    return Did(
        f"published {sku} as {fulfillment} {entitlements}", lambda world: world.product(sku, entitlements, fulfillment)
    )


def _pressed(button: str, order_id: str) -> Did:
    def act(world: World) -> None:
        if order_id not in world.state.orders:
            return
        if button in ("release", "quarantine"):
            world.release(order_id, quarantine=button == "quarantine")
            world.reopen()
        elif button == "close":
            with suppress(ConflictError):
                world.press(close, order_id)
                world.reopen()
        elif button == "fill":
            with suppress(ConflictError):
                world.facts(*fill(world.state, world.state.orders[order_id], LIVE, stamp=Stamp(AT, "c")).facts)
        else:
            world.event(order_id, OrderEvent.CLEARED)

    return Did(f"{button} {order_id}", act)


def _care(told: str, place: int, act: Callable[[World, str], object]) -> Did:
    """Something that is done about one of the keys; nothing if it is refused."""

    def done(world: World) -> None:
        if keys := list(world.state.keys):
            with suppress(ConflictError):
                act(world, keys[place % len(keys)])
            world.reopen()

    return Did(f"{told} key {place}", done)


def _retired(place: int, with_others: bool) -> Did:
    def act(world: World, key_id: str) -> None:
        # Both or nothing, as in one commit.
        tried = World(state=world.state.fork()).retire(key_id, with_others=with_others)
        world.facts(*tried.history)

    return _care(f"retired{' and replaced' if with_others else ''}", place, act)


def _adjusted(place: int, seats: int) -> Did:
    return _care(f"adjusted to {seats}", place, lambda world, key_id: world.adjust(key_id, seats))


_orders = st.builds(
    _order,
    st.sampled_from(IDS),
    st.lists(st.tuples(st.sampled_from((*SKUS, "")), st.integers(1, 3)), min_size=1, max_size=3),
    st.sampled_from([Mode.LIVE, Mode.LIVE, Mode.LIVE, Mode.TEST, Mode.OFF]),
)
_imports = st.builds(_imported, st.sampled_from(POOLS), st.integers(1, 6))
_publications = st.builds(
    _published, st.sampled_from(SKUS), st.sampled_from(CATALOGUES), st.sampled_from(["AUTO", "AUTO", "EXTERNAL", ""])
)
_buttons = st.builds(
    _pressed, st.sampled_from(["release", "quarantine", "clear", "clear", "close", "fill"]), st.sampled_from(IDS)
)
_corrections = st.builds(_retired, st.integers(0, 9), st.booleans()) | st.builds(
    _adjusted, st.integers(0, 9), st.integers(1, 8)
)

steps = st.one_of(_orders, _orders, _orders, _imports, _publications, _buttons, _corrections)
histories = st.lists(steps, min_size=6, max_size=40)


def start() -> World:
    """A small shop in which something can happen at once."""
    return World().product("A", CATALOGUES[0]).product("a", CATALOGUES[3]).keys(POOLS[0], 2, 2).keys(POOLS[1], 2)


def take(world: World, step: Placed | Did) -> Outcome | None:
    """Let one step happen; the outcome if it was an order."""
    if isinstance(step, Placed):
        return world.place(step.order, RULES[step.mode])
    step.act(world)
    return None


def play(history: list[Placed | Did], world: World | None = None) -> World:
    """The world after a history, a small shop at first."""
    world = world or start()
    for step in history:
        take(world, step)
    return world


def is_filled(outcome: Outcome | None) -> bool:
    """Whether the step was an order that holds its keys."""
    return outcome is not None and outcome.status is Status.FULFILLED
