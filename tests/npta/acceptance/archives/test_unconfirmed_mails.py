"""Where nobody confirms mails, orders leave for the archive without, and whatever comes later finds them as they were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from npta.operations.export import export_orders
from npta.operations.refresh_and_rebuild import rebuild
from tests.npta.acceptance.archives.steps import YEAR, archive_portion, settle_one
from tests.npta.acceptance.archives.test_archiving_broken_off import other_process
from tests.npta.acceptance.steps import Watch, attention, buy, look_up, messages, opened, press, words, zap
from tests.npta.acceptance.test_refunds import SECRET, refunded, webhook
from tests.npta.acceptance.test_shrink_spreadsheet import flush
from tests.support import ORDER_KEY, House

pytestmark = pytest.mark.row("X26")
HOUR = 3_600
Order = dict[str, Any]


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    with watch.npta(NPTA_ARCHIVES="1", NPTA_ARCHIVE_UNCONFIRMED="yes", SHOPIFY_WEBHOOK_SECRET=SECRET) as house:
        house.services.spreadsheet.provision(house.clock.deadline(60))
        yield opened(house)


def leave(house: House, watch: Watch) -> int:
    """A year later; how many orders have left, without the one that is settled now."""
    watch.passes(YEAR)
    settle_one(house, watch)
    return archive_portion(house)


def warm(house: House) -> House:
    return house


def cold(house: House) -> House:
    house.restart()
    return house


@pytest.fixture(params=["warm", "cold", "follower"])
def left(request: pytest.FixtureRequest, house: House, watch: Watch) -> tuple[House, Order]:
    """An order whose mail nobody confirmed and that has left, and the process that goes on."""
    order = sold(house, watch)
    process = other_process(house) if request.param == "follower" else house
    look_up(process, str(order["id"]))
    assert leave(house, watch) == 1
    if request.param == "cold":
        house.restart()
    return process, order


def sold(house: House, watch: Watch) -> Order:
    """An order that is filled, and of whose mail people were reminded in vain."""
    order = buy(house, ("CPT", 2))
    assert zap(house, order)["status"] == "fulfilled"
    flush(house, watch)
    watch.passes(HOUR)
    press(house, "/outbox/flush")
    assert str(order["name"]) in words(reminders(house)[-1])
    return order


def reminders(house: House) -> list[dict[str, Any]]:
    return [message for message in messages(house) if "Email Not Confirmed" in message["text"]]


def reminded(house: House, watch: Watch) -> int:
    """How often people are reminded within the hour."""
    before = len(reminders(house))
    for _ in range(2):
        press(house, "/outbox/flush")
        watch.passes(HOUR)
    press(house, "/outbox/flush")
    return len(reminders(house)) - before


def unconfirmed(house: House) -> list[str]:
    """The orders that status and Attention name for their mail."""
    response = house.call("GET", "/status").get_json()
    listed = [order["order_id"] for order in response["undelivered_orders"]]
    assert response["undelivered_total"] == len(listed)
    assert sorted(listed) == sorted(which for _, which in attention(house, "mail not confirmed"))
    return listed


def events(house: House, order: Order) -> list[str]:
    return [event["event"] for event in look_up(house, str(order["id"]))["events"]]


def delivered(house: House, order: Order) -> None:
    """Zapier confirms the mail."""
    press(house, f"/orders/{order['id']}/delivered", {"message_id": "m"}, key=ORDER_KEY)


def test_who_left_is_listed_no_more_and_found_as_it_was(left: tuple[House, Order], watch: Watch) -> None:
    house, order = left
    rows = len(house.rows("Orders"))

    assert unconfirmed(house) == []
    assert reminded(house, watch) == 0
    found, again = look_up(house, str(order["id"])), zap(house, order)
    assert (found["delivered"], found["email_ready"]) == (False, True)
    assert (again["status"], again["replayed"], again["email_ready"]) == ("fulfilled", True, True)
    assert again["keys"] == found["keys"]
    assert press(house, "/orders/search", {"q": str(order["name"])})["orders"][0]["delivered"] is False
    assert len(house.rows("Orders")) == rows, "nothing came back that was only asked for"


def test_a_confirmation_that_comes_late_counts_and_the_order_leaves_again(
    left: tuple[House, Order], watch: Watch
) -> None:
    house, order = left
    delivered(house, order)
    delivered(house, order)
    assert unconfirmed(house) == []
    assert events(house, order) == ["FULFILLED", "DELIVERED"]
    flush(house, watch)
    assert reminded(house, watch) == 0

    assert leave(house, watch) >= 1
    for process in (house, cold(house)):
        assert look_up(process, str(order["id"]))["delivered"] is True
        assert events(process, order) == ["FULFILLED", "DELIVERED"]
        assert unconfirmed(process) == []


def test_a_mail_that_is_sent_again_is_watched_again(left: tuple[House, Order], watch: Watch) -> None:
    house, order = left
    press(house, f"/orders/{order['id']}/resend")
    assert zap(house, order)["email_ready"] is True
    assert unconfirmed(house) == [str(order["id"])]
    press(house, "/outbox/flush")
    before = len(reminders(house))
    assert reminded(house, watch) == 1
    assert str(order["name"]) in words(reminders(house)[before])
    house.restart()
    assert unconfirmed(house) == [str(order["id"])]
    assert reminded(house, watch) == 0, "once"
    press(house, f"/orders/{order['id']}/resend")
    assert reminded(house, watch) == 0, "as with any order whose mail waits already"

    delivered(house, order)
    assert unconfirmed(house) == []
    assert events(house, order) == ["FULFILLED", "RESEND", "DELIVERED"]


def test_one_that_is_sent_again_and_never_confirmed_leaves_again(left: tuple[House, Order], watch: Watch) -> None:
    house, order = left
    press(house, f"/orders/{order['id']}/resend")
    assert reminded(house, watch) == 1

    assert leave(house, watch) >= 1

    for process in (house, cold(house)):
        assert unconfirmed(process) == []
        assert reminded(process, watch) == 0
        assert events(process, order) == ["FULFILLED", "RESEND"]
    press(house, f"/orders/{order['id']}/resend")
    assert unconfirmed(house) == [str(order["id"])]
    assert reminded(house, watch) == 1


def test_a_refund_brings_it_back_into_the_list_without_a_reminder(left: tuple[House, Order], watch: Watch) -> None:
    house, order = left
    order_id = str(order["id"])
    assert webhook(house, refunded(house, order, ("CPT", 1)))["http"] == 200
    flush(house, watch)
    assert unconfirmed(house) == [order_id]
    assert [which for _, which in attention(house, "keys not released")] == [order_id]
    assert reminded(house, watch) == 0, "people were reminded of it before it left"
    assert leave(house, watch) == 1, "the settled one: it holds what is to be given back"
    assert look_up(house, order_id)["status"] == "fulfilled"
    assert unconfirmed(house) == [order_id]

    press(house, f"/orders/{order_id}/release")
    assert unconfirmed(house) == []
    assert zap(house, order)["keys"] == []
    assert leave(house, watch) >= 1
    assert look_up(house, order_id)["status"] == "released"


@pytest.mark.parametrize("act", ["release", "clear-cache"])
def test_buttons_work(act: str, left: tuple[House, Order], watch: Watch) -> None:
    house, order = left
    press(house, f"/orders/{order['id']}/{act}")
    expected = [] if act == "release" else [str(order["id"])]
    assert unconfirmed(house) == expected
    house.restart()
    assert unconfirmed(house) == expected
    assert reminded(house, watch) == 0


def test_a_grown_order_and_one_with_a_corrected_address_are_watched_again(house: House, watch: Watch) -> None:
    grown, corrected = "6855909900591", "6855909900592"
    for order_id in (grown, corrected):
        assert house.order(order_id, ("CPT", 1))["status"] == "fulfilled"
    assert reminded(house, watch) == 1
    assert leave(house, watch) == 2

    more = house.order(grown, ("CPT", 2))
    assert (more["status"], more["keys_expected"], more["email_ready"]) == ("fulfilled", 2, True)
    press(house, f"/orders/{corrected}/resend", {"email": "ada@lovelace.example"})

    for process in (house, cold(house)):
        assert unconfirmed(process) == [grown, corrected]
    assert reminded(house, watch) == 1
    assert house.order(corrected, ("CPT", 1))["deliver_to"] == "ada@lovelace.example"


def test_others_are_listed_and_reminded_of_as_ever(left: tuple[House, Order], watch: Watch) -> None:
    house, order = left
    other = buy(house, ("CPT", 1))
    zap(house, other)
    assert webhook(house, refunded(house, order, ("CPT", 1)))["http"] == 200
    flush(house, watch)
    assert sorted(unconfirmed(house)) == sorted([str(order["id"]), str(other["id"])])
    before = len(reminders(house))
    assert reminded(house, watch) == 1
    assert str(other["name"]) in words(reminders(house)[before])
    assert str(order["name"]) not in words(reminders(house)[before])


@pytest.mark.parametrize("process", [warm, cold])
def test_switched_off_again_it_keeps_orders_that_are_here_and_finds_those_that_left(
    process: Callable[[House], House], house: House, watch: Watch
) -> None:
    gone, back = sold(house, watch), sold(house, watch)
    assert leave(house, watch) == 2
    house.settings = house.settings.model_copy(update={"archive_unconfirmed": False})
    house.restart()
    press(process(house), f"/orders/{back['id']}/resend")
    stays = sold(house, watch)

    assert leave(house, watch) == 1, "the settled one"
    assert unconfirmed(process(house)) == [str(back["id"]), str(stays["id"])]
    assert zap(house, gone)["replayed"] is True
    delivered(house, gone)
    delivered(house, back)
    flush(house, watch)
    assert leave(house, watch) >= 2
    assert unconfirmed(process(house)) == [str(stays["id"])]
    assert events(house, back) == ["FULFILLED", "RESEND", "DELIVERED"]


def test_rebuild_and_export_have_them(left: tuple[House, Order]) -> None:
    house, order = left
    deadline = house.clock.deadline(60)
    assert rebuild(house.services, who="test", deadline=deadline).agrees
    keys = export_orders(house.services, deadline=deadline)
    assert keys.missing == ()
    assert [key.seats for key in keys.keys if key.order_id == str(order["id"])] == [2]


def test_without_the_setting_they_stay(watch: Watch) -> None:
    with watch.npta(NPTA_ARCHIVES="1") as house:
        house.services.spreadsheet.provision(house.clock.deadline(60))
        order = sold(opened(house), watch)
        assert leave(house, watch) == 0
        assert unconfirmed(house) == [str(order["id"])]
