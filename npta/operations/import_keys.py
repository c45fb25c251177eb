"""Import Keys: pasted rows become stock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from npta.domain.alerts.stock_alerts import imported_alert
from npta.domain.orders.eligibility import Mode
from npta.domain.state.state import State
from npta.domain.stock.import_keys import (
    ImportResult,
    RowWarning,
    Unfinished,
    holds_key,
    imported,
    read_unfinished,
    validate_rows,
    write_unfinished,
)
from npta.domain.stock.pool_gains import PoolGain, pool_gains, together
from npta.operations.backorders import Standing, ask_shop, serve_waiting, stage_backorders
from npta.operations.commit import commit, enqueue_alert
from npta.operations.computed_columns import stage_catalogue_columns
from npta.operations.dry_run_token import AT_ONCE, Carried, Intent
from npta.services import Services
from npta.tables import Catalogue, ImportCapture, ImportKeys
from sheets_schema import (
    Deadline,
    InputRow,
    InputTable,
    InternalTable,
    LimitExceededError,
    RequestRejectedError,
    SchemaMismatchError,
    Transaction,
)

R = TypeVar("R")
_log = logging.getLogger(__name__)

PORTION = 2_500
"""Pasted rows that one commit takes in: about 1.5 MB of the 2 MB that Google recommends (documented)."""


IMPORTED, DUPLICATE, REJECTED = "imported", "duplicate", "rejected"
UNFINISHED = "unfinished_import"
"""The name of the value that says what waits in the capture."""


class RowResult(NamedTuple):
    """What became of one pasted row: imported, duplicate or rejected, and why.

    `row` is where it stands now; of an imported row, where it stood in the paste.
    """

    row: int
    outcome: str
    reason: str = ""


class Imported(NamedTuple):
    """What Import Keys did, or would do.

    `pools` are those that gain; `orders_left` could be served, too.
    """

    rows: tuple[RowResult, ...] = ()
    warnings: tuple[RowWarning, ...] = ()
    served_orders: tuple[str, ...] = ()
    reopened_orders: tuple[str, ...] = ()
    pools: tuple[PoolGain, ...] = ()
    orders_left: bool = False
    carried: Carried = Carried()

    def count(self, outcome: str) -> int:
        """How many rows had this outcome."""
        return sum(1 for row in self.rows if row.outcome == outcome)

    def plus(self, more: Imported) -> Imported:
        """Return this and what came after it, as one."""
        return Imported(
            (*self.rows, *more.rows),
            (*self.warnings, *more.warnings),
            (*self.served_orders, *more.served_orders),
            (*self.reopened_orders, *more.reopened_orders),
            together(self.pools, more.pools),
            more.orders_left,
            self.carried,
        )

    def without_refused(self) -> Imported:
        """Only what came in: the other rows are taken up again by the same press."""
        return self._replace(rows=tuple(row for row in self.rows if row.outcome == IMPORTED))


_TABS: tuple[type[InputTable | InternalTable], ...] = (ImportKeys, ImportCapture)


class _ImportRun(NamedTuple):
    services: Services
    who: str
    deadline: Deadline
    request_id: str
    standing: Standing

    def commit(
        self,
        function: Callable[[Transaction[State]], R],
        step: str = "",
        *,
        hold_lease: bool = False,
        stock: bool = False,
    ) -> R:
        return commit(
            self.services,
            function,
            operation=f"import keys{step}",
            who=self.who,
            deadline=self.deadline,
            reads=(*_TABS, Catalogue) if stock else _TABS,
            hold_lease=hold_lease,
            shows_stock=stock,
        )


def import_keys(
    services: Services, *, who: str, deadline: Deadline, intent: Intent = AT_ONCE, request_id: str = ""
) -> Imported:
    """Take in the paste zone: good rows become stock, the others go back with the reason.

    First the rows are captured, in one move, so that nobody edits them while they are read; then they are taken in by
    portions. What a crash has left in the capture is taken in first. Orders that waited for these keys are opened
    again. With a confirmation only if the rows are those that the dry run showed, also once they are captured.
    """
    press = _ImportRun(services, who, deadline, request_id, ask_shop(services, deadline))
    confirmed: _Effect | None = None
    if intent.dry_run or intent.confirm:
        rehearsed, confirmed = press.commit(partial(_dry_run, press=press, intent=intent), " (dry run)")
        if rehearsed.carried.dry_run:
            return rehearsed
    capture = partial(_capture, press=press)
    captured, pasted = press.commit(capture, ": capture", hold_lease=True)
    done = _take_all_in(press, captured, confirmed)
    if done.carried.changed:
        rehearsed, _ = press.commit(partial(_dry_run, press=press, intent=intent), " (dry run)")
        token = rehearsed.carried.confirm or intent.confirm
        return rehearsed._replace(carried=Carried(dry_run=True, confirm=token, changed=True))
    if captured and pasted:
        # What that import has just put back stands among what was pasted since, and is reported with it.
        captured, _ = press.commit(capture, ": capture", hold_lease=True)
        done = done.without_refused().plus(_take_all_in(press, captured))
    if done.orders_left:
        rest = serve_waiting(services, who=who, deadline=deadline, request_id=request_id)
        done = done._replace(served_orders=done.served_orders + rest.served)
    return done


def _take_all_in(press: _ImportRun, left: int, confirmed: _Effect | None = None) -> Imported:
    """Take in what stands in the capture, `left` rows, by portions.

    A portion that is too large, or that Google refuses, is halved until the row is found that is to blame: that one
    goes back as text, and the others go on.
    """
    at, number = press.services.now(), press.services.clock.new_id()[:6]
    done, batch, size = Imported(), f"{at.replace('-', '').replace(':', '').rstrip('Z')}-{number}", PORTION
    while left:
        take = partial(_take_in, press=press, batch=batch, before=done, size=size, confirmed=confirmed)
        try:
            done, left = press.commit(take, hold_lease=left > size, stock=True)
        except (LimitExceededError, RequestRejectedError):
            if size > 1:
                size = (size + 1) // 2
                continue
            done, left = press.commit(partial(take, as_text=True), hold_lease=left > size, stock=True)
            size = PORTION
        confirmed = None
    return done


def _capture(tx: Transaction[State], *, press: _ImportRun) -> tuple[int, int]:
    """Capture the paste zone, unless rows of an interrupted import wait; return both counts."""
    waiting = len(tx.table(ImportCapture).all_rows)
    pasted = len(tx.table(ImportKeys).rows)
    if waiting or not pasted:
        return waiting, pasted
    tx.move_rows(ImportKeys, into=ImportCapture)
    tx.set_value(UNFINISHED, write_unfinished(Unfinished(pasted, press.services.now(), press.who)))
    return pasted, 0


def _take_in(
    tx: Transaction[State],
    *,
    press: _ImportRun,
    batch: str,
    before: Imported,
    size: int,
    confirmed: _Effect | None = None,
    as_text: bool = False,
) -> tuple[Imported, int]:
    """Take in the first `size` rows; what was taken in `before` is reported with the last ones.

    If all of them are not what was `confirmed`, because somebody edited them in the last moment, they go back instead.
    """
    capture = tx.table(ImportCapture)
    if confirmed is not None and _effect(capture.rows, _validated(tx, capture.rows, press)) != confirmed:
        rows = capture.all_rows
        tx.table(ImportKeys).copy_rows(capture, rows, [{"problem": None} for _ in rows])
        capture.clear(rows)
        tx.set_value(UNFINISHED, write_unfinished(Unfinished(0)))
        return Imported(carried=Carried(dry_run=True, changed=True)), 0
    rows = capture.all_rows[:size]
    sorted_rows, done = _become_stock(tx, rows, press, batch)
    now = _put_back(tx, rows, sorted_rows, as_text=as_text)
    capture.clear(rows)
    done = before.plus(done._replace(rows=_report(sorted_rows, ImportKeys.__table__.title, now)))
    left = len(capture.all_rows) - len(rows)
    begun = read_unfinished(tx.values[UNFINISHED]) or Unfinished(left)
    if (text := write_unfinished(begun._replace(rows=left))) != tx.values[UNFINISHED]:
        tx.set_value(UNFINISHED, text)
    if not left:
        _show_stock(tx, press.services)
        _enqueue_import_alert(tx, press, done)
    return done, left


def _put_back(
    tx: Transaction[State], rows: Sequence[InputRow], found: ImportResult, *, as_text: bool
) -> dict[int, int]:
    """Put refused rows below the paste zone's, with the reason; return new numbers by old ones.

    A row in which people have only written beside the declared columns goes back, too.
    """
    reasons: dict[int, str | None] = {bad.row: bad.reason for bad in found.rejected}
    back = [row for row in rows if row.number in reasons or (row.extra_cells and not holds_key(row))]
    problems: list[dict[str, object]] = [{"problem": reasons.get(row.number)} for row in back]
    zone = tx.table(ImportKeys)
    if as_text:
        texts = [
            {**{name: _text(cell) for name, cell in row.cells.items()}, **problem}
            for row, problem in zip(back, problems, strict=True)
        ]
        first = zone.append(
            texts, [{position: _text(cell) for position, cell in row.extra_cells.items()} for row in back]
        )
    else:
        first = zone.copy_rows(tx.table(ImportCapture), back, problems)
    return {row.number: number for number, row in enumerate(back, first)}


def _text(cell: object) -> str:
    return str(cell).upper() if isinstance(cell, bool) else "" if cell is None else str(cell)


def _show_stock(tx: Transaction[State], services: Services) -> None:
    """Stage `available` as well; a catalogue that cannot be read stops no import."""
    try:
        stage_catalogue_columns(tx, services.settings.region)
    except SchemaMismatchError as error:
        _log.warning("the catalogue's computed columns were not refreshed: %s", error)


def _enqueue_import_alert(tx: Transaction[State], press: _ImportRun, done: Imported) -> None:
    if not done.rows:
        return
    alert = imported_alert(
        imported=done.count(IMPORTED),
        duplicates=done.count(DUPLICATE),
        rejected=done.count(REJECTED),
        is_off=tx.values["mode"] == Mode.OFF,
        pools=[(gain.pool, gain.seats) for gain in done.pools],
        served_orders=done.served_orders,
        reopened_orders=done.reopened_orders,
        who=press.who,
        request_id=press.request_id,
    )
    enqueue_alert(press.services, tx, alert)


_Effect = list[tuple[str, tuple[str, ...]]]
"""What becomes of pasted rows, in their order: the outcome, and what stands in the row."""


def _dry_run(tx: Transaction[State], press: _ImportRun, intent: Intent) -> tuple[Imported, _Effect]:
    """Say what an import would do: first with what an interrupted one left, then with the paste.

    The effect is that of the rows which are taken in first.
    """
    done, effects = Imported(), []
    for tab in (ImportCapture, ImportKeys):
        rows = tx.table(tab).rows
        found, more = _become_stock(tx, rows, press, "")
        effects.append(_effect(rows, found))
        done = done.plus(more._replace(rows=_report(found, tab.__table__.title)))
    tx.rollback()
    return done._replace(carried=intent.judge("import keys", effects)), effects[0] or effects[1]


def _effect(rows: Sequence[InputRow], found: ImportResult) -> _Effect:
    texts = {row.number: tuple(f"{name}: {cell}" for name, cell in sorted(row.cells.items())) for row in rows}
    effect = [(key.row, IMPORTED, tuple(map(str, key[1:]))) for key in found.accepted]
    effect += [
        (bad.row, REJECTED, tuple(text for text in texts[bad.row] if not text.startswith("problem: ")))
        for bad in found.rejected
    ]
    return [(outcome, cells) for _, outcome, cells in sorted(effect)]


def _validated(tx: Transaction[State], rows: Sequence[InputRow], press: _ImportRun) -> ImportResult:
    return validate_rows(rows, tx.state, press.services.settings.regions)


def _become_stock(
    tx: Transaction[State], rows: Sequence[InputRow], press: _ImportRun, batch: str
) -> tuple[ImportResult, Imported]:
    """Stage the good rows as keys, and the orders that they serve or open again.

    Without a `batch` it is a rehearsal.
    """
    at, regions = press.services.now(), press.services.settings.regions
    found = validate_rows(rows, tx.state, regions, batch=batch)
    pools = pool_gains(found.accepted, tx.state)
    for key in found.accepted:
        tx.add(imported(key, batch=batch or f"dry-run-{len(tx.state.keys)}", at=at, by=press.who))
    orders = stage_backorders(press.services, tx, "Import Keys", press.standing, request_id=press.request_id)
    return found, Imported((), found.cautions, orders.served, orders.reopened, pools, orders_left=orders.left)


def _report(found: ImportResult, title: str, now: Mapping[int, int] | None = None) -> tuple[RowResult, ...]:
    """Say what became of each row; refused ones go by the number that they have `now`."""
    cautions: dict[int, list[str]] = {}
    for caution in found.cautions:
        cautions.setdefault(caution.row, []).append(f"warning: {caution.message}")
    results = {key.row: RowResult(key.row, IMPORTED, "; ".join(cautions.get(key.row, ()))) for key in found.accepted}
    for bad in found.rejected:
        row = now[bad.row] if now else bad.row
        results[bad.row] = RowResult(row, DUPLICATE if bad.duplicate else REJECTED, f"{title}, row {row}: {bad.reason}")
    return tuple(results[number] for number in sorted(results))
