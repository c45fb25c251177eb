"""The audit of a spreadsheet from whose Outbox and commit log the first rows have left: as strict as before about what is there."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from npta.tables import ImportHistory, KeyEvent, KeyLedger, LiveCatalogue, OrderEvent, Orders, Outbox, OutboxEvent
from tests.npta.domain.book import Book
from tests.npta.domain.histories import Did, Placed, histories, start, take


def played(history: list[Placed | Did]) -> Book:
    book = Book()
    book.commit(*start().history)
    for row in book.ledgers[ImportHistory] + book.ledgers[LiveCatalogue]:
        book.world.facts(row)
    for step in history:
        book.does(lambda world, step=step: take(world, step))  # type: ignore[misc]  # a default argument binds it
    return book


@settings(max_examples=150, deadline=None)
@given(histories, st.integers(0, 40), st.integers(0, 40), st.integers(0, 3))
def test_nothing_is_wrong_with_what_is_left_of_any_history(
    history: list[Placed | Did], log: int, messages: int, blank: int
) -> None:
    book = played(history)
    log, messages = min(log, len(book.log) - 1), min(messages, len(book.ledgers[Outbox]))
    departed = {"Commit Log": book.departed(None, log, min(blank, log))}
    if messages:
        departed["Outbox"] = book.departed(Outbox, messages, min(blank, messages))
    assert book.audit(departed) == []


def a_book() -> Book:
    return (
        Book()
        .does(lambda world: world.product("A", "NASM-CPT-FULL"))
        .does(lambda world: world.keys("NASM CPT combined", 2, 2, 2))
        .does(lambda world: world.order("1", ("A", 1)))
        .does(lambda world: world.order("2", ("A", 2)))
        .does(lambda world: world.order("3", ("A", 9)))
    )


def test_a_seat_that_is_used_twice_is_found_before_and_after_what_the_log_still_tells() -> None:
    for gone in (0, 3, 4, 5):
        book = a_book().over(KeyLedger, 3, key_id="K2")
        findings = book.audit({"Commit Log": book.departed(None, gone, 0)} if gone else {})
        assert ("Key Ledger", 3) in [(tab, row) for tab, row, _ in findings], gone


def test_an_order_without_its_keys_is_found_at_the_row_in_which_it_was_wrong_first() -> None:
    book = a_book().over(Orders, 2, order_id="3")
    departed = {"Commit Log": book.departed(None, 5, 0)}
    found = [(row, message) for tab, row, message in book.audit(departed) if tab == "Orders"]
    assert found[0] == (2, "order 3 is owed 1 seat and holds 0: line 1 (A), NASM-CPT-FULL: 1 owed, 0 held")


def test_an_order_is_looked_at_although_no_commit_after_it_took_seats() -> None:
    book = a_book().over(Orders, 4, event=OrderEvent.FULFILLED, status="fulfilled")
    book.does(lambda world: world.event("1", OrderEvent.DELIVERED))
    found = [(tab, row) for tab, row, _ in book.audit({"Commit Log": book.departed(None, 6, 0)})]
    assert ("Orders", 4) in found


def test_commits_from_before_there_was_an_outbox_need_no_message() -> None:
    book = a_book()
    for index, row in enumerate(book.log):
        counts = {tab: count for tab, count in row.counts.items() if tab != "Outbox"}
        book.log[index] = row._replace(counts=counts if index < 4 else {**row.counts, "Outbox": index - 3})
    del book.ledgers[Outbox][0]
    assert book.audit({"Commit Log": book.departed(None, 2, 0)}) == []


def test_faults_are_named_by_the_sheet_row_in_which_they_stand() -> None:
    book = a_book()
    unknown = Outbox(at="2026", event=OutboxEvent.SENT, message_id="nobody", kind="fulfilled", commit="c6")
    book.commit(unknown, told=False)
    departed = {"Outbox": book.departed(Outbox, 2, 1)}
    assert [(tab, row) for tab, row, _ in book.audit(departed)] == [("Outbox", 4)]


def test_a_message_that_is_missing_among_those_that_are_there_is_found() -> None:
    book = a_book().does(lambda world: world.event("1", OrderEvent.DELIVERED))
    departed = {"Outbox": book.departed(Outbox, 1, 0)}
    del book.ledgers[Outbox][-1]
    found = [(tab, row) for tab, row, _ in book.audit(departed)]
    assert ("Orders", 5) in found
    assert ("Outbox", 4) in found, "and that the log counts one more"


def test_a_row_that_names_another_commit_is_found_as_far_as_the_log_tells() -> None:
    book = a_book().over(KeyLedger, 4, commit="c1")
    assert ("Key Ledger", 4) in [(tab, row) for tab, row, _ in book.audit({"Commit Log": book.departed(None, 2, 0)})]


def test_seats_are_in_the_order_of_their_commits_also_before_the_log_begins() -> None:
    book = a_book()
    book.commit(book.seats(KeyEvent.RETIRED, "K3", 2)).does(lambda world: world.release("2"))
    assert book.audit({"Commit Log": book.departed(None, 7, 7)}) == []
