"""Google Sheets as a transactional database: where it is, what stands in it, and the transactions that run on it.

    db = Database("sqlite:///build/bank.db", tables=[Payment])
    db.run(pay, "p1", "ada", 500, actor="teller")

Transactions of several threads that wait for a commit leave in one batch: `commit_queue.py` says who waits and who leads,
`coordinator.py` what the leader does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, TypeVarTuple, overload

from google.auth.credentials import Credentials

from sheets_schema.clock import EMBEDDED, Clock, Deadline, Timing
from sheets_schema.engine.client import Client, google_credentials
from sheets_schema.engine.commit_group import PendingTransaction
from sheets_schema.engine.commit_queue import CommitQueue
from sheets_schema.engine.coordinator import Coordinator
from sheets_schema.engine.full_scan import full_scan
from sheets_schema.engine.replica import Replica
from sheets_schema.engine.request_stats import RequestHook
from sheets_schema.errors import InvalidDeclarationError
from sheets_schema.protocol.limits import MAX_CELLS, cells_of
from sheets_schema.provisioning.chart_drift import restore_charts
from sheets_schema.provisioning.migrate import migrate, planned
from sheets_schema.provisioning.plan import PROVISION, Plan
from sheets_schema.provisioning.plan import apply as apply_plan
from sheets_schema.provisioning.plan import plan as make_plan
from sheets_schema.schema.declaration import S, Schema
from sheets_schema.schema.internal_tables import CommitLog
from sheets_schema.schema.tables import InternalTable, Ledger, Tab, View
from sheets_schema.transaction import Transaction

P = ParamSpec("P")
R = TypeVar("R")
Args = TypeVarTuple("Args")

TIMEOUT = 30.0
"""Seconds after which a call gives up if it is not told otherwise."""

_EMBEDDED_URL = re.compile(r"sqlite://(?:/(?P<file>.+))?")
_SHEET_URL = re.compile(r"(?P<origin>https?://.+?)/spreadsheets(?:/u/\d+)?/d/(?!e/)(?P<id>[\w-]+)(?:[/?#].*)?")
_SHEET_ID = re.compile(r"[\w-]+")
_GOOGLE_DOCS = "https://docs.google.com"


class Database(Generic[S]):
    """One spreadsheet, for all threads of this process.

    `url` says where it is: `sqlite:///path` is a file of the embedded spreadsheet, `sqlite://` one in memory; anything else is a
    spreadsheet of Google's, by its URL or its id. `http://127.0.0.1:8085/spreadsheets/d/ID` is one on a server of the emulator.
    `tables` are the tables, in the order in which people see the tabs, or a `Schema` where there is more to declare.

    `credentials` are google-auth's, or those of the environment if none are given. For advanced users: a `Client` of your own
    as `url`, `timing`, `clock`, and `on_call`, which is told of every call.

    Raises `InvalidDeclarationError` for a URL or tables that cannot work, `PermissionDeniedError` if there are no credentials.
    """

    def __init__(
        self,
        url: str | Client,
        tables: Iterable[type[Tab]] | Schema[S],
        *,
        credentials: Credentials | None = None,
        on_call: RequestHook | None = None,
        timing: Timing | None = None,
        clock: Clock | None = None,
        name: str = "",
    ) -> None:
        self.schema: Schema[S] = tables if isinstance(tables, Schema) else Schema(tuple(tables))
        self._clock = clock or Clock()
        self.client, usual = (
            (url, Timing()) if isinstance(url, Client) else _connect(url.strip(), credentials, on_call, self._clock)
        )
        self.timing = timing or usual
        """The durations of the commit protocol that this process keeps to."""
        self._replica = Replica(self.schema, self.client, self._clock, self.timing)
        self._queue: CommitQueue[Any] = CommitQueue()
        self.name = name or f"process-{self._clock.new_id()[:8]}"
        """What this process is called in the lock cell."""
        self._coordinator = Coordinator(self._replica, self._queue, self.name)

    def diff(self, timeout: float | Deadline = TIMEOUT) -> Plan:
        """Say what `provision` would do. Changes nothing.

        Where migrations are due it tells what they would do; the rest is compared once they are through.
        """
        deadline = self._clock.deadline(timeout)
        if steps := planned(self.schema, self.client, deadline):
            return Plan(steps)
        return make_plan(self.schema, self.client, self._clock, deadline)

    def provision(self, timeout: float | Deadline = TIMEOUT, *, keep_foreign: bool = False) -> Plan:
        """Set the spreadsheet up, or migrate it and repair what is missing of it. Safe to repeat.

        `keep_foreign` consents to keep tabs with somebody else's rows, whose titles are needed, under other titles. Raises
        `ForeignRowsError` without it.
        """
        deadline = self._clock.deadline(timeout)
        steps: list[str] = []
        while True:
            migrated = migrate(self.schema, self.client, self._run_as, deadline)
            if migrated:
                self._replica.reset()
                self._replica.snapshot.sheets = {}
            made = apply_plan(self.schema, self.client, self._clock, deadline, keep_foreign=keep_foreign)
            steps += [*migrated, *made.steps]
            if not made.partly:
                made.steps = steps
                return made

    def restore_charts(self, timeout: float | Deadline = TIMEOUT) -> list[str]:
        """Draw charts again that people deleted, and return what was done: one read, and one write if any is missing."""
        return restore_charts(self.schema, self.client, self._clock.deadline(timeout))

    def _run_as(
        self, schema: Schema[Any], function: Callable[[Transaction[Any]], None], operation: str, deadline: Deadline
    ) -> None:
        """Run a transaction under another declaration, in a commit like any other."""
        other = Database(self.client, schema, timing=self.timing, clock=self._clock)
        other.run(function, operation=operation, actor=PROVISION, timeout=deadline)

    @property
    def sheet_ids(self) -> Mapping[str, int]:
        """The ids of the tabs by their titles, as last read, for addresses that end with `#gid=`; nothing is read for it."""
        return {title: sheet.sheet_id for title, sheet in dict(self._replica.snapshot.sheets).items()}

    @property
    def cells(self) -> int:
        """How many cells all grids had when last seen, blank ones included, of at most `MAX_CELLS`; nothing is read for it.

        Tabs that people write count as they were when this process last looked at them. 0 before the first transaction.
        """
        snapshot = self._replica.snapshot
        return cells_of(dict(snapshot.sheets), dict(snapshot.grid_rows))

    MAX_CELLS = MAX_CELLS
    """What Google allows a spreadsheet."""

    @property
    def waiting(self) -> int:
        """How many transactions of this process wait to be committed."""
        return len(self._queue.queue)

    def run(
        self,
        function: Callable[[Transaction[S], *Args], R],
        *args: *Args,
        operation: str = "",
        actor: str = "",
        timeout: float | Deadline = TIMEOUT,
        reads: Iterable[type[Tab]] = (),
        hold_lease: bool = False,
    ) -> R:
        """Run `function(tx, *args)` on fresh state and commit what it stages; its result is returned once the commit stands.

        It may be retried, so it has no side effects other than through `tx`. `timeout` is in seconds. `operation` (the function's
        name, if it is left out) and `actor` are what the log calls it. `reads` names the input and internal tables that it needs,
        which are read anew. `hold_lease` says that the same operation will commit again at once. A transaction that stages
        nothing costs no write.

        Raises what `function` raises (then nothing of it is written), `UnavailableError` (nothing was written), `CommitUnknownError`
        (unknown at the deadline), `SchemaMismatchError`, `PermissionDeniedError`, `RequestRejectedError`, `LogDivergedError`.
        """
        bound: Any = (lambda tx: function(tx, *args)) if args else function
        called, deadline = operation or _name_of(function), self._clock.deadline(timeout)
        pending = PendingTransaction(bound, called, actor, tuple(reads), deadline, hold_lease=hold_lease)
        return self._coordinator.submit(pending)  # type: ignore[no-any-return]  # the queue holds transactions of every result type

    @overload
    def transaction(self, function: Callable[Concatenate[Transaction[S], P], R], /) -> Callable[P, R]: ...
    @overload
    def transaction(
        self,
        function: None = None,
        /,
        *,
        operation: str = "",
        actor: str = "",
        timeout: float = TIMEOUT,
        reads: Iterable[type[Tab]] = (),
    ) -> Callable[[Callable[Concatenate[Transaction[S], P], R]], Callable[P, R]]: ...
    def transaction(self, function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Make a function of `tx` and more one of the rest: each call is a transaction of its own (see `run`).

        As `@db.transaction`, or with options as `@db.transaction(timeout=5, reads=[Wishes])`.
        """
        if function is None:
            return lambda function: self.transaction(function, **options)
        given = {"operation": _name_of(function), **options}

        @wraps(function)
        def call(*args: Any, **named: Any) -> Any:
            return self.run(lambda tx: function(tx, *args, **named), **given)

        return call

    @contextmanager
    def read(self, *, timeout: float | Deadline = TIMEOUT, reads: Iterable[type[Tab]] = ()) -> Iterator[Transaction[S]]:
        """Show the spreadsheet as it is at one version, however long the block takes and whoever commits meanwhile.

        It is as fresh as what a transaction sees, and costs no write; staging anything raises `InvalidDeclarationError`. Raises like `run`.
        """
        deadline = self._clock.deadline(timeout)
        yield self._coordinator.submit(PendingTransaction(None, "", "", tuple(reads), deadline))

    def refresh(
        self,
        function: Callable[[Transaction[S]], R],
        *,
        reads: Iterable[type[Tab]],
        timeout: float | Deadline = TIMEOUT,
    ) -> R | None:
        """Rewrite generated columns of input tables: one read, one write, no row in the log, since no fact changes.

        The write is guarded by the fence: if anybody commits in between, it is refused and None is returned, since what
        was to be written is out of date anyway; likewise if nobody knows whether it was written. Raises like `run`.
        """
        pending = PendingTransaction(function, "refresh", "", tuple(reads), self._clock.deadline(timeout), guarded=True)
        return self._coordinator.submit(pending)  # type: ignore[no-any-return]  # see run

    def scan(
        self, tables: Sequence[type[Ledger | View | InternalTable]] = (), timeout: float | Deadline = TIMEOUT
    ) -> dict[type[Tab], list[Any]]:
        """Read tables whole and row by row, trusting nothing that is remembered: for audits, exports and other programs.

        Every ledger if none is named. A row is the checked model, or the `SchemaMismatchError` that names it; the first is sheet row 2.
        Raises `SchemaMismatchError` for a tab or a header that is not there, `UnavailableError`, `PermissionDeniedError`.
        """
        return full_scan(self.client, tables or self.schema.ledgers, self._clock.deadline(timeout))

    log = CommitLog
    """The commit log as a ledger: to `scan` it, say."""


def _name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", "transaction").strip("<>").replace("_", " ")


def _connect(
    url: str, credentials: Credentials | None, on_call: RequestHook | None, clock: Clock
) -> tuple[Client, Timing]:
    """Return a client for what a URL names, and the durations that fit it. Google's credentials go to Google only."""
    if embedded := _EMBEDDED_URL.fullmatch(url):
        # Imported here: who works on Google never pays for the emulator.
        from sheets_schema.engine.embedded import open_embedded  # noqa: PLC0415

        return open_embedded(embedded["file"] or ":memory:", clock=clock, on_call=on_call), EMBEDDED
    sheet = _SHEET_URL.fullmatch(url)
    if sheet and sheet["origin"] != _GOOGLE_DOCS:
        return Client(sheet["id"], origin=sheet["origin"], clock=clock, on_call=on_call), EMBEDDED
    if not sheet and not _SHEET_ID.fullmatch(url):
        raise InvalidDeclarationError(
            f"{url!r} names no spreadsheet. Give a URL as the browser shows it (https://docs.google.com/spreadsheets/d/…), the id "
            "in it, or sqlite:///path for the embedded spreadsheet."
        )
    google = credentials or google_credentials()
    return Client(sheet["id"] if sheet else url, credentials=google, clock=clock, on_call=on_call), Timing()
