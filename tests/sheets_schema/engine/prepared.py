"""A client whose spreadsheet is a few lists, so that one rule of the engine is tried in a moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sheets_schema.clock import Deadline, Timing
from sheets_schema.engine.client import Client
from sheets_schema.engine.replica import Replica
from sheets_schema.engine.response_classification import Applied, WriteOutcome
from tests.sheets_schema.bank import SCHEMA, Time
from tests.sheets_schema.protocol.small_spreadsheet import WIDTHS, Tabs, answer, spreadsheet

ROWS = 20
FENCE = {"name": "commit_fence", "namedRangeId": "fence_2_c2"}


class PreparedClient(Client):
    """Answers from `tabs`; of what is written it keeps the requests, and answers `endings`, then that it was applied."""

    def __init__(self, tabs: Tabs | None = None, ranges: Sequence[dict[str, str]] = (FENCE,)) -> None:
        self.time = Time(100.0)
        super().__init__("an-id", session=None, origin="http://localhost", clock=self.time.clock(iter(range(1, 1000))))
        self.tabs = tabs or spreadsheet()
        self.ranges = [*ranges]
        self.widths = WIDTHS
        self.rows = dict.fromkeys(self.tabs, ROWS)
        self.asked: list[Any] = []
        self.sent: list[list[dict[str, Any]]] = []
        self.endings: list[WriteOutcome] = []
        self.refused: Exception | None = None
        """What the next reading of values raises."""
        self.before: dict[int, Callable[[], object]] = {}
        """What happens before the reading of that number."""

    def deadline(self, seconds: float = 60.0) -> Deadline:
        return self.clock.deadline(seconds)

    def metadata(self, deadline: Deadline, *more: str) -> dict[str, Any]:
        del deadline, more
        self._next("metadata")
        tabs = [
            {
                "properties": {
                    "title": title,
                    "sheetId": number,
                    "gridProperties": {"rowCount": self.rows.get(title, ROWS), "columnCount": self.widths[title]},
                }
            }
            for number, title in enumerate(self.tabs, 1)
        ]
        return {"sheets": tabs, "namedRanges": self.ranges, "properties": {"timeZone": "America/Toronto"}}

    def values(self, ranges: Sequence[str], deadline: Deadline) -> list[dict[str, Any]]:
        del deadline
        self._next([*ranges])
        if refused := self.refused:
            self.refused = None
            raise refused
        return answer(self.tabs, ranges)

    def write(self, batch: list[dict[str, Any]], deadline: Deadline, *, spare: float = 0.0) -> WriteOutcome:
        del deadline, spare
        self.sent.append(batch)
        return self.endings.pop(0) if self.endings else Applied({})

    def _next(self, asked: Any) -> None:
        self.before.pop(len(self.asked), int)()
        self.asked.append(asked)


def prepared_replica(client: PreparedClient, schema: Any = SCHEMA, timing: Timing | None = None) -> Replica[Any]:
    return Replica(schema, client, client.clock, timing or Timing())
