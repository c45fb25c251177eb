"""What a process remembers of stock to be pushed: old news replaces no newer, and nothing that changed is left out."""

from __future__ import annotations

import json

import pytest

from npta.domain.state.outbox_messages import Channel, OutboxMessage
from npta.process_state.stock_push_state import EVERYTHING, RETRY_AFTER, StockObservation, StockPushState
from sheets_schema.schema.cells import extended_value

NOW = 100.0
AT = "2026-11-23"


def seen(
    version: int, changed: dict[str, int], *numbers: int, levels: dict[str, int] | None = None
) -> StockObservation:
    due = tuple(OutboxMessage(f"c-{number}", Channel.STOCK, Channel.STOCK, "1", "", AT, AT) for number in numbers)
    return StockObservation((version, max(numbers)), {**(levels or {}), **changed}, frozenset(changed), due)


def pushed(pushing: StockPushState) -> dict[str, int]:
    """Tell Shopify what is to be told, and that it took it."""
    look = pushing.seen()
    assert look
    told = pushing.to_report(look, NOW)
    pushing.done(look, told, {}, NOW)
    return told


def ids(look: StockObservation | None) -> list[str]:
    return [each.message_id for each in look.messages] if look else []


def test_of_two_looks_the_newer_levels_count_and_what_is_due_by_either_is_pushed() -> None:
    pushing = StockPushState()
    pushing.observe(seen(8, {"A": 1}, 2))
    pushing.observe(seen(7, {"A": 2, "B": 4}, 1, levels={"C": 1}))

    look = pushing.seen()

    assert look
    assert (dict(look.levels), look.changed, ids(look)) == ({"A": 1}, frozenset("AB"), ["c-1", "c-2"])
    assert pushing.to_report(look, NOW) == {"A": 1}, "B is not on sale any more"


def test_what_was_pushed_is_not_pushed_again_by_whoever_saw_it_before() -> None:
    pushing = StockPushState()
    pushing.observe(seen(7, {"A": 1}, 1))
    pushed(pushing)

    pushing.observe(seen(7, {"A": 1}, 1))
    assert pushing.seen() is None
    pushing.mark_recorded(["c-1"])
    pushing.observe(seen(7, {"A": 1}, 1))
    assert pushing.seen() is None
    pushing.observe(seen(8, {"A": 0}, 1, 2))
    assert ids(pushing.seen()) == ["c-2"]


def test_the_last_notice_says_what_was_told_and_an_earlier_one_keeps_what_it_says() -> None:
    pushing = StockPushState()
    for look in (seen(7, {"A": 1, "B": 4}, 1), seen(8, {"B": 3}, 1, 2, 3)):
        pushing.observe(look)
        pushed(pushing)

    receipts = {each.message.message_id: each.receipt for each in pushing.sent()}
    assert receipts == {"c-1": '{"A": 1, "B": 4}', "c-2": "", "c-3": '{"B": 3}'}


def test_what_was_told_meanwhile_and_is_no_longer_true_is_told_again() -> None:
    """An order lowers a bundle, its release raises it again before anybody has recorded that Shopify was told."""
    pushing = StockPushState()
    pushing.observe(seen(7, {"CPTa": 14, "BUNDLE": 14}, 1))
    assert pushed(pushing) == {"CPTa": 14, "BUNDLE": 14}

    # By the Outbox Shopify was last told 15 of the bundle, and 15 it is.
    raised = seen(8, {"CPTa": 15}, 1, 2, levels={"BUNDLE": 15, "OTHER": 3})

    assert pushing.to_report(raised, NOW) == {"CPTa": 15, "BUNDLE": 15}


def test_what_was_told_without_an_answer_is_told_again() -> None:
    pushing = StockPushState()
    pushing.to_report(seen(7, {"A": 14}, 1), NOW)

    assert pushing.to_report(seen(8, {}, 2, levels={"A": 14, "B": 1}), NOW) == {"A": 14}


def test_a_newer_look_that_came_during_a_push_is_still_to_be_pushed() -> None:
    pushing = StockPushState()
    pushing.observe(seen(7, {"A": 1}, 1))
    look = pushing.seen()
    assert look
    pushing.observe(seen(8, {"A": 0}, 2))

    pushing.done(look, {"A": 1}, {}, NOW)

    newer = pushing.seen()
    assert newer
    assert (ids(newer), pushing.to_report(newer, NOW)) == (["c-2"], {"A": 0})


def test_a_product_whose_stock_is_refused_is_tried_the_rarer_the_more_often_and_holds_up_no_other() -> None:
    pushing, now = StockPushState(), NOW
    for times, seconds in enumerate((*RETRY_AFTER, RETRY_AFTER[-1])):
        pushing.observe(seen(7 + times, {"A": 1, "B": 4}, times))
        look = pushing.seen()
        assert look
        assert pushing.to_report(look, now) == {"A": 1, "B": 4}
        pushing.done(look, {"B": 4}, {"A": "no"}, now)
        later = seen(100, {"A": 0, "B": 3}, 100)
        if seconds:
            assert pushing.to_report(later, now + seconds - 1) == {"B": 3}
        now += seconds
        assert pushing.to_report(later, now) == {"A": 0, "B": 3}

    pushing.done(later, {"B": 3}, {"A": "no"}, now)
    assert pushing.to_report(later, now) == {"B": 3}
    pushing.resume(now)
    assert pushing.to_report(later, now) == {"A": 0, "B": 3}


def test_a_push_that_nothing_asked_for_is_recorded_only_if_it_told_something() -> None:
    pushing = StockPushState()
    pushing.observe(seen(7, {"A": 1}, 0)._replace(messages=()))
    look = pushing.seen()
    assert look
    own = look._replace(messages=seen(7, {}, 9).messages)

    pushing.done(own, {}, {}, NOW, asked=False, absent={"A": "not there"})

    assert (pushing.seen(), pushing.sent()) == (None, ())
    pushing.observe(look)
    pushing.done(own, {"A": 1}, {}, NOW, asked=False)
    assert [(each.message.message_id, each.receipt) for each in pushing.sent()] == [("c-9", '{"A": 1}')]


def test_trouble_is_news_once_until_it_is_over_or_another() -> None:
    pushing, look = StockPushState(), seen(7, {"A": 1, "B": 2}, 1)
    pushing.failed("down")
    assert (pushing.troubles(), pushing.has_news()) == ({EVERYTHING: "down"}, True)
    pushing.reported()
    pushing.failed("down for another reason")
    assert (pushing.troubles(), pushing.has_news()) == ({EVERYTHING: "down"}, False)

    pushing.done(look, {"B": 2}, {"A": "no"}, NOW)
    assert (pushing.troubles(), pushing.has_news()) == ({"A": "no"}, True)
    pushing.reported()
    pushing.done(look, {"B": 2}, {"A": "no"}, NOW)
    assert not pushing.has_news()
    pushing.done(look, {"B": 2}, {"A": "never"}, NOW)
    assert (pushing.troubles(), pushing.has_news()) == ({"A": "never"}, True)
    pushing.reported()
    pushing.done(look, {"A": 1}, {}, NOW, absent={"B": "not there"}, patient=False)
    assert (pushing.troubles(), pushing.has_news()) == ({}, False), "it may come this moment"
    pushing.done(look, {"A": 1}, {}, NOW, absent={"B": "not there"})
    assert (pushing.troubles(), pushing.has_news()) == ({"B": "not there"}, True)


def test_what_the_shop_does_not_have_is_looked_for_again_by_who_has_the_time_only() -> None:
    pushing, look = StockPushState(), seen(7, {"A": 1, "B": 2}, 1)
    pushing.done(look, {"A": 1}, {}, NOW, absent={"B": "not there"})

    assert pushing.to_report(look, NOW, patient=False) == {"A": 1}
    assert pushing.to_report(look, NOW) == {"A": 1, "B": 2}
    pushing.done(look, {"A": 1, "B": 2}, {}, NOW)
    assert pushing.to_report(look, NOW, patient=False) == {"A": 1, "B": 2}


def test_what_is_being_pushed_or_is_pushed_must_not_be_claimed() -> None:
    pushing = StockPushState()
    pushing.observe(seen(7, {"A": 1}, 1))
    assert [pushing.is_busy_with(each) for each in ("c-1", "c-2")] == [True, False]
    pushed(pushing)
    assert pushing.is_busy_with("c-1")
    pushing.mark_recorded(["c-1"])
    assert pushing.is_busy_with("c-1")


@pytest.mark.parametrize("name", ["P-{}", "P-{}-" + "x" * 90, "Größe-{}-🏋️"])
def test_what_one_cell_does_not_hold_of_a_push_is_not_known_to_be_told_and_is_told_again(name: str) -> None:
    levels = {name.format(number): number for number in range(6_000)}
    pushing, known = StockPushState(), dict[str, int]()
    for number in range(20):
        changed = {sku: level for sku, level in levels.items() if known.get(sku) != level}
        if not changed:
            break
        pushing.observe(seen(number, changed, number, levels=levels))
        assert pushed(pushing).items() >= changed.items()
        (sent,) = pushing.sent()
        check_cell(sent.receipt)
        known |= json.loads(sent.receipt)
        assert sent.levels.keys() <= levels.keys()
        pushing.mark_recorded([sent.message.message_id])
    assert known == levels
    pushing.observe(seen(99, {}, 99, levels=levels))
    assert pushed(pushing) == {}


def check_cell(text: str) -> None:
    assert extended_value(text)
