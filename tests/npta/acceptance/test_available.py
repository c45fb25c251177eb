"""The catalogue's `available`, and what a sync of hundreds of products costs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    ENTITLEMENTS,
    KEYS,
    Watch,
    available,
    opened,
    press,
    put_product,
    shelf,
    type_into,
)
from tests.support import House, catalogue_cell


@pytest.mark.row("D7")
def test_available_is_the_scarcest_entitlement_less_what_paid_orders_are_owed(npta: House) -> None:
    entitlements = {**ENTITLEMENTS, "CNC": "NASM-CPT-FULL,NASM-CPT-FULL", "CNCe": ""}
    opened(npta, entitlements=entitlements)
    type_into(npta, "NPTA Catalogue", "fulfillment", {"CNCe": "AUTO"})
    npta.sync()

    def shown() -> dict[str, Any]:
        press(npta, "/outbox/flush")
        stock = available(npta)
        assert {sku: shelf(npta)[sku] for sku in stock if sku not in ("KBS-1", "CNCe")} == {
            sku: number for sku, number in stock.items() if sku not in ("KBS-1", "CNCe")
        }
        return {sku: stock[sku] for sku in ("CPTa", "CNC", "CNCe", "CAREER", "NSTB", "KBS-1")}

    assert shown() == {"CPTa": 15, "CNC": 7, "CNCe": 0, "CAREER": 10, "NSTB": 10, "KBS-1": ""}
    npta.order("1", ("CPTa", 4))
    assert shown() == {"CPTa": 11, "CNC": 5, "CNCe": 0, "CAREER": 10, "NSTB": 10, "KBS-1": ""}
    assert npta.order("2", ("CPTa", 6), ("CPT", 21))["code"] == "out_of_stock"
    assert shown() == {"CPTa": 5, "CNC": 2, "CNCe": 0, "CAREER": 5, "NSTB": 5, "KBS-1": ""}
    assert npta.order("3", ("CPTa", 40))["code"] == "out_of_stock"
    assert shown() == {"CPTa": 0, "CNC": 0, "CNCe": 0, "CAREER": 0, "NSTB": 0, "KBS-1": ""}, "never below 0"
    press(npta, "/orders/3/release")
    press(npta, "/orders/2/release")
    assert shown()["CPTa"] == 11, "releasing a failed order ends its debt"


@pytest.mark.row("E1", "E2", "X9")
def test_a_sync_of_500_products_costs_4_calls_at_most() -> None:
    watch = Watch()
    with watch.npta() as npta:
        for number in range(493):
            put_product(npta, f"SKU-{number}", title=f"Course {number}", tags=["provider:nasm"], type="Bundle")
        npta.keys(*KEYS)
        calls = npta.emulator.calls
        calls.reset()
        assert press(npta, "/shopify/sync")["added"] == 500
        assert calls.total <= 4
        npta.sheet.worksheet("NPTA Catalogue").update(
            [["NASM-CPT-FULL"]] * 500, catalogue_cell("entitlements", 2), raw=True
        )

        for path, counted, name in (
            ("/catalogue/sync", "published", "publishing"),
            ("/catalogue/sync", "published", "nothing new"),
            ("/shopify/sync", "added", "nothing new in the shop"),
        ):
            watch.passes(60)
            calls.reset()
            answer = press(npta, path)
            assert calls.total <= 4, name
            assert answer[counted] == (500 if name == "publishing" else 0)

        assert len(npta.rows("Live Catalogue")) == 500
        assert set(available(npta).values()) == {15}
