"""Sync Catalogue: validate and publish what people typed into the catalogue."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.catalogue.catalogue import (
    CatalogueChange,
    CatalogueProblem,
    EmptyCatalogueError,
    publication_facts,
    publish,
    read_catalogue,
)
from npta.domain.catalogue.mail_texts import publish_texts, read_texts
from npta.domain.state.state import State
from npta.errors import ConflictError
from npta.operations.backorders import ask_shop, stage_backorders
from npta.operations.commit import commit
from npta.operations.computed_columns import stage_catalogue_columns
from npta.operations.dry_run_token import AT_ONCE, Carried, Intent
from npta.services import Services
from npta.tables import Catalogue, Providers
from sheets_schema import Deadline, SchemaMismatchError, Transaction


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
