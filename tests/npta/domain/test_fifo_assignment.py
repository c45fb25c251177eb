"""Rule 4: first in, first out, all or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from npta.domain.orders.fifo_assignment import AssignedSeats, Shortage, assign
from npta.domain.state.entitlements import Entitlement, Level, Pool
from npta.domain.state.receipts import Owed
from npta.domain.state.stock import StockKey
from tests.npta.domain.world import pool

CPT = Entitlement("NASM", "CPT", Level.FULL)
EXAM = Entitlement("NASM", "CPT", Level.EXAM)


def queue_of(*keys: StockKey) -> dict[Pool, list[StockKey]]:
    queues: dict[Pool, list[StockKey]] = {}
    for key in keys:
        queues.setdefault(key.pool, []).append(key)
    return queues


def key(name: str, seats: int, used: int = 0, where: str = "NASM CPT combined") -> StockKey:
    return StockKey(name, pool(where), f"code-of-{name}", seats, position=0, used=used)


def taken_from(owed: list[Owed], *keys: StockKey) -> list[tuple[str, int]]:
    taken, short = assign(owed, "CANADA", lambda where: queue_of(*keys).get(where, []))
    assert not short
    return [(each.key.key_id, each.seats) for each in taken]


def test_rule_4_the_oldest_key_is_used_until_its_last_seat() -> None:
    owed = [Owed("1", "CPTa", CPT, 3)]

    assert taken_from(owed, key("old", 2), key("young", 5)) == [("old", 2), ("young", 1)]


def test_a_key_without_a_free_seat_is_passed_over() -> None:
    assert taken_from([Owed("1", "CPTa", CPT, 1)], key("full", 2, used=2), key("open", 1)) == [("open", 1)]


def test_two_lines_that_need_one_pool_do_not_share_a_seat() -> None:
    owed = [Owed("1", "CPTa", CPT, 1), Owed("2", "NSTB", CPT, 1)]

    assert taken_from(owed, key("K1", 1), key("K2", 1)) == [("K1", 1), ("K2", 1)]


def test_rule_5_one_pool_short_means_that_nothing_is_taken_and_every_shortage_is_named() -> None:
    owed = [Owed("1", "CPTa", CPT, 1), Owed("1", "CPTa", EXAM, 2), Owed("2", "CPT", EXAM, 2)]
    queues = queue_of(key("K1", 9), key("E1", 3, where="NASM CPT exam"))

    taken, short = assign(owed, "CANADA", lambda where: queues.get(where, []))

    assert taken == []
    assert short == [Shortage(pool("NASM CPT exam"), needed=4, available=3)]


def test_a_pool_without_any_key_is_a_shortage() -> None:
    assert assign([Owed("1", "CPTa", CPT, 1)], "USA", lambda _: []) == (
        [],
        [Shortage(pool("NASM CPT combined", "USA"), 1, 0)],
    )


POOLS = (CPT, EXAM, Entitlement("NASM", "NSBK_CPT-CNC", Level.FULL))
stocks = st.lists(st.tuples(st.sampled_from(POOLS), st.integers(0, 4), st.integers(0, 4)), max_size=10)
wishes = st.lists(st.tuples(st.sampled_from(POOLS), st.integers(1, 6)), min_size=1, max_size=6)


@given(stocks, wishes)
def test_any_assignment_keeps_its_promises(
    stock: list[tuple[Entitlement, int, int]], wish: list[tuple[Entitlement, int]]
) -> None:
    keys = [
        StockKey(f"K{place}", each.pool("CANADA"), "code", seats, place, used=min(used, seats))
        for place, (each, seats, used) in enumerate(stock)
    ]
    queues = queue_of(*keys)
    owed = [Owed(str(place), "SKU", each, seats) for place, (each, seats) in enumerate(wish)]

    taken, short = assign(owed, "CANADA", lambda where: queues.get(where, []))

    free = {where: sum(each.free for each in line) for where, line in queues.items()}
    needed = Counter[Pool]()
    for each in owed:
        needed[each.entitlement.pool("CANADA")] += each.seats
    lacking = {where: count for where, count in needed.items() if count > free.get(where, 0)}
    assert {each.pool: (each.needed, each.available) for each in short} == {
        where: (count, free.get(where, 0)) for where, count in lacking.items()
    }, "every pool that falls short is named with what there is, and no other"
    if short:
        assert not taken, "all or nothing"
        return
    served = Counter[Owed]()
    used = Counter[str]()
    for each_taken in taken:
        assert each_taken.seats > 0
        assert each_taken.key.pool == each_taken.owed.entitlement.pool("CANADA")
        served[each_taken.owed] += each_taken.seats
        used[each_taken.key.key_id] += each_taken.seats
    assert served == Counter({each: each.seats for each in owed}), "exactly what is owed"
    for line in queues.values():
        left = [each.free - used[each.key_id] for each in line]
        assert min(left, default=0) >= 0, "no seat twice"
        begun = [place for place, each in enumerate(line) if used[each.key_id]]
        assert not any(left[: begun[-1]] if begun else []), "no younger key while an older one has a free seat"


def test_seats_that_were_chosen_of_a_key_are_gone_for_the_rest() -> None:
    chosen = [AssignedSeats(Owed("9", "CPTa", CPT, 1), key("K1", 2), 1)]
    queues = queue_of(key("K1", 2), key("K2", 5))

    taken, short = assign([Owed("1", "CPTa", CPT, 2)], "CANADA", lambda where: queues.get(where, []), chosen)

    assert not short
    assert [(seats.key.key_id, seats.owed.line_item_id, seats.seats) for seats in taken] == [
        ("K1", "9", 1),
        ("K1", "1", 1),
        ("K2", "1", 1),
    ]


def test_no_key_is_looked_at_behind_the_one_that_gives_the_last_seat() -> None:
    def queue(_: Pool) -> Iterator[StockKey]:
        yield key("K1", 1)
        yield key("K2", 1)
        raise AssertionError("there may be thousands behind it")

    taken, _ = assign([Owed("1", "CPTa", CPT, 2)], "CANADA", queue)

    assert [seats.key.key_id for seats in taken] == ["K1", "K2"]
