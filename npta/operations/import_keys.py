"""Import Keys: pasted rows become stock."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from npta.domain.alerts import imported_alert
from npta.domain.entitlements import Pool
from npta.domain.key_import import Sorted, as_form_row, imported, sort_rows
from npta.domain.reopening import reopened
from npta.domain.state import State
from npta.operations.commit import commit, tell
from npta.operations.refresh_catalogue import show_catalogue
from npta.services import Services
from npta.tabs import Catalogue, ImportCapture, ImportKeys
from sheets_schema import Deadline, FormRow, SchemaError, TooLarge, Transaction

_log = logging.getLogger(__name__)

PORTION = 2_500
"""Pasted rows that one commit takes in: about 1.5 MB of the 2 MB that Google recommends (documented)."""


class RowResult(NamedTuple):
    """What became of one pasted row: imported, duplicate or rejected, and why."""

    row: int
    outcome: str
    reason: str = ""


class Imported(NamedTuple):
    """What Import Keys did, or would do. `seats` are those that each pool has gained."""

    rows: tuple[RowResult, ...] = ()
    reopened_orders: tuple[str, ...] = ()
    seats: tuple[tuple[Pool, int], ...] = ()
    dry_run: bool = False

    def count(self, outcome: str) -> int:
        """How many rows had this outcome."""
        return sum(1 for row in self.rows if row.outcome == outcome)

    def plus(self, more: Imported) -> Imported:
        """This and what came after it, as one."""
        seats = Counter(dict(self.seats)) + Counter(dict(more.seats))
        return Imported(
            (*self.rows, *more.rows), (*self.reopened_orders, *more.reopened_orders), tuple(seats.items()), self.dry_run
        )


class _Portion(NamedTuple):
    done: Imported
    left: int


def import_keys(
    services: Services, *, who: str, deadline: Deadline, dry_run: bool = False, request_id: str = ""
) -> Imported:
    """Take in whatever stands in the paste zone: good rows become stock, the others go back with the reason.

    First the rows are captured, in one move, so that nobody edits them while they are read; then they are taken in by
    portions, a commit each. After a crash the next press goes on where this one stopped. Orders that waited for
    these keys are opened again. Raises what `Spreadsheet.run` raises.
    """
    if dry_run:
        return commit(
            services,
            lambda tx: _rehearse(tx, services, who),
            operation="import keys (dry run)",
            who=who,
            deadline=deadline,
            reads=(ImportKeys, ImportCapture),
        )
    captured = commit(
        services,
        _capture,
        operation="import keys: capture",
        who=who,
        deadline=deadline,
        reads=(ImportKeys, ImportCapture),
        keep_lock=True,
    )
    press = _Press(services, _new_batch(services), who, request_id)
    done, left, size = Imported(), captured, PORTION
    while left:
        try:
            portion = commit(
                services,
                partial(_take_in, press=press, before=done, size=size),
                operation="import keys",
                who=who,
                deadline=deadline,
                reads=(ImportKeys, ImportCapture, Catalogue),
                keep_lock=left > size,
                shows_stock=True,
            )
        except TooLarge:
            # Rows with very long cells: fewer of them fit into one batch.
            if size == 1:
                raise
            size = (size + 1) // 2
            continue
        done, left = portion
    return done


class _Press(NamedTuple):
    """One press of the button: what all its portions share."""

    services: Services
    batch: str
    who: str
    request_id: str = ""


def _new_batch(services: Services) -> str:
    return f"{services.now().replace('-', '').replace(':', '').rstrip('Z')}-{services.clock.new_id()[:6]}"


def _capture(tx: Transaction[State]) -> int:
    """Move the paste zone's rows to the capture tab, unless rows of an interrupted import are still there."""
    waiting = len(tx.table(ImportCapture).rows_and_remarks)
    pasted = len(tx.table(ImportKeys).rows)
    if waiting or not pasted:
        return waiting
    tx.capture(ImportKeys, into=ImportCapture)
    return pasted


def _take_in(tx: Transaction[State], *, press: _Press, before: Imported, size: int) -> _Portion:
    """Take in the first `size` rows of the capture; what was taken in `before` is told together with the last ones."""
    capture = tx.table(ImportCapture)
    rows = capture.rows_and_remarks[:size]
    sorted_rows, done = _become_stock(tx, rows, press)
    capture.clear(rows)
    # What people have written beside a row, in columns of their own, goes back with it.
    beside = {row.number: row.beside for row in rows}
    back = {bad.row: as_form_row(bad) for bad in sorted_rows.bad}
    back.update({row.number: {} for row in rows if not row.cells})
    tx.table(ImportKeys).append([back[number] for number in sorted(back)], [beside[number] for number in sorted(back)])
    left, done = len(capture.rows_and_remarks) - len(rows), before.plus(done)
    if not left:
        _show_stock(tx, press.services)
        _tell(tx, press, done)
    return _Portion(done, left)


def _show_stock(tx: Transaction[State], services: Services) -> None:
    """The catalogue's `available` follows in the same commit; a catalogue that cannot be read stops no import."""
    try:
        show_catalogue(tx, services.settings.region)
    except SchemaError as error:
        _log.warning("the catalogue's computed columns were not refreshed: %s", error)


def _tell(tx: Transaction[State], press: _Press, done: Imported) -> None:
    if not done.rows:
        return
    alert = imported_alert(
        imported=done.count("imported"),
        duplicates=done.count("duplicate"),
        rejected=done.count("rejected"),
        pools=done.seats,
        reopened_orders=done.reopened_orders,
        who=press.who,
        request_id=press.request_id,
    )
    tell(press.services, tx, alert)


def _rehearse(tx: Transaction[State], services: Services, who: str) -> Imported:
    """What a press would do: first what an interrupted import left, then what stands in the paste zone."""
    done = Imported(dry_run=True)
    for number, tab in enumerate((ImportCapture, ImportKeys), 1):
        _, more = _become_stock(tx, tx.table(tab).rows, _Press(services, f"dry-run-{number}", who))
        done = done.plus(more)
    tx.discard()
    return done


def _become_stock(tx: Transaction[State], rows: Sequence[FormRow], press: _Press) -> tuple[Sorted, Imported]:
    """Stage the good rows as keys, and the orders that they open again."""
    at, regions = press.services.now(), press.services.settings.regions
    sorted_rows = sort_rows([row for row in rows if row.cells], tx.state, regions)
    seats: Counter[Pool] = Counter()
    for key in sorted_rows.good:
        tx.append(imported(key, batch=press.batch, at=at, by=press.who))
        seats[Pool(key.region, key.provider, key.product_code, key.component)] += key.seats
    opened = reopened(tx.state, regions, at=at, commit=tx.commit, why="Import Keys")
    for fact in opened:
        tx.append(fact)
    ids = tuple(fact.order_id for fact in opened)
    return sorted_rows, Imported(_report(sorted_rows), ids, tuple(seats.items()))


def _report(sorted_rows: Sorted) -> tuple[RowResult, ...]:
    rows = [RowResult(key.row, "imported") for key in sorted_rows.good]
    for bad in sorted_rows.bad:
        told = f"{ImportKeys.title}, row {bad.row}: {bad.reason}"
        rows.append(RowResult(bad.row, "duplicate" if bad.duplicate else "rejected", told))
    return tuple(sorted(rows))
