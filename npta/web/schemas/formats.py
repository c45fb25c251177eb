"""Forms of texts and numbers in requests, as regular expressions and JSON Schema. Pure."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from npta.domain.catalogue.catalogue import MAX_SKU
from npta.domain.orders.eligibility import Mode
from npta.domain.state.normalized_text import BLANK, PASTED, UNSEEN, trimmed
from npta.domain.state.shop_status import FINANCIAL_STATUSES
from npta.operations.mode import KEEP

Schema = dict[str, Any]
MAX_TEXT = MAX_SKU
MAX_UNITS = 9_999_999
MAX_QUANTITY = 1_000
FIRST_INEXACT = 2**53
"""The first whole number that a double, JavaScript's only number, shares with others: 2^53 + 1 arrives as 2^53."""
YES, NO = ("true", "1", "yes"), ("false", "0", "no")


def any_case(*words: str) -> str:
    """Match one of some ASCII words in any case, as a regular expression without flags.

    JSON Schema has no flags.
    """
    return "|".join("".join(f"[{c.upper()}{c}]" if c.isalpha() else c for c in word.lower()) for word in words)


def pattern(inner: str) -> str:
    """All of a text as a regular expression; what cannot be seen may stand at its edges."""
    return f"^[{PASTED}]*(?:{inner})[{PASTED}]*$"


def text_schema(inner: str = "", longest: int = MAX_TEXT) -> Schema:
    """Describe a text of a certain form, or any."""
    return {"type": "string", "maxLength": longest} | ({"pattern": pattern(inner)} if inner else {})


def any_of(*schemas: Schema) -> Schema:
    """One of them, at least."""
    return {"anyOf": list(schemas)}


NAME = "x-name"
"""Marks a schema that stands once in the description, under this name."""


def named(name: str, schema: Schema) -> Schema:
    """Name a schema, to stand once in the description."""
    return {NAME: name} | schema


def word(*words: str) -> Schema:
    """One of some words, in any case."""
    return {"type": "string", "pattern": pattern(any_case(*words))}


SEEN: Schema = {"not": {"pattern": f"^[{UNSEEN}]*$"}}
"""Something can be seen of it."""
NUMBER_AS_ID: Schema = {"type": "integer", "minimum": 0, "maximum": 2**64 - 1}
EXACT_NUMBER: Schema = {"type": "integer", "minimum": 0, "maximum": 10**40 - 1}
"""An order's id as a number of up to 40 digits."""
_DATE = (
    r"(?:[12][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[12][0-9](?:0[48]|[2468][048]|[13579][26])|(?:1[26]|2[048])00)-02-29)"
)
_ZONE = rf"(?:[Zz]|[{BLANK}]?(?:[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]|{any_case('utc', 'gmt')}))?"
_CLOCK = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]{1,9})?)?"
TIME = rf"{_DATE}(?:[Tt{BLANK}]{_CLOCK}{_ZONE})?|1[0-9]{{9}}(?:[0-9]{{3}})?"
"""ISO 8601, or seconds or thousandths of them since 1970."""
TIME_AS_NUMBER: Schema = any_of(
    {"type": "integer", "minimum": 10**9, "maximum": 2 * 10**9 - 1},
    {"type": "integer", "minimum": 10**12, "maximum": 2 * 10**12 - 1},
)
_PART = rf"[^@,;<>\u037e{BLANK}]+"
ADDRESS = rf'(?:{_PART}|"(?:[ !#-\[\]-~]|\\[ -~])+")@{_PART}'
"""One address. What stands in quotes may be any ASCII (RFC 5321); U+037E becomes a semicolon in NFC."""
NO_ADDRESS = f"^[{UNSEEN}]*@|@[{UNSEEN}]*$"
ORDER_ID = rf"(?:{any_case('gid:')}/+{any_case('shopify/order/')}[{PASTED}]*)?(?:0[{PASTED}]*)*[0-9](?:[{PASTED}]*[0-9]){{0,39}}"
"""Digits, also with blanks or in a gid; 40 at most without zeros in front."""
ROUNDED = (
    rf"(?:{any_case('gid:')}/+{any_case('shopify/lineitem/')}[{PASTED}]*)?"
    rf"[0-9.][0-9.{PASTED}]*[eE][{PASTED}]*\+?[{PASTED}]*[0-9][0-9{PASTED}]*"
)
"""A line's id that a spreadsheet or JavaScript has rounded."""
DIGITS = "0*[0-9]{1,7}"
QUANTITY = r"(?:0*(?:1000|[0-9]{1,3})|-0+)(?:\.0*)?"
STATUS = any_case(*FINANCIAL_STATUSES).replace("_", f"[{BLANK}_-]+")
FLAG, YES_OR_NO = any_case("true", "false"), any_case(*YES, *NO)
KEEPS, MODES = any_case(KEEP), any_case(*Mode)


def matched(form: str, value: Any) -> str:
    """Return a text of this form without its edges; empty for one that is not."""
    return trimmed(value) if isinstance(value, str) and _compiled(form).fullmatch(value) else ""


@cache
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(pattern(form))
