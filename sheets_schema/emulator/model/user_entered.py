"""What a text becomes when it is typed in: `valueInputOption=USER_ENTERED`.

Known from records (fact 25 of docs/internals/sheets-api-facts.md): whole numbers, TRUE, formulas, the leading apostrophe, dollars, ISO dates. Text that
might be a date, a time or a number in a form that nobody has recorded is refused, because a guess would be a lie.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple

from sheets_schema.emulator.errors import unsupported
from sheets_schema.emulator.messages.messages import whole
from sheets_schema.emulator.model.cells import check_length
from sheets_schema.emulator.model.formats import to_serial
from sheets_schema.emulator.model.formulas import evaluate
from sheets_schema.emulator.model.rows import Value

_INTEGER_OR_DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
_GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+(\.[0-9]+)?")
_PERCENT = re.compile(r"-?[0-9]+(\.[0-9]+)?%")
_DOLLARS = re.compile(r"-?\$(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(\.[0-9]+)?")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_US_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_NUMERIC_LOOKING = re.compile(r"(?=[^0-9]*[0-9])[\s0-9.,:/+\-$€£¥%()eE]+")
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_DATE_LOOKING = re.compile(
    rf"{_MONTH}\.?[\s,/-]+[0-9].*|[0-9]{{1,4}}[\s,/-]+{_MONTH}.*|[0-9](?:[0-9:/\-. ]*[0-9:/\-.])?\s*[ap]\.?m\.?|[0-9/\-]+[T ][0-9:.]+Z?",
    re.IGNORECASE,
)


class EnteredValue(NamedTuple):
    """What is kept: the value, its formula if any, and the number format that Sheets puts on the cell."""

    value: Value
    formula: str = ""
    number_format: dict[str, Any] | None = None


def user_entered(text: str) -> EnteredValue:
    """Read a text the way the interface does in en_US. Raises `ApiError` for what is not known."""
    check_length(text)
    if text.startswith("'"):
        return EnteredValue(text[1:])
    if text.startswith("=") and len(text) > 1:
        return EnteredValue(evaluate(text), text)
    stripped = text.strip()
    if stripped.upper() in {"TRUE", "FALSE"}:
        return EnteredValue(stripped.upper() == "TRUE")
    if _INTEGER_OR_DECIMAL.fullmatch(stripped):
        return EnteredValue(whole(float(stripped)))
    return _money(stripped) or _date(stripped) or _plain(text)


def _money(text: str) -> EnteredValue | None:
    bare = text.replace(",", "").replace("$", "").rstrip("%")
    for pattern, kind, grouped in ((_GROUPED, "NUMBER", "#,##0"), (_DOLLARS, "CURRENCY", '"$"#,##0')):
        match = pattern.fullmatch(text)
        if match:
            shape = grouped + (".00" if match.group(1) else "")
            return EnteredValue(whole(float(bare)), "", {"type": kind, "pattern": shape})
    match = _PERCENT.fullmatch(text)
    if match:
        shape = "0.00%" if match.group(1) else "0%"
        return EnteredValue(whole(float(bare) / 100), "", {"type": "PERCENT", "pattern": shape})
    return None


def _date(text: str) -> EnteredValue | None:
    for pattern, order, shape in ((_ISO_DATE, (0, 1, 2), "yyyy-mm-dd"), (_US_DATE, (2, 0, 1), "m/d/yyyy")):
        match = pattern.fullmatch(text)
        if match:
            year, month, day = (int(match.groups()[at]) for at in order)
            try:
                moment = datetime(year, month, day)  # noqa: DTZ001 - serial numbers have no time zone
            except ValueError:
                return None
            return EnteredValue(to_serial(moment), "", {"type": "DATE", "pattern": shape})
    return None


def _plain(text: str) -> EnteredValue:
    stripped = text.strip()
    if _NUMERIC_LOOKING.fullmatch(stripped) or _DATE_LOOKING.fullmatch(stripped) or stripped.startswith("+"):
        raise unsupported(f"USER_ENTERED for {text[:100]!r}: nobody has recorded what becomes of it")
    return EnteredValue(text)
