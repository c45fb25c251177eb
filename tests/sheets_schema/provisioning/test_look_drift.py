"""Looks: put on with the tab, put back where they are gone, and left alone where people chose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sheets_schema import View
from sheets_schema.advanced import Highlight, Tone
from sheets_schema.errors import InvalidDeclarationError
from tests.sheets_schema.bank import Bank
from tests.sheets_schema.emulator import witness
from tests.sheets_schema.provisioning.looking import (
    OTHER,
    RED,
    about,
    cells,
    columns,
    formats,
    grow,
    looks_as_declared,
    process_of,
    steps,
    stock_properties,
)


def test_a_tab_is_made_with_its_looks_and_a_second_run_does_nothing(formatted: Bank) -> None:
    looks_as_declared(formatted)
    account, cents = cells(formatted, "Totals!A2:B2")
    assert "textFormat" not in account
    assert (cents["textFormat"]["fontSize"], cents["numberFormat"]["type"]) == (18, "NUMBER")
    assert steps(formatted) == []


def test_every_request_is_one_of_googles(bank: Bank) -> None:
    process = process_of(bank)
    process.spreadsheet.provision(process.deadline())
    grow(bank)
    process.door.forget()
    process.spreadsheet.provision(process.deadline())
    kinds = {kind for batch in process.door.batches for kind in batch.kinds}
    assert kinds >= {"updateBanding", "updateConditionalFormatRule", "setBasicFilter", "updateFilterView"}
    for batch in process.door.batches:
        witness.check_request("spreadsheets.batchUpdate", batch.body, [])


Damage = Callable[[Bank], list[dict[str, Any]]]
DAMAGES: list[tuple[str, Damage]] = [
    (
        "shade every other row of tab “Stock”",
        lambda b: [{"deleteBanding": {"bandedRangeId": about(b)["bandedRanges"][0]["bandedRangeId"]}}],
    ),
    ("filter of tab “Stock”", lambda b: [{"clearBasicFilter": {"sheetId": b.sheet_id("Stock")}}]),
    (
        "save filter view “Ready” of tab “Stock”",
        lambda b: [{"deleteFilterView": {"filterId": about(b)["filterViews"][0]["filterViewId"]}}],
    ),
    *(
        (
            "highlight what matters in tab “Stock”",
            lambda b, gone=gone: [
                {"deleteConditionalFormatRule": {"sheetId": b.sheet_id("Stock"), "index": index}} for index in gone
            ],
        )
        for gone in ([0], [1], [1, 0])
    ),
    ("freeze columns of tab “Stock”", lambda b: [stock_properties(b, "gridProperties.frozenColumnCount")]),
    ("freeze the header of tab “Stock”", lambda b: [stock_properties(b, "gridProperties.frozenRowCount")]),
    ("colour tab “Stock”", lambda b: [stock_properties(b, "tabColorStyle")]),
    ("header of column “state” in tab “Stock”", lambda b: [formats(b, 2, "backgroundColorStyle", 1)]),
    ("style of column “code” in tab “Stock”", lambda b: [formats(b, 0, "textFormat")]),
    ("style of column “text” in tab “Stock”", lambda b: [formats(b, 1, "wrapStrategy")]),
    ("style of column “left” in tab “Stock”", lambda b: [formats(b, 3, "horizontalAlignment")]),
    ("text format and style of column “code” in tab “Stock”", lambda b: [formats(b, 0, "textFormat,numberFormat")]),
]


@pytest.mark.parametrize(("step", "damage"), DAMAGES)
def test_what_a_person_removed_is_named_and_comes_back_as_it_was(formatted: Bank, step: str, damage: Damage) -> None:
    formatted.batch(*damage(formatted))
    assert steps(formatted) == [step]
    looks_as_declared(formatted)
    assert steps(formatted) == []


def test_what_people_chose_themselves_stays(formatted: Bank) -> None:
    stock, old = formatted.sheet_id("Stock"), about(formatted)
    size = {"sheetId": stock, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    own = {**OTHER, "ranges": [{"sheetId": stock, "startColumnIndex": 2, "endColumnIndex": 3}]}
    ours = old["conditionalFormats"][1]
    repainted = {**ours, "booleanRule": {**ours["booleanRule"], "format": {"backgroundColorStyle": RED}}}
    wide = {"bandedRangeId": old["bandedRanges"][0]["bandedRangeId"], "rowProperties": {"firstBandColorStyle": RED}}
    hidden = [{"columnIndex": 2, "filterCriteria": {"hiddenValues": ["gone"]}}]
    formatted.batch(
        stock_properties(formatted, "gridProperties.frozenColumnCount", gridProperties={"frozenColumnCount": 2}),
        stock_properties(formatted, "tabColorStyle", tabColorStyle=RED),
        formats(formatted, 0, "backgroundColorStyle", 1, backgroundColorStyle=RED),
        formats(formatted, 0, "textFormat", textFormat={"fontFamily": "Lobster"}),
        formats(formatted, 1, "wrapStrategy", wrapStrategy="CLIP"),
        {"updateDimensionProperties": {"range": size, "properties": {"pixelSize": 321}, "fields": "pixelSize"}},
        {"updateConditionalFormatRule": {"index": 1, "rule": repainted}},
        {"addConditionalFormatRule": {"index": 0, "rule": own}},
        {"updateBanding": {"bandedRange": wide, "fields": "rowProperties"}},
        {"setBasicFilter": {"filter": {"range": {"sheetId": stock, "endRowIndex": 9, "endColumnIndex": 3}, "filterSpecs": hidden}}},
    )  # fmt: skip
    before = formatted.metadata()["sheets"]
    assert steps(formatted) == []
    assert formatted.metadata()["sheets"] == before
    assert columns(formatted)[0] == 321


def test_what_a_formula_looks_at_is_a_field() -> None:
    with pytest.raises(InvalidDeclarationError, match="'nothing', no field of it"):

        class Wrong(View, tab="Wrong", highlights=(Highlight("account", "CUSTOM_FORMULA", "{nothing}>1", Tone.WRONG),)):
            account: str

    with pytest.raises(InvalidDeclarationError, match="'lost', no field of it"):

        class Lost(View, tab="Wrong", frozen_to="lost"):
            account: str
