"""Find and replace: what is found, and how it is counted."""

from __future__ import annotations

import pytest

from tests.sheets_schema.emulator.client import Client, Json


@pytest.mark.parametrize(
    ("options", "values", "reply"),
    [
        ({"find": "zzz"}, ["cat", "Catcat", "dog"], {}),
        ({"find": "cat", "replacement": "x"}, ["x", "xx", "dog"], {"valuesChanged": 2, "rowsChanged": 2, "sheetsChanged": 1, "occurrencesChanged": 3}),
        ({"find": "cat", "replacement": "x", "matchCase": True}, ["x", "Catx", "dog"], {"valuesChanged": 2, "rowsChanged": 2, "sheetsChanged": 1, "occurrencesChanged": 2}),
        ({"find": "cat", "replacement": "x", "matchEntireCell": True}, ["x", "Catcat", "dog"], {"valuesChanged": 1, "rowsChanged": 1, "sheetsChanged": 1, "occurrencesChanged": 1}),
        ({"find": "(c)(a)t", "replacement": "$2-$1\\$", "searchByRegex": True}, ["a-c$", "a-C$a-c$", "dog"], {"valuesChanged": 2, "rowsChanged": 2, "sheetsChanged": 1, "occurrencesChanged": 3}),
        ({"find": ".", "replacement": "x"}, ["cat", "Catcat", "dog"], {}),
    ],
)  # fmt: skip
def test_find_and_replace_counts_what_it_changed_and_never_fails(
    client: Client, options: Json, values: list[str], reply: Json
) -> None:
    client.put("A1", [["cat"], ["Catcat"], ["dog"]])
    answer = client.batch({"findReplace": {**options, "sheetId": 0}})
    assert client.values("A1:A3") == [[value] for value in values]
    assert answer["replies"] == [{"findReplace": reply}]


@pytest.mark.parametrize(
    "options", [{"find": ""}, {"find": "("}, {"find": "a", "range": {"sheetId": 0}, "allSheets": True}]
)
def test_a_search_that_makes_no_sense_is_refused(client: Client, options: Json) -> None:
    scope = {} if "range" in options else {"sheetId": 0}
    client.refused({"findReplace": {**options, **scope, "searchByRegex": True}})
