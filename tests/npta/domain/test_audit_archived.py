"""The audit of a spreadsheet whose settled orders have left for an archive, without and with reading the archive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from npta.domain.orders.order_actions import resend
from npta.domain.reports.findings import AuditFinding
from npta.domain.state import order_positions
from npta.domain.state.archived_order import digest_of, digest_of_all
from npta.domain.state.packed_orders import pack
from npta.tables import ArchiveIndex, ImportHistory, KeyEvent, KeyLedger, LiveCatalogue, OrderEvent, Orders
from tests.npta.domain.histories import IDS, Did, Placed, start, steps, take
from tests.npta.domain.shrinking import ShrinkingBook, started, with_orders
from tests.npta.domain.test_archived_histories import mailed_again


@pytest.fixture(autouse=True, scope="module")
def _lists_are_short() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_positions, "LISTED", 1)
        yield


class Leaves(NamedTuple):
    """Settled orders leave; of the first `rows` of each ledger at most `most`, perhaps with mails `unconfirmed`."""

    most: int
    rows: int
    unconfirmed: bool


_steps = st.one_of(steps, steps, steps, st.builds(mailed_again, st.sampled_from(IDS), noted=st.booleans()))
_some_leave = st.lists(_steps, min_size=3, max_size=12).flatmap(
    lambda some: st.builds(Leaves, st.integers(1, 3), st.integers(4, 30), st.booleans()).map(
        lambda leaves: [*some, leaves]
    )
)
histories = st.lists(_some_leave, min_size=3, max_size=6).map(lambda parts: [*chain.from_iterable(parts)])


def played(history: list[Placed | Did | Leaves], skews: list[int]) -> ShrinkingBook:
    book = ShrinkingBook(skews=skews)
    book.commit(*start().history)
    for row in book.ledgers[ImportHistory] + book.ledgers[LiveCatalogue]:
        book.world.facts(row)
    for step in history:
        if isinstance(step, Leaves):
            (book if step.unconfirmed else book.settle()).leave(step.most, step.rows, unconfirmed=step.unconfirmed)
        else:
            book.does(lambda world, step=step: take(world, step))  # type: ignore[misc]  # a default argument binds it
    return book


@settings(max_examples=120, deadline=None, phases=[Phase.reuse, Phase.generate])  # to shrink takes minutes
@given(histories, st.integers(0, 60), st.just([0]) | st.lists(st.integers(-9, 9), min_size=1, max_size=3))
def test_nothing_is_wrong_with_any_history_from_which_orders_left_and_to_which_they_came_back(
    history: list[Placed | Did | Leaves], log: int, skews: list[int]
) -> None:
    book = played(history, skews)
    log = min(log, len(book.log) - 1)
    assert book.plain() == []
    assert book.plain(log) == []
    assert book.whole() == []
    assert book.whole(log) == []


def a_book() -> ShrinkingBook:
    """Orders 1 and 2 stand in the first portion, 3 in the second. 2 has come back and holds nothing any more; 4 waits for its mail."""
    book = started()
    book.does(lambda world: world.order("1", ("A", 1)))
    book.settle().commit(book.seats(KeyEvent.ADJUSTED, "K4", 3))
    book.does(lambda world: world.order("4", ("A", 1)))
    for order_id, quantity in (("2", 2), ("3", 1), ("5", 1)):
        book.does(lambda world, order_id=order_id, quantity=quantity: world.order(order_id, ("A", quantity)))  # type: ignore[misc]
        book.settle("4")
    assert book.leave(2) == 2
    book.does(lambda world: world.release("2"))
    assert book.leave(1) == 1
    assert {row.order_id for row in book.openings[Orders]} >= {"4"}
    return book


def tabs_and_rows(found: list[AuditFinding]) -> list[tuple[str, int]]:
    return [(fault.tab, fault.row) for fault in found]


def test_it_is_sound_at_first() -> None:
    assert a_book().plain() == []
    assert a_book().whole() == []


def found_in(found: list[AuditFinding], tab: str, row: int, says: str) -> None:
    assert any((fault.tab, fault.row) == (tab, row) and says in fault.message for fault in found), found


def opening_json(book: ShrinkingBook, tab: type[Orders | KeyLedger]) -> dict[str, Any]:
    field = "lines" if tab is Orders else "entitlement"
    (row,) = [row for row in book.openings[tab] if row.event == "CARRIED" and row.order_id in ("", "-")]
    content: dict[str, Any] = json.loads(getattr(row, field))
    return content


def over_json(book: ShrinkingBook, tab: type[Orders | KeyLedger], **changes: Any) -> None:
    field = "lines" if tab is Orders else "entitlement"
    content = opening_json(book, tab) | changes
    book.over_opening(
        tab,
        lambda row: (
            row.model_copy(update={field: json.dumps(content)})
            if row.event == "CARRIED" and row.order_id in ("", "-")
            else row
        ),
    )


class TestWithoutTheArchive:
    """What is here is checked as strictly as ever, and so is what stands for what is not."""

    def test_a_seat_that_an_order_in_the_archive_holds_is_not_given_twice(self) -> None:
        book = a_book()
        book.commit(book.seats(KeyEvent.ASSIGNED, "K1", 1, "4"))
        found_in(book.plain(), "Key Ledger", 3 + book.last, "assigns 1 seat of key K1, but 0 are free")

    @pytest.mark.parametrize("tab", [KeyLedger, Orders])
    def test_a_row_that_is_gone_or_doubled_in_the_sheet_is_missed(self, tab: type[KeyLedger | Orders]) -> None:
        for change in (lambda rows: rows[:-1], lambda rows: [*rows, rows[-1]]):
            book = a_book()
            book.ledgers[tab] = change(book.ledgers[tab])
            assert any(
                "by the commit log" in fault.message and fault.tab == tab.__table__.title for fault in book.plain()
            )

    def test_a_key_that_had_been_retired_before_its_row_left_is_sold_to_nobody(self) -> None:
        book = with_orders(("1", 1))
        book.does(lambda world: world.keys("NASM CPT combined", 5).retire("K2"))
        book.does(lambda world: world.order("2", ("A", 1)))
        book.settle().does(lambda world: world.order("3", ("a", 1)))
        assert book.leave(2) == 2
        book.commit(book.seats(KeyEvent.ASSIGNED, "K2", 1, "3"))
        assert any(
            "of the key K2, which a row that has left (Opening) had retired" in fault.message for fault in book.plain()
        )

    def test_seats_that_stand_otherwise_than_orders_hold_them_are_found(self) -> None:
        for change in ([0, 0, False, None], [2, 0, False, None], [1, 1, False, None], [-1, 0, False, None]):
            book = a_book()
            keys = [
                [key_id, *(change if key_id == "K1" else numbers)]
                for key_id, *numbers in opening_json(book, KeyLedger)["keys"]
            ]
            over_json(book, KeyLedger, keys=keys)
            assert ("Opening", 0) in tabs_and_rows(book.plain()), change

    def test_what_stands_for_rows_that_have_left_can_be_read_or_is_told(self) -> None:
        damages: list[dict[str, Any]] = [
            {"numbers": "no"},
            {"numbers": []},
            {"keys": [["K1"]], "arrived": "x", "mails": 3},
            {"keys": [["K77", 1, 0, False, None]], "list": 1},
        ]
        for tab in (Orders, KeyLedger):
            for changes in damages:
                book = a_book()
                over_json(book, tab, **changes)
                assert "Opening" in {fault.tab for fault in book.plain()}, (tab, changes)

    def test_a_row_that_stays_is_checked_by_itself(self) -> None:
        book = a_book()
        book.over_opening(
            KeyLedger, lambda row: row.model_copy(update={"keycode": "X"}) if row.order_id == "4" else row
        )
        number = opening_json(book, KeyLedger)["numbers"][0]
        found_in(book.plain(), "Opening", 0, f"row {number} of Key Ledger: another keycode than the key")
        book = a_book()
        book.over_opening(Orders, lambda row: row.model_copy(update={"order_id": "9"}) if row.order_id == "4" else row)
        found_in(book.plain(), "Opening", 0, "order 4 holds keys (1 seat), but has no row in Orders")
        book = a_book()
        book.over_opening(Orders, lambda row: row.model_copy(update={"commit": "c1"}) if row.order_id == "4" else row)
        found_in(book.plain(), "Opening", 0, "names commit c1, but stands where commit")

    @pytest.mark.parametrize("tab", [KeyLedger, Orders])
    def test_the_first_row_whose_commit_the_log_still_tells_names_it(self, tab: type[KeyLedger | Orders]) -> None:
        title, looked_at = tab.__table__.title, 0
        for log in range(1, len(a_book().log)):
            book = a_book()
            first = book.log[log].counts[title] - book.gone[tab]
            if 0 <= first < len(book.ledgers[tab]):
                book.over(tab, first + 2, commit="c1")
                found_in(book.plain(log), title, first + 5, "names commit c1, but stands where commit")
                looked_at += 1
        assert looked_at > 2

    def test_an_order_that_has_not_come_back_has_no_row_here(self) -> None:
        book = a_book()
        book.archive.clear()  # so that it does not come back
        book.does(lambda world: world.event("1", OrderEvent.CLEARED))
        found_in(
            book.plain(),
            "Orders",
            3 + len(book.ledgers[Orders]) + 1,
            "order 1 stands in the archive (portion 1, row 2)",
        )

    @pytest.mark.parametrize(
        ("tab", "update", "says"),
        [
            (Orders, {"lines": '{"portion":2,"rows":[]}'}, "came back from portion 2, but stood in portion 1"),
            (Orders, {"lines": "{}"}, "what it was cannot be read"),
            (Orders, {"event": OrderEvent.CLEARED, "lines": ""}, "came back without a row in Orders"),
            (Orders, {"order_id": "9"}, "came back with rows of another order"),
            (
                KeyLedger,
                {"entitlement": '[["1","A","NASM-CPT-FULL","K9",2]]'},
                "with the key K9, which was never imported",
            ),
            (
                KeyLedger,
                {"entitlement": '[["1","A","NASM-CPT-FULL","K4",2]]'},
                "but by Archive Index the keys it held were K",
            ),
            (KeyLedger, {"entitlement": "?"}, "what it held cannot be read"),
        ],
    )
    def test_an_order_that_came_back_agrees_with_the_index(
        self, tab: type[Any], update: dict[str, Any], says: str
    ) -> None:
        book = with_orders(("1", 1), ("2", 2), ("3", 1))
        assert book.leave(2) == 2
        book.does(lambda world: world.release("2"))
        assert book.plain() == []
        at = next(index for index, row in enumerate(book.ledgers[tab]) if row.event == "CARRIED")
        book.over(tab, at + 2, **update)
        assert any(says in fault.message for fault in book.plain()), book.plain()

    def test_an_order_comes_back_once_from_a_portion(self) -> None:
        book = with_orders(("1", 1), ("2", 2), ("3", 1))
        book.leave()
        book.does(lambda world: world.release("2"))
        twice = [row for tab in (Orders, KeyLedger) for row in book.ledgers[tab] if row.event == "CARRIED"]
        book.commit(*twice)
        found_in(
            book.plain(),
            "Orders",
            3 + len(book.ledgers[Orders]) + 1,
            "order 2 came back from portion 1, but by Archive Index it was in no",
        )

    @pytest.mark.parametrize(
        ("update", "says"),
        [
            ({"packed": "?"}, "cannot be read"),
            ({"packed": pack([])}, "cannot be read"),
            ({"orders": 1}, "cannot be read"),
            ({"lowest": "0"}, "are 1 to 2, not 0 to 2"),
            ({"highest": "many"}, "not 1 to many"),
            ({"rows": 1}, "fewer rows than orders"),
            ({"tab": "00002 abcdef12"}, "is another's"),
        ],
    )
    def test_the_index_agrees_with_itself(self, update: dict[str, Any], says: str) -> None:
        book = a_book().over(ArchiveIndex, 2, **update)
        assert any(
            fault.tab == "Archive Index" and fault.row == 2 and says in fault.message for fault in book.plain()
        ), book.plain()

    def test_no_portion_is_missing_in_the_index(self) -> None:
        book = a_book()
        del book.ledgers[ArchiveIndex][1]
        found_in(book.plain(), "Archive Index", 0, "2 portions have left, but 1 row stands here")


class TestWithTheArchive:
    """All rows together are audited as if none had left."""

    ONE, TWO = "archive one, tab “00001 abcdef12”", "archive one, tab “00002 abcdef12”"

    def test_a_row_that_was_edited_is_named_with_what_it_means(self) -> None:
        for update in ({"email": "x@example.com"}, {"rows": "{}"}, {"order_id": "9"}, {"digest": "0"}):
            book = a_book()
            book.edit_archived(1, 3, **update)
            assert book.plain() == []
            found_in(
                book.whole(),
                self.ONE,
                3,
                "order 2 is not as it was written. It is answered with 503 until the tab is put back",
            )

    def test_a_row_with_a_digest_that_fits_is_told_from_those_that_left(self) -> None:
        book = a_book()
        row = book.archive["00001 abcdef12"][0]
        edited = row.model_copy(update={"email": "x@example.com"})
        book.edit_archived(1, 2, email=edited.email, digest=digest_of(edited))
        found_in(book.whole(), self.ONE, 0, "these are not the rows that left")

    def test_rows_of_another_portion_are_told(self) -> None:
        book = a_book()
        book.archive["00001 abcdef12"].reverse()
        assert {(self.ONE, 2), (self.ONE, 4)} <= {*tabs_and_rows(book.whole())}

    def test_what_happened_to_keys_is_checked_too(self) -> None:
        book = a_book()
        book.edit_archived(1, 4, rows="{}")
        found_in(book.whole(), self.ONE, 4, "what happened to keys apart from orders is not as it was written")

    def planted(self, book: ShrinkingBook, tab: int, row: int, change: Any) -> None:
        """Change an order's rows and sign them: nothing but the whole can tell."""
        title = f"{tab:05} abcdef12"
        content = json.loads(book.archive[title][row - 2].rows)
        change(content)
        edited = book.archive[title][row - 2].model_copy(update={"rows": json.dumps(content)})
        book.edit_archived(tab, row, rows=edited.rows, digest=digest_of(edited))
        book.over(ArchiveIndex, tab + 1, digest=digest_of_all(book.archive[title]))

    def test_a_row_that_is_nowhere_is_named_by_its_number(self) -> None:
        book = a_book()
        number = min(json.loads(book.archive["00001 abcdef12"][1].rows)["seats"], key=int)
        self.planted(book, 1, 3, lambda content: content["seats"].pop(number))
        assert book.plain() == []
        found_in(book.whole(), "Key Ledger", 0, f"row {number} is neither in the sheet nor in an archive")

    def test_rows_that_are_nowhere_one_after_another_are_named_together(self) -> None:
        book = a_book()
        first, second = map(int, json.loads(book.archive["00001 abcdef12"][1].rows)["orders"])
        self.planted(book, 1, 3, lambda content: content["orders"].clear())
        assert second == first + 1
        found_in(book.whole(), "Orders", 0, f"rows {first} to {second} are neither in the sheet nor in an archive")

    def test_a_row_of_another_name_than_the_index_has_is_told(self) -> None:
        book = a_book()
        row = book.archive["00001 abcdef12"][0]
        edited = row.model_copy(update={"order_name": "#77"})
        book.edit_archived(1, 2, order_name="#77", digest=digest_of(edited))
        book.over(ArchiveIndex, 2, digest=digest_of_all(book.archive["00001 abcdef12"]))
        found_in(book.whole(), self.ONE, 2, "has another name or other keys than Archive Index says")

    def test_a_row_that_stands_twice_is_named_with_both(self) -> None:
        book = a_book()
        other = json.loads(book.archive["00001 abcdef12"][0].rows)["orders"]
        self.planted(book, 1, 3, lambda content: content["orders"].update(other))
        (number, *_) = other
        found_in(
            book.whole(),
            self.ONE,
            3,
            f"row {number} of Orders stands here and elsewhere: row {number} of Orders ({self.ONE})",
        )

    def test_a_row_that_stands_in_the_sheet_as_well_is_named(self) -> None:
        book = a_book()
        number = book.gone[Orders] + 1
        row = book.ledgers[Orders][0].model_dump(mode="json")
        self.planted(book, 1, 3, lambda content: content["orders"].update({str(number): row}))
        found_in(book.whole(), self.ONE, 3, f"row {number} of Orders stands here and elsewhere: row 5 of the sheet")

    def test_a_row_that_the_spreadsheet_has_not_written_yet_is_told(self) -> None:
        book = a_book()
        number = book.gone[Orders] + len(book.ledgers[Orders]) + 7
        row = book.ledgers[Orders][0].model_dump(mode="json")
        self.planted(book, 1, 3, lambda content: content["orders"].update({str(number): row}))
        found_in(book.whole(), self.ONE, 3, "was put back to an earlier version")

    def test_a_seat_given_twice_over_the_border_is_found_where_it_stands(self) -> None:
        book = a_book()
        first = min(json.loads(book.archive["00001 abcdef12"][0].rows)["seats"], key=int)

        def take_another(content: Any) -> None:
            content["seats"][first]["key_id"] = "K2"

        self.planted(book, 1, 2, take_another)
        found = book.whole()
        assert any(
            (fault.tab, fault.row) == (self.ONE, 2)
            and fault.message.startswith(f"row {first} of Key Ledger: ")
            and "first in, first out" in fault.message
            for fault in found
        ), found

    def test_an_order_that_came_back_with_something_else_than_it_held_is_found(self) -> None:
        book = with_orders(("1", 1), ("2", 2), ("3", 1))
        book.leave()
        book.does(lambda world: world.event("2", OrderEvent.CLEARED))
        at = next(index for index, row in enumerate(book.ledgers[KeyLedger]) if row.event == "CARRIED")
        held = json.loads(book.ledgers[KeyLedger][at].entitlement)
        held[0][4] += 1
        book.over(KeyLedger, at + 2, entitlement=json.dumps(held))
        found_in(
            book.whole(),
            "Key Ledger",
            at + 5,
            "order 2 came back with 2 seats of K1, 1 seat of K2, but held 1 seat of K1, 1 seat of K2",
        )

    def test_an_order_that_came_back_as_something_else_than_it_was_is_found(self) -> None:
        book = with_orders(("1", 1), ("2", 2), ("3", 1))
        book.leave()
        book.does(lambda world: world.event("2", OrderEvent.CLEARED))
        at = next(index for index, row in enumerate(book.ledgers[Orders]) if row.event == "CARRIED")
        content = json.loads(book.ledgers[Orders][at].lines)
        content["rows"].pop()
        book.over(Orders, at + 2, lines=json.dumps(content))
        assert book.plain() == []
        found_in(book.whole(), "Orders", at + 5, "order 2 came back with other rows than it had")

    def test_an_archived_order_holds_what_its_rows_come_to(self) -> None:
        book = a_book()
        self.planted(book, 1, 2, lambda content: content["held"][0].__setitem__(4, 9))
        found_in(book.whole(), self.ONE, 2, "order 1 holds something else than its rows come to")

    def test_what_stands_for_the_rows_is_what_they_come_to(self) -> None:
        for name, value in (("arrived", 77), ("failures", 9), ("mail_count", 99)):
            book = a_book()
            over_json(book, Orders, **{name: value})
            assert book.plain() == []
            found_in(
                book.whole(), "Opening", 0, f"“{name}” of the orders that have left is not what their rows come to"
            )
        book = a_book()
        over_json(book, KeyLedger, days=[])
        found_in(book.whole(), "Opening", 0, "seats of pool and day")


def test_orders_that_never_had_a_key_leave_while_no_row_of_key_ledger_does() -> None:
    book = started()
    book.does(lambda world: world.product("X", "", "EXTERNAL"))
    book.does(lambda world: world.order("1", ("A", 1))).settle()
    for order_id in ("6", "7", "8"):
        book.does(lambda world, order_id=order_id: world.order(order_id, ("X", 1)))  # type: ignore[misc]
    book.does(lambda world: world.order("9", ("a", 1)))
    assert book.leave(1) == 1
    gone = book.gone[KeyLedger]
    assert book.leave(1) == 1
    assert book.gone[KeyLedger] == gone
    assert book.plain() == book.whole() == []


def a_quiet_book() -> ShrinkingBook:
    """Orders 1 and 2 have left, each by itself, although nobody confirmed their mails; 3 waits for its own."""
    book = started()
    for order_id in ("1", "2", "3"):
        book.does(lambda world, order_id=order_id: world.order(order_id, ("A", 1)))  # type: ignore[misc]
    assert [book.leave(1, unconfirmed=True) for _ in range(2)] == [1, 1]
    return book


def opened_mails(book: ShrinkingBook) -> list[list[object]]:
    mails: list[list[object]] = json.loads(book.openings[Orders][-1].lines)["mails"]
    return mails


def test_what_stands_for_rows_names_no_unconfirmed_mail_of_an_order_that_has_left() -> None:
    book = a_quiet_book()
    assert opened_mails(book) == []
    assert book.leave(1, unconfirmed=True) == 0
    assert (book.plain(), book.whole()) == ([], [])


@pytest.mark.parametrize("again", [False, True])
def test_an_order_that_came_back_unconfirmed_stands_there_with_its_place(again: bool) -> None:
    book = a_quiet_book()
    book.does(lambda world: world.clear("1"))
    if again:
        book.does(lambda world: world.press(resend, "1", noted=True))
    book.does(lambda world: world.order("4", ("A", 1))).settle("1", "2", "3").does(
        lambda world: world.order("5", ("a", 1))
    )
    state = book.state()
    assert [record.order_id for _, record in state.undelivered()] == ["3", "1", "5"]
    assert [position for position, _ in state.undelivered()] == ([2, 3, 5] if again else [2, -1, 4])

    assert book.leave() == 1
    assert [*state.undelivered()] == [*book.state().undelivered()]
    assert opened_mails(book)[1] == ["1", 3 if again else -1]
    assert (book.plain(), book.whole()) == ([], [])


def shop_of(*skews: int) -> ShrinkingBook:
    """A shop with one product, two keys and clocks that are wrong by so many minutes."""
    book = ShrinkingBook(skews=[*skews])
    book.does(lambda world: world.product("A", "NASM-CPT-FULL"))
    return book.does(lambda world: world.keys("NASM CPT combined", 2, 2, 2))


def torn_book() -> ShrinkingBook:
    """Of the commit that sold order 3 the row of Key Ledger has left, while that of Orders is here."""
    book = shop_of(0, -2, 0)
    for number in "12345":
        book.does(lambda world, number=number: world.order(number, ("A", 1))).settle("4")  # type: ignore[misc]
    assert book.leave(1) == 1
    assert [row.order_id for row in book.openings[KeyLedger] if row.commit == "c7"][1:] == ["3"]
    assert [row.order_id for row in book.ledgers[Orders] if row.commit == "c7"] == ["3"]
    return book


def test_a_commit_of_which_one_row_left_while_another_is_here_is_checked_as_one() -> None:
    assert torn_book().plain() == torn_book().whole() == []
    for wrong, says in (
        ({"keycode": "X"}, "row 3 of Key Ledger: another keycode than the key K2 has"),
        ({"sku": "B"}, "order 3 is owed 1 seat and holds 1: line 1 (A), NASM-CPT-FULL: 1 owed, 0 held"),
    ):
        book = torn_book()
        book.over_opening(
            KeyLedger,
            lambda row, wrong=wrong: row.model_copy(update=wrong) if row.order_id == "3" else row,  # type: ignore[misc]
        )
        assert says in " ".join(finding.message for finding in book.plain())


def test_a_key_that_came_after_the_first_rows_that_are_here_is_known_to_those_that_left() -> None:
    book = shop_of(*[0] * 60)
    book.does(lambda world: world.order("1", ("A", 1))).settle()
    book.does(lambda world: world.order("2", ("A", 1)))
    book.skews[len(book.log)] = 30  # so that the row that confirms its mail stays
    book.settle().does(lambda world: world.keys("NASM CPT combined", 1)).commit(book.seats(KeyEvent.ADJUSTED, "K4", 3))
    book.does(lambda world: world.order("3", ("A", 1)))

    assert book.leave() == 1
    assert "K4" in {key_id for key_id, *_ in opening_json(book, KeyLedger)["keys"]}
    assert book.plain() == book.whole() == []


def test_however_much_of_the_log_has_left_nothing_is_wrong_and_a_wrong_last_row_is_found() -> None:
    book = a_book()
    assert [book.plain(log) for log in range(len(book.log))] == [[]] * len(book.log)

    book.over(KeyLedger, book.last, sku="B")
    wrong = [[finding.message for finding in book.plain(log)] for log in range(len(book.log))]
    assert wrong == [["releases 2 seats, but the order holds 0"]] * len(book.log)


def kept_back_book() -> ShrinkingBook:
    """Order 2 came back, waits for its mail, and stays while the rows with which it came back have left."""
    book = with_orders(("1", 1), ("2", 2), ("3", 1))
    assert book.leave(2) == 2
    book.does(lambda world: world.press(resend, "2", noted=True)).does(lambda world: world.order("10", ("a", 1)))
    book.settle("2").does(lambda world: world.order("11", ("a", 1)))
    assert book.leave(1) == 1
    assert book.plain() == book.whole() == []
    return book


@pytest.mark.parametrize(
    ("tab", "cell", "says"),
    [
        (
            Orders,
            "lines",
            [
                "row 8 of Orders: order 2 came back, but what it was cannot be read",
                "row 9 of Orders: order 2 is owed 0 seats and holds 2: line 1 (A), NASM-CPT-FULL: 0 owed, 2 held",
                *[
                    f"row {row}: order 2 stands in the archive (portion 1, row 3) and has not come back, but a row of it is here"
                    for row in ("8 of Orders", "9 of Orders", "6 of Key Ledger")
                ],
            ],
        ),
        (
            KeyLedger,
            "entitlement",
            [
                "row 6 of Key Ledger: order 2 came back, but what it held cannot be read",
                "row 9 of Orders: order 2 is owed 2 seats and holds 0: line 1 (A), NASM-CPT-FULL: 2 owed, 0 held",
            ],
        ),
    ],
)
def test_a_row_with_which_an_order_came_back_is_not_taken_in_from_the_opening_if_it_cannot_be_read(
    tab: type[Any], cell: str, says: list[str]
) -> None:
    book = kept_back_book()
    book.over_opening(
        tab, lambda row: row.model_copy(update={cell: "?"}) if (row.order_id, row.event) == ("2", "CARRIED") else row
    )

    assert [finding.message for finding in book.plain()] == says


def test_where_a_row_that_stays_is_wrong_nothing_else_is_told_of_what_hangs_on_it() -> None:
    book = a_book()
    book.over_opening(KeyLedger, lambda row: row.model_copy(update={"seats": 2}) if row.order_id == "4" else row)

    assert [finding.message for finding in book.plain()] == [
        "row 3 of Orders: order 4 is owed 1 seat and holds 2: line 1 (A), NASM-CPT-FULL: 1 owed, 2 held"
    ]
