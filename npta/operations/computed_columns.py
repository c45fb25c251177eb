"""Keep the computed columns of the catalogue, `available` and `status`, up to date."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from npta.domain.catalogue.catalogue import read_catalogue
from npta.domain.catalogue.catalogue_summary import read_summary, summarize, write_summary
from npta.domain.catalogue.computed_columns import shown
from npta.domain.state.state import State
from npta.services import REFRESH_EVERY, Services
from npta.tables import Catalogue
from sheets_schema import Deadline, InputRow, SheetsError, Transaction

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
