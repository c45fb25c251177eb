"""A scratch spreadsheet for the probes: raw batches, also at the same moment.

Their whole answers are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from threading import Barrier
from typing import Any, Self, TypeVar

from sheets_schema.clock import Clock
from sheets_schema.engine.client import Client
from sheets_schema.engine.rate_limiter import RateLimiter
from sheets_schema.engine.response_classification import Applied, NotApplied, Rejected, Unknown
from sheets_schema.errors import CommitUnknownError, SchemaMismatchError, SheetsError
from sheets_schema.protocol.batch_requests import Request, write_cells
from sheets_schema.schema.internal_tables import COMMIT_LOG, CONTROL

T = TypeVar("T")

TRIES = 5
ROWS, COLUMNS = 1000, 10
_SECONDS = 200.0
"""Google ends a request after 180 s (documented)."""
_READ_SECONDS = 120.0
"""Up to a minute until the quota lets a read go, and one to try it."""


class InconclusiveError(SheetsError):
    """What was to be found out could not be, and why."""


@dataclass(frozen=True)
class BatchReply:
    """One clear answer: accepted or refused, its text, its duration and its moment.

    The moment is in monotonic seconds.
    """

    accepted: bool
    seconds: float
    at: float
    text: str = ""
    body: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "accepted" if self.accepted else f"refused, 400: {self.text}"


class Scratchpad:
    """The probes' own tabs in a spreadsheet that serves nothing else."""

    def __init__(self, client: Client, clock: Clock, writes_a_minute: int | None) -> None:
        self._client = client
        self.clock = clock
        self._writes = RateLimiter("writes", writes_a_minute, clock)
        self._tag = clock.new_id()[:8]
        self._numbers = count(1)
        self.title = ""
        self.tab = 0

    def __enter__(self) -> Self:
        """Make the first tab.

        Raises `SchemaMismatchError` in a spreadsheet that is a database: probes belong elsewhere.
        """
        titles = {sheet["properties"]["title"] for sheet in self.metadata()["sheets"]}
        if titles & {CONTROL, COMMIT_LOG}:
            raise SchemaMismatchError(
                "This spreadsheet is in use as a database. Give the probes an empty one of their own."
            )
        self.title, self.tab = self.until_known(lambda: self.new_tab("Probe"))
        return self

    def __exit__(self, *_: object) -> None:
        """Take away what the probes have left. Raises `InconclusiveError` if that does not succeed."""
        try:
            self.until_known(self._clear)
        except SheetsError as error:
            raise InconclusiveError(
                f"Some of the probes' tabs and named ranges are left. Delete those with {self._tag} in their names by "
                f"hand: {error}"
            ) from error

    def _clear(self) -> None:
        left = self.metadata()
        ranges = [named["namedRangeId"] for named in left.get("namedRanges", []) if self._tag in named["name"]]
        tabs = [sheet["properties"] for sheet in left["sheets"] if self._tag in sheet["properties"]["title"]]
        batch: list[Request] = [{"deleteNamedRange": {"namedRangeId": range_id}} for range_id in ranges]
        batch += [{"deleteSheet": {"sheetId": tab["sheetId"]}} for tab in tabs]
        if batch:
            self.done(*batch)

    def fresh(self) -> str:
        """Return a part of a name or an id that nothing has borne before."""
        return f"{self._tag}{next(self._numbers):04x}"

    def new_tab(self, kind: str) -> tuple[str, int]:
        """Add a tab; its title and id. Raises like `done`."""
        title = f"{kind} {self.fresh()}"
        size = {"rowCount": ROWS, "columnCount": COLUMNS}
        reply = self.done({"addSheet": {"properties": {"title": title, "gridProperties": size}}})
        return title, int(reply.body["replies"][0]["addSheet"]["properties"]["sheetId"])

    def send(self, *batch: Request) -> BatchReply:
        """Send one batch once.

        Raises `CommitUnknownError` for any answer but a 200 or a 400, and for none: it may have been applied.

        Raises `PermissionDeniedError` for credentials that may not write here.
        """
        self._turns(1)
        return self._sent(batch)

    def send_together(self, *batches: Sequence[Request]) -> list[BatchReply]:
        """Send several batches at the same moment, as near as threads come to it.

        Raises like `execute`.
        """
        self._turns(len(batches))
        start = Barrier(len(batches))

        def one(batch: Sequence[Request]) -> BatchReply:
            start.wait()
            return self._sent(batch)

        with ThreadPoolExecutor(len(batches)) as pool:
            return list(pool.map(one, batches))

    def done(self, *batch: Request) -> BatchReply:
        """Send what a probe's question presupposes.

        Raises `CommitUnknownError`, or `InconclusiveError` if it is refused.
        """
        reply = self.send(*batch)
        if not reply.accepted:
            raise InconclusiveError(f"what the probe needs was {reply}")
        return reply

    def write(self, row: int, column: int, rows: Sequence[Sequence[object]], *, also: int | None = None) -> BatchReply:
        """Write cells of the probes' tab, and the same ones of a second tab, until it is known.

        Raises `InconclusiveError`.
        """
        tabs = [self.tab] if also is None else [self.tab, also]
        return self.until_known(lambda: self.done(*(write_cells(tab, row, column, rows) for tab in tabs)))

    def until_known(self, attempt: Callable[[], T]) -> T:
        """Return what comes of an attempt, repeated while an answer of it is in doubt.

        Raises `InconclusiveError` after some tries. Each attempt uses fresh names, or writes what may stand there
        already: an earlier one may have been applied.
        """
        for number in range(TRIES):
            if number:
                self.clock.sleep(self.clock.jitter(number, first=4.0, most=60.0))
            try:
                return attempt()
            except CommitUnknownError as error:
                reason = error
        raise InconclusiveError(f"{reason} ({TRIES} times)")

    def metadata(self, fields: str = "namedRanges,sheets(properties)", *ranges: str) -> dict[str, Any]:
        """Named ranges and tabs, or what `fields` asks for.

        Raises `UnavailableError`, `PermissionDeniedError` or `RequestRejectedError`, as all reads do.
        """
        return self._client.grid_data(fields, ranges, self.clock.deadline(_READ_SECONDS))

    def values(self, *ranges: str) -> list[list[list[Any]]]:
        """Return what stands in some ranges, in one read.

        Of the probes' tab where a range names none.
        """
        asked = [area if "!" in area else f"'{self.title}'!{area}" for area in ranges]
        parts = self._client.values(asked, self.clock.deadline(_READ_SECONDS))
        return [part.get("values", []) for part in parts]

    def cell(self, row: int = 1, column: int = 0, *, tab: int | None = None) -> dict[str, int]:
        """One cell as a GridRange."""
        rectangle = {
            "startRowIndex": row - 1,
            "endRowIndex": row,
            "startColumnIndex": column,
            "endColumnIndex": column + 1,
        }
        return {"sheetId": self.tab if tab is None else tab, **rectangle}

    def _turns(self, calls: int) -> None:
        """Wait for the turn of so many calls at one moment: turns from before a wait are let go of."""
        first = float("-inf")
        while self.clock.monotonic() - first >= 1.0:
            self._writes.acquire(self.clock.deadline(_SECONDS))
            first = self.clock.monotonic()
            for _ in range(calls - 1):
                self._writes.acquire(self.clock.deadline(_SECONDS))

    def _sent(self, batch: Sequence[Request]) -> BatchReply:
        start = self.clock.monotonic()
        outcome = self._client.write(list(batch), self.clock.deadline(_SECONDS))
        at = self.clock.monotonic()
        match outcome:
            case Applied(body):
                return BatchReply(accepted=True, seconds=at - start, at=at, body=body)
            case Rejected(error) if error.status == HTTPStatus.BAD_REQUEST:
                return BatchReply(accepted=False, seconds=at - start, at=at, text=str(error)[:160])
            case NotApplied(error, again=False):
                raise error
            case Unknown(reason):
                raise CommitUnknownError(reason)
            case Rejected(error) | NotApplied(error):
                raise CommitUnknownError(str(error))
