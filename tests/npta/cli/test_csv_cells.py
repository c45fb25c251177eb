"""Cells of CSV files: no formula for whoever opens them, and the same text for whoever reads them back."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.cli.csv_cells import as_it_was, harmless, harmless_code

SIGNS = "=+-@\t\r\n＝＋－＠"
TEXTS = st.text(st.sampled_from([*SIGNS, "'", ";", "|", ",", '"', "a", "1", " ", "."]), max_size=12) | st.text(
    max_size=12
)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("http://evil.example")', '\'=HYPERLINK("http://evil.example")'),
        ("+1+1", "'+1+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("＝1", "'＝1"),
        ("-", "'-"),
        ("Ada;=cmd|' /C calc'!A0", "Ada;'=cmd|' /C calc'!A0"),
        ("Ada|+1", "Ada|'+1"),
        ("'=1", "''=1"),
    ],
)
def test_what_could_begin_a_formula_has_an_apostrophe_before_it(text: str, cell: str) -> None:
    assert harmless(text) == cell


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ada Lovelace",
        "ada+x@example.com",
        "'t Hooft",
        "#1001",
        "EX-2t572t1232321a",
        "-3",
        "-3.50",
        "899.00",
        "a=b",
        "a;b",
        "0012",
    ],
)
def test_everything_else_stays(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("code", ["-0123", "+123", "=AB-12", "@code", "-12"])
def test_a_key_code_is_no_number(code: str) -> None:
    assert harmless_code(code) == f"'{code}"
    assert as_it_was(harmless_code(code)) == code


@given(TEXTS)
def test_no_cell_begins_with_a_sign_however_the_columns_are_parted(text: str) -> None:
    for cell in (harmless_code(text), harmless(text)):
        parts = re.split(r"[;|\t\r\n]", cell)
        assert not [
            part for part in parts if part[:1] in tuple("=+-@＝＋－＠") and not re.fullmatch(r"-?[0-9.]+", cell)
        ]


@given(TEXTS)
def test_every_text_can_be_read_back(text: str) -> None:
    assert as_it_was(harmless(text)) == text
    assert as_it_was(harmless_code(text)) == text


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_and_so_it_can_through_a_file(texts: list[str]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerow(map(harmless_code, texts))
    file.seek(0)

    assert [as_it_was(cell) for row in csv.reader(file) for cell in row] == texts
