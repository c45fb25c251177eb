"""How orders are named: ids have digits only, names need their `#` or a letter. Pure.

Bare digits are always an id: a shop's names are numbers, too, and `16053` as a name must not reach another order's keys.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from npta.domain.state.normalized_text import canonical, visible
from npta.domain.state.wording import short

_GID = re.compile(r"gid:/+shopify/(?P<kind>\w+)/(?P<rest>.*)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://[^#]*/orders/(?P<number>[0-9]+)(?:[/?#].*)?", re.IGNORECASE)
_ROUNDED = re.compile(r"[0-9.,]+[eE][+]?[0-9]+")
_DIGITS = re.compile(r"[0-9]+")
_MAX_DIGITS = 40


class OrderRef(NamedTuple):
    """An order by id or by name. `typed` is the id with the zeros that stood in front of it."""

    order_id: str = ""
    typed: str = ""
    name: str = ""

    def __str__(self) -> str:
        return self.order_id or self.name


def read_order_id(text: str) -> str:
    """Read an order id: digits, with blanks, or as gid. Raises `ValueError` with what is wrong."""
    cleaned = _without_blanks(text)
    if cleaned.startswith("#"):
        raise ValueError(f"“{_shown(cleaned)}” is an order name; send the order id, which has digits only")
    return _id(cleaned)


def read_order_ref(text: str) -> OrderRef:
    """Read an order as an operator names it, or its page's address. Raises `ValueError`."""
    cleaned = _without_blanks(text)
    if address := _ADDRESS.fullmatch(cleaned):
        cleaned = address["number"]
    is_id = _DIGITS.fullmatch(cleaned) or _ROUNDED.fullmatch(cleaned) or _GID.fullmatch(cleaned)
    name = order_name_key(cleaned)
    if not is_id and name and (cleaned.startswith("#") or any(char.isalpha() for char in name)):
        return OrderRef(name=cleaned)
    if not is_id and cleaned:
        raise ValueError(f"“{_shown(cleaned)}” is neither an id (digits only) nor a name (with its # or its letters)")
    return OrderRef(_id(cleaned), typed=cleaned.rpartition("/")[2])


def order_name_key(name: str) -> str:
    """Return what two spellings of an order name have in common: no blanks, `#` or case."""
    return _without_blanks(name).lstrip("#").casefold()


def order_id_key(order_id: str) -> str:
    """Return what two spellings of an order id have in common: no zeros in front."""
    return order_id.lstrip("0") or order_id[:1]


def _id(cleaned: str) -> str:
    gid = _GID.fullmatch(cleaned)
    if gid and gid["kind"].lower() != "order":
        raise ValueError(f"“{_shown(cleaned)}” is not an order's gid: digits are expected")
    number = gid["rest"] if gid else cleaned
    if not number:
        raise ValueError("is missing")
    if _ROUNDED.fullmatch(number):
        raise ValueError("the id came as a rounded number and has lost digits; send it as text")
    if not _DIGITS.fullmatch(number) or len(order_id_key(number)) > _MAX_DIGITS:
        raise ValueError(f"“{_shown(number)}” is not an order id: digits are expected")
    return order_id_key(number)


def _without_blanks(text: str) -> str:
    return canonical(text).replace(" ", "")


def _shown(text: str) -> str:
    return short(visible(text), 40)
