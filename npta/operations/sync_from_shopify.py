"""Sync from Shopify: the shop's products appear in NPTA Catalogue; what people type there is never touched."""

from __future__ import annotations

from typing import NamedTuple

from npta.clients.shopify import Shopify, ShopVariant
from npta.domain.seen import read_seen
from npta.domain.shop_sync import Offer, Remark, afterwards, compare
from npta.domain.state import State
from npta.domain.text import canonical, cell_text
from npta.errors import SettingError, ShopRejectedError
from npta.operations.commit import commit
from npta.operations.refresh_catalogue import stage_catalogue_columns
from npta.services import Services
from npta.tabs import Catalogue
from sheets_schema import Deadline, Transaction

NEW: dict[str, object] = {"available": 0, "status": "entitlements missing"}
"""What stands beside a product that has just come in."""


class SyncedFromShop(NamedTuple):
    """What Sync from Shopify did: SKUs added, rows updated, SKUs that the shop does not have any more."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    vanished: tuple[str, ...]
    problems: tuple[Remark, ...]


def sync_from_shopify(services: Services, *, who: str, deadline: Deadline) -> SyncedFromShop:
    """Read every product of the shop and bring the catalogue up to it; a second press changes nothing.

    New products get a row without entitlements; vanished ones are marked, not deleted. Raises `SettingError` without a
    shop, `ShopError` (also if the shop shows no product at all), and what `Spreadsheet.run` raises.
    """
    offers = [offer_of(variant) for variant in the_shop(services).variants(deadline)]

    def work(tx: Transaction[State]) -> SyncedFromShop:
        table = tx.table(Catalogue)
        sync = compare(table.rows, offers)
        if sync.gone and not offers:
            raise ShopRejectedError(
                "Shopify shows no product at all, so nothing was changed: check SHOPIFY_SHOP, and whether the app may "
                "see the shop's products."
            )
        for row, values in sync.updated:
            table.write(row, **values)
        before = read_seen(tx.values["catalogue"]).vanished
        first = table.append([{**row, **NEW} for row in sync.added])
        rows = afterwards(table.rows, sync, first)
        stage_catalogue_columns(tx, services.settings.region, rows=rows, vanished=sync.gone)
        return SyncedFromShop(
            added=tuple(canonical(row["sku"]) for row in sync.added),
            updated=tuple(dict.fromkeys(cell_text(update.row.cells.get("sku")) for update in sync.updated)),
            vanished=tuple(sorted(sync.gone - before)),
            problems=sync.problems,
        )

    return commit(
        services, work, operation="sync from shopify", who=who, deadline=deadline, reads=(Catalogue,), shows_stock=True
    )


def the_shop(services: Services) -> Shopify:
    """The shop. Raises `SettingError` if none is set."""
    if services.shop is None:
        raise SettingError("No shop is set: SHOPIFY_SHOP and its credentials are missing.")
    return services.shop


def offer_of(variant: ShopVariant) -> Offer:
    """A variant of the shop, as the catalogue sees it."""
    return Offer(
        spelling=variant.spelling,
        title=variant.title,
        variant_title=variant.variant_title,
        product_type=variant.product_type,
        tags=variant.tags,
        active=variant.sellable,
        sold_without_stock=variant.continues,
    )
