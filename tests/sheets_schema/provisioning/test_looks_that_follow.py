"""Looks follow a tab that grows, whose columns are moved, or in which cells are merged."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sheets_schema import InputTable, View
from tests.sheets_schema.bank import SCHEMA, Bank
from tests.sheets_schema.provisioning.looking import (
    FORMULA,
    OTHER,
    RED,
    about,
    bottoms,
    cells,
    columns,
    grow,
    process_of,
    rules,
    steps,
    stock_properties,
)


def test_colours_and_filters_follow_a_tab_that_has_grown_and_keep_what_people_chose_of_them(formatted: Bank) -> None:
    stock, rule = formatted.sheet_id("Stock"), about(formatted)["conditionalFormats"][1]
    repainted = {**rule, "booleanRule": {**rule["booleanRule"], "format": {"backgroundColorStyle": RED}}}
    hidden = [{"columnIndex": 2, "filterCriteria": {"hiddenValues": ["gone"]}}]
    whole = {"sheetId": stock, "endColumnIndex": 4}
    formatted.batch(
        {"updateConditionalFormatRule": {"index": 1, "rule": repainted}},
        {"setBasicFilter": {"filter": {"range": whole, "filterSpecs": hidden}}},
    )
    grow(formatted)
    assert bottoms(formatted, "Stock") == {1000}
    assert [step for step in steps(formatted) if "of column" not in step] == [
        "shade every row of tab “Stock” again",
        "highlight what matters in tab “Stock”",
        "filter of tab “Stock”, down to its last row",
        "filter view “Ready” of tab “Stock”, down to its last row",
        "shade every row of tab “Totals” again",
        "highlight what matters in tab “Totals”",
    ]
    assert bottoms(formatted, "Stock") == bottoms(formatted, "Totals") == {1500}
    kept = about(formatted)
    assert kept["conditionalFormats"][1]["booleanRule"]["format"]["backgroundColorStyle"] == RED
    assert kept["basicFilter"]["filterSpecs"][0]["filterCriteria"]["hiddenValues"] == ["gone"]
    assert steps(formatted) == []


def test_a_view_that_has_grown_or_was_repainted_is_put_right_in_one_read_and_one_write(formatted: Bank) -> None:
    grow(formatted)
    formatted.batch({"deleteConditionalFormatRule": {"sheetId": formatted.sheet_id("Totals"), "index": 0}})
    process = process_of(formatted)
    assert process.spreadsheet.restore_looks(process.deadline()) == [
        "shade every row of tab “Stock” again",
        "shade every row of tab “Totals” again",
        "highlight what matters in tab “Totals”",
    ]
    assert (process.door.reads, process.door.writes) == (1, 1)
    assert bottoms(formatted, "Totals") == {1500}
    assert process.spreadsheet.restore_looks(process.deadline()) == []


def test_a_rule_that_comes_back_counts_before_those_declared_after_it_and_behind_peoples(formatted: Bank) -> None:
    stock = formatted.sheet_id("Stock")
    own = {**OTHER, "ranges": [{"sheetId": stock, "startColumnIndex": 0, "endColumnIndex": 1}]}
    formatted.batch(
        {"deleteConditionalFormatRule": {"sheetId": stock, "index": 0}},
        {"addConditionalFormatRule": {"index": 0, "rule": own}},
        {"addConditionalFormatRule": {"index": 2, "rule": own}},
    )
    assert steps(formatted) == ["highlight what matters in tab “Stock”"]
    assert rules(formatted) == [("NOT_BLANK",), FORMULA, ("TEXT_EQ", "ready"), ("NOT_BLANK",)]


def test_a_rule_of_an_earlier_version_is_taken_away_and_a_persons_like_it_is_not(formatted: Bank) -> None:
    stock = formatted.sheet_id("Stock")

    def low(ground: Any) -> dict[str, Any]:
        condition = {"type": "NUMBER_LESS_THAN_EQ", "values": [{"userEnteredValue": "4"}]}
        area = {"sheetId": stock, "startRowIndex": 1, "startColumnIndex": 3, "endColumnIndex": 4}
        return {"ranges": [area], "booleanRule": {"condition": condition, "format": {"backgroundColorStyle": ground}}}

    theirs = {"rgbColor": {"red": 0.996, "green": 0.969, "blue": 0.878}}
    formatted.batch(
        {"addConditionalFormatRule": {"index": 0, "rule": low(theirs)}},
        {"addConditionalFormatRule": {"index": 3, "rule": low(RED)}},
    )
    assert steps(formatted) == ["highlight what matters in tab “Stock”"]
    assert rules(formatted) == [FORMULA, ("TEXT_EQ", "ready"), ("NUMBER_LESS_THAN_EQ", "4")]
    assert steps(formatted) == []


def test_moved_columns_keep_their_looks_where_they_stand(formatted: Bank) -> None:
    place = {"sheetId": formatted.sheet_id("Stock"), "dimension": "COLUMNS", "startIndex": 3, "endIndex": 4}
    formatted.batch({"moveDimension": {"source": place, "destinationIndex": 1}})
    # Whether Google moves what a formula looks at is not documented.
    assert steps(formatted) in ([], ["highlight what matters in tab “Stock”"])
    assert steps(formatted) == []
    [first, second] = about(formatted)["conditionalFormats"]
    assert (first["ranges"][0]["startColumnIndex"], second["ranges"][0]["startColumnIndex"]) == (1, 3)
    assert rules(formatted)[0] == ("CUSTOM_FORMULA", '=ISNUMBER($B1)*($B1<1)*($D1<>"gone")')


def test_a_column_that_names_the_row_is_frozen_where_an_old_sheet_has_it_but_not_half_a_screen_away(
    formatted: Bank,
) -> None:
    stock = formatted.sheet_id("Stock")
    for destination, frozen in ((2, 2), (4, 0)):
        at = [cell.value for cell in formatted.tab("Stock").range("A1:D1")].index("code")
        place = {"sheetId": stock, "dimension": "COLUMNS", "startIndex": at, "endIndex": at + 1}
        formatted.batch(
            stock_properties(formatted, "gridProperties.frozenColumnCount"),
            {"moveDimension": {"source": place, "destinationIndex": destination}},
        )
        steps(formatted)
        assert about(formatted)["properties"]["gridProperties"].get("frozenColumnCount", 0) == frozen


@pytest.mark.parametrize(
    ("area", "fields", "named"),
    [
        ({"startRowIndex": 4, "endRowIndex": 5, "startColumnIndex": 0, "endColumnIndex": 2}, "frozenColumnCount", "columns"),
        ({"startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 6, "endColumnIndex": 7}, "frozenRowCount", "the header"),
    ],
)  # fmt: skip
def test_what_a_merged_cell_keeps_from_being_frozen_is_told_and_the_rest_is_done(
    formatted: Bank, area: dict[str, int], fields: str, named: str
) -> None:
    stock = formatted.sheet_id("Stock")
    formatted.tab("Stock").add_cols(3)
    formatted.batch(
        stock_properties(formatted, f"gridProperties.{fields}"),
        stock_properties(formatted, "tabColorStyle"),
        {"mergeCells": {"range": {"sheetId": stock, **area}, "mergeType": "MERGE_ALL"}},
    )
    process = process_of(formatted)
    made = process.spreadsheet.provision(process.deadline())
    assert made.steps == ["colour tab “Stock”"]
    [note] = made.notes
    assert note.startswith(f"{named} of tab “Stock” cannot be frozen: a merged cell")
    again = process.spreadsheet.diff(process.deadline())
    assert (again.steps, again.notes) == ([], [note])

    formatted.batch({"unmergeCells": {"range": {"sheetId": stock, **area}}})
    assert steps(formatted) == [f"freeze {named} of tab “Stock”"]


def test_a_column_without_a_header_keeps_no_rule_from_the_others(formatted: Bank) -> None:
    formatted.tab("Stock").update_acell("D1", "mine")
    formatted.batch({"deleteConditionalFormatRule": {"sheetId": formatted.sheet_id("Stock"), "index": 1}})
    assert "highlight what matters in tab “Stock”" in steps(formatted)
    assert ("TEXT_EQ", "ready") in rules(formatted)


def test_a_column_that_is_new_gets_its_width_and_one_that_was_there_keeps_it(bank: Bank) -> None:
    class Before(InputTable, tab="Stock"):
        code: str | None = None
        text: str | None = None

    class Fewer(View, tab="Totals"):
        account: str

    few = replace(
        SCHEMA,
        tables=(*SCHEMA.tables, Before, Fewer),
        views={**SCHEMA.views, Fewer: lambda books, _: [Fewer(account=name) for name in sorted(books.balances)]},
    )
    first = bank.process(schema=few)
    first.spreadsheet.provision(first.deadline())
    size = {"sheetId": bank.sheet_id("Stock"), "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    narrow = {"range": size, "properties": {"pixelSize": 77}, "fields": "pixelSize"}
    bank.batch({"updateDimensionProperties": narrow})

    process_of(bank).pay("p1")
    steps(bank)

    assert columns(bank)[:4] == [77, 100, 100, 100], "these were there"
    assert columns(bank, "Totals") == [100, 70], "the commit made this one"
    assert cells(bank, "Totals!A1:B1")[1]["backgroundColorStyle"]


def test_a_commit_sends_nothing_about_looks(formatted: Bank) -> None:
    process = process_of(formatted)
    grow(formatted)
    process.pay("p1")
    looks = {"addBanding", "updateBanding", "setBasicFilter", "repeatCell", "updateSheetProperties", "addFilterView"}
    looks |= {
        "addConditionalFormatRule",
        "updateConditionalFormatRule",
        "updateFilterView",
        "updateDimensionProperties",
    }
    assert not looks & {kind for batch in process.door.batches for kind in batch.kinds}


def test_a_view_that_was_deleted_comes_back_with_its_looks_in_the_next_commit(formatted: Bank) -> None:
    formatted.batch({"deleteSheet": {"sheetId": formatted.sheet_id("Totals")}})
    process = process_of(formatted)
    process.pay("p1")
    assert process.door.writes == 1
    assert rules(formatted, "Totals") == [("NUMBER_EQ", "0")]
    assert columns(formatted, "Totals")[1] == 70
    assert steps(formatted) == []


def test_a_view_keeps_the_order_of_columns_that_its_sheet_has(formatted: Bank) -> None:
    process = process_of(formatted)
    process.pay("p1")
    before = formatted.tab("Totals").get_all_values()
    place = {"sheetId": formatted.sheet_id("Totals"), "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    formatted.batch({"moveDimension": {"source": place, "destinationIndex": 0}})
    for number, somebody in enumerate((process_of(formatted), process), 2):
        somebody.pay(f"p{number}")
    there = formatted.tab("Totals").get_all_values()
    assert there[0] == [*reversed(before[0])]
    assert sorted(row[1] for row in there[1:]) == sorted(row[0] for row in before[1:])
    assert all(row[0].lstrip("-").isdigit() for row in there[1:])
    assert steps(formatted) == []
    assert about(formatted, "Totals")["conditionalFormats"][0]["ranges"][0].get("startColumnIndex", 0) == 0

    formatted.tab("Totals").update([["cents", "nonsense"]], "A1")
    process_of(formatted).pay("p9")
    assert formatted.tab("Totals").get_all_values()[0] == before[0], (
        "a header that says something else is written as declared"
    )


def test_rows_that_are_inserted_below_the_header_look_like_the_others(formatted: Bank) -> None:
    stock = formatted.sheet_id("Stock")
    place = {"sheetId": stock, "dimension": "ROWS", "startIndex": 1, "endIndex": 8}
    formatted.batch({"insertDimension": {"range": place, "inheritFromBefore": False}})
    sheet = about(formatted)
    ranges = [sheet["bandedRanges"][0]["range"], *(each["ranges"][0] for each in sheet["conditionalFormats"])]
    assert {(each.get("startRowIndex", 0), each["endRowIndex"]) for each in ranges} == {(0, 1007)}


def test_what_an_earlier_version_began_below_the_header_is_made_to_begin_with_it(formatted: Bank) -> None:
    sheet = about(formatted)
    [bands], rule = sheet["bandedRanges"], sheet["conditionalFormats"][1]
    formatted.batch(
        {"updateBanding": {"bandedRange": {**bands, "range": {**bands["range"], "startRowIndex": 8}}, "fields": "range"}},
        {"updateConditionalFormatRule": {"index": 1, "rule": {**rule, "ranges": [{**rule["ranges"][0], "startRowIndex": 8}]}}},
    )  # fmt: skip
    assert steps(formatted) == ["shade every row of tab “Stock” again", "highlight what matters in tab “Stock”"]
    after = about(formatted)
    assert after["bandedRanges"] == sheet["bandedRanges"]
    assert after["conditionalFormats"] == sheet["conditionalFormats"]
