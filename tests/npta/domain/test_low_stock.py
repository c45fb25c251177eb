"""Low stock is told once a pool, until it has been restocked or has recovered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import pytest

from npta.domain.alerts.stock_alerts import low_stock_alert
from npta.domain.reports.attention import attention
from npta.domain.reports.status import low_pools
from npta.domain.state.alert import AlertKind, read_alert
from npta.domain.state.outbox_rows import alert_pending
from npta.domain.state.times import Stamp
from npta.domain.stock.inventory import ENOUGH, key_inventory
from npta.domain.stock.low_stock import days_left, low_stock_facts
from npta.tables import KeyEvent, KeyLedger, Outbox, OutboxEvent
from tests.npta.domain.world import AT, LIVE, World, pool

CPT, EXAM = "NASM CPT combined", "NASM CPT exam"
TODAY = date.fromisoformat(AT[:10])


def told(world: World, *taken: str, restocked: Collection[str] = (), threshold: int = 5) -> list[Outbox]:
    """What a commit tells that took from some pools and restocked others; it is taken in at once."""
    facts = low_stock_facts(
        world.state, map(pool, taken), [pool(each) for each in restocked], threshold, stamp=Stamp(AT, "c")
    )
    seen = []
    for fact in facts:
        world.facts(fact)
        seen.append(fact)
    return seen


def events(facts: list[Outbox]) -> list[tuple[str, str]]:
    return [(fact.event, fact.about.removeprefix("CANADA ")) for fact in facts]


def assigned(world: World, key_id: str, seats: int, days_ago: int = 0, event: KeyEvent = KeyEvent.ASSIGNED) -> None:
    day = (TODAY - timedelta(days=days_ago)).isoformat()
    fact = KeyLedger(
        at=f"{day}T01:00:00Z",
        event=event,
        order_id="1",
        entitlement="NASM-CPT-FULL",
        key_id=key_id,
        keycode="k",
        seats=seats,
        commit="c",
    )
    world.facts(fact)


@pytest.mark.parametrize(("seats", "tells"), [(6, False), (5, False), (4, True), (0, True)])
def test_a_pool_is_told_of_when_it_has_fewer_free_seats_than_the_threshold(seats: int, tells: bool) -> None:
    world = World().keys(CPT, 10)
    assigned(world, "K1", 10 - seats)

    assert events(told(world, CPT)) == ([(OutboxEvent.DUE, CPT)] if tells else [])


def test_it_is_told_once_however_many_orders_follow() -> None:
    world = World().keys(CPT, 4)

    assert [events(told(world, CPT)) for _ in range(3)] == [[(OutboxEvent.DUE, CPT)], [], []]


def test_a_pool_that_was_told_of_as_low_is_not_told_of_as_empty_while_a_seat_is_left() -> None:
    world = World().keys(CPT, 2)
    told(world, CPT)

    assigned(world, "K1", 1)
    assert told(world, CPT) == []
    assigned(world, "K1", 1)
    (empty,) = told(world, CPT)
    assert empty.kind == AlertKind.OUT_OF_STOCK


def test_new_keys_end_it_also_if_the_pool_stays_low_and_the_next_order_tells_anew() -> None:
    world = World().keys(CPT, 2)
    told(world, CPT)

    world.keys(CPT, 1)
    assert events(told(world, restocked=[CPT])) == [(OutboxEvent.OVER, CPT)]
    assert events(told(world, CPT)) == [(OutboxEvent.DUE, CPT)]


def test_an_import_of_few_keys_is_no_alarm_by_itself() -> None:
    world = World().keys(CPT, 2)

    assert told(world, restocked=[CPT]) == []


def test_seats_that_come_back_end_it() -> None:
    world = World().keys(CPT, 5)
    assigned(world, "K1", 1)
    told(world, CPT)
    world.adjust("K1", 6)

    assert events(told(world, CPT)) == [(OutboxEvent.OVER, CPT)]


class TestOutOfStock:
    """Running out is told apart from running low, each once per restock."""

    def kinds(self, facts: list[Outbox]) -> list[str]:
        return [fact.kind if fact.event is OutboxEvent.DUE else fact.event for fact in facts]

    def test_it_is_told_although_low_stock_was_and_once(self) -> None:
        world = World().keys(CPT, 10)
        assigned(world, "K1", 7)
        assert self.kinds(told(world, CPT)) == [AlertKind.LOW_STOCK]
        assigned(world, "K1", 3)

        assert [self.kinds(told(world, CPT)) for _ in range(2)] == [[AlertKind.OUT_OF_STOCK], []]

    def test_one_order_that_takes_all_is_one_alert(self) -> None:
        world = World().keys(CPT, 10)
        assigned(world, "K1", 10)

        assert self.kinds(told(world, CPT)) == [AlertKind.OUT_OF_STOCK]

    def test_a_seat_that_comes_back_and_is_taken_again_tells_neither_anew(self) -> None:
        world = World().keys(CPT, 10)
        assigned(world, "K1", 10)
        told(world, CPT)
        assigned(world, "K1", 2, event=KeyEvent.RELEASED)
        assert self.kinds(told(world, CPT)) == []
        assigned(world, "K1", 2)

        assert self.kinds(told(world, CPT)) == []

    def test_after_a_restock_both_are_told_again(self) -> None:
        world = World().keys(CPT, 2)
        told(world, CPT)
        assigned(world, "K1", 2)
        told(world, CPT)
        world.keys(CPT, 2)

        assert self.kinds(told(world, restocked=[CPT])) == [OutboxEvent.OVER]
        assigned(world, "K2", 1)
        assert self.kinds(told(world, CPT)) == [AlertKind.LOW_STOCK]
        assigned(world, "K2", 1)
        assert self.kinds(told(world, CPT)) == [AlertKind.OUT_OF_STOCK]

    def test_a_commit_that_restocks_and_takes_everything_again_tells_it(self) -> None:
        """Import Keys that serves waiting orders."""
        world = World().keys(CPT, 1)
        assigned(world, "K1", 1)
        told(world, CPT)
        world.keys(CPT, 2)
        assigned(world, "K2", 2)

        assert self.kinds(told(world, CPT, restocked=[CPT])) == [OutboxEvent.OVER, AlertKind.OUT_OF_STOCK]

    def test_who_wants_no_alert_of_low_stock_is_told_that_there_is_none(self) -> None:
        world = World().keys(CPT, 1)
        assert told(world, CPT, threshold=0) == []
        assigned(world, "K1", 1)

        assert self.kinds(told(world, CPT, threshold=0)) == [AlertKind.OUT_OF_STOCK]

    @pytest.mark.parametrize(("seats", "threshold", "low"), [(1, 0, False), (0, 0, True), (4, 5, True), (5, 5, False)])
    def test_alert_status_attention_and_inventory_agree_on_what_is_low(
        self, seats: int, threshold: int, low: bool
    ) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, seats + 1)
        world.order("1", ("A", 1))
        assert bool(told(world, CPT, threshold=threshold)) is low
        assert bool(low_pools(world.state, threshold, AT)) is low
        assert ("low stock" in [row.what for row in attention(world.state, LIVE, threshold)]) is low
        assert [row.stock != ENOUGH for row in key_inventory(world.state, threshold)] == [low]

    def test_a_retired_key_that_leaves_nothing_is_told(self) -> None:
        world = World().keys(CPT, 6)
        world.retire("K1")

        assert self.kinds(told(world, CPT)) == [AlertKind.OUT_OF_STOCK]

    def test_what_was_told_before_it_had_a_kind_of_its_own_is_not_told_again(self) -> None:
        world = World().keys(CPT, 1)
        assigned(world, "K1", 1)
        alert = low_stock_alert(pool(CPT), 0, 5, None)._replace(kind=AlertKind.LOW_STOCK)
        world.facts(alert_pending(world.state, alert, stamp=Stamp(AT, "c")))

        assert told(world, CPT) == []


def test_several_pools_are_told_of_each_by_itself_with_ids_of_their_own() -> None:
    world = World().keys(CPT, 1).keys(EXAM, 1).keys("NCSF STS combined", 9)

    facts = told(world, EXAM, CPT, "NCSF STS combined")

    assert events(facts) == [(OutboxEvent.DUE, CPT), (OutboxEvent.DUE, EXAM)]
    assert len({fact.message_id for fact in facts}) == 2


def test_the_alert_names_pool_free_seats_threshold_and_how_long_the_rest_lasts() -> None:
    world = World().keys(CPT, 34)
    assigned(world, "K1", 15, days_ago=1)
    assigned(world, "K1", 15, days_ago=29)

    (fact,) = told(world, CPT)

    alert = read_alert(fact.kind, fact.about, fact.body)
    assert "CANADA NASM CPT combined, 4 seats free" in alert.text
    assert "4 days" in alert.text
    assert "Free: 4 seats (alert below 5)" in alert.lines


class TestDaysLeft:
    @pytest.mark.parametrize(
        ("used", "days"),
        [
            ([], None),
            ([(30, 0)], 70),
            ([(1, 29)], 99 * 30),
            ([(10, 0), (20, 29)], 70),
            ([(50, 30)], None),
            ([(50, 30), (5, 3)], 45 * 30 // 5),
            ([(100, 0)], 0),
        ],
    )
    def test_the_rest_lasts_as_it_went_in_the_last_30_days(self, used: list[tuple[int, int]], days: int | None) -> None:
        world = World().keys(CPT, 100)
        for seats, days_ago in used:
            assigned(world, "K1", seats, days_ago)

        assert days_left(world.state, pool(CPT), AT) == days
