"""The computed columns of the catalogue form: `available` and `status` of a row. Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum, auto
from typing import NamedTuple

from npta.domain.catalogue.availability import available, keyless_entitlements
from npta.domain.catalogue.catalogue import CatalogueRow
from npta.domain.state.state import State
from npta.tables import Fulfillment

NOT_IN_SHOPIFY = "not in Shopify"


class RowState(Enum):
    """How a catalogue row stands; its `status` says it in words."""

    BLANK = auto()
    READY = auto()
    OUT_OF_STOCK = auto()
    NO_KEYS = auto()
    UNSYNCED = auto()
    NOT_IN_SHOPIFY = auto()
    WRONG = auto()

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody should look at the row; out of stock has alerts of its own."""
        return self not in (RowState.BLANK, RowState.READY, RowState.OUT_OF_STOCK)


class ShownProduct(NamedTuple):
    """The computed cells of one catalogue row."""

    available: int | None
    status: str
    state: RowState


def shown(row: CatalogueRow, state: State, region: str, vanished: Collection[str] = ()) -> ShownProduct:
    """Return `available` and `status` of a row: what is published is sold, not what is typed.

    `vanished` are the SKUs that Shopify does not have any more.
    """
    if not (row.sku or row.problem):
        return ShownProduct(None, "", RowState.BLANK)
    published = state.products.get(row.sku)
    count = available(published, state, region)
    if row.problem:
        kept = " (orders still see what was published before)" if published else ""
        return ShownProduct(count, row.problem + kept, RowState.WRONG)
    if row.sku in vanished:
        return ShownProduct(count, NOT_IN_SHOPIFY, RowState.NOT_IN_SHOPIFY)
    if row.product != published:
        return ShownProduct(count, "unsynced: press Sync Catalogue", RowState.UNSYNCED)
    if published and published.fulfillment is Fulfillment.EXTERNAL:
        return ShownProduct(None, "ready: served by hand", RowState.READY)
    if keyless := keyless_entitlements(published, state, region):
        return ShownProduct(count, f"no keys for {', '.join(keyless)}", RowState.NO_KEYS)
    if not count:
        return ShownProduct(count, "out of stock", RowState.OUT_OF_STOCK)
    return ShownProduct(count, "ready", RowState.READY)
