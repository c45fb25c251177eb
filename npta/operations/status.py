"""Status: how the service stands."""

from __future__ import annotations

import re

from npta.clients.shopify.client import Shopify
from npta.clients.slack.client import Slack
from npta.domain.catalogue.catalogue_summary import CatalogueWarning, read_summary, summarize
from npta.domain.orders.eligibility import Mode
from npta.domain.reports.status import (
    Press,
    ServiceStatus,
    archives_standing,
    by_hand_orders,
    failed_orders,
    low_pools,
    outbox,
    presses,
    undelivered_orders,
)
from npta.domain.state.state import State
from npta.domain.stock.import_keys import Unfinished, holds_key, read_unfinished, unfinished_now
from npta.errors import ShopRejectedError, SlackRejectedError
from npta.operations.commit import read
from npta.operations.outbox.new_messages import unconfirmed
from npta.services import Services
from npta.tables import Catalogue, ImportCapture, ImportKeys
from sheets_schema import Deadline, InputRow, InputTable, SchemaMismatchError, Transaction


def get_status(services: Services, *, deadline: Deadline) -> ServiceStatus:
    """Return how the service stands.

    Writes nothing, and asks neither Shopify nor Slack nor an archive. A damaged catalogue form is in the result, not
    raised.
    """
    settings = services.settings

    def look(tx: Transaction[State]) -> ServiceStatus:
        state = tx.state
        unsynced, problem = _catalogue(tx, settings.region)
        catalogue_rows, pasted = _rows(tx, Catalogue), _rows(tx, ImportKeys)
        sent = {out.message.message_id for out in services.sending.sent()}
        return ServiceStatus(
            mode=Mode(tx.values["mode"]),
            version=tx.version,
            go_live_at=tx.values["go_live_at"],
            unsynced=unsynced,
            catalogue_problem=problem,
            low_pools=low_pools(state, settings.low_stock, services.now()),
            failures_in_a_row=state.failures_in_a_row.value,
            failed_orders=failed_orders(state, services.rules(tx.values)),
            undelivered_orders=undelivered_orders(state),
            by_hand_orders=by_hand_orders(state),
            outbox=outbox(state, sent),
            unconfirmed_stock=_unconfirmed(services, state),
            last_push=state.pushed.value,
            shopify=_standing("Shopify", services.shop),
            slack=_standing("Slack", services.slack),
            drift=services.shop.drift if services.shop else "",
            unfinished_import=_unfinished(tx),
            catalogue_rows=len(catalogue_rows),
            published_products=sum(1 for product in state.products.values() if product),
            keys=len(state.keys),
            pasted_rows=sum(1 for row in pasted if holds_key(row) and not row.cells.get("problem")),
            activity=presses(Press(commit.at, commit.actor, commit.operation) for commit in tx.recent),
            cells=services.spreadsheet.cells,
            cells_max=services.spreadsheet.MAX_CELLS,
            archives=archives_standing(state, settings.archives, services.archive_troubles),
            archives_trouble=state.index_trouble,
        )

    return read(services, look, deadline, reads=(Catalogue, ImportCapture, ImportKeys))


def _rows(tx: Transaction[State], form: type[InputTable]) -> list[InputRow]:
    """Return a form's rows; none where it cannot be read, which is said elsewhere."""
    try:
        return [*tx.table(form).rows]
    except SchemaMismatchError:
        return []


def _catalogue(tx: Transaction[State], region: str) -> tuple[tuple[CatalogueWarning, ...], str]:
    vanished = read_summary(tx.values["catalogue"]).vanished
    try:
        return summarize(tx.table(Catalogue).rows, tx.state, region, vanished).remarks, ""
    except SchemaMismatchError as problem:
        return (), str(problem)


def _unfinished(tx: Transaction[State]) -> Unfinished | None:
    """Return what waits in the capture, or, if it cannot be read, what was last written of it."""
    text = tx.values["unfinished_import"]
    try:
        return unfinished_now(text, len(tx.table(ImportCapture).all_rows))
    except SchemaMismatchError:
        return read_unfinished(text)


def _unconfirmed(services: Services, state: State) -> tuple[str, ...]:
    """Return SKUs not confirmed by Shopify; this process may know more than is recorded."""
    if not services.shop:
        return ()
    pushed = {sku: level for sent in services.sending.sent() for sku, level in sent.levels.items()}
    missing = unconfirmed(state, services.settings.region)
    return tuple(sku for sku, level in missing.items() if pushed.get(sku) != level)


def _standing(name: str, client: Shopify | Slack | None) -> str:
    """Return how Shopify or Slack was when last asked; a refusal with what to do about it."""
    if client is None:
        return "not configured"
    if client.trouble is None:
        return "connected" if client.asked else "not asked yet"
    message = str(client.trouble)
    if not isinstance(client.trouble, ShopRejectedError | SlackRejectedError):
        return f"not answering: {message}"
    said_already = re.fullmatch(rf"{name} refuse[sd](.*)", message)
    return f"refuses{said_already[1]}" if said_already else f"refuses: {message}"
