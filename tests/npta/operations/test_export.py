"""An export holds the orders that were filled since go-live, with what they hold now."""

from __future__ import annotations

from npta.operations.export import ExportedKey, export_orders
from tests.npta.operations.conftest import Time
from tests.support import House, gspread_on


def exported(house: House, since: str = "", *, tests: bool = False) -> tuple[ExportedKey, ...]:
    return export_orders(house.services, deadline=house.clock.deadline(20), since=since, tests=tests).keys


def test_every_key_of_a_filled_order_is_in_it_also_after_the_mode_has_gone_back_to_off(open_house: House) -> None:
    open_house.order("1", ("NSTB", 1), ("CPT", 2), order_name="#1001")
    open_house.call("POST", "/orders/1/delivered")
    open_house.call("POST", "/mode", {"mode": "OFF"})
    open_house.restart()

    first, *others = exported(open_house)

    assert first._replace(filled_at="") == ExportedKey(
        order_id="1",
        order_name="#1001",
        customer_name="Ada Lovelace",
        email="ada@example.com",
        filled_at="",
        mode="LIVE",
        delivered="yes",
        line_item_id="1",
        sku="NSTB",
        entitlement="NASM-CPT-FULL",
        keycode="EX-NASM-CPT-combined",
        seats=1,
    )
    assert [(each.sku, each.entitlement, each.seats) for each in others] == [
        ("NSTB", "NCSF-STS-FULL", 1),
        ("CPT", "NASM-CPT-EXAM", 2),
    ]


def test_what_holds_nothing_and_what_was_only_tried_is_not_in_it(open_house: House) -> None:
    open_house.call("POST", "/mode", {"mode": "TEST"})
    open_house.order("1", ("CPTa", 1))
    open_house.call("POST", "/mode", {"mode": "LIVE"})
    open_house.order("2", ("CPTa", 99))
    open_house.order("3", ("CPTa", 1))
    open_house.call("POST", "/orders/3/release")
    open_house.order("4", ("CPTa", 1))

    assert [each.order_id for each in exported(open_house)] == ["4"]
    assert [each.order_id for each in exported(open_house, tests=True)] == ["1", "4"]


def test_since_leaves_out_what_was_filled_before(open_house: House, time: Time) -> None:
    open_house.order("1", ("CPTa", 1))
    time.later(minutes=1)
    since = open_house.services.now()
    open_house.order("2", ("CPTa", 1))

    assert [each.order_id for each in exported(open_house, since)] == ["2"]


def test_nothing_is_written_and_a_key_code_stands_in_no_repr(open_house: House) -> None:
    open_house.order("1", ("CPTa", 1))
    before = open_house.rows("Commit Log")

    assert "EX-" not in repr(exported(open_house))
    assert open_house.rows("Commit Log") == before


def test_an_order_whose_receipt_a_person_damaged_is_exported_with_its_keys_and_stops_no_other(
    open_house: House,
) -> None:
    open_house.order("1", ("CPTa", 1))
    open_house.order("2", ("CPTa", 1))
    open_house.tampered_with = True
    gspread_on(open_house.emulator, open_house.spreadsheet_id, person="").worksheet("Orders").update_cell(2, 8, "{")
    open_house.restart()

    assert [(each.order_id, each.mode) for each in exported(open_house)] == [("1", "unknown"), ("2", "LIVE")]
