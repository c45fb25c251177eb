"""Which rows of orders that came back are taken in: those that can be read, and none where all were taken in before."""

from __future__ import annotations

import pytest

from npta.domain.reports.audit_brought_back_orders import audit_brought_back
from npta.domain.reports.findings import RowLocation
from npta.domain.state.state import State
from npta.tables import KeyEvent, KeyLedger, OrderEvent, Orders
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
