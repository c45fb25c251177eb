"""Import Keys: pasted rows become stock."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from npta.domain.key_import import Sorted, as_form_row, imported, sort_rows
from npta.domain.reopening import reopened
from npta.domain.state import State
from npta.operations.refresh_catalogue import write_computed
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
    """What Import Keys did, or would do."""

    rows: tuple[RowResult, ...]
    reopened_orders: tuple[str, ...]
    dry_run: bool

    def count(self, outcome: str) -> int:
        """How many rows had this outcome."""
        return sum(1 for row in self.rows if row.outcome == outcome)


class _Portion(NamedTuple):
    rows: tuple[RowResult, ...]
    reopened_orders: tuple[str, ...]
    left: int


def import_keys(services: Services, *, who: str, deadline: Deadline, dry_run: bool = False) -> Imported:
    """Take in whatever stands in the paste zone: good rows become stock, the others go back with the reason.

    First the rows are captured, in one move, so that nobody edits them while they are read; then they are taken in by
    portions, a commit each. After a crash the next press goes on where this one stopped. Orders that waited for
    these keys are opened again. Raises what `Spreadsheet.run` raises.
    """
    run = services.spreadsheet.run
    if dry_run:
        return run(
            lambda tx: _rehearse(tx, services, who),
            operation="import keys (dry run)",
            who=who,
            deadline=deadline,
            reads=(ImportKeys, ImportCapture),
        )
    captured = run(
        _capture,
        operation="import keys: capture",
        who=who,
        deadline=deadline,
        reads=(ImportKeys, ImportCapture),
        keep_lock=True,
    )
    batch = f"{services.now().replace('-', '').replace(':', '').rstrip('Z')}-{services.clock.new_id()[:6]}"
    rows: list[RowResult] = []
    opened: list[str] = []
    left, size = captured, PORTION
    while left:
        try:
            portion = run(
                partial(_take_in, services=services, batch=batch, who=who, size=size),
                operation="import keys",
                who=who,
                deadline=deadline,
                reads=(ImportKeys, ImportCapture, Catalogue),
                keep_lock=left > size,
            )
        except TooLarge:
            # Rows with very long cells: fewer of them fit into one batch.
            if size == 1:
                raise
            size = (size + 1) // 2
            continue
        rows += portion.rows
        opened += portion.reopened_orders
        left = portion.left
    return Imported(tuple(rows), tuple(opened), dry_run=False)


def _capture(tx: Transaction[State]) -> int:
    """Move the paste zone's rows to the capture tab, unless rows of an interrupted import are still there."""
    waiting = len(tx.table(ImportCapture).rows_and_remarks)
    pasted = len(tx.table(ImportKeys).rows)
    if waiting or not pasted:
        return waiting
    tx.capture(ImportKeys, into=ImportCapture)
    return pasted


def _take_in(tx: Transaction[State], *, services: Services, batch: str, who: str, size: int) -> _Portion:
    """Take in the first `size` rows of the capture."""
    capture = tx.table(ImportCapture)
    rows = capture.rows_and_remarks[:size]
    sorted_rows, opened = _become_stock(tx, rows, services, batch, who)
    capture.clear(rows)
    # What people have written beside a row, in columns of their own, goes back with it.
    beside = {row.number: row.beside for row in rows}
    back = {bad.row: as_form_row(bad) for bad in sorted_rows.bad}
    back.update({row.number: {} for row in rows if not row.cells})
    tx.table(ImportKeys).append([back[number] for number in sorted(back)], [beside[number] for number in sorted(back)])
    left = len(capture.rows_and_remarks) - len(rows)
    if not left:
        _show_stock(tx, services)
    return _Portion(_report(sorted_rows), opened, left)


def _show_stock(tx: Transaction[State], services: Services) -> None:
    """The catalogue's `available` follows in the same commit; a catalogue that cannot be read stops no import."""
    try:
        write_computed(tx, services.settings.region)
    except SchemaError as error:
        _log.warning("the catalogue's computed columns were not refreshed: %s", error)


def _rehearse(tx: Transaction[State], services: Services, who: str) -> Imported:
    """What a press would do: first what an interrupted import left, then what stands in the paste zone."""
    report: list[RowResult] = []
    opened: list[str] = []
    for number, tab in enumerate((ImportCapture, ImportKeys), 1):
        sorted_rows, orders = _become_stock(tx, tx.table(tab).rows, services, f"dry-run-{number}", who)
        report += _report(sorted_rows)
        opened += orders
    tx.discard()
    return Imported(tuple(report), tuple(opened), dry_run=True)


def _become_stock(
    tx: Transaction[State], rows: Sequence[FormRow], services: Services, batch: str, who: str
) -> tuple[Sorted, tuple[str, ...]]:
    """Stage the good rows as keys, and the orders that they open again."""
    at, regions = services.now(), services.settings.regions
    sorted_rows = sort_rows([row for row in rows if row.cells], tx.state, regions)
    for key in sorted_rows.good:
        tx.append(imported(key, batch=batch, at=at, by=who))
    opened = reopened(tx.state, regions, at=at, commit=tx.commit, why="Import Keys")
    for fact in opened:
        tx.append(fact)
    return sorted_rows, tuple(fact.order_id for fact in opened)


def _report(sorted_rows: Sorted) -> tuple[RowResult, ...]:
    rows = [RowResult(key.row, "imported") for key in sorted_rows.good]
    for bad in sorted_rows.bad:
        told = f"{ImportKeys.title}, row {bad.row}: {bad.reason}"
        rows.append(RowResult(bad.row, "duplicate" if bad.duplicate else "rejected", told))
    return tuple(sorted(rows))
