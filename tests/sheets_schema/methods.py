"""Every way in which the library writes, as one table: what is done, and how often it stands in the spreadsheet.

Each is blind where it can be (it never looks whether it was done before), so that being applied twice shows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sheets_schema import CommitUnknownError, Schema, Transaction
from sheets_schema.advanced import Migration
from sheets_schema.schema.tables import Tab
from tests.sheets_schema.bank import SCHEMA, Bank, Captured, Payments, Process, Requests, Work, blind

ROWS: list[list[Any]] = [[name, 5] for name in ("ada", "bob", "eve", "dan", "fay")]
LABEL = "x"

Act = Callable[[Process, float], Any]


@dataclass(frozen=True)
class Method:
    """A writing method, and how its effect is counted.

    `reads` are those before its first write. `resent` says that a batch of unknown ending is sent again and settled by the
    log; without it the caller is told, and does it again himself.
    """

    name: str
    act: Act
    effect: Callable[[Bank], int]
    prepare: Callable[[Bank, Process], object] = lambda *_: None
    schema: Schema[Any] = SCHEMA
    reads: int = 1
    resent: bool = True
    from_nothing: bool = False
    repeatable: bool = False
    """Whether doing it again leaves it done once."""
    more_writes: Mapping[str, int] = field(default_factory=dict)
    """By case, what it sends beyond what the case says."""
    doubt: type[CommitUnknownError] | None = CommitUnknownError
    """What its caller hears of a batch whose ending is not known."""

    def __str__(self) -> str:
        return self.name


def commits(work: Work, *reads: type[Tab]) -> Act:
    return lambda process, seconds: process.run(work, seconds=seconds, reads=reads)


def on_table(tab: type[Tab], change: Callable[[Any], object]) -> Act:
    def work(tx: Transaction[Any]) -> str:
        change(tx.table(tab))
        return "paid"

    return commits(work, tab)


def fill(tab: type[Tab]) -> Callable[[Bank, Process], object]:
    return lambda bank, _: bank.tab(tab.__table__.title).update(ROWS, "A2", raw=True)


def accounts(bank: Bank, tab: type[Tab]) -> list[str]:
    return [row["Account"] for row in bank.rows(tab.__table__.title) if row["Account"]]


def gone(tab: type[Tab]) -> Callable[[Bank], int]:
    """How many of the rows are missing; those that are left are the ones that were not meant."""

    def count(bank: Bank) -> int:
        left = accounts(bank, tab)
        assert left == [name for name, _ in ROWS][len(ROWS) - len(left) :]
        return len(ROWS) - len(left)

    return count


def bulk(tx: Transaction[Any]) -> str:
    tx.add_all(
        Payments(payment_id=f"{number}-{tx.commit}", account="bulk", cents=1, note=LABEL) for number in range(50)
    )
    return "paid"


def in_bulk(bank: Bank) -> int:
    times, rest = divmod(bank.labels(LABEL), 50)
    assert rest == 0
    return times


def longer_motto(tx: Transaction[Any]) -> str:
    tx.set_value("motto", tx.values["motto"] + LABEL)
    return "paid"


def motto(bank: Bank) -> int:
    return len({str(row["name"]): str(row["value"]) for row in bank.rows("Control")}["motto"])


def longer_answer(table: Any) -> None:
    assert table.update({"account": "bob"}, answer=table.find(account="bob").text("answer") + LABEL)


def answered(bank: Bank) -> int:
    answers = [row["Answer"] for row in bank.rows("Requests")]
    assert not any(answers[:1] + answers[2:])
    return len(answers[1])


def capture(tx: Transaction[Any]) -> str:
    tx.move_rows(Requests, into=Captured)
    return "paid"


def captured(bank: Bank) -> int:
    """Twice would have taken emptiness over what had been captured."""
    names = [name for name, _ in ROWS]
    there = accounts(bank, Requests), accounts(bank, Captured)
    assert there in ((names, []), ([], names))
    return int(not there[0])


def delete_view(bank: Bank, process: Process) -> None:
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Balances")}})
    process.run(lambda _: None)


def with_its_view(bank: Bank) -> int:
    """No commit leaves it out."""
    assert bank.labels(LABEL) == 0 or "Balances" in titles(bank)
    return bank.labels(LABEL)


def titles(bank: Bank) -> set[str]:
    return {sheet.title for sheet in bank.sheet().worksheets()}


def refresh(process: Process, seconds: float) -> Any:
    def work(tx: Transaction[Any]) -> str:
        longer_answer(tx.table(Requests))
        return "paid"

    return process.spreadsheet.refresh(work, reads=[Requests], timeout=process.deadline(seconds))


def provision(process: Process, seconds: float) -> str:
    process.spreadsheet.provision(process.deadline(seconds))
    return "paid"


def set_up(bank: Bank) -> int:
    """Wholly or not at all."""
    is_there = [tab.__table__.title in titles(bank) for tab in SCHEMA.tabs]
    assert all(is_there) or not any(is_there)
    return len(bank.rows("Commit Log")) if all(is_there) else 0


def undress(bank: Bank, _: Process) -> None:
    sheets = {each["properties"]["title"]: each for each in bank.metadata()["sheets"]}
    urgency = {"sheetId": bank.sheet_id("Requests"), "startRowIndex": 1, "startColumnIndex": 2, "endColumnIndex": 3}
    bank.batch(
        {"deleteProtectedRange": {"protectedRangeId": sheets["Payments"]["protectedRanges"][0]["protectedRangeId"]}},
        {"setDataValidation": {"range": urgency}},
    )


def dressed(bank: Bank) -> int:
    """Wholly or not at all; a dress that is put on twice is one."""
    process = bank.process()
    steps = len(process.spreadsheet.diff(process.deadline()).steps)
    assert steps in (0, 2)
    return int(not steps)


def to_two(migration: Migration) -> None:
    migration.add_column("Payments", "size", lambda row: f"{row['cents']} cents")
    migration.set_value("motto", migration.values["motto"] + LABEL)


def migrated(bank: Bank) -> int:
    column = [row.get("size") for row in bank.rows("Payments")[:1]]
    assert column == (["100 cents"] if motto(bank) else [None])
    return motto(bank)


APPEND = Method("append", commits(blind(LABEL)), lambda bank: bank.labels(LABEL))

METHODS = [
    APPEND,
    Method("extend", commits(bulk), in_bulk),
    Method("set_value", commits(longer_motto), motto),
    Method(
        "append to a form",
        on_table(Requests, lambda table: table.append([{"account": LABEL}])),
        lambda bank: accounts(bank, Requests).count(LABEL),
        fill(Requests),
    ),
    Method(
        "append to a system tab",
        on_table(Captured, lambda table: table.append([{"account": LABEL}])),
        lambda bank: accounts(bank, Captured).count(LABEL),
        fill(Captured),
    ),
    Method("update by key", on_table(Requests, longer_answer), answered, fill(Requests)),
    Method(
        "delete by key",
        on_table(Requests, lambda table: table.delete_one(account=table.rows[0].text("account"))),
        gone(Requests),
        fill(Requests),
    ),
    Method("clear", on_table(Captured, lambda table: table.clear(table.rows[:1])), gone(Captured), fill(Captured)),
    Method("capture", commits(capture, Requests, Captured), captured, fill(Requests)),
    Method(
        "rebuild of a view",
        commits(blind(LABEL)),
        with_its_view,
        delete_view,
        # The empty commit has brought the view back, which the work's own batch would make as well.
        more_writes={"stubborn 503, ended by an empty commit": 1},
    ),
    Method(
        "migration",
        provision,
        migrated,
        schema=replace(SCHEMA, version=2, migrations={2: to_two}),
        reads=6,
        repeatable=True,
    ),
    Method("refresh", refresh, answered, fill(Requests), resent=False, doubt=None),
    Method(
        "provision",
        provision,
        set_up,
        reads=2,
        resent=False,
        from_nothing=True,
        repeatable=True,
    ),
    Method("dressing", provision, dressed, undress, reads=4, resent=False, repeatable=True),
]
