"""The catalogue: Sync from Shopify, Sync Catalogue, and the computed columns."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

from npta.domain.catalogue.catalogue import (
    CatalogueChange,
    CatalogueProblem,
    EmptyCatalogueError,
    publication_facts,
    publish,
    read_catalogue,
)
from npta.domain.catalogue.catalogue_summary import read_summary, summarize, write_summary
from npta.domain.catalogue.computed_columns import shown
from npta.domain.catalogue.mail_texts import publish_texts, read_texts
from npta.domain.catalogue.sync_from_shopify import Remark, afterwards, compare
from npta.domain.state.normalized_text import canonical, cell_text
from npta.domain.state.state import State
from npta.errors import ConflictError, ShopRejectedError
from npta.operations.backorders import ask_shop, stage_backorders
from npta.operations.commit import commit
from npta.operations.dry_run_token import AT_ONCE, Carried, Intent
from npta.operations.read_shop import the_shop
from npta.services import REFRESH_EVERY, Services
from npta.tables import Catalogue, Providers
from sheets_schema import Deadline, InputRow, SchemaMismatchError, SheetsError, Transaction

_log = logging.getLogger(__name__)


_NEEDS = 5.0
"""Seconds that must be left of a request to begin a refresh in it."""


_MAX_SECONDS = 4.0
"""Seconds that a refresh may keep an answer waiting."""


def refresh_catalogue(services: Services, deadline: Deadline, *, at_once: bool = False) -> bool:
    """Rewrite the computed columns if they are behind; return whether it was done.

    At most once in `REFRESH_EVERY` seconds unless `at_once`: refreshes of many orders are one. Never fails a request,
    nor keeps it waiting for long: what cannot be written now is written by a later one.
    """
    refreshing = services.refreshing
    with refreshing.lock:
        now = services.clock.monotonic()
        too_soon = now - refreshing.last < REFRESH_EVERY and not at_once
        if not (refreshing.due or at_once) or too_soon or deadline.left() < _NEEDS:
            return False
        refreshing.due, refreshing.last = False, now
    try:
        done = services.spreadsheet.refresh(
            lambda tx: write_computed(tx, services.settings.region),
            reads=(Catalogue,),
            timeout=services.clock.deadline(min(_MAX_SECONDS, deadline.left())),
        )
    except SheetsError as error:
        _log.warning("the catalogue's computed columns were not refreshed: %s", error)
        done = None
    if done is None:
        refreshing.due = True
    return done is not None


def write_computed(tx: Transaction[State], region: str) -> bool:
    """Stage `available` and `status` of every row."""
    table = tx.table(Catalogue)
    vanished = read_summary(tx.values["catalogue"]).vanished
    for form_row, row in zip(table.rows, read_catalogue(table.rows), strict=True):
        product = shown(row, tx.state, region, vanished)
        table.write(form_row, available=product.available, status=product.status)
    return True


def stage_catalogue_columns(
    tx: Transaction[State],
    region: str,
    *,
    rows: Sequence[InputRow] | None = None,
    vanished: frozenset[str] | None = None,
) -> None:
    """Stage the computed columns, and what was seen in the form, for *Attention* and for orders.

    `rows` are the form's as this transaction leaves them; as they were read, if not given. `vanished` are the SKUs that
    Shopify does not have any more; as before where nobody has asked it.
    """
    rows = tx.table(Catalogue).rows if rows is None else rows
    seen = summarize(
        rows, tx.state, region, read_summary(tx.values["catalogue"]).vanished if vanished is None else vanished
    )
    if (text := write_summary(seen)) != tx.values["catalogue"]:
        tx.set_value("catalogue", text)
    write_computed(tx, region)


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
    offers = the_shop(services).variants(deadline)

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


class Synced(NamedTuple):
    """What Sync Catalogue did, or would do."""

    published: int
    changed: tuple[CatalogueChange, ...]
    problems: tuple[CatalogueProblem, ...]
    served_orders: tuple[str, ...]
    reopened_orders: tuple[str, ...]
    carried: Carried = Carried()


def sync_catalogue(services: Services, *, who: str, deadline: Deadline, intent: Intent = AT_ONCE) -> Synced:
    """Validate and publish the catalogue, row by row; open the orders that waited for it.

    Raises `ConflictError` if the catalogue was emptied, `SchemaMismatchError` if a header is missing.
    """
    settings = services.settings

    standing = ask_shop(services, deadline)

    def transact(tx: Transaction[State]) -> Synced:
        rows = read_catalogue(tx.table(Catalogue).rows)
        try:
            publication = publish(rows, tx.state, settings.region)
        except EmptyCatalogueError:
            raise ConflictError(
                f"{Catalogue.__table__.title}: the catalogue is empty although products are published. Restore it with "
                "File > Version history; nothing was changed."
            ) from None
        tx.add_all(publication_facts(rows, publication, at=services.now(), by=who))
        rules = services.rules(tx.values, {row.sku for row in rows})
        text_problems = _publish_texts(tx)
        orders = stage_backorders(services, tx, "Sync Catalogue", standing, rules=rules)
        stage_catalogue_columns(tx, settings.region)
        carried = intent.judge("sync catalogue", publication.changes, tx.values["mail_texts"])
        if carried.dry_run:
            tx.rollback()
        published = sum(1 for change in publication.changes if change.after)
        problems = tuple(
            finding._replace(message=f"{Catalogue.__table__.title}, row {finding.row}: {finding.message}")
            for finding in publication.findings
        )
        return Synced(published, publication.changes, (*problems, *text_problems), *orders[:2], carried)

    return commit(
        services,
        transact,
        operation="sync catalogue",
        who=who,
        deadline=deadline,
        reads=(Catalogue, Providers),
        shows_stock=True,
    )


def _publish_texts(tx: Transaction[State]) -> tuple[CatalogueProblem, ...]:
    """Stage what mails say: titles and Providers.

    Without that form all stays as it was: it stops no catalogue.
    """
    try:
        providers = tx.table(Providers).rows
    except SchemaMismatchError as error:
        return (CatalogueProblem(0, "", f"{error} Mails say what they said before."),)
    published = publish_texts(tx.table(Catalogue).rows, providers, read_texts(tx.values["mail_texts"]))
    if published.cell != tx.values["mail_texts"]:
        tx.set_value("mail_texts", published.cell)
    return published.problems
