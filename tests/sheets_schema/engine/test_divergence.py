"""When log, lock cell and ledgers cannot all be true, writing stops; a stale read is no such thing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sheets_schema import SchemaMismatchError
from sheets_schema.errors import LogDivergedError
from sheets_schema.testing.sheets_user import SheetsUser
from tests.sheets_schema.bank import Bank, Process, Sent, blind, looking

Damage = Callable[[Bank], object]


def row_by_hand(bank: Bank) -> None:
    bank.tab("Payments").update([["p9", "mallory", 1_000_000]], "A5")


def row_taken_out(bank: Bank) -> None:
    bank.tab("Payments").delete_rows(3)


def row_emptied(bank: Bank) -> None:
    bank.tab("Payments").batch_clear(["A4:D4"])


def rows_cut_off_with_their_grid(bank: Bank) -> None:
    bank.tab("Payments").resize(rows=2)


def log_row_taken_out(bank: Bank) -> None:
    bank.tab("Commit Log").delete_rows(3)


def last_log_row_altered(bank: Bank) -> None:
    bank.tab("Commit Log").update([["ffff"]], "B5", raw=True)


def log_emptied(bank: Bank) -> None:
    bank.tab("Commit Log").batch_clear(["A2:G9"])


def lock_cell_of_another_version(bank: Bank) -> None:
    bank.tab("Control").update([["version 7 · commit abc · free"]], "B2", raw=True)


def lock_cell_of_an_older_version(bank: Bank) -> None:
    older = bank.rows("Commit Log")[2]
    bank.tab("Control").update([[f"version 2 · commit {older['commit']} · free"]], "B2", raw=True)


def older_version_restored(bank: Bank) -> None:
    """As a person does it who copies the values of an older version back."""
    last = bank.rows("Commit Log")[-2]
    bank.tab("Control").update([[f"version {last['version']} · commit {last['commit']} · free"]], "B2", raw=True)
    bank.tab("Commit Log").batch_clear(["A5:G5"])
    bank.tab("Payments").batch_clear(["A4:D4"])


DAMAGES: list[Damage] = [
    row_by_hand, row_taken_out, row_emptied, rows_cut_off_with_their_grid, log_row_taken_out, last_log_row_altered,
    log_emptied, lock_cell_of_another_version, lock_cell_of_an_older_version, older_version_restored,
]  # fmt: skip


def three_payments(bank: Bank) -> Process:
    process = bank.process()
    for number in range(3):
        process.pay(f"p{number}")
    bank.time.sleep(30)
    return process


@pytest.mark.parametrize("running", [True, False], ids=["running", "fresh"])
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda each: each.__name__)
def test_a_contradiction_stops_writing_with_a_sentence(bank: Bank, damage: Damage, running: bool) -> None:
    process = three_payments(bank)
    damage(bank)
    if not running:
        process = bank.process()
    process.door.forget()
    before = bank.grid("Payments")
    for _ in range(2):
        with pytest.raises(LogDivergedError, match=r"Writing has stopped: .*Version history") as told:
            process.run(blind("x"))
        assert "mallory" not in str(told.value)
    assert bank.grid("Payments") == before
    assert bank.labels("x") == 0
    if running:
        assert process.door.writes == 0


def test_a_lock_cell_that_says_nothing_of_the_kind_is_named(bank: Bank) -> None:
    process = three_payments(bank)
    bank.tab("Control").update([["locked, keep out"]], "B2")
    with pytest.raises(SchemaMismatchError, match="Tab “Control”: the lock cell"):
        process.pay("p9")
    with pytest.raises(SchemaMismatchError, match="Tab “Control”: the lock cell"):
        bank.process().pay("p9")


def test_log_counts_that_cannot_be_read_are_named(bank: Bank) -> None:
    three_payments(bank)
    for text in ("lots", "[1]", '{"Payments": "many"}'):
        bank.tab("Commit Log").update([[text]], "G5", raw=True)
        with pytest.raises(SchemaMismatchError, match="Tab “Commit Log”, version 3, column “rows”"):
            bank.process().pay("p9")


@pytest.mark.parametrize(
    ("cell", "text", "said"),
    [
        ("A2", "two", "row 2, column “version”"),
        ("A4", "two", "row 4, column “version”"),
        ("B4", 7, "row 4, column “commit”"),
        ("C4", 7, "row 4, column “previous”"),
    ],
)
def test_a_log_row_that_cannot_be_read_is_named_with_its_column(bank: Bank, cell: str, text: Any, said: str) -> None:
    three_payments(bank)
    bank.tab("Commit Log").update([[text]], cell, raw=True)
    with pytest.raises(SchemaMismatchError, match=f"Tab “Commit Log”, {said}"):
        bank.process().pay("p9")


def test_a_log_row_that_was_emptied_is_named(bank: Bank) -> None:
    three_payments(bank)
    bank.tab("Commit Log").batch_clear(["A4:H4"])
    with pytest.raises(SchemaMismatchError, match="Tab “Commit Log”, row 4, column “version”"):
        bank.process().pay("p9")


def test_one_of_our_own_landed_commits_that_is_missing_is_a_fork(bank: Bank) -> None:
    """Another's commit stands where ours stood, in all its parts: as after a merge."""
    ours = bank.process()
    ours.pay("p1")
    log = bank.rows("Commit Log")[-1]
    other = "e" * 24
    fence = bank.fence()
    bank.tab("Commit Log").update([[other]], "B3", raw=True)
    bank.tab("Control").update([[f"version 1 · commit {other} · free"]], "B2", raw=True)
    bank.batch(
        {"deleteNamedRange": {"namedRangeId": fence["namedRangeId"]}},
        {"addNamedRange": {"namedRange": {**fence, "namedRangeId": f"fence_1_{other}"}}},
    )
    theirs = bank.process()
    assert theirs.pay("p2") == "paid"
    with pytest.raises(LogDivergedError, match=f"where version 1 \\({log['commit']}\\) stood") as told:
        ours.pay("p3")
    assert other in str(told.value)
    assert [row["payment_id"] for row in bank.rows("Payments")] == ["p1", "p2"]


def test_two_log_rows_of_one_version_are_a_fork(bank: Bank) -> None:
    three_payments(bank)
    bank.tab("Commit Log").update([[2]], "A5", raw=True)
    with pytest.raises(LogDivergedError, match=r"version 2 .* follows version 2"):
        bank.process().pay("p9")


def test_a_log_row_with_an_unknown_predecessor_is_a_fork(bank: Bank) -> None:
    three_payments(bank)
    bank.tab("Commit Log").update([["abc"]], "C4", raw=True)
    with pytest.raises(LogDivergedError, match="names abc as the one before it"):
        bank.process().pay("p9")


def test_a_batch_that_merges_after_ours_and_takes_its_place_is_detected_by_the_confirmation(bank: Bank) -> None:
    ours, theirs = bank.process(), bank.process()
    theirs.pay("p0")
    ours.pay("p1")
    bank.age()
    merged: dict[str, Any] = {}

    def merge() -> None:
        """What a merging backend may do: a batch that was checked against the same state is applied over ours."""
        batch = ours.door.batches[-1].body["requests"]
        commit = batch[2]["addNamedRange"]["namedRange"]["namedRangeId"].rpartition("_")[2]
        twin = json.loads(json.dumps(batch).replace(commit, "e" * 24))
        merged["requests"] = [each for each in twin if "updateCells" in each]
        bank.batch(*merged["requests"])

    ours.door.after[len(ours.door.sent) + 1] = merge
    outcome = ours.pay("p2")
    assert merged
    assert outcome == "repeated"
    assert [row["payment_id"] for row in bank.rows("Payments")].count("p2") == 1
    assert bank.rows("Commit Log")[-1]["commit"] == "e" * 24


@pytest.mark.parametrize("looks", [1, 2])
def test_a_stale_read_of_an_older_version_is_not_a_fork(bank: Bank, looks: int) -> None:
    process = three_payments(bank)
    process.pay("p3")
    bank.emulator.faults.add("stale_read", method="GET", seconds=15, count=looks)
    assert process.run(looking) == {"ada": 400}
    assert process.pay("p4") == "paid"
    bank.check()


def test_a_read_that_stays_stale_stops_rather_than_write_on_it(bank: Bank) -> None:
    process = three_payments(bank)
    process.pay("p3")
    bank.age()
    process.door.forget()
    bank.emulator.faults.add("stale_read", method="GET", seconds=15, count=None)
    with pytest.raises(LogDivergedError):
        process.pay("p4")
    assert process.door.writes == 0
    bank.emulator.faults.clear()
    assert process.pay("p4") == "paid"
    bank.check()


def test_a_fresh_process_on_a_stale_read_is_stopped_by_the_fence_and_looks_again(bank: Bank) -> None:
    three_payments(bank)
    bank.process().pay("p3")
    fresh = bank.process()
    bank.emulator.faults.add("stale_read", method="GET", seconds=15, after=1)
    assert fresh.pay("p4") == "paid"
    assert fresh.run(looking) == {"ada": 500}
    bank.check()


def test_once_the_damage_is_undone_work_goes_on(bank: Bank) -> None:
    process = three_payments(bank)
    row_by_hand(bank)
    with pytest.raises(LogDivergedError):
        process.pay("p9")
    bank.tab("Payments").batch_clear(["A5:D5"])
    assert process.pay("p9") == "paid"
    bank.check()


def row_in_two_ledgers(bank: Bank) -> None:
    row_by_hand(bank)
    bank.tab("Accounts").update([["acme", "mallory"]], "A2")


def row_pasted_aslant(bank: Bank) -> None:
    bank.tab("Payments").update([["secret", "p9", "mallory"]], "A5")


def twelve_rows(bank: Bank) -> None:
    bank.tab("Payments").update([[f"q{number}", "ada", 1] for number in range(12)], "A5")


def ten_rows(bank: Bank) -> None:
    bank.tab("Payments").update([[f"q{number}", "ada", 1] for number in range(10)], "A5")


def last_commit_unlogged(bank: Bank) -> None:
    bank.tab("Commit Log").batch_clear(["A5:G5"])


REPORTS: list[tuple[Damage, str]] = [
    (row_by_hand, "tab “Payments” holds 4 rows, but by the commit log it should hold 3: row 5 is of no commit (payment_id p9)"),
    (row_by_hand, "The last commit is version 3 (COMMIT) “pay”, row 5 of tab “Commit Log”"),
    (row_in_two_ledgers, "row 5 is of no commit (payment_id p9); tab “Accounts” holds 1 row, but by the commit log it should hold 0: row 2 is of no commit."),
    (row_pasted_aslant, "row 5 is of no commit."),
    (twelve_rows, "rows 5 to 16 are of no commit (payment_id q0, q1, q2, q3, q4, q5, q6, q7, q8, q9 and 2 more)"),
    (ten_rows, "rows 5 to 14 are of no commit (payment_id q0, q1, q2, q3, q4, q5, q6, q7, q8, q9)"),
    (row_taken_out, "tab “Payments” holds 2 rows, but by the commit log it should hold 3. The last commit is version 3 (COMMIT) “pay”"),
    (last_commit_unlogged, "says version 3 (COMMIT); tab “Payments” holds 3 rows, but by the commit log it should hold 2: row 4 is of no commit (payment_id p2)"),
    (log_row_taken_out, "tab “Commit Log”, row 3: version 2"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "told"), REPORTS, ids=lambda each: getattr(each, "__name__", ""))
def test_the_report_names_rows_and_versions_and_whose_rows_they_are(bank: Bank, damage: Damage, told: str) -> None:
    three_payments(bank)
    commit = bank.rows("Commit Log")[-1]["commit"]
    damage(bank)
    with pytest.raises(LogDivergedError) as report:
        bank.process().run(blind("x"))
    assert told.replace("COMMIT", commit) in str(report.value)
    assert "secret" not in str(report.value)
    assert "mallory" not in str(report.value)


DOCUMENT = (Path(__file__).parents[3] / "docs" / "operations" / "writes-halted.md").read_text()
HISTORY = ("Commit Log", "Payments", "Accounts")


class Mender:
    """A person who follows the document, with the version history at hand."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.history = {title: bank.grid(title) for title in HISTORY}

    def put_back(self) -> None:
        for title, grid in self.history.items():
            tab = self.bank.tab(title)
            tab.resize(rows=max(tab.row_count, len(grid) + 1))
            tab.update(grid, "A1", raw=True)

    def take_out(self) -> None:
        counts = json.loads(self.bank.rows("Commit Log")[-1]["rows"])
        for title, count in counts.items():
            tab = self.bank.tab(title)
            tab.batch_clear([f"A{count + 2}:Z{tab.row_count}"])

    def set_the_lock_cell(self) -> None:
        last = self.bank.rows("Commit Log")[-1]
        text = f"version {last['version']} · commit {last['commit']} · free"
        self.bank.tab("Control").update([[text]], "B2", raw=True)
        SheetsUser(self.bank.emulator, self.bank.spreadsheet_id).delete_named_range("commit_fence")


@pytest.mark.parametrize("running", [True, False], ids=["running", "fresh"])
@pytest.mark.parametrize("damage", [*DAMAGES, row_in_two_ledgers, last_commit_unlogged], ids=lambda each: each.__name__)
def test_who_follows_the_steps_of_the_document_gets_the_writing_going(
    bank: Bank, damage: Damage, running: bool
) -> None:
    process = three_payments(bank)
    mender = Mender(bank)
    damage(bank)
    process = process if running else bank.process()
    with pytest.raises(LogDivergedError):
        process.pay("p9")
    mender.put_back()
    mender.take_out()
    mender.set_the_lock_cell()
    assert process.pay("p9") == "paid"
    assert process.pay("p1") == "repeated"
    bank.check()
    section = DOCUMENT.partition("## Steps")[2].partition("\n## ")[0]
    steps = ["Note", "Put back", "Take out", "Set the lock cell", "Restart", "Send again"]
    assert re.findall(r"^\d\. \*\*(.*?)\*\*", section, re.MULTILINE) == steps


def test_whoever_remembers_a_commit_that_is_gone_for_good_is_restarted(bank: Bank) -> None:
    process = three_payments(bank)
    version = SheetsUser(bank.emulator, bank.spreadsheet_id).version()
    process.pay("p3")
    SheetsUser(bank.emulator, bank.spreadsheet_id).restore(version)
    Mender(bank).set_the_lock_cell()
    with pytest.raises(LogDivergedError):
        process.pay("p4")
    restarted = bank.process()
    assert [restarted.pay("p3"), restarted.pay("p4")] == ["paid", "paid"]
    bank.check()


def test_an_older_version_restored_over_a_commit_that_was_only_just_seen_is_not_taken_for_a_lost_update(
    bank: Bank,
) -> None:
    ours, theirs, person = bank.process(), bank.process(), SheetsUser(bank.emulator, bank.spreadsheet_id)
    ours.pay("p1")
    version = person.version()
    theirs.pay("p2")
    assert "p2" in ours.run(lambda tx: list(tx.state.payments))
    person.restore(version)
    with pytest.raises(LogDivergedError):
        ours.pay("p3")


def test_a_spreadsheet_that_was_copied_lives_on_by_itself(bank: Bank) -> None:
    process = three_payments(bank)
    twin = bank.copy()
    assert twin.process().pay("in the copy") == "paid"
    assert process.pay("in the original") == "paid"
    twin.check()
    bank.check()
    assert "in the copy" not in [row["payment_id"] for row in bank.rows("Payments")]


def test_a_commit_whose_time_a_person_has_changed_is_left_out_of_the_newest_and_stops_nobody(bank: Bank) -> None:
    three_payments(bank)
    bank.tab("Commit Log").update([[7]], "D3", raw=True)
    process = bank.process()

    recent = process.run(lambda tx: [commit.operation for commit in tx.recent])

    assert len(recent) == len(bank.rows("Commit Log")) - 1
    assert process.pay("p9") == "paid"


def test_a_tab_that_is_renamed_while_it_is_looked_for_and_named_again_stops_nobody(bank: Bank) -> None:
    """The tabs are listed after the first read was refused, and the next one is refused again."""
    process = three_payments(bank)
    person = SheetsUser(bank.emulator, bank.spreadsheet_id)
    person.rename_sheet("Balances", "What we have")
    undone: list[int] = []

    def watch(sent: Sent) -> None:
        number = len(process.door.sent) - 1
        if sent.path.endswith(bank.spreadsheet_id) and number not in process.door.after and not undone:
            process.door.after[number] = lambda: person.rename_sheet("Payments", "Payments of last year")
            process.door.after[number + 1] = lambda: undone.append(number)
        elif undone == [number - 2]:
            person.rename_sheet("Payments of last year", "Payments")

    process.door.watch = watch
    assert process.pay("p9") == "paid"
    assert undone
    bank.check()


@pytest.mark.parametrize("wording", ["colon", "plain", "bare"])
def test_a_named_range_of_a_persons_with_the_name_of_the_fence_is_taken_away_and_writing_goes_on(
    bank: Bank, wording: str
) -> None:
    process = three_payments(bank)
    bank.emulator.set_quirks(wording=wording)
    person = SheetsUser(bank.emulator, bank.spreadsheet_id)
    person.delete_named_range("commit_fence")
    person.set_named_range("commit_fence", "Payments", 0, 0)

    assert process.pay("p9") == "paid"
    bank.check()


def test_a_fence_of_an_older_commit_is_set_as_the_log_says_and_writing_goes_on(bank: Bank) -> None:
    process = three_payments(bank)
    fence, older = bank.fence(), bank.rows("Commit Log")[1]
    bank.batch(
        {"deleteNamedRange": {"namedRangeId": fence["namedRangeId"]}},
        {"addNamedRange": {"namedRange": {**fence, "namedRangeId": f"fence_{older['version']}_{older['commit']}"}}},
    )

    assert process.pay("p9") == "paid"
    bank.check()
