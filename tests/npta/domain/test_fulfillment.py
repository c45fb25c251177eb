"""Rules 4 to 10: what becomes of an order, and of the same order again."""

from __future__ import annotations

import pytest

from npta.domain.orders.fulfillment import CatalogueReadRequired
from npta.domain.orders.replays import decide
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import Code, OrderLine, Skipped
from npta.domain.state.times import Stamp
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders
from tests.npta.domain.world import AT, LIVE, World, order_of, pool

CPT = "NASM CPT combined"
EXAM = "NASM CPT exam"


def shop() -> World:
    """The runbook's products, and ten seats of everything."""
    world = World()
    world.product("CPTa", "NASM-CPT-FULL").product("CPT", "NASM-CPT-EXAM").product("CNCe", "NASM-CNC-EXAM")
    world.product("NSTB", "ELEIKO-STR1-FULL,NASM-CPT-FULL,NCSF-STS-FULL").product("KBS-1", fulfillment="EXTERNAL")
    for each in (CPT, EXAM, "NASM CNC exam", "ELEIKO STR1 combined", "NCSF STS combined"):
        world.keys(each, 10)
    return world


def codes_of(problems: tuple[object, ...]) -> list[Code]:
    return [problem.code for problem in problems]  # type: ignore[attr-defined]  # problems, as the outcome has them


class TestFirstDecision:
    def test_a_bundle_takes_a_seat_of_each_of_its_providers(self) -> None:
        world = shop()

        outcome = world.order("1", ("NSTB", 1))

        assert outcome.status is Status.FULFILLED
        assert [key.entitlement for key in world.answer("1").keys] == [
            "ELEIKO-STR1-FULL",
            "NASM-CPT-FULL",
            "NCSF-STS-FULL",
        ]

    def test_rule_3_the_letter_case_of_a_sku_counts(self) -> None:
        world = shop()

        assert world.order("1", ("cpta", 1)).problems[0].code is Code.UNKNOWN_SKU
        assert world.order("2", ("CPT", 1)).status is Status.FULFILLED
        assert world.answer("2").keys[0].component == "exam", "CPT and CPTa draw from different pools"

    def test_rule_2_a_stock_bundle_key_never_serves_a_single_course(self) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL").product("TRIO", "NASM-NSBK_CPT-CNC-CES-FULL")
        world.keys("NASM NSBK_CPT-CNC-CES combined", 15)

        assert world.order("1", ("CPTa", 1)).problems[0].code is Code.OUT_OF_STOCK
        assert world.order("2", ("TRIO", 1)).status is Status.FULFILLED
        assert world.held("2") == [("K1", 1)]

    def test_rule_5_a_line_takes_quantity_times_entitlements(self) -> None:
        world = World().product("TWIN", "NASM-CPT-FULL,NASM-CPT-FULL,NASM-CPT-EXAM").keys(CPT, 3, 9).keys(EXAM, 9)

        world.order("1", ("TWIN", 3))

        assert world.held("1") == [("K1", 3), ("K2", 3), ("K3", 3)]
        assert world.answer("1").keys_expected == world.answer("1").keys_count == 9

    def test_rule_5_one_seat_short_means_that_nothing_is_taken(self) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL").product("CPT", "NASM-CPT-EXAM").keys(CPT, 9).keys(EXAM, 1)

        outcome = world.order("1", ("CPTa", 2), ("CPT", 2))

        assert outcome.status is Status.FAILED
        assert not [fact for fact in outcome.facts if isinstance(fact, KeyLedger)]
        problem = outcome.problems[0]
        assert (problem.code, problem.sku, problem.needed, problem.available) == (Code.OUT_OF_STOCK, "CPT", 2, 1)
        assert problem.entitlement == "NASM-CPT-EXAM"
        assert str(pool(EXAM)) in problem.message

    def test_rule_5_external_lines_are_listed_and_never_filled(self) -> None:
        outcome = (world := shop()).order("1", ("CPTa", 1), ("KBS-1", 2))

        assert outcome.status is Status.FULFILLED
        assert world.answer("1").skipped == (Skipped("KBS-1", "EXTERNAL"),)
        assert world.answer("1").keys_expected == 1

    @pytest.mark.parametrize(
        ("lines", "skipped"),
        [
            pytest.param([("KBS-1", 1)], ("KBS-1", "EXTERNAL"), id="EXTERNAL"),
            pytest.param([("", 1)], ("", "no_sku"), id="no SKU"),
        ],
    )
    def test_rule_5_an_order_without_any_line_for_the_system_is_skipped(
        self, lines: list[tuple[str, int]], skipped: tuple[str, str]
    ) -> None:
        world = shop()

        assert world.order("1", *lines).status is Status.SKIPPED
        assert world.answer("1").skipped == (skipped,)
        assert world.order("1", *lines).replayed

    def test_a_line_without_sku_does_not_stop_the_others(self) -> None:
        world = shop()

        assert world.order("1", ("", 1), ("CPTa", 1)).status is Status.FULFILLED

    @pytest.mark.parametrize(
        ("in_the_form", "code"),
        [
            pytest.param({"CPTa"}, Code.ENTITLEMENTS_MISSING, id="in the catalogue but not published"),
            pytest.param({"CPTA"}, Code.UNKNOWN_SKU, id="not in the catalogue"),
        ],
    )
    def test_an_unpublished_sku_is_told_from_an_unknown_one(self, in_the_form: set[str], code: Code) -> None:
        rules = LIVE._replace(unpublished=in_the_form)

        assert World(rules).order("1", ("CPTa", 1)).problems[0].code is code

    def test_a_product_that_was_taken_back_is_no_longer_offered(self) -> None:
        world = shop().product("CPTa", "", "")

        assert world.order("1", ("CPTa", 1)).status is Status.FAILED

    def test_whether_a_sku_is_unknown_is_asked_of_the_form_only_where_it_matters(self) -> None:
        blind = LIVE._replace(unpublished=None)
        world = shop()

        assert world.place(order_of("1", ("CPTa", 1)), blind).status is Status.FULFILLED
        with pytest.raises(CatalogueReadRequired):
            world.place(order_of("2", ("CPTa", 1), ("XYZ", 1)), blind)

    def test_every_reason_of_a_failed_order_is_named(self) -> None:
        world = World(LIVE._replace(unpublished={"NEW"})).product("CPTa", "NASM-CPT-FULL")

        problems = world.order("1", ("XYZ", 1), ("NEW", 1), ("NEW", 2), ("CPTa", 1)).problems

        assert [(problem.sku, problem.code) for problem in problems] == [
            ("XYZ", Code.UNKNOWN_SKU),
            ("NEW", Code.ENTITLEMENTS_MISSING),
            ("CPTa", Code.OUT_OF_STOCK),
        ]

    def test_the_order_row_carries_order_and_customer(self) -> None:
        outcome = shop().order("1", ("CPTa", 1), order_name="#1042")

        row = outcome.facts[-1]
        assert isinstance(row, Orders)
        assert (row.order_id, row.order_name, row.customer_name) == ("1", "#1042", "Ada Lovelace")
        assert (row.email, row.at, row.commit, row.event) == ("ada@example.com", AT, "c", OrderEvent.FULFILLED)


class TestAgain:
    def test_rule_6_the_same_order_again_gives_the_same_keys_in_the_same_sequence_and_takes_nothing(self) -> None:
        world = World().product("NSTB", "NASM-CPT-FULL,NASM-CPT-EXAM").keys(CPT, 1, 9).keys(EXAM, 9)
        world.order("1", ("NSTB", 2))
        first, seats = world.answer("1").keys, world.seats()

        again = world.order("1", ("NSTB", 2))

        assert (again.status, again.replayed, again.facts) == (Status.FULFILLED, True, ())
        assert world.answer("1", again).keys == first
        assert world.seats() == seats

    def test_rule_10_the_same_quantities_in_other_lines_are_the_same_order(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 2), ("CPT", 1))

        assert world.order("1", ("CPT", 1), ("CPTa", 1), ("CPTa", 1), email="other@example.com").replayed

    def test_rule_7_a_failed_order_stays_locked_although_the_reason_is_gone(self) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL")
        first = world.order("1", ("CPTa", 1))

        again = world.keys(CPT, 5).order("1", ("CPTa", 1))

        assert (again.status, again.replayed, again.facts) == (Status.FAILED, True, ())
        assert again.problems == first.problems

    @pytest.mark.parametrize("event", [OrderEvent.CLEARED, OrderEvent.REOPENED])
    def test_rule_7_a_failed_order_is_filled_once_it_was_opened(self, event: OrderEvent) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL")
        world.order("1", ("CPTa", 1))

        world.keys(CPT, 5).event("1", event)

        assert world.order("1", ("CPTa", 1)).status is Status.FULFILLED
        assert world.order("1", ("CPTa", 1)).replayed

    def test_rule_7_a_failed_order_that_was_opened_too_early_is_locked_again(self) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL")
        world.order("1", ("CPTa", 1))

        assert not world.clear("1").order("1", ("CPTa", 1)).replayed
        assert world.keys(CPT, 5).order("1", ("CPTa", 1)).replayed

    def test_rule_7_force_is_for_the_go_live_time_and_opens_no_other_lock(self) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL")
        world.order("1", ("CPTa", 1), force=True)

        again = world.keys(CPT, 5).order("1", ("CPTa", 1), force=True)

        assert (again.status, again.replayed, again.facts) == (Status.FAILED, True, ())

    def test_a_failed_order_with_other_lines_is_another_question(self) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL").product("CPT", "NASM-CPT-EXAM").keys(EXAM, 5)
        world.order("1", ("CPTa", 1))

        assert world.order("1", ("CPT", 1)).status is Status.FULFILLED

    def test_rule_8_a_cleared_order_gets_the_same_keys_although_the_catalogue_has_changed(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))
        before, seats = world.answer("1").keys, world.seats()

        world.product("CPTa", "NASM-CNC-EXAM,NASM-CPT-EXAM").clear("1")
        again = world.order("1", ("CPTa", 1))

        assert (again.status, again.replayed) == (Status.FULFILLED, False)
        assert world.answer("1").keys == before
        assert world.answer("1").keys_expected == 1
        assert world.seats() == seats

    def test_rule_8_a_cleared_order_gets_its_keys_although_its_product_is_gone(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))

        world.product("CPTa", "", "").clear("1")

        assert world.order("1", ("CPTa", 1)).status is Status.FULFILLED

    def test_rule_8_only_what_is_missing_is_added(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 3))
        kept = world.held("1")
        lost = KeyLedger(
            at=AT,
            event=KeyEvent.RELEASED,
            order_id="1",
            line_item_id="1",
            entitlement="NASM-CPT-FULL",
            key_id="K1",
            keycode="code-of-K1",
            seats=1,
            commit="c",
        )

        outcome = world.facts(lost).clear("1").order("1", ("CPTa", 3))

        assert [fact.seats for fact in outcome.facts if isinstance(fact, KeyLedger)] == [1]
        assert world.answer("1").keys_count == sum(seats for _, seats in kept) == 3

    def test_an_order_that_was_skipped_stays_so_until_cleared(self) -> None:
        world = shop()
        world.order("1", ("KBS-1", 1))
        world.product("KBS-1", "NASM-CPT-FULL")

        assert world.order("1", ("KBS-1", 1), force=True).status is Status.SKIPPED
        assert world.clear("1").order("1", ("KBS-1", 1)).status is Status.FULFILLED


class TestReleased:
    def test_rule_9_a_late_repeat_of_a_released_order_is_refused_until_cleared(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 2))
        world.release("1")

        repeat = world.order("1", ("CPTa", 2), force=True)

        assert (repeat.status, repeat.facts) == (Status.RELEASED, ())
        assert world.order("1", ("CPTa", 3)).status is Status.RELEASED, "whatever its lines"
        assert world.held("1") == []
        assert world.clear("1").order("1", ("CPTa", 2)).status is Status.FULFILLED

    def test_rule_4_released_seats_are_back_at_their_keys_old_place_in_the_queue(self) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL").keys(CPT, 2, 2, 2)
        world.order("1", ("CPTa", 2))
        world.order("2", ("CPTa", 2))

        world.release("1")
        world.order("3", ("CPTa", 3))

        assert world.held("3") == [("K1", 2), ("K3", 1)]

    def test_rule_8_release_discards_what_was_frozen(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))

        world.release("1").product("CPTa", "NASM-CPT-EXAM").clear("1").order("1", ("CPTa", 1))

        assert [key.component for key in world.answer("1").keys] == ["exam"]

    def test_rule_9_releasing_a_failed_order_ends_its_debt(self) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL")
        world.order("1", ("CPTa", 2))
        assert world.state.debts[pool(CPT)] == 2

        world.release("1")

        assert world.state.debts[pool(CPT)] == 0

    def test_a_closed_order_is_refused_and_owes_nothing(self) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL")
        world.order("1", ("CPTa", 2))

        world.event("1", OrderEvent.CLOSED).keys(CPT, 5)

        assert world.order("1", ("CPTa", 2)).status is Status.CLOSED
        assert world.state.debts[pool(CPT)] == 0


class TestChanged:
    def test_rule_10_a_grown_order_tops_up_the_difference_and_answers_all_keys(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))
        first = world.answer("1").keys

        grown = world.order("1", ("CPTa", 2), ("CPT", 1))

        assert (grown.status, grown.replayed) == (Status.FULFILLED, False)
        assert [(key.entitlement, key.seats) for key in world.answer("1").keys] == [
            ("NASM-CPT-FULL", 2),
            ("NASM-CPT-EXAM", 1),
        ]
        assert world.answer("1").keys[0].keycode == first[0].keycode
        assert world.order("1", ("CPT", 1), ("CPTa", 2)).replayed

    def test_rule_8_the_old_part_of_a_grown_order_is_owed_as_it_was_then(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))

        world.product("CPTa", "NASM-CNC-EXAM").order("1", ("CPTa", 2))

        assert [key.entitlement for key in world.answer("1").keys] == ["NASM-CPT-FULL", "NASM-CNC-EXAM"]

    def test_rule_10_a_grown_order_that_cannot_be_topped_up_keeps_what_it_has(self) -> None:
        world = World().product("CPTa", "NASM-CPT-FULL").keys(CPT, 1)
        world.order("1", ("CPTa", 1))

        grown = world.order("1", ("CPTa", 3))

        assert grown.status is Status.FAILED
        assert (grown.problems[0].needed, grown.problems[0].available) == (2, 0)
        assert world.held("1") == [("K1", 1)]
        assert world.state.debts[pool(CPT)] == 2, "owed is what is missing"
        assert world.order("1", ("CPTa", 1)).status is Status.FULFILLED, "the order as it was filled is answered still"

    @pytest.mark.parametrize(
        "lines",
        [
            pytest.param([("CPTa", 1)], id="fewer of one"),
            pytest.param([("CPTa", 2)], id="a line gone"),
            pytest.param([("CPTa", 2), ("CNCe", 1)], id="a line exchanged"),
            pytest.param([("CPTa", 9), ("CNCe", 9)], id="grown and shrunk at once"),
        ],
    )
    def test_rule_10_a_shrunk_or_changed_order_is_refused_once_and_stays_filled(
        self, lines: list[tuple[str, int]]
    ) -> None:
        world = shop()
        world.order("1", ("CPTa", 2), ("CPT", 1))
        before, seats = world.answer("1"), world.seats()

        refused, again = world.order("1", *lines), world.order("1", *lines)

        assert (refused.status, refused.replayed) == (Status.FAILED, False)
        assert codes_of(refused.problems) == [Code.ORDER_CHANGED]
        assert [fact.event for fact in refused.facts if isinstance(fact, Orders)] == [OrderEvent.REFUSED]
        assert (again.replayed, again.facts, again.problems) == (True, (), refused.problems)
        assert world.seats() == seats
        assert world.answer("1").keys == before.keys
        assert world.answer("1").status is Status.FULFILLED
        assert world.order("1", ("CPTa", 2), ("CPT", 1)).replayed

    def test_rule_10_the_refusal_tells_what_changed(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 2), ("", 1))

        message = world.order("1", ("CPTa", 1)).problems[0].message

        assert "(CPTa was 2 and is now 1)" in message, "and not a word of the tip that is gone"

    @pytest.mark.parametrize(
        ("skus", "more"),
        [
            pytest.param(1, "", id="one"),
            pytest.param(10, "", id="as many as are named"),
            pytest.param(11, ", and 1 more)", id="one more"),
            pytest.param(14, ", and 4 more)", id="many more"),
        ],
    )
    def test_rule_10_a_refusal_names_ten_skus_and_counts_the_others(self, skus: int, more: str) -> None:
        world = World()
        for number in range(skus):
            world.product(f"S{number:02}", "NASM-CPT-FULL")
        world.keys(CPT, 99)
        world.order("1", *((f"S{number:02}", 2) for number in range(skus)))

        message = world.order("1", *((f"S{number:02}", 1) for number in range(skus))).problems[0].message

        assert message.count("was 2 and is now 1") == min(skus, 10)
        assert ("more)" in message) == bool(more)
        assert more in message

    def test_rule_10_a_changed_order_is_refused_once_more_after_clear_and_only_once(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 2))
        world.order("1", ("CPTa", 1))

        refusals = [world.clear("1").order("1", ("CPTa", 1)), world.order("1", ("CPTa", 1))]

        assert [len(refusal.facts) for refusal in refusals] == [1, 0]
        assert world.order("1", ("CPTa", 2)).status is Status.FULFILLED, "and what was cleared stays open"

    def test_a_grown_order_is_owed_its_old_part_where_it_was_filled(self) -> None:
        rules = LIVE._replace(regions=frozenset({"CANADA", "USA"}))
        world = World(rules).product("CPTa", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("1", ("CPTa", 1))

        outcome = world.order("1", ("CPTa", 9), region="USA")

        assert outcome.status is Status.FAILED
        assert {where: seats for where, seats in world.state.debts.items() if seats} == {pool(CPT): 8}


class TestDelivery:
    def test_new_keys_of_a_grown_order_are_still_to_be_delivered(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))
        world.event("1", OrderEvent.DELIVERED)
        assert world.answer("1").delivered

        world.order("1", ("CPTa", 2))

        assert not world.answer("1").delivered

    def test_new_keys_after_a_release_are_still_to_be_delivered(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))

        world.event("1", OrderEvent.DELIVERED).release("1").clear("1").order("1", ("CPTa", 1))

        assert not world.answer("1").delivered

    def test_clearing_an_order_does_not_forget_that_its_mail_arrived(self) -> None:
        world = shop()
        world.order("1", ("CPTa", 1))

        world.event("1", OrderEvent.DELIVERED).clear("1").order("1", ("CPTa", 1))

        assert world.answer("1").delivered


def test_deciding_changes_nothing_by_itself() -> None:
    world = shop()

    for _ in range(2):
        outcome = decide(world.state, order_of("1", ("NSTB", 1)), LIVE, stamp=Stamp(AT, "c"))
        assert outcome.status is Status.FULFILLED
        assert not outcome.replayed
    assert "1" not in world.state.orders


def test_lines_with_the_same_id_are_each_filled() -> None:
    world = shop()
    twice = order_of("1")._replace(lines=(OrderLine("1", "CPTa", 1), OrderLine("1", "CPTa", 2)))

    assert world.place(twice).status is Status.FULFILLED
    assert world.answer("1").keys_count == 3
