"""References inside a formula's text.

They follow cells that move, and sheets that are renamed or deleted.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from sheets_schema.emulator.model.a1 import column_index, column_name, quoted
from sheets_schema.emulator.model.formula_parser import REFERENCE, TEXT

MoveSpan = Callable[[int, int], tuple[int, int | None] | None]
"""Where start and end of a reference go in one direction; None when nothing is left."""

_PART = re.compile(r"(\$?)([A-Za-z]{1,3})?(\$?)([0-9]{1,7})?")
_GONE = "#REF!"


def _each(formula: str, change: Callable[[re.Match[str]], str]) -> str:
    """Return a formula with its references changed; what stands in quotes as text is left alone."""
    result, at = [], 0
    pattern = re.compile(f"(?P<quoted>{TEXT.pattern})|(?<![A-Za-z0-9_.$])(?P<whole>{REFERENCE.pattern})")
    for match in pattern.finditer(formula):
        result.append(formula[at : match.start()])
        result.append(match.group() if match["quoted"] else change(match))
        at = match.end()
    return "".join(result) + formula[at:]


def _title(match: re.Match[str]) -> str | None:
    title: str | None = match["title"]
    if title is None:
        return None
    return title[1:-2].replace("''", "'") if title.startswith("'") else title[:-1]


def copied(formula: str, down: int, across: int) -> str:
    """Return a formula as a copy has it: references without `$` move along.

    One that leaves the sheet is `#REF!`.
    """

    def corner(text: str) -> str | None:
        hold_column, letters, hold_row, digits = _groups(text)
        if letters is not None and not hold_column:
            index = column_index(letters) + across
            if index < 0:
                return None
            letters = column_name(index)
        if digits is not None and not hold_row:
            if int(digits) + down < 1:
                return None
            digits = str(int(digits) + down)
        return f"{hold_column}{letters or ''}{hold_row}{digits or ''}"

    def change(match: re.Match[str]) -> str:
        corners = [corner(part) for part in match["cells"].split(":")]
        return _GONE if None in corners else (match["title"] or "") + ":".join(part or "" for part in corners)

    return _each(formula, change)


def shifted(formula: str, here: str, target: str, dimension: str, move: MoveSpan) -> str:
    """Return a formula on sheet `here` after rows or columns of sheet `target` moved.

    They were put in, taken out, or moved.
    """

    def change(match: re.Match[str]) -> str:
        title = _title(match)
        if (here if title is None else title).casefold() != target.casefold():
            return match.group()
        parts = [list(_groups(part)) for part in match["cells"].split(":")]
        position = 3 if dimension == "ROWS" else 1
        known = [part[position] for part in parts]
        if known[0] is None:
            return match.group()
        read = (lambda text: int(text) - 1) if dimension == "ROWS" else column_index
        write = (lambda index: str(index + 1)) if dimension == "ROWS" else column_name
        indexes = [read(text) for text in known if text is not None]
        span = move(min(indexes), max(indexes) + 1)
        if span is None:
            return _GONE
        ends = [span[0], (span[1] or span[0] + 1) - 1]
        for part, index in zip(parts, ends, strict=False):
            if part[position] is not None:
                part[position] = write(index)
        return (match["title"] or "") + ":".join("".join(text or "" for text in part) for part in parts)

    return _each(formula, change)


def retitled(formula: str, old: str, new: str | None) -> str:
    """Return a formula after a sheet got another title, or None of it is left."""

    def change(match: re.Match[str]) -> str:
        title = _title(match)
        if title is None or title.casefold() != old.casefold():
            return match.group()
        return _GONE if new is None else f"{quoted(new)}!{match['cells']}"

    return _each(formula, change)


def _groups(text: str) -> tuple[str, str | None, str, str | None]:
    match = _PART.fullmatch(text)
    assert match is not None  # part of a reference
    if match[2] is None:
        # `$5`: the one sign there is holds the row.
        return "", None, match[1] or match[3], match[4]
    return match[1], match[2], match[3], match[4]
