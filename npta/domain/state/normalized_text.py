"""Text that people paste: one canonical form, made once at the edge (design rule 17). Pure.

What is invisible: Unicode's Default_Ignorable_Code_Point (UAX #44: joiners, marks of direction, soft hyphen,
variation selectors, tags, fillers), control and format characters, halves of a character, private use, and the empty
Braille pattern. An odd blank looks like a blank and is none: NBSP, em space, ideographic space.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

BLANK = r"\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
"""Blanks, tabs and line ends, as they stand between brackets in a regular expression of Python or of JSON Schema."""


PASTED = (
    r"\u0000-\u0020\u007f-\u00a0\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u17b4\u17b5"
    r"\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
)
"""What comes along, unseen, where people paste: blanks and invisible characters."""


UNSEEN = (
    PASTED + "\ue000-\uf8ff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U000f0000-\U000ffffd\U00100000-\U0010fffd"
)
"""All that nothing shows of: private use and rare signs, too. Halves of a character JSON Schema cannot name."""


_INVISIBLE = re.compile(rf"(?![ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000])[{UNSEEN}\ud800-\udfff]")


_BREAKS = re.compile(r"(?<!\s)\s*[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]\s*")
"""Blanks with a tab or an end of line among them: in one line of text they are one blank. Looked for where blanks begin
only: from each of many blanks on, it would take the square of their number."""


_BLANK = re.compile(f"[{BLANK}]")


_SHEET_ERROR = re.compile(r"#[¡¿]?\w[\w/ ]*[!?]|#n/[ad]|#nv|#getting_data|#+|loading(\.{2,}|…)", re.IGNORECASE)
"""Errors of Sheets and Excel, in people's languages too (`#REF!`, `#¡VALOR!`, `#BEZUG!`), and a narrow column."""


_NO_VALUES = frozenset({
    "blank", "empty", "error", "loading", "missing", "na", "nan", "nil", "nocode", "nokey", "none", "notavailable",
    "null", "pending", "tba", "tbc", "tbd", "todo", "undefined", "unknown",
})  # fmt: skip


_TYPOGRAPHIC = re.compile(
    "[\u2010-\u2015\u2018-\u201f\u2026\u2032-\u2037\u2039\u203a\u2043\u2212\ufe58\ufe63\uff0d\u00ab\u00bb]"
)
"""Dashes, quotes and dots that word processors put where `-`, `"`, `'` and `...` were typed."""


LOST = "\ufffd"
"""What stands for a character that could not be decoded."""


_MAX_SHOWN = 80


def canonical(text: str) -> str:
    """Return the one form of a text: NFC, nothing invisible, no blanks of any kind at the edges.

    A tab or a line break inside, with the blanks around it, becomes one blank; an odd blank becomes a plain one. Letter
    case and repeated plain blanks stay. Idempotent.
    """
    if text.isascii() and text.isprintable():
        return text.strip(" ")
    one_line = _BREAKS.sub(" ", "".join(char for char in text if _BLANK.match(char) or not is_invisible(char)))
    return unicodedata.normalize("NFC", _BLANK.sub(" ", one_line)).strip(" ")


def cell_text(cell: object) -> str:
    """Return a cell in canonical form; whole numbers and booleans as a sheet shows them."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return "" if cell is None else canonical(str(cell))


def trimmed(text: str) -> str:
    """Return the text letter for letter, without blanks and invisible characters at its edges."""
    if text.isascii() and text.isprintable():
        return text.strip(" ")
    start, end = 0, len(text)
    while start < end and _is_unseen(text[start]):
        start += 1
    while start < end and _is_unseen(text[end - 1]):
        end -= 1
    return text[start:end]


def comparable(text: str) -> str:
    """Return the form in which two keycodes are one: trimmed, in NFC."""
    return unicodedata.normalize("NFC", trimmed(text))


@cache
def is_invisible(char: str) -> bool:
    """Whether nothing shows where this stands; tabs and line ends are invisible, blanks are not."""
    return _INVISIBLE.match(char) is not None


def _is_unseen(char: str) -> bool:
    return is_invisible(char) or _BLANK.match(char) is not None


def invisible_characters(text: str) -> tuple[str, ...]:
    """Name the invisible characters and odd blanks of a text, each once, in order: `U+200B`."""
    if text.isascii() and text.isprintable():
        return ()
    return tuple(dict.fromkeys(_name(char) for char in text if _is_odd(char)))


def control_characters(text: str) -> tuple[str, ...]:
    """Name the control characters and line ends of a text, each once, in order: `U+0009`."""
    if text.isprintable():
        return ()
    found = (char for char in text if unicodedata.category(char) in ("Cc", "Zl", "Zp"))
    return tuple(dict.fromkeys(_name(char) for char in found))


def visible(text: str) -> str:
    """Return the text so that a person sees every character of it: `GHOST-001[U+200B]`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(f"[{_name(char)}]" if _is_odd(char) else char for char in text)


def quoted(text: str) -> str:
    """Return a refused text in quotes, every character to be seen, letters beyond ASCII named.

    `“С[U+0421]ANADA”`: a Cyrillic letter looks like the right one. Cut where it is long.
    """
    shown = "".join(
        f"[{_name(char)}]" if _is_odd(char) else char if char.isascii() else f"{char}[{_name(char)}]"
        for char in text.strip(" ")[: _MAX_SHOWN + 1]
    )
    return f"“{shown}…”" if len(text.strip(" ")) > _MAX_SHOWN else f"“{shown}”"


def typographic_characters(text: str) -> tuple[str, ...]:
    """Name what a word processor has put into a code of plain letters: `U+2011`.

    Each once, in order; none where other letters beyond ASCII stand in the code, too: there they may be meant.
    """
    found = tuple(dict.fromkeys(_name(char) for char in text if _TYPOGRAPHIC.match(char)))
    return found if _TYPOGRAPHIC.sub("", text).isascii() else ()


def lookalike(text: str) -> str:
    """Return the form in which codes are compared without letter case and width."""
    return unicodedata.normalize("NFKC", canonical(text)).casefold()


def _is_odd(char: str) -> bool:
    return char != " " and _is_unseen(char)


def _name(char: str) -> str:
    return f"U+{ord(char):04X}"


def is_sheet_error(text: str) -> bool:
    """Whether a spreadsheet shows this where a formula failed or runs: `#N/A`, `Loading...`."""
    return _SHEET_ERROR.fullmatch(canonical(text)) is not None


def is_placeholder(text: str) -> bool:
    """Whether this stands where a value is missing: a sheet error, `TBD`, `n/a`, `null`, `-`."""
    if is_sheet_error(text):
        return True
    seen = canonical(text)
    letters = _letters(seen)
    return bool(seen) and (not letters or letters in _NO_VALUES)


def is_masked(text: str) -> bool:
    """Whether this shows only where a code would stand: `xxxx-xxxx`."""
    return set(_letters(canonical(text))) == {"x"}


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()
