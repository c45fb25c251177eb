"""Every order that ends is told of in Slack: once, in the right words, and never not at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from npta.domain.orders.eligibility import Mode
from tests.npta.acceptance.steps import Watch, alerts, messages, opened, press, words
from tests.support import House

ORDER = "6855909900591"


def told(house: House, order_id: str = ORDER) -> list[dict[str, Any]]:
    """Every message about an order, replies too."""
    return [each for each in messages(house) if order_id in each["text"]]


def titles(house: House, order_id: str = ORDER) -> list[str]:
    """How the messages about an order begin."""
    return [each["text"].split(":")[0] for each in told(house, order_id)]


@pytest.fixture
def quick() -> Iterator[House]:
    """As `npta`, on a clock on which waiting takes no time."""
    with Watch().npta() as made:
        yield made


@pytest.mark.row("A2")
@pytest.mark.parametrize(
    ("lines", "title"),
    [
        ([("NSTB", 1)], "✅ Order Fulfilled"),
        ([("CPTa", 1), ("KBS-1", 1)], "✅ Order Fulfilled"),
        ([("CPTa", 16)], "❌ Fulfillment Failed"),
        ([("GONE", 1)], "❌ Fulfillment Failed"),
        ([("KBS-1", 1)], "⏭️ Fulfillment Skipped"),
    ],
)
def test_each_end_of_an_order_has_one_alert_of_its_kind(npta: House, lines: list[tuple[str, int]], title: str) -> None:
    opened(npta)

    answer = npta.order(ORDER, *lines, order_name="#1042")

    assert titles(npta) == [title]
    assert all(part in told(npta)[0]["text"] for part in (ORDER, "#1042", "Ada Lovelace"))
    assert answer["request_id"] in words(told(npta)[0])
    press(npta, "/outbox/flush")
    npta.restart()
    press(npta, "/outbox/flush")
    assert titles(npta) == [title], "what is out is noted, and is not sent again"


@pytest.mark.row("A2")
@pytest.mark.parametrize("lines", [[("NSTB", 1)], [("KBS-1", 1)]])
def test_a_repeat_of_an_order_that_ended_well_tells_nothing(npta: House, lines: list[tuple[str, int]]) -> None:
    opened(npta)
    npta.order(ORDER, *lines)

    for _ in range(3):
        assert npta.order(ORDER, *lines)["replayed"] is True
    press(npta, "/outbox/flush")
    npta.restart()
    npta.order(ORDER, *lines)
    press(npta, f"/orders/{ORDER}/clear-cache")
    assert npta.order(ORDER, *lines)["replayed"] is False, "decided afresh, with the same end"

    assert len(told(npta)) == 1


@pytest.mark.row("A2")
def test_repeats_of_a_failure_go_into_the_thread_of_the_first_alert(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("CPTa", 16))

    npta.order(ORDER, ("CPTa", 16))
    press(npta, f"/orders/{ORDER}/clear-cache")
    npta.order(ORDER, ("CPTa", 16))
    press(npta, "/outbox/flush")
    npta.restart()
    npta.order(ORDER, ("CPTa", 16))

    first, *repeats = told(npta)
    assert alerts(npta, ORDER) == [first["text"]]
    assert len(repeats) == 3
    assert {each["thread_ts"] for each in repeats} == {first["ts"]}


@pytest.mark.row("A2")
def test_a_failure_that_is_mended_ends_with_its_own_alert(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("CPTa", 16))

    npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-new", 5])
    assert npta.order(ORDER, ("CPTa", 16))["status"] == "fulfilled"
    npta.order(ORDER, ("CPTa", 16))

    assert [text.split(":")[0] for text in alerts(npta, ORDER) if "📥" not in text] == [
        "☑️ Over, filled since",
        "✅ Order Fulfilled",
    ]


@pytest.mark.row("A2", "B10")
def test_an_order_that_came_while_the_mode_was_off_is_told_of_once_too(npta: House) -> None:
    opened(npta)
    press(npta, "/mode", {"mode": "OFF"})

    npta.order(ORDER, ("CPTa", 1))
    npta.order(ORDER, ("CPTa", 1))

    assert titles(npta) == ["✋ Order Noted"]


@pytest.mark.row("A2", "I3")
def test_an_alert_that_slack_did_not_take_comes_after_the_process_is_gone(quick: House) -> None:
    npta = opened(quick)
    assert npta.slack
    npta.slack.slack.faults.add("down")
    assert npta.order(ORDER, ("CPTa", 1))["http"] == 200
    assert npta.order("2", ("CPTa", 20))["http"] == 422
    assert npta.order("3", ("KBS-1", 1))["http"] == 200
    assert not told(npta)

    npta.restart()
    npta.slack.slack.faults.clear()
    flushed = press(npta, "/outbox/flush")

    assert [titles(npta, which) for which in (ORDER, "order 2", "order 3")] == [
        ["✅ Order Fulfilled"],
        ["❌ Fulfillment Failed"],
        ["⏭️ Fulfillment Skipped"],
    ]
    assert flushed["pending"] == 0


@pytest.mark.row("A2")
def test_without_a_flush_the_next_order_sends_what_a_crash_left_behind() -> None:
    watch = Watch()
    with watch.npta() as npta:
        opened(npta)
        assert npta.slack
        npta.slack.slack.faults.add("down")
        npta.order(ORDER, ("CPTa", 1))
        npta.restart()
        npta.slack.slack.faults.clear()
        watch.passes(60)

        npta.order("2", ("CPTa", 1))

        assert titles(npta) == ["✅ Order Fulfilled"]


@pytest.mark.row("A2")
def test_a_crash_between_posting_and_noting_it_may_post_again_recognisably(quick: House) -> None:
    npta = opened(quick)
    npta.order(ORDER, ("CPTa", 1))
    assert len(told(npta)) == 1
    assert not [
        row for row in npta.rows("Outbox") if (row["event"], row["about"], row["kind"]) == ("SENT", ORDER, "fulfilled")
    ]

    npta.restart()
    press(npta, "/outbox/flush")
    npta.restart()
    press(npta, "/outbox/flush")

    first, again = told(npta)
    assert again["metadata"] == first["metadata"]
    assert first["metadata"]["event_payload"]["message_id"]
    assert again["text"] == first["text"]


@pytest.mark.row("A2")
def test_an_answer_of_slacks_that_is_lost_doubles_the_alert_recognisably(npta: House) -> None:
    opened(npta)
    press(npta, "/outbox/flush")
    assert npta.slack
    npta.slack.slack.faults.add("drop", calls=1)

    assert npta.order(ORDER, ("CPTa", 1))["http"] == 200
    press(npta, "/outbox/flush")

    assert titles(npta) == ["✅ Order Fulfilled"] * 2
    assert len({each["metadata"]["event_payload"]["message_id"] for each in told(npta)}) == 1


@pytest.mark.row("A2")
@pytest.mark.parametrize("kind", ["lost_answer", "error_503_after", "duplicate_delivery", "error_500", "reset_before"])
def test_a_fault_of_the_spreadsheets_leaves_one_alert_for_one_end(kind: str) -> None:
    watch = Watch()
    with watch.npta() as npta:
        npta.products(("CPTa", "NASM-CPT-FULL"))
        npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-1", 1])
        npta.emulator.faults.add(kind, path=":batchUpdate")

        for order_id in (ORDER, "2"):
            while npta.order(order_id, ("CPTa", 1))["http"] == 503:
                watch.passes(60)
        press(npta, "/outbox/flush")

        assert Counter(text.split(":")[0] for text in alerts(npta) if "order" in text and "🚨" not in text) == {
            "✅ Order Fulfilled": 1,
            "❌ Fulfillment Failed": 1,
        }


@pytest.mark.row("A2", "A3")
def test_no_alert_shows_a_key_code(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("NSTB", 2), ("CAREER", 1))
    press(npta, f"/orders/{ORDER}/delivered")
    press(npta, f"/orders/{ORDER}/release")
    press(npta, "/mode", {"mode": Mode.TEST})
    npta.order("2", ("CPTa", 1))

    everything = " ".join(map(words, messages(npta)))

    assert len(messages(npta)) >= 4
    assert not [code for code in ("EX-2t572t", "KEY-123", "STS-1", "CNC-1") if code in everything]
