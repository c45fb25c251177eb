"""Which rows of views a commit writes, and how they are written. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from itertools import groupby
from typing import NamedTuple

from sheets_schema.errors import InvalidValueError
from sheets_schema.protocol.batch_requests import (
    Request,
    clear_cells,
    grow,
    grown,
    widen,
    write_cells,
)
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.limits import encode
from sheets_schema.protocol.new_tab import free_id, new_tab
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.protocol.snapshot import HEADER, Snapshot
from sheets_schema.schema.cells import Cell, as_read, serial_number
from sheets_schema.schema.columns import Column
from sheets_schema.schema.declaration import IncrementalView, S
from sheets_schema.schema.tables import View, view_binding

_ROWS_AT_ONCE = 100
"""Rows of a view that one request writes: what does not fit into the batch is left by so many."""


class ViewWrites(NamedTuple):
    """What a commit writes into views, and what they show then."""

    requests: list[Request]
    contents: dict[type[View], list[list[Cell]]]
    stale_view_rows: dict[type[View], frozenset[int]]
    """Rows of incremental views that are left for later commits, by index."""
    sheets: dict[str, SheetLayout]
    """Tabs that are made or widened for it."""


def write_views(
    snapshot: Snapshot[S],
    state: S,
    changes: Changes,
    values: Mapping[str, str],
    grid_rows: dict[str, int],
    commit: str,
    room: int,
) -> ViewWrites:
    """Return what brings the views up to date with `state`, as far as `room` bytes allow.

    `grid_rows` is changed where a grid grows.
    """
    requests: list[Request] = []
    contents: dict[type[View], list[list[Cell]]] = {}
    stale_view_rows: dict[type[View], frozenset[int]] = {}
    sheets: dict[str, SheetLayout] = {}
    for view, compute in snapshot.schema.views.items():
        if isinstance(compute, IncrementalView):
            indexes = _rows_to_write(snapshot, view, compute, state, values, changes)
            bottom = compute.row_count(state) + 1
            sheet, _, shaping = _make_room(snapshot, view, bottom, grid_rows, sheets, commit)
            cells = {index: _row_of(view, compute, state, values, index, snapshot.zone) for index in sorted(indexes)}
            writing, stale_view_rows[view], room = _write_rows(view, sheet, cells, room - len(encode(shaping)))
            requests += [*shaping, *writing]
            continue
        wanted = view_table(view, compute(state, values), snapshot.zone, snapshot.views.get(view, ()))
        sheet, now, shaping = _make_room(snapshot, view, len(wanted), grid_rows, sheets, commit)
        writing, contents[view] = _write_differences(sheet, now, wanted, room - len(encode(shaping)))
        requests += [*shaping, *writing]
        room -= len(encode([*shaping, *writing]))
    return ViewWrites(requests, contents, stale_view_rows, sheets)


def _make_room(
    snapshot: Snapshot[S],
    view: type[View],
    bottom: int,
    grid_rows: dict[str, int],
    sheets: dict[str, SheetLayout],
    commit: str,
) -> tuple[SheetLayout, list[list[Cell]], list[Request]]:
    """Return a view's tab with room down to row `bottom`, its content, and the requests.

    A view that is gone or too narrow is repaired, and noted in `sheets`.
    """
    sheet, now, requests = snapshot.sheets.get(view.__table__.title), snapshot.views.get(view, []), []
    if sheet is None:
        # A person deleted or renamed it: a view comes back by itself.
        taken = {known.sheet_id for known in [*snapshot.sheets.values(), *sheets.values()]}
        # No id comes twice, so that whoever still writes to the tab that is gone is refused.
        sheet = SheetLayout(
            free_id(f"{view.__table__.title} {commit}", taken), view.grid_columns(), view.__table__.rows
        )
        sheets[view.__table__.title], grid_rows[view.__table__.title] = sheet, sheet.rows
        now = [headers(view)]
        requests = new_tab(view, sheet)
    elif sheet.columns < len(view.columns()):
        requests = [widen(sheet.sheet_id, len(view.columns()) - sheet.columns)]
        sheets[view.__table__.title] = replace(sheet, columns=len(view.columns()))
    rows = grid_rows.get(view.__table__.title, sheet.rows)
    requests += grow(sheet, rows, bottom)
    grid_rows[view.__table__.title] = grown(rows, bottom)
    return sheet, now, requests


def _rows_to_write(
    snapshot: Snapshot[S],
    view: type[View],
    compute: IncrementalView[S],
    state: S,
    values: Mapping[str, str],
    changes: Changes,
) -> set[int]:
    """Return the indexes of the rows of an incremental view that a commit writes."""
    if view.__table__.title not in snapshot.sheets:
        return {HEADER, *range(compute.row_count(state))}
    stale = snapshot.stale_view_rows.get(view, ())  # rows below the last one that belongs there are among them
    if changes.rewrites_views:
        return {HEADER, *range(compute.row_count(state)), *stale}
    before = {**snapshot.schema.values, **snapshot.values}
    return {*compute.changed(snapshot.state, state, before, values), *stale}


def _row_of(
    view: type[View], compute: IncrementalView[S], state: S, values: Mapping[str, str], index: int, zone: tzinfo
) -> list[Cell]:
    """Return a whole row of an incremental view, padded with empty cells."""
    if index == HEADER:
        return headers(view)
    row = compute.row(state, values, index) if index < compute.row_count(state) else None
    cells = view_cells(view, row, zone) if row else []
    return [*cells, *[None] * (len(view.columns()) - len(cells))]


def _write_rows(
    view: type[View], sheet: SheetLayout, cells: Mapping[int, list[Cell]], room: int
) -> tuple[list[Request], frozenset[int], int]:
    """Return the requests that write rows of an incremental view.

    Also the rows for which there is no room, and the bytes left.
    """
    requests: list[Request] = []
    for _, neighbours in groupby(enumerate(cells), lambda pair: (pair[1] - pair[0], pair[0] // _ROWS_AT_ONCE)):
        indexes = [index for _, index in neighbours]
        request = write_view(view, sheet.sheet_id, indexes[0] + 2, [cells[index] for index in indexes])
        room -= len(encode(request)) + 1
        if room < 0:
            return requests, frozenset(index for index in cells if index >= indexes[0]), 0
        requests.append(request)
    return requests, frozenset(), room


def _write_differences(
    sheet: SheetLayout, now: list[list[Cell]], wanted: list[list[Cell]], room: int
) -> tuple[list[Request], list[list[Cell]]]:
    """Return the requests that turn a view's content into the wanted one.

    They write rows where they differ; what the tab then shows is returned, too. They take `room` bytes at most: rows
    for which there is none stay as they are.
    """
    requests: list[Request] = []
    if len(now) > len(wanted):
        requests.append(clear_cells(sheet.sheet_id, len(wanted) + 1, len(now) - len(wanted), sheet.columns))
        room -= len(encode(requests))
    for number, row in enumerate(wanted):
        there = now[number] if number < len(now) else []
        if there != row:
            request = write_cells(sheet.sheet_id, number + 1, 0, [[*row, *[None] * (len(there) - len(row))]])
            room -= len(encode(request)) + 1
            if room < 0:
                return requests, [*wanted[:number], *now[number : len(wanted)]]
            requests.append(request)
    return requests, wanted


def view_table(
    view: type[View], rows: Iterable[View], zone: tzinfo, there: Sequence[Sequence[Cell]] = ()
) -> list[list[Cell]]:
    """Return a view's whole content as cells, header first.

    Trailing empty cells are left out as a read leaves them out. Its columns stay in the order in which they stand
    `there`.
    """
    table = [headers(view), *(view_cells(view, row, zone) for row in rows)]
    index = [*view_binding(view, there[0] if there else ()).index.values()]
    return table if index == sorted(index) else [_reordered(cells, index) for cells in table]


def _reordered(cells: Sequence[Cell], index: Sequence[int]) -> list[Cell]:
    """Put cells, as declared, where their columns stand."""
    row: list[Cell] = [""] * len(index)
    for position, cell in zip(index, cells, strict=False):
        row[position] = cell
    while row and row[-1] == "":
        row.pop()
    return row


def headers(view: type[View]) -> list[Cell]:
    """Return a view's first row."""
    return [column.header for column in view.columns()]


def view_cells(view: type[View], row: View, zone: tzinfo) -> list[Cell]:
    """Return a view's row as cells, trailing empty ones left out.

    Times as dates of the spreadsheet's zone.
    """
    cells = [_shown(view, column, getattr(row, column.field), zone) for column in view.columns()]
    while cells and cells[-1] == "":
        cells.pop()
    return cells


def write_view(view: type[View], sheet_id: int, row: int, rows: Sequence[Sequence[Cell]]) -> Request:
    """Write whole rows of a view, the first at `row` (from 1).

    Addresses in columns of links lead there.
    """
    request = write_cells(sheet_id, row, 0, rows)
    links = [index for index, column in enumerate(view.columns()) if column.link]
    if links and row > 1:
        for cells in request["updateCells"]["rows"]:
            for index in links:
                if index < len(cells["values"]) and (address := cells["values"][index].get("userEnteredValue")):
                    link = {"textFormat": {"link": {"uri": address["stringValue"]}}}
                    cells["values"][index]["userEnteredFormat"] = link
        request["updateCells"]["fields"] += ",userEnteredFormat.textFormat.link"
    return request


def _shown(view: type[View], column: Column, value: object, zone: tzinfo) -> Cell:
    try:
        return serial_number(value, zone) if isinstance(value, datetime) else as_read(value)
    except InvalidValueError as error:
        raise InvalidValueError(f"Tab “{view.__table__.title}”, column “{column.header}”: {error}") from None
