"""The audit finds every way to break an invariant, planted into a spreadsheet with which nothing else is wrong."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings

from npta.domain.reports.audit_keys import audit_inventory
from npta.domain.reports.audited_rows import Log
from npta.domain.state.receipts import read_receipt, write_receipt
from npta.domain.state.refunds import Refund, RefundedLine, write_refund
from npta.domain.stock.inventory import key_inventory
from npta.tables import ImportHistory, KeyEvent, KeyLedger, LiveCatalogue, OrderEvent, Orders, Outbox, OutboxEvent
from tests.npta.domain.book import Book
from tests.npta.domain.histories import Did, Placed, histories, start, take
from tests.npta.domain.world import AT, World, key_row

CPT = "NASM CPT combined"
EXAM = "NASM CPT exam"
ASSIGNED, RELEASED, RETIRED, ADJUSTED, _ = KeyEvent


@pytest.fixture
def book() -> Book:
    """Order 1 holds K1 (row 2), order 2 holds K1 and K2 (rows 3 and 4), order 3 lacks keys; K2 and K4 have free seats."""
    return (
        Book()
        .does(lambda world: world.product("A", "NASM-CPT-FULL").product("E", "NASM-CPT-EXAM"))
        .does(lambda world: world.keys(CPT, 2, 2, 2).keys(EXAM, 2))
        .does(lambda world: world.order("1", ("A", 1)))
        .does(lambda world: world.order("2", ("A", 2)))
        .does(lambda world: world.order("3", ("A", 9)))
    )


def found(book: Book) -> list[tuple[str, int]]:
    return [(tab, row) for tab, row, _ in book.audit()]


def the_only_fault(book: Book) -> tuple[str, int, str]:
    faults = book.audit()
    assert len(faults) == 1, faults
    return faults[0]


def test_nothing_is_wrong_with_all_that_may_happen(book: Book) -> None:
    (
        book.does(lambda world: world.event("1", OrderEvent.DELIVERED))
        .does(lambda world: world.clear("1"))
        .does(lambda world: world.order("1", ("A", 1)))
        .does(lambda world: world.order("1", ("A", 2)))
        .does(lambda world: world.retire("K2"))
        .does(lambda world: world.adjust("K2", 9))
        .does(lambda world: world.keys(CPT, 5).reopen())
        .does(lambda world: world.retire("K2", with_others=True))
        .does(lambda world: world.release("2"))
        .does(lambda world: world.release("1", quarantine=True))
        .does(lambda world: world.clear("2").order("2", ("E", 1)))
        .does(lambda world: world.order("2", ("A", 5)))
        .does(lambda world: world.adjust("K1", 3))
        .does(lambda world: world.order("4", ("A", 1)))
    )

    assert book.audit() == []


def test_several_orders_of_one_commit_and_a_release_that_is_filled_again_in_it_are_right(book: Book) -> None:
    book.does(lambda world: world.release("1").clear("1").order("1", ("A", 1)))

    assert book.audit() == []


@settings(max_examples=100, deadline=None)
@given(histories)
def test_nothing_is_wrong_with_any_history_of_orders_and_buttons(history: list[Placed | Did]) -> None:
    book = Book()
    book.commit(*start().history)
    for row in book.ledgers[ImportHistory] + book.ledgers[LiveCatalogue]:
        book.world.facts(row)
    for step in history:
        book.does(partial(take, step=step))

    assert book.audit() == []


@pytest.mark.parametrize("free", [False, True], ids=["all seats were taken", "a seat was free"])
def test_nothing_is_wrong_with_what_yesterdays_replace_wrote(book: Book, free: bool) -> None:
    book.does(lambda world: world.release("2"))
    if not free:
        book.does(lambda world: world.adjust("K1", 1))
    resent = book.ledgers[Orders][0].model_copy(update={"event": OrderEvent.RESEND, "lines": ""})
    whole = [book.seats(RETIRED, "K1", 1)] if free else []
    rows = [book.seats(event, "K1", 1, "1") for event in (RELEASED, RETIRED)]

    book.commit(*whole, *rows, book.seats(ASSIGNED, "K2", 1, "1"), resent)

    assert book.audit() == []


class TestNoSeatIsUsedTwice:
    def test_more_than_are_free(self, book: Book) -> None:
        book.does(lambda world: world.order("4", ("A", 3)))
        book.commit(book.seats(ASSIGNED, "K1", 1, "1"))

        assert ("Key Ledger", book.last) in found(book)
        assert any("assigns 1 seat of key K1, but 0 are free" in message for _, _, message in book.audit())

    def test_the_same_row_twice(self, book: Book) -> None:
        book.commit(book.seats(ASSIGNED, "K2", 1, "2"))

        assert the_only_fault(book) == (
            "Key Ledger",
            book.last,
            "order 2 is owed 2 seats and holds 3: line 1 (A), NASM-CPT-FULL: 2 owed, 3 held",
        )

    def test_a_number_that_was_written_over(self, book: Book) -> None:
        assert ("Key Ledger", 2) in found(book.over(KeyLedger, 2, seats=3))

    @pytest.mark.parametrize("seats", [0, -1])
    def test_no_seat_at_all(self, book: Book, seats: int) -> None:
        assert ("Key Ledger", 2) in found(book.over(KeyLedger, 2, seats=seats))


class TestUsedIsAtMostSeats:
    def test_adjusted_below_what_is_used(self, book: Book) -> None:
        book.commit(book.seats(ADJUSTED, "K1", 1))

        assert the_only_fault(book) == ("Key Ledger", book.last, "adjusts the key to 1 seat, but 2 are taken")

    def test_adjusted_below_what_is_used_and_quarantined(self, book: Book) -> None:
        book.does(lambda world: world.release("1", quarantine=True)).commit(book.seats(ADJUSTED, "K1", 1))

        assert the_only_fault(book)[:2] == ("Key Ledger", book.last)

    def test_fewer_seats_imported_than_were_sold(self, book: Book) -> None:
        assert ("Key Ledger", 3) in found(book.over(ImportHistory, 2, seats=1))

    def test_more_given_back_than_the_order_holds(self, book: Book) -> None:
        book.does(lambda world: world.release("1"))

        assert ("Key Ledger", book.last) in found(book.over(KeyLedger, book.last, seats=2))

    @pytest.mark.parametrize("cells", [{"line_item_id": "2"}, {"sku": "E"}, {"entitlement": "NASM-CPT-EXAM"}], ids=str)
    def test_given_back_for_another_line(self, book: Book, cells: dict[str, str]) -> None:
        book.does(lambda world: world.release("1")).over(KeyLedger, book.last, **cells)

        assert "releases 1 seat, but the order holds 0" in [message for _, _, message in book.audit()]


class TestAnOrderHoldsWhatItIsOwedOrNothing:
    def test_too_little(self, book: Book) -> None:
        receipt = read_receipt(book.ledgers[Orders][0].lines)
        more = receipt._replace(owed=(receipt.owed[0]._replace(seats=2),))

        assert found(book.over(Orders, 2, lines=write_receipt(more))) == [("Orders", 2)]

    def test_of_two_lines_only_the_one_that_differs_is_named(self, book: Book) -> None:
        book.does(lambda world: world.keys("NASM CPT combined", 9).order("77", ("A", 1), ("A", 2)))
        receipt = read_receipt(book.ledgers[Orders][-1].lines)
        more = receipt._replace(owed=(receipt.owed[0], receipt.owed[1]._replace(seats=5)))

        faults = book.over(Orders, len(book.ledgers[Orders]) + 1, lines=write_receipt(more)).audit()

        assert "order 77 is owed 6 seats and holds 3: line 2 (A), NASM-CPT-FULL: 5 owed, 2 held" in [
            message for *_, message in faults
        ]

    def test_nothing_although_it_was_filled(self, book: Book) -> None:
        (filled,) = [row for row in book.ledgers[Orders] if row.order_id == "1"]
        book.commit(filled.model_copy(update={"order_id": "5"}))

        assert the_only_fault(book)[:2] == ("Orders", 5)

    @pytest.mark.parametrize(
        "cells",
        [{"line_item_id": "7"}, {"sku": "E"}, {"entitlement": "NASM-CPT-FULL "}],
        ids=["line", "SKU", "entitlement"],
    )
    def test_for_something_else(self, book: Book, cells: dict[str, str]) -> None:
        assert ("Orders", 2) in found(book.over(KeyLedger, 2, **cells))

    def test_out_of_another_pool(self, book: Book) -> None:
        book.over(KeyLedger, 2, key_id="K4", keycode="code-of-K4")

        assert "NASM-CPT-FULL is served by a key of pool" in str(book.audit())

    def test_a_failed_order_that_holds_keys(self, book: Book) -> None:
        book.commit(book.seats(ASSIGNED, "K2", 1, "3"))

        assert the_only_fault(book)[:2] == ("Key Ledger", book.last)

    def test_an_order_that_nobody_knows(self, book: Book) -> None:
        book.commit(book.seats(ASSIGNED, "K2", 1, "99"))

        assert the_only_fault(book) == (
            "Key Ledger",
            book.last,
            "order 99 holds keys (1 seat), but has no row in Orders",
        )

    def test_for_a_while_only(self, book: Book) -> None:
        """Right again in the end, wrong at a commit on the way."""
        extra = book.seats(ASSIGNED, "K2", 1, "1")
        wrong_at = book.commit(extra).last
        book.commit(extra.model_copy(update={"event": RELEASED}), _released(book, "1"), told=True)

        assert ("Key Ledger", wrong_at) in found(book)


def _released(book: Book, order_id: str) -> Orders:
    """The row of a release of some of an order, which goes on being owed what it was."""
    filled: Orders = next(row for row in book.ledgers[Orders] if row.order_id == order_id)
    return filled.model_copy(update={"event": OrderEvent.RELEASED})


class TestARetiredKeyIsSoldToNobody:
    def sold(self, book: Book, key_id: str) -> tuple[str, int, str]:
        """Plant an order that was filled with the key, in all other respects as it should be."""
        book.does(lambda world: world.order("8", ("A", 1)))
        book.over(KeyLedger, book.last, key_id=key_id, keycode=f"code-of-{key_id}")
        return the_only_fault(book)

    def test_with_a_seat_that_was_free_when_it_was_retired(self, book: Book) -> None:
        book.does(lambda world: world.retire("K2"))
        retired_in = book.last

        tab, row, message = self.sold(book, "K2")

        assert (tab, row) == ("Key Ledger", book.last)
        assert f"order 8 was assigned 1 seat of the key K2, which row {retired_in} had retired" in message

    def test_with_a_seat_that_an_order_gave_back(self, book: Book) -> None:
        book.does(lambda world: world.retire("K1")).does(lambda world: world.release("1"))

        assert "had retired" in self.sold(book, "K1")[2]

    def test_with_a_seat_that_it_got_by_an_adjustment(self, book: Book) -> None:
        book.does(lambda world: world.retire("K1")).does(lambda world: world.adjust("K1", 5))

        assert "had retired" in self.sold(book, "K1")[2]

    def test_to_an_order_that_grew(self, book: Book) -> None:
        book.does(lambda world: world.retire("K2")).does(lambda world: world.order("1", ("A", 2)))
        book.over(KeyLedger, book.last, key_id="K2", keycode="code-of-K2")

        assert "order 1 was assigned 1 seat of the key K2" in the_only_fault(book)[2]

    def test_to_a_holder_of_another_that_is_replaced(self, book: Book) -> None:
        book.does(lambda world: world.retire("K2")).does(lambda world: world.retire("K1", with_others=True))
        book.over(KeyLedger, book.last, key_id="K2", keycode="code-of-K2")

        assert "had retired" in str(book.audit())

    def test_yesterdays_rows_tell_it_as_well(self, book: Book) -> None:
        """A free seat was retired, a taken one came back, and the next customer got it."""
        book.commit(book.seats(RETIRED, "K2", 1)).does(lambda world: world.release("2"))
        book.commit(book.seats(ASSIGNED, "K1", 1, "8"), book.seats(ASSIGNED, "K2", 1, "8"), _filled(book, "8"))

        assert the_only_fault(book)[:2] == ("Key Ledger", book.last)

    def test_more_seats_retired_than_are_free(self, book: Book) -> None:
        book.does(lambda world: world.retire("K2")).over(KeyLedger, book.last, seats=2)

        assert the_only_fault(book) == ("Key Ledger", book.last, "retires 2 seats of 1 that no order holds")

    def test_more_seats_quarantined_than_came_back(self, book: Book) -> None:
        book.does(lambda world: world.release("1", quarantine=True)).over(KeyLedger, book.last, seats=2)

        assert the_only_fault(book) == (
            "Key Ledger",
            book.last,
            "quarantines 2 seats, of which the order 1 gave back 1 with it",
        )

    def test_no_seat_quarantined_although_one_came_back(self, book: Book) -> None:
        book.does(lambda world: world.release("1", quarantine=True)).over(KeyLedger, book.last, seats=0)

        assert "quarantines 0 seats" in the_only_fault(book)[2]

    def test_seats_quarantined_that_no_order_gave_back(self, book: Book) -> None:
        book.commit(book.seats(RETIRED, "K2", 1, "1"))

        assert the_only_fault(book)[:2] == ("Key Ledger", book.last)

    def test_of_a_key_that_was_never_imported(self, book: Book) -> None:
        book.commit(book.seats(RETIRED, "K77", 1))

        assert the_only_fault(book) == ("Key Ledger", book.last, "the key K77 was never imported before")


def _filled(book: Book, order_id: str) -> Orders:
    """The row of an order that was filled like order 2."""
    filled: Orders = next(row for row in book.ledgers[Orders] if row.order_id == "2")
    return filled.model_copy(update={"order_id": order_id})


class TestAFulfilledOrderNeverShrinks:
    def test_without_a_word_in_orders(self, book: Book) -> None:
        book.commit(book.seats(RELEASED, "K1", 1, "1"))

        assert ("Key Ledger", book.last, "order 1 lost 1 seat without a Release") in book.audit()

    def test_by_an_answer_that_owes_less(self, book: Book) -> None:
        receipt = read_receipt(book.ledgers[Orders][1].lines)
        less = write_receipt(receipt._replace(owed=(receipt.owed[0]._replace(seats=1),)))
        book.commit(
            book.seats(RELEASED, "K2", 1, "2"),
            _filled(book, "2").model_copy(update={"lines": less, "fingerprint": "x"}),
        )

        assert [message for _, _, message in book.audit()] == [
            "order 2 lost 1 seat without a Release",
            "order 2 is owed less than it was filled with, without a Release",
        ]
        assert found(book) == [("Key Ledger", book.last), ("Orders", 5)]


class TestAnswersAreEqualUntilRelease:
    def test_another_key_for_the_same_line(self, book: Book) -> None:
        book.commit(book.seats(RELEASED, "K1", 1, "1"), book.seats(ASSIGNED, "K1", 1, "1"))

        assert found(book) == [("Key Ledger", book.last - 1)]

    def test_more_seats_for_the_same_lines(self, book: Book) -> None:
        receipt = read_receipt(book.ledgers[Orders][1].lines)
        more = write_receipt(receipt._replace(owed=(receipt.owed[0]._replace(seats=3),)))
        book.commit(book.seats(ASSIGNED, "K2", 1, "2"), _filled(book, "2").model_copy(update={"lines": more}))

        assert the_only_fault(book) == (
            "Orders",
            5,
            "order 2 is owed more than it was filled with, for the same lines",
        )

    def test_a_receipt_that_cannot_be_read_is_one_fault(self, book: Book) -> None:
        assert the_only_fault(book.over(Orders, 3, lines="{}"))[:2] == ("Orders", 3)


class TestFirstInFirstOut:
    def test_a_younger_key_at_any_commit(self, book: Book) -> None:
        book.does(lambda world: world.order("8", ("A", 1)))
        book.over(KeyLedger, book.last, key_id="K3", keycode="code-of-K3")

        assert the_only_fault(book) == (
            "Key Ledger",
            book.last,
            "first in, first out: the older key K2 still had 1 free seat",
        )

    def test_a_key_that_was_imported_later_only(self, book: Book) -> None:
        book.does(lambda world: world.keys(CPT, 2))
        book.over(KeyLedger, 2, key_id="K5", keycode="code-of-K5")

        assert ("Key Ledger", 2, "the key K5 was never imported before") in book.audit()

    def test_a_key_whose_seat_came_back(self, book: Book) -> None:
        book.does(lambda world: world.release("1")).does(lambda world: world.order("8", ("A", 1)))
        book.over(KeyLedger, book.last, key_id="K2", keycode="code-of-K2")

        assert "the older key K1 still had 1 free seat" in the_only_fault(book)[2]


class TestEveryCommitHasOneLogRowAndAKnownPredecessor:
    def test_one_that_stands_there_twice(self, book: Book) -> None:
        book.log.insert(3, book.log[2])

        assert ("Commit Log", 5, "the commit c2 has a row already, row 4") in book.audit()

    def test_one_under_the_id_of_another(self, book: Book) -> None:
        book.log[4] = book.log[4]._replace(commit="c2")
        book.log[5] = book.log[5]._replace(previous="c2")

        assert ("Commit Log", 6, "the commit c2 has a row already, row 4") in book.audit()

    def test_one_that_is_missing(self, book: Book) -> None:
        del book.log[3]

        assert ("Commit Log", 5) in found(book)

    def test_the_first_is_missing(self, book: Book) -> None:
        del book.log[0]

        assert the_only_fault(book) == (
            "Commit Log",
            2,
            "begins with version 1: the commits before it are missing",
        )

    def test_a_predecessor_that_nobody_knows(self, book: Book) -> None:
        book.log[3] = book.log[3]._replace(previous="forged")

        assert the_only_fault(book)[:2] == ("Commit Log", 5)

    def test_a_version_that_was_left_out(self, book: Book) -> None:
        book.log[5] = book.log[5]._replace(version=9)

        assert the_only_fault(book)[:2] == ("Commit Log", 7)

    def test_fewer_rows_than_before(self, book: Book) -> None:
        book.log.append(Log(6, "c6", "c5", {**book.log[-1].counts, "Orders": 2}))

        assert ("Commit Log", 8, "Orders has fewer rows than before") in book.audit()

    @pytest.mark.parametrize("tab", [KeyLedger, Orders, Outbox])
    def test_a_row_that_names_another_commit(self, book: Book, tab: type[KeyLedger | Orders | Outbox]) -> None:
        assert (tab.__table__.title, 2) in found(book.over(tab, 2, commit="c1"))

    @pytest.mark.parametrize("tab", [ImportHistory, LiveCatalogue, KeyLedger, Orders, Outbox])
    def test_a_row_of_no_commit(self, book: Book, tab: type[KeyLedger]) -> None:
        rows = book.ledgers[tab]
        rows.append(rows[-1])

        faults = [(where, row) for where, row, message in book.audit() if "by the commit log it should hold" in message]
        assert faults == [(tab.__table__.title, len(rows) + 1)]

    def test_the_first_row_of_a_tab_to_which_no_commit_wrote(self) -> None:
        empty = Book()
        empty.ledgers[ImportHistory].append(key_row("K1", "NASM CPT combined", 1))

        assert [(where, row) for where, row, _ in empty.audit()] == [("Import History", 2)]

    @pytest.mark.parametrize("tab", [ImportHistory, LiveCatalogue, KeyLedger, Orders, Outbox])
    def test_a_row_that_is_gone(self, book: Book, tab: type[KeyLedger]) -> None:
        rows = book.ledgers[tab]
        del rows[-1]

        faults = [(where, row) for where, row, message in book.audit() if "by the commit log it should hold" in message]
        assert faults == [(tab.__table__.title, len(rows) + 2)]


class TestNoAlertIsLost:
    @pytest.mark.parametrize("row", [2, 3, 4], ids=["fulfilled", "fulfilled with two keys", "failed"])
    def test_of_an_order(self, book: Book, row: int) -> None:
        book.over(Outbox, row, about="elsewhere")

        assert the_only_fault(book)[:2] == ("Orders", row)

    def test_a_push_of_stock_about_the_same_order_is_no_alert(self, book: Book) -> None:
        assert the_only_fault(book.over(Outbox, 2, kind="stock"))[:2] == ("Orders", 2)

    def test_an_alert_of_another_kind_is_not_the_one(self, book: Book) -> None:
        assert the_only_fault(book.over(Outbox, 4, kind="fulfilled"))[:2] == ("Orders", 4)

    def test_of_a_release(self, book: Book) -> None:
        book.does(lambda world: world.release("1")).over(Outbox, 5, about="elsewhere")

        assert the_only_fault(book) == ("Orders", 5, "order 1: RELEASED has no message in the Outbox")

    def test_of_a_delivery(self, book: Book) -> None:
        book.does(lambda world: world.event("1", OrderEvent.DELIVERED)).over(Outbox, 5, about="elsewhere")

        assert the_only_fault(book) == ("Orders", 5, "order 1: DELIVERED has no message in the Outbox")

    def test_one_that_was_sent_and_never_due(self, book: Book) -> None:
        book.commit(Outbox(at=AT, event=OutboxEvent.SENT, message_id="n", kind="fulfilled", about="1", commit=""))

        assert the_only_fault(book)[:2] == ("Outbox", 5)


class TestImports:
    def test_an_id_twice(self, book: Book) -> None:
        book.commit(key_row("K1", CPT, 5, "another code"))

        assert the_only_fault(book) == ("Import History", 6, "the key id K1 stands there twice")

    def test_a_code_twice(self, book: Book) -> None:
        book.commit(key_row("K9", CPT, 5, "code-of-K1"))

        tab, row, message = the_only_fault(book)
        assert (tab, row) == ("Import History", 6)
        assert "row 2" in message
        assert "code-of" not in message

    @pytest.mark.parametrize("seats", [0, -3])
    def test_no_seats(self, book: Book, seats: int) -> None:
        assert found(book.commit(key_row("K9", CPT, seats))) == [("Import History", 6)]

    def test_a_publication_that_cannot_be_read(self, book: Book) -> None:
        assert the_only_fault(book.over(LiveCatalogue, 2, entitlements="nonsense"))[:2] == ("Live Catalogue", 2)


class TestKeyInventory:
    """total = used + quarantined + available, in every row, as the ledgers have it."""

    def faults(
        self, change: dict[str, int | str] | None = None, *, row: int = 2, lost: int = 0
    ) -> list[tuple[int, str]]:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 2, 2).keys(EXAM, 2)
        world.order("1", ("A", 1))
        world.retire("K2")
        shown = key_inventory(world.state)
        shown[row - 2] = shown[row - 2].model_copy(update=change or {})
        if lost:
            del shown[lost - 2]
        return [(fault.row, fault.message) for fault in audit_inventory(world.state, shown)]

    def test_nothing_is_wrong_with_what_is_computed(self) -> None:
        assert self.faults() == []

    @pytest.mark.parametrize("column", ["total", "used", "quarantined", "available"])
    def test_a_number_is_named_by_its_row(self, column: str) -> None:
        ((row, message),) = self.faults({column: 77})

        assert row == 2
        assert "by the ledgers it is total 4, used 1, quarantined 2, available 1" in message

    def test_a_strange_pool_a_doubled_one_and_a_missing_one(self) -> None:
        assert [row for row, _ in self.faults({"provider": "NCSF"}, row=3)] == [3, 4]
        assert [row for row, _ in self.faults({"component": "combined"}, row=3)] == [3, 4]
        assert [row for row, _ in self.faults(lost=2)] == [3]
        both = self.faults({"component": "exam", "total": 2, "used": 0, "quarantined": 0, "available": 2}, row=2)
        assert [row for row, _ in both] == [3, 4]
        assert "has a row already" in both[0][1]


def test_no_code_stands_in_anything_that_is_found(book: Book) -> None:
    book.over(KeyLedger, 2, keycode="code-of-nothing").over(KeyLedger, 3, seats=9).over(Orders, 2, lines="{}")

    assert book.audit()
    assert "code-of" not in str(book.audit())


def test_a_refund_that_stands_there_twice_is_named(book: Book) -> None:
    lines = write_refund(Refund("r1", "1", (RefundedLine("1", "A", 1, 1),)))
    row = Orders(at=AT, event=OrderEvent.REFUNDED, order_id="1", status="fulfilled", lines=lines, commit="c")
    book.commit(row)
    assert book.audit() == []

    book.commit(row)

    tab, _, message = the_only_fault(book)
    assert (tab, message) == ("Orders", "order 1: the same refund stands there twice")


def test_a_spreadsheet_in_which_nothing_happened_is_sound() -> None:
    assert Book().audit() == Book(log=[]).audit() == []


def test_of_a_log_that_has_left_as_a_whole_every_ledger_says_that_its_rows_are_in_none() -> None:
    book = Book().does(lambda world: world.product("A", "NASM-CPT-FULL"))

    assert book.audit({"Commit Log": book.departed(None, len(book.log), 0)}) == [
        (
            "Live Catalogue",
            2,
            "holds 1 row, but by the commit log it should hold 0: what differs begins here at the latest",
        )
    ]


def test_seats_that_an_order_did_not_hold_are_told_where_they_were_given_back_and_nowhere_else() -> None:
    book = Book().does(lambda world: world.product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 2))
    book.does(lambda world: world.order("1", ("A", 1)))
    book.commit(book.seats(KeyEvent.RELEASED, "K1", 2, "1"))

    assert book.audit() == [
        ("Key Ledger", 3, "releases 2 seats, but the order holds 1"),
        ("Key Ledger", 3, "order 1 lost 2 seats without a Release"),
        ("Key Ledger", 3, "order 1 is owed 1 seat and holds 0: line 1 (A), NASM-CPT-FULL: 1 owed, 0 held"),
    ]


def test_a_release_of_no_seat_at_all_is_none() -> None:
    book = Book().does(lambda world: world.product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 2))
    book.does(lambda world: world.order("1", ("A", 1)))
    book.commit(book.seats(KeyEvent.RELEASED, "K1", 0, "1"))

    assert ("Key Ledger", 3, "releases 0 seats, but the order holds 1") in book.audit()
