"""Formulas of constants are computed; everything else is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from sheets_schema.emulator import ApiError
from sheets_schema.emulator.model.formulas import evaluate


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=3/2", 1.5),
        ("=4/2", 2),
        ("= 1 + 2 * 3", 7),
        ("=(1+2)*3", 9),
        ("=-2^2", 4),
        ("=2^-1", 0.5),
        ("=2^3^2", 64),
        ("=+5", 5),
        ("=--5", 5),
        ("=50%", 0.5),
        ("=200%%", 0.02),
        ("=1.5E3", 1500),
        ("=.5", 0.5),
        ('="a"&"b"', "ab"),
        ('="say ""hi"""', 'say "hi"'),
        ("=1&2", "12"),
        ("=TRUE&1", "TRUE1"),
        ("=false", False),
        ('=""', ""),
    ],
)
def test_constants_are_computed_with_the_precedence_of_spreadsheets(formula: str, value: Any) -> None:
    result = evaluate(formula)
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    "formula",
    ["=A1", "=SUM(1;2)", "=1/0", "=1+", "=(1", "=1)", "=", "= ", '="a', "=1 2", '="a"+1', "=TRUE+1", "=0^-1", "=(-8)^0.5", "=9^9^9^9", "=1e999", "=#REF!", "=1=1", "=" + "(" * 500 + "1", "=" + "-" * 500 + "1", "=*2"],
)  # fmt: skip
def test_anything_else_is_refused_with_the_formula_in_the_text(formula: str) -> None:
    with pytest.raises(ApiError) as caught:
        evaluate(formula)
    assert caught.value.code == 400
    assert formula[:20] in caught.value.message
