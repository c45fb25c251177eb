"""Traps that are known to catch such protocols, each by itself; and what is left after two batches were merged.

A commit sent just before tenure ends stands in `test_groups`.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from sheets_schema import Transaction
from sheets_schema.errors import LogDivergedError
from sheets_schema.testing.sheets_user import SheetsUser
from tests.sheets_schema.bank import Accounts, Bank, Process, Sent, blind, looking

OTHER = "e" * 24


@pytest.fixture
def ours(bank: Bank) -> Process:
    process = bank.process()
    process.run(blind("first"))
    bank.time.sleep(30)
    process.door.forget()
    return process


def person(bank: Bank) -> SheetsUser:
    return SheetsUser(bank.emulator, bank.spreadsheet_id)


def twin(batch: Sent, label: str = "theirs") -> list[dict[str, Any]]:
    """The batch of another process that was checked at the same moment: another id, another work."""
    requests = batch.body["requests"]
    commit = requests[2]["addNamedRange"]["namedRange"]["namedRangeId"].rpartition("_")[2]
    made: list[dict[str, Any]] = json.loads(json.dumps(requests).replace(commit, OTHER).replace('"ours"', f'"{label}"'))
    return made


def merge_over(bank: Bank, batch: Sent) -> None:
    """Apply the twin over the batch, as a merge does it: its cells win, and its fence finds the name taken."""
    bank.batch(*[each for each in twin(batch) if "updateCells" in each])


def test_a_duplicate_is_refused_although_the_first_copy_has_landed(bank: Bank, ours: Process) -> None:
    bank.emulator.faults.add("duplicate_delivery", method="POST")
    assert ours.run(blind("ours")) == "paid"
    assert bank.labels("ours") == 1
    assert ours.door.writes == 1
    bank.check()


def test_a_stale_read_back_does_not_make_a_landed_commit_run_again(bank: Bank, ours: Process) -> None:
    bank.emulator.faults.add("lost_answer", method="POST")
    bank.emulator.faults.add("stale_read", method="GET", after=1, seconds=60)
    assert ours.run(blind("ours")) == "paid"
    assert bank.labels("ours") == 1
    bank.check()


def test_a_batch_that_merges_after_a_later_commit_and_rewinds_the_lock_cell_stops_the_writing(
    bank: Bank, ours: Process
) -> None:
    theirs = bank.process()
    ours.run(blind("ours"))
    late = ours.door.batches[-1]
    theirs.run(blind("later"))
    bank.age()
    merge_over(bank, late)
    assert f"commit {OTHER}" in bank.lock_cell()
    before = bank.grid("Payments")
    for process in (ours, theirs, bank.process()):
        with pytest.raises(LogDivergedError, match="Writing has stopped"):
            process.run(blind("x"))
    assert bank.grid("Payments") == before


@pytest.mark.parametrize("act", ["deletes", "renames", "makes anew", "makes beside it"])
def test_a_named_range_that_a_person_takes_away_is_put_back(bank: Bank, ours: Process, act: str) -> None:
    if act == "deletes":
        person(bank).delete_named_range("commit_fence")
    elif act == "renames":
        person(bank).rename_named_range("commit_fence", "mine")
    else:
        if act == "makes anew":
            person(bank).delete_named_range("commit_fence")
        else:
            person(bank).rename_named_range("commit_fence", "mine")
        person(bank).set_named_range("commit_fence", "Requests", 4, 4)
    assert ours.run(blind("ours")) == "paid"
    bank.check()


def test_an_older_version_that_a_person_restores_stops_who_remembers_what_came_after_it(
    bank: Bank, ours: Process
) -> None:
    version = person(bank).version()
    ours.pay("b")
    person(bank).restore(version)
    with pytest.raises(LogDivergedError, match="older version was restored"):
        ours.pay("x")
    assert bank.labels("first") == 1
    assert len(bank.rows("Payments")) == 1


def test_a_fresh_process_carries_on_from_a_restored_version_and_what_came_after_it_is_lost_without_a_word(
    bank: Bank, ours: Process
) -> None:
    """A limit: nothing in the restored spreadsheet speaks of what is gone, and the fresh process remembers nothing."""
    ours.pay("a")
    version = person(bank).version()
    assert ours.pay("b") == "paid"
    person(bank).restore(version)
    assert bank.process().pay("c") == "paid"
    assert [row["payment_id"] for row in bank.rows("Payments")][1:] == ["a", "c"]
    bank.check()
    with pytest.raises(LogDivergedError):
        ours.pay("x")


def test_a_file_that_a_person_copies_is_another_spreadsheet(bank: Bank, ours: Process) -> None:
    copy = bank.copy()
    ours.run(blind("ours"))
    assert copy.process().run(blind("in the copy")) == "paid"
    assert bank.labels("in the copy") == copy.labels("ours") == 0
    bank.check()
    copy.check()


def wide(label: str) -> Any:
    """A work with more rows than its rival has."""

    def work(tx: Transaction[Any]) -> str:
        for number in range(3):
            tx.add(Accounts(account=f"{label}-{number}"))
        return blind(label)(tx)

    return work


def test_after_a_merge_the_losers_fence_is_swapped_for_the_next_one(bank: Bank, ours: Process) -> None:
    ours.door.after[1] = lambda: merge_over(bank, ours.door.batches[-1])
    assert ours.run(blind("ours")) == "paid"
    assert bank.labels("ours") == bank.labels("theirs") == 1
    bank.check()


@pytest.mark.parametrize("crashed", [False, True])
def test_after_a_merge_the_losers_rows_are_no_facts_and_go_with_the_next_commit(
    bank: Bank, ours: Process, crashed: bool
) -> None:
    """The loser has three rows more in another tab; whoever comes next takes them away, even if the loser is dead."""
    ours.door.after[1] = lambda: narrow_merge(bank, ours.door.batches[-1])
    if crashed:
        ours.door.before[2] = lambda: (_ for _ in ()).throw(KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            ours.run(wide("ours"))
        assert bank.process().run(blind("next")) == "paid"
        assert bank.rows("Accounts") == []
    else:
        assert ours.run(wide("ours")) == "paid"
        assert len(bank.rows("Accounts")) == 3
    assert bank.labels("theirs") == 1
    bank.check()


def narrow_merge(bank: Bank, batch: Sent) -> None:
    """The twin has no rows in `Accounts`, and its log row says so."""
    accounts = bank.sheet_id("Accounts")
    cells = [each for each in twin(batch) if "updateCells" in each]
    kept = [each for each in cells if each["updateCells"].get("start", {}).get("sheetId") != accounts]
    bank.batch(*json.loads(json.dumps(kept).replace('\\"Accounts\\": 3', '\\"Accounts\\": 0')))


def test_rows_by_hand_are_not_taken_for_those_of_a_merge(bank: Bank, ours: Process) -> None:
    bank.tab("Accounts").update([["by hand"]], "A2")
    with pytest.raises(LogDivergedError, match="holds 1 row"):
        ours.run(blind("ours"))
    assert bank.rows("Accounts")[0]["Account no."] == "by hand"


def test_what_another_has_just_left_free_is_built_upon_only_after_it_has_settled(bank: Bank, ours: Process) -> None:
    """A batch of the same moment may yet be merged over it: then it was never there."""
    theirs = bank.process()
    theirs.run(looking)
    ours.run(blind("ours"))
    batch = ours.door.batches[-1]
    theirs.door.forget()
    theirs.door.after[0] = lambda: merge_over(bank, batch)
    assert theirs.run(blind("next")) == "paid"
    assert theirs.door.reads > 2
    assert bank.labels("ours") == 0
    assert bank.labels("theirs") == bank.labels("next") == 1
    bank.check()
    with pytest.raises(LogDivergedError):
        ours.run(blind("x"))
