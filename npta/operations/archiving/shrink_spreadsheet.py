"""Keep the spreadsheet small: old rows leave its ledgers, settled orders for an archive."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from npta.domain.reports.archiving_blockers import messages_blocked
from npta.domain.state.retention import KEPT_FOR, old_commits, old_messages, old_snapshots
from npta.domain.state.times import utc_text
from npta.domain.state.wording import count
from npta.operations.archiving.archiving_snapshot import ALL, LEDGERS, ROWS, ArchivingSnapshot, take_snapshot
from npta.operations.archiving.move_orders import MIN_BLANK_ROWS, MovedOrders, move_orders
from npta.operations.commit import read
from npta.services import Services
from npta.tables import Orders, Outbox, ShopSnapshot
from sheets_schema import Database, Deadline, Ledger, LimitExceededError
from sheets_schema.advanced import Departure, RowsMovedError

WINDOWS: tuple[type[Ledger], ...] = (Outbox, ShopSnapshot, Database.log)
"""Ledgers of which some days are kept."""
MIN_COMMITS = 100
"""Old commits that are worth a commit, which adds rows to their log, too."""
MAX_ALONG = 100_000
"""Bytes of what stands for rows that leave in one batch with orders."""
MIN_TIME = 8.0
"""Seconds that a portion may take; what does not fit in goes with the next run."""


class LeftRows(NamedTuple):
    """How many rows have left, or would leave, a tab."""

    tab: str
    rows: int


class ShrinkResult(NamedTuple):
    """What has left the spreadsheet.

    `orders` are those that have left for an archive. `deleted_rows` are blank ones that earlier runs have left;
    `complete` if nothing more may leave. `trouble` is what kept messages from leaving, with what to do.
    """

    left: tuple[LeftRows, ...]
    orders: MovedOrders = MovedOrders()
    deleted_rows: int = 0
    complete: bool = True
    trouble: str = ""


def shrink_spreadsheet(
    services: Services,
    *,
    who: str,
    deadline: Deadline,
    plan: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> ShrinkResult:
    """Let old rows leave the sheet, and settled orders for an archive.

    Old are messages, snapshots and commits of more than a week ago. Safe to repeat and to break off. With `plan` it
    only says how many would leave. What keeps orders from leaving is in the result. Raises `SheetsError` for the
    others; `SchemaMismatchError` if a tab is damaged from which rows are to leave: nothing leaves then, so that it can
    be put back.
    """
    windows = _Windows(services, who, deadline, utc_text(services.clock.now() - KEPT_FOR))
    orders, ledgers = MovedOrders(), (*WINDOWS, *(LEDGERS if services.settings.archives else ()))
    while windows.have_more and deadline.left() > MIN_TIME:
        found = take_snapshot(services, deadline, ledgers, ALL if plan else ROWS)
        windows.choose(found)
        if Orders in ledgers:
            if windows.are_heavy and not plan:
                windows.leave()
                found = take_snapshot(services, deadline)
            others = () if plan else windows.departures
            orders = move_orders(services, found, others, who=who, deadline=deadline, plan=plan, progress=progress)
            if orders.others_left:
                windows.departures = ()
        if not plan:
            windows.leave()
        windows.have_more = windows.have_more and not plan
        ledgers = WINDOWS
    for title, rows in windows.left.items():
        if rows and not plan:
            progress(f"{count(rows, 'row')} of {title} …")
    deleted = orders.deleted_rows
    if not plan and not orders.left and deadline.left() > MIN_TIME:
        deleted = services.spreadsheet.delete_blank_rows(least=MIN_BLANK_ROWS, actor=who, timeout=deadline)
    left = tuple(map(LeftRows._make, windows.left.items()))
    complete = orders.complete and not windows.have_more and not windows.trouble
    return ShrinkResult(left, orders, deleted, complete, windows.trouble)


@dataclass
class _Windows:
    """Old rows of the ledgers of which some days are kept, as they leave."""

    services: Services
    who: str
    deadline: Deadline
    before: str
    left: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(map(_title, WINDOWS), 0)))
    have_more: bool = True
    """Whether more may leave than have been looked at."""
    trouble: str = ""
    departures: Sequence[Departure] = ()
    """What leaves next."""

    def choose(self, found: ArchivingSnapshot) -> None:
        """Choose what may leave now."""
        old = {ledger: _old_rows(ledger, found, self.before) for ledger in WINDOWS}
        self.left.update({_title(ledger): rows for ledger, rows in old.items()})
        self.have_more = max(old.values()) >= ROWS
        depart = self.services.spreadsheet.departure
        self.departures = [depart(found.first[ledger], rows) for ledger, rows in old.items() if rows]

    @property
    def are_heavy(self) -> bool:
        """Whether it is too much to leave in one batch with orders."""
        return sum(departure.opening_bytes for departure in self.departures) > MAX_ALONG

    def leave(self) -> None:
        """Let the chosen rows leave in a commit of their own, if they are worth one."""
        departures, self.departures = self.departures, ()
        if all(departure.first.ledger is Database.log and departure.rows < MIN_COMMITS for departure in departures):
            self._stay(departures)
            return
        try:
            self._commit(departures)
        except LimitExceededError as error:
            self._stay([departure for departure in departures if departure.first.ledger is Outbox])
            self.trouble = read(self.services, lambda tx: messages_blocked(tx.state), self.deadline) or str(error)
            if others := [departure for departure in departures if departure.first.ledger is not Outbox]:
                self._commit(others)

    def _commit(self, departures: Sequence[Departure]) -> None:
        try:
            self.services.spreadsheet.leave(departures, operation="archive", actor=self.who, timeout=self.deadline)
        except RowsMovedError:
            self._stay(departures)  # somebody else lets rows leave at the same time

    def _stay(self, departures: Sequence[Departure]) -> None:
        """Correct the counts: these rows have not left."""
        self.left.subtract({_title(departure.first.ledger): departure.rows for departure in departures})


def _title(ledger: type[Ledger]) -> str:
    return ledger.__table__.title


def _old_rows(ledger: type[Ledger], found: ArchivingSnapshot, before: str) -> int:
    """Return how many of a ledger's first rows may leave."""
    rows: Sequence[Any] = found.first[ledger].rows
    if ledger is Outbox:
        return old_messages(rows, before)
    if ledger is ShopSnapshot:
        return old_snapshots(rows, before)
    return old_commits([commit.at for commit in rows], before, found.commits)
