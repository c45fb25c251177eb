"""What does not agree between Shopify, the sheet and the ledgers, at the edges: the last moment, one seat, one copy more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from npta.domain.catalogue.sync_from_shopify import ShopVariant
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.recover_orders import GRACE, Opening, Span
from npta.domain.reports.findings import ReconciliationFinding
from npta.domain.reports.reconciliation import (
    NAMED_DAYS,
    cancelled_orders,
    catalogue_cells,
    open_orders,
    short_pools,
    stock_differences,
    unfit_skus,
    without_receipt,
)
from npta.domain.state.shop_status import OrderHead
from npta.domain.state.times import utc_text
from npta.domain.stock.sold_not_arrived import Sale, will_be_served
from npta.tables import OrderEvent
from sheets_schema.schema.cells import Cell
from tests.npta.domain.world import LIVE, World, catalogue_row

NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
CPT, EXAM = "NASM CPT combined", "NASM CPT exam"
OPENING = Opening(Mode.LIVE, "2026-11-01T00:00:00Z")


def ago(**time: float) -> str:
    return utc_text(NOW - timedelta(**time))


def which(found: list[ReconciliationFinding]) -> list[tuple[str, str]]:
    return [(finding.what, finding.which) for finding in found]


class TestPaidWithoutAReceipt:
    SALE = Sale("1", "#1", ago(hours=1), paid=True)

    def lost(self, opening: Opening = OPENING, **changes: object) -> bool:
        sale = self.SALE._replace(**changes)  # type: ignore[arg-type]  # fields by name
        return bool(list(without_receipt(World().state, [sale], opening, NOW)))

    def test_it_is_named_once_it_had_its_time_to_come(self) -> None:
        grace = GRACE.total_seconds()
        assert not self.lost(created_at=ago(seconds=grace))
        assert self.lost(created_at=ago(seconds=grace + 1))

    def test_one_of_before_go_live_unpaid_or_of_a_test_is_not(self) -> None:
        assert self.lost(created_at="2026-11-01T00:00:00Z")
        assert not self.lost(created_at="2026-10-31T23:59:59Z")
        assert not self.lost(paid=False)
        assert not self.lost(test=True)

    def test_outside_live_people_serve_it(self) -> None:
        assert not self.lost(OPENING._replace(mode=Mode.TEST))
        assert not self.lost(OPENING._replace(mode=Mode.OFF))
        assert not self.lost(OPENING._replace(off=(Span(ago(hours=2), ago(minutes=30)),)))

    def test_one_that_arrived_is_not_missed(self) -> None:
        world = World()
        world.order("1", ("A", 1))
        assert not list(without_receipt(world.state, [self.SALE], OPENING, NOW))


@pytest.mark.parametrize(
    ("sale", "mode", "go_live_at", "served"),
    [
        ({}, Mode.LIVE, "", True),
        ({}, Mode.TEST, "", True),
        ({}, Mode.OFF, "", False),
        ({"paid": False}, Mode.LIVE, "", False),
        ({"test": True}, Mode.LIVE, "", False),
        ({"test": True}, Mode.TEST, "", True),
        ({}, Mode.LIVE, ago(hours=1), True),
        ({}, Mode.LIVE, ago(minutes=59), False),
    ],
)
def test_a_sale_takes_keys_if_its_order_will_be_served(
    sale: dict[str, bool], mode: Mode, go_live_at: str, served: bool
) -> None:
    assert will_be_served(TestPaidWithoutAReceipt.SALE._replace(**sale), mode, go_live_at) is served  # type: ignore[arg-type]  # flags by name


class TestCancelled:
    def named(self, world: World, cancelled_at: str = ago(days=1)) -> list[tuple[str, str]]:
        head = OrderHead("0001", "#1", cancelled_at, cancelled_at, "REFUNDED", "UNFULFILLED", cancelled_at, test=False)
        return which(list(cancelled_orders(world.state, [head], NOW)))

    def filled(self) -> World:
        world = World().product("A", "NASM-CPT-FULL").keys(CPT, 5)
        world.order("0001", ("A", 2))
        return world

    def test_one_that_holds_keys_is_named_for_two_weeks(self) -> None:
        world = self.filled()
        assert self.named(world) == [("cancelled order that holds keys", "0001")]
        assert self.named(world, ago(days=NAMED_DAYS))
        assert not self.named(world, ago(days=NAMED_DAYS, seconds=1))

    @pytest.mark.parametrize("event", [OrderEvent.RELEASED, OrderEvent.CLOSED])
    def test_one_that_people_have_ended_is_not(self, event: OrderEvent) -> None:
        assert not self.named(self.filled().event("0001", event))

    def test_one_that_waits_is_named_and_one_that_owes_nothing_is_not(self) -> None:
        waiting, skipped = World(), World().product("A", fulfillment="EXTERNAL")
        for world in (waiting, skipped):
            world.order("0001", ("A", 2))
        assert self.named(waiting) == [("cancelled order that waits", "0001")]
        assert not self.named(skipped)
        assert not self.named(World())


def variant(sku: str, available: int | None = 2, *, status: str = "ACTIVE", tracked: bool = True) -> ShopVariant:
    return ShopVariant(
        f"p-{sku}", f"v-{sku}", f"i-{sku}", sku, sku, "", "1.00", status, (), "", tracked, False, available, True, sku
    )


class TestStock:
    WORLD = World().product("A", "NASM-CPT-FULL").product("AA", "NASM-CPT-FULL,NASM-CPT-FULL").keys(CPT, 2)

    def details(self, *shelves: ShopVariant, coming: tuple[Sale, ...] = ()) -> list[tuple[str, str]]:
        found = stock_differences(self.WORLD.state, "CANADA", shelves, coming)
        return [(finding.which, finding.detail.partition(",")[0]) for finding in found]

    def test_what_the_shop_shows_is_what_can_be_sold(self) -> None:
        assert self.details(variant("A", 2), variant("AA", 1), variant("NEW", 9)) == []
        assert self.details(variant("A", 1), variant("AA", 2)) == [("A", "Shopify shows 1"), ("AA", "Shopify shows 2")]

    def test_stock_that_the_shop_does_not_keep_is_named(self) -> None:
        assert self.details(variant("A", None)) == [("A", "Shopify keeps no stock of it at the location")]
        assert self.details(variant("A", tracked=False)) == [("A", "Shopify does not count its stock")]

    def test_a_product_that_is_not_for_sale_may_differ(self) -> None:
        assert self.details(variant("A", 9, status="DRAFT")) == []

    def test_what_is_on_its_way_here_is_sold(self) -> None:
        sale = Sale("7", "#7", ago(hours=1), paid=True, units=(("A", 1),))
        assert self.details(variant("A", 1), variant("AA", 0), coming=(sale,)) == []
        found = list(stock_differences(self.WORLD.state, "CANADA", [variant("A", 2)], [sale]))
        assert found[0].detail == (
            "Shopify shows 2, the sheet says 1, orders on their way taken off. Press Refresh Inventory."
        )

    def test_what_has_arrived_is_on_its_way_no_more(self) -> None:
        world = World(state=self.WORLD.state.fork())
        world.order("7", ("A", 1))
        sale = Sale("7", "#7", ago(hours=1), paid=True, units=(("A", 1),))
        assert list(stock_differences(world.state, "CANADA", [variant("A", 1)], [sale])) == []


def test_a_variant_needs_a_sku_of_its_own_that_the_catalogue_knows() -> None:
    shelves = [
        variant(""), variant(""), variant("", status="DRAFT"), variant("TWICE"), variant("TWICE"), variant("NEW"),
        variant("KNOWN"), variant("KNOWN", status="DRAFT"), variant("OFF", status="ARCHIVED"),
    ]  # fmt: skip
    rows = [catalogue_row(2, "KNOWN"), catalogue_row(3, "TWICE")]

    assert which(list(unfit_skus(shelves, rows))) == [
        ("SKU missing in Shopify", "2 active variants"),
        ("doubled SKU", "TWICE"),
        ("not in the catalogue", "NEW"),
    ]


@pytest.mark.parametrize(
    ("cell", "shown"), [(2, ""), (2.0, ""), (1, "1"), ("", "nothing"), ("two", "two"), (True, "True"), ("2", "2")]
)
def test_the_catalogue_shows_the_number_that_the_ledgers_say(cell: Cell, shown: str) -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 2)
    found = list(catalogue_cells([catalogue_row(2, "A", available=cell)], world.state, "CANADA"))
    assert [finding.detail for finding in found] == (
        [f"NPTA Catalogue, row 2 shows {shown}, the ledgers say 2. Press Refresh Inventory."] if shown else []
    )


def test_a_sku_in_several_rows_is_named_once_and_one_that_is_not_published_sells_nothing() -> None:
    world = World().product("X", fulfillment="EXTERNAL")
    rows = [
        catalogue_row(2, "A"), catalogue_row(3, "A"), catalogue_row(4, "B"), catalogue_row(5, "C", available=0),
        catalogue_row(6, "", "x"), catalogue_row(9, "", "y"), catalogue_row(7, "X"), catalogue_row(8, "Y", available=1),
    ]  # fmt: skip

    found = list(catalogue_cells(rows, world.state, "CANADA"))

    assert [(finding.which, finding.detail) for finding in found] == [
        ("A", "it stands in 2 rows of NPTA Catalogue; one must go."),
        ("B", "NPTA Catalogue, row 4 shows nothing, the ledgers say 0. Press Refresh Inventory."),
        ("Y", "NPTA Catalogue, row 8 shows 1, the ledgers say 0. Press Refresh Inventory."),
    ]
    assert [
        finding.detail for finding in catalogue_cells([catalogue_row(7, "X", available=0)], world.state, "CANADA")
    ] == ["NPTA Catalogue, row 7 shows 0, the ledgers say empty. Press Refresh Inventory."]


def test_a_mail_is_named_once_it_has_waited_and_a_pool_once_it_is_low() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 3).keys(EXAM, 5)
    world.order("1", ("A", 1))
    at = datetime(2026, 11, 23, 15, 4, 5, tzinfo=UTC)

    assert which(list(open_orders(world.state, LIVE, at + timedelta(minutes=60), 60))) == []
    later = at + timedelta(minutes=60, seconds=1)
    assert which(list(open_orders(world.state, LIVE, later, 60))) == [("mail not confirmed", "1")]
    assert [low.detail for low in short_pools(world.state, 3, utc_text(at))] == [
        "2 free, for about 60 days (threshold 3)"
    ]
    assert list(short_pools(world.state, 2, utc_text(at))) == []


def test_a_pool_that_is_used_up_or_lasts_no_day_says_so() -> None:
    world = World().product("A", "NASM-CPT-FULL").keys(CPT, 33)
    world.order("1", ("A", 32))
    at = "2026-11-23T16:00:00Z"

    assert [low.detail for low in short_pools(world.state, 5, at)] == ["1 free, for less than a day (threshold 5)"]
    world.order("2", ("A", 1))
    assert [low.detail for low in short_pools(world.state, 5, at)] == ["0 free (threshold 5)"]
