"""What is an order's id and what its name: bare digits never reach an order by its name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.state.order_ids import OrderRef, order_id_key, order_name_key, read_order_id, read_order_ref


@pytest.mark.parametrize(
    ("typed", "order_id"),
    [
        ("6855909900591", "6855909900591"),
        (" 6855 9099\u00a000591\t", "6855909900591"),
        ("gid://shopify/Order/6855909900591", "6855909900591"),
        ("GID://shopify/order/16053", "16053"),
        ("https://admin.shopify.com/store/npta/orders/16053?x=1", "16053"),
        ("0777", "777"),
        ("gid://shopify/Order/0777", "777"),
    ],
)
def test_digits_a_gid_and_an_address_are_an_id(typed: str, order_id: str) -> None:
    assert read_order_ref(typed)[0::2] == (order_id, "")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("#1042", "1042"),
        (" # 1042 ", "1042"),
        ("##1042", "1042"),
        ("#0777", "0777"),
        ("NPTA-1042/CA", "npta-1042/ca"),
        ("#npta-1042/ca", "npta-1042/ca"),
        ("Bestellung 7", "bestellung7"),
        ("#2024-7", "2024-7"),
        ("Ünï1", "ünï1"),
        ("U\u0308nï1", "ünï1"),
    ],
)
def test_a_hash_or_a_letter_makes_a_name(typed: str, name: str) -> None:
    wanted = read_order_ref(typed)

    assert (wanted.order_id, order_name_key(wanted.name)) == ("", name)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("", "is missing"),
        ("  \u200b", "is missing"),
        ("#", "neither an id"),
        ("2024-7", "neither an id (digits only) nor a name (with its # or its letters)"),
        ("-5", "neither an id"),
        ("6855909900591.0", "neither an id"),
        ("６８５５", "neither an id"),
        ("6.8559e12", "lost digits"),
        ("6,8559E+12", "lost digits"),
        ("gid://shopify/Customer/5", "not an order's gid"),
        ("gid://shopify/Order/", "is missing"),
        ("1" * 41, "digits are expected"),
    ],
)
def test_anything_else_is_refused_with_what_is_wanted(typed: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        read_order_ref(typed)


@pytest.mark.parametrize(("order_id", "key"), [("007", "7"), ("70", "70"), ("000", "0"), ("0", "0"), ("", "")])
def test_zeros_in_front_are_no_part_of_an_id(order_id: str, key: str) -> None:
    assert order_id_key(order_id) == key


def test_of_what_was_typed_no_more_than_forty_characters_are_shown() -> None:
    for typed, shown in (("x" + "1" * 39, "x" + "1" * 39), ("x" + "1" * 40, "x" + "1" * 38 + "…")):
        with pytest.raises(ValueError, match=f"^“{shown}” is not an order id"):
            read_order_id(typed)


@given(st.text(max_size=60) | st.from_regex(r"[#0]?[0-9]{0,4}[a-z]?", fullmatch=True))
def test_whatever_is_typed_is_an_id_a_name_or_refused(typed: str) -> None:
    try:
        wanted = read_order_ref(typed)
    except ValueError as wrong:
        assert str(wrong)  # noqa: PT017 — most texts are refused, and some are not
        return
    assert bool(wanted.order_id) != bool(wanted.name)
    assert wanted == OrderRef(name=wanted.name) or wanted.order_id == read_order_id(wanted.order_id)
    if wanted.order_id:
        assert wanted.order_id.isascii()
        assert order_id_key(wanted.typed) == wanted.order_id


@given(st.text(max_size=60))
def test_an_order_s_own_id_is_digits_or_refused(text: str) -> None:
    try:
        understood = read_order_id(text)
    except ValueError as wrong:
        assert str(wrong)  # noqa: PT017 — as above
        return
    assert understood.isdecimal()
    assert understood == "0" or not understood.startswith("0")


def test_a_name_is_no_id_and_it_is_said_what_to_send() -> None:
    assert read_order_id(" gid://shopify/Order/0777 ") == "777"
    with pytest.raises(ValueError, match="“#1042” is an order name; send the order id"):
        read_order_id(" #1042")
