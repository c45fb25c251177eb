"""Two tabs with every kind of look, and what tests of them look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from sheets_schema import Choices, Generated, InputTable, View, Width
from sheets_schema.advanced import FilterView, Highlight, Style, Tone
from tests.sheets_schema.bank import SCHEMA, Bank, Books, Process

WRONG = Highlight(
    "left", "CUSTOM_FORMULA", 'ISNUMBER({left})*({left}<1)*({State}<>"gone")'.replace("State", "state"), Tone.WRONG
)
READY = Highlight("state", "TEXT_EQ", "ready", Tone.GOOD)
LOW = Highlight("left", "NUMBER_LESS_THAN_EQ", "4", Tone.WAITS)
RED = {"rgbColor": {"red": 1}}
OTHER = {
    "booleanRule": {"condition": {"type": "NOT_BLANK"}, "format": {"backgroundColorStyle": RED}},
}  # fmt: skip


class Stock(
    InputTable,
    tab="Stock",
    frozen_to="code",
    filtered=True,
    filter_views=(FilterView("Ready", "state", "TEXT_EQ", "ready"),),
    highlights=(WRONG, READY),
    former_highlights=(LOW,),
):
    code: Annotated[str | None, Style(monospace=True), Width(160)] = None
    text: Annotated[str | None, Width(220)] = None
    state: Annotated[str | None, Generated(), Choices(("ready", "gone"))] = None
    left: Annotated[int | None, Generated(), Style(right=True)] = None


class Totals(View, tab="Totals", highlights=(Highlight("cents", "NUMBER_EQ", "0", Tone.WRONG),)):
    account: str
    cents: Annotated[int, Style(large=True), Width(70)]


def totals(books: Books, _values: Any) -> list[Totals]:
    return [Totals(account=account, cents=books.balances[account]) for account in sorted(books.balances)]


LOOKING: Any = replace(SCHEMA, tables=(*SCHEMA.tables, Stock, Totals), views={**SCHEMA.views, Totals: totals})


def process_of(bank: Bank) -> Process:
    return bank.process(schema=LOOKING)


def steps(bank: Bank) -> list[str]:
    process = process_of(bank)
    return process.spreadsheet.provision(process.deadline()).steps


def about(bank: Bank, title: str = "Stock") -> dict[str, Any]:
    return next(dict(each) for each in bank.metadata()["sheets"] if each["properties"]["title"] == title)


def cells(bank: Bank, where: str) -> list[dict[str, Any]]:
    [row] = bank.metadata(where)["sheets"][0]["data"][0]["rowData"]
    return [cell.get("userEnteredFormat", {}) for cell in row["values"]]


def columns(bank: Bank, title: str = "Stock") -> list[int]:
    data = bank.metadata(f"{title}!1:1")["sheets"][0]["data"][0]
    return [each["pixelSize"] for each in data["columnMetadata"]]


def rules(bank: Bank, title: str = "Stock") -> list[tuple[str, str]]:
    conditions = [each["booleanRule"]["condition"] for each in about(bank, title)["conditionalFormats"]]
    return [(each["type"], *(value["userEnteredValue"] for value in each.get("values", []))) for each in conditions]


FORMULA = ("CUSTOM_FORMULA", '=ISNUMBER($D1)*($D1<1)*($C1<>"gone")')


def looks_as_declared(bank: Bank) -> None:
    stock = about(bank)
    grid = stock["properties"]["gridProperties"]
    assert (grid["frozenRowCount"], grid["frozenColumnCount"]) == (1, 1)
    assert stock["properties"]["tabColorStyle"]
    assert stock["basicFilter"]["range"]["endColumnIndex"] == 4
    assert [each["title"] for each in stock["filterViews"]] == ["Ready"]
    assert len(stock["bandedRanges"]) == 1
    assert rules(bank) == [FORMULA, ("TEXT_EQ", "ready")]
    code, text, _, left = cells(bank, "Stock!A2:D2")
    assert code["textFormat"]["fontFamily"] == "Roboto Mono"
    assert "wrapStrategy" not in code, "a code is one word"
    assert text["wrapStrategy"] == "WRAP"
    assert left["horizontalAlignment"] == "RIGHT"
    assert columns(bank)[:4] == [160, 220, 100, 100]
    header = cells(bank, "Stock!A1:D1")
    assert [each["backgroundColorStyle"] == header[0]["backgroundColorStyle"] for each in header] == [
        True, True, False, False,
    ]  # fmt: skip


def grow(bank: Bank) -> None:
    bank.tab("Stock").add_rows(500)
    bank.tab("Totals").add_rows(500)


def bottoms(bank: Bank, title: str) -> set[int]:
    sheet = about(bank, title)
    ranges = [
        *(each["range"] for each in sheet["bandedRanges"]),
        *(each["ranges"][0] for each in sheet["conditionalFormats"]),
        *(each["range"] for each in sheet.get("filterViews", [])),
        *([sheet["basicFilter"]["range"]] if "basicFilter" in sheet else []),
    ]
    return {each["endRowIndex"] for each in ranges}


def stock_properties(bank: Bank, fields: str, **properties: Any) -> dict[str, Any]:
    changed = {"sheetId": bank.sheet_id("Stock"), **properties}
    return {"updateSheetProperties": {"properties": changed, "fields": fields}}


def formats(bank: Bank, column: int, fields: str, row: int = 2, **shown: Any) -> dict[str, Any]:
    area = {"sheetId": bank.sheet_id("Stock"), "startRowIndex": row - 1, "startColumnIndex": column, "endColumnIndex": column + 1}  # fmt: skip
    area |= {"endRowIndex": row} if row == 1 else {}
    names = ",".join(f"userEnteredFormat.{name}" for name in fields.split(","))
    return {"repeatCell": {"range": area, "cell": {"userEnteredFormat": shown}, "fields": names}}
