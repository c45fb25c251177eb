"""Release Keys and Clear Order Cache: what goes back, what stays, and who is told."""

from __future__ import annotations

import pytest

from tests.npta.acceptance.steps import (
    alerts,
    available,
    look_up,
    opened,
    pools,
    press,
    shelf,
)
from tests.support import House

ORDER = "6855909900591"
CPT = "NASM CPT combined"


@pytest.mark.row("E5", "H7")
def test_release_keys_raises_key_inventory_by_exactly_the_number_released(npta: House) -> None:
    opened(npta)
    before = pools(npta)
    npta.order(ORDER, ("NSTB", 2), ("CPT", 3))
    npta.order("2", ("CPTa", 1))
    held = pools(npta)

    released = press(npta, f"/orders/{ORDER}/release")

    after = pools(npta)
    assert released["released"] == sum(after[pool][1] - held[pool][1] for pool in after) == 9
    assert after == {**before, CPT: (1, 14)}
    assert {each["SKU"]: (each["before"], each["after"]) for each in released["products"]} == {
        "CPTa": (12, 14),
        "CPT": (17, 20),
        "NSTB": (8, 10),
        "CAREER": (8, 10),
    }
    press(npta, "/outbox/flush")
    assert (available(npta)["CPT"], shelf(npta)["CPT"], shelf(npta)["CAREER"]) == (20, 20, 10)
    assert [row["event"] for row in npta.rows("Key Ledger") if row["order_id"] == ORDER].count("RELEASED") == 4
    assert "↩️ Keys Released" in alerts(npta, ORDER)[-1]


@pytest.mark.row("E5", "H7", "K2")
def test_released_seats_are_next_in_the_queue_again(npta: House) -> None:
    npta.products(("CPTa", "NASM-CPT-FULL"))
    npta.keys(*(("CANADA", "NASM", "CPT", "combined", code, 1) for code in ("A", "B", "C")))
    for number in (1, 2):
        npta.order(str(number), ("CPTa", 1))

    press(npta, "/orders/1/release")

    assert [key["keycode"] for key in npta.order("3", ("CPTa", 2))["keys"]] == ["A", "C"]


@pytest.mark.row("E5")
def test_a_second_press_releases_nothing_and_a_late_repeat_takes_nothing(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("NSTB", 1))
    press(npta, f"/orders/{ORDER}/release")
    stock, commits = pools(npta), len(npta.rows("Key Ledger"))

    again = press(npta, f"/orders/{ORDER}/release")
    late = npta.order(ORDER, ("NSTB", 1))

    assert (again["released"], again["keys"], again["products"]) == (0, [], [])
    assert (late["http"], late["status"], late["success"], late["keys"]) == (409, "released", False, [])
    assert "Clear Order Cache" in late["next_step"]
    assert (pools(npta), len(npta.rows("Key Ledger"))) == (stock, commits)


@pytest.mark.row("E5", "E6")
@pytest.mark.parametrize("action", ["release", "clear-cache"])
@pytest.mark.parametrize("order", ["6855909900599", "%231042"])
def test_an_unknown_order_says_so(npta: House, action: str, order: str) -> None:
    opened(npta)

    told = press(npta, f"/orders/{order}/{action}", status=404)

    assert order.replace("%23", "#") in told["detail"]
    assert "never been seen" in told["detail"]


@pytest.mark.row("E5", "X6")
def test_a_dry_run_of_a_release_tells_the_numbers_and_changes_nothing(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("NSTB", 1))
    before = (npta.rows("Commit Log"), pools(npta), len(alerts(npta)))

    dry = press(npta, f"/orders/{ORDER}/release", {"dry_run": True})

    assert (dry["dry_run"], dry["released"], len(dry["keys"])) == (True, 3, 3)
    done = {**press(npta, f"/orders/{ORDER}/release"), "request_id": "", "dry_run": True, "confirm": dry["confirm"]}
    assert done == {**dry, "request_id": ""}
    assert before[2] + 1 == len(alerts(npta))


@pytest.mark.row("E6", "H4")
def test_clear_order_cache_forgets_the_answer_and_never_the_keys(npta: House) -> None:
    opened(npta)
    first = npta.order(ORDER, ("NSTB", 1), order_name="#1042")
    stock = pools(npta)

    cleared = press(npta, "/orders/%231042/clear-cache")
    again = npta.order(ORDER, ("NSTB", 1), order_name="#1042")

    assert (cleared["order_id"], cleared["cleared"], cleared["keys_kept"]) == (ORDER, True, 3)
    assert (again["status"], again["replayed"], again["keys"]) == ("fulfilled", False, first["keys"])
    assert pools(npta) == stock
    assert [row["event"] for row in npta.rows("Key Ledger")] == ["ASSIGNED"] * 3
    assert [each["event"] for each in look_up(npta, ORDER)["events"]] == ["FULFILLED", "CLEARED", "FULFILLED"]


@pytest.mark.row("E6", "H1")
def test_a_failed_order_stays_locked_until_it_is_cleared(npta: House) -> None:
    opened(npta)
    assert npta.order(ORDER, ("CPTa", 16))["code"] == "out_of_stock"
    # Of another pool: the order goes on waiting.
    npta.keys(["CANADA", "NASM", "CNC", "content", "EX-9", 1])
    locked = npta.order(ORDER, ("CPTa", 16))

    cleared = press(npta, f"/orders/{ORDER}/clear-cache")
    afresh = npta.order(ORDER, ("CPTa", 16))

    assert (locked["replayed"], cleared["keys_kept"], afresh["replayed"]) == (True, 0, False)
    assert afresh["code"] == "out_of_stock"
    assert pools(npta)[CPT] == (0, 15)


@pytest.mark.row("E6")
def test_after_clearing_a_released_order_takes_keys_by_todays_catalogue(npta: House) -> None:
    opened(npta)
    npta.order(ORDER, ("CPTa", 1))
    npta.products(("CPTa", "NASM-CPT-EXAM"), ("CPT", "NASM-CPT-EXAM"))
    press(npta, f"/orders/{ORDER}/clear-cache")
    frozen = npta.order(ORDER, ("CPTa", 1))

    press(npta, f"/orders/{ORDER}/release")
    press(npta, f"/orders/{ORDER}/clear-cache")
    fresh = npta.order(ORDER, ("CPTa", 1))

    assert [key["component"] for key in frozen["keys"]] == ["combined"], "what it is owed froze when it was filled"
    assert [key["component"] for key in fresh["keys"]] == ["exam"]
    assert pools(npta)[CPT] == (0, 15)
