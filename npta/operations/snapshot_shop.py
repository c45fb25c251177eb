"""Write every product and variant of the shop down, as a snapshot that people can read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from npta.domain.catalogue.sync_from_shopify import NO_VARIANT, ShopVariant
from npta.domain.state.state import State
from npta.operations.commit import commit
from npta.services import Services
from npta.tables import ShopSnapshot
from sheets_schema import Deadline, Transaction

PORTION = 1_000
"""Rows of one commit: about 0.7 MB of the 2 MB that Google recommends."""


class SnapshotTaken(NamedTuple):
    """What was in the shop; `written` are the rows of this snapshot, read back."""

    taken_at: str
    rows: tuple[ShopSnapshot, ...]
    written: tuple[ShopSnapshot, ...]

    @property
    def products(self) -> int:
        """How many products these variants are of."""
        return len({row.product_id for row in self.rows})

    @property
    def agrees(self) -> bool:
        """Whether what the shop showed stands in the tab, no more and no less."""
        return self.written == self.rows


def snapshot_shop(
    services: Services,
    *,
    who: str,
    deadline: Deadline,
    progress: Callable[[str], None] = lambda _: None,
    portion: int = PORTION,
) -> SnapshotTaken:
    """Write every product and variant down, in commits of up to `portion` rows.

    Raises `SettingError` without a shop, `ShopError`; a snapshot that was cut short has fewer rows, and is simply taken
    again.
    """
    progress("reading every product of the shop …")
    at = services.now()
    rows = tuple(_row(variant, at) for variant in services.required_shop().variants(deadline))
    for start in range(0, len(rows), portion):
        part = rows[start : start + portion]
        progress(f"writing rows {start + 1:,} to {start + len(part):,} of {len(rows):,} …")
        commit(services, partial(_write, rows=part), operation="snapshot", who=who, deadline=deadline)
    progress("reading them back …")
    read = services.spreadsheet.scan([ShopSnapshot], deadline)[ShopSnapshot]
    written = tuple(row for row in read if isinstance(row, ShopSnapshot) and row.taken_at == at)
    return SnapshotTaken(at, rows, written)


def _write(tx: Transaction[State], *, rows: Sequence[ShopSnapshot]) -> None:
    tx.add_all(rows)


def _row(variant: ShopVariant, at: str) -> ShopSnapshot:
    return ShopSnapshot(
        taken_at=at,
        product_id=variant.product_id.rpartition("/")[2],
        variant_id=variant.variant_id.rpartition("/")[2],
        product_title=variant.title,
        variant="" if variant.variant_title == NO_VARIANT else variant.variant_title,
        sku=variant.spelling,
        price=variant.price,
        status=variant.status,
        tags=", ".join(variant.tags),
        product_type=variant.product_type,
        stock="" if variant.available is None else str(variant.available),
    )
