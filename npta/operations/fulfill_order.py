"""An order gets its keys."""

from __future__ import annotations

from npta.domain.answers import Answer, answer
from npta.domain.catalogue import read_catalogue
from npta.domain.fulfillment import CatalogueNeeded, Mode, Rules, decide
from npta.domain.receipts import Order
from npta.domain.state import State
from npta.operations.refresh_catalogue import refresh_catalogue
from npta.services import Services
from npta.tabs import Catalogue
from sheets_schema import Deadline, SchemaError, Transaction


def fulfill_order(services: Services, order: Order, *, who: str, deadline: Deadline) -> Answer:
    """Assign keys to a paid order, or give the answer that it was given before.

    Everything an order changes leaves in one commit; the answer is made after it has landed. Raises what
    `Spreadsheet.run` raises; an order that cannot be filled is an answer, not an error.
    """

    def work(tx: Transaction[State], *, look: bool) -> Answer:
        mode = Mode(tx.values["mode"])
        rules = Rules(mode, services.settings.regions, tx.values["go_live_at"], _unpublished(tx) if look else None)
        outcome = decide(tx.state, order, rules, at=services.now(), commit=tx.commit)
        for fact in outcome.facts:
            tx.append(fact)
        record = tx.state.orders[order.order_id]
        recipient = services.settings.test_recipient
        return answer(tx.state, record, outcome, mode=mode, test_recipient=recipient, email=order.email)

    run = services.spreadsheet.run
    try:
        answered = run(lambda tx: work(tx, look=False), operation="fulfill order", who=who, deadline=deadline)
    except CatalogueNeeded:
        answered = run(
            lambda tx: work(tx, look=True), operation="fulfill order", who=who, deadline=deadline, reads=(Catalogue,)
        )
    refresh_catalogue(services, deadline, changed=not answered.replayed)
    return answered


def _unpublished(tx: Transaction[State]) -> set[str]:
    """SKUs that stand in the catalogue form; a damaged form knows none, and stops no order."""
    try:
        return {row.sku for row in read_catalogue(tx.table(Catalogue).rows)}
    except SchemaError:
        return set()
