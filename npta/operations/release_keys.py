"""Release Keys: the seats of an order go back to stock (“Use for refunds”)."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.aftercare import release, released_seats
from npta.domain.catalogue import available
from npta.domain.reopening import reopened
from npta.domain.state import Holding, State
from npta.operations.known import known_order
from npta.operations.refresh_catalogue import refresh_catalogue
from npta.services import Services
from sheets_schema import Deadline, Transaction


class ProductStock(NamedTuple):
    """How many of a product can be sold, before and after."""

    sku: str
    before: int
    after: int


class Released(NamedTuple):
    """What Release Keys did, or would do."""

    order_id: str
    keys: tuple[Holding, ...]
    products: tuple[ProductStock, ...]
    reopened_orders: tuple[str, ...]
    dry_run: bool

    @property
    def seats(self) -> int:
        """Seats given back."""
        return sum(key.seats for key in self.keys)


def release_keys(
    services: Services, order: str, *, who: str, deadline: Deadline, line_item_id: str = "", dry_run: bool = False
) -> Released:
    """Give back what an order holds, or one line of it; pressed again, nothing more.

    Seats return to their key's place in the queue, or leave stock if the setting says quarantine. Orders that waited
    for them are opened again. Raises `NotKnown`, `BadRequest` for a line without keys, and what `Spreadsheet.run`
    raises.
    """
    settings = services.settings

    def work(tx: Transaction[State]) -> Released:
        record = known_order(tx.state, order)
        keys = released_seats(tx.state, record, line_item_id)
        before = _sellable(tx.state, settings.region)
        at = services.now()
        facts = release(
            tx.state, record, line_item_id=line_item_id, policy=settings.release_policy, at=at, commit=tx.commit
        )
        for fact in facts:
            tx.append(fact)
        opened = reopened(tx.state, settings.regions, at=at, commit=tx.commit, why="Release Keys") if keys else []
        for order_fact in opened:
            tx.append(order_fact)
        after = _sellable(tx.state, settings.region)
        products = tuple(ProductStock(sku, before[sku], after[sku]) for sku in before if before[sku] != after[sku])
        if dry_run:
            tx.discard()
        return Released(record.order_id, keys, products, tuple(fact.order_id for fact in opened), dry_run)

    released = services.spreadsheet.run(work, operation="release keys", who=who, deadline=deadline)
    refresh_catalogue(services, deadline, changed=bool(released.keys) and not dry_run)
    return released


def _sellable(state: State, region: str) -> dict[str, int]:
    counts = {sku: available(product, state, region) for sku, product in state.products.items() if product}
    return {sku: count for sku, count in counts.items() if count is not None}
