"""`spreadsheets.values`: reading and writing plain values.

Recorded: trailing empty cells and rows are trimmed, inner ones are `""` and `[]`, an empty range has no `values` key;
ranges are echoed clipped to the grid. On writes null leaves a cell alone and does not count, `""` empties it and does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sheets_schema.emulator.batch.context import Context
from sheets_schema.emulator.batch.dimensions import put_in
from sheets_schema.emulator.errors import invalid_argument
from sheets_schema.emulator.model import a1
from sheets_schema.emulator.model import permissions as people
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.a1_resolver import Located, beyond, locate
from sheets_schema.emulator.model.cell_writer import check_length
from sheets_schema.emulator.model.data_validation import check_strict
from sheets_schema.emulator.model.formula_evaluation import check
from sheets_schema.emulator.model.locales import Locale
from sheets_schema.emulator.model.number_formats import DATE_KINDS, shown
from sheets_schema.emulator.model.permissions import Account
from sheets_schema.emulator.model.quirks import Quirks
from sheets_schema.emulator.model.recalculation import recalculate
from sheets_schema.emulator.model.rows import NO_EXTRA, Extra, Row, Value, make_row
from sheets_schema.emulator.model.table_detection import find_table
from sheets_schema.emulator.model.user_entered import EnteredValue, user_entered
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook

Reader = Callable[[str], EnteredValue]
"""Reads a text as if it had been typed."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """How values are shown. Documented defaults: FORMATTED_VALUE, SERIAL_NUMBER."""

    values: str = "FORMATTED_VALUE"
    dates: str = "SERIAL_NUMBER"


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and how input is read."""

    person: Account
    quirks: Quirks
    option: str
    now: float
    """Seconds since the epoch: a date that is typed without a year is of this one."""


def read(book: Workbook, text: str, major: str, rendering: Rendering) -> JsonDict:
    """Return a `ValueRange`."""
    sheet, area, *_ = locate(book, text)
    return value_range(book, sheet, area, major, rendering)


def value_range(book: Workbook, sheet: Sheet, area: Area, major: str, rendering: Rendering) -> JsonDict:
    """Return a `ValueRange` of an area."""
    columns = major == "COLUMNS"
    answer: JsonDict = {
        "range": a1.text_of(sheet.title, area),
        "majorDimension": "COLUMNS" if columns else "ROWS",
    }
    # A row that is only formatted shows nothing, and most rows are.
    rows = sheet.rows.between(area.top, sheet.rows.last_filled(area.top, area.bottom) + 1)
    locale = book.locale
    lines = [_render(row, area.left, area.right, rendering, locale) for row in rows]
    while lines and not lines[-1]:
        lines.pop()
    if columns and lines:
        lines = _turned(lines)
    if lines:
        answer["values"] = lines
    return answer


def _render(row: Row, left: int, right: int, rendering: Rendering, locale: Locale) -> list[Value]:
    """Return the cells of a row as they are answered, without empty ones at the end."""
    cells: list[Value] = list(row.values[left:right])
    if rendering.values == "FORMULA":
        _show_formulas(row, left, right, cells)
    elif rendering.values == "FORMATTED_VALUE":
        if row.extras:
            _show_formatted(row, left, cells, locale)
        else:
            for at, value in enumerate(cells):
                if value.__class__ is not str:
                    cells[at] = shown(value, None, locale)
    elif row.extras and rendering.dates == "FORMATTED_STRING":
        _show_dates(row, left, cells, locale)
    while cells and cells[-1] == "":
        cells.pop()
    return cells


def _show_formatted(row: Row, left: int, cells: list[Value], locale: Locale) -> None:
    """Show values in their formats; text goes through a format, too."""
    extras = row.extras
    for at, value in enumerate(cells):
        form = _number_format(extras[left + at]) if left + at < len(extras) else None
        if form is not None or value.__class__ is not str:
            cells[at] = shown(value, form, locale)


def _show_formulas(row: Row, left: int, right: int, cells: list[Value]) -> None:
    """Show formulas as written. Recorded: FORMULA gives dates as serial numbers."""
    for column in range(left, min(right, len(row.extras))):
        formula = row.extras[column].formula
        if formula:
            cells += [""] * (column - left + 1 - len(cells))
            cells[column - left] = formula


def _show_dates(row: Row, left: int, cells: list[Value], locale: Locale) -> None:
    """Documented: FORMATTED_STRING shows dates in their format and leaves other numbers alone."""
    for at, value in enumerate(cells):
        form = _number_format(row.extra_at(left + at))
        if form and form.get("type") in DATE_KINDS and not isinstance(value, str):
            cells[at] = shown(value, form, locale)


def _number_format(extra: Extra) -> Mapping[str, Any] | None:
    if extra.format is None:
        return None
    form: Mapping[str, Any] | None = extra.format.get("numberFormat")
    return form


def _turned(lines: list[list[Value]]) -> list[list[Value]]:
    """Rows as columns, trimmed again."""
    width = max(map(len, lines))
    turned: list[list[Value]] = []
    for column in range(width):
        line = [row[column] if column < len(row) else "" for row in lines]
        while line and line[-1] == "":
            line.pop()
        turned.append(line)
    return turned


def update(book: Workbook, text: str, body: JsonDict, writer: Writer) -> tuple[JsonDict, Sheet, Area]:
    """Write a `ValueRange` on a forked book.

    The `UpdateValuesResponse` without the spreadsheet id, and what was written.
    """
    asked = locate(book, text)
    sheet = asked.sheet
    lines = by_rows(body)
    target = _target(asked, lines)
    return write_lines(book, sheet, target, lines, writer), sheet, target


def by_rows(body: JsonDict) -> list[list[Any]]:
    """Return the values of a `ValueRange` as rows; null where a ragged column has nothing."""
    lines: list[list[Any]] = body.get("values", [])
    if body.get("majorDimension") != "COLUMNS":
        return lines
    height = max(map(len, lines), default=0)
    return [[column[at] if at < len(column) else None for column in lines] for at in range(height)]


def _target(asked: Located, lines: list[list[Any]]) -> Area:
    """Return the cells to write.

    Observed: a single cell is a start, anything else a bound not to be passed.
    """
    sheet, area, box, one_cell = asked
    height, width = max(len(lines), 1), max(1, *map(len, lines), 1)
    target = Area(area.top, area.left, area.top + height, area.left + width)
    if box is not None and not one_cell:
        where = f"Requested writing within range [{a1.text_of(sheet.title, area)}], but tried writing to"
        if box.bottom is not None and target.bottom > box.bottom:
            raise invalid_argument(f"{where} row [{box.bottom + 1}]")
        if box.right is not None and target.right > box.right:
            raise invalid_argument(f"{where} column [{a1.column_name(box.right)}]")
    if target.bottom > sheet.row_count or target.right > sheet.column_count:
        raise beyond(sheet, target)
    return target


def write_lines(book: Workbook, sheet: Sheet, target: Area, lines: list[list[Any]], writer: Writer) -> JsonDict:
    """Write rows of plain values at the top left of `target`; counts only what was touched."""
    people.check(book, sheet, [target], writer.person)
    own = book.writable(sheet.sheet_id)
    strict = writer.quirks.strict_validation == "enforced"
    reader = _reader(book, own, writer)
    touched_columns: set[int] = set()
    rows = cells = 0
    for index, line in enumerate(lines, target.top):
        filled = [at for at, value in enumerate(line) if value is not None]
        if not filled:
            continue
        row = _written(own.rows[index], target.left, line, filled, reader)
        if strict:
            check_strict(own, index, row, range(target.left, target.left + len(line)))
        own.rows[index] = row
        rows += 1
        cells += len(filled)
        touched_columns.update(filled)
    recalculate(book, writer.now)
    answer: JsonDict = {"updatedRange": a1.text_of(sheet.title, target)}
    counts = {"updatedRows": rows, "updatedColumns": len(touched_columns), "updatedCells": cells}
    return answer | {name: count for name, count in counts.items() if count}


def _reader(book: Workbook, sheet: Sheet, writer: Writer) -> Reader | None:
    """Return what reads typed text; None when text is kept as it is."""
    if writer.option == "RAW":
        return None
    locale, year = book.locale, datetime.fromtimestamp(writer.now, UTC).year

    def read(text: str) -> EnteredValue:
        found = user_entered(text, locale, year)
        if found.formula and check(found.formula):
            sheet.calculates = True
        return found

    return read


def _written(row: Row, left: int, line: list[Any], filled: list[int], reader: Reader | None) -> Row:
    right = left + filled[-1] + 1
    values = [*row.values, *([""] * (right - len(row.values)))]
    extras = [*row.extras, *([NO_EXTRA] * (right - len(row.extras)))] if row.extras else []
    for position in filled:
        column = left + position
        old = extras[column] if extras else NO_EXTRA
        values[column], extra = _entered(line[position], old, reader)
        if extra is not old:
            if not extras:
                extras = [NO_EXTRA] * right
            extras[column] = extra
    return make_row(values, extras)


def _entered(value: Value, old: Extra, reader: Reader | None) -> tuple[Value, Extra]:
    """One input.

    Only text is parsed, and only when the user is said to have typed it; notes and rules stay (observed).
    """
    kept = old if not old.formula else Extra("", old.note, old.format, old.validation)
    if not isinstance(value, str):
        return value, kept
    form = _number_format(old)
    if reader is None or not value or (form is not None and form.get("type") == "TEXT"):
        check_length(value)
        return value, kept
    found = reader(value)
    style = old.format
    if found.number_format is not None and not (form is not None and form.get("type") == found.number_format["type"]):
        style = {**(style or {}), "numberFormat": found.number_format}
    if found.formula == old.formula and style is old.format:
        return found.value, old
    return found.value, Extra(found.formula, old.note, style, old.validation)


def clear(book: Workbook, text: str, person: Account, now: float) -> str:
    """Empty a range; formats, notes and rules stay (documented). The range as echoed."""
    sheet, area, *_ = locate(book, text)
    _empty(book, sheet, area, person)
    recalculate(book, now)
    return a1.text_of(sheet.title, area)


def _empty(book: Workbook, sheet: Sheet, area: Area, person: Account) -> None:
    people.check(book, sheet, [area], person)
    own = book.writable(sheet.sheet_id)
    last = min(area.bottom, len(own.rows))
    if (
        area.left == 0
        and area.right >= sheet.column_count
        and not any(row.extras for row in own.rows.between(area.top, last))
    ):
        if last > area.top:
            own.rows.splice(area.top, last, [Row()] * (last - area.top))
        return
    for index in range(last - 1, area.top - 1, -1):
        row = own.rows[index]
        if row.width > area.left:
            own.rows[index] = _emptied(row, area)


def _emptied(row: Row, area: Area) -> Row:
    values, extras = list(row.values), list(row.extras)
    for column in range(area.left, min(area.right, len(values))):
        values[column] = ""
    for column in range(area.left, min(area.right, len(extras))):
        old = extras[column]
        if old.formula:
            extras[column] = Extra("", old.note, old.format, old.validation)
    return make_row(values, extras)


def append(context: Context, text: str, body: JsonDict, option: str, insert: str) -> tuple[JsonDict, Sheet, Area]:
    """Append on a forked book; the answer without spreadsheet ids, and what was written.

    Documented with examples, and observed (fact 16): the given range is searched for data; the last table in it
    counts, wherever it began. A table is a block of filled cells that touch, corners included. No data in the range:
    the values go where the range starts.

    `insert` is OVERWRITE (cells below the table are written over) or INSERT_ROWS (rows are put in for them).
    """
    sheet, area, *_ = locate(context.book, text)
    lines = by_rows(body)
    table = find_table(sheet, area)
    answer: JsonDict = {}
    top, left = (area.top, area.left) if table is None else (table.bottom, table.left)
    if table is not None:
        answer["tableRange"] = a1.text_of(sheet.title, table)
    height, width = max(len(lines), 1), max(1, *map(len, lines), 1)
    target = Area(top, left, top + height, left + width)
    own = context.sheet(sheet.sheet_id)
    # Reported: rows that are wider than the grid widen it; INSERT_ROWS adds rows whether there is a table or not.
    own.column_count = max(own.column_count, target.right)
    if insert == "INSERT_ROWS" and top < own.row_count:
        put_in(context, own, "ROWS", top, height)
    own.row_count = max(own.row_count, target.bottom)
    context.book.check_size()
    writer = Writer(context.person, context.quirks, option, context.now)
    updates = write_lines(context.book, own, target, lines, writer)
    return {**answer, "updates": updates}, own, target
