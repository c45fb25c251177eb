"""A search for a customer looks into archives, the newest portions first, and says when there may be more."""

from __future__ import annotations

import pytest

from npta.operations.archiving import move_orders, search_archives
from tests.npta.acceptance.archives.steps import YEAR, settle_one
from tests.npta.acceptance.steps import Watch, buy, press, zap
from tests.npta.acceptance.test_shrink_spreadsheet import flush
from tests.support import House

pytestmark = pytest.mark.row("X17", "X26")


@pytest.fixture
def customers(house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Four orders of one family, each in a portion of its own; their ids, oldest first."""
    monkeypatch.setattr(move_orders, "PORTION", 1)
    ids = []
    for first in ("Ada", "Byron", "Annabella", "Augusta"):
        order = buy(house, ("CPT", 1), customer=f"{first} Lovelace", email=f"{first.lower()}@example.com")
        zap(house, order)
        press(house, f"/orders/{order['id']}/delivered", {"message_id": "m"})
        flush(house, watch)
        watch.passes(3600)
        ids.append(str(order["id"]))
    watch.passes(YEAR)
    settle_one(house, watch)
    press(house, "/maintenance")
    house.restart()
    return ids


def found(house: House, text: str) -> tuple[list[str], bool]:
    answer = press(house, "/orders/search", {"q": text})
    return [order["order_id"] for order in answer["orders"]], answer["more"]


def test_every_order_of_a_family_is_found_newest_first(house: House, customers: list[str]) -> None:
    assert found(house, "byron@example.com") == (customers[1:2], False)
    ids, more = found(house, "lovelace")
    assert (set(customers) <= set(ids), more) == (True, False)


def test_only_some_portions_are_read_and_the_answer_says_so(
    house: House, customers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_archives, "MAX_PORTIONS", 2)
    ids, more = found(house, "lovelace")
    assert [number for number in customers if number in ids] == customers[-2:]
    assert more


def test_without_time_archives_are_left_out_and_the_answer_says_so(
    house: House, customers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_archives, "MIN_TIME", 1_000.0)
    ids, more = found(house, "lovelace")
    assert not set(customers) & set(ids)
    assert more


def test_what_has_no_letters_is_searched_in_the_index_alone(house: House, customers: list[str]) -> None:
    house.order("1", ("CPT", 1))
    house.emulator.calls.reset()
    assert found(house, "777") == ([], False)
    assert house.emulator.calls.reads == 1
    assert found(house, customers[0]) == ([customers[0]], False)


def leaves(house: House, watch: Watch) -> None:
    flush(house, watch)
    watch.passes(YEAR)
    settle_one(house, watch)
    press(house, "/maintenance")


def test_an_order_that_came_back_and_left_again_is_found_once(house: House, customers: list[str], watch: Watch) -> None:
    press(house, f"/orders/{customers[1]}/release")
    flush(house, watch)
    assert found(house, "byron") == (customers[1:2], False)
    leaves(house, watch)
    assert found(house, "byron") == (customers[1:2], False)


def test_an_order_is_found_by_the_address_that_was_wrong_wherever_it_stands(house: House, watch: Watch) -> None:
    order = buy(house, ("CPT", 1), customer="Zoe Washburne", email="zoe@example.com")
    zap(house, order)
    press(house, f"/orders/{order['id']}/resend", {"email": "right@example.com"})
    press(house, f"/orders/{order['id']}/delivered", {"message_id": "m"})
    for _ in range(2):
        for address in ("zoe@example.com", "right@example.com"):
            assert found(house, address) == ([str(order["id"])], False)
        leaves(house, watch)


def test_places_where_an_order_stands_no_more_take_no_room_in_the_answer(
    house: House, watch: Watch, customers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    press(house, f"/orders/{customers[1]}/release")
    leaves(house, watch)
    press(house, f"/orders/{customers[1]}/clear-cache")
    press(house, f"/orders/{customers[2]}/release")
    monkeypatch.setattr(search_archives, "MAX_PORTIONS", 0)

    assert found(house, "byron@example.com") == (customers[1:2], False)
    assert found(house, "annabella@example.com") == (customers[2:3], False)
