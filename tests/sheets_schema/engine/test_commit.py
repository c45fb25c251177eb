"""What one commit writes, what it costs, and what works see of each other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sheets_schema import Transaction
from sheets_schema.advanced import Timing
from sheets_schema.errors import InvalidDeclarationError
from sheets_schema.protocol import snapshot
from tests.sheets_schema.bank import Accounts, Bank, Payments, Requests, blind, cells_of, looking, paying


def test_a_commit_is_one_batch_of_fence_lock_cell_log_row_rows_and_views(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    (batch,) = process.door.batches
    assert batch.path.endswith(":batchUpdate")
    assert batch.kinds == ["updateNamedRange", "deleteNamedRange", "addNamedRange", *["updateCells"] * 4]
    places = [each["updateCells"]["start"] for each in batch.body["requests"][3:]]
    titles = ["Control", "Commit Log", "Payments", "Balances"]
    assert [place["sheetId"] for place in places] == [bank.sheet_id(title) for title in titles]


def test_a_commit_touches_protected_tabs_only(bank: Bank) -> None:
    process = bank.process()
    for number in range(3):
        process.pay(f"p{number}", f"account {number}")
    protected = {each["properties"]["sheetId"] for each in bank.metadata()["sheets"] if each.get("protectedRanges")}
    touched = set().union(*(batch.sheet_ids for batch in process.door.batches))
    assert touched
    assert touched <= protected
    assert bank.sheet_id("Requests") not in touched


def test_blank_rows_and_notes_beside_the_named_values_are_no_values(bank: Bank) -> None:
    bank.tab("Control").update([["", "a note"], [], ["", "another"], ["", "and a last one"]], "A8")
    process = bank.process()
    assert process.run(lambda tx: dict(tx.values)) == bank.process().run(lambda tx: dict(tx.values))
    assert "" not in process.run(lambda tx: dict(tx.values))
    assert process.pay("p1") == "paid"


def test_a_grid_that_was_made_longer_is_not_made_longer_again(bank: Bank) -> None:
    grid = {"sheetId": bank.sheet_id("Payments"), "gridProperties": {"rowCount": 3}}
    bank.batch({"updateSheetProperties": {"properties": grid, "fields": "gridProperties.rowCount"}})
    process = bank.process()
    process.warm_up()
    five = [Payments(payment_id=f"p{number}", account="ada", cents=1) for number in range(5)]
    process.run(lambda tx: tx.add_all(five), hold_lease=True)
    process.pay("p5")  # nothing is read in between
    grown = [batch for batch in process.door.batches if "appendDimension" in batch.kinds]
    assert grown == process.door.batches[:1]
    assert len(bank.rows("Payments")) == 7


def test_a_process_that_begins_knows_who_made_the_newest_commits(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "MAX_RECENT", 3)
    process = bank.process()
    for number in range(4):
        process.run(blind("x"), operation=f"operation {number}")
    for each in (process, bank.process()):
        recent = each.run(lambda tx: tx.recent)
        assert [commit.operation for commit in recent] == ["operation 1", "operation 2", "operation 3"]


def test_rows_are_never_appended_by_google(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    kinds = {kind for batch in process.door.batches for kind in batch.kinds}
    assert "appendCells" not in kinds
    assert not any(":append" in each.path for each in process.door.sent)


def test_the_log_names_version_commit_predecessor_who_what_and_counts(bank: Bank) -> None:
    commit = bank.process().run(blind("x"), operation="blind payment")
    assert commit == "paid"
    first, second = bank.rows("Commit Log")
    assert (first["version"], first["operation"], first["previous"]) == (0, "set up with schema version 1", "")
    assert (second["version"], second["operation"], second["who"]) == (1, "blind payment", "test")
    assert second["previous"] == first["commit"]
    assert json.loads(second["rows"]) == {"Payments": 1, "Accounts": 0}
    assert bank.rows("Payments")[0]["payment_id"] == f"x-{second['commit']}"
    assert second["at"] == datetime.fromtimestamp(bank.time.seconds - 1, UTC).isoformat().replace("+00:00", "Z")
    bank.check()


def test_a_lone_commit_costs_one_read_one_write_and_one_read(bank: Bank) -> None:
    process = bank.process()
    process.pay("before")
    bank.age()
    assert process.counting(lambda: process.pay("p1")) == (2, 1)
    assert [each.method for each in process.door.sent[-3:]] == ["GET", "POST", "GET"]


def test_a_commit_while_the_lock_is_ours_costs_one_write(bank: Bank) -> None:
    process = bank.process()
    process.warm_up()
    assert process.counting(lambda: process.run(blind("x"), hold_lease=True)) == (0, 1)

    def many(tx: Transaction[Any]) -> None:
        for number in range(50):
            tx.add(Payments(payment_id=f"m{number}", account=f"a{number}", cents=number))
            tx.add(Accounts(account=f"a{number}"))
        tx.set_value("motto", "many")

    assert process.counting(lambda: process.run(many)) == (0, 1)
    assert bank.lock_cell().endswith("free")
    bank.check()


def test_work_that_only_reads_costs_nothing_while_the_lock_is_ours_and_one_read_otherwise(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    assert process.counting(lambda: process.run(looking)) == (1, 0)
    process.warm_up()
    assert process.counting(lambda: process.run(looking, hold_lease=True)) == (0, 0)
    assert process.counting(lambda: process.run(paying("p1"), hold_lease=True)) == (0, 0)


def test_a_snapshot_is_read_again_once_it_is_old_even_while_the_lock_is_ours(bank: Bank) -> None:
    """With the usual timing tenure ends first; who sets it longer is still shown what people have done to the tabs."""
    bank.timing = Timing(max_hold=1000.0, renew_deadline=1000.0, lease_duration=2000.0, max_staleness=60.0)
    process = bank.process()
    process.warm_up()
    bank.time.sleep(59)
    assert process.counting(lambda: process.run(looking, hold_lease=True)) == (0, 0)
    bank.time.sleep(2)
    assert process.counting(lambda: process.run(looking, hold_lease=True)) == (1, 0)
    assert process.counting(lambda: process.run(blind("x"), hold_lease=True)) == (0, 1)
    bank.check()


def test_the_cost_of_a_commit_does_not_grow_with_the_ledgers(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    sizes = [len(json.dumps(process.door.batches[-1].body))]

    def many(tx: Transaction[Any]) -> None:
        for number in range(900):
            tx.add(Payments(payment_id=f"m{number}", account="ada", cents=1))

    process.run(many)
    process.pay("p2")
    sizes.append(len(json.dumps(process.door.batches[-1].body)))
    assert abs(sizes[0] - sizes[1]) < 40
    read = next(each for each in reversed(process.door.sent) if each.method == "GET")
    assert read.path.endswith("values:batchGet")


def test_grids_grow_past_their_thousand_rows(bank: Bank) -> None:
    def many(start: int, count: int) -> Any:
        def work(tx: Transaction[Any]) -> None:
            for number in range(start, start + count):
                tx.add(Payments(payment_id=f"m{number}", account=f"a{number:05}", cents=1))

        return work

    process = bank.process()
    process.run(many(0, 998))
    assert bank.tab("Payments").row_count == 1000
    for start, count in ((998, 1), (999, 1), (1000, 1500)):
        process.run(many(start, count), hold_lease=count > 1)
        assert bank.tab("Payments").row_count > len(bank.rows("Payments"))
    assert bank.process().pay("last") == "paid"
    assert len(bank.rows("Payments")) == 2501
    bank.check()


def test_a_grid_that_a_person_shortened_is_noticed_and_grown_again(bank: Bank) -> None:
    process = bank.process()
    process.warm_up()
    bank.tab("Payments").resize(rows=2)
    bank.tab("Commit Log").resize(rows=3)
    assert process.pay("p1") == "paid"
    assert process.pay("p2") == "paid"
    bank.check()


def test_a_view_shrinks_with_what_it_shows(bank: Bank) -> None:
    bank.tab("Balances").update([["old", 1], ["older", 2], ["oldest", 3]], "A2")
    bank.process().pay("p1")
    assert bank.grid("Balances") == [["Account no.", "Cents"], ["ada", 100]]


def test_work_that_stages_nothing_writes_nothing(bank: Bank) -> None:
    process = bank.process()
    assert process.run(lambda _: "looked") == "looked"
    assert process.door.writes == 0
    assert len(bank.rows("Commit Log")) == 1


def test_work_that_raises_writes_nothing_and_leaves_no_trace_in_the_state(bank: Bank) -> None:
    process = bank.process()

    def failing(tx: Transaction[Any]) -> None:
        tx.add(Payments(payment_id="p", account="ada", cents=1))
        tx.set_value("motto", "never")
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        process.run(failing)
    assert process.door.writes == 0
    assert process.run(looking) == {}
    assert process.run(lambda tx: tx.values["motto"]) == ""


def test_what_is_discarded_is_seen_by_the_work_and_written_never(bank: Bank) -> None:
    process = bank.process()

    def dry_run(tx: Transaction[Any]) -> dict[str, int]:
        tx.add(Payments(payment_id="p", account="ada", cents=5))
        seen = dict(tx.state.balances)
        tx.rollback()
        tx.add(Payments(payment_id="q", account="ada", cents=7))
        tx.set_value("motto", "never")
        return seen

    assert process.run(dry_run) == {"ada": 5}
    assert process.door.writes == 0
    assert process.run(looking) == {}
    process.pay("p2")
    bank.check()


def test_named_values_are_kept_beside_the_lock_cell(bank: Bank) -> None:
    process = bank.process()
    assert process.run(lambda tx: dict(tx.values))["rate"] == "1.5"

    def work(tx: Transaction[Any]) -> str:
        tx.set_value("rate", "0012")
        return str(tx.values["rate"])

    assert process.run(work) == "0012"
    assert process.run(lambda tx: tx.values["rate"]) == "0012"
    assert bank.process().run(lambda tx: tx.values["rate"]) == "0012"
    assert ["rate", "0012"] in bank.grid("Control")
    process.run(lambda tx: tx.set_value("rate", ""))
    assert bank.process().run(lambda tx: tx.values["rate"]) == ""


def test_what_is_not_declared_cannot_be_staged(bank: Bank) -> None:
    process = bank.process()
    with pytest.raises(InvalidDeclarationError, match="colour"):
        process.run(lambda tx: tx.set_value("colour", "red"))
    with pytest.raises(InvalidDeclarationError, match="name it in `reads`"):
        process.run(lambda tx: tx.table(Requests))

    class Other(Payments, tab="Other"):
        pass

    with pytest.raises(InvalidDeclarationError, match="Other is not a ledger"):
        process.run(lambda tx: tx.add(Other(payment_id="p", account="a", cents=1)))
    assert process.door.writes == 0


def test_later_work_sees_what_earlier_work_of_another_process_wrote(bank: Bank) -> None:
    one, other = bank.process(), bank.process()
    for number in range(4):
        assert one.pay(f"one {number}") == "paid"
        assert other.pay(f"other {number}") == "paid"
        assert one.pay(f"other {number}") == "repeated"
    assert one.run(looking) == other.run(looking) == {"ada": 800}
    assert cells_of(bank.rows("Balances"), "Account no.", "Cents") == [("ada", 800)]
    bank.check()


def test_a_name_with_blanks_does_not_spoil_the_lock_cell(bank: Bank) -> None:
    process = bank.process("my process no. 1")
    process.warm_up()
    assert bank.process("other one").run(looking) == {"blind": 100}
    assert process.pay("p1") == "paid"
    bank.check()
