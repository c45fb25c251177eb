"""The locales whose numbers and dates are known, typed in and shown.

Facts from CLDR and the interface's menus. A spreadsheet cannot have another one here: ignoring it would read `1,5` as
text and `3/4` as the wrong day.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sheets_schema.emulator.errors import unsupported


@dataclass(frozen=True, slots=True)
class Locale:
    """How one locale writes numbers and dates.

    `order` is that of day, month and year in a date of digits.
    """

    decimal: str = "."
    group: str = ","
    order: str = "mdy"
    date: str = "m/d/yyyy"
    separators: str = "/-"
    time: str = "h:mm:ss am/pm"
    currency: str = '"$"#,##0.00'
    symbol: str = "$"
    english: bool = True
    defaults: dict[str, str] = field(init=False, compare=False)
    """The pattern of each type of number format that comes without one."""

    def __post_init__(self) -> None:
        patterns = {
            "NUMBER": "#,##0.00",
            "PERCENT": "0.00%",
            "CURRENCY": self.currency,
            "SCIENTIFIC": "0.00E+00",
            "DATE": self.date,
            "TIME": self.time,
            "DATE_TIME": f"{self.date} {'h:mm:ss' if self.order == 'mdy' else self.time}",
        }
        object.__setattr__(self, "defaults", patterns)


_US = Locale()
_CLOCK = "hh:mm:ss"
_POUND, _EURO = '"£"#,##0.00', '"€"#,##0.00'


def _british(currency: str, symbol: str) -> Locale:
    return Locale(order="dmy", date="dd/mm/yyyy", time=_CLOCK, currency=currency, symbol=symbol)


def _continental(date: str, separators: str, currency: str = '#,##0.00" €"', symbol: str = "€") -> Locale:
    return Locale(",", ".", "dmy", date, separators, _CLOCK, currency, symbol, english=False)


LOCALES = {
    "en": _US,
    "en_US": _US,
    "en_GB": _british(_POUND, "£"),
    "en_IE": _british(_EURO, "€"),
    "en_AU": _british('"$"#,##0.00', "$"),
    "en_NZ": _british('"$"#,##0.00', "$"),
    "en_IN": _british('"₹"#,##0.00', "₹"),
    "en_CA": Locale(order="ymd", date="yyyy-mm-dd", time="h:mm:ss am/pm"),
    "de_DE": _continental("dd.mm.yyyy", "."),
    "de": _continental("dd.mm.yyyy", "."),
    "es_ES": _continental("d/m/yyyy", "/-"),
    "it_IT": _continental("dd/mm/yyyy", "/-"),
    "nl_NL": _continental("d-m-yyyy", "-/", '"€ "#,##0.00'),
    "pt_BR": _continental("dd/mm/yyyy", "/-", '"R$ "#,##0.00', "R$"),
}


def locale_of(name: str) -> Locale:
    """Return a locale by its name, en_US for one that an earlier version let in."""
    return LOCALES.get(name, _US)


def check_locale(name: str) -> None:
    """Refuse a locale that is not known."""
    if name not in LOCALES:
        raise unsupported(f"the locale {name[:50]!r}, only {', '.join(sorted(LOCALES))}")
