"""Whoever does what the next step says gets there, whatever has become of an order."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from npta.domain.orders.answers import looked_up
from npta.domain.orders.backorders import served_backorders, stored_order
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.next_steps import next_step
from npta.domain.orders.order_actions import clear, close
from npta.domain.orders.replays import why_not_filled
from npta.domain.reports.attention import attention
from npta.domain.reports.order_list import order_row
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import OrderLine
from npta.tables import OrderEvent
from tests.npta.domain.gallery import CPT, ID, RULES, SITUATIONS, Shop, order_in

BY_ITSELF = "with that the order is filled and mailed by itself"
ROUNDS = 4


def step(shop: Shop) -> str:
    return next_step(shop.state, shop.record, looked_up(shop.state, shop.record, shop.rules), shop.rules)


def rerun(shop: Shop) -> None:
    """Zapier sends the order again, as it was sent last; what it could not read is corrected."""
    order = stored_order(shop.record)
    shop.place(order if order.lines else order._replace(lines=(OrderLine("811", "CPT", 1),)))


def import_keys(shop: Shop) -> None:
    shop.keys(CPT, 20).keys("ELEIKO STR1 combined", 5).keys("NASM CPT exam", 20)
    serve_waiting(shop) if shop.rules.serves_waiting else shop.reopen()


def serve_waiting(shop: Shop) -> None:
    for _, outcome in served_backorders(shop.state, shop.rules, {}, None, stamp=shop.stamp()):
        shop.facts(*outcome.facts)


def fill_in_entitlements(shop: Shop) -> None:
    shop.product("NEW", "NASM-CPT-FULL").product("XYZ", "NASM-CPT-FULL")
    serve_waiting(shop) if shop.rules.serves_waiting else shop.reopen()


ACTS: dict[str, Callable[[Shop], object]] = {
    "import more keys": import_keys,
    "fill in “entitlements”": fill_in_entitlements,
    "press clear order cache": lambda shop: shop.press(clear, ID),
    "press serve waiting orders": serve_waiting,
    "re-run the zap": rerun,
}
SAID = re.compile("|".join(ACTS), re.IGNORECASE)


def follow(shop: Shop) -> None:
    """Do what the next step says, in the order in which it says so, as long as it leads on."""
    for _ in range(ROUNDS):
        for said in SAID.findall(step(shop)):
            if shop.record.status is not Status.FULFILLED:
                ACTS[said.lower()](shop)


ENDS = {"came while OFF, refunded": Status.SKIPPED}
"""Of this one only a line is left that people serve."""
ADVISED = [name for name in SITUATIONS if not order_in(name).record.damage and SAID.search(step(order_in(name)))]


@pytest.mark.parametrize("has_hook", [False, True], ids=["re-run", "hook"])
@pytest.mark.parametrize("situation", ADVISED)
def test_an_order_is_served_once_what_its_next_step_says_is_done(situation: str, has_hook: bool) -> None:
    shop = order_in(situation)
    shop.rules = RULES._replace(has_hook=has_hook)

    follow(shop)

    assert shop.record.status is ENDS.get(situation, Status.FULFILLED)


CLEARED = [name for name in ADVISED if order_in(name).record.open]


def test_orders_that_were_cleared_are_among_them_whatever_they_were_before() -> None:
    before = {order_in(name).record.status for name in CLEARED}

    assert before == {Status.FAILED, Status.OFF, Status.RELEASED, Status.CLOSED}


@pytest.mark.parametrize("situation", CLEARED)
def test_what_was_cleared_is_not_cleared_again(situation: str) -> None:
    shop = order_in(situation)

    assert "press Clear" not in step(shop)
    assert "press Clear" not in order_row(shop.state, shop.record, lambda: shop.rules, "").next_step
    assert not any("press Clear" in row.next_step for row in attention(shop.state, shop.rules, 0))


@pytest.mark.parametrize("before", [Status.OFF, Status.RELEASED, Status.CLOSED])
def test_with_a_hook_only_orders_that_failed_are_said_to_be_served_by_themselves(before: Status) -> None:
    shop = Shop(RULES._replace(has_hook=True))
    shop.product("A", "NASM-CPT-FULL")
    line = ("811", "A", 1)
    shop.buy(line, mode=Mode.OFF if before is Status.OFF else Mode.LIVE)
    if before is not Status.OFF:
        assert BY_ITSELF in step(shop)
        shop.event(ID, OrderEvent.CLOSED if before is Status.CLOSED else OrderEvent.RELEASED)
    shop.press(clear, ID)

    assert BY_ITSELF not in step(shop)
    import_keys(shop)
    assert shop.record.status is before
    assert step(shop) == "Re-run the Zap."
    rerun(shop)
    assert shop.record.status is Status.FULFILLED


def test_an_order_of_which_all_was_removed_says_what_to_do_should_it_have_lines_again() -> None:
    shop = order_in("skipped, every line removed, cleared")

    assert "serve them by hand, then press Close Order" in step(shop)
    assert "every line was removed" in why_not_filled(shop.record, shop.rules)
    shop.press(close, ID)
    assert shop.record.status is Status.CLOSED

    again = order_in("skipped, every line removed, cleared")
    again.place(stored_order(again.record)._replace(lines=(OrderLine("811", "CPT", 1),)))
    assert again.record.status is Status.FULFILLED, "a new run of the Zap brings what there is now"


def test_of_an_order_whose_lines_nobody_knows_its_zap_is_re_run_or_a_person_serves_it() -> None:
    shop = Shop(RULES)
    shop.buy(("811", "CPT", 1), mode=Mode.OFF)
    shop.state.orders[ID] = shop.record._replace(lines="", open=True)

    assert step(shop).startswith("Its lines are not known here: re-run its Zap, or serve it by hand")
    assert "its lines are not known here" in why_not_filled(shop.record, shop.rules)


def test_for_an_order_that_goes_on_to_be_skipped_nothing_is_to_be_done_until_the_catalogue_changes() -> None:
    shop = order_in("skipped, cleared")
    assert step(shop).startswith("Nothing is to be done")

    shop.product("KBS", "NASM-CPT-FULL")

    assert step(shop) == "Re-run the Zap."
    rerun(shop)
    assert shop.record.status is Status.FULFILLED
