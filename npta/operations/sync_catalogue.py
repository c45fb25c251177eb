"""Sync Catalogue: what people typed becomes what orders see."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.catalogue import (
    CatalogueChange,
    CatalogueProblem,
    EmptyCatalogueError,
    publication_facts,
    publish,
    read_catalogue,
)
from npta.domain.modes import rules_in
from npta.domain.reopening import reopened
from npta.domain.state import State
from npta.errors import ConflictError
from npta.operations.commit import commit
from npta.operations.refresh_catalogue import stage_catalogue_columns
from npta.services import Services
from npta.tabs import Catalogue
from sheets_schema import Deadline, Transaction


class Synced(NamedTuple):
    """What Sync Catalogue did, or would do."""

    published: int
    changed: tuple[CatalogueChange, ...]
    problems: tuple[CatalogueProblem, ...]
    reopened_orders: tuple[str, ...]
    dry_run: bool


def sync_catalogue(services: Services, *, who: str, deadline: Deadline, dry_run: bool = False) -> Synced:
    """Validate the catalogue and publish it, row by row; open the orders again that waited for it.

    Raises `ConflictError` if the catalogue was emptied, `SchemaError` if a header is missing, and what
    `Spreadsheet.run` raises.
    """
    settings = services.settings

    def work(tx: Transaction[State]) -> Synced:
        rows = read_catalogue(tx.table(Catalogue).rows)
        try:
            publication = publish(rows, tx.state, settings.region)
        except EmptyCatalogueError:
            raise ConflictError(
                f"{Catalogue.title}: the catalogue is empty although products are published. Restore it with "
                "File > Version history; nothing was changed."
            ) from None
        at = services.now()
        for fact in publication_facts(rows, publication, at=at, by=who):
            tx.append(fact)
        rules = rules_in(tx.values, settings.regions, {row.sku for row in rows})
        opened = reopened(tx.state, rules, at=at, commit=tx.commit, why="Sync Catalogue")
        for order_fact in opened:
            tx.append(order_fact)
        stage_catalogue_columns(tx, settings.region)
        if dry_run:
            tx.rollback()
        published = sum(1 for change in publication.changes if change.after)
        problems = tuple(
            each._replace(message=f"{Catalogue.title}, row {each.row}: {each.message}") for each in publication.findings
        )
        ids = tuple(fact.order_id for fact in opened)
        return Synced(published, publication.changes, problems, ids, dry_run)

    return commit(
        services, work, operation="sync catalogue", who=who, deadline=deadline, reads=(Catalogue,), shows_stock=True
    )
