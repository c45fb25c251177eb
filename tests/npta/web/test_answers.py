"""Answers on the wire."""

from __future__ import annotations

import pytest

from npta.domain.orders.answers import KeyEntry
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.keys_in_mail import keys_html, keys_text
from npta.domain.state.entitlements import Level
from npta.domain.state.order_record import Status
from npta.tables import Component, OrderEvent
from npta.web.schemas.responses import RetryResponse
from npta.web.schemas.serializers import STATUS_CODES, mask, order_answer, order_lookup
from tests.npta.domain.world import LIVE, World

ALWAYS = {
    "request_id",
    "order_id",
    "status",
    "success",
    "email_ready",
    "replayed",
    "delivered",
    "keys",
    "keys_expected",
    "keys_count",
    "problems",
    "message",
}


def entry(keycode: str = "EX-2t572t1232321a", seats: int = 1, level: Level = Level.FULL) -> KeyEntry:
    return KeyEntry("CPTa", f"NASM-CPT-{level}", "NASM", "CPT", level, Component.COMBINED, keycode, seats)


def shop() -> World:
    world = World().product("A", "NASM-CPT-FULL").product("X", "", "EXTERNAL").keys("NASM CPT combined", 3)
    world.order("filled", ("A", 2))
    world.order("failed", ("A", 2))
    world.order("skipped", ("X", 1))
    world.rules = LIVE._replace(mode=Mode.OFF)
    world.order("off", ("A", 1))
    world.rules = LIVE
    world.order("released", ("X", 1))
    world.release("released")
    world.order("closed", ("X", 1))
    return world.event("closed", OrderEvent.CLOSED)


def test_every_status_has_its_http_status() -> None:
    assert {status: STATUS_CODES[status] for status in Status} == {
        Status.FULFILLED: 200,
        Status.SKIPPED: 200,
        Status.OFF: 200,
        Status.FAILED: 422,
        Status.RELEASED: 409,
        Status.CLOSED: 409,
    }


@pytest.mark.parametrize(
    ("order_id", "status", "success"),
    [
        ("filled", "fulfilled", True),
        ("failed", "failed", False),
        ("skipped", "skipped", False),
        ("off", "off", False),
        ("released", "released", False),
        ("closed", "closed", False),
    ],
)
def test_every_answer_carries_what_the_zap_looks_at(order_id: str, status: str, success: bool) -> None:
    body = order_answer(shop().answer(order_id)).as_json("r")

    assert body.keys() >= ALWAYS
    assert (body["status"], body["success"], body["email_ready"]) == (status, success, success)
    assert body["keys_count"] == sum(key["seats"] for key in body["keys"])


def test_an_order_to_be_tried_again_carries_the_same_and_nothing_to_mail() -> None:
    body = RetryResponse(order_id="1", message="busy").as_json("r")

    assert body.keys() >= ALWAYS
    assert (body["status"], body["success"], body["email_ready"], body["keys"]) == ("retry", False, False, [])


def test_a_key_is_told_in_full() -> None:
    body = order_answer(shop().answer("filled")).as_json("r")

    assert body["keys"] == [
        {
            "sku": "A",
            "entitlement": "NASM-CPT-FULL",
            "provider": "NASM",
            "product_code": "CPT",
            "level": "FULL",
            "component": "combined",
            "keycode": "code-of-K1",
            "seats": 2,
        }
    ]
    assert (body["mode"], body["deliver_to"], body["customer_name"]) == ("LIVE", "ada@example.com", "Ada Lovelace")
    assert "code" not in body
    assert "next_step" not in body


def test_a_failure_is_told_for_machines_and_for_people() -> None:
    body = order_answer(shop().answer("failed")).as_json("r")

    assert body["code"] == "out_of_stock"
    assert body["next_step"]
    assert body["problems"] == [
        {
            "code": "out_of_stock",
            "sku": "A",
            "message": "A: NASM-CPT-FULL needs 2 of pool CANADA NASM CPT combined, 1 free",
            "entitlement": "NASM-CPT-FULL",
            "needed": 2,
            "available": 1,
        }
    ]


def test_what_was_skipped_is_listed() -> None:
    assert order_answer(shop().answer("skipped")).as_json("r")["skipped"] == [{"sku": "X", "reason": "EXTERNAL"}]


def test_the_keys_as_text_are_ready_to_be_mailed() -> None:
    keys = (entry("EX-1"), entry("EX-2", 3, Level.EXAM), entry("EX-3", level=Level.CONTENT))

    assert keys_text(keys).splitlines() == [
        "NASM CPT (course and exam): EX-1",
        "NASM CPT (exam): EX-2 (for 3 people)",
        "NASM CPT (course): EX-3",
    ]


def test_the_keys_as_html_are_escaped() -> None:
    html = keys_html((entry("<b>\"&'x"),))

    assert "<b>" not in html
    assert "&lt;b&gt;&quot;&amp;&#x27;x" in html
    assert html == ("<ul><li>NASM CPT (course and exam): <strong>&lt;b&gt;&quot;&amp;&#x27;x</strong></li></ul>")


def test_no_keys_are_no_text() -> None:
    assert keys_text(()) == keys_html(()) == ""


@pytest.mark.parametrize(
    ("keycode", "shown"),
    [
        ("EX-2t572t1232321a", "…321a"),
        ("123456789012", "…9012"),
        ("12345678", "…78"),
        ("0012", "…2"),
        ("12", "…"),
        ("", "…"),
    ],
)
def test_a_mask_shows_four_letters_at_most_and_never_more_than_a_third(keycode: str, shown: str) -> None:
    assert mask(keycode) == shown


def test_a_masked_lookup_shows_no_code_anywhere() -> None:
    found = shop().answer("filled")

    masked, open_ = order_lookup(found, masked=True).as_json("r"), order_lookup(found, masked=False).as_json("r")

    assert "code-of-K1" not in repr(masked)
    assert masked["keys"][0]["keycode"] == "…-K1"
    assert "…-K1" in masked["keys_text"]
    assert "…-K1" in masked["keys_html"]
    assert open_["keys"][0]["keycode"] == "code-of-K1"
    assert open_["keys_text"] == "NASM CPT (course and exam): code-of-K1 (for 2 people)"


def test_a_lookup_tells_history_and_delivery() -> None:
    body = order_lookup(shop().event("filled", OrderEvent.DELIVERED).answer("filled"), masked=False).as_json("r")

    assert [event["event"] for event in body["events"]] == ["FULFILLED", "DELIVERED"]
    assert body["events"][0].keys() == {"at", "event", "status", "reason"}
    assert body["delivery"] == {"delivered": True}
