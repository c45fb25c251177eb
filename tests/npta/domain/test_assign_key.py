"""A certain key given to a line by hand: stock, holdings, answer and audit are right whatever comes next."""

from __future__ import annotations

from typing import Any

import pytest

from npta.domain.orders.assign_key import KeyAssignment, Target, assign_chosen_key
from npta.domain.orders.eligibility import Mode
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import Code
from npta.domain.state.times import Stamp
from npta.errors import BadRequestError, ConflictError, DamagedError
from npta.settings import ReleasePolicy
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders
from tests.npta.domain.book import Book
from tests.npta.domain.world import AT, World, key_row, pool

CPT, CNC, EXAM = "NASM CPT combined", "NASM CNC combined", "NASM CPT exam"


def give(world: World, order_id: str, key_id: str, target: Target | None = None, **more: Any) -> KeyAssignment:
    """Assign Key: the facts that come of it are taken in."""
    done = assign_chosen_key(
        world.state,
        world.state.orders[order_id],
        world.state.keys[key_id],
        target or Target("1"),
        **{"rules": world.rules, "policy": ReleasePolicy.REQUEUE, "stamp": Stamp(AT, "c"), **more},
    )
    world.facts(*done.outcome.facts)
    return done


def shop() -> Book:
    """Three keys of one pool, two of another, and products of one and of both."""
    book = Book()
    book.does(lambda world: world.product("A", "NASM-CPT-FULL").product("AB", "NASM-CPT-FULL,NASM-CNC-FULL"))
    return book.does(lambda world: world.keys(CPT, 1, 2, 3).keys(CNC, 1, 1))


def order(book: Book, order_id: str, *lines: tuple[str, int]) -> None:
    book.does(lambda world: world.order(order_id, *lines))


def by_hand(book: Book, order_id: str, key_id: str, target: Target | None = None, **more: Any) -> KeyAssignment:
    done: list[KeyAssignment] = []
    book.does(lambda world: done.append(give(world, order_id, key_id, target, **more)))
    return done[0]


class TestAnOrderThatWaits:
    def test_gets_the_key_and_the_rest_in_turn(self) -> None:
        book = shop()
        book.does(lambda world: world.product("C"))
        order(book, "1", ("AB", 1), ("C", 1))
        assert book.world.state.orders["1"].status is Status.FAILED
        book.does(lambda world: world.product("C", "NASM-CPT-FULL"))

        done = by_hand(book, "1", "K3")

        assert done.done
        assert done.outcome.status is Status.FULFILLED
        assert book.world.held("1") == [("K3", 1), ("K4", 1), ("K1", 1)]
        assert book.audit() == []

    def test_gets_nothing_if_the_rest_cannot_be_served(self) -> None:
        book = shop()
        order(book, "1", ("AB", 3))
        before = book.world.seats()

        done = by_hand(book, "1", "K3")

        assert (done.done, done.outcome.replayed) == (False, True), "the order is as it was"
        assert [problem.code for problem in done.outcome.problems] == [Code.OUT_OF_STOCK]
        assert (book.world.held("1"), book.world.seats(), done.outcome.facts) == ([], before, ())
        assert book.audit() == []

    def test_is_served_in_spite_of_go_live(self) -> None:
        book = shop()
        book.world.rules = book.world.rules._replace(go_live_at="2026-01-01T00:00:00Z")
        book.does(lambda world: world.order("1", ("A", 1), paid_at="2025-12-31T00:00:00Z"))

        assert by_hand(book, "1", "K2").done
        assert book.world.held("1") == [("K2", 1)]
        assert book.audit() == []

    def test_takes_what_is_promised_to_nobody_for_the_rest(self) -> None:
        """The seat given by hand counts once where the rest of its own pool runs short."""
        book = Book().does(lambda world: world.product("A", "NASM-CPT-FULL"))
        order(book, "1", ("A", 2))
        book.does(lambda world: world.keys(CPT, 1, 1))

        assert by_hand(book, "1", "K2").done
        assert book.world.held("1") == [("K2", 1), ("K1", 1)]
        assert book.audit() == []

    def test_of_several_seats_gets_as_many_as_are_said(self) -> None:
        book = Book().does(lambda world: world.product("A", "NASM-CPT-FULL"))
        order(book, "1", ("A", 3))
        book.does(lambda world: world.keys(CPT, 3, 3))

        by_hand(book, "1", "K2", seats=2)

        assert book.world.held("1") == [("K2", 2), ("K1", 1)]
        assert book.audit() == []

    def test_leaves_to_others_what_is_promised_them_besides_the_key_that_it_is_given(self) -> None:
        book = shop()
        order(book, "1", ("A", 9))
        book.does(lambda world: world.keys(CPT, 4))
        rules = book.world.rules._replace(promised={pool(CPT): 2})

        done = by_hand(book, "1", "K3", seats=3, rules=rules)

        assert [(problem.code, problem.available) for problem in done.outcome.problems] == [(Code.OUT_OF_STOCK, 5)]
        assert not done.done

    def test_is_not_said_to_lack_what_the_key_serves(self) -> None:
        book = shop().does(lambda world: world.product("B", "NASM-CPT-FULL"))
        order(book, "1", ("A", 1), ("B", 9))

        done = by_hand(book, "1", "K3")

        assert [(problem.sku, problem.needed, problem.available) for problem in done.outcome.problems] == [("B", 9, 5)]

    def test_is_served_in_the_line_alone_that_is_named(self) -> None:
        book = Book().does(lambda world: world.product("A", "NASM-CPT-FULL"))
        order(book, "1", ("A", 1), ("A", 2))
        book.does(lambda world: world.keys(CPT, 9, 9))

        by_hand(book, "1", "K2", Target("2"), seats=2)

        held = book.world.state.holdings["1"]
        assert [(holding.line_item_id, holding.key_id, holding.seats) for holding in held] == [
            ("2", "K2", 2),
            ("1", "K1", 1),
        ]
        assert book.audit() == []

    def test_gets_nothing_if_it_is_too_large_to_be_recorded(self) -> None:
        book = Book()
        order(book, "1", *[("BIG", 1)] * 1_000)
        book.does(lambda world: world.product("BIG", "NASM-CPT-FULL,NASM-CNC-FULL").keys(CPT, 9_000).keys(CNC, 9_000))

        with pytest.raises(
            ConflictError, match=r"Nothing was assigned to the order 1: the order is too large to be recorded; serve it"
        ):
            give(book.world, "1", "K1")


class TestALineThatIsFilled:
    def test_swaps_and_the_replaced_seat_is_for_the_next_customer(self) -> None:
        book = shop()
        order(book, "1", ("A", 1))

        done = by_hand(book, "1", "K3")

        assert (done.done, done.outcome.replayed) == (True, True), "the order is as fulfilled as it was"
        assert [held.key_id for held in done.replaced] == ["K1"]
        assert book.world.held("1") == [("K3", 1)]
        order(book, "2", ("A", 1))
        assert book.world.held("2") == [("K1", 1)]
        assert book.audit() == []

    def test_quarantines_the_replaced_seat_where_the_setting_says_so(self) -> None:
        book = shop()
        order(book, "1", ("A", 1))

        by_hand(book, "1", "K3", policy=ReleasePolicy.QUARANTINE)

        order(book, "2", ("A", 1))
        assert book.world.held("2") == [("K2", 1)]
        assert book.world.seats()["K1"] == (0, 0)
        assert book.audit() == []

    def test_a_second_press_changes_nothing(self) -> None:
        book = shop()
        order(book, "1", ("A", 2))
        by_hand(book, "1", "K3")
        before = book.world.held("1")

        again = by_hand(book, "1", "K3")

        assert (again.done, again.outcome.facts, book.world.held("1")) == (True, (), before)
        assert again.outcome.replayed
        assert sorted(before) == [("K1", 1), ("K3", 1)]

    def test_its_mail_is_due_again_and_the_row_says_by_hand(self) -> None:
        book = shop()
        order(book, "1", ("A", 1))
        book.does(lambda world: world.event("1", OrderEvent.DELIVERED))

        by_hand(book, "1", "K3")

        assert book.world.answer("1").delivered is False
        row = book.ledgers[Orders][-1]
        assert (row.event, row.status) == (OrderEvent.BY_HAND, Status.FULFILLED)
        assert row.reason == "by hand: key K3, 1 seat, for line 1 (NASM-CPT-FULL), in place of key K1"

    def test_a_retired_key_is_the_one_that_is_replaced(self) -> None:
        book = shop()
        order(book, "1", ("A", 2))
        book.does(lambda world: world.retire("K1"))

        by_hand(book, "1", "K3")

        assert sorted(book.world.held("1")) == [("K2", 1), ("K3", 1)]
        assert book.audit() == []

    def test_swaps_also_while_the_order_waits_for_another_line(self) -> None:
        book = shop()
        order(book, "1", ("A", 1))
        order(book, "1", ("A", 1), ("AB", 9))
        assert book.world.state.orders["1"].status is Status.FAILED

        assert by_hand(book, "1", "K3").done

        assert book.world.held("1") == [("K3", 1)]
        assert book.world.state.orders["1"].status is Status.FAILED
        assert book.audit() == []


class TestWhatComesNext:
    def test_release_gives_it_back_and_the_next_customer_is_served_in_turn(self) -> None:
        book = shop()
        order(book, "1", ("A", 1))
        by_hand(book, "1", "K3")
        book.does(lambda world: world.release("1"))

        order(book, "2", ("A", 1))

        assert book.world.held("2") == [("K1", 1)]
        assert book.world.seats()["K3"] == (0, 3)
        assert book.audit() == []

    def test_cleared_and_asked_for_again_it_keeps_the_key(self) -> None:
        book = shop()
        order(book, "1", ("A", 2))
        by_hand(book, "1", "K3")
        before = book.world.held("1")
        book.does(lambda world: world.clear("1"))

        order(book, "1", ("A", 2))

        assert book.world.held("1") == before
        assert book.audit() == []

    def test_growth_adds_in_turn_and_the_new_unit_can_be_given_by_hand(self) -> None:
        book = Book().does(lambda world: world.product("A", "NASM-CPT-FULL").keys(CPT, 1, 1))
        order(book, "1", ("A", 1))
        by_hand(book, "1", "K2")
        order(book, "1", ("A", 3))
        assert book.world.state.orders["1"].status is Status.FAILED
        book.does(lambda world: world.keys(CPT, 1, 5))

        by_hand(book, "1", "K4")

        assert book.world.held("1") == [("K2", 1), ("K4", 1), ("K1", 1)]
        assert book.audit() == []

    def test_a_key_of_another_pool_is_given_replaced_and_given_back(self) -> None:
        book = shop().does(lambda world: world.keys(EXAM, 2))
        order(book, "1", ("A", 1))

        by_hand(book, "1", "K6", any_pool=True)

        assert book.world.answer("1").keys[0].keycode == "code-of-K6"
        assert book.world.answer("1").success
        assert book.audit() == []
        book.does(lambda world: world.retire("K6", with_others=True))
        assert book.world.held("1") == [("K1", 1)]
        book.does(lambda world: world.release("1"))
        assert book.audit() == []

    def test_a_key_of_another_region_is_replaced_by_one_of_the_orders_own(self) -> None:
        book = shop()
        book.does(lambda world: world.facts(key_row("E1", pool(CPT, "EUROPE"), 1)))
        order(book, "1", ("A", 1))
        by_hand(book, "1", "E1", any_pool=True)

        book.does(lambda world: world.retire("E1", with_others=True))

        assert book.world.held("1") == [("K1", 1)]
        assert book.audit() == []


class TestRefusals:
    @pytest.mark.parametrize(
        ("key_id", "more", "words"),
        [
            ("K1", {}, "0 free seats"),
            ("K2", {}, "is retired"),
            ("K4", {}, "any_pool"),
            ("K3", {"seats": 9}, "2 free seats"),
        ],
    )
    def test_a_key_that_cannot_be_given(self, key_id: str, more: dict[str, Any], words: str) -> None:
        book = shop()
        order(book, "0", ("A", 1))
        book.does(lambda world: world.retire("K2"))
        order(book, "1", ("A", 1))
        before = book.world.held("1")

        with pytest.raises(ConflictError, match=words) as refused:
            give(book.world, "1", key_id, **more)

        assert "Nothing was assigned" in str(refused.value)
        assert "code-of" not in str(refused.value)
        assert book.world.held("1") == before

    @pytest.mark.parametrize(
        ("key_id", "more", "words"),
        [("K2", {}, "is retired"), ("K4", {}, "any_pool"), ("K3", {"seats": 4}, "has 3 free seats, and 4 are needed")],
    )
    def test_a_key_that_cannot_be_given_to_an_order_that_waits(
        self, key_id: str, more: dict[str, Any], words: str
    ) -> None:
        book = shop()
        order(book, "1", ("A", 9))
        book.does(lambda world: world.keys(CPT, 20).retire("K2"))

        with pytest.raises(ConflictError, match=words):
            give(book.world, "1", key_id, **more)

        assert book.world.held("1") == []

    @pytest.mark.parametrize(
        ("target", "field"),
        [
            (Target("9"), "line_item_id"),
            (Target(sku="ZZ"), "sku"),
            (Target(sku="A"), "sku"),
            (Target("1", entitlement="NASM-CNC-FULL"), "entitlement"),
        ],
    )
    def test_a_line_or_entitlement_that_is_none_or_several(self, target: Target, field: str) -> None:
        book = shop()
        order(book, "1", ("A", 1), ("A", 1))

        with pytest.raises(BadRequestError) as refused:
            give(book.world, "1", "K3", target)

        assert refused.value.field == field

    def test_of_two_entitlements_it_is_the_one_that_the_key_opens(self) -> None:
        book = shop()
        order(book, "1", ("AB", 1))

        by_hand(book, "1", "K5")

        assert sorted(book.world.held("1")) == [("K1", 1), ("K5", 1)]
        with pytest.raises(BadRequestError, match="say which"):
            give(book.world, "1", "K3", any_pool=True)
        assert book.audit() == []

    def test_of_which_entitlements_to_choose_those_of_the_line_are_named(self) -> None:
        book = shop().does(lambda world: world.product("E", "NASM-CPT-EXAM").keys(EXAM, 9))
        order(book, "1", ("E", 1), ("AB", 1))

        with pytest.raises(BadRequestError) as refused:
            give(book.world, "1", "K6", Target("2"))

        assert refused.value.message == (
            "the line 2 of the order 1 is owed NASM-CPT-FULL, NASM-CNC-FULL; say which of them the key is for. "
            "Nothing was assigned"
        )
        assert book.audit() == []

    def test_more_seats_than_the_line_takes(self) -> None:
        book = shop()
        order(book, "1", ("A", 1))

        with pytest.raises(BadRequestError, match="takes 1 seat"):
            give(book.world, "1", "K3", seats=2)

    def test_a_key_for_another_line_than_any_that_waits(self) -> None:
        book = shop()
        order(book, "1", ("AB", 9))

        with pytest.raises(
            BadRequestError, match="has no line 7 that a key is due for; keys are due for these lines: 1"
        ):
            give(book.world, "1", "K3", Target("7"))

    def test_more_seats_than_a_waiting_line_takes(self) -> None:
        book = shop()
        book.does(lambda world: world.keys(CPT, 20))
        order(book, "1", ("AB", 9))

        with pytest.raises(BadRequestError, match="the line 1 of the order 1 takes 9 seats of NASM-CPT-FULL"):
            give(book.world, "1", "K6", seats=10)

    def test_an_order_while_the_mode_is_off(self) -> None:
        book = shop()
        order(book, "1", ("AB", 9))
        book.world.rules = book.world.rules._replace(mode=Mode.OFF)

        with pytest.raises(ConflictError, match="Nothing was assigned to the order 1: the mode is OFF"):
            give(book.world, "1", "K3")

    def test_an_order_whose_rows_cannot_be_read(self) -> None:
        book = shop()
        order(book, "1", ("AB", 9))
        record = book.world.state.orders["1"]
        book.world.state.orders["1"] = record._replace(lines="{")

        with pytest.raises(DamagedError, match=r"Order 1: .*Nothing is decided for it"):
            give(book.world, "1", "K3")

    def test_a_filled_order_of_which_an_older_row_cannot_be_read(self) -> None:
        book = shop()
        order(book, "1", ("A", 1))
        book.world.state.orders["1"] = book.world.state.orders["1"]._replace(kept="{")

        with pytest.raises(DamagedError, match="Nothing is decided for it"):
            give(book.world, "1", "K3")

    def test_a_line_that_a_filled_order_does_not_have_with_those_that_it_has(self) -> None:
        book = shop()
        order(book, "1", ("A", 1))

        with pytest.raises(BadRequestError) as refused:
            give(book.world, "1", "K3", Target("7"))

        assert refused.value.message == (
            "the order 1 has no line 7 that a key is due for; keys are due for these lines: 1 (A). Nothing was assigned"
        )

    @pytest.mark.parametrize("event", [OrderEvent.RELEASED, OrderEvent.CLOSED])
    def test_an_order_that_is_over_until_it_is_cleared(self, event: OrderEvent) -> None:
        book = shop()
        order(book, "1", ("AB", 9))
        book.does(lambda world: world.event("1", event))

        with pytest.raises(
            ConflictError, match=rf"The order 1 is {event.lower()}\. Nothing was assigned.*Clear Order Cache"
        ):
            give(book.world, "1", "K3")

        book.does(lambda world: world.keys(CPT, 9).keys(CNC, 9))
        book.does(lambda world: world.clear("1"))
        assert by_hand(book, "1", "K3").outcome.status is Status.FULFILLED


class TestTheAudit:
    def test_still_finds_a_key_out_of_turn_that_nobody_gave(self) -> None:
        book = shop()
        order(book, "1", ("A", 1))
        by_hand(book, "1", "K3")
        row = next(place for place, fact in enumerate(book.ledgers[Orders], 2) if fact.event is OrderEvent.BY_HAND)

        book.over(Orders, row, reason="by hand: key K2, 1 seat, for line 1 (NASM-CPT-FULL)")

        assert any("first in, first out" in message for _, _, message in book.audit())

    def test_still_finds_a_retired_key_given_by_hand(self) -> None:
        book = shop()
        order(book, "1", ("A", 1))
        by_hand(book, "1", "K3")
        row = next(
            place
            for place, fact in enumerate(book.ledgers[KeyLedger], 2)
            if fact.event is KeyEvent.ASSIGNED and fact.key_id == "K3"
        )

        book.over(KeyLedger, row, seats=9)

        assert any("assigns 9" in message for _, _, message in book.audit())
