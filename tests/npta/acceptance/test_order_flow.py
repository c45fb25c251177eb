"""A paid order gets its keys: what it asks for, all or nothing, and the sheet shows it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.npta.acceptance.steps import (
    ENTITLEMENTS,
    KEYS,
    Watch,
    available,
    buy,
    look_up,
    messages,
    opened,
    pools,
    press,
    shelf,
    shop_fault,
    zap,
)
from tests.support import Cell, House


def groups(answer: dict[str, Any]) -> list[tuple[str, str, str, int]]:
    """The keys of an answer: SKU, entitlement, code, seats."""
    return [(key["sku"], key["entitlement"], key["keycode"], key["seats"]) for key in answer["keys"]]


@pytest.mark.row("A1")
def test_an_order_as_shopify_tells_it_is_answered_with_its_keys_and_the_sheet_already_shows_them(npta: House) -> None:
    opened(npta)
    order = buy(npta, ("NSTB", 1), ("CPT", 2))

    answer = zap(npta, order)

    assert (answer["http"], answer["status"], answer["success"], answer["email_ready"]) == (
        200,
        "fulfilled",
        True,
        True,
    )
    assert (answer["order_id"], answer["order_name"]) == (str(order["id"]), order["name"])
    assert (answer["deliver_to"], answer["customer_name"]) == ("ada@example.com", "Ada Lovelace")
    assert groups(answer) == [
        ("NSTB", "ELEIKO-STR1-FULL", "KEY-123", 1),
        ("NSTB", "NASM-CPT-FULL", "EX-2t572t1232321a", 1),
        ("NSTB", "NCSF-STS-FULL", "STS-1", 1),
        ("CPT", "NASM-CPT-EXAM", "EX-2t572t1232321c", 2),
    ]
    assert answer["keys_expected"] == answer["keys_count"] == 5
    shown = pools(npta)
    assert (shown["NASM CPT combined"], shown["NASM CPT exam"]) == ((1, 14), (2, 18))
    assert (shown["ELEIKO STR1 combined"], shown["NCSF STS combined"]) == ((1, 14), (1, 9))
    ledger = [(row["event"], row["order_id"], row["keycode"], row["seats"]) for row in npta.rows("Key Ledger")]
    assert ledger == [("ASSIGNED", str(order["id"]), key["keycode"], key["seats"]) for key in answer["keys"]]
    assert [(row["status"], row["order_name"]) for row in npta.rows("Orders")] == [("fulfilled", order["name"])]


@pytest.mark.row("A1", "I3")
@pytest.mark.parametrize("slow", ["shop", "sheet", "both"])
def test_the_answer_comes_within_25_s_however_slow_the_others_are(slow: str) -> None:
    watch = Watch()
    with watch.npta() as npta:
        opened(npta)
        if slow != "sheet":
            shop_fault(npta, "slow", seconds=10)
        if slow != "shop":
            npta.emulator.faults.add("delay", seconds=4, count=None)
        began = watch.waited

        answer = npta.order("6855909900591", ("CPTa", 1))

        npta.emulator.faults.clear()
        assert answer["http"] == 200
        assert 4 <= watch.waited - began <= 25
        assert pools(npta)["NASM CPT combined"] == (1, 14)


@pytest.mark.row("A3")
def test_after_the_loss_of_all_memory_stock_orders_and_keys_are_the_same(npta: House) -> None:
    opened(npta)
    asked: dict[str, list[tuple[str, int]]] = {
        "6855909900591": [("NSTB", 1), ("CPTa", 2)],
        "6855909900592": [("CAREER", 40)],
        "6855909900593": [("KBS-1", 1)],
        "6855909900594": [("CNCe", 3)],
        "6855909900595": [("GONE", 1)],
    }
    for order_id, lines in asked.items():
        npta.order(order_id, *lines)
    press(npta, "/orders/6855909900594/release")
    press(npta, "/orders/6855909900591/delivered")

    def everything() -> dict[str, Any]:
        return {
            f"{verb} {order_id}": {name: each[name] for name in each if name not in ("request_id", "replayed")}
            for order_id, lines in asked.items()
            for verb, each in (("GET", look_up(npta, order_id)), ("POST", npta.order(order_id, *lines)))
        }

    press(npta, "/outbox/flush")
    before, stock, goods = everything(), (pools(npta), available(npta)), shelf(npta)
    npta.restart()

    assert everything() == before
    refreshed = press(npta, "/inventory/refresh")
    assert (refreshed["differences"], refreshed["pushed"], refreshed["failed"]) == ([], [], [])
    assert (pools(npta), available(npta)) == stock
    assert shelf(npta) == goods


@pytest.mark.row("F3", "K1")
def test_the_runbooks_examples_give_what_the_runbook_says(npta: House) -> None:
    opened(npta)

    cnc, cnce, nstb = (npta.order(str(number), (sku, 1)) for number, sku in enumerate(("CNC", "CNCe", "NSTB"), 1))

    assert [(key["product_code"], key["level"], key["component"], key["seats"]) for key in cnc["keys"]] == [
        ("CNC", "FULL", "combined", 1)
    ]
    assert [(key["product_code"], key["level"], key["component"], key["seats"]) for key in cnce["keys"]] == [
        ("CNC", "EXAM", "exam", 1)
    ]
    assert [(key["provider"], key["product_code"], key["seats"]) for key in nstb["keys"]] == [
        ("ELEIKO", "STR1", 1),
        ("NASM", "CPT", 1),
        ("NCSF", "STS", 1),
    ]
    assert nstb["keys_expected"] == nstb["keys_count"] == 3
    assert all(key["keycode"] in nstb["keys_text"] and key["keycode"] in nstb["keys_html"] for key in nstb["keys"])
    assert {name: used for name, (used, _) in pools(npta).items()} == {
        "ELEIKO STR1 combined": 1,
        "NASM CNC combined": 1,
        "NASM CNC exam": 1,
        "NASM CPT combined": 1,
        "NASM CPT content": 0,
        "NASM CPT exam": 0,
        "NCSF STS combined": 1,
    }


@pytest.mark.row("F4")
def test_two_skus_of_one_product_code_draw_from_different_pools(npta: House) -> None:
    opened(npta)

    full, exam = npta.order("1", ("CPTa", 1)), npta.order("2", ("CPT", 1))

    assert groups(full) == [("CPTa", "NASM-CPT-FULL", "EX-2t572t1232321a", 1)]
    assert groups(exam) == [("CPT", "NASM-CPT-EXAM", "EX-2t572t1232321c", 1)]
    shown = pools(npta)
    assert (shown["NASM CPT combined"], shown["NASM CPT exam"]) == ((1, 14), (1, 19))
    assert npta.order("3", ("cpta", 1))["code"] == "unknown_sku", "a SKU is exact text: case counts"


@pytest.mark.row("F6")
def test_keys_of_a_course_that_nobody_sells_count_and_are_reached_through_entitlements(npta: House) -> None:
    opened(npta)
    assert "ELEIKO" not in str(shelf(npta)), "no product of the shop is that course"

    assert npta.keys(["CANADA | PRECISION | PN-1_2 | content | KEY-9 | 3"])["imported"] == 1

    assert pools(npta)["PRECISION PN-1_2 content"] == (0, 3)
    assert npta.order("1", ("NSTB", 1))["keys"][0]["keycode"] == "KEY-123"
    npta.products(("PROMO", "precision-pn-1_2-content"), ("NSTB", ENTITLEMENTS["NSTB"]))
    assert groups(npta.order("2", ("PROMO", 2))) == [("PROMO", "PRECISION-PN-1_2-CONTENT", "KEY-9", 2)]
    assert pools(npta)["PRECISION PN-1_2 content"] == (2, 1)


@pytest.mark.row("F7")
def test_the_career_bundle_gives_three_keys_of_two_providers_or_none(npta: House) -> None:
    opened(npta, keys=[*KEYS[:6], ["CANADA", "NCSF", "STS", "combined", "STS-1", 1]])

    first, second = npta.order("1", ("CAREER", 1)), npta.order("2", ("CAREER", 1))

    assert [(key["provider"], key["keycode"]) for key in first["keys"]] == [
        ("NASM", "EX-2t572t1232321a"),
        ("NASM", "CNC-1"),
        ("NCSF", "STS-1"),
    ]
    assert (second["http"], second["code"], second["keys"]) == (422, "out_of_stock", [])
    assert [(each["entitlement"], each["needed"], each["available"]) for each in second["problems"]] == [
        ("NCSF-STS-FULL", 1, 0)
    ]
    shown = pools(npta)
    assert {shown[name][0] for name in ("NASM CPT combined", "NASM CNC combined", "NCSF STS combined")} == {1}
    assert "2" not in {row["order_id"] for row in npta.rows("Key Ledger")}


COMBINATIONS: list[tuple[str, list[tuple[str, int]]]] = [
    ("NASM-CPT-FULL,NASM-CPT-EXAM,NASM-CPT-CONTENT", [("EX-a", 1), ("EX-c", 1), ("EX-b", 1)]),
    ("NASM-CPT-EXAM,NASM-CPT-EXAM", [("EX-c", 2)]),
    ("NASM-NSBK_CPT-CNC-CES-FULL, eleiko-str1-full", [("BUNDLE-1", 1), ("KEY-123", 1)]),
    ("NCSF-STS-FULL", [("STS-1", 1)]),
]


@pytest.mark.row("F8", "D4")
@pytest.mark.parametrize(("entitlements", "keys"), COMBINATIONS)
def test_any_combination_of_courses_can_be_sold_under_any_sku(
    npta: House, entitlements: str, keys: list[tuple[str, int]]
) -> None:
    stock: list[list[Cell]] = [
        ["CANADA", "NASM", "CPT", "combined", "EX-a", 15],
        ["CANADA", "NASM", "CPT", "content", "EX-b", 15],
        ["CANADA", "NASM", "CPT", "exam", "EX-c", 15],
        ["CANADA", "NASM", "NSBK_CPT-CNC-CES", "combined", "BUNDLE-1", 15],
        ["CANADA", "ELEIKO", "STR1", "combined", "KEY-123", 15],
        ["CANADA", "NCSF", "STS", "combined", "STS-1", 15],
    ]
    sku = "Kettle Bells & More – 2026"
    npta.products((sku, entitlements))
    npta.keys(*stock)

    answer = npta.order("6855909900591", (sku, 1))

    assert [(key["keycode"], key["seats"]) for key in answer["keys"]] == keys
    assert answer["keys_count"] == answer["keys_expected"] == sum(seats for _, seats in keys)
    assert sum(used for used, _ in pools(npta).values()) == answer["keys_count"]


@pytest.mark.row("F9")
def test_a_line_of_quantity_q_with_k_entitlements_takes_q_times_k_seats_in_one_commit(npta: House) -> None:
    opened(npta)
    commits = len(npta.rows("Commit Log"))

    answer = npta.order("1", ("NSTB", 4), ("CAREER", 2), ("CPTa", 3))

    assert answer["keys_expected"] == answer["keys_count"] == 4 * 3 + 2 * 3 + 3
    assert pools(npta)["NASM CPT combined"] == (4 + 2 + 3, 15 - 9)
    assert pools(npta)["NCSF STS combined"] == (4 + 2, 10 - 6)
    assert len(npta.rows("Commit Log")) == commits + 1


@pytest.mark.row("F9")
def test_one_line_that_cannot_be_filled_takes_nothing_for_the_others_and_external_lines_are_listed_only(
    npta: House,
) -> None:
    opened(npta)
    before = pools(npta)

    short = npta.order("1", ("CPTa", 1), ("CNC", 11))
    mixed = npta.order("2", ("CPTa", 1), ("KBS-1", 5))
    only = npta.order("3", ("KBS-1", 1))

    assert (short["http"], short["keys"], short["keys_expected"]) == (422, [], 12)
    assert [(each["sku"], each["needed"], each["available"]) for each in short["problems"]] == [("CNC", 11, 10)]
    assert (mixed["http"], mixed["keys_count"], mixed["skipped"]) == (200, 1, [{"sku": "KBS-1", "reason": "EXTERNAL"}])
    assert (only["http"], only["status"], only["success"], only["email_ready"]) == (200, "skipped", False, False)
    after = pools(npta)
    assert after.pop("NASM CPT combined") == (1, 14)
    del before["NASM CPT combined"]
    assert after == before


@pytest.mark.row("F9")
def test_seats_over_the_end_of_a_key_come_as_one_entry_each(npta: House) -> None:
    npta.products(("CPTa", "NASM-CPT-FULL"))
    npta.keys(*(("CANADA", "NASM", "CPT", "combined", code, seats) for code, seats in (("A", 2), ("B", 1), ("C", 9))))

    answer = npta.order("1", ("CPTa", 5))

    assert groups(answer) == [("CPTa", "NASM-CPT-FULL", code, seats) for code, seats in (("A", 2), ("B", 1), ("C", 2))]
    assert npta.order("1", ("CPTa", 5))["keys"] == answer["keys"]
    assert len(messages(npta)) == 2, "the import and the order; a repeat tells nothing"
