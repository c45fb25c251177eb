"""Orders of calls that cannot be read: people see them in Attention, are told what to correct where, and can close them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from npta.domain.orders.ledger_rows import MAX_NOTED
from npta.operations.fulfillment import MAX_SECONDS
from tests.npta.acceptance.steps import Watch, alerts, attention, look_up, messages, opened, pools, press, words
from tests.support import ORDER_KEY, House

ORDER = "6855909900591"
GOOD: dict[str, Any] = {
    "order_id": ORDER,
    "order_name": "#1042",
    "email": "ada@example.com",
    "customer_name": "Ada Lovelace",
    "line_items": [{"line_item_id": "11", "sku": "CPTa", "quantity": 1}],
}
WRONG: dict[str, dict[str, Any]] = {
    "lines in an object": {"line_items": {"sku": "CPTa", "quantity": 1}},
    "lines under another name": {"line_items": None, "line_items__sku": "CPTa"},
    "a quantity that is none": {"line_items": [{"sku": "CPTa", "quantity": "many"}]},
    "no e-mail": {"email": ""},
    "no address": {"email": "not told"},
    "a time that is none": {"paid_at": "yesterday"},
}


def post(npta: House, body: dict[str, Any], *, key: str = ORDER_KEY) -> dict[str, Any]:
    """POST /orders; the answer, with its HTTP status as `http`."""
    response = npta.call("POST", "/orders", body, key=key)
    return {**json.loads(response.data), "http": response.status_code}


def listed(npta: House) -> list[dict[str, Any]]:
    """The failed orders of Attention."""
    return [row for row in npta.rows("Attention") if row["what"] == "failed order"]


def commits(npta: House) -> int:
    return len(npta.rows("Commit Log"))


@pytest.mark.row("P3")
@pytest.mark.row("I3")
@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_it_stands_in_attention_until_it_is_closed(npta: House, wrong: dict[str, Any]) -> None:
    opened(npta)

    answer = post(npta, {**GOOD, **wrong})

    assert answer["http"] == 400
    (row,) = listed(npta)
    assert row["which"] == ORDER
    assert all(part in row["detail"] for part in ("#1042", "Ada Lovelace", answer["errors"][0]["message"][:60]))
    assert "Correct the named field in step 2 of the Zap" in row["next_step"]
    assert "press Close Order" in row["next_step"]
    assert "re-run" not in row["next_step"]
    (alert,) = [each for each in messages(npta) if ORDER in each["text"]]
    assert "could not be read" in alert["text"]
    assert "A replay sends the same again and fails again" in words(alert)
    assert "replay the run" not in words(alert)

    assert press(npta, f"/orders/{ORDER}/close")["status"] == "closed"

    assert listed(npta) == []
    assert post(npta, GOOD)["status"] == "closed", "a person has served it"


@pytest.mark.row("I3")
def test_repeats_of_the_same_call_write_nothing_and_are_told_in_its_thread(npta: House) -> None:
    opened(npta)
    post(npta, {**GOOD, "email": ""})
    before = commits(npta)

    for _ in range(3):
        assert post(npta, {**GOOD, "email": ""})["http"] == 400

    assert commits(npta) == before
    assert [row["event"] for row in npta.rows("Orders")] == ["MALFORMED"]
    assert len(alerts(npta, ORDER)) == 1
    assert len([each for each in messages(npta) if ORDER in each["text"]]) == 4


def test_other_reasons_of_one_order_are_noted_up_to_a_number(npta: House) -> None:
    opened(npta)

    for number in range(MAX_NOTED + 5):
        post(npta, {**GOOD, "email": "", "line_items": [{"sku": "A", "quantity": f"q{number % 13}"}] * (number + 1)})
        post(npta, {**GOOD, "paid_at": f"no time {number}", "line_items": {f"field {number}": 1}})

    assert len(npta.rows("Orders")) == MAX_NOTED
    assert len(listed(npta)) == 1


def test_the_newest_reason_counts(npta: House) -> None:
    opened(npta)
    post(npta, {**GOOD, "email": ""})
    post(npta, {**GOOD, "paid_at": "yesterday"})

    assert "paid_at: is not a time" in listed(npta)[0]["detail"]
    assert [event["event"] for event in look_up(npta, ORDER)["events"]] == ["MALFORMED", "MALFORMED"]


@pytest.mark.parametrize("pressed", [[], ["clear-cache"], ["release", "clear-cache"], ["close", "clear-cache"]])
def test_the_order_itself_is_served_when_it_comes(npta: House, pressed: list[str]) -> None:
    opened(npta)
    post(npta, {**GOOD, "line_items": {}})
    for button in pressed:
        press(npta, f"/orders/{ORDER}/{button}")

    answer = post(npta, GOOD)

    assert (answer["http"], answer["success"], answer["replayed"], answer["keys_count"]) == (200, True, False, 1)
    assert listed(npta) == []
    assert post(npta, GOOD)["replayed"] is True
    npta.restart()
    assert post(npta, GOOD)["keys"] == answer["keys"]


def test_an_order_of_which_nothing_is_left_is_no_repeat_of_one_that_could_not_be_read(npta: House) -> None:
    opened(npta)
    post(npta, {**GOOD, "line_items": {}})

    answer = post(npta, {**GOOD, "line_items": [{"sku": "CPTa", "quantity": 0}]})

    assert (answer["http"], answer["status"]) == (200, "skipped")
    assert listed(npta) == []


def test_cleared_it_is_noted_once_more_when_it_comes_again_as_it_was(npta: House) -> None:
    opened(npta)
    for _ in range(2):
        post(npta, {**GOOD, "email": ""})
    press(npta, f"/orders/{ORDER}/clear-cache")
    for _ in range(2):
        post(npta, {**GOOD, "email": ""})

    assert [row["event"] for row in npta.rows("Orders")] == ["MALFORMED", "CLEARED", "MALFORMED"]


@pytest.mark.parametrize("then", [None, "release", "close"])
def test_an_order_that_was_decided_stays_as_it_is(npta: House, then: str | None) -> None:
    opened(npta)
    lines = [{"line_item_id": "11", "sku": "CPTa", "quantity": 99 if then == "close" else 1}]
    post(npta, {**GOOD, "line_items": lines})
    if then:
        press(npta, f"/orders/{ORDER}/{then}")
    before, status = commits(npta), look_up(npta, ORDER)["status"]

    assert post(npta, {**GOOD, "line_items": lines, "email": "x"})["http"] == 400

    assert (commits(npta), look_up(npta, ORDER)["status"]) == (before, status)
    assert f"stays {status}" in words(messages(npta)[-1])


def test_keys_that_arrive_do_not_say_that_it_can_be_filled_now(npta: House) -> None:
    opened(npta)
    post(npta, {**GOOD, "email": ""})

    npta.paste(["CANADA", "NASM", "CPT", "combined", "MORE", 5])
    imported = npta.import_keys()

    assert imported["reopened_orders"] == []
    assert pools(npta)["NASM CPT combined"] == (0, 20)
    assert attention(npta, "failed") == [("failed order", ORDER)]
    (failed,) = json.loads(npta.call("GET", "/status").data)["failed_orders"]
    assert (failed["order_id"], "email: is missing" in failed["reason"]) == (ORDER, True)


def test_who_has_no_key_writes_nothing(npta: House) -> None:
    opened(npta)
    before = commits(npta)

    assert post(npta, {**GOOD, "email": ""}, key="")["http"] == 401
    assert post(npta, {**GOOD, "email": ""}, key="wrong")["http"] == 401

    assert commits(npta) == before


def test_an_order_too_large_to_be_recorded_can_be_closed_as_well(npta: House) -> None:
    opened(npta)
    huge = {**GOOD, "line_items": [{"sku": f"{place}{'x' * 120}", "quantity": 1} for place in range(450)]}

    assert [post(npta, huge)["http"] for _ in range(2)] == [400, 400]

    (row,) = listed(npta)
    assert "too large" in row["detail"]
    assert [each["event"] for each in npta.rows("Orders")] == ["MALFORMED"]
    press(npta, f"/orders/{ORDER}/close")
    assert listed(npta) == []


def test_without_the_spreadsheet_it_is_told_all_the_same_and_in_time() -> None:
    watch = Watch()
    with watch.npta() as npta:
        npta.emulator.faults.add("error_503", count=None)
        began = watch.waited

        answer = post(npta, {**GOOD, "email": ""})

        assert (answer["http"], watch.waited - began <= MAX_SECONDS + 1) == (400, True)
        assert "could not be read: email: is missing" in messages(npta)[-1]["text"]
