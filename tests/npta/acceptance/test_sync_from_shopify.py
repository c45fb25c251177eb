"""Sync from Shopify: the shop's products in the catalogue, and what people typed left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    alerts,
    attention,
    available,
    catalogue,
    messages,
    opened,
    pools,
    press,
    put_product,
    remove_product,
    shelf,
    shop_fault,
    shop_mended,
    shop_state,
    type_into,
    words,
)
from tests.support import House

COLUMNS = ["SKU", "status", "title", "entitlements", "fulfillment", "available", "provider", "category", "active"]
RUNBOOK_SKUS = {"CPTa", "CPT", "CNC", "CNCe", "NSTB", "CAREER", "KBS-1"}


def problems(answer: dict[str, Any], sku: str) -> str:
    """What was said about a SKU."""
    return "; ".join(each["message"] for each in answer["problems"] if each["SKU"] == sku)


@pytest.mark.row("E1", "C1")
def test_new_products_appear_in_the_columns_of_the_contract(npta: House) -> None:
    answer = press(npta, "/shopify/sync")

    assert (answer["added"], answer["updated"], answer["vanished"], answer["problems"]) == (
        7,
        0,
        0,
        [{"SKU": "KBS-1", "message": "Shopify sells it without stock (“Continue selling when out of stock”)"}],
    )
    assert npta.sheet.worksheet("NPTA Catalogue").row_values(1)[:9] == COLUMNS
    rows = catalogue(npta)
    assert set(rows) == RUNBOOK_SKUS
    assert {name: rows["NSTB"][name] for name in COLUMNS} == {
        "provider": "multi",
        "SKU": "NSTB",
        "title": "NPTA Strength Training Bundle",
        "category": "Bundle",
        "entitlements": "",
        "active": "TRUE",
        "fulfillment": "",
        "available": 0,
        "status": "entitlements missing",
    }
    assert rows["CPTa"]["provider"] == "nasm"


@pytest.mark.row("E1")
def test_a_second_press_changes_nothing(npta: House) -> None:
    opened(npta)
    press(npta, "/shopify/sync")
    before = npta.sheet.worksheet("NPTA Catalogue").get_all_values()
    commits = len(npta.rows("Commit Log"))

    again = press(npta, "/shopify/sync")

    assert (again["added"], again["updated"], again["vanished"]) == (0, 0, 0)
    assert npta.sheet.worksheet("NPTA Catalogue").get_all_values() == before
    assert len(npta.rows("Commit Log")) == commits


@pytest.mark.row("E1")
def test_title_tag_type_and_status_follow_and_what_is_typed_is_never_overwritten(npta: House) -> None:
    opened(npta)
    type_into(npta, "NPTA Catalogue", "entitlements", {"CNC": " nasm-cnc-full , nasm-cpt-full"})
    type_into(npta, "NPTA Catalogue", "fulfillment", {"CNC": "auto"})
    put_product(
        npta, "CNC", title="Nutrition Coach, new", tags=["provider:ncsf", "sale"], type="Certification", status="DRAFT"
    )

    answer = press(npta, "/shopify/sync")

    assert (answer["updated_skus"], answer["added"]) == (["CNC"], 0)
    row = catalogue(npta)["CNC"]
    assert [row[name] for name in ("provider", "title", "category", "active")] == [
        "ncsf",
        "Nutrition Coach, new",
        "Certification",
        "FALSE",
    ]
    assert (row["entitlements"], row["fulfillment"]) == (" nasm-cnc-full , nasm-cpt-full", "auto")


@pytest.mark.row("E1", "P3")
def test_a_product_that_vanished_is_marked_and_not_deleted(npta: House) -> None:
    opened(npta)
    remove_product(npta, "CNC")

    answer = press(npta, "/shopify/sync")

    row = catalogue(npta)["CNC"]
    assert (answer["vanished"], answer["vanished_skus"]) == (1, ["CNC"])
    assert (row["active"], row["status"], row["entitlements"]) == ("FALSE", "not in Shopify", "NASM-CNC-FULL")
    assert ("catalogue", "CNC") in attention(npta)
    assert press(npta, "/shopify/sync")["vanished"] == 0
    assert npta.order("1", ("CNC", 1))["status"] == "fulfilled", "a paid order is a paid order"

    put_product(npta, "CNC", title="Certified Nutrition Coach", tags=["provider:nasm"], type="Specialization")
    press(npta, "/shopify/sync")
    assert (catalogue(npta)["CNC"]["active"], catalogue(npta)["CNC"]["status"]) == ("TRUE", "ready")
    assert ("catalogue", "CNC") not in attention(npta)


@pytest.mark.row("E1")
def test_a_shop_that_shows_nothing_at_all_or_does_not_answer_changes_nothing(npta: House) -> None:
    opened(npta)
    before = npta.sheet.worksheet("NPTA Catalogue").get_all_values()
    for sku in RUNBOOK_SKUS:
        remove_product(npta, sku)

    assert "SHOPIFY_SHOP" in press(npta, "/shopify/sync", status=409)["detail"]
    assert npta.sheet.worksheet("NPTA Catalogue").get_all_values() == before


REFUSALS: list[tuple[dict[str, Any], int, str]] = [
    ({"name": "unauthorized", "times": 9}, 409, "check SHOPIFY_ACCESS_TOKEN"),
    ({"name": "refuses", "status": 402}, 409, "its owner must pay"),
    ({"name": "refuses", "status": 423}, 409, "ask Shopify's support"),
    ({"name": "refuses", "status": 404}, 409, "check SHOPIFY_SHOP"),
    ({"name": "redirect"}, 409, "set SHOPIFY_SHOP to NAME.myshopify.com"),
    ({"name": "denied"}, 409, "grant the app the access scopes"),
    ({"name": "down"}, 503, "Try again"),
    ({"name": "html"}, 503, "Try again"),
    ({"name": "answers"}, 503, "check SHOPIFY_SHOP"),
    ({"name": "answers", "body": ""}, 503, "check SHOPIFY_SHOP"),
]


@pytest.mark.row("E1")
@pytest.mark.parametrize(
    ("fault", "status", "told"), REFUSALS, ids=lambda each: each.get("name") if isinstance(each, dict) else ""
)
def test_a_shop_that_refuses_or_is_down_is_told_with_what_to_do_and_nothing_is_changed(
    npta: House, fault: dict[str, Any], status: int, told: str
) -> None:
    opened(npta)
    before = npta.sheet.worksheet("NPTA Catalogue").get_all_values()
    shop_fault(npta, **fault)

    answer = press(npta, "/shopify/sync", status=status)

    assert told in answer["detail"]
    assert answer["code"] == ("shop_refused" if status == 409 else "shop_unavailable")
    standing = json.loads(npta.call("GET", "/status").data)["shopify"]
    assert standing.startswith("refuses" if status == 409 else "not answering: ")
    assert npta.sheet.worksheet("NPTA Catalogue").get_all_values() == before
    shop_mended(npta)
    assert press(npta, "/shopify/sync")["added"] == 0
    assert json.loads(npta.call("GET", "/status").data)["shopify"] == "connected"


@pytest.mark.row("D1")
@pytest.mark.parametrize(
    ("tags", "provider", "told"),
    [
        (["provider:nasm"], "nasm", ""),
        (["new", "Provider: ncsf "], "ncsf", ""),
        (["provider:multi"], "multi", ""),
        ([], "", "no tag provider:"),
        (["providers", "nasm"], "", "no tag provider:"),
        (["provider:"], "", "no tag provider:"),
        (["provider:nasm", "provider:ncsf"], "", "several provider tags"),
        (["provider:nasm", "provider:multi"], "", "several provider tags"),
    ],
)
def test_the_provider_comes_from_the_tag_and_none_or_several_are_flagged(
    npta: House, tags: list[str], provider: str, told: str
) -> None:
    put_product(npta, "NEW", title="New", tags=tags, type="Bundle")

    answer = press(npta, "/shopify/sync")

    assert catalogue(npta)["NEW"]["provider"] == provider
    assert told in problems(answer, "NEW")
    assert bool(told) == bool(problems(answer, "NEW"))


@pytest.mark.row("D1", "C1")
def test_a_provider_that_became_unclear_is_not_left_standing_as_if_it_were_right(npta: House) -> None:
    press(npta, "/shopify/sync")
    put_product(npta, "CPTa", tags=["provider:nasm", "provider:ncsf"])

    answer = press(npta, "/shopify/sync")

    assert "several provider tags" in problems(answer, "CPTa")
    assert catalogue(npta)["CPTa"]["provider"] == ""


@pytest.mark.row("D2")
def test_doubled_and_empty_skus_are_reported_and_not_offered(npta: House) -> None:
    put_product(npta, "DUP", handle="one", title="One", tags=["provider:nasm"], type="Bundle")
    put_product(npta, "DUP", handle="two", title="Two", tags=["provider:nasm"], type="Bundle")
    put_product(npta, "", title="Without", tags=["provider:nasm"], type="Bundle")

    answer = press(npta, "/shopify/sync")

    assert "2 variants have the SKU DUP" in problems(answer, "DUP")
    assert "“Without” has no SKU" in problems(answer, "")
    assert set(catalogue(npta)) == RUNBOOK_SKUS


@pytest.mark.row("D2")
def test_a_sku_that_is_doubled_later_keeps_its_row_and_gets_no_stock(npta: House) -> None:
    opened(npta)
    put_product(npta, "CPTa", handle="another", title="A copy", tags=["provider:nasm"], type="Bundle", available=3)
    before = {each["title"]: each["available"] for each in shop_state(npta)["products"] if each["sku"] == "CPTa"}

    answer = press(npta, "/shopify/sync")
    refreshed = press(npta, "/inventory/refresh")

    assert "2 variants" in problems(answer, "CPTa")
    assert catalogue(npta)["CPTa"]["title"] == "Certified Personal Trainer, all inclusive"
    assert [each["SKU"] for each in refreshed["failed"]] == ["CPTa"]
    after = {each["title"]: each["available"] for each in shop_state(npta)["products"] if each["sku"] == "CPTa"}
    assert after == before


@pytest.mark.row("D2")
def test_a_sku_that_stands_twice_in_the_sheet_is_reported_with_its_rows_and_not_offered(npta: House) -> None:
    npta.products(("CPTa", "NASM-CPT-FULL"), ("CPTa", "NASM-CPT-EXAM"), ("", "NASM-CPT-FULL"), ("CPT", "NASM-CPT-EXAM"))

    answer = npta.sync()

    assert [(each["row"], each["SKU"]) for each in answer["problems"] if "keys" not in each["message"]] == [
        (2, "CPTa"),
        (3, "CPTa"),
        (4, ""),
    ]
    assert [row["SKU"] for row in npta.rows("Live Catalogue")] == ["CPT"]
    assert npta.order("1", ("CPTa", 1))["code"] == "entitlements_missing"


@pytest.mark.row("D3")
@pytest.mark.parametrize(
    ("category", "warned"),
    [("Certification", False), ("Specialization", False), ("Bundle", False), ("Webinar", True), ("", True)],
)
def test_the_usual_categories_pass_without_a_warning(npta: House, category: str, warned: bool) -> None:
    put_product(npta, "NEW", title="New", tags=["provider:nasm"], type=category)

    answer = press(npta, "/shopify/sync")

    assert catalogue(npta)["NEW"]["category"] == category
    assert ("product type" in problems(answer, "NEW")) is warned


@pytest.mark.row("D5")
@pytest.mark.parametrize(
    ("status", "active"), [("ACTIVE", "TRUE"), ("UNLISTED", "TRUE"), ("DRAFT", "FALSE"), ("ARCHIVED", "FALSE")]
)
def test_active_follows_the_products_status(npta: House, status: str, active: str) -> None:
    put_product(npta, "CPTa", status=status)

    press(npta, "/shopify/sync")

    assert catalogue(npta)["CPTa"]["active"] == active


@pytest.mark.row("D5")
@pytest.mark.parametrize("status", ["DRAFT", "ARCHIVED"])
def test_paid_orders_of_a_product_that_is_not_active_are_filled_with_a_warning(npta: House, status: str) -> None:
    opened(npta)
    put_product(npta, "CPTa", status=status)
    press(npta, "/shopify/sync")

    answer = npta.order("6855909900591", ("CPTa", 1))
    other = npta.order("6855909900592", ("CNC", 1))

    assert (answer["http"], answer["status"], answer["keys_count"]) == (200, "fulfilled", 1)
    assert pools(npta)["NASM CPT combined"] == (1, 14)
    told = {order: words(each) for each in messages(npta) for order in ("00591", "00592") if order in each["text"]}
    assert "CPTa is not active in Shopify" in told["00591"]
    assert other["status"] == "fulfilled"
    assert "not active" not in told["00592"]
    assert len(alerts(npta, "6855909900591")) == 1


@pytest.mark.row("D7", "B8", "I4")
def test_products_that_are_not_for_sale_are_left_as_they_are_in_the_sheet_and_the_shop(npta: House) -> None:
    opened(npta)

    assert available(npta)["KBS-1"] == "", "EXTERNAL: NPTA keeps that stock"
    assert shelf(npta)["KBS-1"] == 0
    assert [each["tracked"] for each in shop_state(npta)["products"] if each["sku"] == "KBS-1"] == [False]
