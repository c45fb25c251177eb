"""What an order gives back, from the facts alone: all of it, a line, some units of a line."""

from __future__ import annotations

import pytest

from npta.domain.orders.ledger_rows import order_event
from npta.domain.orders.release_keys import Release, release
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import Order, OrderLine, read_receipt, write_receipt
from npta.domain.state.times import Stamp
from npta.errors import BadRequestError, ConflictError
from npta.settings import ReleasePolicy
from npta.tables import OrderEvent, Orders
from tests.npta.domain.world import AT, World, order_of

CPT, EXAM, CNC = "NASM CPT combined", "NASM CPT exam", "NASM CNC combined"


def shop(*seats: int) -> World:
    """`TWO` takes two seats of one pool and one of another."""
    world = World().keys(CPT, *(seats or (3, 9))).keys(EXAM, 9).keys(CNC, 9)
    world.product("CPTa", "NASM-CPT-FULL").product("CNC", "NASM-CNC-FULL")
    return world.product("TWO", "NASM-CPT-FULL,NASM-CPT-FULL,NASM-CPT-EXAM")


def give_back(world: World, order_id: str = "1", line: str = "", units: int | None = None) -> Release:
    """Press Release Keys and take the facts in."""
    record = world.state.orders[order_id]
    policy = ReleasePolicy.REQUEUE
    given = release(world.state, record, line_item_id=line, units=units, policy=policy, stamp=Stamp(AT, "c"))
    world.facts(*given.facts)
    return given


def seats(given: Release) -> list[tuple[str, str, int]]:
    return [(key.key_id, key.entitlement, key.seats) for key in given.keys]


def test_a_line_given_back_of_an_order_that_waits_for_another_is_as_long_as_it_was() -> None:
    world = shop()
    world.order("1", ("CPTa", 2))
    world.order("1", ("CPTa", 2), ("CNC", 20), ("TWO", 1))
    world.clear("1")
    give_back(world, line="1")

    receipt = read_receipt(next(fact for fact in reversed(world.history) if isinstance(fact, Orders)).lines)
    assert [(line.line_item_id, line.quantity) for line in receipt.lines] == [("1", 2)]


class TestUnits:
    def test_a_unit_is_one_seat_of_each_entitlement_as_often_as_it_stands_there_last_assigned_first(self) -> None:
        world = shop()
        world.order("1", ("TWO", 3))
        assert world.held("1") == [("K1", 3), ("K2", 3), ("K3", 3)]

        assert seats(give_back(world, line="1", units=1)) == [("K2", "NASM-CPT-FULL", 2), ("K3", "NASM-CPT-EXAM", 1)]
        assert seats(give_back(world, line="1", units=1)) == [
            ("K1", "NASM-CPT-FULL", 1),
            ("K2", "NASM-CPT-FULL", 1),
            ("K3", "NASM-CPT-EXAM", 1),
        ]
        assert world.held("1") == [("K1", 2), ("K3", 1)]

    def test_the_rest_is_answered_and_nothing_is_filled_up_again(self) -> None:
        world = shop()
        world.order("1", ("TWO", 3))
        give_back(world, line="1", units=2)

        again = world.order("1", ("TWO", 3))
        answer = world.answer("1", again)

        assert (again.status, again.replayed, again.facts) == (Status.FULFILLED, True, ())
        assert (answer.keys_count, answer.keys_expected, answer.success) == (3, 3, True)
        world.clear("1")
        assert [fact for fact in world.order("1", ("TWO", 3)).facts if hasattr(fact, "seats")] == []
        assert world.reopen() == []

    def test_the_last_units_close_the_order(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 2))
        give_back(world, line="1", units=1)
        give_back(world, line="1", units=1)

        assert world.order("1", ("CPTa", 2)).status is Status.RELEASED
        assert world.held("1") == []

    def test_a_line_that_grew_gives_back_the_units_that_were_added_first(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))
        world.product("CPTa", "NASM-CNC-FULL")
        world.order("1", ("CPTa", 3))
        assert world.held("1") == [("K1", 1), ("K4", 2)]

        assert seats(give_back(world, line="1", units=1)) == [("K4", "NASM-CNC-FULL", 1)]
        assert seats(give_back(world, line="1", units=2)) == [
            ("K1", "NASM-CPT-FULL", 1),
            ("K4", "NASM-CNC-FULL", 1),
        ]

    def test_of_a_key_that_was_given_twice_no_more_seats_go_back_than_units(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))
        world.order("1", ("CPTa", 3))
        assert world.held("1") == [("K1", 1), ("K1", 2)]

        give_back(world, line="1", units=2)
        assert world.held("1") == [("K1", 1)]

    def test_an_order_that_gave_back_units_may_still_grow(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 2))
        give_back(world, line="1", units=1)

        world.order("1", ("CPTa", 4))

        assert world.answer("1").keys_count == world.answer("1").keys_expected == 3
        assert give_back(world, line="1", units=3).seats == 3

    def test_whole_lines_go_back_besides(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 2), ("CNC", 2))
        give_back(world, line="1", units=1)

        assert seats(give_back(world, line="2")) == [("K4", "NASM-CNC-FULL", 2)]
        assert give_back(world).seats == 1

    @pytest.mark.parametrize(
        ("line", "units", "field"), [("1", 3, "quantity"), ("1", 1000, "quantity"), ("", 1, "quantity")]
    )
    def test_more_than_is_held_or_of_no_line_is_refused_by_name(self, line: str, units: int, field: str) -> None:
        world = shop()
        world.order("1", ("CPTa", 2), ("CNC", 1))

        with pytest.raises(BadRequestError) as refused:
            give_back(world, line=line, units=units)

        assert refused.value.field == field
        assert "othing was released" in refused.value.message
        assert world.answer("1").keys_count == 3


class TestLines:
    def test_a_line_gives_back_once(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 2), ("CNC", 1))
        assert give_back(world, line="1").seats == 2

        assert give_back(world, line="1") == Release()
        assert give_back(world, line="1", units=1) == Release()
        give_back(world)
        assert give_back(world, line="2") == Release()
        assert give_back(world, line="1") == Release()

    def test_a_line_that_the_order_never_had_is_refused_with_those_that_it_has(self) -> None:
        world = shop()
        world.place(Order("1", (OrderLine("811", "CPTa", 2), OrderLine("", "CNC", 1)), "CANADA", "a@b.example"))

        with pytest.raises(BadRequestError) as refused:
            give_back(world, line="2")

        assert "has no line 2; its lines are: 811 (CPTa × 2), #2 (CNC × 1)" in refused.value.message

    def test_a_position_is_never_taken_for_the_id_of_another_line(self) -> None:
        world = shop()
        world.place(Order("1", (OrderLine("2", "CPTa", 1), OrderLine("", "CNC", 1)), "CANADA", "a@b.example"))

        assert seats(give_back(world, line="2")) == [("K1", "NASM-CPT-FULL", 1)]
        assert seats(give_back(world, line="#2")) == [("K4", "NASM-CNC-FULL", 1)]

    def test_nor_when_the_order_grows_and_its_ids_are_sent_only_then(self) -> None:
        world = shop()
        world.place(Order("1", (OrderLine("", "CPTa", 1),), "CANADA", "a@b.example"))
        world.place(Order("1", (OrderLine("#1", "CNC", 1), OrderLine("1", "CPTa", 1)), "CANADA", "a@b.example"))

        assert seats(give_back(world, line="#1")) == [("K1", "NASM-CPT-FULL", 1)]
        assert world.held("1") == [("K4", 1)]

    def test_where_an_earlier_version_noted_two_lines_under_one_name_neither_is_given_back(self) -> None:
        world = shop()
        outcome = world.place(
            Order("1", (OrderLine("2", "CPTa", 1), OrderLine("3", "CNC", 1)), "CANADA", "a@b.example")
        )
        old = outcome.facts[-1]
        assert isinstance(old, Orders)
        receipt = read_receipt(old.lines)
        lines = tuple(line._replace(line_item_id="2") for line in receipt.lines)
        owed = tuple(each._replace(line_item_id="2") for each in receipt.owed)
        yesterday = World().facts(*world.history[:-3])
        for fact in outcome.facts[:-1]:
            yesterday.facts(fact.model_copy(update={"line_item_id": "2"}))
        yesterday.facts(old.model_copy(update={"lines": write_receipt(receipt._replace(lines=lines, owed=owed))}))

        with pytest.raises(BadRequestError, match=r"several lines of the order 1 are called 2 \(CNC, CPTa\)"):
            give_back(yesterday, line="2")
        assert give_back(yesterday).seats == 2

    def test_a_line_that_still_waits_is_not_said_to_be_given_back(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))
        world.place(order_of("1", ("CPTa", 1), ("CNC", 99)))

        with pytest.raises(ConflictError, match="The line 2 of the order 1 holds no keys yet"):
            give_back(world, line="2")

    @pytest.mark.parametrize("line", ["", "1"])
    def test_the_only_line_that_an_order_waits_for_is_all_of_it(self, line: str) -> None:
        """Released, cleared by mistake, released again by the same line: a late replay serves nobody."""
        world = shop()
        world.product("HAND", "", "EXTERNAL")
        world.order("1", ("CPTa", 1), ("HAND", 1))
        give_back(world, line="1")
        world.clear("1")

        assert give_back(world, line=line).seats == 0
        assert world.order("1", ("CPTa", 1), ("HAND", 1)).status is Status.RELEASED

        world.order("2", ("CPTa", 99))
        assert give_back(world, "2", line=line).seats == 0
        assert world.order("2", ("CPTa", 99)).status is Status.RELEASED

    def test_units_of_a_line_that_waits_are_not(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 99))

        with pytest.raises(ConflictError, match="holds no keys yet"):
            give_back(world, line="1", units=98)

    def test_an_order_whose_answer_was_cleared_can_be_released_again(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))
        give_back(world)
        world.clear("1")

        assert give_back(world).seats == 0
        assert world.order("1", ("CPTa", 1)).status is Status.RELEASED


class TestALineThatWaitsForMore:
    """A line was filled and has grown, and what was added is out of stock."""

    def grown(self, *others: tuple[str, int]) -> World:
        world = shop()
        world.order("1", ("CPTa", 2), *others)
        assert world.order("1", ("CPTa", 99), *others).status is Status.FAILED
        return world

    def test_given_back_whole_it_waits_for_nothing_and_the_rest_is_as_it_was(self) -> None:
        world = self.grown(("CNC", 1))

        assert give_back(world, line="1").seats == 2

        record = world.state.orders["1"]
        assert (record.status, record.waits, dict(record.debt())) == (Status.FULFILLED, False, {})
        world.keys(CPT, 99)
        assert world.reopen() == []
        for lines in [("CPTa", 99), ("CPTa", 2)]:
            again = world.order("1", lines, ("CNC", 1))
            assert (again.status, again.facts) == (Status.FULFILLED, ())
        world.clear("1")
        assert world.order("1", ("CPTa", 99), ("CNC", 1)).status is Status.FULFILLED
        assert world.held("1") == [("K4", 1)]
        assert give_back(world, line="1") == Release()

    def test_it_is_owed_nothing_more_while_the_order_waits_for_another_line(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1), ("TWO", 1), ("CNC", 1))
        world.order("1", ("CPTa", 99), ("TWO", 99), ("CNC", 1))

        give_back(world, line="1")

        record = world.state.orders["1"]
        assert [(line.line_item_id, line.quantity) for line in record.lacking()] == [("2", 98)]
        assert {str(each): seats for each, seats in record.debt().items()} == {
            "CANADA NASM CPT combined": 196,
            "CANADA NASM CPT exam": 98,
        }
        assert give_back(world, line="2").seats == 3
        assert world.order("1", ("CPTa", 99), ("TWO", 99), ("CNC", 1)).status is Status.FULFILLED
        assert world.held("1") == [("K4", 1)]

    def test_given_back_whole_it_closes_the_order_that_has_nothing_else(self) -> None:
        world = self.grown()

        assert give_back(world, line="1").seats == 2
        world.keys(CPT, 99)

        assert world.reopen() == []
        assert world.order("1", ("CPTa", 99)).status is Status.RELEASED

    def test_units_of_it_leave_it_waiting_for_what_was_added(self) -> None:
        world = self.grown(("CNC", 1))

        give_back(world, line="1", units=2)
        world.keys(CPT, 99)

        assert world.reopen() == ["1"]
        assert world.order("1", ("CPTa", 99), ("CNC", 1)).status is Status.FULFILLED
        assert sum(seats for _, seats in world.held("1")) == 98

    def test_but_not_the_last_ones_that_the_order_holds(self) -> None:
        """Without them it would be as one that was never filled: they would be given again, or nothing would."""
        world = self.grown()
        give_back(world, line="1", units=1)

        with pytest.raises(ConflictError, match="line 1 of the order 1 waits for 97 more units"):
            give_back(world, line="1", units=1)
        assert world.order("1", ("CPTa", 2)).status is Status.FULFILLED


def test_a_receipt_of_before_units_were_counted_gives_back_its_units() -> None:
    text = '{"region":"CANADA","lines":[["1","A",3]],"owed":[["1","A","NASM-CPT-FULL",6],["1","A","NASM-CPT-EXAM",3]],'
    receipt = read_receipt(text + '"skipped":[],"problems":[]}')

    assert (receipt.units("1"), receipt.units("2")) == (3, 0)
    assert [each.seats for each in receipt.with_units("1", 1).owed] == [2, 1]
    assert receipt.with_units("1", 0).owed == ()


def test_a_line_given_back_of_an_order_whose_rows_cannot_be_read_is_gone_all_the_same() -> None:
    world = shop()
    world.order("1", ("CPTa", 2))
    left = read_receipt(world.state.orders["1"].filled).with_units("1", 0)
    world.state.orders["1"] = world.state.orders["1"]._replace(lines="{")

    row = order_event(world.state.orders["1"], OrderEvent.RELEASED, lines=write_receipt(left), stamp=Stamp(AT, "c"))
    world.facts(row)

    assert world.state.orders["1"].filled == ""
    assert "Nothing is decided for it" in world.state.orders["1"].damage
