"""Release Keys: the seats of an order go back to stock (“Use for refunds”)."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.catalogue import sellable
from npta.domain.fulfillment import Mode
from npta.domain.modes import rules_in
from npta.domain.order_alerts import released_alert
from npta.domain.releasing import quarantined_seats, release
from npta.domain.reopening import reopened
from npta.domain.state import Holding, State
from npta.operations.commit import commit, enqueue_alert
from npta.operations.known import get_order
from npta.services import Services
from sheets_schema import Deadline, Transaction


class ProductStock(NamedTuple):
    """How many of a product can be sold, before and after."""

    sku: str
    before: int
    after: int


class Released(NamedTuple):
    """What Release Keys did, or would do. `quarantined` seats of `keys` do not return to stock."""

    order_id: str
    keys: tuple[Holding, ...]
    quarantined: int
    products: tuple[ProductStock, ...]
    reopened_orders: tuple[str, ...]
    dry_run: bool

    @property
    def seats(self) -> int:
        """Seats given back."""
        return sum(key.seats for key in self.keys)


def release_keys(
    services: Services,
    order: str,
    *,
    who: str,
    deadline: Deadline,
    line_item_id: str = "",
    units: int | None = None,
    dry_run: bool = False,
    request_id: str = "",
) -> Released:
    """Give back what an order holds, or one line of it, or some units of a line; pressed again, nothing more.

    Seats return to their key's place in the queue, or leave stock if the setting says quarantine or their key is
    retired. Orders that waited for them are opened again. Raises `NotKnown`, what `domain.releasing.release` raises for
    a line or units that the order does not have, and what `Spreadsheet.run` raises.
    """
    settings = services.settings

    def work(tx: Transaction[State]) -> Released:
        record = get_order(tx.state, order)
        before = sellable(tx.state, settings.region)
        at = services.now()
        keys, facts = release(
            tx.state,
            record,
            line_item_id=line_item_id,
            units=units,
            policy=settings.release_policy,
            at=at,
            commit=tx.commit,
        )
        quarantined = quarantined_seats(tx.state, keys, settings.release_policy)
        for fact in facts:
            tx.append(fact)
        rules = rules_in(tx.values, settings.regions)
        opened = reopened(tx.state, rules, at=at, commit=tx.commit, why="Release Keys") if facts else []
        for order_fact in opened:
            tx.append(order_fact)
        after = sellable(tx.state, settings.region)
        products = tuple(ProductStock(sku, before[sku], after[sku]) for sku in before if before[sku] != after[sku])
        opened_ids = tuple(fact.order_id for fact in opened)
        if keys:
            alert = released_alert(
                record,
                keys,
                products,
                opened_ids,
                is_off=rules.mode is Mode.OFF,
                quarantined=quarantined,
                line_item_id=line_item_id,
                who=who,
                request_id=request_id,
            )
            enqueue_alert(services, tx, alert)
        if dry_run:
            tx.rollback()
        return Released(record.order_id, keys, quarantined, products, opened_ids, dry_run)

    return commit(services, work, operation="release keys", who=who, deadline=deadline)
