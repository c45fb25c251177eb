"""Keys, components, pools and their queues; what a row of the paste zone must be, with the runbook's own samples."""

from __future__ import annotations

from typing import Any

import pytest

from tests.npta.acceptance.steps import ENTITLEMENTS, KEYS, opened, person, pools, press, type_into
from tests.support import Cell, House

SINGLE = """\
region | provider | product_code | component | keycode | seats
CANADA  NASM      CPT            combined    EX-2t572t1232321a  15
CANADA  NASM      CPT            content     EX-2t572t1232321b  15
CANADA  NASM      CPT            exam        EX-2t572t1232321c  20"""
BUNDLE = """\
region | provider | product_code       | component | keycode              | seats
CANADA    NASM      NSBK_CPT-CNC-CES     combined    EX-2t572t1232325a  15
CANADA    NASM      NSBK_CPT-CNC-CES     content     EX-2t572t1232325b  15
CANADA    NASM      NSBK_CPT-CNC-CES     exam        EX-2t572t1232325c  20"""
GOOD: list[Cell] = ["CANADA", "NASM", "CPT", "combined", "EX-1", 15]


def paste(house: House, text: str) -> dict[str, Any]:
    """Paste lines as they stand in the runbook, one a row, and press Import Keys."""
    return house.keys(*([line] for line in text.splitlines()))


def left(house: House) -> list[tuple[Any, str]]:
    """What stands in the paste zone: keycode and reason."""
    return [(row["keycode"], row["problem"]) for row in house.rows("Import Keys") if any(row.values())]


class TestComponents:
    @pytest.mark.row("K1")
    @pytest.mark.parametrize(("level", "component"), [("FULL", "combined"), ("CONTENT", "content"), ("EXAM", "exam")])
    def test_each_level_is_served_by_its_component_and_by_no_other(
        self, npta: House, level: str, component: str
    ) -> None:
        npta.products(("X", f"NASM-CPT-{level}"))
        paste(npta, SINGLE)

        answer = npta.order("1", ("X", 1))

        assert [(key["level"], key["component"]) for key in answer["keys"]] == [(level, component)]
        assert {name: used for name, (used, _) in pools(npta).items()} == {
            f"NASM CPT {each}": int(each == component) for each in ("combined", "content", "exam")
        }

    @pytest.mark.row("K1")
    def test_there_are_no_others(self, npta: House) -> None:
        for word in ("full", "Both", "", "EXAMS"):
            npta.keys(["CANADA", "NASM", "CPT", word, f"EX-{word}", 1])

        assert npta.rows("Import History") == []
        assert all("component" in reason for _, reason in left(npta))
        answer = npta.products(("X", "NASM-CPT-COMBINED"))
        assert "FULL, CONTENT or EXAM" in answer["problems"][0]["message"]
        assert npta.keys(["CANADA", "NASM", "CPT", " Combined ", "EX-2", 1])["imported"] == 1


class TestFifo:
    @pytest.mark.row("K2")
    def test_the_key_imported_first_is_used_to_its_last_seat_before_the_next(self, npta: House) -> None:
        npta.products(("CPTa", ENTITLEMENTS["CPTa"]))
        npta.keys([*GOOD[:4], "OLD", 3], [*GOOD[:4], "MIDDLE", 2])
        npta.keys([*GOOD[:4], "NEW", 9])

        given = [npta.order(str(number), ("CPTa", 1))["keys"][0]["keycode"] for number in range(6)]

        assert given == ["OLD", "OLD", "OLD", "MIDDLE", "MIDDLE", "NEW"]

    @pytest.mark.row("K2", "H7")
    def test_released_seats_keep_their_keys_place(self, npta: House) -> None:
        npta.products(("CPTa", ENTITLEMENTS["CPTa"]))
        npta.keys(*([*GOOD[:4], code, 2] for code in ("A", "B", "C")))
        for number in range(5):
            npta.order(str(number), ("CPTa", 1))

        for number in (3, 0):
            press(npta, f"/orders/{number}/release")
        npta.restart()

        answer = npta.order("9", ("CPTa", 3))
        assert [(key["keycode"], key["seats"]) for key in answer["keys"]] == [("A", 1), ("B", 1), ("C", 1)]

    @pytest.mark.row("K2")
    def test_the_queue_is_the_order_of_import_whatever_people_do_to_the_sheet(self, npta: House) -> None:
        npta.products(("CPTa", ENTITLEMENTS["CPTa"]))
        npta.keys([*GOOD[:4], "Z-first", 1], [*GOOD[:4], "A-second", 1])
        person(npta).sort("Key Inventory", 7)
        npta.restart()

        assert [npta.order(str(n), ("CPTa", 1))["keys"][0]["keycode"] for n in (1, 2)] == ["Z-first", "A-second"]


class TestStockBundles:
    @pytest.mark.row("L2")
    def test_the_single_course_sample_shows_15_15_and_20(self, npta: House) -> None:
        answer = paste(npta, SINGLE)

        assert (answer["imported"], answer["rejected"], left(npta)) == (3, 0, [])
        assert pools(npta) == {"NASM CPT combined": (0, 15), "NASM CPT content": (0, 15), "NASM CPT exam": (0, 20)}

    @pytest.mark.row("L3", "K4")
    def test_the_stock_bundle_sample_is_a_pool_of_its_own_and_changes_no_row_of_cpt(self, npta: House) -> None:
        paste(npta, SINGLE)
        before = pools(npta)

        assert paste(npta, BUNDLE)["imported"] == 3

        after = pools(npta)
        assert {name: after[name] for name in before} == before
        assert {name: count for name, count in after.items() if name not in before} == {
            "NASM NSBK_CPT-CNC-CES combined": (0, 15),
            "NASM NSBK_CPT-CNC-CES content": (0, 15),
            "NASM NSBK_CPT-CNC-CES exam": (0, 20),
        }

    @pytest.mark.row("K4")
    def test_a_bundle_key_serves_no_single_course_nor_the_other_way_round(self, npta: House) -> None:
        npta.products(("CPTa", "NASM-CPT-FULL"), ("TRIO", "NASM-NSBK_CPT-CNC-CES-FULL"))
        paste(npta, BUNDLE)

        trio, single = npta.order("1", ("TRIO", 1)), npta.order("2", ("CPTa", 1))

        assert [(key["product_code"], key["keycode"]) for key in trio["keys"]] == [
            ("NSBK_CPT-CNC-CES", "EX-2t572t1232325a")
        ]
        assert (single["http"], single["code"]) == (422, "out_of_stock")
        paste(npta, SINGLE)
        assert npta.order("2", ("CPTa", 1))["keys"][0]["keycode"] == "EX-2t572t1232321a"
        assert npta.order("3", ("TRIO", 15))["code"] == "out_of_stock"

    @pytest.mark.row("K4")
    @pytest.mark.parametrize("code", ["NSBK", "NSBK-CPT-CNC", "NSBKCPT-CNC", "nsbk-cpt", "NSBK_"])
    def test_nsbk_without_its_underscore_is_refused_on_import_with_the_reason(self, npta: House, code: str) -> None:
        answer = npta.keys(["CANADA", "NASM", code, "combined", "EX-1", 15], [*GOOD[:4], "EX-2", 1])

        assert (answer["imported"], answer["rejected"]) == (1, 1)
        (stays,) = left(npta)
        assert stays[0] == "EX-1"
        assert "NSBK_" in stays[1]
        assert list(pools(npta)) == ["NASM CPT combined"]

    @pytest.mark.row("K4")
    def test_an_entitlement_that_forgets_the_underscore_is_named_on_sync(self, npta: House) -> None:
        answer = npta.products(("TRIO", "NASM-NSBK-CPT-FULL"))

        assert "NSBK_" in answer["problems"][0]["message"]
        assert npta.order("1", ("TRIO", 1))["code"] == "entitlements_missing"


class TestRows:
    @pytest.mark.row("L1")
    @pytest.mark.parametrize("seats", [0, -1, 1.5, "", "x", "1e3", "15 seats", "١٥", 1_000_001, True])
    def test_seats_is_a_whole_number_of_1_or_more(self, npta: House, seats: Cell) -> None:
        answer = npta.keys([*GOOD[:5], seats])

        assert (answer["imported"], answer["rejected"]) == (0, 1)
        assert "seats" in left(npta)[0][1]

    @pytest.mark.row("L1")
    @pytest.mark.parametrize("seats", [1, "15", 15.0, " 20 ", 1_000_000])
    def test_however_it_is_typed(self, npta: House, seats: Cell) -> None:
        assert npta.keys([*GOOD[:5], seats])["imported"] == 1
        assert npta.rows("Import History")[0]["seats"] == int(float(str(seats)))

    @pytest.mark.row("L1")
    @pytest.mark.parametrize(
        ("row", "told"),
        [
            (["MARS", *GOOD[1:]], "MARS"),
            (["", *GOOD[1:]], "region"),
            ([*GOOD[:3], "full", *GOOD[4:]], "combined"),
            ([*GOOD[:3], "", *GOOD[4:]], "component"),
            ([*GOOD[:4], "", 15], "keycode"),
            ([*GOOD[:4], 123456789, 15], "format the column as text"),
            ([*GOOD[:4], "two\nlines", 15], "line break"),
            (["CANADA", "", *GOOD[2:]], "provider"),
            (["CANADA", "NA-SM", *GOOD[2:]], "hyphen"),
            (["CANADA | NASM | CPT | combined | EX-1"], "6 values"),
        ],
    )
    def test_what_cannot_be_meant_is_refused_and_stays_as_it_was_with_the_reason(
        self, npta: House, row: list[Cell], told: str
    ) -> None:
        answer = npta.keys(row)

        assert (answer["imported"], answer["rejected"]) == (0, 1)
        (stays,) = [each for each in npta.rows("Import Keys") if any(each.values())]
        assert told in stays["problem"]
        assert [cell for name, cell in stays.items() if name != "problem"][: len(row)] == row
        assert f"Import Keys, row 2: {stays['problem']}" == answer["rows"][0]["reason"]
        assert npta.rows("Key Inventory") == []

    @pytest.mark.row("L1")
    def test_region_provider_and_code_are_capitals_component_small_and_the_keycode_stays_letter_for_letter(
        self, npta: House
    ) -> None:
        npta.products(("CPTa", "NASM-CPT-FULL"))
        codes = ["eX-aB", "0012", "=1+1", "+49 30", "1-2", "é–🔑", "8085807e40000000", "TRUE", "a/b|c"]
        rows: list[list[Cell]] = [["canada ", " nasm", "cpt", "COMBINED", code, 1] for code in codes]

        npta.keys(*rows)

        history = npta.rows("Import History")
        shown = {(row["region"], row["provider"], row["product_code"], row["component"]) for row in history}
        assert shown == {("CANADA", "NASM", "CPT", "combined")}
        assert [row["keycode"] for row in history] == codes
        assert [key["keycode"] for key in npta.order("1", ("CPTa", len(codes)))["keys"]] == codes

    @pytest.mark.row("L1")
    def test_a_refused_row_that_is_mended_where_it_stands_comes_in_at_the_next_press(self, npta: House) -> None:
        npta.keys([*GOOD[:3], "full", "EX-1", 15])

        type_into(npta, "Import Keys", "component", {"EX-1": "combined"}, key="keycode")

        assert npta.import_keys()["imported"] == 1
        assert left(npta) == []


@pytest.mark.row("L2", "L3")
def test_both_samples_at_once_below_each_other_into_a_shop_that_is_open(npta: House) -> None:
    opened(npta, keys=[row for row in KEYS if row[2] != "CPT"])

    answer = paste(npta, f"{SINGLE}\n{BUNDLE}")

    assert (answer["imported"], answer["duplicates"], answer["rejected"]) == (6, 0, 0)
    assert pools(npta)["NASM CPT exam"] == pools(npta)["NASM NSBK_CPT-CNC-CES exam"] == (0, 20)
