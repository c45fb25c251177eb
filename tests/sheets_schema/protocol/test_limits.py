"""Google's limits are told before anything is sent, and only the guilty work fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sheets_schema import LimitExceededError, Transaction
from sheets_schema.advanced import EMBEDDED
from sheets_schema.errors import InvalidValueError
from sheets_schema.protocol.batch_requests import append_rows
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.limits import MAX_BYTES, check_growth, encode, estimated_bytes
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.tables import Binding
from tests.sheets_schema.bank import Bank, Captured, Payments, Process, Requests, paying
from tests.sheets_schema.engine.test_commit_group import together

LONG = "x" * 49_000


@pytest.fixture
def quick() -> Bank:
    """A bank in real time, for threads."""
    return Bank(real_time=True, timing=EMBEDDED).provision()


def many(label: str, rows: int, note: str = LONG) -> Callable[[Transaction[Any]], str]:
    def work(tx: Transaction[Any]) -> str:
        for number in range(rows):
            tx.add(Payments(payment_id=f"{label}-{number}", account=label, cents=1, note=note))
        return label

    return work


def sizes(process: Process) -> list[int]:
    return [len(encode(batch.body)) for batch in process.door.batches]


def test_a_work_too_large_for_one_batch_fails_alone_before_anything_is_sent(quick: Bank) -> None:
    process = quick.process()
    outcomes = together(process, paying("p1"), many("huge", 41), paying("p2"))
    assert isinstance(outcomes[1], LimitExceededError)
    assert [outcomes[0], outcomes[2]] == ["paid", "paid"]
    assert max(sizes(process)) < MAX_BYTES
    assert "huge" not in [row["account"] for row in quick.rows("Payments")]
    quick.check()


def test_a_lone_work_that_is_too_large_says_so_and_costs_no_write(bank: Bank) -> None:
    process = bank.process()
    with pytest.raises(LimitExceededError, match="split the transaction"):
        process.run(many("huge", 41))
    assert process.door.writes == 0
    assert process.run(many("large", 39)) == "large"
    bank.check()


def test_works_that_are_too_large_together_leave_in_batches_one_after_another(quick: Bank) -> None:
    process = quick.process()
    outcomes = together(process, *(many(f"w{number}", 15) for number in range(6)))
    assert outcomes == [f"w{number}" for number in range(6)]
    assert max(sizes(process)) < MAX_BYTES
    assert process.door.writes == 4  # the leader's, and two works in each of three
    accounts = [row["account"] for row in quick.rows("Payments")][1:]
    assert accounts == sorted(accounts)
    quick.check()


def shown(bank: Bank) -> dict[str, Any]:
    return {row["Account no."]: row["Cents"] for row in bank.rows("Balances")}


def test_a_view_takes_what_room_works_leave_goes_on_with_the_next_commits_and_stops_none(bank: Bank) -> None:
    process = bank.process()
    for part in range(3):
        accounts = [f"{part}-{n} {'x' * 40_000}" for n in range(45)]
        rows = [Payments(payment_id=account[:5], account=account, cents=1) for account in accounts]
        process.run(lambda tx, rows=rows: tx.add_all(rows), hold_lease=True)  # type: ignore[misc]  # mypy has no type for a default
    assert len(shown(bank)) < 45
    for name in ("p1", "p2", "p3"):
        process.run(paying(name, "zoe"), hold_lease=name < "p3")
    assert len(shown(bank)) == 136
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Balances")}})
    assert process.pay("p4", "zoe") == "paid"
    assert 40 < len(shown(bank)) < 60
    assert bank.process().pay("p5", "zoe") == "paid"
    assert process.pay("p6", "zoe") == "paid"
    assert max(sizes(process)) < MAX_BYTES
    assert shown(bank)["zoe"] == 600
    bank.check()


def test_more_requests_than_google_takes_fail_before_anything_is_sent(bank: Bank) -> None:
    process = bank.process()
    short = {"n": 1}

    def work(tx: Transaction[Any]) -> None:
        tx.changes.requests.extend([short] * 100_001)

    with pytest.raises(LimitExceededError, match="100,0"):
        process.run(work)
    assert process.door.writes == 0


@pytest.mark.parametrize("text", ["x" * 40_000, "ж" * 20_000, '"\\\n' * 9_000, "😀" * 5_000, "short"])
def test_the_weight_of_a_work_is_about_what_it_takes_and_never_less(text: str) -> None:
    changes = Changes()
    for number in range(40):
        changes.append(Payments(payment_id=f"p{number}", account="a", cents=number, note=text))
    binding = Binding(Payments, {column.field: place for place, column in enumerate(Payments.columns())})
    sent = len(encode(append_rows(SheetLayout(1, 4, 1000), binding, 1000, 0, changes.appended[Payments])))
    assert sent - 100 <= estimated_bytes(changes) <= sent * 1.5


def test_text_is_sent_as_it_is_not_blown_up_by_escapes() -> None:
    assert encode({"a": "жё"}) == '{"a":"жё"}'.encode()
    assert json.loads(encode({"a": "\u2028"})) == {"a": "\u2028"}


def full(bank: Bank, free: int) -> None:
    """Add a blank tab that leaves room for `free` cells."""
    used = sum(
        each["properties"]["gridProperties"]["rowCount"] * each["properties"]["gridProperties"]["columnCount"]
        for each in bank.metadata()["sheets"]
    )
    bank.sheet().add_worksheet("Ballast", 10_000_000 - used - free, 1)


def test_a_spreadsheet_that_would_grow_over_ten_million_cells_says_so_before_anything_is_sent(bank: Bank) -> None:
    full(bank, 500)
    process = bank.process()
    with pytest.raises(LimitExceededError, match=r"The spreadsheet is full.*“Payments”"):
        process.run(many("m", 1100, ""))
    assert process.door.writes == 0
    assert process.pay("small") == "paid"
    bank.check()


def test_a_tab_that_does_not_fit_is_told_by_plan_and_provision_before_anything_is_sent(bank: Bank) -> None:
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Captured")}})
    full(bank, 500)
    process = bank.process()
    for act in (process.spreadsheet.diff, process.spreadsheet.provision):
        with pytest.raises(LimitExceededError, match=r"The spreadsheet is full.*“Captured”"):
            act(process.deadline())
    assert process.door.writes == 0


def test_a_control_tab_that_does_not_fit_is_told_before_anything_is_sent(bank: Bank) -> None:
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Control")}})
    full(bank, 500)
    process = bank.process()
    with pytest.raises(LimitExceededError, match=r"The spreadsheet is full.*“Control”"):
        process.spreadsheet.provision(process.deadline())
    assert process.door.writes == 0


def test_a_refresh_that_makes_the_spreadsheet_overflow_says_so_and_finds_room_that_was_made(bank: Bank) -> None:
    full(bank, 500)
    process = bank.process()

    def refresh() -> object:
        return process.spreadsheet.refresh(
            lambda tx: tx.table(Requests).append([{"answer": "new"}] * 1100),
            reads=[Requests],
            timeout=process.deadline(),
        )

    with pytest.raises(LimitExceededError, match=r"The spreadsheet is full.*“Requests”"):
        refresh()
    assert process.door.writes == 0
    bank.sheet().del_worksheet(bank.tab("Ballast"))
    refresh()
    assert len(bank.rows("Requests")) == 1100


def test_room_that_a_person_has_made_is_found(bank: Bank) -> None:
    full(bank, 500)
    process = bank.process()
    process.pay("first")
    bank.sheet().del_worksheet(bank.tab("Ballast"))
    assert process.run(many("m", 1100, "")) == "m"
    bank.check()


def test_only_the_work_that_makes_the_spreadsheet_overflow_fails(quick: Bank) -> None:
    full(quick, 500)
    outcomes = together(quick.process(), paying("p1"), many("m", 1100, ""), paying("p2"))
    assert isinstance(outcomes[1], LimitExceededError)
    assert [outcomes[0], outcomes[2]] == ["paid", "paid"]
    quick.check()


@pytest.mark.parametrize("value", ["x" * 50_001, 2**60, float("inf"), object(), "\ud800"])
def test_what_no_cell_can_hold_fails_inside_the_work_with_tab_and_column(bank: Bank, value: Any) -> None:
    process = bank.process()
    seen: list[str] = []

    def write(tx: Transaction[Any]) -> None:
        for tab, rows in ((Captured, [{"account": "kept out"}, {"account": value}]), (Requests, [{"answer": value}])):
            with pytest.raises(InvalidValueError) as error:
                tx.table(tab).append(rows)
            seen.append(str(error.value))

    process.run(write, reads=[Captured, Requests])
    assert [told.partition(":")[0] for told in seen] == [
        "Tab “Captured”, column “Account”",
        "Tab “Requests”, column “Answer”",
    ]
    assert process.door.writes == 0


def test_a_refresh_that_is_too_large_says_so(bank: Bank) -> None:
    process = bank.process()
    with pytest.raises(LimitExceededError):
        process.spreadsheet.refresh(
            lambda tx: tx.table(Requests).append([{"answer": LONG}] * 50), reads=[Requests], timeout=process.deadline()
        )
    assert process.door.writes == 0


@pytest.mark.parametrize("dimension", ["ROWS", "COLUMNS"])
def test_what_grows_in_a_tab_that_is_not_known_is_not_counted(dimension: str) -> None:
    grows = {"dimension": dimension, "sheetId": 9}
    known = {"Payments": SheetLayout(9, 4, 1_000)}
    appended = {"appendDimension": {**grows, "length": 10_000_000}}
    inserted = {"insertDimension": {"range": {**grows, "startIndex": 1, "endIndex": 10_000_001}}}

    for request in (appended, inserted):
        check_growth({}, {}, [request])
        with pytest.raises(LimitExceededError, match="more are needed in “Payments”"):
            check_growth(known, {}, [request])


@pytest.mark.parametrize(("dimension", "most"), [("ROWS", 2_499_000), ("COLUMNS", 9_996)])
def test_a_tab_may_grow_until_the_spreadsheet_is_full_to_the_cell(dimension: str, most: int) -> None:
    known = {"Payments": SheetLayout(9, 4, 1_000)}

    def grow(length: int) -> None:
        check_growth(known, {}, [{"appendDimension": {"sheetId": 9, "dimension": dimension, "length": length}}])

    grow(most)
    with pytest.raises(LimitExceededError, match="it has 4,000 cells"):
        grow(most + 1)
