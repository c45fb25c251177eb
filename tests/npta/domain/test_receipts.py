"""Orders, their fingerprints and the receipts kept of them."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.state.fingerprint import fingerprint, quantities
from npta.domain.state.normalized_text import canonical
from npta.domain.state.receipts import (
    Code,
    OrderLine,
    Owed,
    Problem,
    Receipt,
    Skipped,
    TooLargeError,
    read_receipt,
    write_receipt,
)
from npta.domain.state.shop_status import ShopStatus
from sheets_schema.advanced import MAX_TEXT
from tests.npta.domain.test_entitlements import entitlements
from tests.npta.domain.world import pool

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
skus = texts.map(canonical) | st.sampled_from(["CPT", "CPTa", "CNCe", ""])
lines = st.builds(OrderLine, texts, skus, st.integers(1, 1000))
orders = st.lists(lines, min_size=1, max_size=6)
"""SKUs have been made canonical at the edge."""
receipts = st.builds(
    Receipt,
    lines=orders.map(tuple),
    region=st.sampled_from(["CANADA", "USA"]),
    owed=st.lists(st.builds(Owed, texts, texts, entitlements, st.integers(1, 5000)), max_size=4).map(tuple),
    skipped=st.lists(st.builds(Skipped, texts, st.sampled_from(["EXTERNAL", "no_sku"])), max_size=2).map(tuple),
    problems=st.lists(
        st.builds(Problem, st.sampled_from(Code), texts, texts, texts, st.integers(0, 9), st.integers(0, 9)), max_size=3
    ).map(tuple),
    shop=st.sampled_from(
        [ShopStatus(), ShopStatus("pending"), ShopStatus("paid", "2026-11-23T15:04:05Z"), ShopStatus(test=True)]
    ),
)
"""Of what Shopify calls an order, a receipt keeps what stops it from being served."""


@given(receipts)
def test_a_receipt_comes_back_as_it_was_written(receipt: Receipt) -> None:
    assert read_receipt(write_receipt(receipt)) == receipt


@given(orders, st.randoms())
def test_the_fingerprint_does_not_see_the_order_of_lines(order: list[OrderLine], random: Random) -> None:
    shuffled = list(order)
    random.shuffle(shuffled)

    assert fingerprint(shuffled) == fingerprint(order)


@given(orders)
def test_the_fingerprint_does_not_see_how_a_quantity_is_split_over_lines(order: list[OrderLine]) -> None:
    one_by_one = [
        OrderLine(f"{line.line_item_id}/{place}", line.sku, 1) for line in order for place in range(line.quantity)
    ]

    assert fingerprint(one_by_one) == fingerprint(order)


@given(orders, orders)
def test_two_orders_have_one_fingerprint_exactly_if_every_sku_has_one_quantity(
    one: Sequence[OrderLine], other: Sequence[OrderLine]
) -> None:
    assert (fingerprint(one) == fingerprint(other)) == (quantities(one) == quantities(other))


@given(orders, st.integers(0, 5))
def test_one_more_of_anything_that_is_served_is_another_fingerprint(order: list[OrderLine], place: int) -> None:
    line = order[place % len(order)]

    again = fingerprint([*order, line._replace(quantity=1)])

    assert (again != fingerprint(order)) == bool(line.sku), "a line without a SKU is a tip or a custom item"


@pytest.mark.parametrize(
    ("order", "text"),
    [
        pytest.param([OrderLine("1", "CPTa", 2), OrderLine("2", "NSTB", 1)], "d15e0a5fe91484cb", id="two lines"),
        pytest.param([OrderLine("9", "Größe „L“", 1)], "18d890afc0bef93c", id="not only ASCII"),
    ],
)
def test_the_fingerprint_is_the_one_that_live_spreadsheets_hold(order: list[OrderLine], text: str) -> None:
    assert fingerprint(order) == text


@pytest.mark.parametrize(
    "others",
    [
        pytest.param([OrderLine("1", "cpta", 1)], id="rule 3: letter case counts"),
        pytest.param([OrderLine("1", "CPT", 1)], id="rule 3: CPT is not CPTa"),
        pytest.param([OrderLine("1", "CPTa", 2)], id="another quantity"),
    ],
)
def test_another_order_has_another_fingerprint(others: list[OrderLine]) -> None:
    assert fingerprint(others) != fingerprint([OrderLine("1", "CPTa", 1)])


def test_what_an_order_needs_is_summed_by_pool_over_its_lines() -> None:
    text = '{"region":"CANADA","lines":[["1","A",2],["2","B",1]],"owed":[["1","A","NASM-CPT-FULL",2],'
    text += '["2","B","NASM-CPT-FULL",1],["2","B","NASM-CPT-EXAM",1]],"skipped":[],"problems":[]}'

    receipt = read_receipt(text)

    assert receipt.needs() == {pool("NASM CPT combined"): 3, pool("NASM CPT exam"): 1}
    assert receipt.seats == 4


def test_a_receipt_may_fill_its_cell_and_not_one_character_more() -> None:
    def receipt(length: int) -> Receipt:
        return Receipt((OrderLine("1", "A", 1),), "x" * length)

    room = MAX_TEXT - len(write_receipt(receipt(0)))

    assert len(write_receipt(receipt(room))) == MAX_TEXT
    with pytest.raises(TooLargeError):
        write_receipt(receipt(room + 1))


def test_people_can_read_the_letters_in_a_receipt_and_each_counts_once() -> None:
    text = write_receipt(Receipt((OrderLine("1", "École é", 1),), "CANADA"))
    assert "École é" in text
    longest = "é" * (MAX_TEXT - len(text))
    receipt = Receipt((OrderLine("1", f"École é{longest}", 1),), "CANADA")
    assert len(write_receipt(receipt)) == MAX_TEXT
