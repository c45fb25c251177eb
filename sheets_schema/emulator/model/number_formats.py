"""How a value is shown under a number format, and the serial numbers of dates.

Documented: dates are days since 1899-12-30; the tokens of patterns. Recorded: numbers without a format, and ISO dates. A
pattern that means nothing is refused where it is set, so that a read never fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sheets_schema.emulator.errors import unsupported
from sheets_schema.emulator.model.locales import LOCALES, Locale
from sheets_schema.emulator.model.number_patterns import numbered
from sheets_schema.emulator.model.pattern_tokens import Section, Token, sections
from sheets_schema.emulator.model.rows import Value

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - serial numbers have no time zone
DATE_KINDS = frozenset({"DATE", "TIME", "DATE_TIME"})

_GENERAL_DIGITS = 10
_SCIENTIFIC_FROM = 1e15
_US = LOCALES["en_US"]
_TEXT_SECTION = 3
_NAMED = frozenset({"mmm", "mmmm", "mmmmm", "ddd", "dddd"})


def check_format(form: Mapping[str, Any], locale: Locale) -> None:
    """Refuse a number format that could not be shown."""
    pattern = form.get("pattern")
    if not pattern:
        return
    found = sections(pattern)
    if found is None:
        raise unsupported(f"the number format {pattern[:100]!r}")
    names = any(token.kind == "date" and token.text in _NAMED for section in found for token in section.tokens)
    if names and not locale.english:
        raise unsupported(f"the number format {pattern[:100]!r}: names of months and days are known in English only")


def shown(value: Value, form: Mapping[str, Any] | None, locale: Locale = _US) -> str:
    """Return the text that `FORMATTED_VALUE` answers."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    kind = form.get("type", "NUMBER") if form else None
    pattern = ""
    if form is not None and kind not in {"TEXT", "NUMBER_FORMAT_TYPE_UNSPECIFIED"}:
        pattern = form.get("pattern") or locale.defaults.get(str(kind), "")
    found = sections(pattern) if pattern and pattern != "@" else None
    if isinstance(value, str):
        return _texted(value, found)
    if found is None:
        return general(value, locale)
    section, signed = _chosen(value, found)
    if section.is_date:
        return _dated(value, section, locale)
    return numbered(value, section, locale, lambda number: general(number, locale), signed=signed)


def _texted(value: str, found: tuple[Section, ...] | None) -> str:
    """Documented: text goes through the fourth section, or the only one if that has an `@`."""
    if not value or found is None:
        return value
    last = found[_TEXT_SECTION] if len(found) > _TEXT_SECTION else found[-1]
    if Token("mark", "@") not in last.tokens:
        return value
    return "".join(value if token.text == "@" else token.text for token in last.tokens)


def _chosen(value: float, found: tuple[Section, ...]) -> tuple[Section, bool]:
    """Return the section for a number, and whether a minus is shown.

    A section for negative numbers has its own signs.
    """
    if any(section.condition for section in found):
        for section in found:
            if not section.condition or _holds(value, section.condition):
                return section, True
        return found[-1], True
    if len(found) > 1 and value < 0:
        return found[1], False
    if len(found) > 2 and value == 0:  # noqa: PLR2004 - the third section is for zero
        return found[2], False
    return found[0], True


def _holds(value: float, condition: str) -> bool:
    operator = condition.rstrip("0123456789.- ")
    number = float(condition[len(operator) :])
    compared = {"<": value < number, ">": value > number, "=": value == number}
    compared |= {"<=": value <= number, ">=": value >= number, "<>": value != number}
    return compared[operator]


def general(value: float, locale: Locale = _US) -> str:
    """Return a number without a format, in ten significant digits.

    Recorded for short numbers, inferred for long ones.
    """
    text = _general(value)
    return text if locale.decimal == "." else text.replace(".", locale.decimal)


def _general(value: float) -> str:
    if not value or (isinstance(value, int) and abs(value) < _SCIENTIFIC_FROM):
        return str(value)
    if abs(value) >= _SCIENTIFIC_FROM or (value and abs(value) < 1e-9):  # noqa: PLR2004 - beyond what ten digits show
        mantissa, _, exponent = f"{value:.5E}".partition("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent[0]}{exponent[1:].zfill(2)}"
    number = Decimal(repr(value))
    precision = max(_GENERAL_DIGITS - 1 - number.adjusted(), 0)
    text = f"{number:.{precision}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def from_serial(value: float) -> datetime:
    """Return the moment of a serial number, to the millisecond."""
    return EPOCH + timedelta(milliseconds=round(value * 86_400_000))


def to_serial(moment: datetime) -> int | float:
    """Return the serial number of a moment, whole for a date."""
    days = (moment - EPOCH) / timedelta(days=1)
    return int(days) if days.is_integer() else days


def _dated(value: float, section: Section, locale: Locale) -> str:
    tokens = section.tokens
    try:
        moment = from_serial(value)
    except OverflowError:
        return general(value, locale)  # no calendar reaches that far
    if any(token.kind == "elapsed" for token in tokens):
        return _elapsed(value, tokens)
    twelve = any(token.kind == "half" for token in tokens)
    return "".join(_date_part(moment, tokens, index, twelve=twelve) for index in range(len(tokens)))


def _date_part(moment: datetime, tokens: tuple[Token, ...], index: int, *, twelve: bool) -> str:
    token = tokens[index]
    if token.kind == "half":
        half = f"{moment:%p}"
        return half if token.text == "am/pm" else half[0]
    if token.kind == "digit":
        # Documented: zeros behind the seconds are tenths, hundredths, thousandths.
        before = sum(other.kind == "digit" for other in tokens[:index])
        return f"{moment.microsecond // 1000:03d}"[before : before + 1]
    if token.kind != "date":
        return token.text
    word = token.text
    if word[0] == "m" and len(word) < 3 and _minutes(tokens, index):  # noqa: PLR2004 - longer ones are months
        return f"{moment.minute:0{len(word)}d}"
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    parts = {
        "y": [f"{moment.year % 100:02d}"] * 2 + [f"{moment.year:04d}"],
        "m": [str(moment.month), f"{moment.month:02d}", f"{moment:%b}", f"{moment:%B}", f"{moment:%b}"[0]],
        "d": [str(moment.day), f"{moment.day:02d}", f"{moment:%a}", f"{moment:%A}"],
        "h": [str(hour), f"{hour:02d}"],
        "s": [str(moment.second), f"{moment.second:02d}"],
    }[word[0]]
    return parts[min(len(word), len(parts)) - 1]


def _minutes(tokens: tuple[Token, ...], index: int) -> bool:
    """Tell whether an `m` means minutes: right after hours or right before seconds it does."""
    letters = [at for at, token in enumerate(tokens) if token.kind in {"date", "elapsed"}]
    at = letters.index(index)
    before = tokens[letters[at - 1]].text if at else ""
    after = tokens[letters[at + 1]].text if at + 1 < len(letters) else ""
    return before.startswith("h") or after.startswith("s")


def _elapsed(value: float, tokens: tuple[Token, ...]) -> str:
    """Return the parts of a duration.

    Documented: `[h]` counts its hours, beyond 24, and the smaller units are what is left of it.
    """
    rest = abs(round(value * 86_400_000))
    text = ""
    for index, token in enumerate(tokens):
        unit = token.text[:1] if token.kind in {"elapsed", "date"} else ""
        size = {"h": 3_600_000, "m": 60_000, "s": 1000}.get(unit)
        if size is not None:
            count, rest = divmod(rest, size)
            text += f"{count:0{len(token.text)}d}"
        elif token.kind == "digit":
            before = sum(other.kind == "digit" for other in tokens[:index])
            text += f"{rest % 1000:03d}"[before : before + 1]
        else:
            text += token.text
    return ("-" if value < 0 else "") + text
