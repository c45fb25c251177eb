"""X21: a confirmation does what its dry run showed, or nothing, and then says what it would do by now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.npta.acceptance.steps import person, press, type_into
from tests.npta.hook import running_hook
from tests.support import OPERATOR_KEY, House

ADA, BEN = "6855909900591", "6855909900592"
CPT = ["CANADA", "NASM", "CPT", "combined"]
OTHER_KEY = "another-operators-key-for-tests"
pytestmark = pytest.mark.row("X21")


@pytest.fixture
def shop(npta: House) -> House:
    """An order with two seats of a key of which one is left, and another key."""
    npta.products(("CPTa", "NASM-CPT-FULL"))
    npta.keys([*CPT, "cpt-1", 3], [*CPT, "cpt-2", 9])
    npta.order(ADA, ("CPTa", 2), order_name="#A1")
    return npta


def facts(house: House) -> list[list[dict[str, Any]]]:
    """All that the service says has happened."""
    return [
        house.rows(tab)
        for tab in ("Import History", "Key Ledger", "Orders", "Live Catalogue", "Import Keys", "Control")
    ]


def key_id(house: House, keycode: str = "cpt-1") -> str:
    return next(str(row["key_id"]) for row in house.rows("Import History") if row["keycode"] == keycode)


def waiting(house: House) -> None:
    house.order(BEN, ("CPTa", 20))


def grown(house: House) -> None:
    assert house.order(ADA, ("CPTa", 3))["http"] == 200


def paste_two(house: House) -> None:
    house.paste([*CPT, "new-1", 1], [*CPT, "new-2", 1])


def paste_three(house: House) -> None:
    house.paste([*CPT, "new-1", 1], [*CPT, "new-2", 1], [*CPT, "new-3", 1])


def publish(text: str) -> Callable[[House], None]:
    return lambda house: type_into(house, "NPTA Catalogue", "entitlements", {"CPTa": text})


def nothing(_: House) -> None:
    """Nothing has to be there for it."""


CALLS: dict[str, tuple[str, dict[str, Any], Callable[[House], object], Callable[[House], object]]] = {
    "release": (f"/orders/{ADA}/release", {}, nothing, grown),
    "release of a line": (f"/orders/{ADA}/release", {"line_item_id": "1", "quantity": 1}, nothing, grown),
    "release by name": (
        "/orders/%23A1/release",
        {},
        nothing,
        grown,
    ),
    "clear": (f"/orders/{ADA}/clear-cache", {}, nothing, grown),
    "clear and send again": (
        f"/orders/{ADA}/clear-cache",
        {"resend": True},
        lambda house: press(house, f"/orders/{ADA}/delivered"),
        grown,
    ),
    "resend": (
        f"/orders/{ADA}/resend",
        {"email": "right@example.com"},
        nothing,
        lambda house: press(house, f"/orders/{ADA}/resend", {"email": "right@example.com"}),
    ),
    "close": (f"/orders/{BEN}/close", {}, waiting, lambda house: press(house, f"/orders/{BEN}/close")),
    "import": ("/keys/import", {}, paste_two, paste_three),
    "sync": ("/catalogue/sync", {}, publish("NASM-CPT-EXAM"), publish("NASM-CPT-CONTENT")),
    "retire with another": (
        "/keys/retire",
        {"keycode": "cpt-1", "replace": True},
        nothing,
        lambda house: house.order(BEN, ("CPTa", 1)),
    ),
    "retire": (
        "/keys/retire",
        {"keycode": "cpt-1"},
        nothing,
        lambda house: press(house, f"/keys/{key_id(house)}/retire"),
    ),
    "adjust": (
        "/keys/adjust",
        {"keycode": "cpt-1", "seats": 5},
        nothing,
        lambda house: press(house, f"/keys/{key_id(house)}/adjust", {"seats": 4}),
    ),
    "assign": (
        f"/orders/{ADA}/assign",
        {"keycode": "cpt-2", "sku": "CPTa"},
        nothing,
        lambda house: press(house, f"/orders/{ADA}/release"),
    ),
    "mode": (
        "/mode",
        {"mode": "LIVE", "go_live_at": "2030-01-01T00:00:00Z"},
        nothing,
        lambda house: press(house, "/mode", {"mode": "TEST"}),
    ),
}
"""By name: a call, its body, what has to be there first, and what changes its effect."""


def call(
    house: House, name: str, body: dict[str, Any], *, status: int = 200, key: str = OPERATOR_KEY
) -> dict[str, Any]:
    path, asked, *_ = CALLS[name]
    return press(house, path, {**asked, **body}, status=status, key=key)


@pytest.mark.parametrize("name", CALLS)
def test_what_was_confirmed_is_done(shop: House, name: str) -> None:
    CALLS[name][2](shop)
    before = facts(shop)

    dry = call(shop, name, {"dry_run": True})

    assert facts(shop) == before
    assert dry["dry_run"] is True
    shop.restart()
    done = call(shop, name, {"confirm": dry["confirm"]})
    assert done["dry_run"] is False
    assert "confirm" not in done
    assert facts(shop) != before


@pytest.mark.parametrize("name", CALLS)
def test_if_it_would_do_something_else_nothing_is_done_and_the_new_numbers_are_told(shop: House, name: str) -> None:
    _, _, prepare, change = CALLS[name]
    prepare(shop)
    dry = call(shop, name, {"dry_run": True})
    change(shop)
    before = facts(shop)

    refused = call(shop, name, {"confirm": dry["confirm"]}, status=409)

    assert facts(shop) == before
    if name == "assign":  # released meanwhile: it cannot be done at all
        return
    assert (refused["code"], refused["dry_run"]) == ("changed", True)
    again = call(shop, name, {"dry_run": True})
    numbers = {field: value for field, value in again.items() if field not in ("request_id", "status", "go_live_at")}
    assert {field: refused[field] for field in numbers} == numbers
    assert call(shop, name, {"confirm": refused["confirm"]})["dry_run"] is False


@pytest.mark.parametrize("name", ["release", "retire", "adjust", "clear", "import", "sync", "assign"])
def test_stock_that_moved_meanwhile_does_not_count(shop: House, name: str) -> None:
    CALLS[name][2](shop)
    dry = call(shop, name, {"dry_run": True})
    assert shop.order(BEN, ("CPTa", 1))["http"] == 200

    assert call(shop, name, {"confirm": dry["confirm"]})["dry_run"] is False


@pytest.mark.parametrize("name", ["release", "retire", "import", "mode"])
def test_a_confirmation_is_for_once_for_this_call_and_for_this_caller(npta: House, name: str) -> None:
    house = House(
        emulator=npta.emulator,
        spreadsheet_id=npta.spreadsheet_id,
        environment={"NPTA_OPERATOR_KEYS": f"{OPERATOR_KEY},{OTHER_KEY}"},
    )
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys([*CPT, "cpt-1", 3], [*CPT, "cpt-2", 9])
    house.order(ADA, ("CPTa", 2))
    CALLS[name][2](house)
    token = call(house, name, {"dry_run": True})["confirm"]
    before = facts(house)

    assert call(house, name, {"confirm": token}, status=409, key=OTHER_KEY)["code"] == "changed"
    assert call(house, name, {"confirm": f"{token[:-1]}!"}, status=409)["code"] == "changed"
    other = press(house, f"/orders/{ADA}/clear-cache", {"confirm": token}, status=409)
    assert other["code"] == "changed"
    assert facts(house) == before
    call(house, name, {"confirm": token})
    assert call(house, name, {"confirm": token}, status=409)["code"] == "changed"


def test_another_part_of_the_same_order_is_another_call(shop: House) -> None:
    token = press(shop, f"/orders/{ADA}/release", {"line_item_id": "1", "quantity": 1, "dry_run": True})["confirm"]

    assert press(shop, f"/orders/{ADA}/release", {"confirm": token}, status=409)["released"] == 2


def test_without_a_confirmation_calls_act_as_ever(shop: House) -> None:
    assert press(shop, f"/orders/{ADA}/release")["released"] == 2


@pytest.mark.parametrize("confirm", ["", None, 5.5, True, ["x"]])
def test_a_confirmation_that_is_none_is_not_passed_over(shop: House, confirm: Any) -> None:
    told = press(shop, f"/orders/{ADA}/release", {"confirm": confirm}, status=400)

    assert told["errors"][0]["field"] == "confirm"
    assert len(shop.rows("Key Ledger")) == 1


def test_rows_that_moved_are_the_same_rows(shop: House) -> None:
    shop.paste([*CPT, "new-1", 1], [*CPT, "new-1", 1], [*CPT, "new-2", "x"])
    dry = shop.import_keys(dry_run=True)
    shop.sheet.worksheet("Import Keys").insert_row([], 2)

    done = shop.import_keys(confirm=dry["confirm"])

    assert (done["imported"], done["duplicates"], done["rejected"]) == (1, 1, 1)


def test_rows_that_are_edited_in_the_last_moment_stay_where_they_are(shop: House) -> None:
    paste_two(shop)
    dry = shop.import_keys(dry_run=True)
    hand = person(shop)
    shop.emulator.faults.add(
        "person_edits",
        path=":batchUpdate",
        request="addNamedRange",
        action=lambda: hand.type("Import Keys!E2", [["edited"]]),
    )

    refused = press(shop, "/keys/import", {"confirm": dry["confirm"]}, status=409)

    assert (refused["code"], refused["imported"]) == ("changed", 2)
    assert [row["keycode"] for row in shop.rows("Import Keys")] == ["edited", "new-2"]
    assert len(shop.rows("Import History")) == 2
    assert shop.import_keys(confirm=refused["confirm"])["imported"] == 2


def test_waiting_orders_are_served_as_confirmed() -> None:
    with running_hook() as hook:
        house = House(environment={"NPTA_KEYS_HOOK": hook.address}).provision()
        house.products(("CPTa", "NASM-CPT-FULL"))
        for number in range(3):
            house.order(f"{ADA}{number}", ("CPTa", 1))
        dry = press(house, "/orders/serve-waiting", {"dry_run": True})
        assert dry["served"] == []
        house.keys([*CPT, "cpt-1", 9])
        assert press(house, "/orders/serve-waiting", {"confirm": dry["confirm"]})["served"] == []
