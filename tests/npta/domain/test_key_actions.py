"""A dead key is retired for good, its holders are given another, and a wrong number of seats is corrected."""

from __future__ import annotations

import pytest

from npta.domain.catalogue.availability import available
from npta.domain.orders.release_keys import quarantined_seats
from npta.domain.state.order_record import Status
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.domain.stock.inventory import key_inventory
from npta.domain.stock.key_actions import adjust, holders, replace, retire
from npta.errors import ConflictError
from npta.settings import ReleasePolicy
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders
from tests.npta.domain.test_archived_histories import Clocked
from tests.npta.domain.world import AT, World, pool

CPT = "NASM CPT combined"


def shop(*seats: int) -> World:
    """Keys of one pool, and a product that takes one seat of it."""
    return World().product("A", "NASM-CPT-FULL").keys(CPT, *seats)


def stock(world: World) -> tuple[int, int, int, int]:
    """Total, used, quarantined and available of the only pool; the three always make up the total."""
    (row,) = key_inventory(world.state)
    assert row.total == row.used + row.quarantined + row.available
    return row.total, row.used, row.quarantined, row.available


def retired_row(seats: int, order_id: str = "") -> KeyLedger:
    """A row as yesterday's code wrote it."""
    return KeyLedger(
        at=AT, event=KeyEvent.RETIRED, order_id=order_id, key_id="K1", keycode="code-of-K1", seats=seats, commit="c"
    )


class TestRetire:
    def test_its_free_seats_leave_stock_and_its_holders_keep_what_they_have(self) -> None:
        world = shop(3, 3)
        world.order("1", ("A", 2))

        world.retire("K1")

        assert stock(world) == (6, 2, 1, 3)
        assert world.held("1") == [("K1", 2)]
        assert world.order("2", ("A", 1)).status is Status.FULFILLED
        assert world.held("2") == [("K2", 1)]

    @pytest.mark.parametrize("taken", [0, 1, 3], ids=["no seat", "one seat", "every seat"])
    def test_it_is_one_row_without_an_order_however_many_seats_are_taken(self, taken: int) -> None:
        world = shop(3)
        if taken:
            world.order("1", ("A", taken))

        (fact,) = retire(world.state.keys["K1"], stamp=Stamp(AT, "c7"))

        assert isinstance(fact, KeyLedger)
        assert (fact.event, fact.order_id, fact.key_id, fact.seats, fact.commit) == (
            "RETIRED",
            "",
            "K1",
            3 - taken,
            "c7",
        )

    def test_the_second_time_there_is_nothing_to_write(self) -> None:
        world = shop(3).retire("K1")

        assert retire(world.state.keys["K1"], stamp=Stamp(AT, "c")) == []

    @pytest.mark.parametrize("taken", [1, 3], ids=["some seats taken", "all seats taken"])
    @pytest.mark.parametrize("quarantine", [False, True], ids=["requeue", "quarantine"])
    def test_what_an_order_gives_back_is_never_sold_again(self, taken: int, quarantine: bool) -> None:
        world = shop(3)
        world.order("1", ("A", taken))

        world.retire("K1").release("1", quarantine=quarantine)

        assert stock(world) == (3, 0, 3, 0)
        assert world.order("2", ("A", 1)).status is Status.FAILED
        assert available(world.state.products["A"], world.state, "CANADA") == 0

    def test_one_line_given_back_rests_too_and_so_does_what_a_growth_gives_back_later(self) -> None:
        world = shop(2, 2)
        world.order("1", ("A", 1))
        world.retire("K1").order("1", ("A", 3))
        assert world.held("1") == [("K1", 1), ("K2", 2)]

        world.release("1")

        assert stock(world) == (4, 0, 2, 2)
        assert world.clear("1").order("1", ("A", 2)).status is Status.FULFILLED
        assert world.held("1") == [("K2", 2)]

    def test_seats_that_rested_before_and_those_that_come_back_later_all_rest(self) -> None:
        world = shop(3)
        world.order("1", ("A", 1))
        world.order("2", ("A", 1))
        world.release("1", quarantine=True)
        assert stock(world) == (3, 1, 1, 1)

        world.retire("K1")
        assert stock(world) == (3, 1, 2, 0)
        world.release("2", quarantine=True)

        assert stock(world) == (3, 0, 3, 0)

    def test_orders_that_wait_are_not_opened_by_what_it_gives_back(self) -> None:
        world = shop(2)
        world.order("1", ("A", 2))
        world.order("2", ("A", 1))

        world.retire("K1").release("1")

        assert world.reopen() == []
        assert world.keys(CPT, 1).reopen() == ["2"]

    def test_a_clear_forgets_an_answer_and_gives_the_same_key_again_to_the_order_that_holds_it(self) -> None:
        world = shop(2, 2)
        world.order("1", ("A", 1))

        world.retire("K1").clear("1")

        assert world.order("1", ("A", 1)).status is Status.FULFILLED
        assert world.held("1") == [("K1", 1)]

    def test_the_queue_begins_at_the_next_key_and_stays_there(self) -> None:
        world = shop(2, 2, 2)
        world.order("1", ("A", 2))
        world.order("2", ("A", 1))

        world.retire("K1").release("1")

        assert next(each for each in world.state.queue(pool(CPT)) if each.free).key_id == "K2"
        assert [world.order(each, ("A", 1)).status for each in ("3", "4")] == [Status.FULFILLED] * 2
        assert (world.held("3"), world.held("4")) == ([("K2", 1)], [("K3", 1)])

    def test_a_whole_pool_of_retired_keys_is_empty(self) -> None:
        world = shop(2, 2).retire("K2").retire("K1")

        assert [each for each in world.state.queue(pool(CPT)) if each.free] == []
        assert world.order("1", ("A", 1)).problems[0].available == 0

    def test_the_order_that_holds_it_is_known_by_it_until_it_is_given_back(self) -> None:
        world = shop(2, 2)
        world.order("1", ("A", 3))

        world.retire("K1")
        assert world.state.retired_keys("1") == ("K1",)
        assert world.answer("1").retired_keys == ("K1",)
        world.release("1")

        assert world.state.retired_keys("1") == ()


class TestYesterdaysRows:
    def test_a_row_without_an_order_retired_the_key(self) -> None:
        world = shop(3)
        world.order("1", ("A", 2))

        world.facts(retired_row(1)).release("1")

        assert stock(world) == (3, 0, 3, 0)

    def test_a_row_with_an_order_rested_the_seats_that_it_gave_back_and_no_others(self) -> None:
        world = shop(3)
        world.order("1", ("A", 1))

        world.release("1", quarantine=True)

        assert stock(world) == (3, 0, 1, 2)
        assert not world.state.keys["K1"].retired

    def test_such_rows_add_up(self) -> None:
        world = shop(4)
        world.order("1", ("A", 1))
        world.order("2", ("A", 2))

        world.release("1", quarantine=True).release("2", quarantine=True)

        assert stock(world) == (4, 0, 3, 1)

    def test_the_rows_that_replace_wrote_for_every_holder_besides_count_no_seat_twice(self) -> None:
        world = shop(3, 3)
        world.order("1", ("A", 2))

        world.facts(retired_row(1))
        world.facts(world.history[-3].model_copy(update={"event": KeyEvent.RELEASED}))
        world.facts(retired_row(2, "1"))

        assert stock(world) == (6, 0, 3, 3)

    def test_a_seat_that_was_sold_all_the_same_is_used_and_the_rest_still_rests(self) -> None:
        world = shop(3).facts(retired_row(3))

        sold = retired_row(1, "9").model_copy(update={"event": KeyEvent.ASSIGNED, "entitlement": "NASM-CPT-FULL"})
        world.facts(sold)

        assert stock(world) == (3, 1, 2, 0)


class TestReplace:
    def test_every_holder_gets_another_in_the_order_of_the_queue_and_a_mail_is_due(self) -> None:
        world = shop(3, 1, 5)
        world.order("1", ("A", 2))
        world.order("2", ("A", 1))
        world.event("1", OrderEvent.DELIVERED)

        world.retire("K1", with_others=True)

        assert world.held("1") == [("K2", 1), ("K3", 1)]
        assert world.held("2") == [("K3", 1)]
        assert [world.state.orders[each].delivered for each in ("1", "2")] == [False, False]
        assert stock(world) == (9, 3, 3, 3)
        assert world.answer("1").success

    def test_each_order_is_told_once_why_its_mail_goes_out_again(self) -> None:
        world = World().product("A", "NASM-CPT-FULL,NASM-CPT-FULL").keys(CPT, 4, 4)
        world.order("1", ("A", 1), ("A", 1))
        world.retire("K1")

        facts = replace(world.state, world.state.keys["K1"], stamp=Stamp(AT, "c"))

        resent = [fact for fact in facts if isinstance(fact, Orders)]
        assert [(fact.order_id, fact.event, fact.reason) for fact in resent] == [("1", "RESEND", "key K1 was replaced")]

    def test_it_works_as_well_long_after_the_key_was_retired(self) -> None:
        world = shop(2)
        world.order("1", ("A", 2))
        world.retire("K1").keys(CPT, 3)

        world.retire("K1", with_others=True)

        assert world.held("1") == [("K2", 2)]
        assert stock(world) == (5, 2, 2, 1)

    def test_with_one_seat_too_few_nobody_gets_any(self) -> None:
        world = shop(3, 2)
        world.order("1", ("A", 3))
        world.retire("K1")

        with pytest.raises(ConflictError, match=r"need 3 seats of pool .* and 2 are free") as refused:
            replace(world.state, world.state.keys["K1"], stamp=Stamp(AT, "c"))

        assert "code-of-" not in str(refused.value)

    def test_orders_that_hold_other_keys_are_left_alone(self) -> None:
        world = shop(1, 3)
        world.order("1", ("A", 2))

        world.retire("K1", with_others=True)

        assert world.held("1") == [("K2", 1), ("K2", 1)]
        assert [each.order_id for each in holders(world.state, world.state.keys["K2"])] == ["1", "1"]
        assert holders(world.state, world.state.keys["K1"]) == []

    def test_an_order_whose_rows_cannot_be_read_gets_one_of_the_pool_of_the_dead_key(self) -> None:
        world = shop(2, 5)
        world.order("1", ("A", 1))
        world.order("2", ("A", 1))
        world.state.orders["1"] = world.state.orders["1"]._replace(filled="{")

        world.retire("K1", with_others=True)

        assert [world.held(order_id) for order_id in "12"] == [[("K2", 1)]] * 2

    def test_who_was_seen_first_is_named_first_and_gets_the_older_key(self) -> None:
        world = Clocked()
        world.product("A", "NASM-CPT-FULL").order("1", ("A", 1))
        world.day = 1
        world.keys(CPT, 2, 1, 1)
        world.order("2", ("A", 1))
        world.day = 2
        world.clear("1").order("1", ("A", 1))

        assert [holder.order_id for holder in holders(world.state, world.state.keys["K1"])] == ["1", "2"]
        world.retire("K1", with_others=True)
        assert [world.held(order_id) for order_id in "12"] == [[("K2", 1)], [("K3", 1)]]

    def test_what_the_replaced_order_gives_back_is_for_sale_and_the_dead_key_is_not(self) -> None:
        world = shop(2, 2)
        world.order("1", ("A", 2))

        world.retire("K1", with_others=True).release("1")

        assert stock(world) == (4, 0, 2, 2)
        world.order("2", ("A", 1))
        assert world.held("2") == [("K2", 1)]


class TestAdjust:
    def test_a_retired_key_is_corrected_and_nothing_of_it_is_for_sale(self) -> None:
        world = shop(3)
        world.order("1", ("A", 2))

        world.retire("K1").adjust("K1", 9)

        assert stock(world) == (9, 2, 7, 0)
        assert world.order("2", ("A", 1)).status is Status.FAILED
        assert world.release("1").reopen() == []

    def test_a_retired_key_cannot_have_fewer_seats_than_are_held(self) -> None:
        world = shop(3)
        world.order("1", ("A", 2))
        world.retire("K1")

        with pytest.raises(ConflictError, match="2 are taken"):
            world.adjust("K1", 1)
        world.adjust("K1", 2)

        assert stock(world) == (2, 2, 0, 0)

    def test_adjusted_up_and_retired_afterwards_it_rests_as_well(self) -> None:
        world = shop(1)
        world.order("1", ("A", 1))

        world.adjust("K1", 5).retire("K1").release("1")

        assert stock(world) == (5, 0, 5, 0)

    @pytest.mark.parametrize(("used", "resting"), [(2, 0), (1, 1), (0, 2)], ids=["used", "both", "quarantined"])
    def test_used_and_quarantined_seats_are_the_fewest_that_a_key_can_have(self, used: int, resting: int) -> None:
        world = shop(4)
        if resting:
            world.order("1", ("A", resting))
            world.release("1", quarantine=True)
        if used:
            world.order("2", ("A", used))

        with pytest.raises(ConflictError, match="cannot have 1 seat: 2 are taken"):
            world.adjust("K1", 1)
        world.adjust("K1", 2)

        assert stock(world) == (2, used, resting, 0)

    def test_the_number_that_it_has_changes_nothing(self) -> None:
        assert adjust(shop(3).state.keys["K1"], 3, stamp=Stamp(AT, "c")) == []


def test_a_release_tells_how_many_of_its_seats_rest() -> None:
    world = shop(2, 2)
    world.order("1", ("A", 3))
    held = world.state.holdings["1"]

    assert quarantined_seats(world.state, held, ReleasePolicy.REQUEUE) == 0
    assert quarantined_seats(world.state, held, ReleasePolicy.QUARANTINE) == 3
    world.retire("K1")
    assert quarantined_seats(world.state, held, ReleasePolicy.REQUEUE) == 2


def test_retired_is_read_back_from_the_ledger_alone() -> None:
    world = shop(2, 2)
    world.order("1", ("A", 2))
    world.retire("K1").adjust("K1", 7).release("1")

    again = State()
    for row in world.history:
        again.apply(row)

    assert again.keys["K1"].retired
    assert key_inventory(again) == key_inventory(world.state)
