"""Sync from Shopify: bring the catalogue up to the products of the shop."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.catalogue.catalogue_summary import read_summary
from npta.domain.catalogue.sync_from_shopify import Remark, afterwards, compare
from npta.domain.state.normalized_text import canonical, cell_text
from npta.domain.state.state import State
from npta.errors import ShopRejectedError
from npta.operations.commit import commit
from npta.operations.computed_columns import stage_catalogue_columns
from npta.services import Services
from npta.tables import Catalogue
from sheets_schema import Deadline, Transaction

NEW: dict[str, object] = {"available": 0, "status": "entitlements missing"}
"""What stands beside a product that has just come in."""


class SyncedFromShop(NamedTuple):
    """What Sync from Shopify did: SKUs added, rows updated, SKUs that vanished from the shop."""

    added: tuple[str, ...]
    updated: tuple[str, ...]
    vanished: tuple[str, ...]
    problems: tuple[Remark, ...]


def sync_from_shopify(services: Services, *, who: str, deadline: Deadline) -> SyncedFromShop:
    """Read every product of the shop and bring the catalogue up to it.

    New products get a row without entitlements; vanished ones are marked, not deleted. Raises `SettingError` without a
    shop, `ShopError` (also if the shop shows no product at all).
    """
    offers = services.required_shop().variants(deadline)

    def transact(tx: Transaction[State]) -> SyncedFromShop:
        table = tx.table(Catalogue)
        sync = compare(table.rows, offers)
        if sync.gone and not offers:
            raise ShopRejectedError(
                "Shopify shows no product at all, so nothing was changed: check SHOPIFY_SHOP, and whether the app may "
                "see the shop's products."
            )
        for row, values in sync.updated:
            table.write(row, **values)
        before = read_summary(tx.values["catalogue"]).vanished
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
        services,
        transact,
        operation="sync from shopify",
        who=who,
        deadline=deadline,
        reads=(Catalogue,),
        shows_stock=True,
    )
