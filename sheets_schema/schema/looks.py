"""How tabs look: one palette, in which colour never says anything that no word says. Pure.

Ground and text of a tone differ by at least 4.5 : 1, so that both can be read (WCAG 2.2, 1.4.3).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

_FIELD = re.compile(r"\{(\w+)\}")


class Tone(Enum):
    """What a colour means: its ground and its text, as RGB in hexadecimal."""

    GOOD = ("E6F4EA", "0D652D")
    WAITS = ("FEF7E0", "7A4B00")
    WRONG = ("FCE8E6", "A50E0E")
    QUIET = ("F1F3F4", "3C4043")
    PEOPLE = ("E8F0FE", "174EA6")

    @property
    def ground(self) -> str:
        """The colour behind the text."""
        return self.value[0]

    @property
    def text(self) -> str:
        """The colour of the text."""
        return self.value[1]


@dataclass(frozen=True)
class Width:
    """A column's width in pixels."""

    pixels: int


@dataclass(frozen=True)
class Style:
    """Marks a column whose cells differ from Google's style.

    Letters of one width (codes, ids), to the right, or large.
    """

    monospace: bool = False
    right: bool = False
    large: bool = False


PLAIN = Style()
"""As Google shows cells by itself."""


@dataclass(frozen=True)
class Hyperlink:
    """Marks a column of a view that shows an address, which leads there when it is pressed."""


@dataclass(frozen=True)
class FilterView:
    """A saved filter of a tab, under its own title: rows of which a column meets a condition.

    `condition` is a type of Google's (`TEXT_EQ`, `DATE_AFTER`), `value` what it compares with: a text, or, for dates, a relative
    one (`PAST_WEEK`). `newest_first` names the field of a time to sort by.
    """

    title: str
    field: str
    condition: str
    value: str
    newest_first: str = ""


@dataclass(frozen=True)
class Highlight:
    """Make cells of a column that meet one of Google's conditions stand out.

    `TEXT_EQ`, `TEXT_STARTS_WITH`, `NUMBER_LESS_THAN_EQ`. In the formula of a `CUSTOM_FORMULA`, `{field}` is the cell
    of that field in the same row. What separates the arguments of a function depends on the spreadsheet's locale, so
    multiply conditions rather than use `AND`. Of two that apply the first counts. The header is among the cells, so
    that rows which are inserted below it belong to them: a condition must not be true of it.
    """

    field: str
    condition: str
    value: str
    tone: Tone

    @property
    def fields(self) -> set[str]:
        """Return the fields that it speaks of."""
        return {self.field, *(_FIELD.findall(self.value) if self.condition == "CUSTOM_FORMULA" else ())}


@dataclass(frozen=True)
class Series:
    """What a chart draws of one field: columns, bars or a line, in a colour (`1967D2`)."""

    field: str
    color: str
    line: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart of a view's own rows, found again by its title.

    `kind` is Google's (`COLUMN`, `BAR`, `COMBO`). It draws as many rows as `rows` says, the header above them naming its series. `left`
    and `top` are the cell that it stands upon: a column from 0 and a row from 1; `x` pixels right of its edge and `y` below it, `width` and `height` in pixels.
    """

    title: str
    kind: str
    domain: str
    series: tuple[Series, ...]
    axes: tuple[str, str]
    left: int
    top: int
    rows: int
    x: int = 0
    y: int = 0
    stacked: bool = False
    legend: bool = False
    width: int = 560
    height: int = 300

    @property
    def fields(self) -> set[str]:
        """Return the fields that it draws."""
        return {self.domain, *(line.field for line in self.series)}
