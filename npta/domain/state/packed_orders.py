"""What the index says of the orders of a portion, as text for one cell. Pure.

Ids, names and keys of orders that follow one another are numbers that follow one another: they are kept as steps.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

_NUMBERED = re.compile(r"(.*?)([1-9][0-9]{0,17})", re.DOTALL)
"""A text that ends with a number, which begins with no zero."""


class IndexedOrder(NamedTuple):
    """What the index says of an order: enough to find it by id, name, or a key that it holds.

    `seen`: it had come here itself; of others only a refund has come.
    """

    order_id: str
    order_name: str = ""
    key_ids: tuple[str, ...] = ()
    seen: bool = True


def pack(orders: Sequence[IndexedOrder]) -> str:
    """Return orders as text, about five characters each where Shopify has counted them."""
    keys = {key: index for index, key in enumerate(dict.fromkeys(key for order in orders for key in order.key_ids))}
    columns = {
        "ids": [*_steps(order.order_id for order in orders)],
        "names": [*_steps(order.order_name for order in orders)],
        "keys": [*_steps(keys)],
        "held": [[keys[key] for key in order.key_ids] for order in orders],
        "unseen": [index for index, order in enumerate(orders) if not order.seen],
    }
    return base64.b64encode(zlib.compress(json.dumps(columns, separators=(",", ":")).encode(), 9)).decode()


@lru_cache(maxsize=64)
def unpack(packed: str) -> tuple[IndexedOrder, ...] | None:
    """Return the orders; None for a text that is damaged."""
    try:
        columns = json.loads(zlib.decompress(base64.b64decode(packed, validate=True)))
        keys, unseen = [*_texts(columns["keys"])], {*columns["unseen"]}
        rows = zip(_texts(columns["ids"]), _texts(columns["names"]), columns["held"], strict=True)
        return tuple(
            IndexedOrder(order_id, name, tuple(keys[key] for key in held), index not in unseen)
            for index, (order_id, name, held) in enumerate(rows)
        )
    except (ValueError, TypeError, LookupError, zlib.error):
        return None


def _steps(texts: Iterable[str]) -> Iterator[str | int]:
    """Yield texts, or how much higher a text's number is, where only that differs from the last."""
    before = ("", 0)
    for text in texts:
        found = _NUMBERED.fullmatch(text)
        now = (found[1], int(found[2])) if found else ("", 0)
        yield now[1] - before[1] if found and before[1] and now[0] == before[0] else text
        before = now


def _texts(steps: Iterable[str | int]) -> Iterator[str]:
    before = ("", 0)
    for step in steps:
        text = step if isinstance(step, str) else f"{before[0]}{before[1] + step}"
        found = _NUMBERED.fullmatch(text)
        before = (found[1], int(found[2])) if found else ("", 0)
        yield text
