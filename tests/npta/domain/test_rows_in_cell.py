"""What stands in one cell: written by name, and read also as earlier versions wrote it, by position."""

from __future__ import annotations

import json

import pytest

from npta.domain.catalogue.catalogue_summary import CatalogueSummary, CatalogueWarning, read_summary
from npta.domain.state.alert import OUT_OF_STOCK_TITLE, Alert, AlertKind, make_alert, read_alert, write_alert
from npta.domain.state.entitlements import Entitlement, Level
from npta.domain.state.outbox_messages import Channel
from npta.domain.state.outbox_rows import alert_pending, fulfillment_pending, lines_of
from npta.domain.state.receipts import (
    Code,
    OrderLine,
    Owed,
    Problem,
    Receipt,
    Skipped,
    read_receipt,
    write_receipt,
)
from npta.domain.state.refunds import Refund, RefundedLine, read_refund, write_refund
from npta.domain.state.rows_in_cell import by_column, read_rows
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.domain.stock.import_keys import Unfinished, read_unfinished, write_unfinished
from npta.errors import DamagedError
from npta.tables import OrderEvent, Orders, Outbox, OutboxEvent
from tests.npta.domain.world import AT

CPT = Entitlement("NASM", "CPT", Level.FULL)


@pytest.mark.parametrize("rows", [[], [("a", 1)], [("a", 1), ("b", 2)]])
def test_rows_come_back_by_name_whatever_the_order_of_the_columns(rows: list[tuple[str, int]]) -> None:
    columns = json.loads(json.dumps(by_column(("name", "count"), rows)))
    assert [tuple(row) for row in read_rows(("name", "count"), columns)] == rows
    assert [tuple(row) for row in read_rows(("name", "count"), dict(reversed(columns.items())))] == rows


@pytest.mark.parametrize("content", [{"name": ["a"]}, {"name": ["a"], "count": []}, 5, None])
def test_what_holds_no_rows_is_refused(content: object) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_rows(("name", "count"), content)


class TestReceipts:
    LINES = (OrderLine("811", "A", 3), OrderLine("#2", "B", 1))

    def test_one_of_an_earlier_version_is_read(self) -> None:
        text = (
            '{"region":"CANADA","lines":[["811","A",3],["#2"," B ",1]],"owed":[["811","A","NASM-CPT-FULL",3]],'
            '"skipped":[["B","EXTERNAL"]],"problems":[["out_of_stock","A","why","NASM-CPT-FULL",3,1],'
            '["unknown_sku","B","what"]],"mode":"LIVE","paid_at":"2026-11-23T15:04:05Z"}'
        )
        problems = (
            Problem(Code.OUT_OF_STOCK, "A", "why", "NASM-CPT-FULL", 3, 1),
            Problem(Code.UNKNOWN_SKU, "B", "what"),
        )
        owed, skipped = (Owed("811", "A", CPT, 3, 3),), (Skipped("B", "EXTERNAL"),)
        assert read_receipt(text) == Receipt(self.LINES, "CANADA", owed, skipped, problems, "LIVE", AT)

    def test_one_of_a_line_that_had_grown_tells_its_ends_apart(self) -> None:
        text = (
            '{"region":"CANADA","lines":[["811","A",3],["#2","B",1]],"owed":[["811","A","NASM-CPT-FULL",2],'
            '["811","A","NASM-CPT-FULL",1]],"skipped":[],"problems":[],"mode":"LIVE","ends":[2,3]}'
        )
        owed = (Owed("811", "A", CPT, 2, 2), Owed("811", "A", CPT, 1, 3))
        assert read_receipt(text) == Receipt(self.LINES, "CANADA", owed, mode="LIVE")

    def test_it_is_as_long_as_it_was_however_many_lines_there_are(self) -> None:
        lines = tuple(OrderLine(str(6855909900591 + number), "CPTa", 1) for number in range(400))
        owed = tuple(Owed(line.line_item_id, line.sku, CPT, 1, 1) for line in lines)
        before = [list(line) for line in lines], [[*line[:2], str(CPT), 1] for line in lines]
        written = write_receipt(Receipt(lines, "CANADA", owed))
        assert len(written) < len(json.dumps(before, separators=(",", ":"))) + 300

    @pytest.mark.parametrize(
        "lines", ['{"sku":["A"],"quantity":[1]}', '{"line_item_id":["1"],"sku":["A"],"quantity":["1"]}', '{"a":[]}']
    )
    def test_one_whose_columns_are_not_whole_is_damaged(self, lines: str) -> None:
        with pytest.raises(DamagedError):
            read_receipt(f'{{"region":"CANADA","lines":{lines},"owed":{{}},"skipped":{{}},"problems":{{}}}}')


def test_refunds_of_earlier_versions_are_read() -> None:
    row = Orders(at=AT, event=OrderEvent.REFUNDED, order_id="1", status="fulfilled", commit="c")
    row = row.model_copy(update={"lines": '{"refund":"890","lines":[["811","A",1,3],["812","",2,0]]}'})
    refund = Refund("890", "1", (RefundedLine("811", "A", 1, 3), RefundedLine("812", "", 2, 0)))
    assert read_refund(row) == refund == read_refund(row.model_copy(update={"lines": write_refund(refund)}))
    with pytest.raises(DamagedError):
        read_refund(row.model_copy(update={"lines": '{"refund":"890","lines":{"sku":["A"]}}'}))


def test_alerts_of_earlier_versions_are_read() -> None:
    alert = Alert(AlertKind.FAILED, "1", "❌ Failed", "❌ Failed: order 1", ("a", "b"), "request r")
    assert read_alert("failed", "1", '["❌ Failed","❌ Failed: order 1",["a","b"],"request r"]') == alert
    assert read_alert("failed", "1", write_alert(alert)) == alert


@pytest.mark.parametrize("body", ["", "{}", "[]", "5", '{"title":"t"}', '["t","x",[]]'])
def test_an_alert_that_cannot_be_read_is_an_error_that_the_outbox_knows(body: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        read_alert("failed", "1", body)


def outbox_row(kind: str, body: str) -> Outbox:
    return Outbox(at=AT, event=OutboxEvent.DUE, message_id="n", kind=kind, about="P", body=body, commit="c")


def test_an_empty_pool_is_known_by_the_title_where_out_of_stock_had_no_kind_of_its_own() -> None:
    body = json.dumps([OUT_OF_STOCK_TITLE, f"{OUT_OF_STOCK_TITLE}: P", [], ""], ensure_ascii=False)
    for text in (body, write_alert(make_alert(AlertKind.LOW_STOCK, "P", OUT_OF_STOCK_TITLE, "P", (), ""))):
        state = State()
        state.apply(outbox_row(AlertKind.LOW_STOCK, text))
        assert state.alarmed["P"] == AlertKind.OUT_OF_STOCK
    state = State()
    state.apply(alert_pending(state, Alert(AlertKind.LOW_STOCK, "P", "⚠️ Low Stock", "t"), stamp=Stamp(AT, "c")))
    assert state.alarmed["P"] == AlertKind.LOW_STOCK


def test_lines_to_be_marked_of_earlier_versions_are_read() -> None:
    lines, state = [OrderLine("811", "A", 2), OrderLine("812", "B", 1)], State()
    state.apply(outbox_row(Channel.FULFILLMENT, '[["811","A",2],["812","B",1]]'))
    state.apply(fulfillment_pending(state, "1", lines, stamp=Stamp(AT, "d")))
    assert [lines_of(message) for message in state.pending(Channel.FULFILLMENT)] == [lines, lines]


def test_what_was_seen_in_the_catalogue_by_an_earlier_version_is_read() -> None:
    seen = CatalogueSummary(frozenset({"A"}), frozenset({"B"}), (CatalogueWarning(7, "C", "no keys"),))
    assert read_summary('[["A"],["B"],[[7,"C","no keys"]]]') == seen


def test_an_import_that_an_earlier_version_has_not_ended_is_known() -> None:
    assert read_unfinished("[3]") == Unfinished(3)
    assert read_unfinished('[3,"2026-11-23T15:04:05Z","ada"]') == Unfinished(3, AT, "ada")
    assert read_unfinished(write_unfinished(Unfinished(3, AT, "ada"))) == Unfinished(3, AT, "ada")
