"""How one field of a request is read, and the JSON Schema that says the same. Pure.

What is only shown to people is cleaned and cut; what decides something is refused in words if it is not what it should
be.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from npta.domain.orders.eligibility import Mode
from npta.domain.state.normalized_text import PASTED, UNSEEN, canonical, trimmed, visible
from npta.domain.state.order_ids import read_order_id
from npta.domain.state.shop_status import read_financial_status
from npta.domain.state.times import normal_time
from npta.domain.state.wording import short
from npta.domain.stock.import_keys import MAX_KEYCODE
from npta.operations.mode import KEEP
from npta.web.schemas.formats import (
    ADDRESS,
    DIGITS,
    EXACT_NUMBER,
    FIRST_INEXACT,
    FLAG,
    KEEPS,
    MAX_QUANTITY,
    MAX_TEXT,
    MAX_UNITS,
    MODES,
    NO,
    NO_ADDRESS,
    NUMBER_AS_ID,
    ORDER_ID,
    QUANTITY,
    ROUNDED,
    SEEN,
    STATUS,
    TIME,
    TIME_AS_NUMBER,
    YES,
    YES_OR_NO,
    Schema,
    any_case,
    any_of,
    matched,
    named,
    pattern,
    text_schema,
    word,
)

_MAX_SHOWN = 40
_LINE_GID = re.compile(rf"[{PASTED}]*gid:/+shopify/LineItem/", re.IGNORECASE | re.ASCII)


def cosmetic_text(value: Any) -> str:
    """Clean what people read of a value, cut to a length; empty for what is no text.

    Never raises.
    """
    parts = value if isinstance(value, list) else [value]
    texts = (str(part) for part in parts if isinstance(part, str | int | float) and not isinstance(part, bool))
    return canonical(" ".join(texts))[:MAX_TEXT].rstrip()


def plain_text(value: Any) -> str:
    """Clean a text or a whole number, and nothing that has to be read as one.

    Raises `ValueError`.
    """
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
    """Return what came in for a sentence about it: short, with every character visible."""
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
    if not matched(ADDRESS, value) or re.search(NO_ADDRESS, str(value)):
        raise ValueError("is not an e-mail address")
    return text


def flag(value: Any) -> bool:
    """Read true or false, also in words. Raises `ValueError`."""
    text = str(value) if isinstance(value, bool) else matched(FLAG, value)
    if not text:
        raise ValueError("is true or false")
    return text.lower() == "true"


def whole_number(value: Any) -> int:
    """Read a number without sign or fraction, of seven digits at most. Raises `ValueError`."""
    if text := matched(DIGITS, value):
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
    """Read a time, as ISO 8601 UTC to the second; one without a zone is UTC.

    Raises `ValueError`.
    """
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    text = given_text(value)
    if not matched(TIME, str(value)):
        raise ValueError("is not a time (for example 2026-11-23T15:04:05Z)")
    return normal_time(text)


def go_live_time(value: Any) -> str:
    """Read the time of going live, or that the one of before is kept. Raises `ValueError`."""
    if matched(KEEPS, value) and len(value) <= MAX_TEXT:
        return KEEP
    try:
        return moment(value)
    except ValueError as wrong:
        raise ValueError(f"{wrong}, and not “{KEEP}”") from None


def known_mode(value: object) -> Mode:
    """Read a mode. Raises `ValueError`."""
    if mode := matched(MODES, value):
        return Mode(mode.upper())
    raise ValueError("is OFF, TEST or LIVE")


def order_id(value: Any) -> str:
    """Read the id of an order. Raises `ValueError`: what may have lost digits is never guessed."""
    if isinstance(value, float) or (isinstance(value, int) and value >= FIRST_INEXACT):
        raise ValueError("the id came as a number that may have lost digits; send it as text")
    return exact_id(value)


def exact_id(value: Any) -> str:
    """Read an id from Shopify's own JSON, whose numbers are exact. Raises `ValueError`."""
    text = read_order_id(str(value) if isinstance(value, int) else plain_text(value))
    if isinstance(value, str) and not matched(ORDER_ID, value):
        raise ValueError("is not written as an order's id is: digits, with blanks, or a gid")
    return text


def order_line_id(value: Any) -> str:
    """Read the id of a line in an order; empty if its gid names none. Raises `ValueError`."""
    if isinstance(value, str) and (matched(ROUNDED, value) or matched(ROUNDED, canonical(value))):
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
        value = float(matched(QUANTITY, value) or -1)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not (is_number and 0 <= value <= MAX_QUANTITY and int(value) == value):
        raise ValueError(f"must be a whole number from 0 to {MAX_QUANTITY}")
    return int(value)


def yes_or_no(value: Any) -> bool:
    """Read a flag, in any words of machines and people. Raises `ValueError`."""
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    if text := matched(YES_OR_NO, value):
        return text.lower() in YES
    raise ValueError("is true or false")


def financial_status(value: Any) -> str:
    """Read Shopify's word for a payment. Raises `ValueError`."""
    return read_financial_status(plain_text(value) if matched(STATUS, value) else "?")


_GIVEN = any_of(text_schema() | SEEN, NUMBER_AS_ID)
_CODE: Schema = {"type": "string", "maxLength": MAX_KEYCODE} | SEEN
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
    WithJsonSchema(named("Email", text_schema(ADDRESS) | {"not": {"pattern": NO_ADDRESS}})),
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
        named("OrderId", any_of(text_schema(ORDER_ID), {"type": "integer", "minimum": 0, "maximum": FIRST_INEXACT - 1}))
    ),
]
ExactId = Annotated[
    str, BeforeValidator(exact_id), WithJsonSchema(named("ExactId", any_of(text_schema(ORDER_ID), EXACT_NUMBER)))
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
    str, BeforeValidator(financial_status), WithJsonSchema(named("FinancialStatus", text_schema(STATUS)))
]
