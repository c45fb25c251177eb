"""Verify: four ticks for an order that went well, and the miss by its name for one that did not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from npta.errors import NotFoundError
from npta.operations.verify import Verified, verify_order
from tests.npta.operations.conftest import Time
from tests.support import House, catalogue_cell, gspread_on

TICKS = ["Slack posted", "mail delivered", "keys as expected", "stock down by what is owed"]


def verified(house: House, order: str = "1") -> Verified:
    return verify_order(house.services, order, deadline=house.clock.deadline(25))


def missed(house: House) -> set[str]:
    return {each.what for each in verified(house).checks if not each.ok}


def ordered(house: House, mode: str = "TEST") -> None:
    """A bundle and another line, mailed, and everything that follows."""
    house.call("POST", "/mode", {"mode": mode})
    house.order("7", ("CPTa", 2))
    house.order("1", ("NSTB", 2), ("CPTa", 1), order_name="#1001")
    house.order("8", ("CPTa", 1))
    house.call("POST", "/orders/1/delivered", {"message_id": "m-1"})
    house.call("POST", "/outbox/flush")


def test_an_order_that_went_well_has_four_ticks(open_house: House) -> None:
    ordered(open_house)

    slack, mail, keys, stock = verified(open_house, "#1001").checks

    assert [each.what for each in (slack, mail, keys, stock)] == TICKS
    assert [each.ok for each in (slack, mail, keys, stock)] == [True] * 4, (slack, mail, keys, stock)
    assert "to test@npta.example (mode TEST), message m-1" in mail.found
    assert keys.found == "5 keys (NSTB: NASM-CPT-FULL × 2, NSTB: NCSF-STS-FULL × 2, CPTa: NASM-CPT-FULL × 1)"
    assert stock.found == "CANADA NASM CPT combined: used 2 → 5; CANADA NCSF STS combined: used 0 → 2"


def test_nothing_is_written_and_no_key_code_is_told(open_house: House) -> None:
    ordered(open_house)
    before = open_house.rows("Commit Log")

    assert "EX-" not in str(verified(open_house))
    assert open_house.rows("Commit Log") == before


def test_in_live_the_mail_goes_to_the_customer(open_house: House) -> None:
    ordered(open_house, mode="LIVE")

    assert "to ada@example.com (mode LIVE)" in verified(open_house).checks[1].found


def test_without_a_shop_the_sheet_alone_is_compared_and_says_so(house: House) -> None:
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(["CANADA", "NASM", "CPT", "combined", "CPT-1", 9])
    house.order("1", ("CPTa", 1))
    house.call("POST", "/outbox/flush")

    stock = verified(house).checks[3]

    assert stock.ok, stock
    assert "no shop is set" in stock.found


def test_an_order_that_was_never_seen_is_not_known(open_house: House) -> None:
    with pytest.raises(NotFoundError, match="404"):
        verified(open_house, "404")


@pytest.mark.parametrize(
    ("lines", "reason"), [([("CPTa", 99)], "needs 99"), ([("NO-SUCH", 1)], "NO-SUCH")], ids=["failed", "unknown"]
)
def test_a_failed_order_misses_everything_and_says_why(
    open_house: House, lines: list[tuple[str, int]], reason: str
) -> None:
    open_house.order("1", *lines)
    open_house.call("POST", "/outbox/flush")

    done = verified(open_house)

    assert [each.ok for each in done.checks] == [False] * 4
    assert reason in done.checks[2].found


def test_a_released_order_misses_its_keys(open_house: House) -> None:
    ordered(open_house)
    open_house.call("POST", "/orders/1/release")
    open_house.call("POST", "/outbox/flush")

    _, mail, keys, stock = verified(open_house).checks
    assert missed(open_house) == {mail.what, keys.what, stock.what}
    assert "released" in keys.found
    assert stock.found.startswith(
        "the order is owed nothing; what it took is back: CANADA NASM CPT combined: used 2 → 2"
    )
    assert stock.details == ()


STOOD: list[tuple[list[str], str]] = [
    (["/orders/1/release"], "Nothing is to be done: it was released."),
    (["/orders/1/close"], "Nothing is to be done: it was closed."),
    (["/orders/1/release", "/orders/1/clear-cache"], "It was released, and cleared since. Re-run the Zap."),
]


@pytest.mark.parametrize(("pressed", "step"), STOOD, ids=[step for _, step in STOOD])
def test_an_order_that_is_over_gets_no_advice_that_does_not_fit(
    open_house: House, pressed: list[str], step: str
) -> None:
    if "/orders/1/close" in pressed:
        open_house.order("1", ("CPTa", 99))
    else:
        ordered(open_house)
    for path in pressed:
        assert open_house.call("POST", path).status_code == 200
    open_house.call("POST", "/outbox/flush")

    assert {each.next_step for each in verified(open_house).checks if not each.ok} == {step}


def test_a_skipped_order_and_one_that_could_not_be_read(open_house: House) -> None:
    open_house.order("1", ("CPTa", 0))
    open_house.call("POST", "/orders", {"order_id": "2", "email": "", "skus": "CPTa", "quantities": "1"})
    open_house.call("POST", "/outbox/flush")

    skipped, malformed = ({each.next_step for each in verified(open_house, order).checks} for order in ("1", "2"))

    assert skipped == {"Nothing is to be done: it was skipped."}
    assert all("press Close Order" in step for step in malformed)


def test_an_alert_that_could_not_be_sent_is_missed_until_it_is_out(open_house: House) -> None:
    assert open_house.slack
    open_house.slack.slack.faults.add("down")
    ordered(open_house)

    assert missed(open_house) == {"Slack posted"}
    assert "due since" in verified(open_house).checks[0].found

    open_house.slack.slack.faults.clear()
    open_house.call("POST", "/outbox/flush")
    assert missed(open_house) == set()


def test_an_unconfirmed_mail_is_missed_with_since_when(open_house: House, time: Time) -> None:
    open_house.order("1", ("CPTa", 1))
    open_house.call("POST", "/outbox/flush")
    time.later(minutes=3)

    mail = verified(open_house).checks[1]

    assert missed(open_house) == {"mail delivered"}
    assert "not confirmed since" in mail.found


def catalogue(house: House) -> None:
    house.sheet.worksheet("NPTA Catalogue").update_acell(catalogue_cell("available", 4), 77)


def inventory(house: House) -> None:
    """The owner writes over a view; the next commit would heal it."""
    house.tampered_with = True
    sheet = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet("Key Inventory")
    sheet.update_acell("F2", 99)


def in_shop(house: House) -> None:
    assert house.shop
    house.shop.handle("POST", "/_products", body=json.dumps({"sku": "NSTB", "available": 9}).encode())


def shop_down(house: House) -> None:
    assert house.shop
    house.shop.faults.add({"name": "down"})


def one_seat_more(house: House) -> None:
    """A row of the Key Ledger says two seats where one was owed."""
    house.tampered_with = True
    sheet = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet("Key Ledger")
    row = next(place for place, each in enumerate(house.rows("Key Ledger"), 2) if each["order_id"] == "1")
    sheet.update_cell(row, sheet.row_values(1).index("seats") + 1, 3)
    house.restart()


@pytest.mark.parametrize(
    ("change", "what", "says"),
    [
        (catalogue, {"stock down by what is owed"}, "NSTB: NPTA Catalogue shows 77"),
        (inventory, {"stock down by what is owed"}, "Key Inventory shows 99 used"),
        (in_shop, {"stock down by what is owed"}, "NSTB: Shopify shows 9, the sheet says"),
        (shop_down, {"stock down by what is owed"}, "Shopify: Shopify does not work"),
        (one_seat_more, {"stock down by what is owed", "keys as expected"}, "taken, 3 owed"),
    ],
)
def test_a_miss_of_stock_or_keys_says_where(
    open_house: House, change: Callable[[House], Any], what: set[str], says: str
) -> None:
    ordered(open_house)
    assert missed(open_house) == set()
    change(open_house)

    done = verified(open_house)

    assert {each.what for each in done.checks if not each.ok} == what, done.checks
    assert any(says in detail for each in done.checks for detail in each.details), done.checks
