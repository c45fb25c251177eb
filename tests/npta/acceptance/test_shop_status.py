"""Orders that Shopify calls unpaid, cancelled, refunded or a test: in LIVE none is served, at each call anew."""

from __future__ import annotations

from typing import Any

import pytest

from tests.npta.acceptance.steps import alerts, attention, buy, look_up, opened, pools, press, shop_do, zap
from tests.support import ORDER_KEY, House

CPT = "NASM CPT combined"
ORDER = "6855909900591"
NATIVE: dict[str, Any] = {
    "id": ORDER,
    "name": "#901",
    "email": "buyer@example.com",
    "line_items": [{"id": 1, "sku": "CPTa", "quantity": 1, "current_quantity": 1}],
}
OURS = {"order_id": ORDER, "email": "buyer@example.com", "line_items": [{"sku": "CPTa", "quantity": 1}]}
FLAT = {"order_id": ORDER, "email": "buyer@example.com", "line_items_sku": "CPTa", "line_items_quantity": "1"}
SHAPES = {"Shopify's": NATIVE, "ours": OURS, "flattened": FLAT}
SAID: list[tuple[dict[str, Any], str]] = [
    ({"financial_status": "pending"}, "not_paid"),
    ({"financial_status": "voided"}, "not_paid"),
    ({"financial_status": "partially_paid"}, "not_paid"),
    ({"financial_status": "refunded"}, "refunded"),
    ({"financial_status": "refunded", "cancelled_at": "2026-11-27T10:00:00Z"}, "cancelled"),
    ({"financial_status": "paid", "test": True}, "test_order"),
]


@pytest.mark.row("X24")
class TestNotServed:
    @pytest.mark.parametrize(("said", "code"), SAID, ids=[str(said) for said, _ in SAID])
    @pytest.mark.parametrize("shape", SHAPES)
    def test_in_every_shape_each_has_its_code_and_takes_nothing(
        self, npta: House, shape: str, said: dict[str, Any], code: str
    ) -> None:
        opened(npta)

        answer = zap(npta, {**SHAPES[shape], **said})

        assert (answer["http"], answer["status"], answer["code"]) == (422, "failed", code)
        assert (answer["success"], answer["email_ready"], answer["keys"]) == (False, False, [])
        assert [problem["code"] for problem in answer["problems"]] == [code]
        assert pools(npta)[CPT] == (0, 15)
        assert look_up(npta, ORDER)["code"] == code
        assert [
            ORDER in text and code.replace("_", " ").removesuffix(" order") in text for text in alerts(npta, "❌")
        ] == [True]

    def test_form_encoded_as_zapier_flattens_it(self, npta: House) -> None:
        opened(npta)
        fields = {**FLAT, "financial_status": "Pending", "cancelled_at": "", "test": "False"}
        response = npta.call("POST", "/orders", key=ORDER_KEY, data=fields)
        assert response.status_code == 422
        assert b'"not_paid"' in response.data

    def test_a_status_that_shopify_does_not_have_is_refused_by_name(self, npta: House) -> None:
        opened(npta)
        answer = zap(npta, {**OURS, "financial_status": "12.50"})
        assert answer["http"] == 400
        assert [error["field"] for error in answer["errors"]] == ["financial_status"]

    def test_in_test_all_are_served(self, npta: House) -> None:
        opened(npta)
        press(npta, "/mode", {"mode": "TEST"})
        for number, (said, _) in enumerate(SAID):
            assert zap(npta, {**OURS, "order_id": f"7{number}", **said})["status"] == "fulfilled"


@pytest.mark.row("X24")
class TestDecidedAnew:
    def test_paid_later_it_is_filled_and_filled_it_stays(self, npta: House) -> None:
        opened(npta)
        for _ in range(2):
            assert zap(npta, {**NATIVE, "financial_status": "pending"})["http"] == 422
        before = len(npta.rows("Commit Log"))
        npta.restart()
        assert zap(npta, {**NATIVE, "financial_status": "pending"})["replayed"]
        assert len(npta.rows("Commit Log")) == before, "a replay costs no commit"

        paid = zap(npta, {**NATIVE, "financial_status": "paid"})

        assert (paid["http"], paid["status"], paid["email_ready"]) == (200, "fulfilled", True)
        assert zap(npta, {**NATIVE, "financial_status": "paid"})["keys"] == paid["keys"]
        assert pools(npta)[CPT] == (1, 14)

    def test_cancelled_while_it_waits_for_keys_nothing_opens_it_again(self, npta: House) -> None:
        opened(npta)
        for order_id in (ORDER, "8"):
            assert (
                zap(npta, {**NATIVE, "id": order_id, "line_items": [{"id": 1, "sku": "CNC", "quantity": 11}]})["http"]
                == 422
            )
        cancelled = {
            **NATIVE,
            "line_items": [{"id": 1, "sku": "CNC", "quantity": 11}],
            "cancelled_at": "2026-11-27T10:00:00Z",
        }
        assert zap(npta, cancelled)["code"] == "cancelled"

        told = npta.keys(["CANADA", "NASM", "CNC", "combined", "CNC-9", 30])

        assert told["reopened_orders"] == ["8"]
        assert [which for _, which in attention(npta, "failed")] == ["8"]

    def test_of_one_that_holds_its_keys_they_stay_and_no_mail_goes_out(self, npta: House) -> None:
        opened(npta)
        first = zap(npta, {**NATIVE, "financial_status": "paid"})

        again = zap(npta, {**NATIVE, "financial_status": "refunded", "cancelled_at": "2026-11-27T10:00:00Z"})

        assert (again["http"], again["status"], again["keys"]) == (200, "fulfilled", first["keys"])
        assert not again["email_ready"]
        assert f"Release Keys for order {ORDER}" in again["next_step"]
        assert zap(npta, {**NATIVE, "financial_status": "paid"})["email_ready"]

    def test_fill_overcomes_it_not(self, npta: House) -> None:
        opened(npta)
        zap(npta, {**NATIVE, "test": True})
        assert press(npta, f"/orders/{ORDER}/fill", status=422)["code"] == "test_order"


@pytest.mark.row("X24")
def test_what_the_shop_itself_tells_of_an_order_is_understood(npta: House) -> None:
    opened(npta)
    pending, testing = buy(npta, ("CPTa", 1), financial_status="pending"), buy(npta, ("CPTa", 1), test=True)
    voided = buy(npta, ("CPTa", 1), financial_status="voided")
    cancelled = shop_do(npta, buy(npta, ("CPTa", 1)), "cancel")
    codes = [zap(npta, order).get("code") for order in (pending, testing, voided)]
    assert codes == ["not_paid", "test_order", "not_paid"]
    assert zap(npta, cancelled)["status"] == "skipped", "nothing is left of its lines"
