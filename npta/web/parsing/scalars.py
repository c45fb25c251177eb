"""Texts, flags and numbers as machines and people send them, in the canonical form of `npta.domain.state.text`. Pure.

What is only shown to people is cleaned and cut; what decides something is refused in words if it is not what it should be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from npta.domain.catalogue.catalogue import MAX_SKU
from npta.domain.state.text import canonical, short, trimmed, visible
from npta.domain.stock.key_import import MAX_KEYCODE

MAX_TEXT = MAX_SKU
_MAX_SHOWN = 40
_LINE_GID = re.compile(r"gid:/+shopify/LineItem/", re.IGNORECASE)


def cosmetic_text(value: Any) -> str:
    """What people read of a value: cleaned, cut to a length, empty for what is no text. Never raises."""
    parts = value if isinstance(value, list) else [value]
    told = (str(each) for each in parts if isinstance(each, str | int | float) and not isinstance(each, bool))
    return canonical(" ".join(told))[:MAX_TEXT].rstrip()


def short_text(value: Any) -> str:
    """A text, number or list of one, cleaned; empty for None. Raises `ValueError` for what is none or too long."""
    if value is None:
        return ""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping | list):
        raise ValueError("must be a text")  # noqa: TRY004 — pydantic puts ValueErrors into words
    text = canonical(str(value))
    if len(text) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    return text


def plain_text(value: Any) -> str:
    """A text or a whole number, and nothing that has to be read as one. Raises `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("must be a text")  # noqa: TRY004 — as above
    return short_text(value)


def given_text(value: Any) -> str:
    """A text that is not empty. Raises `ValueError`."""
    if text := plain_text(value):
        return text
    raise ValueError("is empty; give it a value or leave it out")


def line_id(value: Any) -> str:
    """The id of an order's line, also as gid. Raises `ValueError`."""
    return given_text(without_line_gid(given_text(value)))


def without_line_gid(text: str) -> str:
    """The id of a line that may stand in its gid."""
    return _LINE_GID.sub("", text, count=1) if _LINE_GID.match(text) else text


def shown(text: str) -> str:
    """Something that came in, for a sentence about it: short, and with every character to be seen."""
    return short(visible(text), _MAX_SHOWN)


def keycode(value: Any) -> str:
    """A key's code, letter for letter. Raises `ValueError`, which never repeats it."""
    text = trimmed(value) if isinstance(value, str) else ""
    if not text:
        raise ValueError("must be the code as text")
    if len(text) > MAX_KEYCODE:
        raise ValueError(f"is longer than {MAX_KEYCODE} characters")
    return text


def search_text(value: Any) -> str:
    """What is looked for, as it was typed. Raises `ValueError`, which never repeats it."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not canonical(text):
        raise ValueError("must be an order's id or name, an address, a customer's name or a key code")
    if len(text) > MAX_KEYCODE:
        raise ValueError(f"is longer than {MAX_KEYCODE} characters")
    return text


def email_address(value: Any) -> str:
    """One e-mail address. Raises `ValueError`, which never repeats it."""
    text = given_text(value)
    if not EMAIL.fullmatch(text):
        raise ValueError("is not an e-mail address")
    return text


EMAIL = re.compile(r'[^@\s,;<>]+@[^@\s,;<>]+|"(?:[^"\\]|\\.)+"@[^@\s,;<>]+')
"""The second: what stands in quotes may hold anything (RFC 5321)."""


def flag(value: Any) -> bool:
    """True or false, also in words. Raises `ValueError`."""
    told = str(value).lower() if isinstance(value, bool | str) else ""
    if told not in ("true", "false"):
        raise ValueError("is true or false")
    return told == "true"


def whole_number(value: Any) -> int:
    """A number without sign or fraction, of seven digits at most. Raises `ValueError`."""
    text = "" if isinstance(value, bool) else str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 7):  # noqa: PLR2004 — as it says
        raise ValueError("is a whole number")
    return int(text)


def some_units(value: Any) -> int:
    """A whole number above 0. Raises `ValueError`."""
    if units := whole_number(value):
        return units
    raise ValueError("is a whole number from 1 on")
