"""X4: the same keys go to a corrected address, and stay corrected although the Zap goes on to send the old one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.npta.acceptance.steps import look_up, press
from tests.npta.hook import running_hook
from tests.support import House

ADA = "6855909900591"
WRONG, RIGHT, THIRD = "ada@example.con", "ada@example.com", "third@example.com"
CPT = ["CANADA", "NASM", "CPT", "combined"]
pytestmark = pytest.mark.row("X4")


@pytest.fixture
def shop(npta: House) -> House:
    """An order whose mail went to a wrong address."""
    npta.products(("CPTa", "NASM-CPT-FULL"))
    npta.keys([*CPT, "cpt-1", 1], [*CPT, "cpt-2", 9])
    zap(npta)
    press(npta, f"/orders/{ADA}/delivered")
    return npta


def zap(house: House, email: str = WRONG, quantity: int = 1) -> dict[str, Any]:
    """The Zap runs, or runs again, with the address that it knows."""
    return house.order(ADA, ("CPTa", quantity), email=email)


def corrected(house: House, email: str = RIGHT, **more: Any) -> dict[str, Any]:
    return press(house, f"/orders/{ADA}/resend", {"email": email, **more})


def test_the_repeat_goes_to_the_corrected_address_with_the_same_keys(shop: House) -> None:
    before = zap(shop)

    told = corrected(shop)

    assert (told["delivered"], told["email"]) == (False, RIGHT)
    repeat = zap(shop)
    assert (repeat["deliver_to"], repeat["delivered"], repeat["email_ready"]) == (RIGHT, False, True)
    assert repeat["keys"] == before["keys"]
    assert look_up(shop, ADA)["deliver_to"] == RIGHT


def test_it_stays_corrected_when_the_order_is_decided_anew(shop: House) -> None:
    corrected(shop)
    press(shop, f"/orders/{ADA}/clear-cache")
    assert zap(shop)["deliver_to"] == RIGHT
    shop.restart()

    assert zap(shop, quantity=2)["deliver_to"] == RIGHT
    assert look_up(shop, ADA)["deliver_to"] == RIGHT


def test_corrected_twice_the_last_one_counts_and_back_again_it_is_the_first(shop: House) -> None:
    corrected(shop, THIRD)
    corrected(shop, RIGHT)
    assert [zap(shop, email)["deliver_to"] for email in (WRONG, THIRD, RIGHT)] == [RIGHT] * 3

    corrected(shop, WRONG)

    assert zap(shop)["deliver_to"] == WRONG


def test_an_address_that_nobody_has_corrected_counts_as_ever(shop: House) -> None:
    corrected(shop)

    assert zap(shop, "new@example.com")["deliver_to"] == "new@example.com"


def test_it_is_corrected_before_the_mail_is_confirmed_too_and_twice_is_once(shop: House) -> None:
    corrected(shop)
    rows = shop.rows("Orders")

    corrected(shop)

    assert shop.rows("Orders") == rows
    assert zap(shop)["deliver_to"] == RIGHT


def test_the_mail_by_hook_goes_to_the_corrected_address() -> None:
    with running_hook() as hook:
        house = House(environment={"NPTA_KEYS_HOOK": hook.address}).provision()
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys([*CPT, "cpt-1", 1])
        zap(house)
        press(house, f"/orders/{ADA}/delivered")

        corrected(house)
        press(house, "/outbox/flush")

        assert [body["deliver_to"] for body in hook.taken][-1:] == [RIGHT]


@pytest.mark.parametrize("email", ["", "nobody", "a@b@c", "a b@c.de", None, 5, ["ada@example.com", "b@example.com"]])
def test_what_is_no_address_is_refused_and_not_repeated(shop: House, email: Any) -> None:
    rows = shop.rows("Orders")

    told = press(shop, f"/orders/{ADA}/resend", {"email": email}, status=400)

    assert told["errors"][0]["field"] == "email"
    assert shop.rows("Orders") == rows


def test_an_order_without_keys_has_no_mail_to_send(shop: House) -> None:
    shop.order("2", ("CPTa", 99))

    assert "holds no keys" in press(shop, "/orders/2/resend", {"email": RIGHT}, status=409)["detail"]


def test_it_is_found_by_either_address(shop: House) -> None:
    corrected(shop)

    for address in (WRONG, RIGHT):
        (hit,) = press(shop, "/orders/search", {"q": address})["orders"]
        assert (hit["order_id"], hit["email"]) == (ADA, RIGHT)
