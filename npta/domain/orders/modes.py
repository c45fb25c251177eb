"""The mode, and what else the named values beside the lock cell say that decisions depend on. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from npta.domain.catalogue.catalogue_summary import read_seen
from npta.domain.orders.backorders import is_shut_out
from npta.domain.orders.fulfillment import Mode, Rules
from npta.domain.state.state import State


def rules_in(values: Mapping[str, str], regions: Collection[str], unpublished: Collection[str] | None = None) -> Rules:
    """Return what decisions go by. `unpublished` are the SKUs of the catalogue form, if it has just been read."""
    remarked = frozenset(remark.sku for remark in read_seen(values["catalogue"]).remarks)
    return Rules(Mode(values["mode"]), regions, values["go_live_at"], unpublished, remarked)


def test_orders(state: State) -> tuple[str, ...]:
    """Orders that were filled in TEST and not since: their mail went to the test recipient."""
    return tuple(
        order_id
        for order_id, record in state.orders.items()
        if not record.damage and (receipt := record.filled_receipt) and receipt.mode == Mode.TEST
    )


def shut_out_orders(state: State, rules: Rules) -> tuple[str, ...]:
    """Orders that wait and would be refused since they were paid before go-live, the oldest failure first."""
    return tuple(record.order_id for record in state.waiting_orders() if is_shut_out(record, rules))
