"""Attention says what to do next, and nothing on it is stale."""

from __future__ import annotations

from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    KEYS,
    attention,
    opened,
    person,
    press,
    put_product,
    remove_product,
    type_into,
)
from tests.support import House

PLENTY = [[*row[:5], 100] for row in KEYS]


def rows(house: House, what: str) -> list[dict[str, Any]]:
    """The rows of one sort."""
    return [row for row in house.rows("Attention") if row["what"] == what]


@pytest.mark.row("P3")
def test_nothing_is_shown_where_nothing_is_to_be_done(npta: House) -> None:
    opened(npta, keys=PLENTY)

    assert attention(npta) == []
    assert npta.sheet.worksheet("Attention").row_values(1) == ["what", "which", "next_step", "detail", "since"]


@pytest.mark.row("P3")
def test_everything_that_a_person_should_look_at_is_shown_with_what_to_do(npta: House) -> None:
    opened(npta)
    npta.order("1", ("CPTa", 12), order_name="#1042")
    npta.order("2", ("CNC", 11))
    type_into(npta, "NPTA Catalogue", "entitlements", {"CNCe": "NASM", "CAREER": "NASM-XYZ-FULL"})
    npta.sync()
    press(npta, "/mode", {"mode": "OFF"})
    npta.order("3", ("CPT", 1))

    shown = {(row["what"], row["which"]): row for row in npta.rows("Attention")}

    assert list(shown) == [
        ("mode", "OFF"),
        ("failed order", "2"),
        ("order by hand", "3"),
        ("mail not confirmed", "1"),
        ("low stock", "CANADA NASM CPT combined"),
        ("catalogue", "CNCe"),
        ("catalogue", "CAREER"),
    ]
    assert all(row["next_step"] for row in shown.values())
    assert "#1042 · Ada Lovelace" in shown["mail not confirmed", "1"]["detail"]
    assert "NASM-CNC-FULL" in shown["failed order", "2"]["detail"]
    assert "Import" in shown["failed order", "2"]["next_step"]
    assert "3 free of 15" in shown["low stock", "CANADA NASM CPT combined"]["detail"]
    assert "by hand" in shown["order by hand", "3"]["next_step"]
    assert "no keys for NASM-XYZ-FULL" in shown["catalogue", "CAREER"]["detail"]
    since = [row["since"] for (what, _), row in shown.items() if "order" in what or "mail" in what]
    assert all(isinstance(each, float) for each in since), "dates, which people sort by"


@pytest.mark.row("P3")
def test_each_line_goes_with_what_it_told_of(npta: House) -> None:
    opened(npta, keys=[["CANADA", "NASM", "CPT", "combined", "EX-1", 3], *PLENTY[1:]])
    assert attention(npta) == [("low stock", "CANADA NASM CPT combined")]
    npta.order("1", ("CPTa", 1))
    npta.order("2", ("CPTa", 7))
    assert attention(npta) == [
        ("failed order", "2"),
        ("mail not confirmed", "1"),
        ("low stock", "CANADA NASM CPT combined"),
    ]

    press(npta, "/orders/1/delivered")
    assert attention(npta, "mail") == []
    npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-2", 50])
    assert attention(npta) == [("failed order", "2")]
    assert "Re-run the Zap" in rows(npta, "failed order")[0]["next_step"]
    npta.order("2", ("CPTa", 7))
    assert attention(npta) == [("mail not confirmed", "2")]
    press(npta, "/orders/2/release")
    assert attention(npta) == []


@pytest.mark.row("P3")
@pytest.mark.parametrize("end", ["release", "close", "clear-cache"])
def test_a_failed_order_leaves_the_list_when_it_is_settled(npta: House, end: str) -> None:
    opened(npta, keys=PLENTY)
    npta.order("1", ("CPTa", 101))
    assert attention(npta) == [("failed order", "1")]

    press(npta, f"/orders/1/{end}")

    assert attention(npta) == ([("failed order", "1")] if end == "clear-cache" else [])


@pytest.mark.row("P3")
def test_remarks_about_the_catalogue_are_right_after_each_button_and_after_a_refresh(npta: House) -> None:
    opened(npta, keys=PLENTY)
    put_product(npta, "NEW", title="New", tags=["provider:nasm"], type="Bundle")
    press(npta, "/shopify/sync")
    assert attention(npta) == [("catalogue", "NEW")]

    type_into(npta, "NPTA Catalogue", "entitlements", {"NEW": "NASM-CNC-FULL"})
    press(npta, "/inventory/refresh")
    assert [row["detail"].split(": ", 1)[1] for row in rows(npta, "catalogue")] == ["unsynced: press Sync Catalogue"]
    npta.sync()
    assert attention(npta) == []

    remove_product(npta, "NEW")
    press(npta, "/shopify/sync")
    assert attention(npta) == [("catalogue", "NEW")]
    skus = [row["SKU"] for row in npta.rows("NPTA Catalogue")]
    npta.sheet.worksheet("NPTA Catalogue").delete_rows(skus.index("NEW") + 2)
    press(npta, "/inventory/refresh")
    assert [(row["which"], row["detail"]) for row in rows(npta, "catalogue")] == [
        ("NEW", "NPTA Catalogue: unsynced: its row is gone, and orders still see it")
    ]
    npta.sync()
    assert attention(npta) == []


@pytest.mark.row("P3")
def test_the_row_that_is_named_is_the_row_where_it_stands_now(npta: House) -> None:
    opened(npta, keys=PLENTY)
    type_into(npta, "NPTA Catalogue", "entitlements", {"CNC": "?"})
    npta.sync()
    number = [row["SKU"] for row in npta.rows("NPTA Catalogue")].index("CNC") + 2
    assert f"row {number}:" in rows(npta, "catalogue")[0]["detail"]

    npta.sheet.worksheet("NPTA Catalogue").insert_row([], 2)
    press(npta, "/inventory/refresh")

    assert f"row {number + 1}:" in rows(npta, "catalogue")[0]["detail"]


@pytest.mark.row("P3")
@pytest.mark.parametrize("damage", ["written over", "deleted"])
def test_whatever_is_done_to_attention_it_is_right_after_a_refresh(npta: House, damage: str) -> None:
    opened(npta)
    npta.order("1", ("CPTa", 16))
    before = npta.sheet.worksheet("Attention").get_all_values()
    if damage == "deleted":
        person(npta).delete_sheet("Attention")
    else:
        person(npta).paste("Attention!A1", [["all", "is", "well"]] * 9)

    press(npta, "/inventory/refresh")

    assert [row for row in npta.sheet.worksheet("Attention").get_all_values() if any(row)] == before
