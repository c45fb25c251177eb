"""What the shop has sold while its Zap is still on its way: no push of stock puts it on sale again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from npta.clients.shopify import client
from tests.npta.acceptance.steps import (
    KEYS,
    Watch,
    buy,
    messages,
    opened,
    press,
    put_product,
    shelf,
    shop_fault,
    shop_grant,
    shop_mended,
    shop_state,
    shop_work,
    words,
    zap,
)
from tests.support import House


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    """A shop that is open, and shows what can be sold."""
    with watch.npta() as made:
        yield opened(made)


def shown(house: House, *skus: str) -> list[int | None]:
    return [shelf(house)[sku] for sku in skus]


def refresh(house: House) -> None:
    """Refresh Inventory, which takes everything that it may."""
    assert press(house, "/inventory/refresh")["failed"] == []


ALL = ("CPTa", "CPT", "CNC", "CNCe", "NSTB", "CAREER")
BEFORE = {"CPTa": 15, "CPT": 20, "CNC": 10, "CNCe": 10, "NSTB": 10, "CAREER": 10}


@pytest.mark.row("I4", "E4")
@pytest.mark.parametrize(
    ("lines", "lower"),
    [
        pytest.param([("CPT", 1)], {"CPT": 19}, id="one"),
        pytest.param([("CPT", 20)], {"CPT": 0}, id="all"),
        pytest.param([("CPT", 3), ("CNCe", 2)], {"CPT": 17, "CNCe": 8}, id="several products"),
        pytest.param([("CNC", 4)], {"CNC": 6, "CAREER": 6}, id="a course that is part of a bundle"),
        pytest.param(
            [("CAREER", 7)], {"CPTa": 8, "CNC": 3, "NSTB": 3, "CAREER": 3}, id="a bundle, and all that shares its keys"
        ),
        pytest.param(
            [("NSTB", 1), ("CAREER", 2), ("CPTa", 3)],
            {"CPTa": 9, "CNC": 8, "NSTB": 7, "CAREER": 7},
            id="two bundles and a course of both",
        ),
        pytest.param([("KBS-1", 2)], {}, id="what is served by hand"),
        pytest.param([("KBS-1", 1), ("CPT", 1)], {"CPT": 19}, id="mixed with what is served by hand"),
    ],
)
def test_refresh_inventory_leaves_sold_what_is_sold(
    house: House, lines: list[tuple[str, int]], lower: dict[str, int]
) -> None:
    assert dict(zip(ALL, shown(house, *ALL), strict=True)) == BEFORE
    order = buy(house, *lines)

    refresh(house)

    assert dict(zip(ALL, shown(house, *ALL), strict=True)) == {**BEFORE, **lower}
    zap(house, order)
    assert dict(zip(ALL, shown(house, *ALL), strict=True)) == {**BEFORE, **lower}
    refresh(house)
    assert dict(zip(ALL, shown(house, *ALL), strict=True)) == {**BEFORE, **lower}


@pytest.mark.row("I4")
def test_so_does_the_push_after_another_order_an_import_and_a_release(house: House) -> None:
    coming = buy(house, ("CPT", 4))

    zap(house, buy(house, ("CPT", 1)))
    assert shown(house, "CPT") == [15]
    house.keys(["CANADA", "NASM", "CPT", "exam", "EX-more", 10])
    assert shown(house, "CPT") == [25]
    released = zap(house, buy(house, ("CPT", 2)))
    press(house, f"/orders/{released['order_id']}/release")
    assert shown(house, "CPT") == [25]
    zap(house, coming)
    assert shown(house, "CPT") == [25]


@pytest.mark.row("I4", "H9")
def test_the_last_one_is_not_sold_twice(house: House) -> None:
    """Shelf 0 after a sale whose Zap is on its way; Refresh Inventory; the next customer."""
    zap(house, buy(house, ("CNCe", 9)))
    first = buy(house, ("CNCe", 1))
    assert shown(house, "CNCe") == [0]

    refresh(house)

    assert shown(house, "CNCe") == [0], "nobody can buy it"
    assert zap(house, first)["http"] == 200


def cancelled(house: House, order: dict[str, Any]) -> None:
    shop_work(house, order, "cancel")


def unpaid(house: House, order: dict[str, Any]) -> None:
    shop_work(house, order, "pay", financial_status="pending")


def refunded(house: House, order: dict[str, Any]) -> None:
    shop_work(house, order, "refund")


def served_by_hand(house: House, order: dict[str, Any]) -> None:
    shop_work(house, order, "fulfill")


def before_go_live(house: House, _: dict[str, Any]) -> None:
    press(house, "/mode", {"mode": "LIVE", "go_live_at": "2026-11-24T00:00:00Z"})


def switched_off(house: House, _: dict[str, Any]) -> None:
    press(house, "/mode", {"mode": "OFF"})


@pytest.mark.row("I4")
@pytest.mark.parametrize(
    "happens",
    [cancelled, unpaid, refunded, served_by_hand, before_go_live, switched_off],
    ids=lambda each: each.__name__,
)
def test_what_will_take_no_keys_here_is_on_sale_again(house: House, happens: Callable[[House, Any], None]) -> None:
    order = buy(house, ("CPT", 4))
    refresh(house)
    assert shown(house, "CPT") == [16]

    happens(house, order)
    refresh(house)

    assert shown(house, "CPT") == [20]


@pytest.mark.row("I4", "B10")
@pytest.mark.parametrize(("mode", "left"), [("LIVE", 20), ("TEST", 16)])
def test_a_test_order_is_served_and_so_taken_off_in_mode_test_only(house: House, mode: str, left: int) -> None:
    press(house, "/mode", {"mode": mode})
    buy(house, ("CPT", 4), test=True)

    refresh(house)

    assert shown(house, "CPT") == [left]


@pytest.mark.row("I4", "X22")
def test_of_an_order_that_was_refunded_or_served_in_part_the_rest_is_taken_off(house: House) -> None:
    order = buy(house, ("CPT", 5), ("CNCe", 3))
    shop_work(house, order, "refund", lines=[{"sku": "CPT", "quantity": 2}])
    shop_work(house, order, "fulfill", lines=[{"sku": "CNCe", "quantity": 1}])

    refresh(house)

    assert shown(house, "CPT", "CNCe") == [17, 8]


@pytest.mark.row("I4")
def test_an_order_is_waited_for_as_long_as_zapier_tries_and_then_it_is_for_the_nightly_report(
    house: House, watch: Watch
) -> None:
    lost = buy(house, ("CPT", 1))
    watch.passes(11 * 3_600)
    refresh(house)
    assert shown(house, "CPT") == [19]
    watch.passes(2 * 3_600)
    refresh(house)

    assert shown(house, "CPT") == [20]
    findings = press(house, "/reconcile")["findings"]
    assert [each["which"] for each in findings if each["what"] == "paid order without a receipt"] == [str(lost["id"])]


@pytest.mark.row("I4")
def test_a_sale_that_search_has_not_noticed_yet_counts(house: House) -> None:
    shop_fault(house, "lag", seconds=600)
    buy(house, ("CPT", 1))

    refresh(house)

    assert shown(house, "CPT") == [19]


@pytest.mark.row("I4")
def test_who_buys_while_the_stock_is_set_is_not_overwritten(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at the orders and the setting of the level: the level has moved, so all is looked at again."""
    shop = house.services.shop
    assert shop
    put_product(house, "CPT", available=3)
    read = type(shop).changed_since
    bought: list[dict[str, Any]] = []

    def changed_since(*args: Any) -> Any:
        found = read(*args)
        if not bought:
            bought.append(buy(house, ("CPT", 2)))
        return found

    monkeypatch.setattr(type(shop), "changed_since", changed_since)

    refresh(house)

    assert shown(house, "CPT") == [18]
    zap(house, bought[0])
    assert shown(house, "CPT") == [18]


@pytest.mark.row("I4", "I3")
def test_an_app_that_may_not_read_orders_only_lowers_the_stock_and_says_so(house: House) -> None:
    shop_grant(house, without=["read_orders"])
    put_product(house, "CPT", available=3)
    put_product(house, "CNCe", available=30)

    failed = press(house, "/inventory/refresh")["failed"]

    assert shown(house, "CPT", "CNCe") == [3, 10]
    assert [(each["SKU"], "orders cannot be read" in each["reason"]) for each in failed] == [("CPT", True)]
    press(house, "/outbox/flush")  # the next commit tells it
    (alert,) = [each for each in messages(house) if "Stock Not Pushed" in each["text"]]
    assert "read_orders" in words(alert)
    shop_grant(house)
    refresh(house)
    assert shown(house, "CPT") == [20]


@pytest.mark.row("I4")
def test_a_shop_that_is_down_in_the_midst_of_it_is_tried_again(house: House, watch: Watch) -> None:
    buy(house, ("CPT", 1))
    shop_fault(house, "down", operation="ChangedOrders")
    press(house, "/inventory/refresh")
    shop_mended(house)
    watch.passes(60)

    press(house, "/outbox/flush")

    assert shown(house, "CPT") == [19]


@pytest.mark.row("X5", "I4")
def test_the_nightly_report_calls_no_stock_wrong_that_is_only_sold(house: House) -> None:
    buy(house, ("CAREER", 2))
    stock = [each for each in press(house, "/reconcile")["findings"] if each["what"] == "stock differs"]
    assert [each["which"] for each in stock] == ["CPTa", "CNC", "NSTB"], "which share keys with what is sold"

    refresh(house)

    assert not [each for each in press(house, "/reconcile")["findings"] if each["what"] == "stock differs"]


@pytest.mark.row("I4")
def test_what_is_read_beside_the_stock_is_little(house: House) -> None:
    for _ in range(3):
        zap(house, buy(house, ("CPT", 1)))
    buy(house, ("CAREER", 1))
    zap(house, buy(house, ("CPT", 1)))
    assert shown(house, "CNC", "CPTa", "CPT") == [9, 14, 16], "what shares keys with what is sold is lowered, once"
    before = len(shop_state(house)["calls"])

    zap(house, buy(house, ("CPT", 1)))

    asked = [call["operation"] for call in shop_state(house)["calls"][before:]]
    assert [each for each in asked if each not in ("Variants", "SetQuantities")] == ["ChangedOrders", "LinesOfOrders"]


@pytest.mark.row("I4", "X11")
def test_keys_that_are_on_the_way_to_a_waiting_order_are_counted_once(house: House) -> None:
    """An order that failed owes its seats by itself; it has a receipt, and is not on its way any more."""
    failing = buy(house, ("CNCe", 12), oversell=True)
    zap(house, failing)
    house.keys(["CANADA", "NASM", "CNC", "exam", "CNC-e2", 20])
    assert shown(house, "CNCe") == [18]
    zap(house, failing)
    assert shown(house, "CNCe") == [18]
    assert [row["available"] for row in house.rows("Key Inventory") if row["component"] == "exam"] == [18, 20]
    assert len(KEYS) == 7


@pytest.mark.row("I4")
def test_more_sales_than_one_page_shows_and_one_call_reads_are_all_left_sold(house: House) -> None:
    """Zapier is down on the busiest day."""
    house.keys(["CANADA", "NASM", "CPT", "exam", "EX-more", 300])
    for _ in range(170):
        buy(house, ("CPT", 1))
    assert shown(house, "CPT") == [150]

    refresh(house)

    assert shown(house, "CPT") == [150]


@pytest.mark.row("I4")
def test_where_not_all_sales_can_be_looked_at_the_stock_is_only_lowered_and_follows_by_itself(
    house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_MAX_PAGES", 1)
    house.keys(["CANADA", "NASM", "CPT", "exam", "EX-more", 100], ["CANADA", "NASM", "CNC", "exam", "CNC-more", 5])
    buy(house, ("CPT", 50))
    watch.passes(60)
    for _ in range(101):
        zap(house, buy(house, ("KBS-1", 1)))
    put_product(house, "CNCe", available=20)
    assert shown(house, "CPT", "CNCe") == [70, 20]

    failed = press(house, "/inventory/refresh")["failed"]

    assert shown(house, "CPT", "CNCe") == [70, 15], "it is lowered, and not raised by guess"
    assert [(each["SKU"], "more orders change in Shopify" in each["reason"]) for each in failed] == [("CPT", True)]
    monkeypatch.undo()
    watch.passes(60)
    press(house, "/outbox/flush")
    assert shown(house, "CPT") == [70]


@pytest.mark.row("I4")
@pytest.mark.parametrize("then", ["served after all", "closed"])
def test_an_order_that_came_in_a_call_that_cannot_be_read_is_still_sold(house: House, then: str) -> None:
    order = buy(house, ("CPT", 4))
    broken = {"order_id": str(order["id"]), "email": "ada@example.com", "line_items": [{"sku": "CPT", "quantity": "?"}]}
    assert zap(house, broken)["http"] == 400

    refresh(house)
    assert shown(house, "CPT") == [16]

    if then == "closed":
        press(house, f"/orders/{order['id']}/close")
        refresh(house)
        assert shown(house, "CPT") == [20], "it was served by hand, and took nothing here"
    else:
        assert zap(house, order)["http"] == 200
        assert shown(house, "CPT") == [16]


def other_process(house: House) -> House:
    """A second process, as in every rollout."""
    return House(house.emulator, house.spreadsheet_id, house.clock, shop=house.shop, slack=house.slack)


def imports(house: House) -> int:
    house.keys(["CANADA", "NASM", "CPT", "exam", "EX-other", 30])
    return 49


def adjusts(house: House) -> int:
    press(house, "/keys/adjust", {"keycode": "EX-2t572t1232321c", "seats": 8, "reason": "misread"})
    return 7


def retires(house: House) -> int:
    press(house, "/keys/retire", {"keycode": "EX-2t572t1232321c"})
    return 0


def serves(house: House) -> int:
    house.order("9", ("CPT", 5))
    return 14


def releases(house: House) -> int:
    press(house, "/orders/1/release")
    return 20


@pytest.mark.row("I4")
@pytest.mark.parametrize(
    ("when", "happens"),
    [
        *(("the level was read", each) for each in (imports, adjusts, retires, serves)),
        *(("the push was put off", each) for each in (imports, adjusts, retires, serves, releases)),
    ],
    ids=lambda each: getattr(each, "__name__", each),
)
def test_what_another_process_has_made_of_the_stock_meanwhile_is_not_overwritten(
    house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch, happens: Callable[[House], int], when: str
) -> None:
    other, wanted = other_process(house), []
    if when == "the push was put off":
        shop_fault(house, "down")
        house.order("1", ("CPT", 1))
        shop_mended(house)
        wanted.append(happens(other))
        assert shown(house, "CPT") == wanted
        watch.passes(11)
        house.call("GET", "/status")
    else:
        shop = house.services.shop
        assert shop
        read = shop.changed_since

        def changed_since(*args: Any) -> Any:
            found = read(*args)
            if not wanted:
                wanted.append(happens(other))
            return found

        monkeypatch.setattr(shop, "changed_since", changed_since)
        house.order("1", ("CPT", 1))

    assert shown(house, "CPT") == wanted


@pytest.mark.row("I4")
def test_an_answer_that_was_lost_after_the_stock_was_set_overwrites_no_sale_that_followed(
    house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop_fault(house, "drop", operation="SetQuantities", times=3)
    put_product(house, "CPT", available=3)
    assert press(house, "/inventory/refresh")["failed"]
    assert shown(house, "CPT") == [20], "Shopify has done it; nobody here knows"
    sold = buy(house, ("CPT", 2))
    watch.passes(60)

    press(house, "/outbox/flush")

    assert shown(house, "CPT") == [18]
    zap(house, sold)
    refresh(house)
    assert shown(house, "CPT") == [18]


@pytest.mark.row("I4", "I3")
def test_trouble_with_the_stock_of_a_great_many_products_stops_no_order(house: House, watch: Watch) -> None:
    """What keeps Shopify from each of them is noted, and no cell holds it of all."""
    skus = [f"COURSE-{number:03}-{'X' * 30}" for number in range(600)]
    table = house.sheet.worksheet("NPTA Catalogue")
    header = table.row_values(1)
    rows = [
        [{"SKU": sku, "entitlements": "NASM-CPT-FULL", "fulfillment": "AUTO"}.get(name, "") for name in header]
        for sku in skus
    ]
    table.add_rows(len(rows))
    table.update(rows, f"A{len(table.get_all_values()) + 1}", raw=True)
    press(house, "/catalogue/sync")

    failed = press(house, "/inventory/refresh")["failed"]

    assert len(failed) == len(skus)
    assert house.order("1", ("CPT", 1))["http"] == 200
    for _ in range(3):
        watch.passes(60)
        press(house, "/outbox/flush")
    assert len([each for each in messages(house) if "Stock Not Pushed" in each["text"]]) == 1
    assert len(json.loads(house.call("GET", "/status").data)["unconfirmed_stock"]) >= 20
