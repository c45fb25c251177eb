"""The keys of a sheet kept by hand: found by what people call their columns, exact or as a number that shows that it is not."""

from __future__ import annotations

from typing import Any

import pytest

from npta.domain.stock.take_over import OldHistory, read_old_history, still_to_come

HEADER = ["Seats", "KEYCODE", "component", "Product-Code", "Provider", "Region"]


def test_columns_are_found_by_what_people_call_them_in_any_order() -> None:
    old = read_old_history([HEADER, [1, "K", "exam", "CPT", "NASM", "CANADA"], ["", "", "", "", "", ""], [2]])
    first, second = old.keys
    assert first == {
        "region": "CANADA",
        "provider": "NASM",
        "product_code": "CPT",
        "component": "exam",
        "keycode": "K",
        "seats": 1,
    }
    assert second["seats"] == 2
    assert second["keycode"] is None


@pytest.mark.parametrize("rows", [[], [[]], [["note"]], [HEADER[:-1]]])
def test_without_one_of_the_columns_there_are_no_keys(rows: list[list[Any]]) -> None:
    old = read_old_history(rows)
    assert not old.keys
    assert "region" in old.missing


@pytest.mark.parametrize("number", [2**53, -(2**53)])
def test_a_number_that_a_cell_holds_exactly_stays_as_it_is(number: int) -> None:
    (key,) = read_old_history([HEADER, [1, number, "exam", "CPT", "NASM", "CANADA"]]).keys

    assert (type(key["keycode"]), key["keycode"]) == (int, number)


@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1, 2**60, 987654321098765432109])
def test_a_longer_one_becomes_a_double_as_the_cell_holds_it(number: int) -> None:
    (key,) = read_old_history([HEADER, [1, number, "exam", "CPT", "NASM", "CANADA"]]).keys

    assert (type(key["keycode"]), key["keycode"]) == (float, float(number))


def test_keys_that_are_known_are_left_out_whatever_the_letter_case_of_their_provider() -> None:
    (key,) = read_old_history([HEADER, [1, " K ", "exam", "CPT", " nasm", "CANADA"]]).keys
    assert still_to_come([key], {("NASM", "K")}) == []
    assert still_to_come([key], {("NASM", "k")}) == [key]


def test_a_repr_shows_no_key_code() -> None:
    assert "SECRET" not in repr(OldHistory(({"keycode": "SECRET"},)))
