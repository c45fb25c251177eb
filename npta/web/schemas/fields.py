"""What one field of a request may hold: how it is read, and the JSON Schema that says the same. Pure.

What is only shown to people is cleaned and cut; what decides something is refused in words if it is not what it should be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from npta.domain.catalogue.catalogue import MAX_SKU
from npta.domain.orders.rules import Mode
from npta.domain.state.text import BLANK, UNSEEN, canonical, short, trimmed, visible
from npta.domain.state.times import normal_time
from npta.domain.stock.key_import import MAX_KEYCODE
from npta.operations.mode import KEEP

Schema = dict[str, Any]
MAX_TEXT = MAX_SKU
MAX_UNITS = 9_999_999
_MAX_SHOWN = 40
_LINE_GID = re.compile(rf"[{UNSEEN}]*gid:/+shopify/LineItem/", re.IGNORECASE | re.ASCII)
_DIGITS = re.compile(r"0*[0-9]{1,7}")


def any_case(*words: str) -> str:
    """One of some words of ASCII, as a regular expression without flags, which JSON Schema has none of."""
    return "|".join("".join(f"[{c.upper()}{c}]" if c.isalpha() else c for c in word.lower()) for word in words)


def pattern(inner: str) -> str:
    """All of a text as a regular expression; what cannot be seen may stand at its edges."""
    return f"^[{UNSEEN}]*(?:{inner})[{UNSEEN}]*$"


def text_schema(inner: str = "", longest: int = MAX_TEXT) -> Schema:
    """A text of a certain form, or at all."""
    return {"type": "string", "maxLength": longest} | ({"pattern": pattern(inner)} if inner else {})


def any_of(*schemas: Schema) -> Schema:
    """One of them, at least."""
    return {"anyOf": list(schemas)}


_SEEN: Schema = {"pattern": f"[^{UNSEEN}]"}
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
_LOCAL_PART = rf"[^@,;<>\u037e{BLANK}]*[^@,;<>\u037e{UNSEEN}][^@,;<>\u037e{BLANK}]*"
ADDRESS = rf'(?:{_LOCAL_PART}|"(?:[^"\\{UNSEEN}]| |\\[^{UNSEEN}]|\\ )+")@{_LOCAL_PART}'
"""One address. What stands in quotes may hold anything (RFC 5321); U+037E becomes a semicolon in NFC."""
_ADDRESS = re.compile(pattern(ADDRESS))
_TIME = re.compile(pattern(TIME))


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
    """The id of a line that may stand in its gid."""
    return _LINE_GID.sub("", value, count=1) if isinstance(value, str) and _LINE_GID.match(value) else value


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
    if not _ADDRESS.fullmatch(str(value)):
        raise ValueError("is not an e-mail address")
    return text


def flag(value: Any) -> bool:
    """Read true or false, also in words. Raises `ValueError`."""
    told = trimmed(str(value)).lower() if isinstance(value, bool | str) else ""
    if told not in ("true", "false"):
        raise ValueError("is true or false")
    return told == "true"


def whole_number(value: Any) -> int:
    """Read a number without sign or fraction, of seven digits at most. Raises `ValueError`."""
    if isinstance(value, str) and _DIGITS.fullmatch(text := trimmed(value)):
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
    if not _TIME.fullmatch(str(value)):
        raise ValueError("is not a time (for example 2026-11-23T15:04:05Z)")
    return normal_time(text)


def go_live_time(value: Any) -> str:
    """Read the time of going live, or that the one of before is kept. Raises `ValueError`."""
    if trimmed(value).lower() == KEEP if isinstance(value, str) else False:
        return KEEP
    try:
        return moment(value)
    except ValueError as wrong:
        raise ValueError(f"{wrong}, and not “{KEEP}”") from None


def known_mode(value: object) -> Mode:
    """Read a mode. Raises `ValueError`."""
    known = {mode.lower(): mode for mode in Mode}
    if (mode := known.get(trimmed(value).lower() if isinstance(value, str) else "")) is None:
        raise ValueError("is OFF, TEST or LIVE")
    return mode


_GIVEN = any_of(text_schema() | _SEEN, NUMBER_AS_ID)
_CODE: Schema = {"type": "string", "maxLength": MAX_KEYCODE} | _SEEN
Flag = Annotated[
    bool,
    BeforeValidator(flag),
    WithJsonSchema(any_of({"type": "boolean"}, {"type": "string", "pattern": pattern(any_case("true", "false"))})),
]
Text = Annotated[str, BeforeValidator(plain_text), WithJsonSchema(any_of(text_schema(), NUMBER_AS_ID))]
GivenText = Annotated[str, BeforeValidator(given_text), WithJsonSchema(_GIVEN)]
"""One that may be left out, but not be empty: what is empty by mistake would ask for more. Its default is none of its values."""
_NO_LINE = f"^[{UNSEEN}]*{any_case('gid:')}/+{any_case('shopify/lineitem/')}[{UNSEEN}]*$"
LineId = Annotated[
    str,
    BeforeValidator(line_id),
    WithJsonSchema(any_of(text_schema() | _SEEN | {"not": {"pattern": _NO_LINE}}, NUMBER_AS_ID)),
]
LenientText = Annotated[str, BeforeValidator(cosmetic_text), WithJsonSchema({})]
Keycode = Annotated[str, BeforeValidator(keycode), WithJsonSchema(_CODE)]
SearchText = Annotated[str, BeforeValidator(search_text), WithJsonSchema(any_of(_CODE, NUMBER_AS_ID))]
Email = Annotated[str, BeforeValidator(email_address), WithJsonSchema(text_schema(ADDRESS))]
Units = Annotated[
    int | None,
    BeforeValidator(some_units),
    WithJsonSchema(
        any_of(
            {"type": "integer", "minimum": 1, "maximum": MAX_UNITS},
            {"type": "string", "pattern": pattern("0*[1-9][0-9]{0,6}")},
        )
    ),
]
Seats = Annotated[
    int,
    BeforeValidator(whole_number),
    WithJsonSchema(
        any_of(
            {"type": "integer", "minimum": 0, "maximum": MAX_UNITS},
            {"type": "string", "pattern": pattern("0*[0-9]{1,7}")},
        )
    ),
]
GivenTime = Annotated[str, BeforeValidator(moment), WithJsonSchema(any_of(text_schema(TIME), TIME_AS_NUMBER))]
GoLiveTime = Annotated[
    str,
    BeforeValidator(go_live_time),
    WithJsonSchema(any_of(text_schema(f"{TIME}|{any_case(KEEP)}"), TIME_AS_NUMBER)),
]
WantedMode = Annotated[
    Mode, BeforeValidator(known_mode), WithJsonSchema(any_of({"enum": [*Mode]}, text_schema(any_case(*Mode))))
]


def short_text(value: Any) -> str:
    """Clean a text, number or list of one; empty for None. Raises `ValueError` for what is none or too long."""
    if value is None:
        return ""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping | list):
        raise ValueError("must be a text")  # noqa: TRY004 — as above
    text = canonical(str(value))
    if len(text) > MAX_TEXT:
        raise ValueError(f"is longer than {MAX_TEXT} characters")
    return text


EMAIL = re.compile(r'[^@\s,;<>]+@[^@\s,;<>]+|"(?:[^"\\]|\\.)+"@[^@\s,;<>]+')
