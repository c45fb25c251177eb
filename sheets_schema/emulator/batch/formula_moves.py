"""Formulas that are copied, and formulas whose cells move.

Their references follow, or the move is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sheets_schema.emulator.errors import unsupported
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.formula_evaluation import check
from sheets_schema.emulator.model.formula_parser import Cells, leaves, parse
from sheets_schema.emulator.model.formula_references import MoveSpan, copied, retitled, shifted
from sheets_schema.emulator.model.recalculation import formula_rows
from sheets_schema.emulator.model.rows import Extra, Row, make_row
from sheets_schema.emulator.model.workbook import Sheet, Workbook


def moved_extra(extra: Extra, down: int, across: int) -> Extra:
    """Return what a copied cell has: its references move along with it."""
    if not extra.formula or not (down or across):
        return extra
    return replace(extra, formula=copied(extra.formula, down, across))


def note_formulas(sheet: Sheet, extras: list[Extra]) -> None:
    """Remember that formulas have come to a sheet."""
    if not sheet.calculates and any(extra.formula and check(extra.formula) for extra in extras):
        sheet.calculates = True


def spread_formulas(sheet: Sheet, area: Area) -> None:
    """Move the references of one formula that was written to all cells of an area.

    It is as if it had been copied from the first cell.
    """
    for index in range(area.top, area.bottom):
        row = sheet.rows[index]
        extras = [
            moved_extra(extra, index - area.top, column - area.left) if area.left <= column < area.right else extra
            for column, extra in enumerate(row.extras)
        ]
        sheet.rows[index] = make_row(row.values, extras)


def _rewrite(book: Workbook, change: Callable[[Sheet, str], str]) -> None:
    """Change every formula of the sheets that calculate."""
    for sheet in [sheet for sheet in book.sheets if sheet.calculates]:
        for index, row in formula_rows(sheet):
            extras = [replace(e, formula=change(sheet, e.formula)) if e.formula else e for e in row.extras]
            if extras != list(row.extras):
                book.writable(sheet.sheet_id).rows[index] = make_row(row.values, extras)


def follow_shift(book: Workbook, target: Sheet, dimension: str, move: MoveSpan) -> None:
    """Let references follow rows or columns that were put in, taken out, or moved on a sheet."""
    _rewrite(book, lambda sheet, formula: shifted(formula, sheet.title, target.title, dimension, move))


def follow_title(book: Workbook, old: str, new: str | None) -> None:
    """Let references follow a sheet that got another title, or is gone."""
    _rewrite(book, lambda _, formula: retitled(formula, old, new))


def refuse_referred(book: Workbook, target: Sheet, area: Area, operation: str) -> None:
    """Refuse a move of cells that a formula refers to; following them there is not supported."""
    for sheet in book.sheets:
        if not sheet.calculates:
            continue
        for _, row in formula_rows(sheet):
            if any(_refers(book, sheet, row, column, target, area) for column in range(len(row.extras))):
                raise unsupported(f"{operation} of cells that a formula refers to")


def _refers(book: Workbook, sheet: Sheet, row: Row, column: int, target: Sheet, area: Area) -> bool:
    formula = row.extras[column].formula
    if not formula:
        return False
    for node in leaves(parse(formula)):
        if node.kind == "cells":
            cells: Cells = node.value
            home = book.titled(cells.title) if cells.title else sheet
            if home is not None and home.sheet_id == target.sheet_id:
                closed = cells.box.closed(target.row_count, target.column_count)
                if closed.meets(area):
                    return True
    return False
