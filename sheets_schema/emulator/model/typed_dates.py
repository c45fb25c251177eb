"""Dates and times as people and programs write them, and the number format of each form.

Recorded: `2020-01-01` keeps its form, and `1-2` is a date. Reported: pandas' `2019-03-01 00:00:00` reads back as
`2019-03-01 0:00:00`. Documented: "Apr 3, 2017" and "12:34" are what a typed date and time look like.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from sheets_schema.emulator.model.locales import Locale
from sheets_schema.emulator.model.number_formats import EPOCH, to_serial

MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_SHORT = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_LONG = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_TIME = re.compile(r"([0-9]{1,2})(?::([0-9]{2})(?::([0-9]{2})(\.[0-9]{1,3})?)?)?\s*([ap]m)?", re.IGNORECASE)
_NAMED = (
    (re.compile(r"([a-z]{1,20})\s{1,20}([0-9]{1,2}),?\s{1,20}([0-9]{4})", re.IGNORECASE), "mdy", "{m} d, yyyy"),
    (re.compile(r"([a-z]{1,20})\s{1,20}([0-9]{1,2})", re.IGNORECASE), "md", "{m} d"),
    (re.compile(r"([a-z]{1,20})\s{1,20}([0-9]{4})", re.IGNORECASE), "my", "{m} yyyy"),
    (re.compile(r"([0-9]{1,2})\s{1,20}([a-z]{1,20})\s{1,20}([0-9]{4})", re.IGNORECASE), "dmy", "d {m} yyyy"),
    (re.compile(r"([0-9]{1,2})-([a-z]{1,20})-([0-9]{4})", re.IGNORECASE), "dmy", "d-{m}-yyyy"),
    (re.compile(r"([0-9]{1,2})\s{1,20}([a-z]{1,20})", re.IGNORECASE), "dm", "d {m}"),
    (re.compile(r"([0-9]{1,2})-([a-z]{1,20})", re.IGNORECASE), "dm", "d-{m}"),
)
_HOURS, _MINUTES, _SECONDS, _NOON = 24, 60, 60, 12
_PIVOT = 30
"""Two digits of a year below this one are of this century (documented for spreadsheets: 0 to 29)."""


class _Part(NamedTuple):
    """A date or a time: its share of the serial number, and its pattern."""

    value: float
    pattern: str


def read_date(text: str, locale: Locale, year: int) -> tuple[int | float, str, str] | None:
    """Return the serial number, type and pattern of a date, a time or both.

    None for anything else. `year` is the one of a date that names none.
    """
    date = _date(text, locale, year)
    if date is not None:
        return int(date.value), "DATE", date.pattern
    time = _time(text)
    if time is not None:
        return time.value, "TIME", time.pattern
    for gap in re.finditer(r"\s+", text):
        date, time = _date(text[: gap.start()], locale, year), _time(text[gap.end() :])
        if date is not None and time is not None:
            value = date.value + time.value
            return int(value) if value.is_integer() else value, "DATE_TIME", f"{date.pattern} {time.pattern}"
    return None


def _time(text: str) -> _Part | None:
    match = _TIME.fullmatch(text)
    if match is None or not (match[2] or match[5]):
        return None
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    half = (match[5] or "").lower()
    if minute >= _MINUTES or second >= _SECONDS or hour >= _HOURS or (half and not 1 <= hour <= _NOON):
        return None
    if half:
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    moment = timedelta(hours=hour, minutes=minute, seconds=second + float(match[4] or 0))
    pattern = "h:mm" + (":ss" if match[3] else "") + (".000" if match[4] else "") + (" am/pm" if half else "")
    return _Part(moment / timedelta(days=1), pattern)


def _date(text: str, locale: Locale, year: int) -> _Part | None:
    found = _in_digits(text, locale, year)
    return found or (_with_a_name(text, year) if locale.english else None)


def _in_digits(text: str, locale: Locale, year: int) -> _Part | None:
    iso = re.fullmatch(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})", text)
    if iso:
        shape = "yyyy-mm-dd" if iso[2] == "-" else "yyyy/mm/dd"
        return _checked(int(iso[1]), int(iso[3]), int(iso[4]), shape)
    separators = re.escape(locale.separators)
    short = re.fullmatch(rf"([0-9]{{1,2}})([{separators}])([0-9]{{1,2}})", text)
    order = locale.order.replace("y", "")
    if short:
        parts = dict(zip(order, (int(short[1]), int(short[3])), strict=True))
        return _checked(year, parts["m"], parts["d"], short[2].join(order))
    full = re.fullmatch(rf"([0-9]{{1,2}})([{separators}])([0-9]{{1,2}})\2([0-9]{{4}}|[0-9]{{2}})", text)
    if full is None or locale.order == "ymd":
        return None
    parts = dict(zip(order, (int(full[1]), int(full[3])), strict=True))
    return _checked(_century(full[4]), parts["m"], parts["d"], locale.date)


def _century(digits: str) -> int:
    number = int(digits)
    if len(digits) > 2:  # noqa: PLR2004 - two digits or four
        return number
    return number + (2000 if number < _PIVOT else 1900)


def _with_a_name(text: str, year: int) -> _Part | None:
    for pattern, order, shape in _NAMED:
        match = pattern.fullmatch(text)
        if match is None:
            continue
        parts = dict(zip(order, match.groups(), strict=True))
        month, word = _month(parts["m"])
        if month:
            return _checked(int(parts.get("y", year)), month, int(parts.get("d", 1)), shape.format(m=word))
    return None


def _month(name: str) -> tuple[int, str]:
    low = name.lower()
    if low in _SHORT:
        return _SHORT.index(low) + 1, "mmm"
    return (_LONG.index(low) + 1, "mmmm") if low in _LONG else (0, "")


def _checked(year: int, month: int, day: int, pattern: str) -> _Part | None:
    try:
        moment = datetime(year, month, day)  # noqa: DTZ001 - serial numbers have no time zone
    except ValueError:
        return None
    return None if moment < EPOCH else _Part(float(to_serial(moment)), pattern)
