"""A snapshot holds every variant as the shop shows it, and changes nothing there."""

from __future__ import annotations

import pytest

from npta.errors import SettingError, ShopUnavailableError
from npta.operations.snapshot_shop import PORTION, SnapshotTaken, snapshot_shop
from npta.tables import ShopSnapshot
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.limits import MAX_BYTES, estimated_bytes
from tests.npta.operations.conftest import Time
from tests.support import House


def taken(house: House) -> SnapshotTaken:
    return snapshot_shop(house.services, who="test", deadline=house.clock.deadline(60))


def test_every_product_stands_in_the_tab_as_the_shop_shows_it(open_house: House) -> None:
    assert open_house.shop
    odd = {
        "sku": "ODD",
        "title": "=HYPERLINK(1), “odd”",
        "variant_title": "Online",
        "price": "1,299.00",
        "status": "DRAFT",
        "tags": ["b", "a"],
        "type": "Bundle",
        "available": None,
    }
    open_house.shop.seed([odd, {"sku": "", "title": "No SKU", "status": "ARCHIVED", "available": -2}])

    snapshot = taken(open_house)

    assert snapshot.agrees
    assert (len(snapshot.rows), snapshot.products) == (5, 5)
    rows = open_house.rows("Shop Snapshot")
    assert [row["SKU"] for row in rows] == ["CPTa", "CPT", "NSTB", "ODD", ""]
    del rows[3]["product_id"], rows[3]["variant_id"]
    assert rows[3] == {
        "taken_at": snapshot.taken_at,
        "title": "=HYPERLINK(1), “odd”",
        "variant": "Online",
        "SKU": "ODD",
        "price": "1,299.00",
        "status": "DRAFT",
        "tags": "a, b",
        "type": "Bundle",
        "stock": "",
    }
    assert (rows[0]["stock"], rows[4]["stock"]) == ("9", "-2")


def test_nothing_in_the_shop_is_changed(open_house: House) -> None:
    assert open_house.shop
    before = open_house.shop.state()
    calls = len(before["calls"])

    taken(open_house)

    after = open_house.shop.state()
    assert {each["operation"] for each in after["calls"][calls:]} == {"Variants"}
    assert {**after, "calls": None} == {**before, "calls": None}


def test_a_second_snapshot_stands_below_the_first_and_counts_its_own(open_house: House, time: Time) -> None:
    first = taken(open_house)
    time.later(days=1)

    second = taken(open_house)

    assert second.agrees
    assert [row["taken_at"] for row in open_house.rows("Shop Snapshot")] == [first.taken_at] * 3 + [second.taken_at] * 3


def test_a_large_shop_is_written_in_portions(open_house: House) -> None:
    snapshot = snapshot_shop(open_house.services, who="test", deadline=open_house.clock.deadline(60), portion=2)

    assert snapshot.agrees
    assert [row["SKU"] for row in open_house.rows("Shop Snapshot")] == ["CPTa", "CPT", "NSTB"]
    assert [row["operation"] for row in open_house.rows("Commit Log")].count("snapshot") == 2


def test_a_whole_portion_fits_into_one_batch() -> None:
    row = ShopSnapshot(
        taken_at="2026-11-23T15:04:05Z",
        product_id="6900000000001",
        variant_id="6900000000002",
        product_title="A title of the length of rather long ones, " * 3,
        variant="Default Title",
        sku="A-RATHER-LONG-SKU-OF-A-BUNDLE",
        price="1299.00",
        status="ACTIVE",
        tags="provider:nasm, digital, certification, featured, sale-2026, canada",
        product_type="Certification",
        stock="1000",
    )

    assert estimated_bytes(Changes(appended={ShopSnapshot: [row] * PORTION})) < MAX_BYTES


def test_rows_that_somebody_changed_do_not_agree(open_house: House) -> None:
    snapshot = taken(open_house)

    assert not snapshot._replace(written=snapshot.written[1:]).agrees


def test_a_shop_that_is_not_there_or_does_not_answer_is_told_of_and_nothing_is_written(
    open_house: House, house: House
) -> None:
    assert open_house.shop
    open_house.shop.faults.add({"name": "down"})

    with pytest.raises(ShopUnavailableError):
        taken(open_house)
    with pytest.raises(SettingError, match="No shop"):
        taken(house)

    assert open_house.rows("Shop Snapshot") == []
