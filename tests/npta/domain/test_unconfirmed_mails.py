"""Mails that nobody has confirmed: since when each is due, and of which people are reminded."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from npta.domain.orders.order_actions import mark_delivered, resend
from npta.domain.orders.unconfirmed_mails import (
    HOOK_MAILS_WITHIN,
    HOOK_TAKES_WITHIN,
    is_mailed_by_hook,
    mail_due_since,
    overdue,
    unconfirmed,
)
from npta.domain.state.alert import Alert, AlertKind
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.outbox_rows import alert_pending, answer_pending, mark_sent
from npta.domain.state.times import Stamp, utc_text
from npta.tables import OrderEvent, Orders, Outbox, OutboxEvent
from tests.npta.domain.gallery import ID, Shop, order_in
from tests.npta.domain.world import AT, World


def three_orders() -> Shop:
    """A minute apart, the first at 15:01."""
    shop = Shop().product("A", "NASM-CPT-FULL").keys("NASM CPT combined", 5)
    for order_id in ("1", "2", "3"):
        shop.order(order_id, ("A", 1))
    assert isinstance(shop, Shop)
    return shop


def reminded(world: World, position: int) -> None:
    row = Outbox(at="", event=OutboxEvent.DUE, message_id="n", kind="undelivered", receipt=str(position), commit="c")
    world.facts(row)


def test_people_are_reminded_of_each_mail_once_and_of_those_that_have_waited() -> None:
    shop = three_orders()

    assert [mail.record.order_id for mail in overdue(shop.state, "2026-11-23T15:03:00Z")] == ["1", "2"]
    reminded(shop, 1)
    assert overdue(shop.state, "2026-11-23T15:03:00Z") == []
    assert [mail.record.order_id for mail in overdue(shop.state, "2026-11-23T15:03:01Z")] == ["3"]
    reminded(shop, 0)
    assert [mail.record.order_id for mail in overdue(shop.state, "2026-11-23T16:00:00Z")] == ["2", "3"]
    assert [mail.position for mail in unconfirmed(shop.state)] == [0, 1, 2]


def test_a_mail_is_due_since_the_order_got_keys_or_is_to_be_mailed_again() -> None:
    assert mail_due_since(OrderRecord("1")) == ""
    assert mail_due_since(order_in("filled, mail confirmed").record) == "2026-11-23T15:01:00Z"
    assert mail_due_since(order_in("filled, mail confirmed, sent again").record) == "2026-11-23T15:03:00Z"
    assert mail_due_since(order_in("filled, key given by hand").record) == "2026-11-23T15:02:00Z"
    assert mail_due_since(order_in("failed, out of stock").record) == ""


class TestTheHook:
    """While the keys hook mails an order, a repeat must not send a second mail."""

    DUE = datetime.fromisoformat("2026-11-23T16:00:00Z")

    def shop(self, *, taken: bool = False) -> Shop:
        shop = order_in("filled")
        row = answer_pending(shop.state, ID, stamp=Stamp(utc_text(self.DUE), "h"))
        shop.facts(row)
        if taken:
            message = shop.state.message(row.message_id)
            assert message
            shop.facts(mark_sent(message, "", stamp=Stamp(utc_text(self.DUE + timedelta(minutes=1)), "s")))
        return shop

    @pytest.mark.parametrize(
        ("taken", "ends"), [(False, HOOK_TAKES_WITHIN), (True, timedelta(minutes=1) + HOOK_MAILS_WITHIN)]
    )
    def test_it_has_its_time(self, taken: bool, ends: timedelta) -> None:
        shop = self.shop(taken=taken)
        second = timedelta(seconds=1)
        assert is_mailed_by_hook(shop.state, shop.record, self.DUE + ends - second)
        assert not is_mailed_by_hook(shop.state, shop.record, self.DUE + ends + second)

    def test_an_order_that_the_hook_has_not_is_mailed_by_its_answer(self) -> None:
        shop = order_in("filled")
        assert not is_mailed_by_hook(shop.state, shop.record, self.DUE)

    def test_a_confirmed_mail_and_one_that_a_person_wants_again_are_not_the_hooks(self) -> None:
        confirmed = self.shop()
        confirmed.press(mark_delivered, ID, message_id="")
        assert not is_mailed_by_hook(confirmed.state, confirmed.record, self.DUE)
        for minutes, by_hook in ((-1, True), (0, False), (1, False)):
            again = self.shop()
            at = utc_text(self.DUE + timedelta(minutes=minutes))
            again.facts(Orders(at=at, event=OrderEvent.RESEND, order_id=ID, status="fulfilled", commit="r"))
            assert is_mailed_by_hook(again.state, again.record, self.DUE) is by_hook

    def test_it_was_told_in_a_summary_where_it_has_no_alert_of_its_own(self) -> None:
        shop = self.shop()
        assert shop.state.was_served_in_summary(ID)
        assert not order_in("filled").state.was_served_in_summary(ID)
        shop.facts(alert_pending(shop.state, Alert(AlertKind.FULFILLED, ID, "", "", ()), stamp=Stamp(AT, "a")))
        assert not shop.state.was_served_in_summary(ID)


def test_resend_lets_a_confirmed_mail_be_due_again() -> None:
    shop = order_in("filled, mail confirmed")
    assert list(shop.state.undelivered()) == []
    shop.press(resend, ID)
    assert [record.order_id for _, record in shop.state.undelivered()] == [ID]
