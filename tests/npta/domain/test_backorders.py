"""Orders that wait: the reasons that there are by now, and what go-live, OFF and other orders have to do with it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npta.domain.catalogue.catalogue_summary import CatalogueSummary, CatalogueWarning, write_summary
from npta.domain.orders import backorders as module
from npta.domain.orders.backorders import backorder, backorders, promised_seats, shut_out_orders
from npta.domain.orders.eligibility import Mode, Rules, rules_in
from npta.domain.orders.eligibility import test_orders as orders_of_test
from npta.domain.orders.fulfillment import MAX_PROBLEMS_STORED, MAX_REASON, Outcome, redecide
from npta.domain.orders.ledger_rows import order_event
from npta.domain.orders.next_steps import next_step
from npta.domain.orders.order_actions import close
from npta.domain.orders.replays import fill
from npta.domain.reports.attention import attention
from npta.domain.reports.status import failed_orders
from npta.domain.reports.verification import keys_as_expected, what_to_do
from npta.domain.state.order_record import OrderRecord, Status
from npta.domain.state.receipts import (
    Code,
    Order,
    OrderLine,
    Problem,
    Receipt,
    TooLargeError,
    read_receipt,
    write_receipt,
)
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.errors import ConflictError, DamagedError
from npta.tables import KeyLedger, OrderEvent, Orders
from sheets_schema.advanced import MAX_TEXT
from tests.npta.domain.world import AT, LIVE, REGIONS, World, order_of, pool

CPT = "NASM CPT combined"
EXAM = "NASM CPT exam"
BLIND = LIVE._replace(unpublished=None)
"""As a repeat is decided: nobody has read the catalogue form."""


def codes(outcome: Outcome) -> list[tuple[str, Code]]:
    return [(problem.sku, problem.code) for problem in outcome.problems]


def rerun(text: str) -> bool:
    return "re-run the zap" in text.lower()


def told_everywhere(world: World, order_id: str, rules: Rules | None = None) -> list[str]:
    """What people are told of a failed order: in a look-up, in Attention, by status and by verify."""
    rules = rules or world.rules
    record = world.state.orders[order_id]
    row = next(row for row in attention(world.state, rules, 0) if row.which == order_id)
    listed = next(each for each in failed_orders(world.state, rules).first if each.order_id == order_id)
    look_up = world.answer(order_id, mode=rules.mode) if rules == world.rules else None
    check = keys_as_expected(world.state, record, rules, what_to_do(world.state, record, rules))
    told = [f"{row.detail} {row.next_step}", listed.reason, f"{check.found} {check.next_step}"]
    return [*told, f"{look_up.message} {look_up.next_step}"] if look_up else told


class TestEveryReasonAtOnce:
    def test_every_sku_is_named_with_its_own_in_the_sequence_of_the_lines(self) -> None:
        world = World(LIVE._replace(unpublished={"NEW"}))
        world.product("A", "NASM-CPT-FULL").product("B", "NASM-CPT-EXAM").product("C", "NASM-CPT-FULL").keys(EXAM, 9)

        outcome = world.order("1", ("A", 1), ("GONE", 1), ("B", 1), ("NEW", 1), ("C", 2))

        assert codes(outcome) == [
            ("A", Code.OUT_OF_STOCK),
            ("GONE", Code.UNKNOWN_SKU),
            ("NEW", Code.ENTITLEMENTS_MISSING),
            ("C", Code.OUT_OF_STOCK),
        ]
        assert {(each.needed, each.available) for each in outcome.problems if each.needed} == {(3, 0)}
        assert not [fact for fact in outcome.facts if isinstance(fact, KeyLedger)]

    def test_the_next_step_names_all_that_is_to_be_done_and_one_re_run(self) -> None:
        world = World(LIVE._replace(unpublished={"NEW"})).product("A", "NASM-CPT-FULL")

        step = world.answer("1", world.order("1", ("A", 1), ("GONE", 1), ("NEW", 1))).next_step

        for part in ("Import more keys", "Fill in “entitlements”", "Sync from Shopify"):
            assert part in step
        assert step.endswith(", then re-run the Zap.")
        assert step.lower().count("re-run") == 1

    def test_a_grown_order_is_told_what_its_new_lines_lack_only(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").product("B", "NASM-CPT-EXAM").keys(CPT, 1)
        world.order("1", ("A", 1))

        outcome = world.order("1", ("A", 1), ("B", 1), ("GONE", 1))

        assert codes(outcome) == [("B", Code.OUT_OF_STOCK), ("GONE", Code.UNKNOWN_SKU)]


class TestTheReasonsOfNow:
    @pytest.mark.parametrize("rules", [LIVE, BLIND], ids=["the form was read", "nobody looked"])
    def test_what_has_changed_since_counts_in_a_repeat_which_writes_nothing(self, rules: Rules) -> None:
        world = World().product("A", "NASM-CPT-FULL")
        world.order("1", ("A", 1), ("B", 1))
        world.product("B", "NASM-CPT-EXAM").keys(CPT, 5)

        again = world.place(order_of("1", ("A", 1), ("B", 1)), rules)

        assert (again.status, again.replayed, again.facts) == (Status.FAILED, True, ())
        assert codes(again) == [("B", Code.OUT_OF_STOCK)]

    def test_it_counts_wherever_people_look(self) -> None:
        world = World().product("A", "NASM-CPT-FULL")
        world.order("1", ("A", 1), ("B", 1))
        world.product("B", "NASM-CPT-EXAM").keys(CPT, 5)

        for told in told_everywhere(world, "1"):
            assert "B: NASM-CPT-EXAM needs 1" in told
            assert "not in the NPTA Catalogue" not in told
            assert "A: " not in told

    def test_a_product_that_was_taken_back_since_is_told(self) -> None:
        world = World().product("A", "NASM-CPT-FULL")
        world.order("1", ("A", 1))

        assert codes(world.product("A", "", "").order("1", ("A", 1))) == [("A", Code.UNKNOWN_SKU)]

    def test_what_was_seen_in_the_form_since_tells_unsynced_from_unknown_without_reading_it(self) -> None:
        world = World()
        world.order("1", ("NEW", 1))

        again = world.place(order_of("1", ("NEW", 1)), BLIND._replace(remarked={"NEW"}))

        assert codes(again) == [("NEW", Code.ENTITLEMENTS_MISSING)]

    def test_what_stood_in_the_form_when_the_order_came_is_remembered(self) -> None:
        world = World(LIVE._replace(unpublished={"NEW"}))
        world.order("1", ("NEW", 1))

        assert codes(world.place(order_of("1", ("NEW", 1)), BLIND)) == [("NEW", Code.ENTITLEMENTS_MISSING)]

    def test_seats_that_are_kept_for_an_older_order_are_told_as_such(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").product("B", "NASM-CPT-FULL")
        world.order("1", ("A", 2))
        world.order("2", ("B", 2), ("A", 1))
        world.keys(CPT, 4)
        assert world.reopen() == ["1"]

        again = world.order("2", ("B", 2), ("A", 1))

        assert (again.replayed, again.facts) == (True, ())
        assert [(each.sku, each.needed, each.available) for each in again.problems] == [("B", 3, 2), ("A", 3, 2)]
        assert "4 free, of which 2 are kept for orders that came first" in again.problems[0].message
        for told in told_everywhere(world, "2"):
            assert "kept for orders that came first" in told
        assert any("Re-run the Zap." in told for told in told_everywhere(world, "1"))

    def test_a_region_that_is_served_by_now_or_was_corrected_is_decided_anew(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("1", ("A", 1), region="MARS")
        world.order("2", ("A", 1), region="USA")
        assert world.order("1", ("A", 1), region="MARS").replayed

        assert world.order("1", ("A", 1)).status is Status.FULFILLED
        assert codes(world.place(order_of("2", ("A", 1), region="USA"), LIVE._replace(regions={"CANADA", "USA"}))) == [
            ("A", Code.OUT_OF_STOCK)
        ]

    def test_an_order_that_was_cleared_and_would_fail_again_is_not_said_to_be_ready(self) -> None:
        world = World().product("A", "NASM-CPT-FULL")
        world.order("1", ("A", 1))

        world.clear("1")

        for told in told_everywhere(world, "1"):
            assert "needs 1 of pool" in told
        assert "Import more keys" in attention(world.state, LIVE, 0)[0].next_step


class TestOff:
    OFF = LIVE._replace(mode=Mode.OFF, go_live_at="")

    def test_nobody_is_sent_to_re_run_what_has_not_been_opened(self) -> None:
        world = World().product("A", "NASM-CPT-FULL")
        world.order("1", ("A", 1))
        world.rules = self.OFF
        world.keys(CPT, 5)

        for told in told_everywhere(world, "1"):
            assert not rerun(told)
        again = world.order("1", ("A", 1))
        assert (again.status, again.replayed, again.facts) == (Status.FAILED, True, ())
        assert again.problems[0].message == "A: what it lacked is there now, but the mode is OFF"
        assert "0 free" not in again.problems[0].message
        world.rules = LIVE
        assert world.reopen() == ["1"]

    def test_what_lacks_nothing_is_opened_for_the_time_when_the_mode_is_another(self) -> None:
        world = World().product("A", "NASM-CPT-FULL")
        for order_id, quantity in (("1", 1), ("2", 2), ("3", 3)):
            world.order(order_id, ("A", quantity))
        world.rules = self.OFF
        world.keys(CPT, 4)

        assert world.reopen() == ["1", "2"]
        assert world.reopen() == []
        for order_id in ("1", "2", "3"):
            for told in told_everywhere(world, order_id):
                assert not rerun(told)
        world.rules = LIVE
        assert world.reopen() == [], "1 and 2 are open, and 3 lacks keys yet"
        assert [world.order(name, ("A", int(name))).status for name in ("1", "2")] == [Status.FULFILLED] * 2

    @pytest.mark.parametrize("code", ["REFUNDED", "CANCELLED"])
    def test_of_what_the_shop_took_back_nobody_is_sent_to_re_run_it(self, code: str) -> None:
        problem = Problem(Code[code], "", "taken back")
        record = OrderRecord("1")
        for rules, advised in ((LIVE, True), (self.OFF, False)):
            step = next_step(State(), record, Outcome(Status.FAILED, problems=(problem,)), rules)
            assert rerun(step) is advised
            assert step.startswith("Nothing is to be done.")

    @pytest.mark.parametrize("cleared", [False, True])
    def test_what_still_lacks_something_is_told_with_it(self, cleared: bool) -> None:
        world = World().product("A", "NASM-CPT-FULL")
        world.order("1", ("A", 1))
        world.rules = self.OFF
        if cleared:
            world.clear("1")

        row = attention(world.state, self.OFF, 0)[1]

        assert "Import more keys" in row.next_step
        assert "The mode is OFF" in row.next_step
        assert not rerun(row.next_step)

    def test_an_order_that_came_while_off_is_not_sent_through_clear_where_go_live_would_refuse_it(self) -> None:
        world = World(self.OFF).product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z")
        late, early = (LIVE._replace(go_live_at=f"2026-11-23T{hour}:00:00Z") for hour in ("12", "08"))

        steps = [attention(world.state, rules, 0)[-1].next_step for rules in (self.OFF, late, early)]

        assert [rerun(step) for step in steps] == [False, False, True]
        assert ["fill it in spite" in step for step in steps] == [False, True, False]
        assert all(step.startswith("Serve the order by hand, then press Close Order.") for step in steps)

    def test_one_that_was_cleared_says_what_a_repeat_would_say(self) -> None:
        world = World(self.OFF).product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z")
        world.clear("1")
        late, early = (LIVE._replace(go_live_at=f"2026-11-23T{hour}:00:00Z") for hour in ("12", "08"))

        shut, ready, off = (attention(world.state, rules, 0)[-1] for rules in (late, early, self.OFF))

        assert "before the system went live" in shut.detail
        assert not rerun(shut.next_step)
        assert (ready.next_step, ready.detail.endswith("mode was OFF, cleared since")) == ("Re-run the Zap.", True)
        assert "The mode is OFF" in off.next_step


class TestGoLive:
    NOON = LIVE._replace(go_live_at="2026-11-23T12:00:00Z")

    def waiting(self, **more: str) -> World:
        """An order of this morning that failed, before the system went live anew at noon, and its keys came."""
        world = World(LIVE).product("A", "NASM-CPT-FULL")
        world.order("1", ("A", 1), **more)
        world.rules = self.NOON
        return world.keys(CPT, 5)

    def test_what_it_shuts_out_is_not_opened_not_said_to_be_ready_and_named(self) -> None:
        world = self.waiting(paid_at="2026-11-23T10:00:00Z")

        assert world.reopen() == []
        assert shut_out_orders(world.state, self.NOON) == ("1",)
        for told in told_everywhere(world, "1"):
            assert "before the system went live" in told
            assert not rerun(told)
        again = world.order("1", ("A", 1))
        assert codes(again) == [("", Code.BEFORE_GO_LIVE)]
        assert (again.replayed, again.facts) == (True, ())
        assert not rerun(world.answer("1", again).next_step)

    def test_one_that_was_opened_before_is_not_said_to_be_ready_any_more(self) -> None:
        world = World(LIVE).product("A", "NASM-CPT-FULL")
        world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z")
        assert world.keys(CPT, 5).reopen() == ["1"]

        row = attention(world.state, self.NOON, 0)[0]

        assert not rerun(row.next_step)
        assert "fill it in spite of the go-live time" in row.next_step

    def test_what_it_shuts_out_keeps_no_seats_from_others(self) -> None:
        world = self.waiting(paid_at="2026-11-23T10:00:00Z")
        world.order("2", ("A", 6), paid_at="2026-11-23T13:00:00Z")

        assert world.keys(CPT, 1).reopen() == ["2"]

    def test_an_order_whose_payment_was_not_told_was_paid_before_it_was_seen(self) -> None:
        """Older receipts know no time of payment, and some Zaps send none."""
        world = World(LIVE).product("A", "NASM-CPT-FULL")
        world.order("1", ("A", 1))
        assert world.state.orders["1"].paid_at == AT

        world.rules = LIVE._replace(go_live_at="2026-11-23T18:00:00Z")
        world.keys(CPT, 5)

        assert world.reopen() == []
        assert shut_out_orders(world.state, world.rules) == ("1",)
        assert codes(world.order("1", ("A", 1))) == [("", Code.BEFORE_GO_LIVE)]
        assert fill(world.state, world.state.orders["1"], world.rules, stamp=Stamp(AT, "c")).status is Status.FULFILLED

    def test_once_it_lies_before_the_payment_again_the_order_is_decided_anew(self) -> None:
        world = World(self.NOON).product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z")
        world.order("2", ("A", 1), paid_at="2026-11-23T10:00:00Z")
        assert world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z").replayed

        world.rules = LIVE
        assert world.reopen() == ["1", "2"]
        assert world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z").status is Status.FULFILLED

    def test_in_test_mode_what_was_left_to_people_stays_so(self) -> None:
        world = World(self.NOON).product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z")
        world.rules = LIVE._replace(mode=Mode.TEST, go_live_at="")

        assert world.reopen() == []
        assert codes(world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z")) == [("", Code.BEFORE_GO_LIVE)]

    def test_a_filled_order_is_answered_whatever_it_says(self) -> None:
        world = World(LIVE).product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z")

        for _ in range(2):
            assert world.place(order_of("1", ("A", 1)), self.NOON).status is Status.FULFILLED
            world.clear("1")


def test_an_order_behind_others_says_of_each_pool_that_it_is_kept_for_them() -> None:
    """The first pool has nothing left, but of the second the order between takes the rest."""
    world = (
        World().product("P", "NASM-CPT-FULL").product("Q", "NASM-CPT-EXAM").product("PQ", "NASM-CPT-FULL,NASM-CPT-EXAM")
    )
    world.order("1", ("P", 1))
    world.order("2", ("Q", 1))
    world.order("3", ("PQ", 1))
    world.keys(CPT, 1).keys("NASM CPT exam", 1)

    found = backorder(world.state, world.state.orders["3"], LIVE)

    assert [problem.message for problem in found.problems] == [
        f"PQ: {entitlement} needs 1 of pool CANADA NASM CPT {component}, 1 free, of which 1 are kept for orders that came first"
        for entitlement, component in (("NASM-CPT-FULL", "combined"), ("NASM-CPT-EXAM", "exam"))
    ]


def test_and_of_a_pool_that_nobody_else_wants_it_says_nothing() -> None:
    world = World().product("P", "NASM-CPT-FULL").product("PQ", "NASM-CPT-FULL,NASM-CPT-EXAM")
    world.order("1", ("P", 1))
    world.order("2", ("PQ", 1))
    world.keys(CPT, 1).keys("NASM CPT exam", 1)

    found = backorder(world.state, world.state.orders["2"], LIVE)

    assert [problem.entitlement for problem in found.problems] == ["NASM-CPT-FULL"]


def test_the_seats_that_others_will_get_are_those_of_orders_that_lack_nothing_any_more() -> None:
    world = World().product("P", "NASM-CPT-FULL").product("Q", "NASM-CPT-EXAM")
    world.order("1", ("P", 2))
    world.order("2", ("Q", 1))
    world.order("3", ("P", 1))
    assert promised_seats(world.state, LIVE) == {}

    world.keys(CPT, 3)

    assert promised_seats(world.state, LIVE) == {pool(CPT): 3}


class TestFill:
    NOON = LIVE._replace(go_live_at="2026-11-23T12:00:00Z")

    def fill(self, world: World, order_id: str = "1", rules: Rules | None = None) -> Outcome:
        outcome = fill(world.state, world.state.orders[order_id], rules or world.rules, stamp=Stamp(AT, "c"))
        world.facts(*outcome.facts)
        return outcome

    def early(self, seats: int = 5) -> World:
        world = World(self.NOON).product("A", "NASM-CPT-FULL")
        world.order("1", ("A", 2), paid_at="2026-11-23T10:00:00Z", order_name="#1042")
        return world.keys(CPT, seats) if seats else world

    def test_it_overcomes_go_live_and_a_repeat_gives_the_same_keys(self) -> None:
        world = self.early()

        outcome = self.fill(world)
        again = world.order("1", ("A", 2), paid_at="2026-11-23T10:00:00Z")

        assert outcome.status is Status.FULFILLED
        assert (again.status, again.replayed) == (Status.FULFILLED, True)
        assert world.held("1") == [("K1", 2)]
        record = world.state.orders["1"]
        assert (record.email, record.order_name, record.customer_name) == ("ada@example.com", "#1042", "Ada Lovelace")
        assert self.fill(world)._replace(facts=()) == Outcome(Status.FULFILLED, replayed=True)

    def test_it_overcomes_nothing_else_and_says_what_is_lacking(self) -> None:
        world = self.early(seats=0)

        first, second = self.fill(world), self.fill(world)

        assert codes(first) == codes(second) == [("A", Code.OUT_OF_STOCK)]
        assert (first.replayed, second.replayed, second.facts) == (False, True, ())
        assert world.state.debts[pool(CPT)] == 2, "it is to be served, so its seats are kept"

    def test_what_a_person_decided_holds_when_its_keys_arrive(self) -> None:
        world = self.early(seats=0)
        self.fill(world)

        assert world.keys(CPT, 2).reopen() == ["1"]
        assert world.order("1", ("A", 2), paid_at="2026-11-23T10:00:00Z").status is Status.FULFILLED

    def test_it_does_not_hold_for_a_later_go_live_time(self) -> None:
        world = self.early(seats=0)
        self.fill(world)
        world.rules = LIVE._replace(go_live_at="2026-11-23T14:00:00Z")
        world.keys(CPT, 2)

        assert world.reopen() == []
        world.rules = self.NOON
        assert world.reopen() == ["1"], "and holds again with the one of before"

    def test_force_holds_like_it(self) -> None:
        world = self.early(seats=0)
        world.order("1", ("A", 2), paid_at="2026-11-23T10:00:00Z", force=True)

        assert world.keys(CPT, 2).reopen() == ["1"]
        assert world.order("1", ("A", 2), paid_at="2026-11-23T10:00:00Z").status is Status.FULFILLED

    @pytest.mark.parametrize("button", [OrderEvent.RELEASED, OrderEvent.CLOSED])
    def test_a_released_or_closed_order_is_not_filled_before_it_is_cleared(self, button: OrderEvent) -> None:
        world = self.early()
        world.event("1", button)

        with pytest.raises(ConflictError, match="Clear Order Cache"):
            self.fill(world)
        world.clear("1")
        assert self.fill(world).status is Status.FULFILLED

    def test_an_order_that_came_while_off_is_not_filled_before_it_is_cleared(self) -> None:
        world = World(LIVE._replace(mode=Mode.OFF)).product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("1", ("A", 1))

        for rules, why in ((LIVE._replace(mode=Mode.OFF), "the mode is OFF"), (LIVE, "to be served by hand")):
            with pytest.raises(ConflictError, match=why):
                self.fill(world, rules=rules)
        world.clear("1")
        assert self.fill(world, rules=LIVE).status is Status.FULFILLED

    def test_a_growth_is_filled_and_the_order_keeps_what_it_has(self) -> None:
        world = World(LIVE).product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z")
        world.rules = self.NOON
        assert codes(world.order("1", ("A", 3))) == [("", Code.BEFORE_GO_LIVE)]

        assert self.fill(world).status is Status.FULFILLED
        assert world.held("1") == [("K1", 1), ("K1", 2)]

    def test_where_nothing_is_to_be_done_it_does_nothing(self) -> None:
        world = World().product("X", fulfillment="EXTERNAL")
        world.order("1", ("X", 1))

        assert self.fill(world) == Outcome(Status.SKIPPED, replayed=True)

    @pytest.mark.parametrize(
        ("event", "lines"),
        [
            pytest.param(OrderEvent.DELIVERED, "", id="a row from which its lines are gone"),
            pytest.param(OrderEvent.MALFORMED, write_receipt(Receipt((), "CANADA")), id="a call that was malformed"),
        ],
    )
    def test_an_order_whose_lines_nobody_knows_is_not_filled(self, event: OrderEvent, lines: str) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.facts(order_event(OrderRecord("1"), event, lines=lines, stamp=Stamp(AT, "c")))

        with pytest.raises(ConflictError, match="its lines are not known here"):
            self.fill(world)

    def test_an_order_whose_rows_cannot_be_read_is_not_said_to_be_filled(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("1", ("A", 1))
        world.state.orders["1"] = world.state.orders["1"]._replace(kept="{")

        with pytest.raises(DamagedError, match="Nothing is decided for it"):
            self.fill(world)

    def test_an_order_in_test_is_filled_as_any(self) -> None:
        world = self.early()
        world.rules = LIVE._replace(mode=Mode.TEST, go_live_at="")

        assert self.fill(world).status is Status.FULFILLED
        assert orders_of_test(world.state) == ("1",)


class TestOneOrderStopsNoOther:
    """What concerns one order stops no operation on others."""

    def large(self, number: int = 450) -> tuple[tuple[OrderLine, ...], World]:
        """An order that could be recorded as long as its SKU was unknown, and another one that waits behind it."""
        lines = tuple(OrderLine(f"{place:040}", "BIG", 1) for place in range(number))
        world = World()
        world.place(order_of("1")._replace(lines=lines))
        world.order("2", ("BIG", 1))
        return lines, world.product("BIG", "NASM-NSBK_CPT-CNC-CES-FULL").keys("NASM NSBK_CPT-CNC-CES combined", 999)

    def test_one_that_is_too_large_to_be_recorded_with_its_keys_is_named_and_the_next_is_opened(self) -> None:
        lines, world = self.large()

        assert world.reopen() == ["2"]

        for told in told_everywhere(world, "1"):
            assert "too large to be recorded" in told
            assert not rerun(told)
        again = world.place(order_of("1")._replace(lines=lines))
        assert (codes(again), again.facts) == ([("", Code.TOO_LARGE)], ())
        with pytest.raises(ConflictError, match="too large"):
            fill(world.state, world.state.orders["1"], LIVE, stamp=Stamp(AT, "c"))
        with pytest.raises(TooLargeError):
            world.clear("1").place(order_of("1")._replace(lines=lines))
        world.press(close, "1")
        assert "1" not in {row.which for row in attention(world.state, LIVE, 0)}

    def test_as_many_lines_as_fit_are_served(self) -> None:
        _, world = self.large(200)

        assert world.reopen() == ["1", "2"]

    def test_a_failure_of_hundreds_of_lines_is_recorded_and_told_whole_but_no_cell_overflows(self) -> None:
        world = World()
        skus = [f"{number}-{'X' * 60}" for number in range(300)]

        outcome = world.order("1", *((sku, 1) for sku in skus))

        row = outcome.facts[-1]
        assert isinstance(row, Orders)
        assert [problem.sku for problem in outcome.problems] == skus
        assert len(read_receipt(row.lines).problems) == MAX_PROBLEMS_STORED
        assert len(row.reason) <= MAX_REASON
        assert [problem.sku for problem in world.place(order_of("1", *((sku, 1) for sku in skus))).problems] == skus

    def test_no_cell_of_attention_overflows(self) -> None:
        world = World()
        long = "X" * 500
        world.order("1", *((f"{number}{long}", 1) for number in range(40)), order_name=long, customer_name=long)
        remark = CatalogueWarning(7, "Y" * 49_999, "Z" * 49_999)

        rows = attention(world.state, LIVE, 0, [remark])

        assert {row.which for row in rows} >= {"1"}
        assert all(len(str(cell)) < MAX_TEXT / 10 for row in rows for cell in row.model_dump().values())

    @pytest.mark.parametrize(
        "lines",
        ["", "{", "{}", '{"region":"CANADA"}', "[]", "5", '{"region":"CANADA","lines":[["1","A"]],"owed":[],"skipped":[],"problems":[]}',
         '{"region":"CANADA","lines":[["1","A","x"]],"owed":[],"skipped":[],"problems":[]}',
         '{"region":"CANADA","lines":[],"owed":[["1","A","NASM",1]],"skipped":[],"problems":[]}',
         '{"region":"CANADA","lines":[],"owed":[],"skipped":[],"problems":[["a code of tomorrow","A","why"]]}'],
    )  # fmt: skip
    @pytest.mark.parametrize("filled", [False, True])
    def test_one_whose_receipt_cannot_be_read_is_named_and_decided_by_nobody(self, lines: str, filled: bool) -> None:
        world = World().product("A", "NASM-CPT-FULL")
        row = world.order("1", ("A", 1)).facts[-1] if not filled else world.keys(CPT, 1).order("1", ("A", 1)).facts[-1]
        world.order("2", ("A", 1))
        assert isinstance(row, Orders)
        world.facts(row.model_copy(update={"lines": lines}))

        assert world.keys(CPT, 5).reopen() == ["2"]
        assert world.order("2", ("A", 1)).status is Status.FULFILLED
        assert orders_of_test(world.state) == shut_out_orders(world.state, LIVE) == ()
        if filled and not lines:
            return  # an empty cell says that it holds nothing; its keys tell otherwise, and the audit says so
        if lines:
            with pytest.raises(DamagedError, match=r"Order 1: .* tab Orders"):
                world.order("1", ("A", 1))
        if not filled:
            (each,) = [each for each in backorders(world.state, LIVE) if each.record.order_id == "1"]
            assert not each.ready
            assert attention(world.state, LIVE, 0)[0].which == "1"
            world.press(close, "1")
            assert list(world.state.waiting_orders()) == []
        assert world.state.debts.get(pool(CPT), 0) == 0


def test_a_damaged_row_of_a_delivered_order_can_be_folded_and_counts_as_not_mailed() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 1)
    row = world.order("1", ("A", 1)).facts[-1]
    assert isinstance(row, Orders)

    world.event("1", OrderEvent.DELIVERED).facts(row.model_copy(update={"lines": "{"}))

    assert not world.state.orders["1"].delivered


def test_rules_come_from_what_stands_beside_the_lock_cell() -> None:
    seen = CatalogueSummary(remarks=(CatalogueWarning(3, "NEW", "entitlements missing"),))
    values = {"mode": "LIVE", "go_live_at": "2026-11-23T12:00:00Z", "mail_texts": "", "catalogue": write_summary(seen)}

    rules = rules_in(values, REGIONS)

    assert (rules.mode, rules.go_live_at, rules.regions) == (Mode.LIVE, "2026-11-23T12:00:00Z", REGIONS)
    assert (rules.unpublished, set(rules.remarked)) == (None, {"NEW"})
    assert rules_in(values, REGIONS, {"A"}).unpublished == {"A"}


def test_an_event_without_lines_leaves_what_is_known_of_the_payment() -> None:
    world = World().product("A", "NASM-CPT-FULL")
    world.order("1", ("A", 1), paid_at="2026-11-23T10:00:00Z")

    world.facts(order_event(world.state.orders["1"], OrderEvent.CLEARED, stamp=Stamp(AT, "c"))).order("1", ("A", 1))

    assert world.state.orders["1"].paid_at == "2026-11-23T10:00:00Z"


class TestLongQueue:
    """Thousands wait for the same keys, and Zapier repeats each of them."""

    @pytest.fixture
    def looked_at(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        seen: list[str] = []

        def counted(state: State, order: Order, rules: Rules, *, stamp: Stamp) -> Outcome:
            seen.append(order.order_id)
            return redecide(state, order, rules, stamp=stamp)

        monkeypatch.setattr(module, "redecide", counted)
        return seen

    @pytest.mark.parametrize("units", [1, 2, 3])
    @pytest.mark.parametrize("lines", [["A"], ["A", "B"], ["B", "A", "C"]], ids="+".join)
    def test_a_repeat_looks_at_as_many_as_the_keys_that_came_are_for(
        self, looked_at: list[str], units: int, lines: list[str]
    ) -> None:
        world = World().product("A", "NASM-CPT-FULL").product("B", "NASM-CPT-EXAM").product("C", "NASM-CNC-FULL")
        for number in range(60):
            world.order(str(100 + number), ("A", 1))
        world.order("1", *((sku, units) for sku in lines))
        world.keys(CPT, 6).keys(EXAM, 99).keys("NASM CNC combined", 99)
        whole = next(each for each in backorders(world.state, LIVE) if each.record.order_id == "1")
        looked_at.clear()

        found = backorder(world.state, world.state.orders["1"], LIVE)

        assert (found.problems, found.ready) == (whole.problems, False)
        assert len(looked_at) == 7

    def test_one_that_is_among_the_first_is_ready(self, looked_at: list[str]) -> None:
        world = World().product("A", "NASM-CPT-FULL")
        for number in range(60):
            world.order(str(100 + number), ("A", 1))
        world.keys(CPT, 6)
        looked_at.clear()

        assert [backorder(world.state, world.state.orders[each], LIVE).ready for each in ("105", "106")] == [
            True,
            False,
        ]

    @given(data=st.data())
    @settings(max_examples=60, deadline=None)
    def test_what_a_repeat_is_told_is_what_the_list_of_all_says(self, data: st.DataObject) -> None:
        world = (
            World()
            .product("A", "NASM-CPT-FULL")
            .product("B", "NASM-CPT-EXAM")
            .product("AB", "NASM-CPT-FULL,NASM-CPT-EXAM")
        )
        lines = st.lists(st.tuples(st.sampled_from(["A", "B", "AB"]), st.integers(1, 3)), min_size=1, max_size=3)
        for number in range(data.draw(st.integers(2, 12))):
            world.order(str(100 + number), *data.draw(lines))
        for where in (CPT, EXAM):
            if seats := data.draw(st.integers(0, 9)):
                world.keys(where, seats)

        for each in backorders(world.state, LIVE):
            found = backorder(world.state, each.record, LIVE)
            assert (found.ready, found.problems, found.takes) == (each.ready, each.problems, each.takes)


class TestPromised:
    """What is promised to others falls short; what is not is served."""

    def world(self, exam: int = 1) -> World:
        return World().product("PQ", "NASM-CPT-FULL,NASM-CPT-EXAM").keys(CPT, 3).keys("NASM CPT exam", exam)

    def failed(self, world: World, units: int, promised: int) -> list[tuple[str, int, int]]:
        rules = LIVE._replace(promised={pool(CPT): promised})
        outcome = world.place(order_of("1", ("PQ", units)), rules)
        return [(problem.entitlement, problem.needed, problem.available) for problem in outcome.problems]

    def test_only_the_pool_that_falls_short_is_named_with_what_is_left_of_it(self) -> None:
        assert self.failed(self.world(), 1, promised=3) == [("NASM-CPT-FULL", 1, 0)]
        assert self.failed(self.world(exam=2), 2, promised=2) == [("NASM-CPT-FULL", 2, 1)]
        assert self.failed(self.world(), 1, promised=9) == [("NASM-CPT-FULL", 1, 0)]

    def test_what_is_left_is_enough_to_the_last_seat(self) -> None:
        assert self.failed(self.world(), 1, promised=2) == []
        assert self.failed(self.world(exam=3), 3, promised=0) == []
