"""Our copy of the spreadsheet, and how it is brought up to date over the wire."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Generic

from sheets_schema.a1 import open_range
from sheets_schema.client import Client
from sheets_schema.collector import resting_collector
from sheets_schema.errors import Forked, NotProvisioned, Refused, SheetsError
from sheets_schema.lock_cell import FENCE_ID, FENCE_NAME, LockCell
from sheets_schema.provision import sheets_of
from sheets_schema.reading import (
    Inconsistent,
    LeftOver,
    Outgrown,
    Reading,
    missing_tab,
    named_values,
    parse,
    wanted_ranges,
)
from sheets_schema.schema import S, Schema
from sheets_schema.snapshot import Merged, Snapshot
from sheets_schema.system_tabs import CommitLog, Control
from sheets_schema.tab import Tab
from sheets_schema.timing import Clock, Deadline, Timing

_log = logging.getLogger(__name__)

LOOKS = 3
"""Reads in a row that must show a contradiction before it counts as a fork rather than as a stale read."""


class Replica(Generic[S]):
    """Holds the snapshot. Used by one thread at a time."""

    def __init__(self, schema: Schema[S], client: Client, clock: Clock, timing: Timing) -> None:
        self.schema = schema
        self.client = client
        self.clock = clock
        self.timing = timing
        self.snapshot = Snapshot(schema, {}, schema.state())

    def load(self, deadline: Deadline, tables: Iterable[type[Tab]] = ()) -> Reading:
        """Read what is new, and the given forms whole. One call, two on the first use and after a tab has changed.

        Raises `Forked` if the same contradiction is seen again and again, `SchemaError`, `NotProvisioned`,
        `Unavailable`, `Denied`, and `Refused` if Google does not know tabs that it has just named, again and again.
        """
        for look in range(LOOKS):
            if look:
                self.clock.sleep(min(max(self.timing.settle, 0.1), deadline.left()))
            try:
                with resting_collector():
                    reading = self.look(deadline, tables)
                    self.take_in(reading, deadline)
            except Inconsistent as reason:
                contradiction = reason
            else:
                return reading
        raise at_last(contradiction)

    def forget(self) -> None:
        """Begin anew: the next load reads everything."""
        self.snapshot = Snapshot(self.schema, self.snapshot.sheets, self.schema.state())

    def look(self, deadline: Deadline, tables: Iterable[type[Tab]] = ()) -> Reading:
        """Read without taking anything in.

        Raises `Inconsistent` for a ledger that is shorter than what we know, and for tabs that were just seen and are not found.
        """
        tables = tuple(tables)
        if {Control.title, *(tab.title for tab in tables)} - self.snapshot.sheets.keys():
            self.load_metadata(deadline)
        try:
            return self._fetch(deadline, tables)
        except (Refused, Outgrown):
            # A tab that we ask for by name was renamed or deleted, or its grid has another size: learn what is there now.
            self.load_metadata(deadline)
        for ledger in self.schema.all_ledgers:
            known, sheet = self.snapshot.counts.get(ledger.title, 0), self.snapshot.sheets[ledger.title]
            if sheet.rows <= known:
                raise Inconsistent(
                    f"tab “{ledger.title}” has lost rows: it held {known}, and its grid ends at {sheet.rows}"
                )
        try:
            return self._fetch(deadline, tables)
        except Refused as error:
            # One of the two reads was stale, or a person renames tabs while we look.
            raise Inconsistent(str(error)) from error

    def _fetch(self, deadline: Deadline, tables: tuple[type[Tab], ...]) -> Reading:
        sheets, known = self.snapshot.sheets, self.snapshot.counts
        answer = self.client.values(wanted_ranges(self.schema, sheets, known, tables), deadline)
        return parse(self.schema, sheets, known, tables, answer)

    def load_metadata(self, deadline: Deadline) -> dict[str, Any]:
        """Learn tabs, their ids and sizes anew. Raises `NotProvisioned` or names the tab that is missing."""
        metadata = self.client.metadata(deadline)
        sheets = sheets_of(metadata, self.schema.tabs)
        if Control.title not in sheets and CommitLog.title not in sheets:
            raise NotProvisioned("The spreadsheet is not set up: run provision first.", tab=Control.title)
        for tab in (Control, CommitLog):
            if tab.title not in sheets:
                raise missing_tab(tab)
        for ledger in self.schema.ledgers:
            if ledger.title not in sheets:
                part = self.client.values([open_range(Control.title, 1, 2)], deadline)[0]
                self.schema.check_version(named_values(part))  # a migration may have renamed it
                raise missing_tab(ledger)
        self.snapshot.sheets = sheets
        return metadata

    def fence(self, deadline: Deadline) -> str | None:
        """The id of the fence as it is now; None if a person has deleted it."""
        return self._fences(deadline).get(FENCE_NAME)

    def _fences(self, deadline: Deadline) -> dict[str, str]:
        """The ids of our named ranges by name: the fence, and what a merge may have made of a second one."""
        ranges = self.load_metadata(deadline).get("namedRanges", [])
        ours = {str(each.get("name")): str(each["namedRangeId"]) for each in ranges}
        return {name: each for name, each in ours.items() if name == FENCE_NAME or each.startswith(FENCE_ID)}

    def take_in(self, reading: Reading, deadline: Deadline) -> dict[int, str]:
        """Bring the snapshot up to a reading, and return the commits that were new to us. Raises like `integrate`.

        Rows below the last that the log knows are left out if the fence shows that they are a merge's.
        """
        try:
            return self.snapshot.integrate(reading, self.clock.monotonic())
        except LeftOver as reason:
            merged = self._merged(reading.lock, deadline)
            if not merged:
                raise
            found = self.snapshot.integrate(reading.up_to(reason.counts), self.clock.monotonic())
            self.snapshot.merged = merged
            return found

    def stands_at(self, version: int, deadline: Deadline) -> bool:
        """Whether the lock cell still says so: another may have committed between two looks."""
        try:
            return self.look(deadline).lock.version == version
        except Inconsistent:
            return True

    def finds_merge(self, deadline: Deadline) -> bool:
        """Whether the last commit turns out to have been merged over another; the next one is fenced accordingly."""
        known, tail = self.snapshot.merged, self.snapshot.lock
        self.snapshot.merged = (tail and self._merged(tail, deadline)) or known
        return self.snapshot.merged != known

    def _merged(self, tail: LockCell, deadline: Deadline) -> Merged | None:
        """Whether `tail` was merged over another commit: then the fence is of its version, and of that other commit."""
        fences = self._fences(deadline)
        fence = fences.pop(FENCE_NAME, "")
        if fence == tail.fence or not fence.startswith(f"{FENCE_ID}{tail.version}_"):
            return None
        _log.warning("two commits were merged: the fence says %s, and the log %s", fence, tail.fence)
        return Merged(replace(tail, commit=fence.rpartition("_")[2]), tuple(fences.values()))


def at_last(contradiction: Inconsistent) -> SheetsError:
    """What a contradiction amounts to once further looks have not explained it."""
    refused = contradiction.__cause__
    return refused if isinstance(refused, Refused) else forked(contradiction)


def forked(reason: Inconsistent) -> Forked:
    """The sentence for people, once a second look has not explained the first."""
    return Forked(
        f"Writing has stopped: {reason}. Either rows of a protected tab were changed by hand, an older version was "
        "restored, or two writers collided. Look at the rows named here and at File > Version history; nothing is written "
        "until log and ledgers agree again. Step by step: docs/failure-model.md, “When writing has stopped”."
    )
