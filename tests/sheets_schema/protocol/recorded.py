"""What goes over the wire for what a library's user does, as it was last recorded: every read, and every request of a batch.

`python -m tests.sheets_schema.protocol.recorded` records it anew: look at the difference, it is what Google will be sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from pydantic import Field

from sheets_schema import Choices, Database, View, Width
from sheets_schema.advanced import (
    Chart,
    Client,
    FilterView,
    Highlight,
    Hyperlink,
    IncrementalView,
    Series,
    Style,
    Tone,
    changed_keys,
)
from tests.sheets_schema.bank import (
    SCHEMA,
    Accounts,
    Bank,
    Books,
    Captured,
    Door,
    Payments,
    Process,
    Requests,
    let_leave,
    paying,
    session,
    shrink_blank,
)

FILE = Path(__file__).with_name("recorded.txt")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Shown(
    View,
    tab="Shown",
    frozen_to="account",
    filter_views=(
        FilterView("Overdrawn", "state", "TEXT_EQ", "red", newest_first="at"),
        FilterView("This week", "at", "DATE_AFTER", "PAST_WEEK"),
    ),
    highlights=(
        Highlight("state", "TEXT_EQ", "red", Tone.WRONG),
        Highlight("cents", "CUSTOM_FORMULA", "={cents}>0", Tone.GOOD),
        Highlight("cents", "NUMBER_LESS_THAN_EQ", "0", Tone.WAITS),
    ),
    charts=(
        Chart("Bars", "BAR", "account", (Series("cents", "1967D2"),), ("account", "cents"), 4, 2, rows=30),
        Chart(
            "Both", "COMBO", "account", (Series("cents", "1967D2"), Series("least", "A50E0E", line=True)),
            ("account", "cents"), left=4, top=20, rows=5_000, x=12, y=3, stacked=True, legend=True, width=400, height=200,
        ),
    ),
):  # fmt: skip
    account: Annotated[str, Style(monospace=True)]
    cents: Annotated[int, Style(right=True, large=True), Width(90)] = Field(description="what the payments sum up to")
    least: int = 0
    state: Annotated[str, Choices(("red", "black"))] = ""
    at: datetime | None = None
    page: Annotated[str, Hyperlink()] = ""


class Lines(View, tab="Lines"):
    payment: str
    account: str
    cents: int = 0


class Listed(IncrementalView[Books]):
    """One row a payment, in the order of arrival."""

    def row_count(self, state: Books) -> int:
        return len(state.payments)

    def key(self, state: Books, index: int) -> str:
        return [*state.payments][index]

    def row(self, state: Books, values: Mapping[str, str], index: int) -> Lines:  # noqa: ARG002 — as it is called
        payment = state.payments[self.key(state, index)]
        return Lines(payment=payment.payment_id, account=payment.account, cents=payment.cents)

    def changed(
        self,
        before: Books,
        after: Books,
        values_before: Mapping[str, str],  # noqa: ARG002 — as it is called
        values: Mapping[str, str],  # noqa: ARG002 — as it is called
    ) -> Iterable[int]:
        ids = [*after.payments]
        return [ids.index(payment) for payment in changed_keys(before.payments, after.payments)]


def shown(books: Books, _values: Mapping[str, str]) -> list[Shown]:
    return [
        Shown(
            account=account,
            cents=cents,
            state="red" if cents < 0 else "black",
            at=NOON,
            page=f"https://bank.example/{account}",
        )
        for account, cents in sorted(books.balances.items())
    ]


RICH: Any = replace(
    SCHEMA, tables=(*SCHEMA.tables, Shown, Lines), views={**SCHEMA.views, Shown: shown, Lines: Listed()}
)


class Recorder(Door):
    """Writes down what goes out."""

    def __init__(self, bank: Bank) -> None:
        super().__init__(bank.emulator)
        self.lines: list[str] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        url = urlsplit(request.url or "")
        path = unquote(url.path).rpartition("/")[2]
        asked = " ".join(f"{name}={value}" for name, value in parse_qsl(url.query))
        self.lines.append(
            f"{request.method} {path.rpartition(':')[1]}{path.rpartition(':')[2][-20:] if ':' in path else ''} {asked}"
        )
        for part in json.loads(request.body).get("requests", ()) if request.body else ():
            self.lines += [f"  {kind} {json.dumps(body, ensure_ascii=False)}" for kind, body in part.items()]
        return super().send(request, *args, **more)


def process_on(bank: Bank, schema: Any = None) -> tuple[Process, Recorder]:
    """A process whose calls are written down."""
    clock, door = bank.time.clock(bank._ids), Recorder(bank)
    client = Client(bank.spreadsheet_id, session=session(door), clock=clock)
    return Process(door, Database(client, schema or bank.schema, timing=bank.timing, clock=clock), clock), door


def provisioned(bank: Bank) -> None:
    process, _ = process_on(bank)
    process.spreadsheet.provision(process.deadline())
    bank.time.sleep(60)


def _payments(process: Process) -> None:
    for number in range(1, 4):
        process.pay(f"p{number}", "ada" if number < 3 else "bob", 100 * number)
    process.pay("p1")


def _provision(bank: Bank) -> Iterator[str]:
    process, door = process_on(bank, RICH)
    process.spreadsheet.provision(process.deadline())
    yield from door.lines


def _on(
    act: Callable[[Process, Bank], object], *, before: Callable[[Process], object] = _payments
) -> Callable[[Bank], Iterator[str]]:
    def record(bank: Bank) -> Iterator[str]:
        first, _ = process_on(bank, RICH)
        first.spreadsheet.provision(first.deadline())
        bank.time.sleep(60)
        before(first)
        bank.time.sleep(60)
        process, door = process_on(bank, RICH)
        others = act(process, bank)
        yield from (*door.lines, *(others if isinstance(others, list) else ()))

    return record


def _held(process: Process) -> None:
    process.spreadsheet.run(paying("h1", "eve", 1), hold_lease=True, timeout=process.deadline())
    process.pay("h2", "eve", -2)


def _many(process: Process, bank: Bank) -> None:
    bank.tab("Payments").resize(rows=5)
    bank.tab("Lines").resize(rows=5)

    def work(tx: Any) -> None:
        tx.add_all(Payments(payment_id=f"m{number}", account="many", cents=1) for number in range(5))
        tx.add(Accounts(account="many", owner="M"))

    process.run(work)


def _values(process: Process) -> None:
    def work(tx: Any) -> None:
        tx.set_value("motto", "save")
        tx.set_value("rate", "2")

    process.run(work)


def _later_value(_process: Process, bank: Bank) -> list[str]:
    later, door = process_on(bank, replace(RICH, values={**RICH.values, "later": ""}))
    later.run(lambda tx: tx.set_value("later", "on"))
    later.run(lambda tx: tx.set_value("later", "off"))
    return door.lines


def _rewrite(process: Process) -> None:
    process.run(lambda tx: tx.rewrite_views())


def _without_views(process: Process, bank: Bank) -> None:
    for title in ("Balances", "Shown"):
        bank.sheet().del_worksheet(bank.tab(title))
    process.pay("v1")


def _narrow_views(process: Process, bank: Bank) -> None:
    bank.tab("Lines").resize(rows=2, cols=2)
    bank.tab("Balances").resize(rows=2, cols=1)
    process.pay("v1")


def _other_columns(process: Process, bank: Bank) -> None:
    for title in ("Payments", "Balances", "Requests"):
        rows = bank.grid(title)
        bank.tab(title).update([[*row[1:2], *row[:1], *row[2:]] for row in rows if len(row) > 1], "A1", raw=True)
    bank.tab("Lines").update([["other"], ["p2"], ["p1"]], "A1", raw=True)
    process.pay("v1")


def _tables(process: Process, bank: Bank) -> None:
    wishes: list[list[Any]] = [
        ["ada", 5, "LOW", False, "", "her note"],
        ["bob", 60, "HIGH", True],
        ["eve", 7, "LOW", True],
    ]
    bank.tab("Requests").update(wishes, "A2", raw=True)

    def edit(tx: Any) -> None:
        table = tx.table(Requests)
        table.update({"account": "ada"}, answer="no")
        table.append([{"account": "dan", "cents": 1}, {"account": "fay", "approved": True}])

    process.run(edit, reads=[Requests])
    process.run(lambda tx: tx.table(Requests).delete_one(account="bob"), reads=[Requests])
    process.run(lambda tx: tx.move_rows(Requests, Captured), reads=[Requests, Captured])
    process.run(lambda tx: tx.table(Captured).clear(tx.table(Captured).rows[:2]), reads=[Captured])


def _leaving(process: Process, _bank: Bank) -> None:
    let_leave(process.spreadsheet, process.deadline(), rows=2)
    process.pay("l1")
    shrink_blank(process.spreadsheet, process.deadline())
    process.pay("l2")


def _mended(process: Process, bank: Bank) -> None:
    bank.tab("Shown").batch_clear(["A1:F1"])
    bank.tab("Shown").freeze(rows=0, cols=0)
    bank.tab("Captured").show()
    process.spreadsheet.provision(process.deadline())


def _act(work: Callable[[Process], object]) -> Callable[[Process, Bank], object]:
    return lambda process, _bank: work(process)


SCENES: dict[str, Callable[[Bank], Iterator[str]]] = {
    "provision an empty spreadsheet": _provision,
    "provision one that is as declared": _on(lambda process, _: process.spreadsheet.provision(process.deadline())),
    "provision one of which headers are gone": _on(_mended),
    "pay three times, and once more the same": _on(_act(_payments), before=lambda _: None),
    "pay twice with the lock held": _on(_act(_held)),
    "add more rows than the grid has": _on(_many),
    "set two values": _on(_act(_values)),
    "set a value that was declared later, twice": _on(_later_value),
    "write all views anew": _on(_act(_rewrite)),
    "pay where views were deleted": _on(_without_views),
    "pay where views have lost columns and rows": _on(_narrow_views),
    "pay where columns stand elsewhere": _on(_other_columns),
    "edit, capture and clear rows of an input table": _on(_tables),
    "let rows leave and delete what is blank": _on(_leaving),
    "read without a commit": _on(lambda process, _: process.spreadsheet.run(lambda tx: len(tx.state.payments))),
}


def text() -> str:
    """All of it, as it goes out now."""
    found: list[str] = []
    for title, scene in SCENES.items():
        found += [f"══ {title}", *scene(Bank()), ""]
    return "".join(f"{line.rstrip()}\n" for line in found)


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
