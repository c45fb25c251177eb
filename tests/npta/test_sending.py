"""What a process remembers of notices: nothing is taken twice, nothing is dropped, old news replaces no newer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from npta import sending as module
from npta.domain.alerts import Alert, Kind
from npta.domain.notices import Channel, Notice
from npta.sending import Sending, StockSeen

NOW = 100.0


def notice(number: int, channel: Channel = Channel.SLACK, *, kind: str = Kind.FAILED, about: str = "1") -> Notice:
    return Notice(f"c-{number}", channel, kind if channel is Channel.SLACK else channel, about, "", "2026-11-23")


def alert(kind: Kind = Kind.FAILED, about: str = "1", text: str = "it failed") -> Alert:
    return Alert(kind, about, "❌", text)


def stock(version: int, changed: dict[str, int], *numbers: int, levels: dict[str, int] | None = None) -> StockSeen:
    due = tuple(notice(number, Channel.STOCK) for number in numbers)
    return StockSeen((version, max(numbers)), {**(levels or {}), **changed}, frozenset(changed), due)


def taken(sending: Sending, channel: Channel = Channel.SLACK, now: float = NOW) -> list[str]:
    """Ids of all that can be taken now, put back nowhere."""
    ids = []
    while found := sending.take(channel, now):
        ids.append(found.notice_id)
    return ids


class TestTaking:
    def test_two_threads_never_take_the_same_notice(self) -> None:
        sending, threads = Sending(), 8
        sending.see([notice(number, about=str(number)) for number in range(400)], None)
        start = Barrier(threads)

        def take_all(_: int) -> list[str]:
            start.wait()
            ids, tries = [], 0
            while (found := sending.take(Channel.SLACK, NOW)) and tries < 1_000:
                tries += 1
                if tries % 3 == 0:
                    sending.put_back(found)
                    sending.see([notice(number, about=str(number)) for number in range(0, 400, 20)], None)
                else:
                    ids.append(found.notice_id)
                    sending.done(found, "ts")
            return ids

        with ThreadPoolExecutor(threads) as callers:
            got = [notice_id for ids in callers.map(take_all, range(threads)) for notice_id in ids]

        assert sorted(got) == sorted(f"c-{number}" for number in range(400))
        assert len(sending.sent()) == 400

    def test_the_oldest_comes_first_and_each_channel_has_its_own(self) -> None:
        sending = Sending()
        sending.see([notice(1), notice(2, Channel.FULFILLMENT), notice(3)], None)

        assert taken(sending) == ["c-1", "c-3"]
        assert taken(sending, Channel.FULFILLMENT) == ["c-2"]

    def test_what_is_being_sent_or_is_out_or_is_noted_is_not_taken_again(self) -> None:
        sending = Sending()
        old = [notice(number) for number in (1, 2, 3)]
        sending.see(old, None)
        first, second, _ = (sending.take(Channel.SLACK, NOW) for _ in old)
        assert first
        assert second
        sending.done(first, "ts")
        sending.done(second, "ts")
        sending.noted([second.notice_id])

        sending.see(old, None)  # by a request that read the spreadsheet before all that

        assert taken(sending) == []

    def test_only_so_many_settled_notices_are_remembered(self) -> None:
        sending = Sending()
        sending.noted([f"c-{number}" for number in range(module.MOST_NOTED + 1)])

        sending.see([notice(0), notice(1)], None)

        assert taken(sending) == ["c-0"]

    def test_what_could_not_be_sent_is_the_next_one_again(self) -> None:
        sending = Sending()
        sending.see([notice(1), notice(2)], None)
        first = sending.take(Channel.SLACK, NOW)
        assert first

        sending.put_back(first)

        assert taken(sending) == ["c-1", "c-2"]

    def test_what_was_refused_rests_and_holds_up_nothing_else(self) -> None:
        sending = Sending()
        sending.see([notice(1), notice(2)], None)
        first = sending.take(Channel.SLACK, NOW)
        assert first

        sending.put_back(first, rest=NOW + 60)

        assert taken(sending) == ["c-2"]
        assert taken(sending, now=NOW + 60) == ["c-1"]

    def test_a_channel_that_rests_gives_nothing_until_its_time_or_until_it_is_woken(self) -> None:
        sending = Sending()
        sending.see([notice(1), notice(2, Channel.FULFILLMENT)], None)
        sending.rest(Channel.SLACK, NOW + 10)
        sending.rest(Channel.SLACK, NOW + 1)

        assert sending.rests(Channel.SLACK, NOW + 9)
        assert sending.take(Channel.SLACK, NOW + 9) is None
        assert taken(sending, Channel.FULFILLMENT) == ["c-2"]
        sending.wake()
        assert taken(sending) == ["c-1"]


class TestThreads:
    def test_an_alert_goes_into_the_thread_that_this_process_has_opened(self) -> None:
        sending = Sending()
        sending.see([notice(1, kind=Kind.FULFILLED), notice(2, kind=Kind.DELIVERED)], None)
        first = sending.take(Channel.SLACK, NOW)
        assert first
        sending.done(first, "ts-1")

        second = sending.take(Channel.SLACK, NOW)

        assert second
        assert (first.thread, second.thread) == ("", "ts-1")

    def test_the_first_message_of_an_order_keeps_the_thread_and_other_orders_have_their_own(self) -> None:
        sending = Sending()
        sending.opened(alert(), "ts-1")
        sending.opened(alert(), "ts-2")

        assert sending.thread(alert()) == "ts-1"
        assert sending.thread(alert(about="2")) == sending.thread(alert(Kind.SYSTEM_ERROR)) == ""

    def test_alerts_about_no_order_stand_each_alone(self) -> None:
        sending = Sending()
        for kind in (Kind.LOW_STOCK, Kind.STOCK_TROUBLE, Kind.RECONCILED):
            sending.opened(alert(kind, "stock"), "ts-1")
            assert sending.thread(alert(kind, "stock")) == ""


class TestStock:
    def test_an_older_look_at_the_stock_replaces_no_newer_one(self) -> None:
        sending = Sending()
        newer, older = stock(8, {"A": 1}, 1, 2), stock(7, {"A": 2}, 1)

        sending.see([], newer)
        sending.see([], older)

        assert sending.stock(NOW) is newer

    def test_what_was_pushed_is_not_pushed_again_by_whoever_only_looks(self) -> None:
        sending = Sending()
        seen = stock(7, {"A": 1}, 1)
        sending.see([], seen)
        sending.stock_done(seen, sending.tell_stock(seen))

        sending.see([], stock(7, {"A": 1}, 1))
        assert sending.stock(NOW) is None
        sending.noted(["c-1"])
        sending.see([], stock(7, {"A": 1}, 1))
        assert sending.stock(NOW) is None
        sending.see([], stock(8, {"A": 0}, 1, 2))
        assert sending.stock(NOW)

    def test_the_last_notice_says_what_was_told_and_an_earlier_one_keeps_what_it_says(self) -> None:
        sending = Sending()
        for seen in (stock(7, {"A": 1, "B": 4}, 1), stock(8, {"B": 3}, 1, 2, 3)):
            sending.see([], seen)
            sending.stock_done(seen, sending.tell_stock(seen))

        receipts = {each.notice.notice_id: each.receipt for each in sending.sent()}
        assert receipts == {"c-1": '{"A": 1, "B": 4}', "c-2": "", "c-3": '{"B": 3}'}

    def test_what_was_told_meanwhile_and_is_no_longer_true_is_told_again(self) -> None:
        """An order lowers a bundle, its release raises it again before anybody has noted that Shopify was told."""
        sending = Sending()
        lowered = stock(7, {"CPTa": 14, "BUNDLE": 14}, 1)
        sending.see([], lowered)
        assert sending.tell_stock(lowered) == {"CPTa": 14, "BUNDLE": 14}
        sending.stock_done(lowered, {"CPTa": 14, "BUNDLE": 14})

        # By the Outbox Shopify was last told 15 of the bundle, and 15 it is.
        raised = stock(8, {"CPTa": 15}, 1, 2, levels={"BUNDLE": 15, "OTHER": 3})

        assert sending.tell_stock(raised) == {"CPTa": 15, "BUNDLE": 15}

    def test_what_was_told_without_an_answer_is_told_again(self) -> None:
        sending = Sending()
        sending.tell_stock(stock(7, {"A": 14}, 1))

        assert sending.tell_stock(stock(8, {}, 2, levels={"A": 14, "B": 1})) == {"A": 14}

    def test_a_newer_look_that_came_during_a_push_is_still_to_be_pushed(self) -> None:
        sending = Sending()
        seen, newer = stock(7, {"A": 1}, 1), stock(8, {"A": 0}, 1, 2)
        sending.see([], seen)
        sending.see([], newer)

        sending.stock_done(seen, {"A": 1})

        assert sending.stock(NOW) is newer
        sending.rest(Channel.STOCK, NOW + 10)
        assert sending.stock(NOW) is None
        assert sending.stock(NOW + 10) is newer


class TestAlertsOfNoFact:
    def test_one_that_could_not_be_sent_is_kept_once_under_its_first_id_until_it_is_written(self) -> None:
        sending = Sending()
        sending.keep(alert(), "m-1")
        sending.keep(alert(), "m-2")
        sending.keep(alert(text="another"), "m-3")

        assert [each.message_id for each in sending.unwritten()] == ["m-1", "m-3"]
        sending.written(["m-1"])
        assert [each.message_id for each in sending.unwritten()] == ["m-3"]

    def test_repeats_are_counted_by_order(self) -> None:
        sending = Sending()

        assert [sending.repeated(order_id) for order_id in ("1", "1", "2", "1")] == [1, 2, 1, 3]
