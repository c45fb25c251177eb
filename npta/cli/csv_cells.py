"""Cells of CSV files that people open in Excel or Sheets.

No text in them becomes a formula, and each can be read back. Excel takes a cell for a formula if it begins with one
of a few signs, and where it parts columns by semicolons, what stands behind one begins a cell as well. An apostrophe
before the sign ends that (OWASP, “CSV injection”).
"""

from __future__ import annotations

import re
from typing import Final

_BEGINNING: Final = r"(?<![^;|\t\r\n])"
_SIGN: Final = r"(?='*[=+\-@\t\r\n＝＋－＠])"
"""Excel reads the wide ones where people write Japanese; tabs and line ends it passes over. Of a text that has the
apostrophe already, it is one more, so that each can be taken off again."""
_DANGEROUS: Final = re.compile(_BEGINNING + _SIGN)
_MARKED: Final = re.compile(f"{_BEGINNING}'{_SIGN}")
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def harmless(value: object) -> str:
    """Return the text of a cell with an apostrophe before each sign that could begin a formula.

    Plain numbers stay.
    """
    text = str(value)
    return text if _NUMBER.fullmatch(text) else harmless_code(text)


def harmless_code(text: str) -> str:
    """Return the text of a key code's cell: none is a number.

    Excel would take `-0123` for one and lose its zero.
    """
    return _DANGEROUS.sub("'", text)


def as_it_was(cell: str) -> str:
    """Return the text that `harmless` or `harmless_code` was given, letter for letter."""
    return _MARKED.sub("", cell)
