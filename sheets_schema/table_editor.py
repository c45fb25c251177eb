"""Typed access to one input or internal table inside a transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from sheets_schema.errors import InvalidDeclarationError, SchemaMismatchError
from sheets_schema.protocol.batch_requests import (
    Request,
    clear_cells,
    copy_cells,
    grid,
    grow,
    grown,
    insert_rows,
    widen,
    write_cells,
    write_rows,
)
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.new_tab import format_rows
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.table_read import InputRow, TableRead
from sheets_schema.schema.cells import Cell, as_read
from sheets_schema.schema.tables import InputTable, T, placed_value


class TableEditor:
    """An input or internal table as read for this transaction: its rows, and how to write some."""

    def __init__(self, sheet: SheetLayout, read: TableRead, changes: Changes) -> None:
        self._sheet = sheet
        self._read = read
        self._changes = changes
        self._next_row = read.last_row + 1
        self._grid_rows = read.grid_rows
        self._moved = False

    @property
    def _requests(self) -> list[Request]:
        self._changes.check_writable()
        return self._changes.requests

    @property
    def rows(self) -> tuple[InputRow, ...]:
        """The rows that hold something in a declared column, top to bottom."""
        return tuple(row for row in self._read.rows if row.cells)

    @property
    def all_rows(self) -> tuple[InputRow, ...]:
        """As `rows`, with those in which people have written only beside the declared columns."""
        return self._read.rows

    def find(self, **key: object) -> InputRow | None:
        """Return the row in which these columns hold these values, blanks around them aside.

        None if there is none.

        Raises `SchemaMismatchError` if several do: which one is meant is for people to say.
        """
        wanted = {name: str(as_read(value)).strip() for name, value in key.items()}
        if not wanted or (unknown := set(wanted) - set(self._read.binding.index)):
            raise InvalidDeclarationError(
                f"{self._read.tab.__name__}: {sorted(unknown) if wanted else 'nothing'} is no key"
            )
        found = [row for row in self.rows if all(row.text(name) == text for name, text in wanted.items())]
        if len(found) > 1:
            headers = {column.field: column.header for column in self._read.tab.columns()}
            raise SchemaMismatchError(
                f"Tab “{self._read.tab.__table__.title}”: rows {', '.join(str(row.number) for row in found)} have the same "
                f"{', '.join(f'“{headers[name]}”' for name in wanted)}. Only one may: correct or delete the others.",
                tab=self._read.tab.__table__.title,
            )
        return found[0] if found else None

    def where(self, tab: type[T], predicate: Callable[[T], bool]) -> list[tuple[InputRow, T]]:
        """Return the rows for which `predicate` holds, each with its checked model.

        `tab` is this table's own class.

        Raises `SchemaMismatchError` naming a row that cannot be read: without it the result would be wrong.
        """
        if tab is not self._read.tab:
            raise InvalidDeclarationError(f"this is {self._read.tab.__name__}, not {tab.__name__}")
        models = [(row, self._model(tab, row)) for row in self.rows]
        return [(row, model) for row, model in models if predicate(model)]

    def _model(self, tab: type[T], row: InputRow) -> T:
        try:
            return tab.model_validate(dict(row.cells), by_name=True)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            headers = {column.field: column.header for column in tab.columns()}
            field = str(first["loc"][0]) if first["loc"] else ""
            raise SchemaMismatchError(
                f"Tab “{tab.__table__.title}”, row {row.number}, column “{headers.get(field, field)}”: {first['msg']}. Correct the cell.",
                tab=tab.__table__.title,
            ) from None

    def update(self, key: Mapping[str, object], **values: object) -> bool:
        """Write columns of the row with this key; False if there is none.

        Raises like `find` and `write`.
        """
        row = self.find(**key)
        if row:
            self.write(row, **values)
        return row is not None

    def delete(self, rows: Sequence[InputRow]) -> None:
        """Delete rows, people's own columns included; the rows below move up.

        The rows must be those of this very read, since people sort and insert rows. What they do between this read and the commit, about
        a second, is not noticed (docs/internals/failure-model.md). Delete last: afterwards the same transaction cannot write to this
        tab, whose rows have moved. Raises `InvalidDeclarationError`.
        """
        known = {id(row) for row in self._read.rows}
        if any(id(row) not in known for row in rows):
            raise InvalidDeclarationError(f"{self._read.tab.__name__}: delete rows that this operation has just read")
        self._still_in_place()
        numbers = sorted({row.number for row in rows})
        if not numbers:
            return
        # Google leaves no tab without a row below those that are frozen, which people may have changed to three, say
        # (reported: "it is not possible to delete all non-frozen rows", theoephraim/node-google-spreadsheet#186).
        frozen = max(1, self._sheet.frozen_rows)
        if len(numbers) >= self._grid_rows - frozen:
            self._grow(len(numbers) + frozen + 1)
        for first, count in reversed(_runs(numbers)):
            span = {"sheetId": self._sheet.sheet_id, "dimension": "ROWS", "startIndex": first - 1}
            self._requests.append({"deleteDimension": {"range": {**span, "endIndex": first - 1 + count}}})
        self._moved = True

    def delete_one(self, **key: object) -> bool:
        """Delete the row with this key; False if there is none. Raises like `find` and `delete`."""
        row = self.find(**key)
        if row:
            self.delete([row])
        return row is not None

    def _still_in_place(self) -> None:
        if self._moved:
            raise InvalidDeclarationError(
                f"{self._read.tab.__name__}: its rows have moved; delete last, or in a transaction of its own"
            )

    def write(self, row: InputRow, **values: object) -> None:
        """Write columns of a row that was read; what stands there already is not sent again.

        Raises `InvalidDeclarationError` for a column of an input table that is not marked `Generated`: it belongs to people.
        """
        self._still_in_place()
        computed = {column.field for column in self._read.tab.columns() if column.computed}
        if issubclass(self._read.tab, InputTable) and (theirs := set(values) - computed):
            raise InvalidDeclarationError(f"{self._read.tab.__name__}: {sorted(theirs)} belong to people")
        self._check([values])
        changed = {name: value for name, value in values.items() if not _same(row.cells.get(name), as_read(value))}
        if changed:
            self._write(row.number, [changed], changed)

    def append(self, rows: Sequence[dict[str, object]], beside: Sequence[Mapping[int, Cell]] = ()) -> int:
        """Put new rows below whatever stands lowest, and return the number of the first one.

        In an input table, room is made for them by inserting rows: what a person has typed there since it was read moves down.
        `beside` gives, row by row, what goes into people's own columns (see `InputRow.extra_cells`).
        """
        if not rows:
            return self._next_row
        self._check(rows)
        first = self._make_room(len(rows))
        self._write(first, rows, self._read.binding.index)
        declared = set(self._read.binding.index.values())
        for number, theirs in enumerate(beside, first):
            for index, cell in theirs.items():
                if index not in declared and index < self._read.columns:
                    self._requests.append(write_cells(self._sheet.sheet_id, number, index, [[cell]]))
        return first

    def copy_rows(self, source: TableEditor, rows: Sequence[InputRow], values: Sequence[dict[str, object]]) -> int:
        """Copy rows of another table below whatever stands lowest here; the number of the first one.

        Cells come as they are: numbers that Python could not write back, dates, formulas, formats, and what people have
        in columns of their own (found by header, else by position; a column that is gone here is added at the right).
        `values` gives, row by row, what is then written over the copies.
        """
        if not rows:
            return self._next_row
        self._check(values)
        first = self._make_room(len(rows))
        below = first
        columns = self._destinations(source, rows)
        for row, count in _runs([row.number for row in rows]):
            for there, here, width in columns:
                origin = grid(source._sheet.sheet_id, row, count, there, width)
                self._requests.append(
                    copy_cells(origin, grid(self._sheet.sheet_id, below, count, here, width), "PASTE_NORMAL")
                )
            below += count
        self._write(first, values, sorted({name for row in values for name in row}))
        return first

    def _make_room(self, count: int) -> int:
        """Room for new rows below the last; the number of the first one."""
        self._still_in_place()
        first, self._next_row = self._next_row, self._next_row + count
        if issubclass(self._read.tab, InputTable):
            self._grow(first)
            self._requests.append(insert_rows(self._sheet.sheet_id, first, count))
            self._grid_rows += count
        else:
            self._grow(self._next_row - 1)
        return first

    def _destinations(self, source: TableEditor, rows: Sequence[InputRow]) -> list[tuple[int, int, int]]:
        """Return where columns of another table belong here.

        Runs of (first column there, first column here, how many).
        """
        theirs, ours = source._read, self._read
        goals = {
            there: ours.binding.index[name]
            for name, there in theirs.binding.index.items()
            if name in ours.binding.index
        }
        free_columns = set(range(ours.columns)) - set(ours.binding.index.values())
        own = [index for index in range(theirs.columns) if index not in theirs.binding.index.values()]
        for index in own:
            header = theirs.header[index] if index < len(theirs.header) else ""
            same = [index for index in sorted(free_columns) if header and ours.header[index : index + 1] == (header,)]
            if same:
                goals[index] = same[0]
                free_columns.remove(same[0])
        filled = {index for row in rows for index in row.extra_cells}
        columns = ours.columns
        for index in own:
            if index not in goals and index in free_columns:
                goals[index] = index
                free_columns.remove(index)
            elif index not in goals and index in filled:
                goals[index], columns = columns, columns + 1
        if columns > ours.columns:
            self._requests.append(widen(self._sheet.sheet_id, columns - ours.columns))
        return _column_runs(goals)

    def _check(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Raise `InvalidValueError` for what no cell can hold, before any row is staged."""
        columns = {column.field: column for column in self._read.tab.columns()}
        for row in rows:
            for name, value in row.items():
                if name in columns:
                    placed_value(self._read.tab, columns[name], value)

    def _grow(self, needed: int) -> None:
        self._requests.extend(grow(self._sheet, self._grid_rows, needed))
        self._grid_rows = grown(self._grid_rows, needed)

    def clear(self, rows: Sequence[InputRow]) -> None:
        """Empty rows of an internal table.

        Raises `InvalidDeclarationError` for an input table: people may have moved its rows.
        """
        if issubclass(self._read.tab, InputTable):
            raise InvalidDeclarationError(f"{self._read.tab.__name__}: rows of an input table are deleted or moved")
        self._still_in_place()
        for first, count in _runs([row.number for row in rows]):
            self._requests.append(clear_cells(self._sheet.sheet_id, first, count, self._read.columns))

    def replace(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Replace all rows of an internal table.

        Raises `InvalidDeclarationError` for an input table.
        """
        if issubclass(self._read.tab, InputTable):
            raise InvalidDeclarationError(f"{self._read.tab.__name__}: the rows of an input table belong to people")
        self._still_in_place()
        self._check(rows)
        if self._read.last_row > 1:
            self._requests.append(clear_cells(self._sheet.sheet_id, 2, self._read.last_row - 1, self._read.columns))
        self._grow(len(rows) + 1)
        self._write(2, [dict(row) for row in rows], self._read.binding.index)
        self._moved = True

    def move_rows(self, into: TableEditor) -> None:
        """Move whatever stands below the header to the empty internal table `into`.

        It is moved in the moment of the commit. What a person has pasted since the tab was read moves along; what was
        pasted below the grid of that time stays for the next move. The header goes along as a copy, so that moved columns are
        understood there as well. Cells keep their formats, and people's own columns their formulas; declared ones
        hold what is shown, since that is decided on.

        Raises `InvalidDeclarationError` if `into` is not empty: its rows would be overwritten.
        """
        self._still_in_place()
        if into.all_rows:
            raise InvalidDeclarationError(f"{into._read.tab.__name__} still holds rows")
        source, target, theirs = self._sheet.sheet_id, into._sheet, into._read
        height, width = self._read.grid_rows, self._read.columns
        if theirs.columns < width:
            self._requests.append(widen(target.sheet_id, width - theirs.columns))
        there, here = (grid(sheet_id, 2, height - 1, 0, width) for sheet_id in (source, target.sheet_id))
        header, copied = (grid(sheet_id, 1, 1, 0, width) for sheet_id in (source, target.sheet_id))
        runs = _column_runs({index: index for index in self._read.binding.index.values()})
        declared = [{"startColumnIndex": first, "endColumnIndex": first + count} for first, _, count in runs]
        self._requests.extend(
            [
                *grow(target, theirs.grid_rows, height),
                clear_cells(target.sheet_id, 1, 1, max(theirs.columns, width)),
                copy_cells(header, copied, "PASTE_VALUES"),
                # Copied and emptied, not cut: formulas elsewhere that point to the table would follow the cut cells.
                copy_cells(there, here, "PASTE_NORMAL"),
                *(copy_cells({**there, **columns}, {**here, **columns}, "PASTE_VALUES") for columns in declared),
                {"updateCells": {"range": there, "fields": "userEnteredValue,note"}},
                # What was pasted may have brought formats along, in which the next code would be a number.
                *format_rows(self._read.tab, source, self._read.binding, height),
            ]
        )

    def _write(self, row: int, rows: Sequence[dict[str, object]], fields: Any) -> None:
        self._requests.extend(write_rows(self._sheet.sheet_id, self._read.binding, row, rows, fields))


def _same(there: Cell, wanted: Cell) -> bool:
    """Whether a cell need not be written: 1 and TRUE are equal to Python, and not in a sheet."""
    there = "" if there is None else there
    return there == wanted and isinstance(there, bool) == isinstance(wanted, bool)


def _column_runs(goals: Mapping[int, int]) -> list[tuple[int, int, int]]:
    """Pairs of columns as runs of (first there, first here, how many)."""
    runs: list[tuple[int, int, int]] = []
    for there, here in sorted(goals.items()):
        if runs and (runs[-1][0] + runs[-1][2], runs[-1][1] + runs[-1][2]) == (there, here):
            runs[-1] = (*runs[-1][:2], runs[-1][2] + 1)
        else:
            runs.append((there, here, 1))
    return runs


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Consecutive numbers as (first, how many)."""
    runs: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if runs and sum(runs[-1]) == number:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((number, 1))
    return runs
