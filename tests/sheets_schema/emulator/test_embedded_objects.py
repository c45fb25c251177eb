"""Charts and slicers: kept whole, moved with the cells, and refused as Google refuses them.

"Documented" is the discovery document; "reported" is a public log of live calls (mmedum/google-sheets-mcp, spike L).
"""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema.emulator import Emulator
from tests.sheets_schema.emulator.client import Client, Json, grid


def _source(column: int, rows: tuple[int, int] = (0, 5), sheet: int = 0) -> Json:
    return {"sourceRange": {"sources": [grid(rows[0], column, rows[1], column + 1, sheet)]}}


def _chart(**changes: Any) -> Json:
    spec = {
        "title": "Seats",
        "basicChart": {
            "chartType": "COLUMN",
            "domains": [{"domain": _source(0)}],
            "series": [{"series": _source(1), "color": {"red": 1}}, {"series": _source(2)}],
        },
    }
    return {"spec": spec, "position": {"overlayPosition": {"anchorCell": {"rowIndex": 3, "columnIndex": 4}}}, **changes}


def _add(client: Client, **changes: Any) -> int:
    made: int = client.batch({"addChart": {"chart": _chart(**changes)}})["replies"][0]["addChart"]["chart"]["chartId"]
    return made


def _charts(client: Client, sheet: int = 0) -> list[Json]:
    sheets = client.get(fields="sheets(properties.sheetId,charts)")["sheets"]
    return next((found.get("charts", []) for found in sheets if found["properties"]["sheetId"] == sheet), [])


def test_a_chart_is_read_back_whole_with_the_documented_size(client: Client) -> None:
    key = _add(client)
    (chart,) = _charts(client)
    assert chart["chartId"] == key
    assert chart["position"] == {
        "overlayPosition": {
            "anchorCell": {"rowIndex": 3, "columnIndex": 4},
            "widthPixels": 600,
            "heightPixels": 371,
        }
    }
    basic = chart["spec"]["basicChart"]
    assert basic["chartType"] == "COLUMN"
    assert basic["series"][0]["colorStyle"] == {"rgbColor": {"red": 1}}
    assert basic["series"][1]["series"]["sourceRange"]["sources"][0]["startColumnIndex"] == 2


@pytest.mark.parametrize(
    "kind",
    [
        {"pieChart": {"domain": _source(0), "series": _source(1), "pieHole": 0.5, "legendPosition": "LABELED_LEGEND"}},
        {"bubbleChart": {"domain": _source(0), "series": _source(1), "bubbleOpacity": 0.5}},
        {"candlestickChart": {"domain": {"data": _source(0)}, "data": [{"lowSeries": {"data": _source(1)}}]}},
        {"histogramChart": {"series": [{"data": _source(1), "barColor": {"blue": 1}}], "bucketSize": 5}},
        {"orgChart": {"labels": _source(0), "parentLabels": _source(1), "nodeSize": "LARGE"}},
        {"treemapChart": {"labels": _source(0), "parentLabels": _source(1), "levels": 2}},
        {"waterfallChart": {"domain": {"data": _source(0)}, "series": [{"data": _source(1)}]}},
        {"scorecardChart": {"keyValueData": _source(1), "aggregateType": "SUM"}},
    ],
    ids=lambda kind: next(iter(kind)),
)
def test_every_kind_of_chart_is_kept(client: Client, kind: Json) -> None:
    _add(client, spec=kind)
    kept = _charts(client)[0]["spec"]
    assert kept.keys() == kind.keys()
    name = next(iter(kind))
    assert kept[name].keys() >= kind[name].keys()


def test_a_specification_is_replaced_and_the_position_stays(client: Client) -> None:
    key = _add(client)
    before = _charts(client)[0]["position"]
    pie = {"pieChart": {"domain": _source(0), "series": _source(1)}}
    assert client.batch({"updateChartSpec": {"chartId": key, "spec": pie}})["replies"] == [{}]
    (chart,) = _charts(client)
    assert "basicChart" not in chart["spec"]
    assert "title" not in chart["spec"]
    assert chart["position"] == before


def test_a_chart_moves_by_mask_and_keeps_the_size_it_does_not_name(client: Client) -> None:
    key = _add(client)
    goal = {"overlayPosition": {"anchorCell": {"rowIndex": 9}, "offsetXPixels": 7}}
    update = {"objectId": key, "newPosition": goal, "fields": "anchorCell,offsetXPixels"}
    reply = client.batch({"updateEmbeddedObjectPosition": update})["replies"][0]["updateEmbeddedObjectPosition"]
    moved = {"anchorCell": {"rowIndex": 9}, "widthPixels": 600, "heightPixels": 371, "offsetXPixels": 7}
    assert reply["position"] == {"overlayPosition": moved} == _charts(client)[0]["position"]
    update["newPosition"] = {"overlayPosition": {"anchorCell": {}, "widthPixels": 300}}
    client.batch({"updateEmbeddedObjectPosition": {**update, "fields": "*"}})
    assert _charts(client)[0]["position"]["overlayPosition"] == {
        "anchorCell": {},
        "widthPixels": 300,
        "heightPixels": 371,
    }


def test_a_chart_may_have_a_sheet_of_its_own_which_has_no_cells(client: Client) -> None:
    key = _add(client, position={"newSheet": True})
    properties = client.get(fields="sheets.properties")["sheets"][1]["properties"]
    assert (properties["title"], properties["sheetType"]) == ("Chart1", "OBJECT")
    assert "gridProperties" not in properties
    sheet = properties["sheetId"]
    assert _charts(client, sheet)[0]["position"] == {"sheetId": sheet}
    for path in ("Chart1", "Chart1!A1"):
        answer = client.call("spreadsheets.values.get", f"/v4/spreadsheets/{client.id}/values/{path}")
        assert answer.status_code == 400
    client.refused({"repeatCell": {"range": {"sheetId": sheet}, "cell": {"note": "x"}, "fields": "note"}})
    client.refused({"appendDimension": {"sheetId": sheet, "dimension": "ROWS", "length": 1}})
    client.refused({"appendCells": {"sheetId": sheet, "rows": [{"values": [{"note": "x"}]}], "fields": "*"}})
    client.batch({"deleteEmbeddedObject": {"objectId": key}})
    assert len(client.get(fields="sheets.properties")["sheets"]) == 1
    again = client.batch({"addChart": {"chart": _chart(position={"sheetId": 77})}})["replies"][0]["addChart"]["chart"]
    over: Json = {"overlayPosition": {"anchorCell": {}}}
    move = {"objectId": again["chartId"], "newPosition": over, "fields": "*"}
    client.batch({"updateEmbeddedObjectPosition": move})
    assert [chart["chartId"] for chart in _charts(client)] == [again["chartId"]]
    assert len(client.get(fields="sheets.properties")["sheets"]) == 1


def test_charts_follow_rows_and_columns_and_lose_only_the_series_that_went(client: Client) -> None:
    """Reported: a chart stays when a column that it draws is deleted, and the reply says nothing."""
    _add(client)
    where = {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}
    client.batch({"deleteDimension": {"range": where}})
    client.batch({"insertDimension": {"range": {**where, "dimension": "ROWS"}}})
    (chart,) = _charts(client)
    (series,) = chart["spec"]["basicChart"]["series"]
    assert series["series"]["sourceRange"]["sources"] == [
        {key: n for key, n in grid(0, 1, 6, 2).items() if key != "sheetId"}
    ]
    assert chart["position"]["overlayPosition"]["anchorCell"] == {"rowIndex": 4, "columnIndex": 3}
    client.batch({"deleteDimension": {"range": {"sheetId": 0, "dimension": "ROWS", "startIndex": 3, "endIndex": 6}}})
    (chart,) = _charts(client)
    assert chart["position"]["overlayPosition"]["anchorCell"] == {"rowIndex": 3, "columnIndex": 3}


def test_a_copied_sheet_has_charts_of_its_own_that_draw_from_the_copy(client: Client) -> None:
    client.batch({"addSheet": {"properties": {"sheetId": 5, "title": "Other"}}})
    key = _add(client, spec={"pieChart": {"domain": _source(0), "series": _source(1, sheet=5)}})
    client.batch({"duplicateSheet": {"sourceSheetId": 0, "newSheetId": 9}})
    (copy,) = _charts(client, 9)
    assert copy["chartId"] != key
    assert copy["position"]["overlayPosition"]["anchorCell"]["sheetId"] == 9
    pie = copy["spec"]["pieChart"]
    assert [pie[name]["sourceRange"]["sources"][0]["sheetId"] for name in ("domain", "series")] == [9, 5]
    client.batch({"deleteSheet": {"sheetId": 5}})
    assert "series" not in _charts(client, 9)[0]["spec"]["pieChart"]


def test_slicers_are_kept_changed_by_mask_and_deleted(client: Client) -> None:
    spec = {"dataRange": grid(0, 0, 9, 3), "columnIndex": 1, "title": "Level"}
    slicer = {"spec": spec, "position": {"overlayPosition": {"anchorCell": {"columnIndex": 5}}}}
    key = client.batch({"addSlicer": {"slicer": slicer}})["replies"][0]["addSlicer"]["slicer"]["slicerId"]
    changed = {"slicerId": key, "spec": {"title": "New", "filterCriteria": {"hiddenValues": ["x"]}}}
    client.batch({"updateSlicerSpec": {**changed, "fields": "title,filterCriteria"}})
    (kept,) = client.get(fields="sheets.slicers")["sheets"][0]["slicers"]
    assert (kept["spec"]["title"], kept["spec"]["columnIndex"]) == ("New", 1)
    assert kept["spec"]["filterCriteria"] == {"hiddenValues": ["x"]}
    assert "'fields'" in client.refused({"updateSlicerSpec": changed})["message"]
    client.batch({"deleteEmbeddedObject": {"objectId": key}})
    assert client.get(fields="sheets.slicers") == {"sheets": [{}]}


def test_a_border_is_set_by_mask(client: Client) -> None:
    key = _add(client, border={"color": {"green": 1}})
    border = {"objectId": key, "border": {"color": {"red": 1}}, "fields": "*"}
    client.batch({"updateEmbeddedObjectBorder": border})
    assert _charts(client)[0]["border"]["colorStyle"] == {"rgbColor": {"red": 1}}


_SPEC = _chart()["spec"]


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        pytest.param({"addChart": {"chart": {}}}, "no chart spec", id="reported: no spec"),
        pytest.param({"addChart": {"chart": {"spec": {"title": "x"}}}}, "One of basicChart, pieChart, bubbleChart, candelstickChart, histogramChart, or orgChart must be set on chartSpec.", id="reported: no kind"),
        pytest.param({"addChart": {"chart": {"spec": _SPEC}}}, "One of EmbeddedObjectPosition.overlayPosition or EmbeddedObjectPosition.sheetId must be set", id="reported: no position"),
        pytest.param({"addChart": {"chart": _chart(chartId=4)}}, "already exists", id="documented: an id twice"),
        pytest.param({"addChart": {"chart": _chart(position={"overlayPosition": {"anchorCell": {"sheetId": 99}}})}}, "No sheet with id: 99", id="reported: a sheet that is not there"),
        pytest.param({"addChart": {"chart": _chart(position={"sheetId": 0, "overlayPosition": {"anchorCell": {"rowIndex": 5000}}})}}, "exceeds grid limits", id="an anchor beyond the grid"),
        pytest.param({"addChart": {"chart": _chart(spec={"pieChart": {"domain": _source(0, (0, 5000))}})}}, "exceeds grid limits", id="cells that are not there"),
        pytest.param({"addChart": {"chart": _chart(spec={"pieChart": {"domain": {"sourceRange": {"sources": [grid(0, 0, 5, 2)]}}}})}}, "single row or column", id="documented: a source two columns wide"),
        pytest.param({"updateChartSpec": {"chartId": 5, "spec": _SPEC}}, "No chart with id: 5", id="reported: update of no chart"),
        pytest.param({"updateChartSpec": {"chartId": 4, "spec": {"title": "x"}}}, "must be set on chartSpec", id="reported: an update without a kind"),
        pytest.param({"deleteEmbeddedObject": {"objectId": 5}}, "No embedded object with id: 5", id="reported: delete of nothing"),
        pytest.param({"updateEmbeddedObjectPosition": {"objectId": 5, "newPosition": {"newSheet": True}}}, "No embedded object with id: 5", id="reported: move of nothing"),
        pytest.param({"updateEmbeddedObjectPosition": {"objectId": 4, "newPosition": {"overlayPosition": {"anchorCell": {}}}}}, "At least one field must be listed in 'fields'.", id="reported: a move without a mask"),
        pytest.param({"addSlicer": {"slicer": {}}}, "no data range", id="reported: a slicer without data"),
        pytest.param({"updateSlicerSpec": {"slicerId": 5, "spec": {}, "fields": "*"}}, "No slicer with id: 5", id="reported: update of no slicer"),
    ],
)  # fmt: skip
def test_what_google_refuses_is_refused(client: Client, request_: Json, text: str) -> None:
    _add(client, chartId=4)
    before = client.get(fields="sheets")
    assert text in client.refused(request_)["message"]
    assert client.get(fields="sheets") == before


def test_an_empty_basic_chart_is_googles_own_500(client: Client) -> None:
    """Reported: a 500 that no retry mends."""
    error = client.refused({"addChart": {"chart": _chart(spec={"basicChart": {"chartType": "BAR"}})}}, status=500)
    assert error["message"] == "Internal error encountered."


def test_charts_survive_a_restart_and_a_file_of_before_has_none(tmp_path: Any) -> None:
    path = tmp_path / "data.db"
    with Emulator(path) as emulator:
        client = Client(emulator).create()
        _add(client)
        before = client.get()
    with Emulator(path) as emulator:
        assert Client(emulator, client.id).get() == before
