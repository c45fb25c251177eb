"""What people see beside a row of the catalogue: how many can be sold, and its status."""

from __future__ import annotations

from npta.domain.catalogue.catalogue import (
    publish,
    read_catalogue,
)
from npta.domain.catalogue.computed_columns import RowState, shown
from sheets_schema import InputRow
from sheets_schema.schema.cells import Cell
from tests.npta.domain.world import World, catalogue_row

CPT = "NASM CPT combined"
EXAM = "NASM CPT exam"


class TestShown:
    def cells(self, world: World, entitlements: Cell, fulfillment: str = "AUTO") -> tuple[int | None, str]:
        row = read_catalogue([catalogue_row(2, "A", entitlements, fulfillment)])[0]
        return shown(row, world.state, "CANADA")[:2]

    def test_ready(self) -> None:
        assert self.cells(World().product("A", "NASM-CPT-FULL").keys(CPT, 3), "NASM-CPT-FULL") == (3, "ready")

    def test_out_of_stock(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 1)
        world.order("1", ("A", 1))

        assert self.cells(world, "NASM-CPT-FULL") == (0, "out of stock")

    def test_rule_11_an_unsynced_change_is_shown_with_what_can_be_sold_today(self) -> None:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 3).keys(EXAM, 9)

        assert self.cells(world, "NASM-CPT-EXAM") == (3, "unsynced: press Sync Catalogue")

    def test_a_bad_row_says_so_and_whether_orders_are_still_served(self) -> None:
        world = World().keys(CPT, 3)
        assert self.cells(world, "") == (0, "entitlements missing")

        world.product("A", "NASM-CPT-FULL")
        assert self.cells(world, "") == (3, "entitlements missing (orders still see what was published before)")

    def test_no_keys_for_an_entitlement(self) -> None:
        world = World().product("A", "NASM-XYZ-FULL")

        assert self.cells(world, "NASM-XYZ-FULL") == (0, "no keys for NASM-XYZ-FULL")

    def test_external_products_are_served_by_hand_and_have_no_number(self) -> None:
        world = World().product("A", "", "EXTERNAL")

        assert self.cells(world, "", "EXTERNAL") == (None, "ready: served by hand")

    def test_what_is_left_of_an_emptied_row_is_emptied_too(self) -> None:
        left = InputRow(2, {"available": 5, "status": "ready"})

        assert shown(read_catalogue([left])[0], World().state, "CANADA") == (None, "", RowState.BLANK)
        assert publish(read_catalogue([left]), World().state, "CANADA").findings == ()
