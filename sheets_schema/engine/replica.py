"""Replica: our copy of the spreadsheet, and how it is read."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Generic

from sheets_schema.clock import Clock, Deadline, Timing
from sheets_schema.engine.client import Client
from sheets_schema.errors import LogDivergedError, NotProvisionedError, RequestRejectedError, SheetsError
from sheets_schema.protocol.gc_paused import gc_paused
from sheets_schema.protocol.lock_record import FENCE_ID, FENCE_NAME, LockRecord
from sheets_schema.protocol.sheet_layout import sheets_of, time_zone
from sheets_schema.protocol.sheet_read import (
    CONTROL_RANGE,
    DroppedRowsError,
    InconsistentReadError,
    MovedRowsError,
    OrphanRowsError,
    SheetRead,
    StaleDimensionsError,
    check_bases,
    named_values,
    parse,
    wanted_ranges,
)
from sheets_schema.protocol.snapshot import LostUpdate, Snapshot
from sheets_schema.protocol.table_read import missing_tab
from sheets_schema.schema.declaration import S, Schema
from sheets_schema.schema.internal_tables import COMMIT_LOG, CONTROL, NO_BASE, Base, CommitLog, Control, read_bases
from sheets_schema.schema.tables import Tab

_log = logging.getLogger(__name__)

MAX_READS = 3
"""Consecutive reads that must show a contradiction before it counts as a divergence, not as a stale read."""


class Replica(Generic[S]):
    """Holds the snapshot. Used by one thread at a time."""

    def __init__(self, schema: Schema[S], client: Client, clock: Clock, timing: Timing) -> None:
        self.schema = schema
        self.client = client
        self.clock = clock
        self.timing = timing
        self.snapshot = Snapshot(schema, {}, schema.state())

    def load(self, deadline: Deadline, tables: Iterable[type[Tab]] = ()) -> SheetRead:
        """Read what is new, and the given tables whole, and apply it.

        One call, two on the first use and after a tab has changed.

        Raises `LogDivergedError` if the same contradiction is seen again and again, `SchemaMismatchError`, `NotProvisionedError`,
        `UnavailableError`, `PermissionDeniedError`, and `RequestRejectedError` if Google does not know tabs that it has just named, again and again.
        """
        for attempt in range(MAX_READS):
            if attempt:
                self.clock.sleep(min(max(self.timing.confirmation_delay, 0.1), deadline.left()))
            try:
                with gc_paused():
                    reading = self.fetch(deadline, tables)
                    self.apply(reading, deadline)
            except InconsistentReadError as reason:
                contradiction = reason
                if isinstance(reason, DroppedRowsError):
                    self.reset()
                elif attempt:
                    self.reload(deadline)
            else:
                return reading
        raise final_error(contradiction)

    def reload(self, deadline: Deadline) -> dict[int, str]:
        """Read everything anew after a contradiction.

        Blank rows at the top may have been deleted twice. Then rows that we know are no longer where we expect them, while a
        read from the top shows where they are. Return the commits that were found, if what we knew is among them; otherwise
        nothing has changed.
        """
        before = self.snapshot
        if before.lock is None or not before.bases:
            return {}
        self.reset()
        try:
            with gc_paused():
                found = self.apply(self.fetch(deadline), deadline)
        except InconsistentReadError:
            found = {}
        if found.get(before.lock.version) != before.lock.commit:
            self.snapshot = before
            return {}
        return found

    def reset(self) -> None:
        """Begin anew: the next load reads everything."""
        self.snapshot = Snapshot(self.schema, self.snapshot.sheets, self.schema.state(), zone=self.snapshot.zone)

    def fetch(self, deadline: Deadline, tables: Iterable[type[Tab]] = ()) -> SheetRead:
        """Read without applying anything.

        Raises `InconsistentReadError` for a ledger that is shorter than what we know, and for tabs that were just seen and are not found.
        """
        tables = tuple(tables)
        if {CONTROL, *(tab.__table__.title for tab in tables)} - self.snapshot.sheets.keys():
            self.load_metadata(deadline)
        bases = self.snapshot.bases
        try:
            return self._read(deadline, tables, bases)
        except MovedRowsError as moved:
            bases = moved.bases
        except (RequestRejectedError, StaleDimensionsError):
            # A tab that we ask for by name was renamed or deleted, or its grid has another size: learn what is there now.
            self.load_metadata(deadline)
            bases = self._bases_now(deadline)
            self._check_grids(bases)
        try:
            return self._read(deadline, tables, bases)
        except RequestRejectedError as error:
            # One of the two reads was stale, or a person is renaming tabs.
            raise InconsistentReadError(str(error)) from error

    def _read(self, deadline: Deadline, tables: tuple[type[Tab], ...], bases: Mapping[str, Base]) -> SheetRead:
        sheets, known = self.snapshot.sheets, self.snapshot.counts
        answer = self.client.values(wanted_ranges(self.schema, sheets, known, bases, tables), deadline)
        return parse(self.schema, sheets, known, bases, tables, answer)

    def _bases_now(self, deadline: Deadline) -> Mapping[str, Base]:
        """Return where the ledgers begin by now, if rows that we know may have moved up.

        Raises `DroppedRowsError` if rows have left that we do not know.
        """
        known = self.snapshot.counts
        if not known or all(self._reaches(title, self.snapshot.base(title).sheet_row(known[title])) for title in known):
            return self.snapshot.bases
        bases = read_bases(named_values(self.client.values([CONTROL_RANGE], deadline)[0]))
        check_bases(self.schema, known, bases)
        return bases

    def _reaches(self, title: str, row: int) -> bool:
        return title not in self.snapshot.sheets or self.snapshot.sheets[title].rows >= row

    def _check_grids(self, bases: Mapping[str, Base]) -> None:
        for ledger in self.schema.all_ledgers:
            title = ledger.__table__.title
            known = self.snapshot.counts.get(title, 0)
            if not self._reaches(title, bases.get(title, NO_BASE).sheet_row(known)):
                raise InconsistentReadError(
                    f"tab “{title}” has lost rows: it held {known}, and its grid ends at {self.snapshot.sheets[title].rows}"
                )

    def load_metadata(self, deadline: Deadline) -> dict[str, Any]:
        """Learn tabs, their ids and sizes anew.

        Raises `NotProvisionedError` or names the tab that is missing.
        """
        metadata = self.client.metadata(deadline)
        sheets = sheets_of(metadata, self.schema.tabs)
        if CONTROL not in sheets and COMMIT_LOG not in sheets:
            raise NotProvisionedError("The spreadsheet is not set up: run provision first.", tab=CONTROL)
        for tab in (Control, CommitLog):
            if tab.__table__.title not in sheets:
                raise missing_tab(tab)
        for ledger in self.schema.ledgers:
            if ledger.__table__.title not in sheets:
                part = self.client.values([CONTROL_RANGE], deadline)[0]
                self.schema.check_version(named_values(part))  # a migration may have renamed it
                raise missing_tab(ledger)
        self.snapshot.sheets = sheets
        self.snapshot.zone = time_zone(metadata)
        return metadata

    def fence(self, deadline: Deadline) -> str | None:
        """Return the id of the fence as it is now; None if a person has deleted it."""
        return self._fences(deadline).get(FENCE_NAME)

    def _fences(self, deadline: Deadline) -> dict[str, str]:
        """Return the ids of our named ranges by name.

        The fence, and what a lost update may have made of a second one.
        """
        ranges = self.load_metadata(deadline).get("namedRanges", [])
        ours = {str(each.get("name")): str(each["namedRangeId"]) for each in ranges}
        return {name: each for name, each in ours.items() if name == FENCE_NAME or each.startswith(FENCE_ID)}

    def apply(self, reading: SheetRead, deadline: Deadline) -> dict[int, str]:
        """Bring the snapshot up to a read, and return the commits that were new to us.

        Raises like `integrate`. Rows below the last that the log knows are left out if the fence shows that they are
        those of an overwritten commit.
        """
        try:
            return self.snapshot.integrate(reading, self.clock.monotonic())
        except OrphanRowsError as reason:
            lost_update = self._lost_update(reading.lock, deadline)
            if not lost_update:
                raise
            found = self.snapshot.integrate(reading.up_to(reason.counts), self.clock.monotonic())
            self.snapshot.lost_update = lost_update
            return found

    def is_still_at(self, version: int, deadline: Deadline) -> bool:
        """Whether the lock cell still says so: another may have committed between two reads."""
        try:
            return self.fetch(deadline).lock.version == version
        except InconsistentReadError:
            return True

    def detect_lost_update(self, deadline: Deadline) -> bool:
        """Whether the last commit turns out to have overwritten another one.

        The next one is fenced accordingly.
        """
        known, tail = self.snapshot.lost_update, self.snapshot.lock
        self.snapshot.lost_update = (tail and self._lost_update(tail, deadline)) or known
        return self.snapshot.lost_update != known

    def _lost_update(self, tail: LockRecord, deadline: Deadline) -> LostUpdate | None:
        """Whether `tail` overwrote another commit.

        Then the fence is of its version, and of that other commit.
        """
        fences = self._fences(deadline)
        fence = fences.pop(FENCE_NAME, "")
        if fence == tail.fence or not fence.startswith(f"{FENCE_ID}{tail.version}_"):
            return None
        _log.warning("two commits were merged: the fence says %s, and the log %s", fence, tail.fence)
        return LostUpdate(replace(tail, commit=fence.rpartition("_")[2]), tuple(fences.values()))


def final_error(contradiction: InconsistentReadError) -> SheetsError:
    """Return the error for a contradiction that further reads have not explained."""
    refused = contradiction.__cause__
    return refused if isinstance(refused, RequestRejectedError) else diverged(contradiction)


def diverged(reason: InconsistentReadError) -> LogDivergedError:
    """Return the error for people, once another read has not explained the contradiction."""
    return LogDivergedError(
        f"Writing has stopped: {reason}. Either rows of a protected tab were changed by hand, an older version was "
        "restored, or two writers collided. Look at the rows named here and at File > Version history; nothing is written "
        "until log and ledgers agree again. Step by step: docs/operations/writes-halted.md."
    )
