"""The front door: what a URL names, how functions run as transactions, and what a read sees."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sheets_schema import (
    Database,
    InputTable,
    Ledger,
    Overlay,
    Projection,
    Schema,
    SheetsError,
    Transaction,
    UnavailableError,
    overlay,
)
from sheets_schema.advanced import EMBEDDED, Timing
from sheets_schema.emulator import Emulator, serve
from sheets_schema.errors import InvalidDeclarationError, PermissionDeniedError, SchemaMismatchError
from tests.sheets_schema.bank import Bank, Payments, Requests, blind, paying


class Payment(Ledger, tab="Payments", unique=("payment_id", ("account", "cents"))):
    payment_id: str
    account: str = ""
    cents: int = 0


class Wish(InputTable, tab="Wishes"):
    account: str = ""


@pytest.fixture
def db() -> Database[Any]:
    made: Database[Any] = Database("sqlite://", tables=[Payment, Wish])
    made.provision()
    return made


def log_of(db: Database[Any]) -> list[tuple[str, str]]:
    return [(row.operation, row.who) for row in db.scan([db.log])[db.log][1:]]


GOOGLES = "https://sheets.googleapis.com"


@pytest.mark.parametrize(
    ("url", "spreadsheet_id", "origin"),
    [
        ("1aB-c_d", "1aB-c_d", GOOGLES),
        ("https://docs.google.com/spreadsheets/d/1aB-c_d", "1aB-c_d", GOOGLES),
        (" https://docs.google.com/spreadsheets/d/1aB-c_d/edit?usp=sharing#gid=0\n", "1aB-c_d", GOOGLES),
        ("https://docs.google.com/spreadsheets/u/1/d/1aB-c_d/edit", "1aB-c_d", GOOGLES),
        ("http://127.0.0.1:8085/spreadsheets/d/1aB-c_d", "1aB-c_d", "http://127.0.0.1:8085"),
    ],
)
def test_a_url_says_where_the_spreadsheet_is_and_with_it_the_timing(
    monkeypatch: pytest.MonkeyPatch, url: str, spreadsheet_id: str, origin: str
) -> None:
    asked: list[str] = []

    def remember(scopes: tuple[str, ...]) -> tuple[str, None]:
        asked.extend(scopes)
        return "credentials", None

    monkeypatch.setattr("google.auth.default", remember)
    db = Database(url, tables=[Payment])
    assert (db.client.spreadsheet_id, db.client.origin) == (spreadsheet_id, origin)
    google = origin == GOOGLES
    assert db.timing == (Timing() if google else EMBEDDED)
    assert bool(asked) is google, "Google's credentials go to Google only"


@pytest.mark.parametrize(
    "url",
    [
        *("", "sqlite:", "sqlite:///", "sqlite://build/bank.db", "https://example.com/bank", "a b", "build/bank.db"),
        "https://docs.google.com/spreadsheets/d/e/2PACX-1v/pubhtml",
    ],
)
def test_a_url_that_names_no_spreadsheet_is_refused_with_those_that_do(url: str) -> None:
    with pytest.raises(InvalidDeclarationError, match=r"names no spreadsheet.*docs\.google\.com.*sqlite:///path"):
        Database(url, tables=[Payment])


def test_without_credentials_a_spreadsheet_of_googles_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere")
    with pytest.raises(PermissionDeniedError, match="no Google credentials"):
        Database("1aB", tables=[Payment])


def test_a_file_is_found_again_and_memory_is_not(tmp_path: Path) -> None:
    for url, again in (f"sqlite:///{tmp_path}/deep/bank.db", 1), ("sqlite://", 0):
        Database(url, tables=[Payment]).provision()
        db = Database(url, tables=[Payment])
        db.provision()
        db.run(lambda tx: tx.add(Payment(payment_id="p1")))
        db = Database(url, tables=[Payment])
        assert len(db.diff().steps) == (0 if again else 4)


def test_a_server_of_the_emulator_is_a_spreadsheet_too() -> None:
    with Emulator() as emulator, serve(emulator) as server:
        made = json.loads(emulator.handle("POST", "/v4/spreadsheets").body)["spreadsheetId"]
        db = Database(f"http://127.0.0.1:{server.port}/spreadsheets/d/{made}", tables=[Payment])
        db.provision()
        assert db.run(lambda tx: tx.add(Payment(payment_id="p1"))).payment_id == "p1"


def test_a_decorated_function_is_a_transaction_under_its_name(db: Database[Any]) -> None:
    @db.transaction
    def pay_in(tx: Transaction, payment_id: str, *, cents: int = 5) -> Payment:
        """Pay."""
        return tx.get(Payment, payment_id=payment_id) or tx.add(Payment(payment_id=payment_id, cents=cents))

    @db.transaction(operation="pay out", actor="teller", timeout=5)
    def out(tx: Transaction, payment_id: str) -> Payment:
        return tx.add(Payment(payment_id=payment_id, cents=-5))

    assert pay_in("p1", cents=7) == pay_in("p1")
    assert out("p2").cents == -5
    assert (pay_in.__name__, pay_in.__doc__) == ("pay_in", "Pay.")
    assert log_of(db) == [("pay in", ""), ("pay out", "teller")]


def test_a_function_runs_with_its_arguments_and_is_logged_with_its_actor(db: Database[Any]) -> None:
    def pay(tx: Transaction, payment_id: str, cents: int) -> Payment:
        return tx.add(Payment(payment_id=payment_id, cents=cents))

    assert db.run(pay, "p1", 5, actor="ada") == Payment(payment_id="p1", cents=5)
    db.run(lambda tx: tx.add(Payment(payment_id="p2")), operation="import")
    db.run(lambda tx: tx.add(Payment(payment_id="p3")))
    assert log_of(db) == [("pay", "ada"), ("import", ""), ("lambda", "")]


def test_what_a_function_raises_reaches_its_caller_and_nothing_is_written(db: Database[Any]) -> None:
    @db.transaction
    def fail(tx: Transaction) -> None:
        tx.add(Payment(payment_id="p1"))
        raise KeyError("p1")

    with pytest.raises(KeyError, match="p1"):
        fail()
    assert log_of(db) == []


def test_a_time_out_is_in_seconds(bank: Bank) -> None:
    process, other = bank.process(), bank.process()
    other.run(blind("keeps the lock"), hold_lease=True)
    before = bank.time.seconds
    with pytest.raises(UnavailableError):
        process.spreadsheet.run(paying("p"), timeout=4)
    assert 0 < bank.time.seconds - before <= 4


def test_a_transaction_within_a_transaction_is_refused_at_once(db: Database[Any]) -> None:
    @db.transaction
    def pay(tx: Transaction, payment_id: str) -> Payment:
        return tx.add(Payment(payment_id=payment_id))

    def outer(_: Transaction, inner: Callable[[], object]) -> object:
        return inner()

    def reading() -> None:
        with db.read():
            pass

    for inner in (lambda: pay("p1"), reading, lambda: db.run(lambda tx: tx.version)):
        with pytest.raises(InvalidDeclarationError, match="hand its tx on"):
            db.run(outer, inner, timeout=5)
    assert pay("p1").payment_id == "p1"
    with db.read() as tx:
        pay("p2")  # a read holds nothing up
        assert len(tx.where(Payment)) == 1


def test_a_read_stays_at_its_version_whoever_commits_meanwhile(bank: Bank) -> None:
    process, other = bank.process(), bank.process()
    process.pay("p0", cents=1)
    with process.spreadsheet.read() as first:
        process.pay("p1", cents=2)
        bank.time.sleep(60)
        other.pay("p2", cents=4)
        with process.spreadsheet.read() as second:
            process.pay("p3", cents=8)
            assert (first.state.balances["ada"], [*first.state.payments]) == (1, ["p0"])
            assert (second.state.balances["ada"], [*second.state.payments]) == (7, ["p0", "p1", "p2"])
            assert second.version == first.version + 2
            assert "p3" not in second.state.payments
    with process.spreadsheet.read() as tx:
        assert (tx.state.balances["ada"], len(tx.state.payments)) == (15, 4)
    bank.check()


def test_any_number_of_reads_at_once_each_see_their_own_version(bank: Bank) -> None:
    process = bank.process()
    held: list[Transaction[Any]] = []
    for number in range(30):
        process.pay(f"p{number}", cents=1)
        with process.spreadsheet.read() as tx:
            held.append(tx)
    assert [tx.state.balances["ada"] for tx in held] == list(range(1, 31))
    assert [len(tx.state.payments) for tx in held] == list(range(1, 31))
    del held, tx
    gc.collect()
    process.pay("last", cents=1)
    with process.spreadsheet.read() as tx:
        assert (tx.state.balances["ada"], len(tx.state.payments)) == (31, 31)


def test_reads_of_other_threads_see_whole_commits_only(db: Database[Any]) -> None:
    """Each commit adds two rows: whoever sees an odd number, or fewer than before, saw half of one."""
    stop, wrong = threading.Event(), []

    def look() -> None:
        last = 0
        while not stop.is_set():
            with db.read() as tx:
                counts = [len(tx.where(Payment)) for _ in range(3)]
            if len({*counts}) > 1 or counts[0] % 2 or counts[0] < last:
                wrong.append(counts)
            last = counts[0]

    readers = [threading.Thread(target=look) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(25):
        pair = [Payment(payment_id=f"{number}{side}", cents=number) for side in "ab"]
        db.run(lambda tx, pair=pair: tx.add_all(pair))  # type: ignore[misc]  # the pair of this round
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_a_read_beside_a_commit_of_its_group_sees_what_stands_then(bank: Bank) -> None:
    process = bank.process()
    process.warm_up()
    writer = process.waits(paying("p1"))
    with process.spreadsheet.read() as tx:
        assert writer.result == "paid"
        assert "p1" in tx.state.payments
    assert process.door.writes == 1


def test_a_read_costs_what_a_look_costs(bank: Bank) -> None:
    process = bank.process()
    process.warm_up()
    process.run(blind("keeps the lock"), hold_lease=True)

    def look() -> None:
        with process.spreadsheet.read() as tx:
            assert tx.state.payments

    assert process.counting(look) == (0, 0)
    assert bank.process().counting(look) == (0, 0)


def test_a_read_stages_nothing_in_whatever_way(bank: Bank) -> None:
    process = bank.process()
    bank.tab("Requests").update([["ada", 500]], "A2")
    acts: list[Callable[[Transaction[Any]], object]] = [
        lambda tx: tx.add(Payments(payment_id="p", account="ada", cents=1)),
        lambda tx: tx.add_all([]),
        lambda tx: tx.set_value("rate", "2"),
        lambda tx: tx.table(Requests).write(tx.table(Requests).rows[0], answer="no"),
        lambda tx: tx.table(Requests).append([{"account": "bob"}]),
        lambda tx: tx.table(Requests).delete(tx.table(Requests).rows),
    ]
    for act in acts:
        with (
            pytest.raises(InvalidDeclarationError, match="only shows"),
            process.spreadsheet.read(reads=[Requests]) as tx,
        ):
            act(tx)
    with process.spreadsheet.read(reads=[Requests]) as tx:
        assert [row.cells["account"] for row in tx.table(Requests).rows] == ["ada"]
        assert tx.values["rate"] == "1.5"
    assert process.door.writes == 0


def test_rows_are_found_by_unique_key_by_field_and_by_predicate(db: Database[Any]) -> None:
    rows = [
        Payment(payment_id=f"p{number}", account="ada" if number % 2 else "bob", cents=number) for number in range(4)
    ]

    def fill(tx: Transaction) -> None:
        tx.add_all(rows)
        assert tx.appended(Payment) == rows
        assert tx.has_changes
        assert tx.get(Payment, payment_id="p3") is rows[3], "what is staged shows at once"

    db.run(fill)
    with db.read() as tx:
        assert tx.get(Payment, payment_id="p2") == rows[2]
        assert tx.get(Payment, cents=1, account="ada") == rows[1]
        assert tx.get(Payment, payment_id="p9") is None
        assert tx.where(Payment, account="ada") == [rows[1], rows[3]]
        assert tx.where(Payment, lambda row: row.cents > 1, account="ada") == [rows[3]]
        assert tx.where(Payment) == rows
        assert not tx.has_changes
        for look in (
            lambda: tx.get(Payment, account="ada"),
            lambda: tx.get(Payment),
            lambda: tx.where(Payment, acount="ada"),
            lambda: tx.get(Payments, payment_id="p1"),
        ):
            with pytest.raises(InvalidDeclarationError):
                look()


@dataclass
class Sums(Projection):
    cents: Overlay[str, int] = overlay()

    def apply(self, row: Ledger) -> None:
        assert isinstance(row, Payment)
        self.cents[row.account] = self.cents.get(row.account, 0) + row.cents


def test_with_a_projection_of_ones_own_get_and_where_say_to_read_the_state() -> None:
    db = Database("sqlite://", Schema([Payment], Sums))
    db.provision()
    db.run(lambda tx: tx.add(Payment(payment_id="p1", account="ada", cents=5)))
    with db.read() as tx:
        assert tx.state.cents["ada"] == 5
        with pytest.raises(InvalidDeclarationError, match=r"Sums: read `tx\.state`"):
            tx.where(Payment)


def test_every_ledger_is_scanned_if_none_is_named(db: Database[Any]) -> None:
    db.run(lambda tx: tx.add(Payment(payment_id="p1")))
    assert db.scan() == {Payment: [Payment(payment_id="p1")]}
    assert isinstance(InvalidDeclarationError(), SheetsError)


def test_a_note_beside_and_below_a_ledger_is_no_row_of_it(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")
    bank.tab("Payments").add_cols(1)
    bank.tab("Payments").update([["call them back"]], "E6", raw=True)

    (row,) = process.spreadsheet.scan([Payments], timeout=process.deadline())[Payments]

    assert isinstance(row, Payments)
    assert row.payment_id == "p1"


def test_a_tab_that_is_gone_cannot_be_scanned_and_is_named(bank: Bank) -> None:
    process = bank.process()
    bank.sheet().del_worksheet(bank.tab("Payments"))

    with pytest.raises(SchemaMismatchError, match="“Payments”"):
        process.spreadsheet.scan([Payments], timeout=process.deadline())


def test_an_earlier_version_is_kept_while_somebody_reads_it_and_no_longer(bank: Bank) -> None:
    process = bank.process()
    process.pay("p1")

    def layers() -> int:
        return int(process.spreadsheet._replica.snapshot.state.depth)

    alone = layers()
    with process.spreadsheet.read(timeout=process.deadline()) as tx:
        process.pay("p2")
        assert set(tx.state.payments) == {"p1"}
        assert layers() > alone
    del tx
    gc.collect()
    process.pay("p3")

    assert layers() == alone
