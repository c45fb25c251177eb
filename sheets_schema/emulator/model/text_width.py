"""How wide a text is on the screen: a plausible model, since no fonts can be measured.

Widths are those of Arial in thousandths of its size, in five classes of letters. Google measures in the browser, so its
pixels differ by a few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_NARROW = frozenset("iIjl.,:;|!'`")
_SLIM = frozenset('frt()[]{}/\\"- ')
_BROAD = frozenset("mwMWOQGD@%")
_PIXELS_A_POINT = 4 / 3
_BOLD = 1.07
_PADDING = 2 * 3 + 1
_LINE = 1.15
_SIZE = 10
_MIN_COLUMN, _MIN_ROW = 21, 21


def _thousandths(letter: str) -> int:
    if letter in _NARROW:
        return 250
    if letter in _SLIM:
        return 320
    if letter in _BROAD:
        return 850
    if ord(letter) > 0x2E7F:  # noqa: PLR2004 - where the scripts begin whose letters are squares
        return 1000
    return 690 if letter.isupper() else 556


def column_pixels(text: str, form: Mapping[str, Any]) -> int:
    """Return the width of a column that shows this text without a break, whatever its lines."""
    style = form.get("textFormat", {})
    size: float = style.get("fontSize", _SIZE) * _PIXELS_A_POINT * (_BOLD if style.get("bold") else 1)
    widest = max((sum(map(_thousandths, line)) for line in text.split("\n")), default=0)
    return max(_MIN_COLUMN, round(widest * size / 1000) + _PADDING)


def row_pixels(text: str, form: Mapping[str, Any], column: int) -> int:
    """Return the height of a row that shows this text in a column so many pixels wide.

    It wraps where its format says so.
    """
    size: float = form.get("textFormat", {}).get("fontSize", _SIZE) * _PIXELS_A_POINT
    lines = 0
    for line in text.split("\n"):
        wraps = form.get("wrapStrategy") in {"WRAP", "LEGACY_WRAP"}
        needed = column_pixels(line, form) - _PADDING
        lines += max(1, -(-needed // max(1, column - _PADDING))) if wraps else 1
    return max(_MIN_ROW, round(lines * size * _LINE) + 6)
