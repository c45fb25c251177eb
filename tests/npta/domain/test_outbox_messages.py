"""What is still to be told, folded from the Outbox: queues by channel, threads, and what Shopify was told."""

from __future__ import annotations

import json

import pytest

from npta.domain.reports.status import outbox
from npta.domain.state.alert import Alert, AlertKind, read_alert
from npta.domain.state.outbox_messages import Channel, OutboxProjection, Pushed, is_reported
from npta.domain.state.outbox_rows import (
    alert_ended,
    alert_pending,
    channel_refused,
    fulfillment_pending,
    lines_of,
    mark_claimed,
    mark_rejected,
    mark_sent,
    ordered_skus,
    stock_pending,
    stock_trouble_pending,
    written_within_a_cell,
)
from npta.domain.state.receipts import OrderLine
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.tables import Outbox, OutboxEvent
from sheets_schema.advanced import MAX_TEXT
from sheets_schema.schema.cells import extended_value
from tests.npta.domain.world import AT


def alert(kind: AlertKind = AlertKind.FAILED, about: str = "1") -> Alert:
    return Alert(kind, about, "❌ Title", f"text about {about}", ("a line",), "request r")


class Book:
    """An Outbox, row by row."""

    def __init__(self) -> None:
        self.state = State()
        self.commits = 0

    def add(self, row: Outbox) -> str:
        self.state.apply(row)
        return row.message_id

    def commit(self) -> str:
        self.commits += 1
        return f"c{self.commits}"

    def alert(self, kind: AlertKind = AlertKind.FAILED, about: str = "1") -> str:
        return self.add(alert_pending(self.state, alert(kind, about), stamp=Stamp(AT, self.commit())))

    def stock(self, *skus: str) -> str:
        return self.add(stock_pending(self.state, "1", skus, stamp=Stamp(AT, self.commit())))

    def sent(self, message_id: str, receipt: str = "") -> None:
        message = self.state.message(message_id)
        assert message
        self.add(mark_sent(message, receipt, stamp=Stamp(AT, self.commit())))

    def refuse(self, message_id: str, reason: str) -> None:
        message = self.state.message(message_id)
        assert message
        self.add(mark_rejected(message, reason, stamp=Stamp(AT, self.commit())))

    def due(self, channel: Channel = Channel.SLACK) -> list[str]:
        return [each.message_id for each in self.state.pending(channel)]


def test_what_is_due_stands_in_the_queue_of_its_channel_oldest_first() -> None:
    book = Book()
    first, push, second = book.alert(), book.stock("CPTa"), book.alert(AlertKind.LOW_STOCK, "a pool")
    mark = book.add(fulfillment_pending(book.state, "1", [OrderLine("7", "CPTa", 2)], stamp=Stamp(AT, "c")))

    assert book.due() == [first, second]
    assert book.due(Channel.STOCK) == [push]
    assert book.due(Channel.FULFILLMENT) == [mark]


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
def test_what_was_sent_leaves_the_queue_in_whatever_order(order: list[int]) -> None:
    book = Book()
    ids = [book.alert(about=str(number)) for number in range(3)]

    for count, place in enumerate(order, 1):
        book.sent(ids[place], "ts")
        assert book.due() == [each for number, each in enumerate(ids) if number not in order[:count]]

    last = book.alert(about="9")
    assert book.due() == [last]
    assert [book.state.is_sent(each) for each in [*ids, last, "never"]] == [True, True, True, False, False]


def test_what_was_sent_before_costs_nothing_any_more() -> None:
    book = Book()
    for number in range(50):
        book.sent(book.alert(about=str(number)), "ts")
    book.alert(about="last")
    reads = 0

    class Counted(type(book.state.messages)):  # type: ignore[misc]  # the look-up, counting
        def __getitem__(self, key: object) -> object:
            nonlocal reads
            reads += 1
            return super().__getitem__(key)

    book.state.messages = Counted(*book.state.messages.maps)

    assert len(book.due()) == 1
    assert reads == 1


def test_notices_of_one_commit_have_ids_of_their_own() -> None:
    book = Book()
    ids = {book.add(alert_pending(book.state, alert(about=str(number)), stamp=Stamp(AT, "c"))) for number in range(3)}
    ids.add(book.add(stock_pending(book.state, "1", (), stamp=Stamp(AT, "c"))))
    ids.add(book.add(fulfillment_pending(book.state, "1", [], stamp=Stamp(AT, "c"))))

    assert len(ids) == 5


def test_an_alert_that_may_be_out_already_keeps_the_id_that_it_was_sent_under() -> None:
    book = Book()

    message_id = book.add(alert_pending(book.state, alert(), stamp=Stamp(AT, "c"), message_id="m-1"))

    assert message_id == "m-1"
    assert book.due() == ["m-1"]


def test_what_one_sku_is_refused_for_is_kept_whole_and_of_many_as_much_as_fits() -> None:
    state, stamp = State(), Stamp(AT, "c")
    long = "x" * 30_000

    one = stock_trouble_pending(state, alert(AlertKind.STOCK_TROUBLE, ""), {"A": long}, stamp=stamp)
    two = stock_trouble_pending(state, alert(AlertKind.STOCK_TROUBLE, ""), {"A": long, "B": long}, stamp=stamp)
    none = stock_trouble_pending(state, alert(AlertKind.STOCK_TROUBLE, ""), {}, stamp=stamp)

    assert json.loads(one.receipt) == {"A": long}
    assert [len(why) // 1_000 for why in json.loads(two.receipt).values()] == [24, 24]
    assert none.receipt == "{}"


def test_people_can_read_the_letters_in_what_is_to_be_sent() -> None:
    state, stamp = State(), Stamp(AT, "c")

    assert stock_pending(state, "1", ("École",), stamp=stamp).body == '["École"]'
    assert "École" in fulfillment_pending(state, "1", [OrderLine("1", "École", 1)], stamp=stamp).body


def test_what_is_known_by_sku_fills_a_cell_to_its_last_character() -> None:
    room = MAX_TEXT - len('{"A": ""}') - len('{"é": 1}')

    assert json.loads(written_within_a_cell({"A": "x" * room, "é": 1})) == {"A": "x" * room, "é": 1}
    assert json.loads(written_within_a_cell({"A": "x" * (room + 1), "é": 1})) == {"A": "x" * (room + 1)}
    assert "é" in written_within_a_cell({"é": 1})


class TestClaims:
    def test_a_notice_is_claimed_with_the_commit_that_made_it_due_and_then_by_the_last_that_says_so(self) -> None:
        book = Book()
        first, second = book.alert(), book.alert(about="2")
        later = "2026-11-23T16:00:00Z"
        row = mark_claimed(Channel.SLACK, book.state.pending(Channel.SLACK), "process-1", stamp=Stamp(later, "c9"))
        book.add(row.model_copy(update={"body": f'["{first}"]'}))

        assert {each.message_id: each.claimed_at for each in book.state.pending(Channel.SLACK)} == {
            first: later,
            second: AT,
        }
        assert (row.about, row.body) == ("process-1", f'["{first}", "{second}"]')

    def test_what_goes_into_a_thread_names_what_opens_it_until_that_is_out_or_refused(self) -> None:
        book = Book()
        opener, other = book.alert(AlertKind.FULFILLED), book.alert(AlertKind.FULFILLED, "2")
        confirmed, second = book.alert(AlertKind.DELIVERED), book.alert(AlertKind.DELIVERED, "2")

        def awaited() -> dict[str, str]:
            return {each.message_id: each.awaits for each in book.state.pending(Channel.SLACK) if each.awaits}

        assert awaited() == {confirmed: opener, second: other}
        book.sent(opener, "ts-1")
        assert awaited() == {second: other}
        book.refuse(other, "msg_too_long")
        assert awaited() == {}


class TestRefusals:
    def test_what_is_refused_for_good_leaves_the_queue_and_is_not_sent(self) -> None:
        book = Book()
        first, second = book.alert(), book.alert(about="2")
        book.refuse(first, "msg_too_long")

        assert book.due() == [second]
        assert not book.state.is_sent(first)
        assert [(each.message_id, why.reason) for each, why in book.state.set_aside()] == [(first, "msg_too_long")]
        assert book.state.refusal_of(first)
        assert book.state.refusal_of(second) is None

    def test_it_keeps_what_is_to_be_told_until_it_is_out_after_all(self) -> None:
        book = Book()
        first = book.alert()
        book.refuse(first, "msg_too_long")
        (message, _), *_ = book.state.set_aside()
        assert read_alert(message.kind, message.about, message.body) == alert()

        book.sent(first, "ts")

        assert (list(book.state.set_aside()), book.due(), book.state.is_sent(first)) == ([], [], True)
        assert book.state.refusal_of(first) is None

    def test_a_channel_that_takes_nothing_is_known_until_something_goes_out_there(self) -> None:
        book = Book()
        push, first = book.stock("CPTa"), book.alert()
        book.add(channel_refused(Channel.SLACK, "channel_not_found", stamp=Stamp(AT, "c9")))

        assert book.state.refusal(Channel.SLACK) == (AT, "channel_not_found")
        assert book.due() == [first], "the alert is not at fault"
        book.sent(push, "{}")
        assert book.state.refusal(Channel.SLACK)
        assert book.state.refusal(Channel.STOCK) is None
        book.sent(first, "ts")
        assert book.state.refusal(Channel.SLACK) is None

    def test_a_long_reason_fits_into_its_row(self) -> None:
        book = Book()
        book.refuse(book.alert(), "x" * 60_000)

        assert [len(why.reason) for _, why in book.state.set_aside()] == [400]


class TestThreads:
    def test_repeats_of_one_kind_about_one_order_go_into_the_thread_of_the_first(self) -> None:
        book = Book()
        first = book.alert()
        assert book.state.thread("1", AlertKind.FAILED) == ""
        book.sent(first, "ts-1")
        again = book.alert()
        book.sent(again, "ts-2")

        assert book.state.thread("1", AlertKind.FAILED) == "ts-1"
        assert book.state.message(again).thread == "ts-1"  # type: ignore[union-attr]  # it is there
        assert book.state.thread("2", AlertKind.FAILED) == book.state.thread("1", AlertKind.SKIPPED) == ""

    def test_what_is_over_ends_its_own_thread_and_no_other(self) -> None:
        book = Book()
        failed, by_hand = book.alert(AlertKind.FAILED), book.alert(AlertKind.BY_HAND)
        for opened in (failed, by_hand):
            book.sent(opened, f"ts-{opened}")

        ended = book.add(alert_ended(book.state, failed, alert(), stamp=Stamp(AT, book.commit())))

        message = book.state.message(ended)
        assert message
        assert message.thread == f"ts-{failed}", "it changes that message"
        assert book.state.thread("1", AlertKind.FAILED) == ""
        assert book.state.thread("1", AlertKind.BY_HAND) == f"ts-{by_hand}"
        assert book.state.message(book.alert(AlertKind.BY_HAND)).thread == f"ts-{by_hand}"  # type: ignore[union-attr]  # it is there

    def test_an_alert_that_is_over_before_it_is_out_keeps_its_text_until_then(self) -> None:
        book = Book()
        first = book.alert()
        book.add(alert_ended(book.state, first, alert(), stamp=Stamp(AT, book.commit())))

        assert book.state.messages[first].body
        book.sent(first, "ts-1")
        assert not book.state.messages[first].body

        told = book.alert(about="2")
        book.sent(told, "ts-2")
        assert book.state.messages[told].body, "while it is not over it may be changed"
        book.add(alert_ended(book.state, told, alert(about="2"), stamp=Stamp(AT, book.commit())))
        assert not book.state.messages[told].body

    def test_a_confirmed_mail_belongs_to_the_message_about_the_keys(self) -> None:
        book = Book()
        book.sent(book.alert(AlertKind.FULFILLED), "ts-1")
        book.alert(AlertKind.DELIVERED)

        assert [each.thread for each in book.state.pending(Channel.SLACK)] == ["ts-1"]

    @pytest.mark.parametrize(
        "kind",
        [AlertKind.LOW_STOCK, AlertKind.STOCK_TROUBLE, AlertKind.RECONCILED, AlertKind.IMPORTED, AlertKind.RELEASED],
    )
    def test_what_is_about_no_orders_end_always_stands_alone(self, kind: AlertKind) -> None:
        book = Book()
        book.sent(book.alert(kind, "stock"), "ts-1")
        book.alert(kind, "stock")

        assert [each.thread for each in book.state.pending(Channel.SLACK)] == [""]


class TestStock:
    def test_what_shopify_was_told_is_known_from_the_receipts_the_newest_counting(self) -> None:
        book = Book()
        book.sent(book.stock("CPTa"), '{"CPTa": 14, "NSTB": 3}')
        book.sent(book.stock(), "")
        book.sent(book.stock(), '{"CPTa": 13}')

        assert dict(book.state.pushed_stock) == {"CPTa": 13, "NSTB": 3}
        assert book.state.pushed.value == Pushed(AT, 1)

    def test_a_push_names_the_products_whose_stock_shopify_has_changed_by_itself(self) -> None:
        book = Book()
        book.stock("CPTa", "Größe “L”")

        assert [ordered_skus(each) for each in book.state.pending(Channel.STOCK)] == [["CPTa", "Größe “L”"]]

    def test_lines_to_be_marked_fulfilled_come_back_as_they_were(self) -> None:
        book = Book()
        lines = [OrderLine("123", "CPTa", 2), OrderLine("124", "é,\n", 1)]
        book.add(fulfillment_pending(book.state, "1", lines, stamp=Stamp(AT, "c")))

        assert [lines_of(each) for each in book.state.pending(Channel.FULFILLMENT)] == [lines]


class TestPlaces:
    def test_a_reminder_remembers_how_far_the_queue_of_mails_was_told(self) -> None:
        book = Book()
        assert book.state.reminded.value is None
        book.add(alert_pending(book.state, alert(AlertKind.UNDELIVERED), receipt="7", stamp=Stamp(AT, "c")))

        assert book.state.reminded.value == 7

    def test_a_refund_is_known_by_its_own_id_as_soon_as_it_is_due(self) -> None:
        book = Book()
        book.add(alert_pending(book.state, alert(AlertKind.REFUND), receipt="890", stamp=Stamp(AT, "c")))

        assert book.state.announced.get("890")
        assert not book.state.announced.get("891")

    def test_a_pool_is_alarmed_until_it_is_over(self) -> None:
        book = Book()
        book.alert(AlertKind.LOW_STOCK, "CANADA NASM CPT combined")
        assert dict(book.state.alarmed) == {"CANADA NASM CPT combined": AlertKind.LOW_STOCK}

        over = Outbox(
            at=AT,
            event=OutboxEvent.OVER,
            message_id="c-over",
            kind="low stock",
            about="CANADA NASM CPT combined",
            commit="c",
        )
        book.add(over)

        assert dict(book.state.alarmed) == {"CANADA NASM CPT combined": ""}
        assert len(book.due()) == 1, "what was due is told all the same"


def test_a_row_that_says_sent_of_nothing_known_changes_no_queue() -> None:
    book = Book()
    first = book.alert()
    book.add(Outbox(at=AT, event=OutboxEvent.SENT, message_id="never", kind=AlertKind.FAILED, about="1", commit="c"))

    assert book.due() == [first]


def test_a_layer_on_top_of_the_state_keeps_its_notices_to_itself_until_it_is_absorbed() -> None:
    book = Book()
    first = book.alert()
    child: OutboxProjection = book.state.fork()
    child.record(alert_pending(child, alert(about="2"), stamp=Stamp(AT, "c9")))
    kept = [each.message_id for each in child.pending(Channel.SLACK)]

    assert len(kept) == 2
    assert book.due() == [first]
    book.state.merge(child)  # type: ignore[arg-type]  # a child of a State is one
    assert book.due() == kept


class TestStockTrouble:
    @pytest.mark.parametrize("number", [1, 20, 400, 3_000])
    @pytest.mark.parametrize("why", ["no", "Shopify “refuses”  it: " + "x" * 380])
    @pytest.mark.parametrize("sku", ["P-{}", "{}-" + "y" * 100])
    def test_of_any_number_of_products_people_are_told_once(self, number: int, why: str, sku: str) -> None:
        book, left = Book(), {sku.format(each): why for each in range(number)}
        alerts = 0
        while left and alerts < 10:
            row = stock_trouble_pending(
                book.state, alert(AlertKind.STOCK_TROUBLE), left, stamp=Stamp(AT, book.commit())
            )
            assert extended_value(row.receipt)
            book.add(row)
            alerts += 1
            left = {each: why for each in left if not is_reported(book.state, each, why)}
        assert (left, alerts if number < 3_000 else 1) == ({}, 1)
        assert not is_reported(book.state, sku.format(0), f"another {why}")
        assert not is_reported(book.state, "OTHER", why)
        book.sent(book.stock(), json.dumps({sku.format(0): 1}))
        assert not is_reported(book.state, sku.format(0), why), "it was right in between"

    def test_what_earlier_versions_have_told_whole_is_told(self) -> None:
        book, why = Book(), "two  blanks, and long: " + "x" * 300
        row = stock_trouble_pending(book.state, alert(AlertKind.STOCK_TROUBLE), {}, stamp=Stamp(AT, "c"))
        book.add(row.model_copy(update={"receipt": json.dumps({"CPT": why})}))

        assert is_reported(book.state, "CPT", why)
        assert not is_reported(book.state, "CPT", why + "x")


def test_messages_are_counted_by_channel() -> None:
    book = Book()
    for about in ("1", "2", "3"):
        book.alert(about=about)
    book.stock("A")

    assert {channel: book.state.message_counts.get(channel, 0) for channel in (Channel.SLACK, Channel.STOCK)} == {
        Channel.SLACK: 3,
        Channel.STOCK: 1,
    }


def test_of_a_message_that_is_out_only_an_alert_that_may_still_change_keeps_its_text() -> None:
    book = Book()
    failed, stock = book.alert(AlertKind.FAILED), book.stock("A")
    bodies = {name: book.state.messages[name].body for name in (failed, stock)}

    for name in (failed, stock):
        book.sent(name)

    assert all(bodies.values())
    assert (book.state.messages[failed].body, book.state.messages[stock].body) == (bodies[failed], "")


def test_an_alert_that_is_over_leaves_the_others_of_its_order_open() -> None:
    book = Book()
    ids = [book.alert(AlertKind.REFUND) for _ in range(3)]
    assert book.state.open_alerts["1", AlertKind.REFUND] == tuple(ids)

    book.add(alert_ended(book.state, ids[1], alert(AlertKind.ENDED), stamp=Stamp(AT, book.commit())))

    assert book.state.open_alerts["1", AlertKind.REFUND] == (ids[0], ids[2])


def test_what_is_out_and_not_noted_yet_is_not_counted_as_waiting() -> None:
    book = Book()
    first, second, stock = book.alert(about="1"), book.alert(about="2"), book.stock("A")

    waiting = outbox(book.state, {first})

    assert (waiting.pending, waiting.by_channel[Channel.SLACK], waiting.by_channel[Channel.STOCK]) == (2, 1, 1)
    assert waiting.oldest == min(book.state.messages[name].at for name in (second, stock))
    assert outbox(book.state, {first, second, stock})[:3:2] == (0, "")
