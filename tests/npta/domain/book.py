"""A whole spreadsheet as facts: every step is a commit with its log row and its alerts, and nothing is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from npta.domain.reports.audit import audit
from npta.domain.reports.audited_rows import Departed, Log, SpreadsheetRows
from npta.domain.reports.findings import FIRST_ROW
from npta.domain.state.alert import AlertKind
from npta.domain.state.outbox_opening import outbox_opening
from npta.domain.state.state import State
from npta.tables import ImportHistory, KeyEvent, KeyLedger, LiveCatalogue, OrderEvent, Orders, Outbox, OutboxEvent
from sheets_schema import Ledger
from tests.npta.domain.world import AT, World

ALERTS = {
    OrderEvent.FULFILLED: AlertKind.FULFILLED,
    OrderEvent.FAILED: AlertKind.FAILED,
    OrderEvent.REFUSED: AlertKind.FAILED,
    OrderEvent.SKIPPED: AlertKind.SKIPPED,
    OrderEvent.OFF: AlertKind.BY_HAND,
    OrderEvent.RELEASED: AlertKind.RELEASED,
    OrderEvent.DELIVERED: AlertKind.DELIVERED,
}


@dataclass
class Book:
    """Ledgers that grow commit by commit. What a test plants is written like everything else, or over a row."""

    world: World = field(default_factory=World)
    ledgers: dict[type[Ledger], list[Any]] = field(
        default_factory=lambda: {tab: [] for tab in (ImportHistory, LiveCatalogue, KeyLedger, Orders, Outbox)}
    )
    log: list[Log] = field(default_factory=lambda: [Log(0, "c0", "", {})])

    def does(self, step: Callable[[World], object]) -> Self:
        """One commit with whatever a step brings about."""
        before = len(self.world.history)
        step(self.world)
        return self.commit(*self.world.history[before:])

    def commit(self, *facts: Ledger, told: bool = True) -> Self:
        """One commit with these facts, and an alert for each that people must hear of."""
        commit = f"c{len(self.log)}"
        for fact in facts:
            own = fact.model_copy(update={"commit": commit}) if "commit" in type(fact).model_fields else fact
            self.ledgers[type(fact)].append(own)
        if told:
            orders = [fact for fact in facts if isinstance(fact, Orders)]
            self.ledgers[Outbox] += [
                _notice(fact, commit, place) for place, fact in enumerate(orders) if fact.event in ALERTS
            ]
        counts = {tab.__table__.title: len(rows) for tab, rows in self.ledgers.items()}
        self.log.append(Log(len(self.log), commit, self.log[-1].commit, counts))
        return self

    def over(self, tab: type[Ledger], row: int, /, **cells: Any) -> Self:
        """Write over cells of a row, as the owner can."""
        self.ledgers[tab][row - FIRST_ROW] = self.ledgers[tab][row - FIRST_ROW].model_copy(update=cells)
        return self

    def seats(self, event: KeyEvent, key_id: str, seats: int, order_id: str = "", **more: str) -> KeyLedger:
        """A row of the Key Ledger, for the only line and entitlement of an order unless told."""
        line = {"line_item_id": "1", "sku": "A", "entitlement": "NASM-CPT-FULL"} if order_id else {}
        keycode = f"code-of-{key_id}"
        cells = {"at": AT, "key_id": key_id, "keycode": keycode, "order_id": order_id, "commit": "", **line, **more}
        return KeyLedger(event=event, seats=seats, **cells)

    @property
    def last(self) -> int:
        """The row of the newest fact of the Key Ledger."""
        return len(self.ledgers[KeyLedger]) + FIRST_ROW - 1

    def departed(self, tab: type[Ledger] | None, gone: int, blank: int) -> Departed:
        """Let the first rows of the Outbox leave, or, without a tab, those of the commit log."""
        if tab is None:
            self.log = self.log[gone:]
            return Departed(gone, blank)
        rows = self.ledgers[tab][:gone]
        state = State()
        for row in rows:
            state.apply(row)
        self.ledgers[tab] = self.ledgers[tab][gone:]
        return Departed(gone, blank, tuple(outbox_opening(state, rows)))

    def audit(self, departed: Mapping[str, Departed] | None = None) -> list[tuple[str, int, str]]:
        """What the audit finds: tab, row and message."""
        ledgers = self.ledgers
        facts = SpreadsheetRows(
            ledgers[ImportHistory],
            ledgers[LiveCatalogue],
            ledgers[KeyLedger],
            ledgers[Orders],
            self.log,
            ledgers[Outbox],
            departed or {},
        )
        return [(fault.tab, fault.row, fault.message) for fault in audit(facts)]


def _notice(fact: Orders, commit: str, place: int) -> Outbox:
    return Outbox(
        at=AT,
        event=OutboxEvent.DUE,
        message_id=f"{commit}-sl{place}",
        kind=ALERTS[fact.event],
        about=fact.order_id,
        commit=commit,
    )
