"""Where an alert leads."""

from __future__ import annotations

import pytest

from npta.domain.alerts.links import with_links
from npta.domain.state.alert import Alert, AlertKind

SHEET = "https://sheets.example/d/1"
TABS = {"Orders": 1, "Key Inventory": 2, "Import Keys": 3, "NPTA Catalogue": 4, "Attention": 5}


@pytest.mark.parametrize(
    ("kind", "about", "tab"),
    [
        (AlertKind.FULFILLED, "1", "Orders"),
        (AlertKind.ENDED, "1", "Orders"),
        (AlertKind.ENDED, "CANADA NASM CPT combined", "Key Inventory"),
        (AlertKind.OUT_OF_STOCK, "CANADA NASM CPT combined", "Key Inventory"),
        (AlertKind.FAILED, "x-1", "Orders"),
        (AlertKind.IMPORTED, "", "Import Keys"),
        (AlertKind.STOCK_TROUBLE, "stock", "NPTA Catalogue"),
        (AlertKind.UNDELIVERED, "1", "Attention"),
    ],
)
def test_it_leads_to_its_order_in_the_shop_and_to_its_tab(kind: AlertKind, about: str, tab: str) -> None:
    links = with_links(Alert(kind, about, "T", "t"), "npta.example", SHEET, TABS).links

    shop = [("Order in Shopify", "https://npta.example/admin/orders/1")] if about == "1" else []
    assert [tuple(link) for link in links] == [*shop, (tab, f"{SHEET}#gid={TABS[tab]}")]


def test_what_is_not_known_leads_nowhere() -> None:
    alert = Alert(AlertKind.FULFILLED, "1", "T", "t")

    assert with_links(alert, "", "", TABS).links == ()
    assert with_links(alert, "", SHEET, {}).links == ()
    assert [link.text for link in with_links(alert, "", SHEET, TABS).links] == ["Orders"]
    assert with_links(alert._replace(about="１"), "npta.example", "", TABS).links == ()
