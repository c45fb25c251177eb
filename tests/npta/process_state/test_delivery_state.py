"""What a process remembers of notices: nothing is taken twice, nothing is dropped, old news replaces no newer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from npta.domain.state.alert import Alert, AlertKind
from npta.domain.state.outbox_messages import Channel, OutboxMessage
from npta.process_state import delivery_state as module
from npta.process_state.delivery_state import DeliveryState
from npta.process_state.stock_push_state import RETRY_AFTER

NOW = 100.0
AT = "2026-11-23"


def message(
    number: int, channel: Channel = Channel.SLACK, *, kind: str = AlertKind.FAILED, about: str = "", **more: Any
) -> OutboxMessage:
    told = kind if channel is Channel.SLACK else channel
    return OutboxMessage(f"c-{number}", channel, told, about or str(number), "", AT, AT)._replace(**more)


def any_time(_: OutboxMessage) -> bool:
    return True


def alert(kind: AlertKind = AlertKind.FAILED, about: str = "1", text: str = "it failed") -> Alert:
    return Alert(kind, about, "❌", text)


def taken(sending: DeliveryState, channel: Channel = Channel.SLACK, now: float = NOW) -> list[str]:
    """Ids of all that can be taken now, put back nowhere."""
    ids = []
    while found := sending.claim(channel, now, any_time):
        ids.append(found.message_id)
    return ids


class TestTaking:
    def test_two_threads_never_take_the_same_notice(self) -> None:
        sending, threads = DeliveryState(), 8
        sending.observe([message(number, about=str(number)) for number in range(400)])
        start = Barrier(threads)

        def take_all(_: int) -> list[str]:
            start.wait()
            ids, tries = [], 0
            while (found := sending.claim(Channel.SLACK, NOW, any_time)) and tries < 1_000:
                tries += 1
                if tries % 3 == 0:
                    sending.requeue(found)
                    sending.observe([message(number, about=str(number)) for number in range(0, 400, 20)])
                else:
                    ids.append(found.message_id)
                    sending.done(found, "ts")
            return ids

        with ThreadPoolExecutor(threads) as callers:
            got = [message_id for ids in callers.map(take_all, range(threads)) for message_id in ids]

        assert sorted(got) == sorted(f"c-{number}" for number in range(400))
        assert len(sending.sent()) == 400

    def test_the_oldest_comes_first_and_each_channel_has_its_own(self) -> None:
        sending = DeliveryState()
        sending.observe([message(1), message(2, Channel.FULFILLMENT), message(3)])

        assert taken(sending) == ["c-1", "c-3"]
        assert taken(sending, Channel.FULFILLMENT) == ["c-2"]

    def test_what_is_being_sent_or_is_out_or_is_noted_is_not_taken_again(self) -> None:
        sending = DeliveryState()
        old = [message(number) for number in (1, 2, 3)]
        sending.observe(old)
        first, second, _ = (sending.claim(Channel.SLACK, NOW, any_time) for _ in old)
        assert first
        assert second
        sending.done(first, "ts")
        sending.done(second, "ts")
        sending.mark_recorded([second.message_id])

        sending.observe(old)  # by a request that read the spreadsheet before all that

        assert taken(sending) == []

    def test_only_so_many_settled_notices_are_remembered(self) -> None:
        sending = DeliveryState()
        sending.mark_recorded([f"c-{number}" for number in range(module.MAX_RECORDED + 1)])

        sending.observe([message(0), message(1)])

        assert taken(sending) == ["c-0"]

    def test_what_could_not_be_sent_is_the_next_one_again(self) -> None:
        sending = DeliveryState()
        sending.observe([message(1), message(2)])
        first = sending.claim(Channel.SLACK, NOW, any_time)
        assert first

        sending.requeue(first)

        assert taken(sending) == ["c-1", "c-2"]

    def test_what_may_not_be_sent_waits_until_its_claim_is_renewed_and_holds_up_nothing_else(self) -> None:
        sending = DeliveryState()
        sending.observe([message(1), message(2, claimed_at="2026-11-24")])

        def fresh(each: OutboxMessage) -> bool:
            return each.claimed_at > AT

        found = sending.claim(Channel.SLACK, NOW, fresh)
        assert found
        assert found.message_id == "c-2"
        assert sending.claim(Channel.SLACK, NOW, fresh) is None
        assert sending.needs_renewal(NOW, fresh)
        sending.observe([message(1, claimed_at="2026-11-25")])
        assert not sending.needs_renewal(NOW, fresh)
        assert sending.claim(Channel.SLACK, NOW, fresh)

    def test_what_is_being_sent_needs_its_claim_renewed_and_what_waits_for_a_paused_channel_does_not(self) -> None:
        sending = DeliveryState()
        sending.observe([message(1), message(2)])
        sending.pause(Channel.SLACK, NOW)
        assert not sending.needs_renewal(NOW, lambda _: False)
        found = sending.claim(Channel.SLACK, NOW + 10, any_time)
        assert found

        assert sending.needs_renewal(NOW, lambda _: False)
        sending.observe([found._replace(claimed_at="2026-11-25")])
        assert sending.claimed_at("c-1") == "2026-11-25"
        assert not sending.needs_renewal(NOW, lambda each: each.claimed_at > AT)

    def test_a_channel_that_does_not_answer_is_left_alone_for_longer_each_time_until_it_does(self) -> None:
        sending, now, waits = DeliveryState(), NOW, []
        for _ in range(5):
            sending.pause(Channel.SLACK, now)
            waits.append(next(seconds for seconds in range(100) if not sending.is_paused(Channel.SLACK, now + seconds)))
            now += waits[-1]
        sending.unpause(Channel.SLACK)
        sending.pause(Channel.SLACK, now)

        assert waits == [10, 20, 40, 60, 60]
        assert not sending.is_paused(Channel.SLACK, now + 10)

    def test_only_so_many_wait_in_memory(self) -> None:
        sending = DeliveryState()
        sending.observe([message(number) for number in range(module.MAX_WAITING + 2)])

        assert sending.claimed_at("c-1") == ""
        assert sending.claimed_at("c-2") == AT

    def test_what_is_sent_or_refused_must_not_be_claimed(self) -> None:
        sending = DeliveryState()
        sending.observe([message(number) for number in (1, 2, 3, 4)])
        sent, aside, _ = (sending.claim(Channel.SLACK, NOW, any_time) for _ in range(3))
        assert sent
        assert aside
        sending.done(sent, "ts")
        sending.set_aside(aside, "too long", NOW)

        assert [sending.is_settled(f"c-{number}") for number in (1, 2, 3, 4)] == [True, True, False, False]
        sending.mark_recorded(["c-1", "c-2"])
        assert [sending.is_settled(f"c-{number}") for number in (1, 2)] == [True, False], "it may come again"

    def test_a_channel_that_rests_gives_nothing_until_its_time_or_until_it_is_woken(self) -> None:
        sending = DeliveryState()
        sending.observe([message(1), message(2, Channel.FULFILLMENT)])
        sending.pause(Channel.SLACK, NOW, 10)
        sending.pause(Channel.SLACK, NOW, 1)

        assert sending.is_paused(Channel.SLACK, NOW + 9)
        assert sending.claim(Channel.SLACK, NOW + 9, any_time) is None
        assert taken(sending, Channel.FULFILLMENT) == ["c-2"]
        sending.resume(NOW)
        assert taken(sending) == ["c-1"]


class TestRefusals:
    def test_a_channel_that_takes_nothing_is_paused_until_a_flush_tries_it_the_rarer_the_more_often(self) -> None:
        sending, now = DeliveryState(), NOW
        sending.observe([message(1)])
        for seconds in (*RETRY_AFTER, RETRY_AFTER[-1]):
            sending.refuse_channel(Channel.SLACK, "channel_not_found", now)
            if seconds:
                sending.resume(now + seconds - 1)
            assert sending.is_paused(Channel.SLACK, now + 10 * seconds)
            now += seconds
            sending.resume(now)
            assert not sending.is_paused(Channel.SLACK, now)

        assert sending.refused_channels() == {Channel.SLACK: "channel_not_found"}
        sending.refuse_channel(Channel.SLACK, "channel_not_found", now)
        sending.resume(now, refused=True)
        assert taken(sending, now=now) == ["c-1"]

    def test_it_is_forgotten_with_the_first_message_that_goes_out(self) -> None:
        sending = DeliveryState()
        sending.observe([message(1)])
        found = sending.claim(Channel.SLACK, NOW, any_time)
        assert found
        sending.refuse_channel(Channel.SLACK, "channel_not_found", NOW)

        sending.done(found, "ts")

        assert sending.refused_channels() == {}

    def test_refusals_in_a_row_are_counted_by_channel_until_one_goes_out(self) -> None:
        sending = DeliveryState()
        sending.observe([message(number) for number in range(5)] + [message(9, Channel.FULFILLMENT)])
        mark = sending.claim(Channel.FULFILLMENT, NOW, any_time)
        assert mark
        counts = []
        for number in range(5):
            found = sending.claim(Channel.SLACK, NOW, any_time)
            assert found
            if number == 2:
                sending.done(found, "ts")
            else:
                counts.append(sending.set_aside(found, "too long", NOW))
        counts.append(sending.set_aside(mark, "on hold", NOW))

        assert counts == [1, 2, 1, 2, 1]
        assert [each.reason for each in sending.refused()] == ["too long"] * 4 + ["on hold"]


class TestThreads:
    def test_what_goes_into_a_thread_waits_for_the_message_that_opens_it(self) -> None:
        sending = DeliveryState()
        sending.observe(
            [
                message(1, kind=AlertKind.FULFILLED, about="7"),
                message(2, kind=AlertKind.DELIVERED, about="7"),
                message(3),
            ]
        )
        first = sending.claim(Channel.SLACK, NOW, any_time)
        assert first

        assert taken(sending) == ["c-3"]
        sending.requeue(first)
        assert taken(sending) == ["c-1"]
        sending.done(first, "ts-1")
        second = sending.claim(Channel.SLACK, NOW, any_time)
        assert second
        assert second.thread == "ts-1"

    def test_also_for_one_that_another_process_sends(self) -> None:
        sending = DeliveryState()
        confirmed = message(2, kind=AlertKind.DELIVERED, about="7", awaits="c-1")
        sending.observe([confirmed])

        assert taken(sending) == []
        assert sending.awaiting() == ("c-2",)
        sending.observe([confirmed._replace(awaits="", thread="ts-1")])
        second = sending.claim(Channel.SLACK, NOW, any_time)
        assert second
        assert second.thread == "ts-1"

    def test_an_alert_goes_into_the_thread_that_this_process_has_opened(self) -> None:
        sending = DeliveryState()
        sending.observe(
            [message(1, kind=AlertKind.FULFILLED, about="7"), message(2, kind=AlertKind.DELIVERED, about="7")]
        )
        first = sending.claim(Channel.SLACK, NOW, any_time)
        assert first
        sending.done(first, "ts-1")

        second = sending.claim(Channel.SLACK, NOW, any_time)

        assert second
        assert (first.thread, second.thread) == ("", "ts-1")

    def test_the_first_message_of_an_order_keeps_the_thread_and_other_orders_have_their_own(self) -> None:
        sending = DeliveryState()
        sending.opened(alert(), "ts-1")
        sending.opened(alert(), "ts-2")

        assert sending.thread(alert()) == "ts-1"
        assert sending.thread(alert(about="2")) == sending.thread(alert(AlertKind.SYSTEM_ERROR)) == ""

    def test_alerts_about_no_order_stand_each_alone(self) -> None:
        sending = DeliveryState()
        for kind in (AlertKind.LOW_STOCK, AlertKind.STOCK_TROUBLE, AlertKind.RECONCILED):
            sending.opened(alert(kind, "stock"), "ts-1")
            assert sending.thread(alert(kind, "stock")) == ""


class TestAlertsOfNoFact:
    def test_one_that_could_not_be_sent_is_kept_once_under_its_first_id_until_it_is_written(self) -> None:
        sending = DeliveryState()
        sending.keep(alert(), "m-1")
        sending.keep(alert(), "m-2")
        sending.keep(alert(text="another"), "m-3")

        assert [each.message_id for each in sending.unpersisted()] == ["m-1", "m-3"]
        sending.mark_persisted(["m-1"])
        assert [each.message_id for each in sending.unpersisted()] == ["m-3"]

    def test_repeats_are_counted_by_order(self) -> None:
        sending = DeliveryState()

        assert [sending.repeated(order_id) for order_id in ("1", "1", "2", "1")] == [1, 2, 1, 3]
