"""Only stock that Shopify has confirmed is noted as pushed; the rest is told once, and tried again until it is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    Watch,
    alerts,
    messages,
    opened,
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

TROUBLE = "Stock Not Pushed to Shopify"
NEW = {"title": "New", "tags": ["provider:nasm"], "type": "Certification", "available": 0}


@pytest.fixture
def house() -> Iterator[House]:
    with Watch().npta() as made:
        yield opened(made)


def confirmed(house: House) -> dict[str, int]:
    """What the Outbox says that Shopify has taken, the newest of each SKU."""
    told: dict[str, int] = {}
    for row in house.rows("Outbox"):
        if (row["kind"], row["event"]) == ("stock", "SENT") and row["receipt"]:
            told.update(json.loads(row["receipt"]))
    return told


def flushed(house: House, times: int = 1) -> None:
    for _ in range(times):
        house.clock.sleep(60)
        press(house, "/outbox/flush")


def by_hand(house: House, sku: str, entitlements: str = "NASM-CPT-FULL") -> None:
    """Somebody types a row into the catalogue, of a product that the shop does not have, and publishes it."""
    table = house.sheet.worksheet("NPTA Catalogue")
    header = table.row_values(1)
    cells = {"SKU": sku, "entitlements": entitlements, "fulfillment": "AUTO"}
    row: list[Any] = [cells.get(name, "") for name in header]
    table.update([row], f"A{len(table.get_all_values()) + 1}", raw=True)
    assert press(house, "/catalogue/sync")["problems"] == []


@pytest.mark.row("I4", "E1")
def test_a_new_product_that_search_has_not_noticed_yet_gets_its_stock_at_once(house: House) -> None:
    shop_fault(house, "lag", seconds=3600)
    put_product(house, "FRESH", **NEW)
    press(house, "/shopify/sync")
    type_into(house, "NPTA Catalogue", "entitlements", {"FRESH": "NASM-CPT-FULL"})

    press(house, "/catalogue/sync")

    assert shelf(house)["FRESH"] == 15
    flushed(house)
    assert confirmed(house)["FRESH"] == 15
    assert alerts(house, TROUBLE) == []


@pytest.mark.row("I4")
def test_what_the_shop_does_not_show_is_not_noted_is_told_once_and_follows_by_itself(house: House) -> None:
    by_hand(house, "LATER")
    assert alerts(house, TROUBLE) == [], "it may be on its way"
    assert [each["SKU"] for each in press(house, "/inventory/refresh")["failed"]] == ["LATER"]
    flushed(house, 3)
    house.restart()
    flushed(house, 3)

    assert "LATER" not in confirmed(house)
    (alert,) = [each for each in messages(house) if TROUBLE in each["text"]]
    assert "LATER: Shopify shows no product with this SKU" in words(alert)
    assert json.loads(house.call("GET", "/status").data)["unconfirmed_stock"] == ["LATER"]
    rows, calls = len(house.rows("Outbox")), len(shop_state(house)["calls"])

    flushed(house, 5)

    assert len(house.rows("Outbox")) == rows, "a try costs no row"
    assert len(shop_state(house)["calls"]) > calls

    put_product(house, "LATER", **NEW)
    flushed(house, 2)

    assert (shelf(house)["LATER"], confirmed(house)["LATER"]) == (15, 15)
    assert json.loads(house.call("GET", "/status").data)["unconfirmed_stock"] == []
    rows = len(house.rows("Outbox"))
    flushed(house, 2)
    assert len(house.rows("Outbox")) == rows
    assert len(alerts(house, TROUBLE)) == 1


@pytest.mark.row("I4")
def test_a_product_that_people_know_to_be_gone_from_the_shop_is_no_alert(house: House) -> None:
    remove_product(house, "CNC")
    press(house, "/shopify/sync")

    house.order("1", ("CNC", 1))
    flushed(house, 3)

    assert alerts(house, TROUBLE) == []
    assert confirmed(house)["CNC"] == 10, "as it was before"


@pytest.mark.row("I4")
def test_stock_that_was_refused_is_tried_by_each_flush_although_nothing_moves(house: House) -> None:
    put_product(house, "NSTB", native_bundle=True)
    house.order("1", ("CAREER", 1))
    flushed(house, 2)
    assert (shelf(house)["NSTB"], shelf(house)["CAREER"], confirmed(house)["NSTB"]) == (10, 9, 10)
    assert len(alerts(house, TROUBLE)) == 1

    put_product(house, "NSTB", native_bundle=False)
    flushed(house, 2)

    assert (shelf(house)["NSTB"], confirmed(house)["NSTB"]) == (9, 9)
    put_product(house, "NSTB", native_bundle=True)
    house.order("2", ("CAREER", 1))
    flushed(house, 2)
    assert len(alerts(house, TROUBLE)) == 2, "it was right in between"


@pytest.mark.row("I4")
@pytest.mark.parametrize("fault", [{"name": "down"}, {"name": "refuses", "status": 402}, {"name": "answers"}])
def test_a_shop_that_takes_nothing_is_told_once_until_it_takes_it(house: House, fault: dict[str, Any]) -> None:
    shop_fault(house, **fault)
    for number in range(3):
        house.order(str(number + 1), ("CPTa", 1))
        flushed(house)
    house.restart()
    flushed(house, 2)
    (alert,) = alerts(house, TROUBLE)
    assert "CPTa" in alert

    shop_mended(house)
    flushed(house, 2)

    assert (shelf(house)["CPTa"], confirmed(house)["CPTa"]) == (12, 12)
    shop_fault(house, **fault)
    house.order("9", ("CPTa", 1))
    flushed(house, 2)
    assert len(alerts(house, TROUBLE)) == 2
