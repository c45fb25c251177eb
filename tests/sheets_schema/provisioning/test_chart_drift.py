"""Charts: drawn with their tab, and again where a person deleted them; how they stand and look is people's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sheets_schema import View
from sheets_schema.advanced import Chart, Series
from sheets_schema.errors import InvalidDeclarationError
from tests.sheets_schema.bank import SCHEMA, Bank, Books
from tests.sheets_schema.emulator import witness

BARS = Chart("What runs out?", "BAR", "account", (Series("cents", "1967D2"),), ("account", "cents"), 4, 2, rows=30)
BOTH = Chart(
    "And when?",
    "COMBO",
    "account",
    (Series("cents", "1967D2"), Series("least", "A50E0E", line=True)),
    ("account", "cents"),
    left=4,
    top=20,
    rows=30,
    x=12,
    stacked=True,
    legend=True,
)


class Shown(View, tab="Shown", charts=(BARS, BOTH)):
    account: str
    cents: int
    least: int = 0


def shown(books: Books, _values: Any) -> list[Shown]:
    return [Shown(account=account, cents=books.balances[account]) for account in sorted(books.balances)]


WITH_CHARTS: Any = replace(SCHEMA, tables=(*SCHEMA.tables, Shown), views={**SCHEMA.views, Shown: shown})


def steps(bank: Bank) -> list[str]:
    process = bank.process(schema=WITH_CHARTS)
    return process.spreadsheet.provision(process.deadline()).steps


def charts(bank: Bank) -> list[dict[str, Any]]:
    [sheet] = [each for each in bank.metadata()["sheets"] if each["properties"]["title"] == "Shown"]
    return list(sheet.get("charts", []))


def titles(bank: Bank) -> list[str]:
    return [each["spec"]["title"] for each in charts(bank)]


@pytest.fixture
def drawn(bank: Bank) -> Bank:
    assert steps(bank) == ["add tab “Shown”"]
    return bank


def test_a_tab_is_made_with_its_charts(drawn: Bank) -> None:
    bars, both = charts(drawn)
    assert bars["position"]["overlayPosition"]["anchorCell"]["columnIndex"] == 4
    assert bars["spec"]["basicChart"]["legendPosition"] == "NO_LEGEND"
    assert [axis["title"] for axis in both["spec"]["basicChart"]["axis"]] == ["account", "cents"]
    assert [each["type"] for each in both["spec"]["basicChart"]["series"]] == ["COLUMN", "LINE"]
    [source] = bars["spec"]["basicChart"]["series"][0]["series"]["sourceRange"]["sources"]
    assert (source.get("startRowIndex", 0), source["endRowIndex"], source["startColumnIndex"]) == (0, 31, 1)
    assert steps(drawn) == []


def test_every_request_is_one_of_google_s(bank: Bank) -> None:
    process = bank.process(schema=WITH_CHARTS)
    process.spreadsheet.provision(process.deadline())
    [batch] = process.door.batches
    witness.check_request("spreadsheets.batchUpdate", batch.body, [])


@pytest.mark.parametrize("number", [0, 1])
def test_a_chart_that_a_person_deleted_comes_back(drawn: Bank, number: int) -> None:
    gone = charts(drawn)[number]
    drawn.batch({"deleteEmbeddedObject": {"objectId": gone["chartId"]}})
    assert steps(drawn) == [f"draw chart “{gone['spec']['title']}” of tab “Shown”"]
    assert sorted(titles(drawn)) == ["And when?", "What runs out?"]
    assert steps(drawn) == []


def test_charts_alone_come_back_in_one_read_and_one_write(drawn: Bank) -> None:
    drawn.batch(*({"deleteEmbeddedObject": {"objectId": each["chartId"]}} for each in charts(drawn)))
    process = drawn.process(schema=WITH_CHARTS)
    assert len(process.spreadsheet.restore_looks(process.deadline())) == 2
    assert (process.door.reads, process.door.writes) == (1, 1)
    assert titles(drawn) == ["What runs out?", "And when?"]
    assert process.spreadsheet.restore_looks(process.deadline()) == []
    assert (process.door.reads, process.door.writes) == (2, 1)


def test_a_chart_of_which_a_series_was_taken_out_draws_it_again(drawn: Bank) -> None:
    chart = charts(drawn)[1]
    basic = {**chart["spec"]["basicChart"], "series": chart["spec"]["basicChart"]["series"][:1]}
    drawn.batch({"updateChartSpec": {"chartId": chart["chartId"], "spec": {**chart["spec"], "basicChart": basic}}})
    assert steps(drawn) == ["draw chart “And when?” of tab “Shown” again"]
    assert len(charts(drawn)[1]["spec"]["basicChart"]["series"]) == 2
    assert steps(drawn) == []


def test_a_tab_that_was_deleted_comes_back_with_its_charts_in_the_next_commit(drawn: Bank) -> None:
    drawn.batch({"deleteSheet": {"sheetId": drawn.sheet_id("Shown")}})
    process = drawn.process(schema=WITH_CHARTS)
    assert process.pay("p1") == "paid"
    assert process.door.writes == 1
    assert titles(drawn) == ["What runs out?", "And when?"]
    assert steps(drawn) == []


def test_a_tab_that_a_person_cut_small_gets_its_charts_where_there_is_room(drawn: Bank) -> None:
    sheet = drawn.sheet_id("Shown")
    drawn.batch(
        *({"deleteEmbeddedObject": {"objectId": each["chartId"]}} for each in charts(drawn)),
        {"deleteDimension": {"range": {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": 3, "endIndex": 5}}},
        {"deleteDimension": {"range": {"sheetId": sheet, "dimension": "ROWS", "startIndex": 10, "endIndex": 1000}}},
    )
    assert len(steps(drawn)) == 2
    assert len(titles(drawn)) == 2


def test_a_commit_sends_nothing_about_charts(drawn: Bank) -> None:
    process = drawn.process(schema=WITH_CHARTS)
    process.pay("p1")
    assert not {"addChart", "updateChartSpec"} & {kind for batch in process.door.batches for kind in batch.kinds}


def test_charts_of_people_and_where_ours_stand_are_theirs(drawn: Bank) -> None:
    first, second = charts(drawn)
    moved = {"overlayPosition": {"anchorCell": {"sheetId": drawn.sheet_id("Shown"), "rowIndex": 50}}}
    drawn.batch(
        {"updateEmbeddedObjectPosition": {"objectId": first["chartId"], "newPosition": moved, "fields": "*"}},
        {"addChart": {"chart": {"spec": {**second["spec"], "title": "Mine"}, "position": moved}}},
    )
    before = charts(drawn)
    assert steps(drawn) == []
    assert charts(drawn) == before


def test_a_chart_draws_fields_that_there_are() -> None:
    with pytest.raises(InvalidDeclarationError, match="charts and what is frozen name 'least', no field of it"):

        class Wrong(View, tab="Wrong", charts=(BOTH,)):
            account: str
            cents: int
