"""Every alert leads to the order in Shopify, and to the tab where its matter stands."""

from __future__ import annotations

from typing import Any

import pytest

from tests.npta.acceptance.steps import messages, opened, press, words
from tests.support import House

ORDER = "6855909900591"
pytestmark = pytest.mark.row("X20")


def address(house: House, tab: str) -> str:
    """The address of a tab, as a browser shows it."""
    return f"https://docs.google.com/spreadsheets/d/{house.spreadsheet_id}/edit#gid={house.sheet.worksheet(tab).id}"


def message(house: House, start: str) -> dict[str, Any]:
    return next(each for each in messages(house) if each["text"].startswith(start))


@pytest.mark.parametrize(("quantity", "start"), [(1, "✅"), (99, "❌")])
def test_an_orders_alert_leads_to_the_order_and_to_the_orders(npta: House, quantity: int, start: str) -> None:
    opened(npta)
    npta.order(ORDER, ("CPTa", quantity))
    told = words(message(npta, start))
    assert f"<https://{npta.settings.shopify_shop}/admin/orders/{ORDER}|Order in Shopify>" in told
    assert f"<{address(npta, 'Orders')}|Orders>" in told


@pytest.mark.parametrize(
    ("start", "tab"), [("📥", "Import Keys"), ("⚠️ Out of Stock", "Key Inventory"), ("🌙", "Attention")]
)
def test_any_other_leads_to_its_tab(npta: House, start: str, tab: str) -> None:
    opened(npta)
    npta.order(ORDER, ("CNC", 10))
    press(npta, "/reconcile")
    press(npta, "/outbox/flush")
    told = words(message(npta, start))
    assert f"<{address(npta, tab)}|{tab}>" in told
    assert "Order in Shopify" not in told


def test_what_has_ended_still_leads_there(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("CNC", 11))
    press(npta, f"/orders/{ORDER}/close")
    press(npta, "/outbox/flush")
    assert f"/admin/orders/{ORDER}|" in words(message(npta, "☑️"))


def test_a_malformed_order_leads_to_shopify_and_a_name_nowhere(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("CPTa", -1))
    npta.order("#1042", ("CPTa", 1))
    first, second = (words(each) for each in messages(npta) if each["text"].startswith("❌"))
    assert f"/admin/orders/{ORDER}|" in first
    assert "/admin/orders/" not in second
