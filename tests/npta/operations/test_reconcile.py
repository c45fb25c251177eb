"""The nightly report names whatever does not agree, repairs nothing, and is told of once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from npta.domain.orders.recover_orders import GRACE
from npta.domain.orders.unconfirmed_mails import REMIND_AFTER_MINUTES
from npta.operations.reconcile import Reconciled, reconcile
from tests.npta.operations.conftest import Time, lines, texts
from tests.support import House, catalogue_cell, catalogue_row, gspread_on


def reconciled(house: House) -> Reconciled:
    return reconcile(house.services, who="test", deadline=house.clock.deadline(25), request_id="r-1")


def found(house: House) -> list[tuple[str, str]]:
    return [(each.what, each.which) for each in reconciled(house).findings]


def bought(house: House, **wanted: Any) -> str:
    """A paid order in the shop; its id."""
    assert house.shop
    body = {"customer": "Ada Lovelace", "email": "ada@example.com", "oversell": True, **wanted}
    answer = house.shop.handle("POST", "/_orders", body=json.dumps(body).encode())
    assert answer.status == 200, answer.body
    return str(json.loads(answer.body)["id"])


def test_where_everything_agrees_the_report_says_so_and_how_much_was_looked_at(open_house: House) -> None:
    open_house.order("1", ("CPTa", 1))
    open_house.call("POST", "/orders/1/delivered")

    done = reconciled(open_house)
    open_house.call("POST", "/outbox/flush")

    assert done.findings == ()
    assert tuple(done.checked) == (1, 3, 3, 3, 0)
    assert texts(open_house)[-1] == "🌙 Reconciliation: Everything Agrees"


def test_a_paid_order_that_never_arrived_is_found_once_it_had_time_to_come(open_house: House, time: Time) -> None:
    lost = bought(open_house, lines=[{"sku": "CPTa"}])
    # Shopify has lowered its stock for it, and rightly: it may be on its way. A bundle with the same keys it has not.
    assert found(open_house) == [("stock differs", "NSTB")]

    time.later(minutes=GRACE.seconds / 60 + 1)

    findings = reconciled(open_house).findings
    assert [(each.what, each.which) for each in findings] == [
        ("paid order without a receipt", lost),
        ("stock differs", "NSTB"),
    ]
    assert "#1001" in findings[0].detail


def worked(house: House, order_id: str, action: str, **wanted: Any) -> None:
    """What people do to an order in the shop."""
    assert house.shop
    answer = house.shop.handle("POST", f"/_orders/{order_id}/{action}", body=json.dumps(wanted).encode())
    assert answer.status == 200, answer.body


MIXED = [{"sku": "CPTa", "quantity": 2}, {"sku": "CPT", "quantity": 1}]


@pytest.mark.parametrize(
    ("action", "wanted", "is_found"),
    [
        pytest.param("refund", {"lines": [{"sku": "CPT"}]}, True, id="partly refunded"),
        pytest.param("fulfill", {"lines": [{"sku": "CPT", "quantity": 1}]}, True, id="partly fulfilled"),
        pytest.param("hold", {}, True, id="on hold"),
        pytest.param("schedule", {}, True, id="scheduled"),
        pytest.param("refund", {}, False, id="refunded"),
        pytest.param("fulfill", {}, False, id="fulfilled"),
        pytest.param("cancel", {}, False, id="cancelled"),
        pytest.param("pay", {"financial_status": "pending"}, False, id="not paid yet"),
        pytest.param("pay", {"financial_status": "partially_paid"}, False, id="partly paid"),
        pytest.param("pay", {"financial_status": "voided"}, False, id="voided"),
    ],
)
def test_one_that_people_have_worked_on_meanwhile_is_found_as_long_as_something_is_to_be_served(
    open_house: House, time: Time, action: str, wanted: dict[str, Any], is_found: bool
) -> None:
    lost = bought(open_house, lines=MIXED)
    worked(open_house, lost, action, **wanted)
    time.later(minutes=GRACE.seconds / 60 + 1)

    assert (("paid order without a receipt", lost) in found(open_house)) is is_found


def test_one_that_was_refunded_and_fulfilled_in_part_is_found_too_and_a_test_order_is_not(
    open_house: House, time: Time
) -> None:
    lost = bought(open_house, lines=MIXED)
    worked(open_house, lost, "fulfill", lines=[{"sku": "CPT", "quantity": 1}])
    worked(open_house, lost, "refund", lines=[{"sku": "CPTa", "quantity": 1}])
    tried = bought(open_house, lines=MIXED, test=True)
    time.later(minutes=GRACE.seconds / 60 + 1)

    missed = [which for what, which in found(open_house) if what == "paid order without a receipt"]
    assert (missed, tried not in missed) == ([lost], True)


class TestCancelled:
    """Orders that were cancelled in Shopify after they came here."""

    def filled(self, house: House, *, quantity: int = 2) -> str:
        order_id = bought(house, lines=[{"sku": "CPTa", "quantity": quantity}])
        house.order(order_id, ("CPTa", quantity))
        return order_id

    def told(self, house: House) -> list[tuple[str, str]]:
        return [each for each in found(house) if "cancelled" in each[0]]

    def test_one_that_holds_keys_is_found_with_how_many_until_they_are_released(self, open_house: House) -> None:
        order_id, other = self.filled(open_house), self.filled(open_house, quantity=1)
        worked(open_house, order_id, "cancel")

        (finding,) = [each for each in reconciled(open_house).findings if "cancelled" in each.what]
        assert (finding.what, finding.which) == ("cancelled order that holds keys", order_id)
        assert all(part in finding.detail for part in ("#1001", "2 seats", "Release Keys"))
        open_house.call("POST", f"/orders/{order_id}/release")
        assert self.told(open_house) == []
        worked(open_house, other, "cancel")
        assert self.told(open_house) == [("cancelled order that holds keys", other)]

    def test_it_is_named_for_two_weeks_since_the_customer_may_keep_them(self, open_house: House, time: Time) -> None:
        order_id = self.filled(open_house)
        worked(open_house, order_id, "cancel")
        time.later(days=13)
        assert self.told(open_house) == [("cancelled order that holds keys", order_id)]
        time.later(days=2)

        assert self.told(open_house) == []

    def test_one_that_waits_for_keys_is_found_until_it_is_closed_and_one_that_owes_nothing_is_not(
        self, open_house: House
    ) -> None:
        in_shop("EXTRA", available=9)(open_house)
        open_house.products(("CPTa", "NASM-CPT-FULL"), ("EXTRA", "", "EXTERNAL"))
        waiting, skipped = self.filled(open_house, quantity=99), bought(open_house, lines=[{"sku": "EXTRA"}])
        open_house.order(skipped, ("EXTRA", 1))
        unknown = bought(open_house, lines=[{"sku": "CPTa"}])
        for each in (waiting, skipped, unknown):
            worked(open_house, each, "cancel")

        assert self.told(open_house) == [("cancelled order that waits", waiting)]
        open_house.call("POST", f"/orders/{waiting}/close")
        assert self.told(open_house) == []

    def test_one_of_long_ago_is_not_asked_for(self, open_house: House, time: Time) -> None:
        order_id = self.filled(open_house)
        worked(open_house, order_id, "cancel")
        time.later(hours=61 * 24)

        assert self.told(open_house) == []


def test_an_order_that_arrived_is_not_missed_whatever_became_of_it(open_house: House, time: Time) -> None:
    filled, failed = (bought(open_house, lines=[{"sku": "CPTa", "quantity": count}]) for count in (1, 99))
    open_house.order(filled, ("CPTa", 1))
    open_house.order(failed, ("CPTa", 99))
    time.later(minutes=GRACE.seconds / 60 + 1)

    assert "paid order without a receipt" not in dict(found(open_house))


def test_orders_of_before_go_live_and_of_other_modes_are_not_expected(open_house: House, time: Time) -> None:
    bought(open_house, lines=[{"sku": "CPTa"}])
    time.later(hours=1)
    now = open_house.services.now()
    open_house.call("POST", "/mode", {"mode": "LIVE", "go_live_at": now})
    assert "paid order without a receipt" not in dict(found(open_house))

    open_house.call("POST", "/mode", {"mode": "OFF"})

    assert "paid order without a receipt" not in dict(found(open_house))


def test_open_orders_are_in_it(open_house: House, time: Time) -> None:
    open_house.order("1", ("CPTa", 1), order_name="#1001")
    open_house.order("2", ("CPTa", 99))
    open_house.call("POST", "/mode", {"mode": "OFF"})
    open_house.order("3", ("CPTa", 1))
    open_house.call("POST", "/outbox/flush")
    assert found(open_house)[:2] == [("failed order", "2"), ("order to be served by hand", "3")]

    time.later(minutes=REMIND_AFTER_MINUTES + 1)

    assert found(open_house)[:3] == [
        ("failed order", "2"),
        ("order to be served by hand", "3"),
        ("mail not confirmed", "1"),
    ]


def in_shop(sku: str, **wanted: Any) -> Callable[[House], None]:
    def change(house: House) -> None:
        assert house.shop
        answer = house.shop.handle("POST", "/_products", body=json.dumps({"sku": sku, **wanted}).encode())
        assert answer.status == 200, answer.body

    return change


def in_catalogue(cell: str, value: Any) -> Callable[[House], None]:
    def change(house: House) -> None:
        house.sheet.worksheet("NPTA Catalogue").update_acell(cell, value)

    return change


def low(house: House) -> None:
    house.order("1", ("CPT", 8))
    house.call("POST", "/orders/1/delivered")
    house.call("POST", "/outbox/flush")


def appended(house: House) -> None:
    """A SKU that stands in two rows."""
    house.sheet.worksheet("NPTA Catalogue").append_row(catalogue_row("CPT", "NASM-CPT-EXAM"))


def tampered(house: House) -> None:
    house.tampered_with = True
    gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet("Import History").update_acell("J2", 0)


@pytest.mark.parametrize(
    ("change", "what", "which", "says"),
    [
        pytest.param(
            in_shop("CPTa", available=7), "stock differs", "CPTa", "Shopify shows 7, the sheet says 9", id="7"
        ),
        pytest.param(in_shop("CPTa", available=None), "stock differs", "CPTa", "keeps no stock", id="not stocked"),
        pytest.param(in_shop("CPTa", tracked=False), "stock differs", "CPTa", "does not count", id="not tracked"),
        pytest.param(in_shop("NEW"), "not in the catalogue", "NEW", "Sync from Shopify", id="a new product"),
        pytest.param(in_shop(""), "SKU missing in Shopify", "1 active variant", "no order gets keys", id="no SKU"),
        pytest.param(in_shop("CPT", handle="twin", available=9), "doubled SKU", "CPT", "2 variants", id="a twin"),
        pytest.param(appended, "doubled SKU", "CPT", "2 rows", id="two rows"),
        pytest.param(
            in_catalogue(catalogue_cell("available", 2), 77),
            "catalogue shows another number",
            "CPTa",
            "row 2 shows 77",
            id="a cell written over",
        ),
        pytest.param(
            in_catalogue(catalogue_cell("available", 2), "9 or so"),
            "catalogue shows another number",
            "CPTa",
            "9 or so",
            id="a text in its place",
        ),
        pytest.param(
            in_catalogue(catalogue_cell("entitlements", 1), "grants"),
            "catalogue cannot be read",
            "NPTA Catalogue",
            "entitlements",
            id="no header",
        ),
        pytest.param(low, "low stock", "CANADA NASM CPT exam", "1 free, for about 3 days", id="a low pool"),
        pytest.param(tampered, "audit", "Import History, row 2", "0 seats", id="a fact changed"),
    ],
)
def test_what_does_not_agree_is_named(
    open_house: House, change: Callable[[House], None], what: str, which: str, says: str
) -> None:
    change(open_house)

    findings = [each for each in reconciled(open_house).findings if (each.what, each.which) == (what, which)]

    assert [each for each in findings if says in each.detail], findings


def test_a_product_that_is_not_for_sale_may_differ(open_house: House) -> None:
    in_shop("CPTa", available=7, status="DRAFT")(open_house)

    assert found(open_house) == []


@pytest.mark.parametrize("fault", ["down", "denied"])
def test_shopify_out_of_reach_is_a_finding_and_the_rest_is_checked_all_the_same(open_house: House, fault: str) -> None:
    assert open_house.shop
    open_house.order("2", ("CPTa", 99))
    open_house.call("POST", "/outbox/flush")
    in_catalogue(catalogue_cell("available", 2), 77)(open_house)
    open_house.shop.faults.add({"name": fault})

    done = reconciled(open_house)

    assert [(each.what, each.which) for each in done.findings] == [
        ("Shopify could not be read", "stock"),
        ("Shopify could not be read", "orders"),
        ("failed order", "2"),
        ("catalogue shows another number", "CPTa"),
    ]
    assert done.checked.shop_variants == 0


def test_another_api_version_is_a_finding(open_house: House) -> None:
    assert open_house.shop
    open_house.shop.faults.add({"name": "old_version"})

    assert found(open_house) == [("Shopify API version", "")]


def test_without_a_shop_the_spreadsheet_is_checked(house: House) -> None:
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.order("1", ("CPTa", 1))

    assert found(house) == [("failed order", "1")]


def test_one_alert_tells_all_of_it_and_nothing_is_mended(open_house: House) -> None:
    in_shop("CPTa", available=7)(open_house)
    in_catalogue(catalogue_cell("available", 3), 77)(open_house)
    before = texts(open_house)

    findings = reconciled(open_house).findings
    open_house.call("POST", "/outbox/flush")

    assert len(findings) == 2
    (alert,) = texts(open_house)[len(before) :]
    assert alert == "🌙 Reconciliation: 2 Findings: 1 × stock differs; 1 × catalogue shows another number"
    assert "CPTa: Shopify shows 7, the sheet says 9" in lines(open_house)
    assert "request r-1" in lines(open_house)
    assert reconciled(open_house).findings[0] == findings[0]


def test_no_key_code_stands_in_it(open_house: House) -> None:
    open_house.order("1", ("CPTa", 8))
    tampered(open_house)

    assert "EX-" not in str(reconciled(open_house))
