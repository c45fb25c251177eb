"""What the shop took back from an order is an event: it limits what is owed, whenever it is heard of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npta.domain.catalogue.availability import available
from npta.domain.orders.answers import looked_up
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.fulfillment import Outcome, redecide
from npta.domain.orders.ledger_rows import order_event, order_malformed
from npta.domain.orders.release_keys import release
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import Order, OrderLine, read_receipt, write_receipt
from npta.domain.state.refunds import Refund, RefundedLine, Refunds, read_refund, write_refund
from npta.domain.state.times import Stamp
from npta.errors import BadRequestError, DamagedError
from npta.settings import ReleasePolicy
from npta.tables import OrderEvent, Orders
from sheets_schema.advanced import MAX_TEXT
from tests.npta.domain.world import AT, LIVE, World, pool

CPT, CNC = "NASM CPT combined", "NASM CNC combined"
_numbers = count(1)


def refund(*lines: tuple[str, str, int, int], cancelled: bool = False, refund_id: str = "") -> Refund:
    """A refund of (line id, SKU, units, ordered) of order 1."""
    return Refund(refund_id or f"r{next(_numbers)}", "1", tuple(RefundedLine(*line) for line in lines), cancelled)


def hear(world: World, *told: Refund) -> World:
    """Shopify tells of refunds."""
    for each in told:
        record = world.state.orders.get("1") or OrderRecord("1")
        kind = OrderEvent.CANCELLED if each.cancelled else OrderEvent.REFUNDED
        world.facts(order_event(record, kind, stamp=Stamp(AT, "c"), reason=each.reason, lines=write_refund(each)))
    return world


def shop(cpt: int = 9, cnc: int = 9) -> World:
    world = World().product("CPTa", "NASM-CPT-FULL").product("CNC", "NASM-CNC-FULL").product("KBS", "", "EXTERNAL")
    for where, seats in ((CPT, cpt), (CNC, cnc)):
        if seats:
            world.keys(where, seats)
    return world


def order(*lines: tuple[str, str, int]) -> Order:
    """Order 1 of (line id, SKU, quantity)."""
    return Order("1", tuple(OrderLine(*line) for line in lines), "CANADA", "ada@example.com", "Ada Lovelace")


def give_back(world: World, line: str = "", units: int | None = None) -> int:
    """Release Keys; the seats given back."""
    record = world.state.orders["1"]
    given = release(
        world.state, record, line_item_id=line, units=units, policy=ReleasePolicy.REQUEUE, stamp=Stamp(AT, "c")
    )
    world.facts(*given.facts)
    return given.seats


def codes(outcome: Outcome) -> list[str]:
    return [problem.code for problem in outcome.problems]


def keys(world: World) -> int:
    return sum(seats for _, seats in world.held("1"))


def sold(world: World, sku: str = "CPTa") -> int | None:
    """How many of a product can be sold."""
    return available(world.state.products[sku], world.state, "CANADA")


class TestLeft:
    """Rule 16: at most min(quantity asked, quantity in the refund's line − units refunded)."""

    @pytest.mark.parametrize("asked", [2, 1], ids=["as ordered", "as it is now"])
    def test_nothing_is_subtracted_twice(self, asked: int) -> None:
        (left,) = Refunds().after(refund(("811", "A", 1, 2))).left([OrderLine("811", "A", asked)])

        assert left.quantity == 1

    def test_several_refunds_of_a_line_add_up_in_whatever_order_they_come(self) -> None:
        told = [refund(("811", "A", 1, 4)), refund(("811", "A", 2, 4)), refund(("812", "A", 1, 1))]
        for some in permutations(told):
            refunds = Refunds()
            for each in some:
                refunds = refunds.after(each)
            left = refunds.left([OrderLine("811", "A", 4), OrderLine("812", "A", 1), OrderLine("813", "A", 1)])
            assert [line.quantity for line in left] == [1, 0, 1]

    def test_what_was_ordered_never_becomes_less_and_may_become_more(self) -> None:
        """Somebody adds units to the line in Shopify between two refunds of it."""
        told = [refund(("811", "A", 1, 2)), refund(("811", "A", 1, 4))]
        for some in permutations(told):
            refunds = Refunds()
            for each in some:
                refunds = refunds.after(each)
            assert refunds.left([OrderLine("811", "A", 4)])[0].quantity == 2

    def test_a_refund_that_names_no_sku_takes_none_away(self) -> None:
        named, unnamed = refund(("7", "CPTa", 1, 3)), refund(("7", "", 1, 3))
        for told in ((named, unnamed), (unnamed, named)):
            refunds = Refunds().after(told[0]).after(told[1])
            assert refunds.lines == (RefundedLine("7", "CPTa", 2, 3),)

    def test_the_same_refund_counts_once(self) -> None:
        told = refund(("811", "A", 1, 3))

        assert Refunds().after(told).after(told).left([OrderLine("811", "A", 3)])[0].quantity == 2

    def test_two_lines_of_one_sku_are_kept_apart(self) -> None:
        refunds = Refunds().after(refund(("812", "A", 1, 1)))

        assert [line.quantity for line in refunds.left([OrderLine("811", "A", 1), OrderLine("812", "A", 1)])] == [1, 0]
        assert [line.quantity for line in refunds.left([OrderLine("811", "A", 1)])] == [1], "812 is gone from the order"

    def test_a_line_that_came_without_an_id_is_found_by_its_sku(self) -> None:
        refunds = Refunds().after(refund(("812", "A", 1, 1)))

        left = refunds.left(
            [OrderLine("#1", "A", 2), OrderLine("#2", "A", 1), OrderLine("813", "A", 1), OrderLine("#4", "B", 1)]
        )

        assert [line.quantity for line in left] == [2, 0, 1, 1], "the one of which 1 was ordered"

    @pytest.mark.parametrize(("ordered", "found"), [(9, "#3"), (5, "#1"), (3, "#2"), (7, "#3")])
    def test_of_several_without_an_id_it_is_the_one_of_the_quantity_that_was_ordered_or_is_left(
        self, ordered: int, found: str
    ) -> None:
        lines = (OrderLine("#1", "A", 5), OrderLine("#2", "A", 2), OrderLine("#3", "A", 9))
        refunds = Refunds().after(refund(("14859209900591", "A", 1, ordered)))

        assert refunds.limits(lines) == {found: ordered - 1}

    def test_so_is_one_that_an_earlier_version_called_by_its_position(self) -> None:
        lines = [OrderLine("1", "A", 1), OrderLine("2", "B", 1)]

        assert [each.quantity for each in Refunds().after(refund(("14859209900591", "B", 1, 1))).left(lines)] == [1, 0]
        assert [each.quantity for each in Refunds().after(refund(("3", "B", 1, 1))).left(lines)] == [1, 1]

    def test_what_nobody_told_to_be_ordered_is_what_came_first(self) -> None:
        refunds = Refunds().after(refund(("811", "A", 1, 0))).knowing([OrderLine("811", "A", 2)])

        assert refunds.left([OrderLine("811", "A", 1)])[0].quantity == 1
        assert refunds.left([OrderLine("811", "A", 2)])[0].quantity == 1

    def test_of_a_line_that_the_order_has_not_nothing_was_ordered_as_far_as_is_known(self) -> None:
        refunds = Refunds().after(refund(("812", "B", 1, 0))).knowing([OrderLine("811", "A", 2)])

        assert [line.ordered for line in refunds.lines] == [0]

    def test_more_than_was_ordered_leaves_nothing(self) -> None:
        assert Refunds().after(refund(("811", "A", 9, 2))).left([OrderLine("811", "A", 2)])[0].quantity == 0

    def test_of_a_cancelled_order_nothing_is_left_of_anything(self) -> None:
        refunds = Refunds().after(refund(cancelled=True))

        assert [line.quantity for line in refunds.left([OrderLine("811", "A", 2), OrderLine("", "", 1)])] == [0, 0]


def test_two_refunded_lines_of_one_sku_are_two_lines_of_an_order_that_came_without_ids() -> None:
    lines = [OrderLine("1", "A", 1), OrderLine("2", "A", 1), OrderLine("3", "A", 1)]
    both = Refunds().after(refund(("14859209900591", "A", 1, 1), ("14859209900592", "A", 1, 1)))

    assert [line.quantity for line in both.left(lines)] == [0, 0, 1]
    assert both.strangers(lines) == ()
    assert [line.line_item_id for line in both.strangers(lines[:1])] == ["14859209900592"]


def test_a_refund_comes_back_as_it_was_written() -> None:
    for each in (refund(("811", "Ä,“1”", 1, 2), ("812", "", 3, 0)), refund(("1", "A", 1, 1), cancelled=True)):
        kind = OrderEvent.CANCELLED if each.cancelled else OrderEvent.REFUNDED
        row = Orders(at=AT, event=kind, order_id="1", status="", lines=write_refund(each), commit="c")
        assert read_refund(row) == each


def test_a_refund_that_just_fits_its_cell_keeps_its_skus() -> None:
    base = Refund("1", "1", (RefundedLine("811", "", 1, 1),))
    room = MAX_TEXT - len(write_refund(base))
    for length in (room, room + 1):
        row = write_refund(base._replace(lines=(RefundedLine("811", "S" * length, 1, 1),)))
        kept = read_refund(Orders(at=AT, event=OrderEvent.REFUNDED, order_id="1", status="", lines=row, commit="c"))
        assert (len(row) <= MAX_TEXT, bool(kept.lines[0].sku)) == (True, length == room)


def test_a_refund_of_hundreds_of_lines_with_long_skus_is_noted_all_the_same() -> None:
    huge = Refund("1", "1", tuple(RefundedLine(str(10**13 + place), "S" * 200, 1, 1) for place in range(500)))

    row = Orders(at=AT, event=OrderEvent.REFUNDED, order_id="1", status="", lines=write_refund(huge), commit="c")

    assert [(line.line_item_id, line.units) for line in read_refund(row).lines] == [
        (line.line_item_id, 1) for line in huge.lines
    ]
    assert len(huge.reason) < 50_000


class TestWaiting:
    """An order that waits is owed only what is left."""

    def test_what_is_left_is_owed_and_no_more(self) -> None:
        world = shop(cpt=1)
        world.place(order(("811", "CPTa", 3)))
        assert (sold(world), world.state.debts[pool(CPT)]) == (0, 3)

        hear(world, refund(("811", "CPTa", 2, 3)))

        assert world.state.debts[pool(CPT)] == 1
        assert world.reopen() == ["1"]
        filled = world.place(order(("811", "CPTa", 3)))
        assert (filled.status, keys(world)) == (Status.FULFILLED, 1)
        answer = world.answer("1", filled)
        assert (answer.keys_expected, answer.keys_count, answer.email_ready) == (1, 1, True)

    @pytest.mark.parametrize("told", [refund(("811", "CPTa", 3, 3)), refund(cancelled=True)], ids=["refund", "cancel"])
    def test_with_nothing_left_it_is_owed_nothing_and_a_replay_serves_nothing(self, told: Refund) -> None:
        world = shop(cpt=1)
        world.place(order(("811", "CPTa", 3)))

        hear(world, told)

        assert (sold(world), list(world.state.waiting_orders())) == (1, [])
        world.keys(CPT, 9)
        assert world.reopen() == []
        code = "cancelled" if told.cancelled else "refunded"
        for lines in ([("811", "CPTa", 3)], [("811", "CPTa", 1)]):
            late = world.place(order(*lines))
            assert (late.status, codes(late), keys(world)) == (Status.FAILED, [code], 0)
        assert world.place(order(("811", "CPTa", 3))).facts == ()
        answer = world.answer("1")
        assert (answer.status, answer.problems[0].code, answer.success, answer.email_ready) == (
            "failed",
            code,
            False,
            False,
        )

    def test_it_is_served_all_the_same_once_a_person_clears_it(self) -> None:
        world = shop(cpt=0)
        world.place(order(("811", "CPTa", 2)))
        hear(world, refund(("811", "CPTa", 2, 2), refund_id="r"))
        world.clear("1").keys(CPT, 9)

        assert (world.place(order(("811", "CPTa", 2))).status, keys(world)) == (Status.FULFILLED, 2)
        hear(world, refund(("811", "CPTa", 2, 2), refund_id="r"))
        assert world.state.orders["1"].to_give_back == (), "Shopify tells of the same refund once more"

    def test_clearing_what_is_refunded_in_part_does_not_bring_the_rest_back(self) -> None:
        world = shop(cpt=0)
        world.place(order(("811", "CPTa", 2)))
        hear(world, refund(("811", "CPTa", 1, 2)))
        world.clear("1").keys(CPT, 9)

        world.place(order(("811", "CPTa", 2)))

        assert keys(world) == 1

    @pytest.mark.parametrize("cleared", [True, False])
    def test_a_refund_after_the_order_was_opened_and_before_it_comes_again(self, cleared: bool) -> None:
        world = shop(cpt=0)
        world.place(order(("811", "CPTa", 2)))
        world.keys(CPT, 9)
        assert world.clear("1") if cleared else world.reopen()

        hear(world, refund(("811", "CPTa", 2, 2)))

        assert (codes(world.place(order(("811", "CPTa", 2)))), keys(world)) == (["refunded"], 0)

    def test_an_older_order_that_is_refunded_makes_room_for_the_next(self) -> None:
        world = shop(cpt=2)
        world.place(order(("811", "CPTa", 3)))
        world.order("2", ("CPTa", 2))
        world.order("3", ("CPTa", 3))
        assert world.state.debts[pool(CPT)] == 6

        hear(world, refund(("811", "CPTa", 3, 3)))

        assert [record.order_id for record in world.state.waiting_orders()] == ["3"]
        assert world.state.debts[pool(CPT)] == 3

    def test_lines_with_their_own_trouble(self) -> None:
        """An unknown SKU, one without entitlements, one that people serve: each is refunded in its turn."""
        world = shop(cpt=9)
        lines = [("811", "CPTa", 1), ("812", "NEW", 1), ("813", "KBS", 1)]
        assert codes(world.place(order(*lines))) == ["unknown_sku"]

        hear(world, refund(("813", "KBS", 1, 1)))
        assert codes(world.place(order(*lines))) == ["unknown_sku"]
        hear(world, refund(("812", "NEW", 1, 1)))
        assert world.reopen() == ["1"]
        filled = world.place(order(*lines))
        assert (filled.status, keys(world)) == (Status.FULFILLED, 1)
        assert [each.reason for each in world.answer("1", filled).skipped] == ["refunded", "refunded"]

    def test_a_repeat_of_an_order_that_was_taken_back_as_a_whole_is_answered_as_before(self) -> None:
        """Its other lines waited for keys, so nothing was decided since; the answer comes from the refund alone."""
        world = shop(cpt=0)
        world.place(order(("811", "CPTa", 1)))
        hear(world, refund(cancelled=True))

        again = world.place(order(("811", "CPTa", 1)))

        assert (again.status, again.replayed, again.facts, codes(again)) == (Status.FAILED, True, (), ["cancelled"])

    def test_one_of_mode_off_is_not_to_be_served_by_hand_any_more(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 2)), LIVE._replace(mode=Mode.OFF))
        hear(world, refund(("811", "CPTa", 1, 2)))
        assert [record.order_id for record in world.state.by_hand_orders()] == ["1"]

        hear(world, refund(("811", "CPTa", 1, 2)))

        assert list(world.state.by_hand_orders()) == []
        asked = looked_up(world.state, world.state.orders["1"], LIVE)
        assert (asked.status, asked.replayed, codes(asked)) == (Status.FAILED, True, ["refunded"])
        assert codes(world.place(order(("811", "CPTa", 2)))) == ["refunded"]
        assert world.answer("1").status is Status.FAILED


class TestBeforeTheOrder:
    @pytest.mark.parametrize("asked", [2, 1], ids=["as ordered", "as it is now"])
    @pytest.mark.parametrize("ordered", [2, 0], ids=["told", "not told"])
    def test_it_is_remembered_and_not_subtracted_twice(self, asked: int, ordered: int) -> None:
        world = hear(shop(), refund(("811", "CPTa", 1, ordered)))
        assert ("1" in world.state.orders, len(world.state.orders)) == (False, 0)

        filled = world.place(order(("811", "CPTa", asked)))

        known = bool(ordered) or asked == 2
        assert (filled.status, keys(world)) == ((Status.FULFILLED, 1) if known else (Status.FAILED, 0))
        assert world.state.orders["1"].events[0].event is OrderEvent.REFUNDED
        if known:
            for again in (2, 1):
                assert world.place(order(("811", "CPTa", again))).replayed

    @pytest.mark.parametrize("told", [refund(("811", "CPTa", 2, 2)), refund(cancelled=True)], ids=["refund", "cancel"])
    @pytest.mark.parametrize("mode", [Mode.LIVE, Mode.TEST, Mode.OFF])
    def test_with_nothing_left_it_is_refused_and_nobody_has_to_look_after_it(self, told: Refund, mode: Mode) -> None:
        world = hear(shop(), told)

        refused = world.place(order(("811", "CPTa", 2)), LIVE._replace(mode=mode))

        assert (refused.status, keys(world), sold(world)) == (Status.FAILED, 0, 9)
        assert codes(refused) == ["cancelled" if told.cancelled else "refunded"]
        assert (world.state.waiting.size, world.state.by_hand.size) == (0, 0)
        assert world.state.failures_in_a_row.value == 0
        assert world.place(order(("811", "CPTa", 2))).facts == ()

    @pytest.mark.parametrize("before", [True, False])
    def test_what_the_shop_did_not_say_to_be_ordered_is_what_came_first(self, before: bool) -> None:
        world, told = shop(), refund(("1", "CPTa", 1, 0))
        if before:
            hear(world, told)
        world.place(order(("1", "CPTa", 3)))
        if not before:
            hear(world, told)

        world.clear("1").place(order(("1", "CPTa", 2)))  # as the shop shows it by now

        (known,) = world.state.orders["1"].refunds.lines
        assert known.ordered == 3
        assert world.answer("1").keys_expected == (2 if before else 3)

    def test_a_line_that_the_order_comes_without_takes_nothing_from_its_neighbour(self) -> None:
        world = hear(shop(), refund(("812", "CPTa", 1, 1)))

        world.place(order(("811", "CPTa", 1)))

        assert keys(world) == 1


class TestFilled:
    """Taken back is nothing by itself; what it holds too much is proposed, line by line."""

    def test_it_holds_its_keys_and_says_which_of_them_are_for_what_was_refunded(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 2), ("812", "CNC", 1)))

        hear(world, refund(("811", "CPTa", 1, 2)))

        assert world.state.orders["1"].to_give_back == (OrderLine("811", "CPTa", 1),)
        for asked in (2, 1):
            again = world.place(order(("811", "CPTa", asked), ("812", "CNC", 1)))
            answer = world.answer("1", again)
            assert (again.replayed, answer.keys_count, answer.success, answer.email_ready) == (True, 3, True, True)
            assert answer.message == "3 keys assigned; 1 of them for what was refunded in Shopify"
            assert "line 811, quantity 1. A mail that goes out before shows these keys, too" in answer.next_step
        assert give_back(world, "811", 1) == 1
        answer = world.answer("1", world.place(order(("811", "CPTa", 1), ("812", "CNC", 1))))
        assert (answer.keys_count, answer.keys_expected, answer.email_ready) == (2, 2, True)
        assert world.state.to_give_back.size == 0

    def test_units_that_were_given_back_before_shopify_tells_of_them_are_not_proposed_again(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 2)))
        give_back(world, "811", 1)

        hear(world, refund(("811", "CPTa", 1, 2)))
        assert not world.state.orders["1"].to_give_back
        hear(world, refund(("811", "CPTa", 1, 2)))
        assert world.state.orders["1"].to_give_back == (OrderLine("811", "CPTa", 1),)

    def test_refunded_in_full_its_mail_is_due_no_more_and_release_closes_it(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 2)))
        assert world.state.orders["1"].mail_is_due

        hear(world, refund(("811", "CPTa", 2, 2)))

        assert (world.state.orders["1"].mail_is_due, world.state.mails.size) == (False, 0)
        assert not world.answer("1", world.place(order(("811", "CPTa", 2)))).email_ready
        assert give_back(world, "811", 2) == 2
        assert world.place(order(("811", "CPTa", 2))).status is Status.RELEASED
        assert world.state.to_give_back.size == 0

    @pytest.mark.parametrize(
        "beside",
        [("812", "KBS", 1), ("812", "", 1), ("812", "CNC", 1)],
        ids=["served by hand", "a tip", "refunded as well"],
    )
    def test_with_nothing_left_that_it_holds_keys_for_no_mail_goes_out_until_a_person_has_decided(
        self, beside: tuple[str, str, int]
    ) -> None:
        lines = order(("811", "CPTa", 2), beside)
        refunds = [refund(("811", "CPTa", 2, 2)), *([refund((*beside, 1))] if beside[1] == "CNC" else [])]
        world = shop()
        world.place(lines)
        hear(world, *refunds)

        told = world.answer("1", world.place(lines))
        assert (told.status, told.email_ready, world.state.mails.size) == (Status.FULFILLED, False, 0)
        assert "press Clear Order Cache if the customer shall keep the keys" in told.next_step
        world.clear("1")
        assert world.answer("1", world.place(lines)).email_ready

        other = shop()
        other.place(lines)
        hear(other, *refunds)
        give_back(other)
        assert other.place(lines).status is Status.RELEASED
        other.clear("1")
        assert (other.place(lines).status is Status.FULFILLED, keys(other)) == (False, 0)

    def test_a_line_that_waits_is_left_although_all_that_it_holds_was_refunded(self) -> None:
        world = shop(cnc=0)
        world.place(order(("811", "CPTa", 1)))
        grown = order(("811", "CPTa", 1), ("812", "CNC", 1))
        world.place(grown)
        hear(world, refund(("811", "CPTa", 1, 1)))

        world.clear("1")
        world.keys(CNC, 1)

        filled = world.place(grown)
        assert (filled.status, world.answer("1", filled).email_ready) == (Status.FULFILLED, True)
        assert world.state.orders["1"].to_give_back == (OrderLine("811", "CPTa", 1),), "clearing has waived nothing"

    def test_a_person_who_clears_it_lets_the_customer_keep_the_keys(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 2)))
        hear(world, refund(("811", "CPTa", 2, 2)))

        world.clear("1")

        answer = world.answer("1", world.place(order(("811", "CPTa", 2))))
        assert (answer.keys_count, answer.email_ready, world.state.to_give_back.size) == (2, True, 0)

    def test_released_and_cleared_by_mistake_it_is_still_refunded(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 2)))
        hear(world, refund(("811", "CPTa", 2, 2)))
        give_back(world)
        world.clear("1")

        assert codes(world.place(order(("811", "CPTa", 2)))) == ["refunded"]
        world.clear("1")
        assert (world.place(order(("811", "CPTa", 2))).status, keys(world)) == (Status.FULFILLED, 2)

    def test_cleared_before_the_refund_it_is_as_if_it_had_not_been(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 2)))
        give_back(world)
        world.clear("1")

        hear(world, refund(("811", "CPTa", 2, 2)))

        assert world.place(order(("811", "CPTa", 2))).status is Status.RELEASED

    def test_a_line_that_is_added_later_is_served_beside_a_refunded_one(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 1)))
        hear(world, refund(("811", "CPTa", 1, 1)))

        grown = world.place(order(("811", "CPTa", 1), ("812", "CNC", 1)))

        assert (grown.status, keys(world)) == (Status.FULFILLED, 2)
        assert world.answer("1", grown).email_ready
        give_back(world, "811")
        assert world.answer("1", world.place(order(("812", "CNC", 1)))).email_ready

    def test_what_is_less_than_the_refund_explains_is_a_changed_order_as_ever(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 3), ("812", "CNC", 1)))
        hear(world, refund(("811", "CPTa", 1, 3)))

        assert codes(world.place(order(("811", "CPTa", 1), ("812", "CNC", 1)))) == ["order_changed"]
        assert codes(world.place(order(("811", "CPTa", 2)))) == ["order_changed"]
        assert world.place(order(("811", "CPTa", 2), ("812", "CNC", 1))).status is Status.FULFILLED

    @pytest.mark.parametrize(
        ("lines", "told"),
        [
            ([("811", "CPTa", 2)], "CNC was 1 and is now 0"),
            ([("811", "CPTa", 3)], "CNC was 1 and is now 0"),
            ([("811", "CPTa", 1), ("812", "CNC", 1)], "CPTa was 2 and is now 1"),
            ([("811", "CPTa", 1), ("812", "CNC", 2)], "CNC was 1 and is now 2, CPTa was 2 and is now 1"),
        ],
    )
    def test_a_changed_order_is_told_without_what_the_refund_explains(
        self, lines: list[tuple[str, str, int]], told: str
    ) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 3), ("812", "CNC", 1)))
        hear(world, refund(("811", "CPTa", 1, 3)))

        [problem] = world.place(order(*lines)).problems

        assert f"({told})" in problem.message

    def test_with_all_of_it_refunded_a_repeat_without_lines_still_says_what_has_changed(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 3)))
        hear(world, refund(("811", "CPTa", 3, 3)))

        [problem] = world.place(order()).problems

        assert "(CPTa was 3 and is now 0)" in problem.message

    def test_of_a_cancelled_order_all_that_it_holds_is_proposed_once(self) -> None:
        world = shop()
        world.place(order(("811", "CPTa", 2), ("812", "CNC", 1), ("813", "KBS", 1)))
        both = (OrderLine("811", "CPTa", 2), OrderLine("812", "CNC", 1))

        hear(world, refund(cancelled=True))
        assert world.state.orders["1"].to_give_back == both
        hear(world, refund(("811", "CPTa", 2, 2)))
        assert world.state.orders["1"].to_give_back == both
        give_back(world)
        assert not world.state.orders["1"].to_give_back

    def test_what_an_earlier_version_holds_under_another_id_is_proposed_when_it_is_cancelled(self) -> None:
        world = shop()
        fact = world.place(order(("811", "CPTa", 1))).facts[-1]
        assert isinstance(fact, Orders)
        receipt = read_receipt(fact.lines)
        moved = receipt._replace(lines=(OrderLine("900", "CPTa", 1),))
        world.facts(fact.model_copy(update={"lines": write_receipt(moved)}))

        hear(world, refund(cancelled=True))

        assert world.state.orders["1"].to_give_back == (OrderLine("811", "CPTa", 1),)


class TestGrowthThatFailed:
    @pytest.mark.parametrize(
        ("first", "then", "refunded", "cpt", "cnc"),
        [
            ([("811", 2)], [("811", 1), ("812", 2)], ("811", "CPTa", 1, 2), 2, 1),
            ([("811", 1)], [("813", 1), ("812", 2)], ("813", "CPTa", 1, 1), 1, 1),
            ([("811", 2)], [("811", 1), ("812", 1)], ("811", "CPTa", 1, 1), 1, 1),
            ([("811", 2)], [("811", 1), ("812", 2)], ("820", "CNC", 1, 1), 1, 0),
            ([("811", 1), ("812", 1)], [("811", 2), ("812", 1)], ("812", "CPTa", 1, 1), 1, 1),
        ],
    )
    def test_units_that_have_moved_to_another_line_are_waited_for_as_a_repeat_takes_them(
        self,
        first: list[tuple[str, int]],
        then: list[tuple[str, int]],
        refunded: tuple[str, str, int, int],
        cpt: int,
        cnc: int,
    ) -> None:
        world = shop(cpt=9, cnc=0)
        world.place(order(*((name, "CPTa", units) for name, units in first)))
        grown = order(*((name, "CPTa", units) for name, units in then), ("820", "CNC", 1))
        world.place(grown)

        hear(world, refund(refunded))

        waited = {where: world.state.debts.get(pool(where), 0) for where in (CPT, CNC)}
        assert waited == {CPT: cpt, CNC: cnc}
        held = keys(world)
        world.keys(CNC, 9)
        world.reopen()
        assert world.place(grown).status is Status.FULFILLED
        assert keys(world) - held == sum(waited.values())
        assert world.state.debts.get(pool(CPT), 0) == 0

    @given(data=st.data())
    @settings(max_examples=150, deadline=None)
    def test_whatever_has_moved_and_was_refunded_what_is_waited_for_is_what_a_repeat_takes(
        self, data: st.DataObject
    ) -> None:
        lines = st.dictionaries(st.sampled_from(["811", "812", "813"]), st.integers(1, 3), min_size=1)
        first, then = data.draw(lines), data.draw(lines)
        world = shop(cpt=40, cnc=0)
        world.place(order(*((name, "CPTa", units) for name, units in first.items())))
        grown = order(*((name, "CPTa", units) for name, units in then.items()), ("820", "CNC", 2))
        world.place(grown)
        for name in data.draw(st.lists(st.sampled_from([*then, "820"]), max_size=3)):
            ordered = {**then, "820": 2}[name]
            hear(world, refund((name, "CNC" if name == "820" else "CPTa", 1, ordered)))
        waits = world.state.orders["1"].waits
        waited, held = dict(world.state.debts), keys(world)
        world.keys(CNC, 9)
        world.reopen()

        again = world.place(grown)

        if waits and again.status is Status.FULFILLED and not again.replayed:
            assert keys(world) - held == sum(waited.values())

    def test_what_was_added_and_refunded_is_waited_for_no_more(self) -> None:
        world = shop(cnc=0)
        world.place(order(("811", "CPTa", 1)))
        world.place(order(("811", "CPTa", 1), ("812", "CNC", 2)))
        assert world.state.debts[pool(CNC)] == 2

        hear(world, refund(("812", "CNC", 1, 2)))
        assert (world.state.debts[pool(CNC)], world.state.waiting.size) == (1, 1)
        hear(world, refund(("812", "CNC", 1, 2)))

        assert (world.state.debts[pool(CNC)], world.state.waiting.size) == (0, 0)
        again = world.place(order(("811", "CPTa", 1), ("812", "CNC", 2)))
        assert (again.status, world.answer("1", again).email_ready) == (Status.FULFILLED, True)

    @pytest.mark.parametrize("told", [True, False], ids=["refunded", "given back by hand"])
    def test_what_it_holds_goes_back_and_what_was_added_is_still_waited_for(self, told: bool) -> None:
        world = shop(cnc=0)
        world.place(order(("811", "CPTa", 1)))
        grown = order(("811", "CPTa", 1), ("812", "CNC", 1))
        world.place(grown)
        if told:
            hear(world, refund(("811", "CPTa", 1, 1)))

        assert give_back(world, "811") == 1

        assert (world.state.waiting.size, world.state.debts[pool(CNC)], world.state.debts.get(pool(CPT), 0)) == (
            1,
            1,
            0,
        )
        assert (sold(world), world.state.mails.size) == (9, 0)
        world.keys(CNC, 1)
        assert world.reopen() == ["1"]
        filled = world.place(grown)
        assert (filled.status, world.held("1")) == (Status.FULFILLED, [("K2", 1)])
        assert world.answer("1", filled).email_ready
        assert give_back(world, "811") == 0

    def test_units_of_it_that_are_given_back_raise_no_debt(self) -> None:
        world = shop(cpt=2, cnc=0)
        world.place(order(("811", "CPTa", 2)))
        world.place(order(("811", "CPTa", 2), ("812", "CNC", 1)))

        give_back(world, "811", 1)

        assert (sold(world), world.state.debts[pool(CNC)]) == (1, 1)


lines_told = st.lists(
    st.builds(RefundedLine, st.sampled_from(["811", "812"]), st.just("CPTa"), st.integers(1, 2), st.just(3)),
    min_size=1,
    max_size=2,
    unique_by=lambda line: line.line_item_id,
)
events = st.lists(
    st.one_of(
        st.builds(lambda lines: ("refund", tuple(lines)), lines_told),
        st.builds(lambda one, other: ("order", (one, other)), st.integers(0, 3), st.integers(0, 3)),
        st.sampled_from([("keys", 1), ("keys", 2), ("reopen", 0), ("again", 0), ("as proposed", 0)]),
    ),
    max_size=12,
)


def left_by_hand(told: Iterable[Sequence[RefundedLine]]) -> dict[str, int]:
    """What rule 16 leaves of two lines of three, counted naively."""
    left = {"811": 3, "812": 3}
    for lines in told:
        for line in lines:
            left[line.line_item_id] -= line.units
    return {name: max(0, units) for name, units in left.items()}


@settings(max_examples=300, deadline=None)
@given(events)
def test_nobody_is_given_more_than_rule_16_leaves(history: list[tuple[str, Any]]) -> None:
    """Refunds, orders, keys and releases in any sequence: what is assigned stays within what was left at that moment."""
    world = World().product("CPTa", "NASM-CPT-FULL")
    told: list[tuple[RefundedLine, ...]] = []
    placed: list[Order] = []
    for kind, what in history:
        before = {name: units_held(world, name) for name in ("811", "812")}
        happen(world, kind, what, told, placed)
        record = world.state.orders.get("1")
        for name, most in left_by_hand(told).items():
            assert units_held(world, name) <= max(before[name], most)
            if told and record:
                proposed = {line.line_item_id: line.quantity for line in record.to_give_back}
                assert proposed.get(name, 0) == max(0, units_held(world, name) - most)
    lacking = sum(line.quantity for record in world.state.waiting_orders() for line in record.lacking())
    # Less where units of a line that has left the order had served another one of the same SKU.
    assert sum(world.state.debts.values()) <= lacking


def happen(world: World, kind: str, what: Any, told: list[tuple[RefundedLine, ...]], placed: list[Order]) -> None:
    """Let one thing happen to the order."""
    record = world.state.orders.get("1")
    if kind == "refund":
        told.append(what)
        hear(world, Refund(f"r{len(told)}", "1", what))
    elif kind == "order" and any(what):
        asked = zip(("811", "812"), what, strict=True)
        placed.append(order(*((name, "CPTa", units) for name, units in asked if units)))
        world.place(placed[-1])
    elif kind == "again" and placed:
        world.place(placed[-1])
        assert world.place(placed[-1]).facts == ()
    elif kind == "as proposed" and record:
        for line in record.to_give_back:
            assert give_back(world, line.line_item_id, line.quantity) == line.quantity
        assert not world.state.orders["1"].to_give_back
    elif kind == "keys":
        world.keys(CPT, what)
    elif kind == "reopen":
        world.reopen()


def units_held(world: World, line: str) -> int:
    return sum(each.seats for each in world.state.holdings.get("1", ()) if each.line_item_id == line)


def test_a_refund_that_no_cell_can_hold_is_refused_and_one_that_is_too_long_by_its_skus_goes_without_them() -> None:
    def taken(number: int, sku: str) -> Refund:
        return Refund("r1", "1", tuple(RefundedLine(str(10**12 + line), sku, 1, 1) for line in range(number)))

    row = Orders(
        at=AT, event=OrderEvent.REFUNDED, order_id="1", status="", lines=write_refund(taken(900, "S" * 100)), commit="c"
    )
    assert len(row.lines) <= MAX_TEXT
    assert {line.sku for line in read_refund(row).lines} == {""}
    assert len(read_refund(row).lines) == 900
    with pytest.raises(BadRequestError, match="too large to be recorded; give its keys back by hand"):
        write_refund(taken(9_000, "S"))


@pytest.mark.parametrize(("cancelled", "waits"), [(False, True), (True, False)])
def test_an_order_of_which_no_call_could_be_read_waits_until_all_of_it_was_taken_back(
    cancelled: bool, waits: bool
) -> None:
    world = World()
    row = order_malformed(None, Order("1", (), "CANADA"), "email: is missing", stamp=Stamp(AT, "c"))
    assert row
    world.facts(row)
    taken = Refund("r1", "1", (RefundedLine("1", "A", 1, 2),), cancelled)
    event = OrderEvent.CANCELLED if cancelled else OrderEvent.REFUNDED
    world.facts(order_event(world.state.orders["1"], event, stamp=Stamp(AT, "c"), lines=write_refund(taken)))

    assert world.state.orders["1"].waits is waits


def test_for_an_order_whose_refund_cannot_be_read_nothing_is_decided() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 5)
    world.facts(Orders(at=AT, event=OrderEvent.REFUNDED, order_id="1", status="", lines="{", commit="c"))

    with pytest.raises(DamagedError, match="Order 1"):
        redecide(world.state, Order("1", (OrderLine("1", "A", 1),), "CANADA"), LIVE, stamp=Stamp(AT, "c"))


def test_people_can_read_the_letters_in_a_refund() -> None:
    assert "École" in write_refund(refund(("1", "École", 1, 1)))
