"""What a text becomes when it is typed in: `valueInputOption=USER_ENTERED`, or a hand.

Recorded, reported or documented for every form here: numbers, TRUE, formulas, the leading apostrophe, money, percent,
exponents, dates and times. Text that looks like a number, a date or a time in another form is refused, because a guess
would be a lie.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from sheets_schema.emulator.errors import unsupported
from sheets_schema.emulator.messages.numbers import whole
from sheets_schema.emulator.model.cell_writer import check_length
from sheets_schema.emulator.model.formula_evaluation import check, evaluate
from sheets_schema.emulator.model.locales import Locale
from sheets_schema.emulator.model.rows import Value
from sheets_schema.emulator.model.typed_dates import MONTH, read_date

_NUMERIC_LOOKING = re.compile(r"(?=[^0-9]*[0-9])[\s0-9.,:/+\-$€£¥₹%()eE]+")
_DATE_LOOKING = re.compile(
    rf"{MONTH}\.?[\s,/-]+[0-9].*|[0-9]{{1,4}}[\s,/-]+{MONTH}.*|[0-9](?:[0-9:/\-. ]*[0-9:/\-.])?\s*[ap]\.?m\.?|[0-9/\-]+[T ][0-9:.]+Z?",
    re.IGNORECASE,
)


class EnteredValue(NamedTuple):
    """What is kept: the value, its formula, and the number format that Sheets sets."""

    value: Value
    formula: str = ""
    number_format: dict[str, Any] | None = None


def user_entered(text: str, locale: Locale, year: int) -> EnteredValue:
    """Read a text the way the interface does in a locale, in a year.

    Raises `ApiError` for what is not known.
    """
    check_length(text)
    if text.startswith("'"):
        return EnteredValue(text[1:])
    if text.startswith("=") and len(text) > 1:
        return EnteredValue("" if check(text) else evaluate(text), text)
    stripped = text.strip()
    if stripped.upper() in {"TRUE", "FALSE"}:
        return EnteredValue(stripped.upper() == "TRUE")
    number = _number(stripped, locale)
    if number is not None:
        return number
    date = read_date(stripped, locale, year)
    if date is not None:
        return EnteredValue(date[0], "", {"type": date[1], "pattern": date[2]})
    if _NUMERIC_LOOKING.fullmatch(stripped) or _DATE_LOOKING.fullmatch(stripped) or stripped.startswith("+"):
        raise unsupported(f"USER_ENTERED for {text[:100]!r}: nobody has recorded what becomes of it")
    return EnteredValue(text)


def _number(text: str, locale: Locale) -> EnteredValue | None:
    """Read a number, with groups, an exponent, a currency in front or a percent sign behind."""
    symbol, point, group = (re.escape(part) for part in (locale.symbol, locale.decimal, locale.group))
    match = re.fullmatch(
        rf"(?P<sign>[+-]?)(?P<money>{symbol} ?)?(?P<whole>[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]*)"
        rf"(?P<part>{point}[0-9]*)?(?P<exponent>[eE][+-]?[0-9]+)?(?P<percent>%)?(?P<money_behind> ?{symbol})?",
        text,
    )
    if match is None or not any(sign.isdigit() for sign in (match["whole"] or "") + (match["part"] or "")):
        return None
    money = bool(match["money"]) + bool(match["money_behind"])
    if money + bool(match["percent"]) + bool(match["exponent"]) > 1 or (money and match["sign"] == "+"):
        return None
    digits = match["whole"].replace(locale.group, "") or "0"
    part = (match["part"] or "")[1:]
    try:
        value = float(f"{match['sign']}{digits}.{part or '0'}{match['exponent'] or ''}")
    except OverflowError:
        return None
    if value in (float("inf"), float("-inf")):
        return None
    grouped = locale.group in match["whole"]
    if match["percent"]:
        return EnteredValue(whole(value / 100), "", {"type": "PERCENT", "pattern": "0.00%" if part else "0%"})
    if match["exponent"]:
        return EnteredValue(whole(value), "", {"type": "SCIENTIFIC", "pattern": "0.00E+00"})
    if money:
        shape = locale.currency if part else locale.currency.replace("0.00", "0")
        return EnteredValue(whole(value), "", {"type": "CURRENCY", "pattern": shape})
    if grouped:
        return EnteredValue(whole(value), "", {"type": "NUMBER", "pattern": "#,##0.00" if part else "#,##0"})
    return EnteredValue(whole(value))
