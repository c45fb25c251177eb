"""Move settled orders from the sheet to an archive, portion after portion.

A portion is written there and read back first; then one commit, which finds all its orders as they were, lets their
rows leave and names the portion. Broken off anywhere it leaves at worst a tab in the archive that nothing names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from npta.domain.reports.archiving_blockers import many_blocked, no_room_for_blocked
from npta.domain.state.archivable_orders import (
    ArchivablePortion,
    ArchivingBlocker,
    ArchivingPolicy,
    FirstOrders,
    FirstSeats,
    choose_portion,
    count_blockers,
)
from npta.domain.state.archived_order import MAX_TEXT, digest_of_all
from npta.domain.state.packed_orders import pack
from npta.domain.state.state import State
from npta.domain.state.times import utc_text
from npta.domain.state.wording import count
from npta.errors import ArchiveError, NptaError
from npta.operations.archiving.archiving_snapshot import ALL, LEDGERS, ArchivingSnapshot, take_snapshot
from npta.operations.archiving.choose_archive import NEW_ARCHIVE, archive_with_room
from npta.operations.outbox.claims import open_channels
from npta.services import Services
from npta.tables import ArchivedOrder, ArchiveIndex, KeyLedger, Orders
from sheets_schema import (
    CommitUnknownError,
    Deadline,
    SchemaMismatchError,
    SheetsError,
    Transaction,
    UnavailableError,
)
from sheets_schema.advanced import Departure, RowsMovedError, rest_of

PORTION = 1_000
"""Orders that leave together."""
MIN_PORTION = 500
"""Orders that are worth a portion of their own."""
MIN_TIME = 10.0
"""Seconds that a portion may take; what does not fit in goes with the next run."""
MAX_BYTES = 1_500_000
"""Bytes of orders' rows in a portion: with what stands around them, what Google recommends for a batch."""
MAX_OPENING = 1_500_000
"""Bytes of what stands for rows that have left, orders that stay above all: it is written anew with every portion, and
whenever messages leave, in one batch of 2 MB at most."""
RESERVE = 200_000
"""Bytes more once most of the orders that stayed have been dealt with: their last rows stand far behind, and what comes
before must leave first."""
MIN_BLANK_ROWS, MANY_BLANK_ROWS = 1_000, 20_000
"""Blank rows that are worth a commit which deletes half of them: once a run, and again in one that goes on for long."""


class LeftOrders(NamedTuple):
    """How many settled orders have left, or would leave, for an archive."""

    archive: str
    orders: int


class MovedOrders(NamedTuple):
    """Which orders have left; `trouble` is what kept more from it, with what to do.

    `complete` if no more may leave now. `staying` says what keeps orders here, with what to do, once they are many.
    """

    left: tuple[LeftOrders, ...] = ()
    trouble: str = ""
    complete: bool = True
    staying: str = ""
    others_left: bool = False
    """Whether what was to leave with the first of them has left."""
    deleted_rows: int = 0
    """Blank rows that were deleted."""


def move_orders(
    services: Services,
    found: ArchivingSnapshot,
    others: Sequence[Departure] = (),
    *,
    who: str,
    deadline: Deadline,
    plan: bool = False,
    progress: Callable[[str], None] = lambda _: None,
) -> MovedOrders:
    """Move settled orders to archives, portion after portion while there is time.

    `others` leave with the first portion. Orders go to the last archive that has room. Safe to repeat and to break off. With
    `plan` it only says how many would leave. What an archive or the spreadsheet keeps it from is in the result. Raises
    `SchemaMismatchError` for rows, or what stands for rows, that a person has changed.
    """
    left: dict[str, int] = {}
    archive, room, complete, trouble = "", 0, True, ""
    run = ArchiveRun(services, who, deadline, found, others)
    try:
        if plan:
            number = run.plan()
            if number:
                left[archive_with_room(services, deadline)[0]] = number
        while not plan:
            if deadline.left() < MIN_TIME:
                complete = False
                break
            chosen = run.choose()
            if chosen is None:
                break
            if room <= 0:
                archive, room = archive_with_room(services, deadline)
            if run.move(chosen, archive):
                number = len(chosen.orders)
                room -= number * len(ArchivedOrder.columns())
                left[archive] = left.get(archive, 0) + number
                progress(f"{count(sum(left.values()), 'order')} to the archive {archive} …")
                run.delete_blank_rows()
    except SchemaMismatchError:
        raise
    except (NptaError, SheetsError) as error:
        trouble, complete = str(error), False
    orders = tuple(map(LeftOrders._make, left.items()))
    return MovedOrders(orders, trouble, complete, run.staying, run.others_left, run.deleted_rows)


def _policy(services: Services) -> ArchivingPolicy:
    before = utc_text(services.clock.now() - timedelta(days=services.settings.keep_days))
    return ArchivingPolicy(before, open_channels(services), unconfirmed=services.settings.archive_unconfirmed)


@dataclass
class ArchiveRun:
    """Moves portions one after another, chosen from one snapshot."""

    services: Services
    who: str
    deadline: Deadline
    snapshot: ArchivingSnapshot
    others: Sequence[Departure] = ()
    """What leaves with the first portion."""
    others_left: bool = False
    is_fresh: bool = True
    """Whether nothing of the snapshot has left since."""
    reasons: Counter[ArchivingBlocker] | None = None
    """Why orders stay, as it was when the run began."""
    shrinks: bool = False
    """Whether the lock is kept for a moment, to delete blank rows in one call."""
    deleted_rows: int = 0

    @property
    def staying(self) -> str:
        """What keeps orders here, once they are many."""
        return many_blocked(self.reasons or {}, self.services.settings.keep_days)

    def plan(self) -> int:
        """Return how many orders would leave."""
        policy = _policy(self.services)
        self._count_staying(policy)
        chosen = self._choose(policy, ALL)
        number = len(chosen.orders) if chosen else 0
        rest = number % PORTION
        number = number - rest if rest < MIN_PORTION else number
        if number and (portion := self._choose(policy, PORTION)):
            self._departures(portion)
        return number

    def choose(self) -> ArchivablePortion | None:
        """Return the next orders that are to leave together; None if there are none, or too few."""
        policy = _policy(self.services)
        while True:
            self._count_staying(policy)
            chosen = self._choose(policy, PORTION)
            if chosen and (len(chosen.orders) >= MIN_PORTION or _is_large(chosen)):
                return chosen
            if self.is_fresh or all(self.snapshot.reaches(ledger, policy.before) for ledger in LEDGERS):
                return None
            self._begin_anew()

    def _begin_anew(self) -> None:
        self.snapshot, self.is_fresh = take_snapshot(self.services, self.deadline), True

    def move(self, chosen: ArchivablePortion, archive: str) -> bool:
        """Move these orders; False if one of them has changed meanwhile.

        What was written to the archive counts for nothing then.
        """
        policy, number = _policy(self.services), self.snapshot.number
        together = (*self.others, *self._departures(chosen))
        self.shrinks = self.services.spreadsheet.blank_rows(together) >= self._min_blank_rows
        try:
            self._move(together, chosen, number, policy, archive)
        except RowsMovedError:
            self.others = ()
            self._begin_anew()
            return False
        self.others_left = self.others_left or bool(self.others)
        self.snapshot.first, self.others, self.is_fresh = rest_of(together), (), False
        self.snapshot.number += 1
        return True

    def delete_blank_rows(self) -> None:
        """Delete half of the blank rows, if they are worth it."""
        if self.shrinks:
            self.deleted_rows += self.services.spreadsheet.delete_blank_rows(
                least=self._min_blank_rows, actor=self.who, timeout=self.deadline
            )

    @property
    def _min_blank_rows(self) -> int:
        return MANY_BLANK_ROWS if self.deleted_rows else MIN_BLANK_ROWS

    def _move(
        self,
        departures: Sequence[Departure],
        chosen: ArchivablePortion,
        number: int,
        policy: ArchivingPolicy,
        archive: str,
    ) -> None:
        services, deadline, rows = self.services, self.deadline, chosen.rows
        title = f"{number:05} {services.clock.new_id()[:8]}"
        _write(services, archive, title, rows, deadline)
        ids = sorted((order.row.order_id for order in chosen.orders), key=int)

        def transact(tx: Transaction[State]) -> None:
            if not chosen.still_may(tx.state, policy):
                raise RowsMovedError("Something has become of an order meanwhile. Nothing was changed: run it again.")
            stamp = services.stamp(tx.commit)
            tx.add(
                ArchiveIndex(
                    at=stamp.at,
                    archive=archive,
                    tab=title,
                    orders=len(ids),
                    rows=len(rows),
                    lowest=ids[0],
                    highest=ids[-1],
                    packed=pack([order.entry for order in chosen.orders]),
                    digest=digest_of_all(rows),
                    commit=stamp.commit,
                )
            )

        services.spreadsheet.leave(
            departures,
            transact,
            operation="archive orders",
            actor=self.who,
            timeout=deadline,
            hold_lease=self.shrinks,
        )

    def _departures(self, chosen: ArchivablePortion) -> tuple[Departure, Departure]:
        departures = (
            Departure(self.snapshot.first[Orders], chosen.order_rows, chosen.orders_opening),
            Departure(self.snapshot.first[KeyLedger], chosen.seat_rows, chosen.seats_opening),
        )
        limit = MAX_OPENING if self.staying else MAX_OPENING + RESERVE
        if self.snapshot.bytes_beside + sum(departure.opening_bytes for departure in departures) > limit:
            raise ArchiveError(no_room_for_blocked(self.reasons or {}, self.services.settings.keep_days))
        return departures

    def _count_staying(self, policy: ArchivingPolicy) -> None:
        if self.reasons is None:
            self.reasons = count_blockers(self.snapshot.state, self._first_orders, policy)

    @property
    def _first_orders(self) -> FirstOrders:
        orders = self.snapshot.first[Orders]
        return FirstOrders(orders.opening, orders.base.gone, orders.rows)

    def _choose(self, policy: ArchivingPolicy, most: int) -> ArchivablePortion | None:
        state, number, orders = self.snapshot.state, self.snapshot.number, self._first_orders
        seats = self.snapshot.first[KeyLedger]
        first_seats = FirstSeats(seats.opening, seats.base.gone, seats.rows)
        chosen = choose_portion(state, orders, first_seats, policy, most, number)
        while chosen and most <= PORTION and len(chosen.orders) > 1 and (size := _size(chosen)) > 1:
            most = max(1, int(len(chosen.orders) / size))
            chosen = choose_portion(state, orders, first_seats, policy, most, number)
        return chosen


def _size(chosen: ArchivablePortion) -> float:
    """Return how much a portion takes of what a batch, and the index's cell, have room for."""
    size = sum(len(row.rows.encode()) for row in chosen.rows)
    return max(size / MAX_BYTES, len(pack([order.entry for order in chosen.orders])) / MAX_TEXT)


def _is_large(chosen: ArchivablePortion) -> bool:
    """Whether a portion has fewer orders than others since these are long."""
    return _size(chosen) > 1 / 2


def _write(services: Services, archive: str, title: str, rows: Sequence[ArchivedOrder], deadline: Deadline) -> None:
    try:
        services.archive(archive).write(title, rows, deadline)
    except (UnavailableError, CommitUnknownError) as error:
        raise ArchiveError(f"The archive {archive} does not answer at the moment: {error}") from error
    except (NptaError, SheetsError) as error:
        raise ArchiveError(
            f"The archive {archive} (NPTA_ARCHIVES) takes no more orders: {error}. See that it is shared with the service as an editor and has "
            f"room; or else: {NEW_ARCHIVE[0].lower()}{NEW_ARCHIVE[1:]}. No order of this portion has left."
        ) from error
