"""Orders are packed into the index's cell and come back as they were, whatever their names and keys are called."""

from __future__ import annotations

import base64
import json
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npta.domain.state.packed_orders import IndexedOrder, pack, unpack

numbered = st.builds("{}{}".format, st.sampled_from(["", "#", "#0", "B-", "20261129-0"]), st.integers(0, 10**19))
texts = st.text(max_size=8) | numbered | st.sampled_from(["9", "10", "09", "#99", "#100", "#099", "#", ""])
orders = st.builds(IndexedOrder, numbered, texts, st.lists(texts, max_size=3, unique=True).map(tuple), st.booleans())


@given(st.lists(orders, max_size=12))
def test_they_come_back_as_they_were(packed: list[IndexedOrder]) -> None:
    assert unpack(pack(packed)) == tuple(packed)


def test_a_thousand_orders_of_one_shop_take_a_ninth_of_a_cell() -> None:
    ids = sorted(random.Random(1).sample(range(5_000_000_000_000, 5_001_200_000_000), 1_000))
    sold = [
        IndexedOrder(str(order_id), f"#{1000 + number}", (f"20261129-{number // 60 * 4 + number % 4:06}",))
        for number, order_id in enumerate(ids)
    ]
    assert len(pack(sold)) < 50_000 / 9


def test_what_differs_by_its_number_is_kept_as_a_step() -> None:
    packed = [IndexedOrder("7", "#9", ("K9",)), IndexedOrder("9", "#10", ("K10", "K9")), IndexedOrder("8", "", ())]
    assert json.loads(zlib.decompress(base64.b64decode(pack(packed)))) == {
        "ids": ["7", 2, -1],
        "names": ["#9", 1, ""],
        "keys": ["K9", 1],
        "held": [[0], [1, 0], []],
        "unseen": [],
    }


@pytest.mark.parametrize("damage", [{"ids": ["7", 2]}, {"held": []}, {"held": [[5]]}, {"keys": 3}, {"ids": [None]}])
def test_what_does_not_belong_together_is_damaged(damage: dict[str, object]) -> None:
    columns = json.loads(zlib.decompress(base64.b64decode(pack([IndexedOrder("7", "#1", ("K1",))])))) | damage
    assert unpack(base64.b64encode(zlib.compress(json.dumps(columns).encode())).decode()) is None


@pytest.mark.parametrize("text", ["", "?", "eJw", base64.b64encode(zlib.compress(b"[]")).decode()])
def test_another_text_is_damaged(text: str) -> None:
    assert unpack(text) is None


def test_a_text_into_which_something_was_typed_is_damaged() -> None:
    packed = pack([IndexedOrder("7", "#1", ("K1",))])
    for typed in ("!", " ", "\n"):
        assert unpack(f"{packed[:9]}{typed}{packed[9:]}") is None
