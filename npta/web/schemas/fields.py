"""What one field of a request may hold: how it is read, and the JSON Schema that says the same. Pure.

What is only shown to people is cleaned and cut; what decides something is refused in words if it is not what it should be.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from npta.domain.catalogue.catalogue import MAX_SKU
from npta.domain.orders.rules import Mode
from npta.domain.state.order_ids import read_order_id
from npta.domain.state.shop_status import FINANCIAL_STATUSES, read_financial_status
from npta.domain.state.text import BLANK, PASTED, UNSEEN, canonical, short, trimmed, visible
from npta.domain.state.times import normal_time
from npta.domain.stock.key_import import MAX_KEYCODE
from npta.operations.mode import KEEP

Schema = dict[str, Any]
MAX_TEXT = MAX_SKU
MAX_UNITS = 9_999_999
_MAX_SHOWN = 40
_LINE_GID = re.compile(rf"[{PASTED}]*gid:/+shopify/LineItem/", re.IGNORECASE | re.ASCII)
MAX_QUANTITY = 1_000
_FIRST_INEXACT = 2**53
"""The first whole number that a double, JavaScript's only number, shares with others: 2^53 + 1 arrives as 2^53."""
YES, NO = ("true", "1", "yes"), ("false", "0", "no")


def any_case(*words: str) -> str:
    """One of some words of ASCII, as a regular expression without flags, which JSON Schema has none of."""
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


_SEEN: Schema = {"not": {"pattern": f"^[{UNSEEN}]*$"}}
"""Something can be seen of it."""
NUMBER_AS_ID: Schema = {"type": "integer", "minimum": 0, "maximum": 2**64 - 1}
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
_NO_ADDRESS = f"^[{UNSEEN}]*@|@[{UNSEEN}]*$"
ORDER_ID = rf"(?:{any_case('gid:')}/+{any_case('shopify/order/')}[{PASTED}]*)?(?:0[{PASTED}]*)*[0-9](?:[{PASTED}]*[0-9]){{0,39}}"
"""Digits, also with blanks or in a gid; 40 at most without zeros in front."""
ROUNDED = (
    rf"(?:{any_case('gid:')}/+{any_case('shopify/lineitem/')}[{PASTED}]*)?"
    rf"[0-9.][0-9.{PASTED}]*[eE][{PASTED}]*\+?[{PASTED}]*[0-9][0-9{PASTED}]*"
)
"""A line's id that a spreadsheet or JavaScript has rounded."""
DIGITS = "0*[0-9]{1,7}"
QUANTITY = r"(?:0*(?:1000|[0-9]{1,3})|-0+)(?:\.0*)?"
_STATUS = any_case(*FINANCIAL_STATUSES).replace("_", f"[{BLANK}_-]+")
_FLAG, _YES_OR_NO = any_case("true", "false"), any_case(*YES, *NO)
_KEEP, _MODE = any_case(KEEP), any_case(*Mode)


def _matched(form: str, value: Any) -> str:
    """Return a text of this form without its edges; empty for one that is not."""
    return trimmed(value) if isinstance(value, str) and _compiled(form).fullmatch(value) else ""


@cache
def _compiled(form: str) -> re.Pattern[str]:
    return re.compile(pattern(form))


def cosmetic_text(value: Any) -> str:
    """Clean what people read of a value, cut to a length; empty for what is no text. Never raises."""
    parts = value if isinstance(value, list) else [value]
    told = (str(part) for part in parts if isinstance(part, str | int | float) and not isinstance(part, bool))
    return canonical(" ".join(told))[:MAX_TEXT].rstrip()


def plain_text(value: Any) -> str:
    """Clean a text or a whole number, and nothing that has to be read as one. Raises `ValueError`."""
    if _is_id(value):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("must be a text")  # noqa: TRY004 — pydantic puts ValueErrors into words
    if len(value) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    return canonical(value)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**64


def given_text(value: Any) -> str:
    """Clean a text that is not empty. Raises `ValueError`."""
    if text := plain_text(value):
        return text
    raise ValueError("is empty; give it a value or leave it out")


def line_id(value: Any) -> str:
    """Read the id of an order's line, also as gid. Raises `ValueError`."""
    return given_text(without_line_gid(value))


def without_line_gid(value: Any) -> Any:
    """Take the id of a line out of its gid, if it stands in one."""
    return value[gid.end() :] if isinstance(value, str) and (gid := _LINE_GID.match(value)) else value


def shown(text: str) -> str:
    """Something that came in, for a sentence about it: short, and with every character to be seen."""
    return short(visible(text), _MAX_SHOWN)


def keycode(value: Any) -> str:
    """Read a key's code, letter for letter. Raises `ValueError`, which never repeats it."""
    text = trimmed(value) if isinstance(value, str) else ""
    if not text:
        raise ValueError("must be the code as text")
    if len(value) > MAX_KEYCODE:
        raise ValueError(f"is longer than {MAX_KEYCODE} characters")
    return text


def search_text(value: Any) -> str:
    """Read what is looked for, as it was typed. Raises `ValueError`, which never repeats it."""
    text = value if isinstance(value, str) else plain_text(value) if _is_id(value) else ""
    if not canonical(text):
        raise ValueError("must be an order's id or name, an address, a customer's name or a key code")
    if len(text) > MAX_KEYCODE:
        raise ValueError(f"is longer than {MAX_KEYCODE} characters")
    return text


def email_address(value: Any) -> str:
    """Read one e-mail address. Raises `ValueError`, which never repeats it."""
    text = given_text(value)
    if not _matched(ADDRESS, value) or re.search(_NO_ADDRESS, str(value)):
        raise ValueError("is not an e-mail address")
    return text


def flag(value: Any) -> bool:
    """Read true or false, also in words. Raises `ValueError`."""
    told = str(value) if isinstance(value, bool) else _matched(_FLAG, value)
    if not told:
        raise ValueError("is true or false")
    return told.lower() == "true"


def whole_number(value: Any) -> int:
    """Read a number without sign or fraction, of seven digits at most. Raises `ValueError`."""
    if text := _matched(DIGITS, value):
        return int(text)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and 0 <= value <= MAX_UNITS and int(value) == value:
        return int(value)
    raise ValueError("is a whole number")


def some_units(value: Any) -> int:
    """Read a whole number above 0. Raises `ValueError`."""
    if units := whole_number(value):
        return units
    raise ValueError("is a whole number from 1 on")


def moment(value: Any) -> str:
    """Read a time, as ISO 8601 UTC to the second; one without a zone is UTC. Raises `ValueError`."""
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    text = given_text(value)
    if not _matched(TIME, str(value)):
        raise ValueError("is not a time (for example 2026-11-23T15:04:05Z)")
    return normal_time(text)


def go_live_time(value: Any) -> str:
    """Read the time of going live, or that the one of before is kept. Raises `ValueError`."""
    if _matched(_KEEP, value) and len(value) <= MAX_TEXT:
        return KEEP
    try:
        return moment(value)
    except ValueError as wrong:
        raise ValueError(f"{wrong}, and not “{KEEP}”") from None


def known_mode(value: object) -> Mode:
    """Read a mode. Raises `ValueError`."""
    if mode := _matched(_MODE, value):
        return Mode(mode.upper())
    raise ValueError("is OFF, TEST or LIVE")


def order_id(value: Any) -> str:
    """Read the id of an order. Raises `ValueError`: what may have lost digits is never guessed."""
    if isinstance(value, float) or (isinstance(value, int) and value >= _FIRST_INEXACT):
        raise ValueError("the id came as a number that may have lost digits; send it as text")
    text = read_order_id(str(value) if isinstance(value, int) else plain_text(value))
    if isinstance(value, str) and not _matched(ORDER_ID, value):
        raise ValueError("is not written as an order's id is: digits, with blanks, or a gid")
    return text


def order_line_id(value: Any) -> str:
    """Read the id of a line in an order; empty if its gid names none. Raises `ValueError`."""
    if isinstance(value, str) and (_matched(ROUNDED, value) or _matched(ROUNDED, canonical(value))):
        raise ValueError("came as a rounded number and has lost digits; send it as text")
    return sku(without_line_gid(value))


def sku(value: Any) -> str:
    """Read a SKU: exact, also in digits. Raises `ValueError`."""
    if isinstance(value, float):
        raise ValueError("came as a number with a fraction; send it as text")  # noqa: TRY004 — as above
    return plain_text(value)


def quantity(value: Any) -> int:
    """Read how many; 0 for a line that was removed. Raises `ValueError`."""
    if isinstance(value, str):
        value = float(_matched(QUANTITY, value) or -1)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and 0 <= value <= MAX_QUANTITY and int(value) == value):
        raise ValueError(f"must be a whole number from 0 to {MAX_QUANTITY}")
    return int(value)


def yes_or_no(value: Any) -> bool:
    """Read a flag, in any words of machines and people. Raises `ValueError`."""
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    if told := _matched(_YES_OR_NO, value):
        return told.lower() in YES
    raise ValueError("is true or false")


def financial_status(value: Any) -> str:
    """Read Shopify's word for a payment. Raises `ValueError`."""
    return read_financial_status(plain_text(value) if _matched(_STATUS, value) else "?")


_GIVEN = any_of(text_schema() | _SEEN, NUMBER_AS_ID)
_CODE: Schema = {"type": "string", "maxLength": MAX_KEYCODE} | _SEEN
Flag = Annotated[
    bool,
    BeforeValidator(flag),
    WithJsonSchema(named("Flag", any_of({"type": "boolean"}, word("true", "false")))),
]
Text = Annotated[str, BeforeValidator(plain_text), WithJsonSchema(any_of(text_schema(), NUMBER_AS_ID))]
GivenText = Annotated[str, BeforeValidator(given_text), WithJsonSchema(named("GivenText", _GIVEN))]
"""One that may be left out, but not be empty: what is empty by mistake would ask for more. Its default is none of its values."""
_NO_LINE = f"^(?:[{PASTED}]*{any_case('gid:')}/+{any_case('shopify/lineitem/')})?[{UNSEEN}]*$"
LineId = Annotated[
    str,
    BeforeValidator(line_id),
    WithJsonSchema(named("LineId", any_of(text_schema() | {"not": {"pattern": _NO_LINE}}, NUMBER_AS_ID))),
]
LenientText = Annotated[str, BeforeValidator(cosmetic_text), WithJsonSchema({})]
Keycode = Annotated[str, BeforeValidator(keycode), WithJsonSchema(named("Keycode", _CODE))]
SearchText = Annotated[
    str, BeforeValidator(search_text), WithJsonSchema(named("SearchText", any_of(_CODE, NUMBER_AS_ID)))
]
Email = Annotated[
    str,
    BeforeValidator(email_address),
    WithJsonSchema(named("Email", text_schema(ADDRESS) | {"not": {"pattern": _NO_ADDRESS}})),
]
Units = Annotated[
    int | None,
    BeforeValidator(some_units),
    WithJsonSchema(
        named(
            "Units",
            any_of(
                {"type": "integer", "minimum": 1, "maximum": MAX_UNITS},
                {"type": "string", "pattern": pattern("0*[1-9][0-9]{0,6}")},
            ),
        )
    ),
]
Seats = Annotated[
    int,
    BeforeValidator(whole_number),
    WithJsonSchema(
        named(
            "Seats",
            any_of(
                {"type": "integer", "minimum": 0, "maximum": MAX_UNITS},
                {"type": "string", "pattern": pattern(DIGITS)},
            ),
        )
    ),
]
GivenTime = Annotated[
    str, BeforeValidator(moment), WithJsonSchema(named("GivenTime", any_of(text_schema(TIME), TIME_AS_NUMBER)))
]
GoLiveTime = Annotated[
    str,
    BeforeValidator(go_live_time),
    WithJsonSchema(named("GoLiveTime", any_of(text_schema(f"{TIME}|{any_case(KEEP)}"), TIME_AS_NUMBER))),
]
WantedMode = Annotated[
    Mode, BeforeValidator(known_mode), WithJsonSchema(named("WantedMode", any_of({"enum": [*Mode]}, word(*Mode))))
]
OrderId = Annotated[
    str,
    BeforeValidator(order_id),
    WithJsonSchema(
        named(
            "OrderId", any_of(text_schema(ORDER_ID), {"type": "integer", "minimum": 0, "maximum": _FIRST_INEXACT - 1})
        )
    ),
]
OrderLineId = Annotated[
    str,
    BeforeValidator(order_line_id),
    WithJsonSchema(named("OrderLineId", any_of(text_schema() | {"not": {"pattern": pattern(ROUNDED)}}, NUMBER_AS_ID))),
]
Sku = Annotated[str, BeforeValidator(sku), WithJsonSchema(any_of(text_schema(), NUMBER_AS_ID))]
Quantity = Annotated[
    int,
    BeforeValidator(quantity),
    WithJsonSchema(
        named(
            "Quantity",
            any_of(
                {"type": "integer", "minimum": 0, "maximum": MAX_QUANTITY},
                {"type": "string", "pattern": pattern(QUANTITY)},
            ),
        )
    ),
]
YesOrNo = Annotated[
    bool,
    BeforeValidator(yes_or_no),
    WithJsonSchema(named("YesOrNo", any_of({"type": "boolean"}, {"enum": [0, 1]}, word(*YES, *NO)))),
]
FinancialStatus = Annotated[
    str, BeforeValidator(financial_status), WithJsonSchema(named("FinancialStatus", text_schema(_STATUS)))
]
