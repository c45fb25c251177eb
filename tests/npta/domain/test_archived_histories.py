"""Orders leave for an archive in the middle of random histories: everything goes on as if they had not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, TypeVar

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from npta.domain.orders.order_actions import mark_delivered, resend
from npta.domain.state import order_positions
from npta.domain.state.archivable_orders import ArchivingPolicy, FirstOrders, FirstSeats, choose_portion
from npta.domain.state.archive_index import ArchivedAt, ArchiveReadRequired
from npta.domain.state.archived_order import carried_rows, digest_of_all, read_archived
from npta.domain.state.order_changes import record_after
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.packed_orders import pack
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.domain.stock.inventory import key_inventory
from npta.errors import ConflictError, DamagedError
from npta.tables import ArchivedOrder, ArchiveIndex, ImportHistory, KeyLedger, LiveCatalogue, Orders
from sheets_schema import Ledger
from tests.npta.domain.histories import CATALOGUES, IDS, POOLS, Did, Placed, steps, take
from tests.npta.domain.world import World

R = TypeVar("R")


@dataclass
class Clocked(World):
    """A world in which a day passes with each step."""

    day: int = 0

    def stamp(self) -> Stamp:
        return Stamp(f"2026-{1 + self.day // 28:02}-{1 + self.day % 28:02}T10:00:00Z", f"c{self.day}")


LEDGERS = (ImportHistory, KeyLedger, Orders, LiveCatalogue, ArchiveIndex)
"""As processes read them: all that is new of one, then of the next."""


@dataclass
class Sheet(Clocked):
    """A world whose first orders leave for an archive."""

    gone: dict[type[Ledger], int] = field(default_factory=dict)
    openings: dict[type[Ledger], Sequence[Any]] = field(default_factory=dict)
    portions: list[list[ArchivedOrder]] = field(default_factory=list)
    unconfirmed: bool = False
    """Whether orders leave although nobody has confirmed their mail."""
    came_back_unchanged: bool = False
    """Whether an order came back with something else that changed, and is listed since."""

    def rows(self, ledger: type[Ledger]) -> list[Any]:
        """The ledger's rows that are in the sheet."""
        return [row for row in self.history if type(row) is ledger][self.gone.get(ledger, 0) :]

    def archive(self, age: int) -> int:
        """Let orders leave that are so many days old; how many did."""
        policy = ArchivingPolicy(Clocked(day=max(0, self.day - age)).stamp().at, unconfirmed=self.unconfirmed)
        orders, seats = self.rows(Orders), self.rows(KeyLedger)
        chosen = choose_portion(
            self.state,
            FirstOrders(self.openings.get(Orders, ()), self.gone.get(Orders, 0), orders),
            FirstSeats(self.openings.get(KeyLedger, ()), self.gone.get(KeyLedger, 0), seats),
            policy,
            2,
        )
        if not chosen:
            return 0
        assert chosen.still_may(self.state, policy)
        self.portions.append(chosen.rows)
        ids = sorted(int(order.row.order_id) for order in chosen.orders)
        self.facts(
            ArchiveIndex(
                at=self.stamp().at,
                archive="archive",
                tab=str(len(self.portions)),
                orders=len(ids),
                rows=len(chosen.rows),
                lowest=str(ids[0]),
                highest=str(ids[-1]),
                packed=pack([order.entry for order in chosen.orders]),
                digest=digest_of_all(chosen.rows),
                commit=self.stamp().commit,
            )
        )
        self.gone[Orders] = self.gone.get(Orders, 0) + chosen.order_rows
        self.gone[KeyLedger] = self.gone.get(KeyLedger, 0) + chosen.seat_rows
        self.openings |= {Orders: chosen.orders_opening, KeyLedger: chosen.seats_opening}
        return len(ids)

    def cold(self) -> State:
        """What a process knows that reads the sheet from the beginning."""
        state = State()
        for ledger in LEDGERS:
            for row in (*self.openings.get(ledger, ()), *self.rows(ledger)):
                state.apply(row)
        return state

    def start_anew(self) -> None:
        """Forget all but what stands in the sheet."""
        self.state = self.cold()

    def carried(self, at: ArchivedAt) -> list[Ledger]:
        """The rows with which an order comes back."""
        stored = read_archived(self.portions[at.portion.number - 1][at.row - 1], at)
        record = reduce(record_after, stored.plain_rows, OrderRecord(at.order.order_id))
        return carried_rows(stored, at, record, stamp=self.stamp())

    def shown(self) -> State:
        """The state with every archived order shown in it, as to somebody who only asks."""
        state = self.state.fork()
        for order_id in IDS:
            if at := state.archived(order_id):
                for row in self.carried(at):
                    state.apply(row)
        return state

    def with_archived(self, step: Callable[[], R], order_ids: Iterable[str]) -> R:
        """Do something; what it needs of archives comes back first, if anything is staged after that."""
        before, length = self.state, len(self.history)
        positions = [at for order_id in order_ids if (at := before.archived(order_id))]
        while True:
            self.state = before.fork()
            del self.history[length:]
            for at in positions:
                self.facts(*self.carried(at))
            came_back = len(self.history)
            try:
                result = step()
            except ArchiveReadRequired as needed:
                positions += needed.positions
                continue
            if len(self.history) == came_back and positions:
                self.state = before
                del self.history[length:]
            else:
                ids = {getattr(row, "order_id", "") for row in self.history[came_back:]}
                self.came_back_unchanged |= any(at.order.order_id not in ids for at in positions)
            return result


@pytest.fixture(autouse=True)
def _short_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_positions, "LISTED", 1)


def delivered(order_id: str) -> Did:
    def act(world: World) -> None:
        with suppress(ConflictError, KeyError):
            world.press(mark_delivered, order_id, message_id="m")

    return Did(f"delivered {order_id}", act)


def settled(order_id: str, sku: str) -> Did:
    """An order that is filled and mailed."""

    def act(world: World) -> None:
        world.order(order_id, (sku, 1))
        delivered(order_id).act(world)

    return Did(f"settled {order_id}", act)


def mailed_again(order_id: str, *, noted: bool) -> Did:
    def act(world: World) -> None:
        with suppress(ConflictError, KeyError):
            world.press(resend, order_id, noted=noted)

    return Did(f"resent {order_id}", act)


def restocked(pool: str) -> Did:
    return Did(f"imported {pool}", lambda world: world.keys(pool, 4))


def leave(age: int, *, anew: bool) -> Did:
    def act(world: World) -> None:
        if isinstance(world, Sheet):
            if world.archive(age):
                event("orders left")
            if anew:
                world.start_anew()

    return Did(f"left {age} {anew}", act)


_steps = st.one_of(
    steps,
    st.builds(delivered, st.sampled_from(IDS)),
    st.builds(leave, st.integers(0, 4), anew=st.booleans()),
    st.builds(leave, st.just(0), anew=st.booleans()),
    st.builds(settled, st.sampled_from(IDS), st.sampled_from(("A", "a"))),
    st.builds(settled, st.sampled_from(IDS), st.just("A")),
    st.builds(restocked, st.sampled_from(POOLS)),
)


def about(step: Placed | Did) -> Iterator[str]:
    """The order that a step is about."""
    if isinstance(step, Placed):
        yield step.order.order_id
    elif step.told.split()[-1] in IDS and step.told.split()[0] not in ("imported", "retired", "adjusted", "published"):
        yield step.told.split()[-1]


def what_people_see(state: State, shown: State, names: Sequence[str]) -> dict[str, Any]:
    """All that anybody asks a state, and what these orders are as they are `shown` to somebody who asks for them."""
    return {
        "seats": {key.key_id: (key.seats, key.used, key.free, key.retired) for key in state.keys.values()},
        "pools": dict(state.pools.items()),
        "inventory": key_inventory(state, 2),
        "waiting": [record.order_id for record in state.waiting_orders()],
        "by hand": [record.order_id for record in state.by_hand_orders()],
        "to give back": [record.order_id for record in state.orders_to_give_back()],
        "unconfirmed": [(position, record.order_id) for position, record in state.undelivered()],
        "debts": {pool: seats for pool, seats in state.debts.items() if seats},
        "failures": state.failures_in_a_row.value,
        "arrived": (state.arrived.value, [state.has_arrived(name) for name in names]),
        "list": [state.orders[state.listed[place]] for place in range(state.list_length.value)],
        "records": {name: shown.orders.get(name) for name in names},
        "held": {name: shown.holdings.get(name, ()) for name in names},
        "retired": {name: shown.retired_keys(name) for name in names},
    }


def played_in_both(
    history: list[Placed | Did], kept: Clocked, sheet: Sheet
) -> Iterator[tuple[Placed | Did, dict[str, Any], dict[str, Any]]]:
    """Play a history in a world in which nothing leaves, and in one with a sheet and an archive.

    After each step, what people see in the first and in the second one.
    """
    for world in (kept, sheet):
        world.product("A", CATALOGUES[0]).product("a", CATALOGUES[3]).keys(POOLS[0], 2, 2).keys(POOLS[1], 2)
    for step in history:
        kept.day += 1
        sheet.day += 1
        result = sheet.with_archived(lambda: take(sheet, step), about(step))  # noqa: B023 — called at once
        assert result == take(kept, step)
        expected = what_people_see(kept.state, kept.state, IDS)
        found = what_people_see(sheet.state, sheet.shown(), IDS)
        if sheet.came_back_unchanged:
            del expected["list"], found["list"]
        yield step, expected, found


@settings(max_examples=200, deadline=None)
@given(st.lists(_steps, min_size=10, max_size=60))
def test_every_step_comes_to_the_same_as_without_an_archive(history: list[Placed | Did]) -> None:
    kept, sheet = Clocked(), Sheet()
    for step, expected, found in played_in_both(history, kept, sheet):
        assert found == expected, step


_LOOK = Did("looked", lambda _: None)
"""All processes know the same then, whatever each has seen of it before."""


def filled(order_id: str) -> Did:
    return Did(f"filled {order_id}", lambda world: world.order(order_id, ("A", 1)))


_quiet_steps = st.one_of(
    _steps,
    st.builds(filled, st.sampled_from(IDS)),
    st.builds(mailed_again, st.sampled_from(IDS), noted=st.booleans()),
    st.builds(leave, st.just(0), anew=st.booleans()),
    st.just(_LOOK),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(_quiet_steps, min_size=10, max_size=60))
def test_so_it_does_where_nobody_confirms_mails_and_who_left_waits_for_none(history: list[Placed | Did]) -> None:
    kept, sheet, follower, seen = Clocked(), Sheet(unconfirmed=True), State(), 0
    for step, expected, found in played_in_both(history, kept, sheet):
        del expected["unconfirmed"]
        waiting = {record.order_id for _, record in kept.state.undelivered()}
        there = [order_id for _, order_id in found.pop("unconfirmed")]
        assert set(there) == {order_id for order_id in waiting if not sheet.state.has_left(order_id)}
        assert len(there) == sheet.state.mails.size
        assert found == expected, step
        if step is _LOOK:
            for ledger in LEDGERS:
                for row in sheet.history[seen:]:
                    if type(row) is ledger:
                        follower.apply(row)
            seen = len(sheet.history)
            seen_by_all = what_people_see(sheet.state, sheet.state, ())
            assert what_people_see(follower, follower, ()) == seen_by_all
            cold = sheet.cold()
            assert what_people_see(cold, cold, ()) == seen_by_all


def test_an_order_of_which_nothing_can_be_known_is_not_taken_for_a_new_one() -> None:
    sheet = Sheet()
    sheet.product("A", CATALOGUES[0]).keys(POOLS[0], 5)
    for order_id in ("1", "2", "3"):
        sheet.day += 1
        sheet.order(order_id, ("A", 1))
        sheet.press(mark_delivered, order_id, message_id="m")
    assert sheet.archive(0)
    sheet.history = [row for row in sheet.history if not isinstance(row, ArchiveIndex)]
    sheet.start_anew()

    for order_id in ("1", "99"):
        with pytest.raises(DamagedError, match="NPTA_ARCHIVES"):
            sheet.state.order_id(order_id)
    assert sheet.state.orders["3"]
