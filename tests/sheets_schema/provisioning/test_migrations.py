"""A spreadsheet is taken forward version by version, each once and wholly, and never backward."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from sheets_schema import (
    CommitUnknownError,
    InputTable,
    Ledger,
    LimitExceededError,
    NotProvisionedError,
    Schema,
    SchemaMismatchError,
    UnavailableError,
)
from sheets_schema.advanced import Migration
from sheets_schema.errors import InvalidDeclarationError
from tests.sheets_schema.bank import Bank, Process


class Old(Ledger, tab="Transfers"):
    name: str
    amount: int


class Wishes(InputTable, tab="Wishes"):
    wish: str = ""


class New(Ledger, tab="Payments", unique=("payment_id",)):
    payment_id: str
    cents: int
    size: str = ""


FIRST: Schema[Any] = Schema((Old, Wishes), values={"rate": "1"})


def to_two(migration: Migration) -> None:
    migration.rename_tab("Transfers", "Payments")
    migration.rename_column("Payments", "name", "payment_id")
    migration.rename_column("Payments", "amount", "cents")


def to_three(migration: Migration) -> None:
    migration.add_column("Payments", "size", lambda row: "big" if int(str(row["cents"])) > 5 else "small")
    migration.set_value("rate", "2")


SECOND: Schema[Any] = replace(FIRST, tables=(New, Wishes), version=3, migrations={2: to_two, 3: to_three})

STEPS = [
    "migrate to schema version 2: rename tab “Transfers” to “Payments”",
    "migrate to schema version 2: rename column “name” of tab “Payments” to “payment_id”",
    "migrate to schema version 2: rename column “amount” of tab “Payments” to “cents”",
    "migrate to schema version 3: add column “size” to tab “Payments”, filled in 2 rows",
    "migrate to schema version 3: set “rate” to “2”",
]


@pytest.fixture
def old() -> Bank:
    bank = Bank(schema=FIRST).provision()
    bank.process().run(lambda tx: tx.add_all([Old(name="p1", amount=5), Old(name="p2", amount=6)]))
    return bank


def provision(process: Process) -> list[str]:
    return process.spreadsheet.provision(process.deadline()).steps


def log(bank: Bank) -> list[str]:
    return [row["operation"] for row in bank.rows("Commit Log")]


def control(bank: Bank) -> dict[str, str]:
    return {row["name"]: row["value"] for row in bank.rows("Control")}


def test_each_version_is_one_commit_and_stands_in_the_log(old: Bank) -> None:
    process = old.process(schema=SECOND)
    assert provision(process)[:5] == STEPS
    assert log(old)[2:] == ["migrate to schema version 2", "migrate to schema version 3"]
    assert control(old)["schema_version"] == "3"
    assert control(old)["rate"] == "2"
    assert [row[:3] for row in old.grid("Payments")] == [
        ["payment_id", "cents", "size"],
        ["p1", 5, "small"],
        ["p2", 6, "big"],
    ]


def test_facts_stay_facts_and_work_goes_on_from_them(old: Bank) -> None:
    process = old.process(schema=SECOND)
    provision(process)
    assert process.run(lambda tx: [row.size for row in tx.state.all(New)]) == ["small", "big"]
    process.run(lambda tx: tx.add(New(payment_id="p3", cents=1)))
    assert json.loads(old.rows("Commit Log")[-1]["rows"]) == {"Payments": 3}
    assert old.process(schema=SECOND).run(lambda tx: tx.get(New, payment_id="p3")) == New(payment_id="p3", cents=1)


def test_a_dry_run_says_the_same_and_changes_nothing(old: Bank) -> None:
    process, before = old.process(schema=SECOND), old.grids("Transfers", "Control", "Commit Log")
    assert process.spreadsheet.diff(process.deadline()).steps == STEPS
    assert process.door.writes == 0
    assert old.grids("Transfers", "Control", "Commit Log") == before


def test_a_second_provision_finds_nothing_to_migrate(old: Bank) -> None:
    process = old.process(schema=SECOND)
    provision(process)
    assert provision(process) == []
    assert process.spreadsheet.diff(process.deadline()).steps == []
    assert len(log(old)) == 4


def test_a_deleted_control_tab_comes_back_with_its_schema_version_and_is_then_migrated(old: Bank) -> None:
    for schema, version in ((FIRST, "1"), (SECOND, "3")):
        old.batch({"deleteSheet": {"sheetId": old.sheet_id("Control")}})
        process = old.process(schema=schema)
        provision(process)
        assert control(old)["schema_version"] == version
    old.batch({"deleteSheet": {"sheetId": old.sheet_id("Control")}})
    assert len(provision(process)) == 1
    assert control(old)["schema_version"] == "3"
    assert log(old)[2:] == ["migrate to schema version 2", "migrate to schema version 3"]
    assert process.run(lambda tx: [row.size for row in tx.state.all(New)]) == ["small", "big"]
    old.batch({"deleteSheet": {"sheetId": old.sheet_id("Control")}})
    with pytest.raises(SchemaMismatchError, match="update the program"):
        provision(old.process())


def test_a_new_spreadsheet_starts_at_the_newest_version_without_migrations() -> None:
    bank = Bank(schema=SECOND).provision()
    assert control(bank)["schema_version"] == "3"
    assert log(bank) == ["set up with schema version 3"]


def test_work_on_an_older_spreadsheet_asks_for_the_migration(old: Bank) -> None:
    process = old.process(schema=SECOND)
    with pytest.raises(SchemaMismatchError, match="schema version 1, and this program needs 3: run provision"):
        process.run(lambda _: None)
    assert process.door.writes == 0


def test_an_older_program_writes_nothing_to_a_newer_spreadsheet(old: Bank) -> None:
    running = old.process()
    running.run(lambda tx: tx.add(Old(name="p3", amount=7)), hold_lease=True)
    old.time.sleep(60)
    provision(old.process(schema=SECOND))
    before = old.grids("Payments", "Commit Log")
    for process in (running, old.process()):
        with pytest.raises(SchemaMismatchError, match="knows no more than 1: update the program"):
            process.run(lambda tx: tx.add(Old(name="p4", amount=8)))
        for act in (process.spreadsheet.diff, process.spreadsheet.provision):
            with pytest.raises(SchemaMismatchError, match="update the program"):
                act(process.deadline())
    assert old.grids("Payments", "Commit Log") == before


def test_a_commit_between_drawing_up_and_sending_makes_the_migration_start_anew(old: Bank) -> None:
    process, other = old.process(schema=SECOND), old.process()
    process.door.before[3] = lambda: other.run(lambda tx: tx.add(Old(name="p3", amount=9)))
    provision(process)
    assert [list(row.values())[:3] for row in old.rows("Payments")][2] == ["p3", 9, "big"]
    assert old.process(schema=SECOND).run(lambda tx: tx.state.count(New)) == 3


def test_of_two_that_migrate_at_once_one_does_it(old: Bank) -> None:
    ours, theirs = old.process(schema=SECOND), old.process(schema=SECOND)
    ours.door.before[4] = lambda: provision(theirs)
    provision(ours)
    assert log(old)[2:] == ["migrate to schema version 2", "migrate to schema version 3"]
    assert old.process(schema=SECOND).run(lambda tx: tx.state.count(New)) == 2


@pytest.mark.parametrize("fault", ["lost_answer", "error_503_after", "error_502_html", "reset_before", "hang"])
def test_a_migration_whose_answer_is_lost_happens_once(old: Bank, fault: str) -> None:
    process = old.process(schema=SECOND)
    old.emulator.faults.add(fault, method="POST", path=":batchUpdate")
    provision(process)
    assert log(old)[2:] == ["migrate to schema version 2", "migrate to schema version 3"]
    assert process.run(lambda tx: tx.state.count(New)) == 2


def test_a_migration_that_raises_changes_nothing_and_leaves_the_ones_before_it(old: Bank) -> None:
    def broken(migration: Migration) -> None:
        migration.rename_column("Payments", "cents", "pence")
        raise LookupError("mine")

    schema = replace(SECOND, migrations={2: to_two, 3: broken})
    process = old.process(schema=schema)
    with pytest.raises(LookupError):
        provision(process)
    assert control(old)["schema_version"] == "2"
    assert old.grid("Payments")[0][:2] == ["payment_id", "cents"]


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (lambda m: m.rename_tab("Nowhere", "New"), "there is no tab “Nowhere”"),
        (lambda m: m.rename_tab("Transfers", "Wishes"), "there is a tab “Wishes” already"),
        (lambda m: m.rename_column("Transfers", "none", "x"), "must have one header “none”"),
        (lambda m: m.rename_column("Transfers", "name", "amount"), "has a header “amount” already"),
        (lambda m: m.add_column("Transfers", "name"), "has a header “name” already"),
    ],
)
def test_a_migration_that_does_not_fit_the_spreadsheet_says_so_before_anything_is_written(
    old: Bank, step: Callable[[Migration], None], told: str
) -> None:
    process = old.process(schema=replace(FIRST, version=2, migrations={2: step}))
    with pytest.raises(SchemaMismatchError, match=told):
        process.spreadsheet.diff(process.deadline())
    with pytest.raises(SchemaMismatchError, match=told):
        provision(process)
    assert process.door.writes == 0


def test_a_column_that_does_not_fit_into_one_batch_is_refused_in_the_dry_run(old: Bank) -> None:
    def heavy(migration: Migration) -> None:
        for number in range(30):
            migration.add_column("Transfers", f"heavy {number}", lambda _: "x" * 45_000)

    process = old.process(schema=replace(FIRST, version=2, migrations={2: heavy}))
    with pytest.raises(LimitExceededError):
        process.spreadsheet.diff(process.deadline())


def test_a_column_that_makes_the_spreadsheet_overflow_is_told_before_anything_is_sent(old: Bank) -> None:
    used = sum(sheet.row_count * sheet.col_count for sheet in old.sheet().worksheets())
    old.sheet().add_worksheet("Ballast", 10_000_000 - used - 1_500, 1)

    def one_too_many(migration: Migration) -> None:
        migration.add_column("Transfers", f"another in {migration.version}")

    steps = dict.fromkeys(range(2, 4), one_too_many)  # one that fits, and one that does not
    process = old.process(schema=replace(FIRST, version=3, migrations=steps))
    with pytest.raises(LimitExceededError, match=r"The spreadsheet is full.*“Transfers”"):
        process.spreadsheet.diff(process.deadline())
    assert process.door.writes == 0
    with pytest.raises(LimitExceededError, match=r"The spreadsheet is full.*“Transfers”"):
        provision(process)
    assert process.door.writes == 1


def test_columns_for_which_there_is_no_room_widen_the_tab_by_as_many(old: Bank) -> None:
    def wide(migration: Migration) -> None:
        for number in range(5):
            migration.add_column("Transfers", f"c{number}", lambda row: row["amount"])

    provision(old.process(schema=replace(FIRST, version=2, migrations={2: wide})))
    assert old.grid("Transfers")[1] == ["p1", 5, 5, 5, 5, 5, 5]
    assert old.tab("Transfers").col_count == 7


def test_what_a_step_has_filled_is_what_the_next_one_sees_also_in_the_dry_run(old: Bank) -> None:
    def twice(migration: Migration) -> None:
        migration.add_column("Transfers", "pence", lambda row: int(str(row["amount"])) * 100)
        migration.add_column("Transfers", "twice", lambda row: int(str(row["pence"])) * 2)

    def thrice(migration: Migration) -> None:
        assert [row["twice"] for row in migration.rows("Transfers")] == [1000, 1200]
        migration.add_column("Transfers", "more", lambda row: int(str(row["twice"])) + 1)

    process = old.process(schema=replace(FIRST, version=3, migrations={2: twice, 3: thrice}))
    planned = process.spreadsheet.diff(process.deadline()).steps
    assert provision(process) == planned
    assert [row[2:] for row in old.grid("Transfers")] == [
        ["pence", "twice", "more"],
        [500, 1000, 1001],
        [600, 1200, 1201],
    ]


@pytest.mark.parametrize("fill", [None, lambda row: f"for {row['wish']}"])
def test_a_new_column_covers_nothing_that_a_person_wrote_beside_a_form(old: Bank, fill: Any) -> None:
    old.tab("Wishes").update([["tea"], ["milk", "", "mind the gap"], ["", "only a remark"]], "A2")
    provision(
        old.process(schema=replace(FIRST, version=2, migrations={2: lambda m: m.add_column("Wishes", "answer", fill)}))
    )
    told = ["for tea", "for milk"] if fill else ["", ""]
    assert old.grid("Wishes") == [
        ["wish", "", "", "answer"],
        ["tea", "", "", told[0]],
        ["milk", "", "mind the gap", told[1]],
        ["", "only a remark", "", ""],
    ]


def test_a_version_without_a_migration_is_recorded_all_the_same(old: Bank) -> None:
    process = old.process(schema=replace(FIRST, version=2))
    assert provision(process) == ["migrate to schema version 2: nothing to do"]
    assert control(old)["schema_version"] == "2"


def test_a_migration_waits_for_the_lock_of_somebody_at_work(old: Bank) -> None:
    old.process().run(lambda tx: tx.add(Old(name="p3", amount=7)), hold_lease=True)
    process, started = old.process(schema=SECOND), old.time.seconds
    provision(process)
    assert old.time.seconds - started >= 10


def test_ledgers_that_a_program_does_not_know_keep_their_counts() -> None:
    class Mine(Ledger, tab="Mine"):
        name: str

    both: Schema[Any] = Schema((Mine, Old))
    bank = Bank(schema=both).provision()
    bank.process().run(lambda tx: tx.add_all([Mine(name="a"), Old(name="p", amount=1)]))
    bank.process(schema=replace(both, tables=(Mine,))).run(lambda tx: tx.add(Mine(name="b")))
    assert bank.process().run(lambda tx: (tx.state.count(Mine), tx.state.count(Old))) == (2, 1)


def test_migrations_lead_to_versions_that_exist() -> None:
    for number in (1, 4):
        with pytest.raises(InvalidDeclarationError, match="schema versions go from 1 to 3"):
            replace(SECOND, migrations={number: to_two})


def test_a_schema_version_that_is_no_number_is_told(old: Bank) -> None:
    row = [cells[0] for cells in old.grid("Control")].index("schema_version") + 1
    old.tab("Control").update_acell(f"B{row}", "two")
    with pytest.raises(SchemaMismatchError, match="schema_version is no number"):
        old.process().run(lambda _: None)


def test_a_spreadsheet_without_a_lock_cell_is_not_migrated(old: Bank) -> None:
    old.tab("Control").update_acell("A2", "nothing")
    with pytest.raises(NotProvisionedError, match="no lock cell"):
        provision(old.process(schema=SECOND))


@pytest.mark.parametrize("fault", ["hang", "error_503"])
@pytest.mark.parametrize(
    ("act", "schema", "gone"),
    [
        ("diff", FIRST, []),
        ("diff", SECOND, []),
        ("diff", FIRST, ["Control"]),
        # Control is made anew, two migrations follow, and a tab is added.
        ("provision", SECOND, ["Control", "Wishes"]),
    ],
)
def test_the_deadline_is_kept_whichever_call_is_the_first_without_an_answer(
    old: Bank, act: str, schema: Schema[Any], gone: list[str], fault: str
) -> None:
    old.batch({"addSheet": {}}, *({"deleteSheet": {"sheetId": old.sheet_id(title)}} for title in gone))
    for answered in itertools.count():
        bank = old.copy()
        process, started = bank.process(schema=schema), bank.time.seconds
        bank.emulator.faults.add(fault, after=answered, count=None)
        with suppress(UnavailableError, CommitUnknownError):
            getattr(process.spreadsheet, act)(process.deadline(20))
            break
        assert bank.time.seconds - started <= 20
    assert answered == len(process.door.sent) > 2


class Till(Ledger, tab="Transfers"):
    name: str
    amount: int


class Sales(Ledger, tab="Sales"):
    payment_id: str
    cents: int
    size: str = ""


def test_a_ledger_whose_first_rows_have_left_is_migrated_with_what_stands_for_them() -> None:
    def rename(migration: Migration) -> None:
        migration.rename_tab("Transfers", "Sales")
        migration.rename_column("Sales", "name", "payment_id")
        migration.rename_column("Sales", "amount", "cents")

    def add(migration: Migration) -> None:
        migration.add_column("Sales", "size", lambda row: "big" if int(str(row["cents"])) > 5 else "small")

    first: Schema[Any] = Schema((Till,))
    second: Schema[Any] = Schema((Sales,), version=3, migrations={2: rename, 3: add})
    bank = Bank(schema=first).provision()
    before = bank.process()
    before.run(lambda tx: tx.add_all([Till(name=f"p{number}", amount=number) for number in range(3, 9)]))
    before.spreadsheet.truncate(Till, lambda _: 4, keep=lambda row: row.name in ("p3", "p6"), timeout=before.deadline())
    process = bank.process(schema=second)
    assert "filled in 2 rows" in " ".join(provision(process))
    found = process.run(lambda tx: [(row.payment_id, row.cents, row.size) for row in tx.state.all(Sales)])
    assert found == [("p3", 3, "small"), ("p6", 6, "big"), ("p7", 7, "big"), ("p8", 8, "big")]
    assert control(bank)["schema_version"] == "1003"
    assert json.loads(bank.grid("Commit Log")[-1][6])["Sales"] == [6, 4, 4]
    process.run(lambda tx: tx.add(Sales(payment_id="p9", cents=1)))
    process.spreadsheet.truncate(Sales, lambda _: 1, keep=lambda row: row.size == "big", timeout=process.deadline())
    again = bank.process(schema=second).run(lambda tx: [row.payment_id for row in tx.state.all(Sales)])
    assert again == ["p6", "p7", "p8", "p9"]
    with pytest.raises(SchemaMismatchError, match="schema version"):
        before.run(lambda tx: tx.add(Till(name="late", amount=1)))
