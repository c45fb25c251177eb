"""The same order again, after it changed, failed, or was closed meanwhile."""

from __future__ import annotations

import pytest

from npta.domain.orders.eligibility import Mode
from npta.domain.orders.ledger_rows import order_malformed
from npta.domain.orders.order_actions import clear, close, mark_delivered
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import Code, OrderLine
from npta.domain.state.times import Stamp
from npta.errors import ConflictError, DamagedError
from npta.tables import KeyLedger, OrderEvent, Orders
from tests.npta.domain.world import AT, LIVE, World, order_of, pool

CPT = "NASM CPT combined"


def shop(seats: int = 3) -> World:
    world = World().product("A", "NASM-CPT-FULL").product("B", "NASM-CPT-FULL").product("KBS", fulfillment="EXTERNAL")
    return world.keys(CPT, seats) if seats else world


def owed(world: World) -> int:
    return world.state.debts.get(pool(CPT), 0)


def waiting(world: World) -> list[str]:
    return [record.order_id for record in world.state.waiting_orders()]


class TestLinesThatNothingServes:
    """Case 16: a tip or a custom item that comes or goes changes nothing that the system serves."""

    @pytest.mark.parametrize(
        ("first", "again"),
        [
            pytest.param([("A", 1), ("", 1)], [("A", 1)], id="a tip is gone"),
            pytest.param([("A", 1)], [("A", 1), ("", 1)], id="a tip has come"),
            pytest.param([("A", 1), ("", 1)], [("A", 1), ("", 3)], id="another tip"),
            pytest.param([("", 1), ("A", 1), ("", 1)], [("A", 1)], id="two custom items are gone"),
            pytest.param([("", 2), ("A", 1), ("KBS", 1)], [("KBS", 1), ("A", 1)], id="beside a line served by hand"),
        ],
    )
    @pytest.mark.parametrize("cleared", [False, True])
    def test_a_filled_order_is_answered_as_before(
        self, first: list[tuple[str, int]], again: list[tuple[str, int]], cleared: bool
    ) -> None:
        world = shop()
        world.order("1", *first)
        keys = world.answer("1").keys
        if cleared:
            world.clear("1")

        outcome = world.order("1", *again)

        assert (outcome.status, outcome.replayed) == (Status.FULFILLED, not cleared)
        assert world.answer("1", outcome).keys == keys

    def test_a_failed_order_is_the_same_failure(self) -> None:
        world = shop(0)
        world.order("1", ("A", 1), ("", 1))

        again = world.order("1", ("A", 1))

        assert (again.status, again.replayed, again.facts) == (Status.FAILED, True, ())

    def test_a_changed_order_is_the_same_refusal(self) -> None:
        world = shop()
        world.order("1", ("A", 2))
        world.order("1", ("A", 1), ("", 1))

        assert world.order("1", ("A", 1)).replayed

    def test_a_grown_order_names_the_custom_items_that_it_has_now(self) -> None:
        world = shop()
        world.order("1", ("A", 1), ("", 1))
        assert [each.reason for each in world.answer("1").skipped] == ["no_sku"]

        world.order("1", ("A", 2))

        assert world.answer("1").skipped == ()
        assert world.answer("1").keys_count == 2

    @pytest.mark.parametrize("filled", [True, False])
    def test_what_was_written_before_tips_were_left_out_is_known_again(self, filled: bool) -> None:
        """Older rows hold a fingerprint that counted the tip."""
        world = shop(3 if filled else 0)
        outcome = world.order("1", ("A", 1), ("", 1))
        row = outcome.facts[-1]
        assert isinstance(row, Orders)
        world.facts(row.model_copy(update={"fingerprint": "3be0706b0a4a6116"}))

        again = world.order("1", ("A", 1))

        assert (again.status, again.replayed) == (outcome.status, True)

    def test_a_sku_that_an_older_receipt_holds_with_an_odd_blank_is_the_same(self) -> None:
        world = shop()
        row = world.order("1", ("A", 1)).facts[-1]
        assert isinstance(row, Orders)
        world.facts(row.model_copy(update={"fingerprint": "older", "lines": row.lines.replace('"A"', '" A\u00a0"')}))

        assert world.order("1", ("A", 1)).replayed
        assert world.order("1", ("A", 2)).status is Status.FULFILLED
        assert world.answer("1").keys_count == 2


class TestAGrowthThatFailed:
    def test_taken_back_it_is_owed_no_more_and_the_order_is_as_before(self) -> None:
        world = shop()
        world.order("1", ("A", 2))
        world.press(mark_delivered, "1", message_id="m")
        keys = world.answer("1").keys
        assert world.order("1", ("A", 9)).status is Status.FAILED

        back, again = world.order("1", ("A", 2)), world.order("1", ("A", 2))

        assert [(each.status, each.replayed) for each in (back, again)] == [(Status.FULFILLED, True)] * 2
        assert not [fact for fact in back.facts if isinstance(fact, KeyLedger)]
        assert again.facts == ()
        assert (world.answer("1").keys, world.answer("1").delivered) == (keys, True)
        assert (waiting(world), owed(world)) == ([], 0)

    def test_changed_to_something_else_it_is_refused_and_owed_no_more(self) -> None:
        world = shop()
        world.order("1", ("A", 2))
        world.order("1", ("A", 9))

        refused, again = world.order("1", ("A", 1)), world.order("1", ("A", 1))

        assert [problem.code for problem in refused.problems] == [Code.ORDER_CHANGED]
        assert [(fact.event, fact.status) for fact in refused.facts if isinstance(fact, Orders)] == [
            (OrderEvent.FULFILLED, "fulfilled"),
            (OrderEvent.REFUSED, "fulfilled"),
        ]
        assert (again.replayed, again.facts) == (True, ())
        assert (waiting(world), owed(world)) == ([], 0)
        assert world.answer("1").keys_count == 2

    def test_asked_for_again_it_is_decided_again(self) -> None:
        world = shop()
        world.order("1", ("A", 2))
        world.order("1", ("A", 4))
        world.order("1", ("A", 2))

        assert world.order("1", ("A", 4)).status is Status.FAILED
        assert owed(world) == 2
        assert world.keys(CPT, 9).clear("1").order("1", ("A", 4)).status is Status.FULFILLED

    def test_one_that_came_while_off_stays_listed_until_a_person_closes_it(self) -> None:
        """Zapier does not repeat it, and the repeat of the older lines may only be late."""
        world = shop()
        world.order("1", ("A", 1))
        world.place(order_of("1", ("A", 2)), LIVE._replace(mode=Mode.OFF))

        assert world.order("1", ("A", 1)).status is Status.FULFILLED
        assert [record.order_id for record in world.state.by_hand_orders()] == ["1"]
        world.press(close, "1")
        assert list(world.state.by_hand_orders()) == []


class TestClose:
    def test_what_a_grown_order_lacks_is_owed_no_more_and_its_keys_stay(self) -> None:
        world = shop()
        world.order("1", ("A", 2))
        keys = world.answer("1").keys
        world.order("1", ("A", 9))

        world.press(close, "1")

        assert (waiting(world), owed(world)) == ([], 0)
        grown, filled, other = (world.order("1", ("A", count)) for count in (9, 2, 1))
        assert [each.status for each in (grown, filled, other)] == [Status.CLOSED, Status.FULFILLED, Status.CLOSED]
        assert [each.facts for each in (grown, filled, other)] == [()] * 3
        assert world.answer("1", grown).keys == ()
        assert world.answer("1", filled).keys == keys

    def test_its_mail_can_still_be_confirmed(self) -> None:
        world = shop()
        world.order("1", ("A", 2))
        world.order("1", ("A", 9))
        world.press(close, "1")
        assert [record.order_id for _, record in world.state.undelivered()] == ["1"]

        world.press(mark_delivered, "1", message_id="")

        assert list(world.state.undelivered()) == []
        assert world.order("1", ("A", 2)).status is Status.FULFILLED

    def test_what_was_closed_and_cleared_is_closed_again(self) -> None:
        world = shop(0)
        world.order("1", ("A", 2))

        pressed = [world.press(button, "1") for button in (close, clear, close, close)]

        assert [len(facts) for facts in pressed] == [1, 1, 1, 0]
        assert world.keys(CPT, 9).order("1", ("A", 2)).status is Status.CLOSED
        assert world.clear("1").order("1", ("A", 2)).status is Status.FULFILLED

    @pytest.mark.parametrize("before", [(), (clear,)])
    def test_an_order_that_waits_for_nothing_is_not_closed(self, before: tuple[object, ...]) -> None:
        world = shop()
        world.order("1", ("A", 2))
        for _ in before:
            world.press(clear, "1")

        with pytest.raises(ConflictError, match="Release Keys"):
            world.press(close, "1")

    def test_a_closed_order_that_is_cleared_may_be_filled_with_what_it_lacked(self) -> None:
        world = shop()
        world.order("1", ("A", 2))
        world.order("1", ("A", 9))
        world.press(close, "1")

        assert world.keys(CPT, 9).clear("1").order("1", ("A", 9)).status is Status.FULFILLED
        assert world.answer("1").keys_count == 9

    def test_releasing_a_closed_order_gives_its_keys_back(self) -> None:
        world = shop()
        world.order("1", ("A", 2))
        world.order("1", ("A", 9))
        world.press(close, "1")

        world.release("1")

        assert world.held("1") == []
        assert [world.order("1", ("A", count)).status for count in (2, 9)] == [Status.RELEASED] * 2


def test_clearing_can_open_the_mail_as_well() -> None:
    world = shop()
    world.order("1", ("A", 1))
    world.press(mark_delivered, "1", message_id="m")

    facts = world.press(clear, "1", again=True)

    assert [fact.event for fact in facts if isinstance(fact, Orders)] == [OrderEvent.CLEARED, OrderEvent.RESEND]
    assert world.press(clear, "1", again=True) == [], "it is open, and so is its mail"
    assert not world.answer("1").delivered


def test_clearing_an_order_without_keys_opens_no_mail() -> None:
    world = shop(0)
    world.order("1", ("A", 1))

    facts = world.press(clear, "1", again=True)

    assert [fact.event for fact in facts if isinstance(fact, Orders)] == [OrderEvent.CLEARED]


def test_the_same_quantities_under_other_line_ids_are_the_same_order() -> None:
    world = shop()
    world.order("1", ("A", 2))
    moved = order_of("1")._replace(lines=(OrderLine("77", "A", 1), OrderLine("78", "A", 1)))

    assert world.place(moved).replayed
    assert AT in {event.at for event in world.state.orders["1"].events}


class TestACallThatCannotBeRead:
    """It is put before people, once for each reason, and says nothing of an order that was decided."""

    def tell(self, world: World, why: str = "email: is missing") -> bool:
        row = order_malformed(world.state.orders.get("1"), order_of("1"), why, stamp=Stamp(AT, "c"))
        if row:
            world.facts(row)
        return row is not None

    def test_is_noted_once_for_each_reason(self) -> None:
        world = World()

        assert [self.tell(world, why) for why in ("a", "a", "b", "a", "b", "c")] == [
            True,
            False,
            True,
            False,
            False,
            True,
        ]

    def test_is_noted_so_many_times_at_most(self) -> None:
        world = World()

        assert [self.tell(world, f"reason {number}") for number in range(12)] == [True] * 10 + [False] * 2

    def test_is_noted_again_once_it_was_cleared(self) -> None:
        world = World()
        self.tell(world)
        world.clear("1")

        assert self.tell(world)

    def test_says_nothing_of_an_order_that_was_decided(self) -> None:
        world = World()
        world.order("1", ("A", 1))

        assert not self.tell(world)


@pytest.mark.parametrize(
    "damaged",
    [OrderRecord("1", open=True, lines="{"), OrderRecord("1", open=True, filled="{"), OrderRecord("1", kept="{")],
)
def test_nothing_is_decided_for_an_order_whose_rows_cannot_be_read(damaged: OrderRecord) -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 5)
    world.state.orders["1"] = damaged

    with pytest.raises(DamagedError, match=r"Order 1: .*Nothing is decided for it"):
        world.order("1", ("A", 1))
