"""What is answered with a yes has an effect that can be read; everything else is refused in Google's words."""

from __future__ import annotations

import pytest

from tests.sheets_schema.emulator.client import Client, Json, grid


def _format(client: Client, form: Json, fields: str) -> Json:
    cell = {"range": grid(0, 0, 1, 1), "cell": {"userEnteredFormat": form}, "fields": fields}
    client.batch({"repeatCell": cell})
    read = client.get(ranges="A1", fields="sheets.data.rowData.values.userEnteredFormat")
    found: Json = read["sheets"][0]["data"][0]["rowData"][0]["values"][0]["userEnteredFormat"]
    return found


@pytest.mark.parametrize(
    ("form", "fields", "after"),
    [
        ({"backgroundColor": {"red": 1}}, "backgroundColor.red", {"red": 1, "green": 1}),
        ({"backgroundColor": {}}, "backgroundColor.green", {"blue": 1}),
        ({"backgroundColorStyle": {"rgbColor": {"red": 1}}}, "backgroundColorStyle.rgbColor.red", {"red": 1, "green": 1, "blue": 1}),
        ({"backgroundColorStyle": {"rgbColor": {"red": 1}}}, "backgroundColorStyle", {"red": 1}),
        ({"backgroundColor": {"blue": 1}}, "backgroundColor", {"blue": 1}),
    ],
)  # fmt: skip
def test_a_mask_reaches_down_to_a_channel(client: Client, form: Json, fields: str, after: Json) -> None:
    """Documented: a mask names any field of a message, however deep."""
    _format(client, {"backgroundColor": {"green": 1, "blue": 1}}, "userEnteredFormat.backgroundColor")
    found = _format(client, form, f"userEnteredFormat.{fields}")
    if fields == "backgroundColor.red":
        after = {**after, "blue": 1}
    assert found["backgroundColor"] == after
    assert found["backgroundColorStyle"] == {"rgbColor": after}


def test_channels_of_borders_text_tabs_and_bandings_are_set_too(client: Client) -> None:
    solid = {"style": "SOLID", "color": {"green": 1}}
    _format(client, {"borders": {"top": solid}, "textFormat": {"foregroundColor": {"green": 1}}}, "userEnteredFormat")
    red = {"borders": {"top": {"color": {"red": 1}}}, "textFormat": {"foregroundColor": {"red": 1}}}
    fields = "userEnteredFormat.borders.top.color.red,userEnteredFormat.textFormat.foregroundColor.red"
    found = _format(client, red, fields)
    both = {"rgbColor": {"red": 1, "green": 1}}
    assert found["borders"]["top"]["colorStyle"] == both == found["textFormat"]["foregroundColorStyle"]
    for color, fields in (({"green": 1}, "tabColor"), ({"red": 1}, "tabColor.red")):
        client.batch({"updateSheetProperties": {"properties": {"tabColor": color}, "fields": fields}})
    assert client.get()["sheets"][0]["properties"]["tabColorStyle"] == both
    band = {"range": grid(0, 0, 5, 2), "rowProperties": {"headerColor": {"green": 1}}, "bandedRangeId": 3}
    client.batch({"addBanding": {"bandedRange": band}})
    changed = {"bandedRangeId": 3, "rowProperties": {"headerColor": {"red": 1}}}
    client.batch({"updateBanding": {"bandedRange": changed, "fields": "rowProperties.headerColor.red"}})
    (kept,) = client.get()["sheets"][0]["bandedRanges"]
    assert kept["rowProperties"]["headerColorStyle"] == both


def test_a_sort_carries_the_metadata_of_rows(client: Client) -> None:
    """Measured: mmedum/google-sheets-mcp, spike K."""
    client.put("A1", [["c"], ["a"], ["b"]])
    for row in range(3):
        where = {"dimension": "ROWS", "startIndex": row, "endIndex": row + 1}
        item = {"metadataKey": f"was {row}", "location": {"dimensionRange": where}, "visibility": "DOCUMENT"}
        client.batch({"createDeveloperMetadata": {"developerMetadata": item}})
    client.batch({"sortRange": {"range": grid(0, 0, 3, 1), "sortSpecs": [{"dimensionIndex": 0}]}})
    rows = client.get(fields="sheets.data.rowMetadata.developerMetadata")["sheets"][0]["data"][0]["rowMetadata"][:3]
    assert [row["developerMetadata"][0]["metadataKey"] for row in rows] == ["was 1", "was 2", "was 0"]


def _frozen(client: Client, **counts: int) -> Json:
    grid_properties = {f"frozen{word}Count": count for word, count in counts.items()}
    fields = ",".join(f"gridProperties.{name}" for name in grid_properties)
    return {"updateSheetProperties": {"properties": {"gridProperties": grid_properties}, "fields": fields}}


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        pytest.param({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 2}}}, "Sorry, it is not possible to delete all non-frozen rows.", id="reported: all rows that are not frozen"),
        pytest.param({"deleteDimension": {"range": {"dimension": "COLUMNS", "startIndex": 0, "endIndex": 26}}}, "You can't delete all the columns on the sheet.", id="observed: all columns"),
        pytest.param({"deleteDimension": {"range": {"dimension": "COLUMNS", "startIndex": 1}}}, "Sorry, it is not possible to delete all non-frozen columns.", id="reported: all columns that are not frozen"),
        pytest.param({"mergeCells": {"range": grid(1, 2, 3, 4)}}, "You can't merge frozen and non-frozen rows.", id="reported: a merge over the edge of frozen rows"),
        pytest.param({"mergeCells": {"range": grid(9, 0, 10, 4)}}, "You can't merge frozen and non-frozen columns.", id="reported: of frozen columns"),
        pytest.param({"mergeCells": {"range": grid(1, 1, 4, 2), "mergeType": "MERGE_COLUMNS"}}, "You can't merge frozen and non-frozen rows.", id="column by column"),
        pytest.param({"updateSheetProperties": {"properties": {"gridProperties": {"rowCount": 2}}, "fields": "gridProperties.rowCount"}}, "You can't freeze all visible rows on the sheet.", id="observed: only frozen rows left"),
        pytest.param({"updateSheetProperties": {"properties": {"gridProperties": {"rowCount": 400_000}}, "fields": "gridProperties.rowCount"}}, "above the limit of 10000000 cells.", id="observed: a resize beyond the limit of cells"),
        pytest.param({"updateSheetProperties": {"properties": {"gridProperties": {"columnCount": 18_279}}, "fields": "gridProperties.columnCount"}}, "above the limit of 18278 columns.", id="observed: of columns"),
        pytest.param({"insertRange": {"range": grid(0, 0, 1, 1), "shiftDimension": "NONSENSE"}}, "", id="no dimension"),
        pytest.param(_frozen(None, Row=6), "You can't freeze rows which contain only part of a merged cell.", id="reported: the edge through a merge"),  # type: ignore[arg-type] # the client is not used
        pytest.param(_frozen(None, Row=-1), "must be at least zero", id="fewer than no frozen rows"),  # type: ignore[arg-type] # as above
    ],
)  # fmt: skip
def test_what_google_refuses_is_refused(client: Client, request_: Json, text: str) -> None:
    client.batch({"mergeCells": {"range": grid(5, 2, 8, 4)}}, _frozen(client, Row=2, Column=1))
    before = client.get(fields="sheets(properties,merges)")
    assert text in client.refused(request_, lawful="NONSENSE" not in str(request_))["message"]
    assert client.get(fields="sheets(properties,merges)") == before


def test_merges_beside_the_frozen_edge_are_fine(client: Client) -> None:
    client.batch(_frozen(client, Row=2, Column=1))
    client.batch(
        {"mergeCells": {"range": grid(0, 2, 2, 4)}},
        {"mergeCells": {"range": grid(1, 5, 4, 8), "mergeType": "MERGE_ROWS"}},
    )
    assert len(client.get()["sheets"][0]["merges"]) == 4


def _sizes(client: Client, dimension: str, count: int) -> list[int]:
    fields = f"sheets.data.{dimension}Metadata.pixelSize"
    found = client.get(ranges="A1:Z100", fields=fields)["sheets"][0]["data"][0][f"{dimension}Metadata"]
    return [item["pixelSize"] for item in found[:count]]


def test_an_auto_resize_makes_room_for_what_is_shown(client: Client) -> None:
    """Documented: "Automatically resizes one or more dimensions based on the contents of the cells"; the widths are a model."""
    long = "a text that is much longer than a column is wide"
    client.put("A1", [["x", long, "two\nlines"], [long]])
    bold = {"userEnteredFormat": {"textFormat": {"bold": True, "fontSize": 20}, "wrapStrategy": "WRAP"}}
    client.batch({"repeatCell": {"range": grid(1, 0, 2, 1), "cell": bold, "fields": "userEnteredFormat"}})
    everything = {"autoResizeDimensions": {"dimensions": {"dimension": "COLUMNS", "startIndex": 1, "endIndex": 4}}}
    client.batch(everything)
    first, second, third, fourth = _sizes(client, "column", 4)
    assert first == fourth == 100
    assert second > 250
    assert 100 > third > 21
    client.batch({"autoResizeDimensions": {"dimensions": {"dimension": "ROWS", "startIndex": 0, "endIndex": 3}}})
    one, two, three = _sizes(client, "row", 3)
    assert two > one > three == 21
    client.put("B1", [["short"]])
    client.batch(everything)
    assert _sizes(client, "column", 2)[1] < second
