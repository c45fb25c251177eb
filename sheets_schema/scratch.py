"""A scratch spreadsheet for the probes: raw batches with their whole answers, and several of them at the same moment."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http import HTTPStatus
from threading import Barrier
from typing import Any, Self

import requests
from gspread.exceptions import APIError
from gspread.urls import SPREADSHEET_BATCH_UPDATE_URL, SPREADSHEET_URL, SPREADSHEET_VALUES_BATCH_URL

from sheets_schema.changes import Request
from sheets_schema.client import Client
from sheets_schema.errors import SchemaError
from sheets_schema.quota import Quota
from sheets_schema.system_tabs import CommitLog, Control
from sheets_schema.timing import Clock

TITLE = "Probe"
ROWS, COLUMNS = 1000, 10
_TRIES = 5
_QUOTA = HTTPStatus.TOO_MANY_REQUESTS
_SECONDS = 200.0
"""Google ends a request after 180 s (documented)."""


@dataclass(frozen=True)
class Told:
    """One answer: HTTP status (0 if none came), what it says, and how long it took."""

    status: int
    text: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def accepted(self) -> bool:
        """Whether it is a clean 200."""
        return self.status == HTTPStatus.OK

    def __str__(self) -> str:
        return "accepted" if self.accepted else f"refused, {self.status}: {self.text}" if self.status else self.text


class Scratch:
    """The probes' own tab in a spreadsheet that serves nothing else."""

    def __init__(self, client: Client, clock: Clock, calls_a_minute: int | None) -> None:
        self._client = client
        self.clock = clock
        self._reads = Quota("reads", calls_a_minute, clock)
        self._writes = Quota("writes", calls_a_minute, clock)
        self.tab = 0
        self.tag = clock.new_id()[:8]

    def __enter__(self) -> Self:
        """Make the tab. Raises `SchemaError` in a spreadsheet that is a database: probes belong elsewhere."""
        titles = {each["properties"]["title"] for each in self.metadata()["sheets"]}
        if titles & {Control.title, CommitLog.title}:
            raise SchemaError("This spreadsheet is in use as a database. Give the probes an empty one of their own.")
        self.tab = self.new_tab(f"{TITLE} {self.tag}")
        return self

    def __exit__(self, *_: object) -> None:
        """Take away what the probes have left."""
        left = self.metadata()
        ranges = [each["namedRangeId"] for each in left.get("namedRanges", []) if self.tag in each["name"]]
        tabs = [each["properties"] for each in left["sheets"] if self.tag in each["properties"]["title"]]
        self.send(
            *({"deleteNamedRange": {"namedRangeId": each}} for each in ranges),
            *({"deleteSheet": {"sheetId": each["sheetId"]}} for each in tabs),
        )

    def new_tab(self, title: str) -> int:
        """Add a tab and return its id. Raises `SchemaError` if that is refused."""
        size = {"rowCount": ROWS, "columnCount": COLUMNS}
        told = self.send({"addSheet": {"properties": {"title": title, "gridProperties": size}}})
        if not told.accepted:
            raise SchemaError(f"The probes cannot write to this spreadsheet: {told}")
        return int(told.body["replies"][0]["addSheet"]["properties"]["sheetId"])

    def send(self, *batch: Request) -> Told:
        """Send one batch once."""
        self._writes.take(self.clock.deadline(_SECONDS))
        return self._sent(batch)

    def at_once(self, *batches: Sequence[Request]) -> list[Told]:
        """Send several batches at the same moment, as near as threads come to it."""
        for _ in batches:
            self._writes.take(self.clock.deadline(_SECONDS))
        start = Barrier(len(batches))

        def one(batch: Sequence[Request]) -> Told:
            start.wait()
            return self._sent(batch)

        with ThreadPoolExecutor(len(batches)) as pool:
            return list(pool.map(one, batches))

    def metadata(self, fields: str = "namedRanges,sheets(properties)", *ranges: str) -> dict[str, Any]:
        """Named ranges and tabs, or what `fields` asks for."""
        return self._read(SPREADSHEET_URL, {"fields": fields, "ranges": list(ranges)})

    def values(self, cells: str) -> list[list[Any]]:
        """What stands in a range of the probes' tab."""
        asked = {"ranges": [f"'{TITLE} {self.tag}'!{cells}"], "valueRenderOption": "UNFORMATTED_VALUE"}
        rows: list[list[Any]] = self._read(SPREADSHEET_VALUES_BATCH_URL, asked)["valueRanges"][0].get("values", [])
        return rows

    def ranges(self) -> dict[str, str]:
        """The named ranges of the probes: id → name."""
        listed = self.metadata("namedRanges").get("namedRanges", [])
        return {each["namedRangeId"]: each["name"] for each in listed if self.tag in each["name"]}

    def cell(self, row: int = 1, column: int = 0, *, tab: int | None = None) -> dict[str, int]:
        """One cell as a GridRange."""
        place = {"startRowIndex": row - 1, "endRowIndex": row, "startColumnIndex": column, "endColumnIndex": column + 1}
        return {"sheetId": self.tab if tab is None else tab, **place}

    def _sent(self, batch: Sequence[Request]) -> Told:
        url = SPREADSHEET_BATCH_UPDATE_URL % self._client.spreadsheet_id
        start = self.clock.monotonic()
        try:
            answer = self._client.request("post", url, json={"requests": list(batch)})
        except APIError as error:
            seconds = self.clock.monotonic() - start
            return Told(error.response.status_code, str(error.error.get("message", ""))[:160], {}, seconds)
        except requests.RequestException as error:
            return Told(0, f"no answer ({type(error).__name__})", {}, self.clock.monotonic() - start)
        return Told(answer.status_code, "", answer.json(), self.clock.monotonic() - start)

    def _read(self, url: str, params: dict[str, Any]) -> dict[str, Any]:
        for attempt in range(_TRIES):
            self._reads.take(self.clock.deadline(_SECONDS))
            try:
                answer = self._client.request("get", url % self._client.spreadsheet_id, params=params)
            except APIError as error:
                passing = error.response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
                if attempt == _TRIES - 1 or not (passing or error.response.status_code == _QUOTA):
                    raise
                self.clock.sleep(self.clock.jitter(attempt, first=2.0, most=30.0))
            else:
                body: dict[str, Any] = answer.json()
                return body
        raise AssertionError("unreachable: the last try raises")
