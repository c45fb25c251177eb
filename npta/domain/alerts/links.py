"""Where an alert leads: to the order in Shopify, and to the tab where its matter stands.

Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from npta.domain.state.alert import Alert, AlertKind, Link
from npta.tables import Attention, Catalogue, ImportKeys, KeyInventory, Orders
from sheets_schema import InputTable, Ledger, View

_TABS: dict[AlertKind, type[InputTable | View]] = {
    AlertKind.IMPORTED: ImportKeys,
    AlertKind.LOW_STOCK: KeyInventory,
    AlertKind.OUT_OF_STOCK: KeyInventory,
    AlertKind.STOCK_TROUBLE: Catalogue,
    AlertKind.RECONCILED: Attention,
    AlertKind.UNDELIVERED: Attention,
    AlertKind.SERVED: Attention,
    AlertKind.HOOK_TROUBLE: Attention,
}
"""All others are about an order, or, what is over, about an order or a pool."""


def with_links(alert: Alert, shop: str, spreadsheet: str, tabs: Mapping[str, int]) -> Alert:
    """Return the alert with its links.

    `shop` is the shop's domain, `spreadsheet` an address, `tabs` the ids of tabs by title. What is not known (no
    shop, an embedded spreadsheet, a tab that nobody has read) leads nowhere.
    """
    about_order = alert.about.isascii() and alert.about.isdigit()
    links = [Link("Order in Shopify", order_url(shop, alert.about))] if shop and about_order else []
    default: type[Ledger | View] = KeyInventory if alert.kind is AlertKind.ENDED and not about_order else Orders
    title = (_TABS.get(alert.kind) or default).__table__.title
    if spreadsheet and title in tabs:
        links.append(Link(title, f"{spreadsheet}#gid={tabs[title]}"))
    return alert._replace(links=tuple(links))


def order_url(shop: str, order_id: str) -> str:
    """Return the address of an order in the shop's admin.

    Its pages redirect to admin.shopify.com (seen).
    """
    return f"https://{shop}/admin/orders/{order_id}"
