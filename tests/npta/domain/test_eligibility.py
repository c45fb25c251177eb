"""Rules 14 and 15: mode, go-live time and regions."""

from __future__ import annotations

import pytest

from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import Code
from npta.tables import KeyLedger
from tests.npta.domain.world import LIVE, World, pool

CPT = "NASM CPT combined"
OFF = LIVE._replace(mode=Mode.OFF)
TEST = Rules(Mode.TEST, LIVE.regions, unpublished=())
SINCE = "2026-11-23T12:00:00Z"
LIVE_SINCE = LIVE._replace(go_live_at=SINCE)


def shop(rules: Rules) -> World:
    return World(rules).product("CPTa", "NASM-CPT-FULL").keys(CPT, 10)


def test_rule_14_off_records_the_order_and_takes_nothing() -> None:
    world = shop(OFF)

    outcome = world.order("1", ("CPTa", 1), ("XYZ", 1))

    assert outcome.status is Status.OFF
    assert not [fact for fact in outcome.facts if isinstance(fact, KeyLedger)]
    assert world.state.orders["1"].receipt.lines[0].sku == "CPTa"
    assert world.state.debts == {}, "what is served by hand is not owed by the system"


def test_rule_14_a_late_repeat_in_live_does_not_fill_what_came_in_off() -> None:
    world = shop(OFF)
    world.order("1", ("CPTa", 1))
    world.rules = LIVE

    repeat = world.order("1", ("CPTa", 1), force=True)

    assert (repeat.status, repeat.replayed, repeat.facts) == (Status.OFF, True, ())
    assert world.clear("1").order("1", ("CPTa", 1)).status is Status.FULFILLED


def test_rule_14_off_still_answers_what_was_filled_before() -> None:
    world = shop(LIVE)
    world.order("1", ("CPTa", 1))
    before = world.answer("1").keys
    world.rules = OFF

    assert world.order("1", ("CPTa", 1)).replayed
    assert world.clear("1").order("1", ("CPTa", 1)).status is Status.FULFILLED
    assert world.answer("1").keys == before


def test_rule_14_an_order_that_grew_while_off_keeps_the_keys_it_had() -> None:
    world = shop(LIVE)
    world.order("1", ("CPTa", 1))
    before, seats = world.answer("1").keys, world.seats()
    world.rules = OFF

    grown = world.order("1", ("CPTa", 2))
    repeat = world.order("1", ("CPTa", 1))

    assert grown.status is Status.OFF
    assert repeat.status is Status.FULFILLED
    assert world.answer("1", repeat).keys == before
    assert world.seats() == seats


@pytest.mark.parametrize(
    ("mode", "recipient"),
    [(Mode.TEST, "test@npta.example"), (Mode.LIVE, "ada@example.com")],
    ids=["TEST: the test recipient", "LIVE: the customer"],
)
def test_rule_14_the_mode_decides_where_the_mail_goes_and_nothing_else(mode: Mode, recipient: str) -> None:
    world = shop(TEST._replace(mode=mode))

    outcome = world.order("1", ("CPTa", 1))

    answer = world.answer("1", outcome, mode)
    assert answer.deliver_to == recipient
    assert answer.email_ready
    assert world.held("1") == [("K1", 1)]


def test_rule_14_an_order_paid_before_the_go_live_time_is_refused_and_takes_nothing() -> None:
    world = shop(LIVE_SINCE)

    outcome = world.order("1", ("CPTa", 1), paid_at="2026-11-23T11:59:59Z")

    assert (outcome.status, outcome.problems[0].code) == (Status.FAILED, Code.BEFORE_GO_LIVE)
    assert world.seats() == {"K1": (0, 10)}
    assert world.state.debts == {}


def test_rule_14_force_fills_an_order_that_was_refused_as_too_early() -> None:
    world = shop(LIVE_SINCE)
    early = {"paid_at": "2026-11-23T11:59:59Z"}
    world.order("1", ("CPTa", 1), **early)

    assert world.order("1", ("CPTa", 1), **early).replayed
    assert world.order("1", ("CPTa", 1), **early, force=True).status is Status.FULFILLED
    assert world.order("1", ("CPTa", 1), **early).replayed, "and from then on it is filled"


@pytest.mark.parametrize("paid_at", [SINCE, "2026-11-23T12:00:01Z", ""], ids=["at it", "after it", "not told"])
def test_rule_14_an_order_paid_since_the_go_live_time_is_filled(paid_at: str) -> None:
    assert shop(LIVE_SINCE).order("1", ("CPTa", 1), paid_at=paid_at).status is Status.FULFILLED


def test_rule_14_test_mode_knows_no_go_live_time() -> None:
    assert shop(TEST).order("1", ("CPTa", 1), paid_at="2001-01-01T00:00:00Z").status is Status.FULFILLED


def test_rule_15_an_order_for_a_region_that_is_not_served_fails_and_says_which_are() -> None:
    outcome = shop(LIVE).order("1", ("CPTa", 1), region="MARS")

    assert outcome.problems[0].code is Code.UNKNOWN_REGION
    assert "MARS" in outcome.problems[0].message
    assert "CANADA" in outcome.problems[0].message


def test_rule_15_an_order_draws_from_the_pools_of_its_region() -> None:
    world = shop(LIVE._replace(regions=frozenset({"CANADA", "USA"})))

    outcome = world.order("1", ("CPTa", 1), region="USA")

    assert (outcome.status, outcome.problems[0].code) == (Status.FAILED, Code.OUT_OF_STOCK)
    assert dict(world.state.debts) == {pool(CPT, "USA"): 1}
