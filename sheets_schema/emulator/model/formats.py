"""How a value is shown under a number format, and the serial numbers of dates.

Documented: dates are days since 1899-12-30. Recorded: numbers without a format, and ISO dates. Patterns outside the
common ones are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sheets_schema.emulator.errors import unsupported
from sheets_schema.emulator.model.rows import Value

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - serial numbers have no time zone
DATE_KINDS = frozenset({"DATE", "TIME", "DATE_TIME"})

_GENERAL_DIGITS = 10
_SCIENTIFIC_FROM = 1e15
_NUMBER = re.compile(
    r'(?P<before>(?:"[^"]*"|\\.|[$€£¥ ])*)(?P<whole>[#0,]*[#0])(?P<fraction>\.[#0]+)?(?P<percent>%)?'
    r'(?P<after>(?:"[^"]*"|\\.|[$€£¥ ])*)'
)
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|(.)')
_DATE_TOKEN = re.compile(r'yyyy|yy|mmmm|mmm|mm|m|dddd|ddd|dd|d|hh|h|ss|s|am/pm|"[^"]*"|\\.|[-/.,: ]|T', re.IGNORECASE)
_DEFAULTS = {
    "NUMBER": "#,##0.00",
    "PERCENT": "0.00%",
    "CURRENCY": '"$"#,##0.00',
    "DATE": "m/d/yyyy",
    "TIME": "h:mm:ss am/pm",
    "DATE_TIME": "m/d/yyyy h:mm:ss",
}
"""What a type without a pattern looks like in en_US (documented as depending on the locale; these are inferred)."""


def shown(value: Value, number_format: Mapping[str, Any] | None) -> str:
    """Return the text that `FORMATTED_VALUE` answers. Raises `ApiError` for a pattern that is not served."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    kind = number_format.get("type", "NUMBER") if number_format else None
    if number_format is None or kind in {None, "TEXT", "NUMBER_FORMAT_TYPE_UNSPECIFIED"}:
        return general(value)
    pattern = number_format.get("pattern") or _DEFAULTS.get(str(kind), "")
    if pattern in {"@", "General"}:
        return general(value)
    return _dated(value, pattern) if kind in DATE_KINDS else _patterned(value, pattern)


def general(value: float) -> str:
    """Return a number without a format: ten significant digits (recorded for short numbers, inferred for long ones)."""
    if not value or (isinstance(value, int) and abs(value) < _SCIENTIFIC_FROM):
        return str(value)
    if abs(value) >= _SCIENTIFIC_FROM or (value and abs(value) < 1e-9):  # noqa: PLR2004 - beyond what ten digits show
        mantissa, _, exponent = f"{value:.5E}".partition("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent[0]}{exponent[1:].zfill(2)}"
    number = Decimal(repr(value))
    precision = max(_GENERAL_DIGITS - 1 - number.adjusted(), 0)
    text = f"{number:.{precision}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _patterned(value: float, pattern: str) -> str:
    match = _NUMBER.fullmatch(pattern)
    if match is None:
        raise unsupported(f"the number format {pattern!r}")
    number = Decimal(repr(value)) * (100 if match["percent"] else 1)
    fraction = (match["fraction"] or ".")[1:]
    rounded = abs(number).quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    integer, _, decimals = f"{rounded:f}".partition(".")
    optional = len(fraction) - fraction.count("0")
    while optional and decimals.endswith("0"):
        decimals, optional = decimals[:-1], optional - 1
    digits = match["whole"].replace(",", "").count("0")
    integer = integer.lstrip("0").zfill(digits)
    if "," in match["whole"]:
        integer = f"{int(integer or 0):,}".zfill(digits)
    sign = "-" if number < 0 and rounded else ""
    body = integer + (f".{decimals}" if decimals else "") + (match["percent"] or "")
    return sign + _literal(match["before"]) + body + _literal(match["after"])


def _literal(text: str) -> str:
    return "".join(a or b or c for a, b, c in _LITERAL.findall(text))


def from_serial(value: float) -> datetime:
    """Return the moment of a serial number, to the millisecond."""
    return EPOCH + timedelta(milliseconds=round(value * 86_400_000))


def to_serial(moment: datetime) -> int | float:
    """Return the serial number of a moment, whole for a date."""
    days = (moment - EPOCH) / timedelta(days=1)
    return int(days) if days.is_integer() else days


def _dated(value: float, pattern: str) -> str:
    tokens: list[str] = []
    position = 0
    while position < len(pattern):
        match = _DATE_TOKEN.match(pattern, position)
        if match is None:
            raise unsupported(f"the date format {pattern!r}")
        tokens.append(match.group())
        position = match.end()
    try:
        moment = from_serial(value)
    except OverflowError:
        raise unsupported(f"the date {value!r}") from None
    twelve = any(token.lower() == "am/pm" for token in tokens)
    return "".join(_date_part(moment, tokens, index, twelve=twelve) for index in range(len(tokens)))


def _date_part(moment: datetime, tokens: list[str], index: int, *, twelve: bool) -> str:
    token = tokens[index]
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    low = token.lower()
    if low in {"m", "mm"} and _minutes(tokens, index):
        return f"{moment.minute:02d}" if low == "mm" else str(moment.minute)
    parts = {
        "yyyy": f"{moment.year:04d}",
        "yy": f"{moment.year % 100:02d}",
        "mmmm": f"{moment:%B}",
        "mmm": f"{moment:%b}",
        "mm": f"{moment.month:02d}",
        "m": str(moment.month),
        "dddd": f"{moment:%A}",
        "ddd": f"{moment:%a}",
        "dd": f"{moment.day:02d}",
        "d": str(moment.day),
        "hh": f"{hour:02d}",
        "h": str(hour),
        "ss": f"{moment.second:02d}",
        "s": str(moment.second),
        "am/pm": f"{moment:%p}",
    }
    return parts.get(low) or _literal(token)


def _minutes(tokens: list[str], index: int) -> bool:
    """Tell whether an `m` means minutes: right after hours or right before seconds it does."""
    letters = [at for at, token in enumerate(tokens) if token[0].lower() in "ymdhs" and token[0] not in '"\\']
    at = letters.index(index)
    before = tokens[letters[at - 1]].lower() if at else ""
    after = tokens[letters[at + 1]].lower() if at + 1 < len(letters) else ""
    return before.startswith("h") or after.startswith("s")
