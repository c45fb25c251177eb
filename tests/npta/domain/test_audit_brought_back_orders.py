"""What is wrong with rows of orders that came back, and which are taken in: all that can be read.

None is where all rows were taken in before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import pytest

from npta.domain.reports.audit_brought_back_orders import audit_brought_back, rows_back
from npta.domain.reports.findings import AuditFinding, RowLocation
from npta.domain.state import order_positions
from npta.domain.state.refunds import Refund, write_refund
from npta.domain.state.state import State
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders
from tests.npta.domain.shrinking import with_orders
from tests.npta.domain.world import AT

ORDERS, SEATS = RowLocation("Orders", 2), RowLocation("Key Ledger", 2)


def back(lines: str, held: str) -> tuple[list[tuple[RowLocation, KeyLedger]], list[tuple[RowLocation, Orders]]]:
    seat = KeyLedger(
        at=AT, event=KeyEvent.CARRIED, order_id="1", entitlement=held, key_id="", keycode="", seats=0, commit="c"
    )
    order = Orders(at=AT, event=OrderEvent.CARRIED, order_id="1", status="", lines=lines, commit="c")
    return [(SEATS, seat)], [(ORDERS, order)]


READABLE = '{"portion":1,"rows":[]}', "[]"


@pytest.mark.parametrize(
    ("lines", "held", "passed_over"),
    [(*READABLE, set()), ("?", READABLE[1], {ORDERS}), (READABLE[0], "?", {SEATS}), ("?", "?", {ORDERS, SEATS})],
)
def test_what_cannot_be_read_is_passed_over(lines: str, held: str, passed_over: set[RowLocation]) -> None:
    found, over = audit_brought_back(*back(lines, held), State(), whole=False)
    assert set(over) == passed_over
    assert {(fault.tab, fault.row) for fault in found} >= {(location.tab, location.row) for location in passed_over}


@pytest.mark.parametrize("lines", [READABLE[0], "?"])
@pytest.mark.parametrize("held", [READABLE[1], "?"])
def test_where_all_rows_were_taken_in_before_none_is_again(lines: str, held: str) -> None:
    assert set(audit_brought_back(*back(lines, held), State(), whole=True)[1]) == {ORDERS, SEATS}


class CameBack(NamedTuple):
    """Order 2 with 2 seats, of K1 and K2, with what was known without its rows, and with all rows."""

    seat: KeyLedger
    order: Orders
    state: State
    whole: State

    def without_archive(self, **state: Any) -> tuple[list[str], set[str]]:
        found = audit_brought_back(
            [(SEATS, self.seat)], [(ORDERS, self.order)], state.get("state", self.state), whole=False
        )
        return _named(*found)

    def with_archive(self) -> tuple[list[str], set[str]]:
        return _named(*audit_brought_back([(SEATS, self.seat)], [(ORDERS, self.order)], self.whole, whole=True))

    def order_with(self, **content: Any) -> CameBack:
        lines = json.dumps({**json.loads(self.order.lines), **content})
        return self._replace(order=self.order.model_copy(update={"lines": lines}))

    def holding(self, *seats: tuple[str, int]) -> CameBack:
        held = json.dumps([["1", "A", "NASM-CPT-FULL", key_id, number] for key_id, number in seats])
        return self._replace(seat=self.seat.model_copy(update={"entitlement": held}))


def _named(found: Iterable[AuditFinding], passed_over: Iterable[RowLocation]) -> tuple[list[str], set[str]]:
    return [fault.message for fault in found], {location.tab for location in passed_over}


def came_back() -> CameBack:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order_positions, "LISTED", 1)
        book = with_orders(("1", 1), ("2", 2), ("3", 1))
        whole = book.state()
        assert book.leave(2) == 2
    state = book.state()
    book.does(lambda world: world.event("2", OrderEvent.CLEARED))
    (seat,) = (row for row in book.ledgers[KeyLedger] if row.event is KeyEvent.CARRIED)
    (order,) = (row for row in book.ledgers[Orders] if row.event is OrderEvent.CARRIED)
    return CameBack(seat, order, state, whole)


def test_an_order_that_came_back_as_it_was_is_right_and_taken_in_once() -> None:
    assert came_back().without_archive() == ([], set())
    assert came_back().with_archive() == ([], {"Orders", "Key Ledger"})


def test_what_is_wrong_but_can_be_read_is_told_and_taken_in() -> None:
    back = came_back()

    assert back.order_with(portion=2).without_archive() == (
        ["order 2 came back from portion 2, but stood in portion 1"],
        set(),
    )
    assert back.without_archive(state=back.whole) == (
        ["order 2 came back from portion 1, but by Archive Index it was in no archive"],
        set(),
    )
    assert back.holding(("K1", 1), ("K4", 1)).without_archive() == (
        [
            "order 2 came back with 1 seat of K1, 1 seat of K4, but by Archive Index the keys it held were K1, K2",
        ],
        set(),
    )


def test_what_belongs_to_another_order_or_key_is_told_and_not_taken_in() -> None:
    back = came_back()
    rows = [{**row, "order_id": "1"} for row in json.loads(back.order.lines)["rows"]]

    assert back.order_with(rows=rows).without_archive() == (
        ["order 2 came back with rows of another order"],
        {"Orders"},
    )
    assert back.holding(("K9", 2)).without_archive() == (
        ["order 2 came back with the key K9, which was never imported"],
        {"Key Ledger"},
    )


def test_where_the_index_is_damaged_that_alone_is_told() -> None:
    back = came_back()
    back.state.portions_named.value = 5

    assert back.order_with(portion=2).holding(("K4", 1)).without_archive() == ([], set())


def test_with_all_rows_it_is_what_these_come_to() -> None:
    back = came_back()

    assert back.order_with(rows=[]).with_archive()[0] == ["order 2 came back with other rows than it had"]
    assert back.holding(("K1", 1)).with_archive()[0] == [
        "order 2 came back with 1 seat of K1, but held 1 seat of K1, 1 seat of K2"
    ]
    assert back.holding().with_archive()[0] == ["order 2 came back with nothing, but held 1 seat of K1, 1 seat of K2"]


def test_an_order_of_which_only_a_cancellation_was_heard_comes_back_as_it_was() -> None:
    back, lines = came_back(), write_refund(Refund("c1", "7", cancelled=True))
    row = Orders(at=AT, event=OrderEvent.CANCELLED, order_id="7", status="failed", lines=lines, commit="c")
    back.whole.apply(row)
    seat, order = (fact.model_copy(update={"order_id": "7"}) for fact in (back.seat, back.order))
    cancelled = CameBack(seat, order, back.state, back.whole).holding()  # type: ignore[arg-type]  # mypy joins the two

    assert cancelled.order_with(rows=[row.model_dump(mode="json")]).with_archive()[0] == []
    assert cancelled.order_with(rows=[]).with_archive()[0] == ["order 7 came back with other rows than it had"]


def test_an_order_comes_back_with_one_row_in_each_ledger() -> None:
    back = came_back()

    for seats, orders, says in (
        ([(SEATS, back.seat)], [], "order 2 came back without a row in Orders"),
        ([], [(ORDERS, back.order)], "order 2 came back without a row in Key Ledger"),
    ):
        found, _ = _named(*audit_brought_back(seats, orders, back.whole, whole=True))
        assert found == [says]
        assert _named(*audit_brought_back(seats, orders, back.state, whole=False))[0] == [], "looked at with the commit"


def test_the_rows_that_came_back_with_an_order_are_its_own() -> None:
    back = came_back()
    cleared = back.order.model_copy(update={"event": OrderEvent.CLEARED})

    assert [row.event for row in rows_back(back.order)] == ["FULFILLED", "DELIVERED"]
    assert rows_back(cleared) == rows_back(back.order.model_copy(update={"lines": "?"})) == ()
