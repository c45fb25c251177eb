"""Numbers, dates and texts as the menus of Google Sheets show them, and what people type."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sheets_schema.emulator.client import Client, Json, grid
from tests.sheets_schema.emulator.conftest import FakeTime

_ACCOUNTING = '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)'


def _write(client: Client, value: Any, form: Json) -> None:
    kind = "stringValue" if isinstance(value, str) else "numberValue"
    cell = {"userEnteredValue": {kind: value}, "userEnteredFormat": {"numberFormat": form}}
    client.batch({"updateCells": {"start": {}, "rows": [{"values": [cell]}], "fields": "*"}})


@pytest.mark.parametrize(
    ("value", "form", "shown"),
    [
        (1234.5, {"type": "NUMBER", "pattern": "#,##0.00"}, "1,234.50"),
        (-0.004, {"type": "NUMBER", "pattern": "0.00"}, "0.00"),
        (7, {"type": "NUMBER", "pattern": "000"}, "007"),
        (2.5, {"type": "NUMBER", "pattern": "0.##"}, "2.5"),
        (0.5, {"type": "PERCENT"}, "50.00%"),
        (-5, {"type": "CURRENCY"}, "-$5.00"),
        (3, {"type": "TEXT"}, "3"),
        pytest.param(1234.5, {"type": "NUMBER", "pattern": _ACCOUNTING}, " $1,234.50 ", id="menu: Accounting"),
        pytest.param(-1234.5, {"type": "NUMBER", "pattern": _ACCOUNTING}, " $(1,234.50)", id="menu: Accounting, negative"),
        pytest.param(0, {"type": "NUMBER", "pattern": _ACCOUNTING}, " $-   ", id="menu: Accounting, zero"),
        pytest.param("n/a", {"type": "NUMBER", "pattern": _ACCOUNTING}, " n/a ", id="menu: Accounting, text"),
        pytest.param(-1234.5, {"type": "NUMBER", "pattern": "#,##0.00;(#,##0.00)"}, "(1,234.50)", id="menu: Financial"),
        pytest.param(1234.5, {"type": "CURRENCY", "pattern": '"$"#,##0'}, "$1,235", id="menu: Currency rounded"),
        pytest.param(5, {"type": "CURRENCY", "pattern": "[$€]#,##0.00"}, "€5.00", id="menu: custom currency"),
        pytest.param(5, {"type": "CURRENCY", "pattern": "#,##0.00\\ [$€-407]"}, "5.00 €", id="menu: currency with a locale"),
        pytest.param(1.5, {"type": "TIME", "pattern": "[h]:mm:ss"}, "36:00:00", id="menu: Duration"),
        pytest.param(-0.5, {"type": "TIME", "pattern": "[h]:mm"}, "-12:00", id="menu: Duration, negative"),
        pytest.param(12345, {"type": "SCIENTIFIC", "pattern": "0.00E+00"}, "1.23E+04", id="menu: Scientific"),
        pytest.param(12345, {"type": "SCIENTIFIC"}, "1.23E+04", id="documented: Scientific without a pattern"),
        pytest.param(99999, {"type": "NUMBER", "pattern": "0.0E+0"}, "1.0E+5", id="documented: rounded over a power"),
        pytest.param(1234567, {"type": "NUMBER", "pattern": "#,##0.0,,"}, "1.2", id="documented: commas that divide"),
        pytest.param(5551234567, {"type": "NUMBER", "pattern": "(###) ###-####"}, "(555) 123-4567", id="menu: phone number"),
        pytest.param(2.5, {"type": "NUMBER", "pattern": "# ??/??"}, "2 1/2", id="documented: a fraction"),
        pytest.param(-2, {"type": "NUMBER", "pattern": "[Red]0;[Blue]-0.0"}, "-2.0", id="documented: colours"),
        pytest.param(150, {"type": "NUMBER", "pattern": '[<100]0;"many"'}, "many", id="documented: conditions"),
        pytest.param(5, {"type": "NUMBER", "pattern": '"five"'}, "five", id="documented: text only"),
        pytest.param(46270.75, {"type": "DATE_TIME", "pattern": "yyyy-mm-dd hh:mm:ss"}, "2026-09-05 18:00:00", id="a date and a time"),
        pytest.param(46270.75, {"type": "TIME", "pattern": "h:mm am/pm"}, "6:00 PM", id="a time of twelve hours"),
        pytest.param(46270, {"type": "DATE", "pattern": "ddd, d mmm yy"}, "Sat, 5 Sep 26", id="names"),
        pytest.param(46270, {"type": "DATE", "pattern": 'dddd", the "d" of "mmmm'}, "Saturday, the 5 of September", id="menu: a date in words"),
        pytest.param(43831.5, {"type": "DATE_TIME", "pattern": "m/d hh:mm:ss.000 a/p"}, "1/1 12:00:00.000 P", id="documented: fractions of seconds"),
        pytest.param(1e9, {"type": "DATE", "pattern": "yyyy-mm-dd"}, "1000000000", id="beyond every calendar"),
        pytest.param("x", {"type": "NUMBER", "pattern": "0.00"}, "x", id="text in a number format"),
    ],
)  # fmt: skip
def test_what_is_accepted_is_shown(client: Client, value: Any, form: Json, shown: str) -> None:
    _write(client, value, form)
    assert client.values("A1", "FORMATTED_VALUE") == [[shown]]
    assert client.values("A1") == [[value]]
    cell = client.get(ranges="A1", fields="sheets.data.rowData.values")["sheets"][0]["data"][0]["rowData"][0]["values"][
        0
    ]
    assert cell["formattedValue"] == shown
    assert cell["userEnteredFormat"]["numberFormat"] == form


@pytest.mark.parametrize("pattern", ["q", "0 kg", "[foo]0", '"open', "0;0;0;@;0", "[$€", "\\"])
def test_a_pattern_that_means_nothing_is_refused_where_it_is_set(client: Client, pattern: str) -> None:
    form = {"numberFormat": {"type": "NUMBER", "pattern": pattern}}
    cell = {"range": grid(0, 0, 1, 1), "cell": {"userEnteredFormat": form}, "fields": "userEnteredFormat.numberFormat"}
    assert repr(pattern) in client.refused({"repeatCell": cell})["message"]
    client.put("A1", [[5]])
    assert client.values("A1", "FORMATTED_VALUE") == [["5"]]


@pytest.mark.parametrize(
    ("text", "number", "shown"),
    [
        pytest.param("2019-03-01 00:00:00", 43525, "2019-03-01 0:00:00", id="reported: a timestamp of pandas"),
        pytest.param("2019-03-01 13:45:30", 43525 + 49530 / 86400, "2019-03-01 13:45:30", id="reported: with a time"),
        pytest.param("2020-01-01 10:00", 43831 + 10 / 24, "2020-01-01 10:00", id="a date and a time"),
        pytest.param("12:34", 754 / 1440, "12:34", id="documented: a time"),
        pytest.param("12:34:56", 45296 / 86400, "12:34:56", id="a time with seconds"),
        pytest.param("3pm", 15 / 24, None, id="an hour of the afternoon"),
        pytest.param("3:30 PM", 15.5 / 24, "3:30 PM", id="a time of twelve hours"),
        pytest.param("1/2", 43832, "1/2", id="recorded: a day of this year"),
        pytest.param("1-2", 43832, "1-2", id="recorded: with a dash"),
        pytest.param("1/2/2019", 43467, "1/2/2019", id="documented: the locale's own order"),
        pytest.param("1/2/19", 43467, "1/2/2019", id="two digits of a year"),
        pytest.param("2019/3/1", 43525, "2019/03/01", id="the year first"),
        pytest.param("Dec 25, 2012", 41268, "Dec 25, 2012", id="documented: the name of a month"),
        pytest.param("December 25, 2012", 41268, "December 25, 2012", id="its whole name"),
        pytest.param("25 Dec 2012", 41268, "25 Dec 2012", id="the day first"),
        pytest.param("25-Dec-2012", 41268, "25-Dec-2012", id="with dashes"),
        pytest.param("Jan 5", 43835, "Jan 5", id="a day of this year in words"),
        pytest.param("1e5", 100000, "1.00E+05", id="an exponent"),
        pytest.param("-$5.50", -5.5, "-$5.50", id="negative money"),
        pytest.param("+5", 5, "5", id="a plus"),
        pytest.param("-1,234.5", -1234.5, "-1,234.50", id="groups"),
        pytest.param("50%", 0.5, "50%", id="percent"),
    ],
)  # fmt: skip
def test_typed_text_becomes_a_number_with_its_format(
    client: Client, time: FakeTime, text: str, number: float, shown: str | None
) -> None:
    time.now = 1_600_000_000.0  # in 2020
    client.put("A1", [[text]], "USER_ENTERED")
    ((found,),) = client.values("A1")
    assert found == pytest.approx(number)
    if shown is not None:
        assert client.values("A1", "FORMATTED_VALUE") == [[shown]]


@pytest.mark.parametrize(
    ("locale", "text", "number", "shown"),
    [
        ("en_GB", "25/12/2012", 41268, "25/12/2012"),
        ("en_GB", "£5.50", 5.5, "£5.50"),
        ("en_GB", "2/1", 43832, "2/1"),
        ("de_DE", "1.234,5", 1234.5, "1.234,50"),
        ("de_DE", "1,5", 1.5, "1,5"),
        ("de_DE", "25.12.2012", 41268, "25.12.2012"),
        ("de_DE", "5,50 €", 5.5, "5,50 €"),
        ("de_DE", "2012-12-25", 41268, "2012-12-25"),
        ("nl_NL", "25-12-2012", 41268, "25-12-2012"),
    ],
)
def test_a_locale_is_obeyed(client: Client, time: FakeTime, locale: str, text: str, number: float, shown: str) -> None:
    time.now = 1_600_000_000.0
    client.batch({"updateSpreadsheetProperties": {"properties": {"locale": locale}, "fields": "locale"}})
    client.put("A1", [[text]], "USER_ENTERED")
    assert client.values("A1") == [[number]]
    assert client.values("A1", "FORMATTED_VALUE") == [[shown]]


def test_a_locale_that_is_not_known_is_refused_and_so_is_what_it_does_not_know(client: Client) -> None:
    change = {"updateSpreadsheetProperties": {"properties": {"locale": "fr_FR"}, "fields": "locale"}}
    assert "'fr_FR'" in client.refused(change)["message"]
    made = client.call("spreadsheets.create", "/v4/spreadsheets", {"properties": {"title": "x", "locale": "ja_JP"}})
    assert made.status_code == 400
    change["updateSpreadsheetProperties"]["properties"] = {"locale": "de_DE"}
    client.batch(change)
    for text in ("1.5.2012x".rstrip("x") + " 1", "25 Dez 2012 1", "12/25/2012"):
        path = f"/v4/spreadsheets/{client.id}/values/A1"
        answer = client.call("spreadsheets.values.update", path, {"values": [[text]]}, valueInputOption="USER_ENTERED")
        assert answer.status_code == 400 or client.values("A1") == [[text]]
    named = {"numberFormat": {"type": "DATE", "pattern": "d mmmm"}}
    cell = {"range": grid(0, 0, 1, 1), "cell": {"userEnteredFormat": named}, "fields": "*"}
    assert "in English only" in client.refused({"repeatCell": cell})["message"]
