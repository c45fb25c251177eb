"""Text that comes in as if somebody pasted or split it: pasteData, textToColumns."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from sheets_schema.emulator.batch.cell_blocks import read_block, write_block
from sheets_schema.emulator.batch.context import Context, required
from sheets_schema.emulator.batch.formula_moves import note_formulas
from sheets_schema.emulator.errors import InvalidRequestError, unsupported
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.rows import Extra, Value
from sheets_schema.emulator.model.user_entered import user_entered
from sheets_schema.emulator.model.workbook import JsonDict, Sheet

_DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "PERIOD": ".", "SPACE": " "}


def _write(context: Context, sheet: Sheet, top: int, left: int, lines: Sequence[Sequence[str]]) -> None:
    """Write texts as if they had been typed.

    The grid grows with them (observed in the interface).
    """
    right = left + max(map(len, lines), default=0)
    sheet.row_count = max(sheet.row_count, top + len(lines))
    sheet.column_count = max(sheet.column_count, right)
    context.book.check_size()
    context.guard(sheet, Area(top, left, top + len(lines), right))
    year = datetime.fromtimestamp(context.now, UTC).year
    for index, line in enumerate(lines, top):
        (old,) = read_block(sheet, Area(index, left, index + 1, left + len(line)))
        fresh: list[tuple[Value, Extra]] = []
        for (_, extra), text in zip(old, line, strict=True):
            typed = user_entered(text, context.book.locale, year) if text else None
            style = dict(extra.format or {})
            if typed is not None and typed.number_format is not None:
                style["numberFormat"] = typed.number_format
            formula, value = ("", "") if typed is None else (typed.formula, typed.value)
            note_formulas(sheet, [Extra(formula)])
            fresh.append((value, Extra(formula, extra.note, style or None, extra.validation)))
        write_block(sheet, index, left, [fresh])


def paste_data(context: Context, request: JsonDict) -> None:
    """Documented: text, cut at a delimiter, goes in from a coordinate on, as if it were pasted.

    HTML is not supported.
    """
    if request.get("html"):
        raise unsupported("pasteData of HTML")
    kind = request.get("type", "PASTE_NORMAL")
    if kind not in {"PASTE_NORMAL", "PASTE_VALUES", "PASTE_NO_BORDERS", "PASTE_FORMULA"}:
        return  # text brings no formats, rules or borders along
    delimiter = request.get("delimiter", "")
    if not delimiter:
        raise InvalidRequestError("No delimiter specified.")
    corner = required(request, "coordinate")
    sheet = context.grid(corner.get("sheetId", 0))
    lines = _cut(request.get("data", ""), delimiter)
    if lines:
        _write(context, sheet, corner.get("rowIndex", 0), corner.get("columnIndex", 0), lines)


def _cut(text: str, delimiter: str) -> list[list[str]]:
    """Return lines of fields; a field in quotes may hold the delimiter and line ends."""
    if len(delimiter) != 1 or delimiter in '"\r\n':
        return [line.split(delimiter) for line in text.splitlines()]
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


def text_to_columns(context: Context, request: JsonDict) -> None:
    """Cut the texts of one column at a delimiter.

    Documented: the parts go into it and the columns beside it.
    """
    sheet, area = context.located(required(request, "source"))
    if area.width != 1:
        raise InvalidRequestError("source must span exactly one column.")
    used = Area(area.top, area.left, max(area.top, min(area.bottom, len(sheet.rows))), area.right)
    texts = [str(line[0][0]) if isinstance(line[0][0], str) else "" for line in read_block(sheet, used)]
    delimiter = _delimiter(request, texts)
    for index, text in enumerate(texts, used.top):
        if delimiter and delimiter in text:
            parts = next(iter(_cut(text, delimiter)))
            _write(context, sheet, index, used.left, [[part.strip() for part in parts]])


def _delimiter(request: JsonDict, texts: list[str]) -> str:
    kind = request.get("delimiterType", "DELIMITER_TYPE_UNSPECIFIED")
    if kind in _DELIMITERS:
        return _DELIMITERS[kind]
    if kind == "CUSTOM":
        delimiter: str = request.get("delimiter", "")
        if not delimiter:
            raise InvalidRequestError("delimiter must be set when delimiterType is CUSTOM.")
        return delimiter
    if kind != "AUTODETECT":
        raise InvalidRequestError("delimiterType must be set.")
    counted = Counter({mark: sum(mark in text for text in texts) for mark in ",;.\t |"})
    mark, lines = counted.most_common(1)[0]
    return mark if lines else ""


HANDLERS = {"pasteData": paste_data, "textToColumns": text_to_columns}
