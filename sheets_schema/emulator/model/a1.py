"""A1 notation: reading what clients send, writing ranges the way Google echoes them.

Own code on purpose: the package under test has its own A1 module, and the two must not share a mistake.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_CELL = re.compile(r"\$?([A-Za-z]{1,3})?\$?([0-9]{1,8})?")
_QUOTED = re.compile(r"'(.*)'(?:!(.*))?", re.DOTALL)
_R1C1 = re.compile(r"[Rr]([0-9]{1,8})[Cc]([0-9]{1,6})")
_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOOKS_LIKE_A1 = re.compile(r"[A-Za-z]{1,3}[0-9]+")
_LOOKS_LIKE_R1C1 = re.compile(r"[Rr][0-9]*[Cc][0-9]*|[Rr][0-9]+|[Cc][0-9]+")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of cells: zero-based, ends excluded, `None` for an open end."""

    top: int = 0
    left: int = 0
    bottom: int | None = None
    right: int | None = None

    def closed(self, rows: int, columns: int) -> Area:
        """Return the part inside a grid of `rows` by `columns`."""
        bottom = rows if self.bottom is None else min(self.bottom, rows)
        right = columns if self.right is None else min(self.right, columns)
        return Area(self.top, self.left, bottom, right)


@dataclass(frozen=True, slots=True)
class Area:
    """A closed rectangle of cells: zero-based, ends excluded."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left

    def meets(self, other: Area) -> bool:
        """Whether the two share a cell; an empty one shares none."""
        return max(self.top, other.top) < min(self.bottom, other.bottom) and max(self.left, other.left) < min(
            self.right, other.right
        )

    @property
    def is_empty(self) -> bool:
        """Whether it has no cell."""
        return self.top >= self.bottom or self.left >= self.right

    def holds(self, other: Area) -> bool:
        """Whether all of `other` lies inside."""
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )


def column_name(index: int) -> str:
    """`0` is A, `26` is AA."""
    name = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def column_index(name: str) -> int:
    """Return the reverse of `column_name`, in either case."""
    number = 0
    for letter in name.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def quoted(title: str) -> str:
    """Return a sheet title as it stands in a range that Google echoes.

    Recorded: quotes when it is not a plain word or looks like a cell.
    """
    if _PLAIN_TITLE.fullmatch(title) and not _LOOKS_LIKE_A1.fullmatch(title) and not _LOOKS_LIKE_R1C1.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def text_of(title: str, area: Area, *, closed: bool = False) -> str:
    """Return the range as Google prints it: `Sheet1!A1:B2`.

    One cell has no colon, unless it is to be a `closed` one.
    """
    first = f"{column_name(area.left)}{area.top + 1}"
    last = f"{column_name(area.right - 1)}{area.bottom}"
    return f"{quoted(title)}!{first}" if first == last and not closed else f"{quoted(title)}!{first}:{last}"


class SplitRange(NamedTuple):
    """A range text taken apart: the titles that its first part may mean, and the rest.

    `titles` is empty when no sheet is named, `rest` None when nothing but a title in quotes is there.
    """

    titles: tuple[str, ...]
    rest: str | None


def split(text: str) -> SplitRange:
    """Take `'My tab'!A1:B2`, `Tab!A1`, `'My tab'` and `A1` apart.

    An apostrophe inside of quotes is doubled (documented); one that is not is understood, too (reported: pygsheets).
    """
    match = _QUOTED.fullmatch(text)
    if match:
        return SplitRange(_spellings(match.group(1)), match.group(2))
    title, separator, cells = text.rpartition("!")
    return SplitRange(_spellings(title), cells) if separator else SplitRange((), text)


def _spellings(title: str) -> tuple[str, ...]:
    single = title.replace("''", "'")
    return (single, title) if single != title else (title,)


def parse_cells(text: str) -> tuple[Box, bool] | None:
    """Read `A1:B2`, `A5:B`, `2:5`, `R1C1:R2C2`; None for anything else.

    The flag tells `A1` from `A1:A1`.
    """
    first_text, colon, last_text = text.partition(":")
    first = _parse_corner(first_text)
    if first is None:
        return None
    row, column = first
    if not colon:
        # Alone, only a full cell is a range: `A` and `3` are not.
        if row is None or column is None:
            return None
        return Box(row, column, row + 1, column + 1), True
    last = _parse_corner(last_text)
    if last is None:
        return None
    rows, columns = _ordered(row, last[0]), _ordered(column, last[1])
    return Box(rows[0], columns[0], rows[1], columns[1]), False


def _parse_corner(text: str) -> tuple[int | None, int | None] | None:
    match = _CELL.fullmatch(text)
    if match is None or not text:
        return _parse_r1c1(text)
    letters, digits = match.groups()
    if digits is not None and int(digits) == 0:
        return None
    return (None if digits is None else int(digits) - 1, None if letters is None else column_index(letters))


def _parse_r1c1(text: str) -> tuple[int, int] | None:
    """Read `R2C3` (documented: both notations are understood).

    Relative ones, `R[1]C`, need a cell to start from.
    """
    match = _R1C1.fullmatch(text)
    if match is None or "0" in match.groups():
        return None
    return int(match.group(1)) - 1, int(match.group(2)) - 1


def _ordered(start: int | None, last: int | None) -> tuple[int, int | None]:
    """Start and end of one direction; `A5:B` runs to the end, `B:A5` is the same as `A5:B`."""
    if start is None or last is None:
        return (last if start is None else start) or 0, None
    return min(start, last), max(start, last) + 1
