"""Computes every formula of a spreadsheet again after a change.

Documented: a spreadsheet is computed `ON_CHANGE` by default. Only sheets whose formulas depend on something are walked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain

from sheets_schema.emulator.model.a1 import Box
from sheets_schema.emulator.model.formula_evaluation import FormulaError, evaluate
from sheets_schema.emulator.model.formula_parser import ERRORS, Cells, Node, parse
from sheets_schema.emulator.model.locales import Locale
from sheets_schema.emulator.model.number_formats import DATE_KINDS, EPOCH
from sheets_schema.emulator.model.rows import Extra, Row, Value, make_row
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook

_DATE_FUNCTIONS = frozenset({"MAX", "MIN", "IFERROR"})


def recalculate(book: Workbook, now: float) -> None:
    """Compute the formulas of a forked book, where any depends on something else."""
    sheets = [sheet for sheet in book.sheets if sheet.calculates]
    if not sheets:
        return
    run = _Run(book, int((datetime.fromtimestamp(now, UTC).replace(tzinfo=None) - EPOCH).days))
    for sheet in sheets:
        for index, row in formula_rows(sheet):
            run.compute_row(sheet, index, row)


def formula_rows(sheet: Sheet) -> Iterator[tuple[int, Row]]:
    """Yield the rows that hold a formula, with their index."""
    rows = sheet.rows.between(0, len(sheet.rows))
    return ((index, row) for index, row in enumerate(list(rows)) if any(extra.formula for extra in row.extras))


class _Run:
    """One computation of a whole spreadsheet.

    A formula that others need is computed before them.
    """

    def __init__(self, book: Workbook, today: int) -> None:
        self.book = book
        self.today = today
        self._known: dict[tuple[int, int, int], Value] = {}
        self._open: set[tuple[int, int, int]] = set()

    def compute_row(self, sheet: Sheet, index: int, row: Row) -> None:
        values = [*row.values, *([""] * (len(row.extras) - len(row.values)))]
        extras = list(row.extras)
        for column, extra in enumerate(extras):
            if extra.formula:
                values[column] = self.value(sheet, index, column)
                extras[column] = self._dressed(sheet, extra)
        made = make_row(values, extras)
        if made != row or any(type(a) is not type(b) for a, b in zip(made.values, row.values, strict=False)):
            self.book.writable(sheet.sheet_id).rows[index] = made

    def value(self, sheet: Sheet, row: int, column: int) -> Value:
        """Return the value of a cell, computed if it is a formula.

        A circle is a `#REF!` (as in the interface).
        """
        stored = sheet.rows[row]
        formula = stored.extra_at(column).formula
        if not formula or not sheet.calculates:
            return stored.value_at(column)
        key = (sheet.sheet_id, row, column)
        if key in self._open or len(self._open) > _DEEPEST:
            return "#REF!"
        if key not in self._known:
            self._open.add(key)
            try:
                self._known[key] = evaluate(formula, _Around(self, sheet))
            finally:
                self._open.discard(key)
        return self._known[key]

    def _dressed(self, sheet: Sheet, extra: Extra) -> Extra:
        """Give a date format to a formula that shows a date and has none.

        Observed: results take their source's format.
        """
        if extra.format is not None and "numberFormat" in extra.format:
            return extra
        form = _format_of(parse(extra.formula), _Around(self, sheet), self.book.locale)
        if form is None:
            return extra
        return Extra(extra.formula, extra.note, {**(extra.format or {}), "numberFormat": form}, extra.validation)


_DEEPEST = 200


class _Around:
    """What a formula on one sheet sees."""

    def __init__(self, run: _Run, sheet: Sheet) -> None:
        self.run, self.sheet = run, sheet
        self.today = run.today

    def place(self, wanted: Cells) -> tuple[Sheet, Box]:
        sheet = self.run.book.titled(wanted.title) if wanted.title else self.sheet
        if sheet is None or not sheet.is_grid:
            raise FormulaError("#REF!")
        return sheet, wanted.box

    def cells(self, wanted: Cells) -> list[Value]:
        sheet, box = self.place(wanted)
        area = box.closed(sheet.row_count, sheet.column_count)
        if area.is_empty:
            raise FormulaError("#REF!")
        last = area.bottom if wanted.one else min(area.bottom, max(len(sheet.rows), area.top + 1))
        rows = range(area.top, last)
        found = chain.from_iterable(
            (self.run.value(sheet, row, column) for column in range(area.left, area.right)) for row in rows
        )
        values = list(found)
        if wanted.one and values[0] in ERRORS and sheet.rows[area.top].extra_at(area.left).formula:
            raise FormulaError(str(values[0]))
        return values

    def named(self, name: str) -> Cells | None:
        for item in self.run.book.named_ranges.values():
            if item["name"].casefold() == name.casefold():
                grid = item["range"]
                sheet = self.run.book.sheet(grid.get("sheetId", 0))
                box = Box(
                    grid.get("startRowIndex", 0),
                    grid.get("startColumnIndex", 0),
                    grid.get("endRowIndex"),
                    grid.get("endColumnIndex"),
                )
                return Cells(sheet.title, box, box.bottom == box.top + 1 and box.right == box.left + 1)
        return None


def _format_of(node: Node, around: _Around, locale: Locale) -> JsonDict | None:
    """Return the date format that a formula takes: TODAY's, or its first cell's."""
    if node.kind == "call" and node.value == "TODAY":
        return {"type": "DATE", "pattern": locale.date}
    if node.kind == "cells" and node.value.one:
        try:
            sheet, box = around.place(node.value)
        except FormulaError:
            return None
        form: JsonDict = (sheet.rows[box.top].extra_at(box.left).format or {}).get("numberFormat", {})
        return form if form.get("type") in DATE_KINDS else None
    if node.kind == "binary" and node.value in {"+", "-"}:
        left, right = (_format_of(inner, around, locale) for inner in node.inner)
        return None if left and right else left or right
    if node.kind == "call" and node.value in _DATE_FUNCTIONS and node.inner:
        return _format_of(node.inner[0], around, locale)
    if node.kind == "call" and node.value == "IF" and len(node.inner) > 1:
        return _format_of(node.inner[1], around, locale)
    return None
