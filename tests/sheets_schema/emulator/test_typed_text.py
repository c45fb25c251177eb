"""Text that is pasted or split: documented in the discovery document, read as people's typing is."""

from __future__ import annotations

import pytest

from tests.sheets_schema.emulator.client import Client, Json, grid


def _paste(data: str, delimiter: str = ",", **more: object) -> Json:
    coordinate = {"sheetId": 0, "rowIndex": 1, "columnIndex": 1}
    return {"pasteData": {"coordinate": coordinate, "data": data, "delimiter": delimiter, **more}}


def test_pasted_text_is_cut_and_read_as_if_it_were_typed(client: Client) -> None:
    client.batch(_paste('a,1,2020-01-01\n"b, c",TRUE,\n"two\nlines",$5.00'))
    assert client.values("B2:D4") == [["a", 1, 43831], ["b, c", True], ["two\nlines", 5]]
    assert client.values("B2:D4", "FORMATTED_VALUE") == [
        ["a", "1", "2020-01-01"],
        ["b, c", "TRUE"],
        ["two\nlines", "$5.00"],
    ]


def test_a_paste_widens_the_grid_and_keeps_notes_and_rules(client: Client) -> None:
    client.batch({"repeatCell": {"range": grid(1, 1, 2, 2), "cell": {"note": "n"}, "fields": "note"}})
    client.batch(_paste("\t".join(map(str, range(30))), "\t"))
    assert client.values("B2:AE2") == [list(range(30))]
    assert client.get()["sheets"][0]["properties"]["gridProperties"]["columnCount"] == 31
    note = client.get(ranges="B2", fields="sheets.data.rowData.values.note")
    assert note["sheets"][0]["data"][0]["rowData"][0]["values"] == [{"note": "n"}]


def test_a_delimiter_of_several_letters_cuts_too(client: Client) -> None:
    client.batch(_paste("a||b\nc||d", "||"))
    assert client.values("B2:C3") == [["a", "b"], ["c", "d"]]


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (_paste("a", ""), "No delimiter specified."),
        (_paste("<b>a</b>", html=True), "HTML"),
        ({"pasteData": {"data": "a", "delimiter": ","}}, "coordinate must be set."),
        ({"pasteData": {"data": "a", "delimiter": ",", "coordinate": {"sheetId": 9}}}, "No sheet with id: 9"),
        (_paste("1.2.3"), "nobody has recorded"),
        ({"textToColumns": {"source": grid(0, 0, 5, 2), "delimiterType": "COMMA"}}, "exactly one column"),
        ({"textToColumns": {"source": grid(0, 0, 5, 1)}}, "delimiterType must be set."),
        ({"textToColumns": {"source": grid(0, 0, 5, 1), "delimiterType": "CUSTOM"}}, "delimiter must be set"),
    ],
)
def test_what_cannot_be_pasted_or_split_is_refused_and_changes_nothing(
    client: Client, request_: Json, text: str
) -> None:
    client.put("A1", [["a,b"]])
    assert text in client.refused(request_)["message"]
    assert client.values("Sheet1") == [["a,b"]]


@pytest.mark.parametrize(
    ("kind", "texts", "split"),
    [
        ({"delimiterType": "COMMA"}, ["a,b", "1, 2,3", "plain"], [["a", "b"], [1, 2, 3], ["plain"]]),
        ({"delimiterType": "SEMICOLON"}, ["a;b"], [["a", "b"]]),
        ({"delimiterType": "PERIOD"}, ["a.b"], [["a", "b"]]),
        ({"delimiterType": "SPACE"}, ["a b", "c"], [["a", "b"], ["c"]]),
        ({"delimiterType": "CUSTOM", "delimiter": "->"}, ["a->b"], [["a", "b"]]),
        ({"delimiterType": "AUTODETECT"}, ["a;b", "c;d"], [["a", "b"], ["c", "d"]]),
        ({"delimiterType": "AUTODETECT"}, ["abc"], [["abc"]]),
    ],
)
def test_a_column_of_text_is_split(client: Client, kind: Json, texts: list[str], split: list[list[object]]) -> None:
    client.put("A1", [[text] for text in texts])
    client.batch({"textToColumns": {"source": grid(0, 0, 9, 1), **kind}})
    assert client.values("Sheet1") == split
