"""Sync Catalogue: what people type becomes what orders see, row by row, and is never changed by the system."""

from __future__ import annotations

from typing import Any

import pytest
from gspread.utils import ValueRenderOption, a1_range_to_grid_range, rowcol_to_a1

from tests.npta.acceptance.steps import (
    KEYS,
    attention,
    available,
    catalogue,
    opened,
    press,
    put_product,
    shelf,
    type_into,
)
from tests.support import House

ORDER = "6855909900591"


def live(house: House) -> dict[str, tuple[str, str]]:
    """What is published: the newest row of each SKU."""
    return {row["SKU"]: (row["entitlements"], row["fulfillment"]) for row in house.rows("Live Catalogue")}


def told(answer: dict[str, Any], sku: str) -> tuple[int, str]:
    """Row and message about a SKU."""
    return next(((each["row"], each["message"]) for each in answer["problems"] if each["SKU"] == sku), (0, ""))


@pytest.mark.row("E2")
def test_an_edit_changes_nothing_before_it_is_synced_and_is_shown_as_unsynced(npta: House) -> None:
    opened(npta)
    type_into(npta, "NPTA Catalogue", "entitlements", {"CPTa": "NASM-CPT-EXAM"})

    assert npta.order("1", ("CPTa", 1))["keys"][0]["component"] == "combined"
    press(npta, "/outbox/flush")
    assert catalogue(npta)["CPTa"]["status"].startswith("unsynced")
    press(npta, "/inventory/refresh")
    assert ("catalogue", "CPTa") in attention(npta)

    answer = npta.sync()

    assert answer["changed"] == [{"SKU": "CPTa", "before": "AUTO NASM-CPT-FULL", "after": "AUTO NASM-CPT-EXAM"}]
    assert live(npta)["CPTa"] == ("NASM-CPT-EXAM", "AUTO")
    assert npta.order("2", ("CPTa", 1))["keys"][0]["component"] == "exam"
    assert catalogue(npta)["CPTa"]["status"] == "ready"
    assert ("catalogue", "CPTa") not in attention(npta)
    press(npta, "/outbox/flush")
    assert (available(npta)["CPTa"], shelf(npta)["CPTa"]) == (19, 19), "stock follows the new entitlement"


@pytest.mark.row("E2", "D4")
@pytest.mark.parametrize(
    "typed",
    [
        "NASM-CPT",
        "CPT-FULL",
        "NASM-CPT-BOTH",
        "NASM--FULL",
        "-CPT-FULL",
        "NASM-CPT-FULL,,",
        "NASM-CPT-FULL;NASM-CNC-FULL",
        "all",
    ],
)
def test_a_bad_row_blocks_only_itself_is_named_and_keeps_what_was_published(npta: House, typed: str) -> None:
    opened(npta)
    type_into(npta, "NPTA Catalogue", "entitlements", {"CPTa": typed, "CPT": "NASM-CPT-CONTENT"})

    answer = npta.sync()

    number = [row["SKU"] for row in npta.rows("NPTA Catalogue")].index("CPTa") + 2
    row, message = told(answer, "CPTa")
    assert row == number
    assert f"row {number}" in message
    assert [each["SKU"] for each in answer["changed"]] == ["CPT"]
    assert (live(npta)["CPTa"], live(npta)["CPT"]) == (("NASM-CPT-FULL", "AUTO"), ("NASM-CPT-CONTENT", "AUTO"))
    assert "orders still see what was published before" in catalogue(npta)["CPTa"]["status"]
    assert catalogue(npta)["CPTa"]["entitlements"] == typed
    assert npta.order(ORDER, ("CPTa", 1))["keys"][0]["entitlement"] == "NASM-CPT-FULL"


@pytest.mark.row("E2")
def test_a_row_that_is_gone_is_unpublished_and_a_second_press_changes_nothing(npta: House) -> None:
    opened(npta)
    skus = [row["SKU"] for row in npta.rows("NPTA Catalogue")]
    npta.sheet.worksheet("NPTA Catalogue").delete_rows(skus.index("CNC") + 2)

    answer, again = npta.sync(), npta.sync()

    assert answer["changed"] == [{"SKU": "CNC", "before": "AUTO NASM-CNC-FULL", "after": ""}]
    assert again["changed"] == []
    assert live(npta)["CNC"] == ("", "")
    assert npta.order(ORDER, ("CNC", 1))["code"] == "unknown_sku"


@pytest.mark.row("E2", "H3", "X1")
def test_orders_that_waited_for_the_entitlements_open_by_themselves(npta: House) -> None:
    opened(npta)
    put_product(npta, "NEW", title="New", tags=["provider:nasm"], type="Certification")
    press(npta, "/shopify/sync")
    failed = npta.order(ORDER, ("NEW", 1))
    unknown = npta.order("2", ("NOWHERE", 1))

    type_into(npta, "NPTA Catalogue", "entitlements", {"NEW": "NASM-CNC-FULL"})
    answer = npta.sync()

    assert (failed["http"], failed["code"]) == (422, "entitlements_missing")
    assert (unknown["http"], unknown["code"]) == (422, "unknown_sku")
    assert answer["reopened_orders"] == [ORDER]
    assert npta.order(ORDER, ("NEW", 1))["status"] == "fulfilled"
    assert attention(npta, "failed order") == [("failed order", "2")]


@pytest.mark.row("D4")
@pytest.mark.parametrize(
    ("typed", "published", "components"),
    [
        ("NASM-CPT-FULL", "NASM-CPT-FULL", ["combined"]),
        ("NASM-CPT-CONTENT", "NASM-CPT-CONTENT", ["content"]),
        ("NASM-CPT-EXAM", "NASM-CPT-EXAM", ["exam"]),
        ("  nasm-cpt-full ,  Nasm-Cpt-Exam ", "NASM-CPT-FULL,NASM-CPT-EXAM", ["combined", "exam"]),
        ("NASM-CPT-FULL,NASM-CPT-FULL", "NASM-CPT-FULL,NASM-CPT-FULL", ["combined"]),
        ("NASM-NSBK_CPT-CNC-CES-FULL", "NASM-NSBK_CPT-CNC-CES-FULL", ["combined"]),
    ],
)
def test_an_entitlement_is_split_at_the_first_and_the_last_hyphen(
    npta: House, typed: str, published: str, components: list[str]
) -> None:
    npta.products(("X", typed))
    npta.keys(*KEYS, ["CANADA", "NASM", "NSBK_CPT-CNC-CES", "combined", "BUNDLE", 15])

    answer = npta.order(ORDER, ("X", 1))

    assert live(npta)["X"] == (published, "AUTO")
    assert [key["component"] for key in answer["keys"]] == components
    assert answer["keys_count"] == len(published.split(","))
    assert {key["product_code"] for key in answer["keys"]} == {"NSBK_CPT-CNC-CES" if "NSBK" in published else "CPT"}


@pytest.mark.row("C5")
def test_entitlements_that_name_no_known_pool_are_published_with_a_warning_and_malformed_ones_are_not(
    npta: House,
) -> None:
    opened(npta)
    type_into(
        npta,
        "NPTA Catalogue",
        "entitlements",
        {"CNC": "NASM-XYZ-FULL,NASM-CNC-FULL", "CNCe": "NASM-CNC-CONTENT", "CPT": "?"},
    )

    answer = npta.sync()

    assert "no keys for NASM-XYZ-FULL" in told(answer, "CNC")[1]
    assert "NASM-CNC-FULL" not in told(answer, "CNC")[1]
    assert "no keys for NASM-CNC-CONTENT" in told(answer, "CNCe")[1]
    assert "entitlements" in told(answer, "CPT")[1]
    assert told(answer, "CPTa") == (0, "")
    assert live(npta)["CNC"] == ("NASM-XYZ-FULL,NASM-CNC-FULL", "AUTO")
    assert live(npta)["CPT"] == ("NASM-CPT-EXAM", "AUTO")
    assert catalogue(npta)["CNC"]["status"] == "no keys for NASM-XYZ-FULL"
    assert available(npta)["CNC"] == shelf(npta)["CNC"] == 0
    assert ("catalogue", "CNC") in attention(npta)

    npta.keys(["CANADA", "NASM", "XYZ", "combined", "XYZ-1", 3])

    assert told(npta.sync(), "CNC") == (0, "")
    assert (catalogue(npta)["CNC"]["status"], available(npta)["CNC"], shelf(npta)["CNC"]) == ("ready", 3, 3)


@pytest.mark.row("C6")
@pytest.mark.parametrize(
    ("typed", "published"),
    [("AUTO", "AUTO"), ("", "AUTO"), ("auto", "AUTO"), ("EXTERNAL", "EXTERNAL"), (" External ", "EXTERNAL")],
)
def test_fulfillment_is_auto_or_external_and_empty_means_auto_for_a_new_row(
    npta: House, typed: str, published: str
) -> None:
    npta.products(("X", "NASM-CPT-FULL", typed))
    npta.keys(*KEYS)

    answer = npta.order(ORDER, ("X", 1))

    assert live(npta)["X"][1] == published
    assert answer["status"] == ("fulfilled" if published == "AUTO" else "skipped")
    assert catalogue(npta)["X"]["fulfillment"] == typed, "what is typed stays as it is"
    assert available(npta)["X"] == (14 if published == "AUTO" else "")


@pytest.mark.row("C6")
@pytest.mark.parametrize("typed", ["MANUAL", "yes", 1, "AUTO, EXTERNAL"])
def test_any_other_fulfillment_is_refused_with_its_row(npta: House, typed: str | int) -> None:
    opened(npta)
    type_into(npta, "NPTA Catalogue", "fulfillment", {"CNC": typed})

    answer = npta.sync()

    number = [row["SKU"] for row in npta.rows("NPTA Catalogue")].index("CNC") + 2
    row, message = told(answer, "CNC")
    assert row == number
    assert all(part in message for part in (f"row {number}", f"“{typed}”", "AUTO or EXTERNAL"))
    assert live(npta)["CNC"] == ("NASM-CNC-FULL", "AUTO")
    assert npta.order(ORDER, ("CNC", 1))["status"] == "fulfilled"


@pytest.mark.row("C1")
def test_no_operation_changes_what_people_type_nor_columns_or_rows_of_their_own(npta: House) -> None:
    opened(npta)
    worksheet = npta.sheet.worksheet("NPTA Catalogue")
    last = len(worksheet.get_all_values())
    worksheet.update([["owner"], ["Ada"], ["=1+1"], [" "], ["007"]], "J1", raw=True)
    worksheet.update(
        [["BY-HAND", "", "Mine", "nasm-cpt-full ", "auto", "", "nasm", "Webinar", "", "note"]],
        f"A{last + 2}",
        raw=True,
    )
    worksheet.update([["a remark beside nothing"]], f"K{last + 4}", raw=True)

    def peoples() -> list[list[Any]]:
        rows = worksheet.get_all_values(value_render_option=ValueRenderOption.formula)
        return [[row[0], row[3], row[4], *row[9:]] for row in rows]

    before = peoples()
    put_product(npta, "CPTa", title="New title", tags=["provider:ncsf"], type="Bundle", status="DRAFT")
    for path in ("/shopify/sync", "/catalogue/sync", "/inventory/refresh", "/outbox/flush"):
        press(npta, path)
    npta.order(ORDER, ("CPTa", 1), ("BY-HAND", 2))
    npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-9", 5], ["CANADA", "NASM", "CPT", "nonsense", "EX-8", 5])
    press(npta, f"/orders/{ORDER}/release")
    press(npta, "/mode", {"mode": "TEST"})
    press(npta, "/outbox/flush")

    assert peoples() == before
    assert catalogue(npta)["CPTa"]["title"] == "New title"
    assert catalogue(npta)["BY-HAND"]["available"] == 20


@pytest.mark.row("C1", "E4")
def test_the_catalogues_own_columns_come_back_after_damage(npta: House) -> None:
    opened(npta)
    before = npta.rows("NPTA Catalogue")
    worksheet = npta.sheet.worksheet("NPTA Catalogue")
    worksheet.update([["=NOW()", "y"]] * len(before), "B2", raw=True)
    worksheet.update([[999, "x", 12, "MAYBE"]] * len(before), "F2", raw=True)

    press(npta, "/shopify/sync")
    press(npta, "/inventory/refresh")

    assert npta.rows("NPTA Catalogue") == before


@pytest.mark.row("E2")
def test_a_formula_in_a_form_counts_as_what_it_shows_and_is_never_touched(npta: House) -> None:
    opened(npta)
    tab = npta.sheet.worksheet("NPTA Catalogue")
    headers = tab.row_values(1)
    row = tab.col_values(headers.index("SKU") + 1).index("CPTa") + 1
    level = rowcol_to_a1(row, len(headers) + 2)
    tab.resize(cols=len(headers) + 2)
    tab.update_acell(level, "EXAM")
    where = rowcol_to_a1(row, headers.index("entitlements") + 1)
    # In a cell of plain text a formula would stay text; people choose Format > Number > Automatic.
    automatic = {
        "range": {**a1_range_to_grid_range(where), "sheetId": tab.id},
        "cell": {},
        "fields": "userEnteredFormat.numberFormat",
    }
    npta.sheet.batch_update({"requests": [{"repeatCell": automatic}]})
    formula = f'="NASM-CPT-" & {level}'
    tab.update([[formula]], where, raw=False)
    npta.sync()
    assert live(npta)["CPTa"] == ("NASM-CPT-EXAM", "AUTO")
    assert npta.order("1", ("CPTa", 1))["keys"][0]["component"] == "exam"
    assert tab.acell(where, value_render_option=ValueRenderOption.formula).value == formula

    tab.update_acell(level, "FULL")
    assert live(npta)["CPTa"] == ("NASM-CPT-EXAM", "AUTO"), "an edit changes nothing before it is synced"
    npta.sync()
    assert live(npta)["CPTa"] == ("NASM-CPT-FULL", "AUTO")

    tab.update([["=NASM(1)"]], where, raw=False)
    answer = npta.sync()
    assert told(answer, "CPTa")[0] == row, "an error that a formula shows is a bad row, named"
    assert live(npta)["CPTa"] == ("NASM-CPT-FULL", "AUTO")
    tab.update([[formula]], where, raw=False)
    npta.sync()
