"""Settled orders stand in an archive: everything is answered and done as if they had never left the sheet."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from npta.tables import KeyLedger, Orders
from tests.npta.acceptance.archives.steps import YEAR, archive_portion, delivered, settle_one
from tests.npta.acceptance.steps import Watch, buy, look_up, opened, press, zap
from tests.npta.acceptance.test_refunds import SECRET, refunded, webhook
from tests.npta.acceptance.test_shrink_spreadsheet import flush, plain, told
from tests.support import House

pytestmark = pytest.mark.row("X26")
Between = Callable[[House, Watch], object]


def nothing(house: House, watch: Watch) -> None:
    watch.passes(YEAR)
    settle_one(house, watch)


def start_anew(house: House, watch: Watch) -> None:
    nothing(house, watch)
    house.restart()


def leave(house: House, watch: Watch) -> None:
    nothing(house, watch)
    assert archive_portion(house) >= 1
    rows = house.services.spreadsheet.scan([Orders, KeyLedger])
    assert rows[Orders].gone
    assert rows[KeyLedger].gone


def leave_and_start_anew(house: House, watch: Watch) -> None:
    leave(house, watch)
    house.restart()


def repeated_and_looked_up(house: House, watch: Watch, between: Between) -> list[Any]:
    one, two = delivered(house, ("CPT", 2), ("CPTa", 1)), delivered(house, ("CPT", 1))
    flush(house, watch)
    between(house, watch)
    name = str(one["name"]).replace("#", "%23")
    return [zap(house, one), look_up(house, str(one["id"])), look_up(house, name), zap(house, two), told(house)]


def released_cleared_and_served_anew(house: House, watch: Watch, between: Between) -> list[Any]:
    order = delivered(house, ("CPT", 2))
    delivered(house, ("CPT", 1))
    flush(house, watch)
    between(house, watch)
    found: list[Any] = [press(house, f"/orders/{order['id']}/release"), zap(house, order)]
    flush(house, watch)
    found += [press(house, f"/orders/{order['id']}/clear-cache"), zap(house, order)]
    flush(house, watch)
    return [*found, look_up(house, str(order["id"])), told(house)]


def refunded_after_long(house: House, watch: Watch, between: Between) -> list[Any]:
    order = delivered(house, ("CPT", 2))
    flush(house, watch)
    between(house, watch)
    assert webhook(house, refunded(house, order, ("CPT", 1)))["http"] == 200
    flush(house, watch)
    return [
        look_up(house, str(order["id"])),
        press(house, f"/orders/{order['id']}/release"),
        zap(house, order),
        told(house),
    ]


def resent_and_closed(house: House, watch: Watch, between: Between) -> list[Any]:
    order = delivered(house, ("CPT", 1))
    between(house, watch)
    found: list[Any] = [press(house, f"/orders/{order['id']}/resend"), zap(house, order)]
    flush(house, watch)
    return [*found, press(house, f"/orders/{order['id']}/delivered", {"message_id": "n"}), told(house)]


def a_key_is_retired(house: House, watch: Watch, between: Between) -> list[Any]:
    one, two = delivered(house, ("CPT", 2)), delivered(house, ("CPT", 1))
    between(house, watch)
    found: list[Any] = [press(house, "/keys/retire", {"keycode": "EX-2t572t1232321c"})]
    flush(house, watch)
    return [*found, look_up(house, str(one["id"])), look_up(house, str(two["id"])), told(house)]


def without_drawn_ids(found: list[Any]) -> Any:
    """Leave out the ids of imports, which are drawn."""
    return plain(json.loads(re.sub(r"20261123T150000-[0-9a-f]{6}-", "key ", json.dumps(found))))


def searched(house: House, watch: Watch, between: Between) -> list[Any]:
    customers = (
        ("Zoë O’Brien", "zoe@example.com"),
        ("Alan Turing", "alan@example.com"),
        ("Zoe Washburne", "z@example.com"),
    )
    for customer, email in customers:
        order = buy(house, ("CPT", 1), customer=customer, email=email)
        zap(house, order)
        press(house, f"/orders/{order['id']}/delivered", {"message_id": "m"})
    flush(house, watch)
    between(house, watch)
    texts = ("zoe", "zoe@example.com", "ALAN turing", "nobody", "obrien", "EX-2t572t1232321c", "#1002")
    found = [press(house, "/orders/search", {"q": text}) for text in texts]
    assert [len(each["orders"]) for each in found] == [2, 1, 1, 0, 1, 3, 1]
    return found


STORIES = [
    searched,
    repeated_and_looked_up,
    released_cleared_and_served_anew,
    refunded_after_long,
    resent_and_closed,
    a_key_is_retired,
]


@pytest.mark.parametrize(("between", "otherwise"), [(leave, nothing), (leave_and_start_anew, start_anew)])
@pytest.mark.parametrize("story", STORIES)
def test_everything_is_as_if_no_order_had_left(
    story: Callable[[House, Watch, Between], list[Any]],
    between: Between,
    otherwise: Between,
    house: House,
    watch: Watch,
) -> None:
    other_watch = Watch()
    with other_watch.npta(SHOPIFY_WEBHOOK_SECRET=SECRET) as kept:
        expected = without_drawn_ids(story(opened(kept), other_watch, otherwise))

    found = without_drawn_ids(story(house, watch, between))

    for one, two in zip(expected, found, strict=True):
        assert two == one
