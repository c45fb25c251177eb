"""Setting a spreadsheet up: what is missing, and the one idempotent batch that makes it.

Nothing of a person's is deleted or overwritten: missing tabs are added with their dressing (formats, drop-downs,
notes, widths), missing headers are written into free cells of the first row, spoilt dressing and protection are put on
again (see `damage.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheets_schema.cells import Cell, iso_utc
from sheets_schema.changes import Request, grid, widen, write_cells
from sheets_schema.client import Client, Executed, NotExecuted, Rejected, Unclear
from sheets_schema.damage import LOOK, damage, ranges_to_look_at, shown_tabs
from sheets_schema.dressing import ROWS, dress_column, free_id, lock_range, new_tab
from sheets_schema.errors import InDoubt, SchemaError
from sheets_schema.lock_cell import FENCE_NAME, LockCell
from sheets_schema.reading import Sheet
from sheets_schema.schema import Schema
from sheets_schema.system_tabs import LOCK, LOCK_ROW, SCHEMA_VERSION, CommitLog, Control
from sheets_schema.tab import Form, Ledger, Tab, View
from sheets_schema.timing import Clock, Deadline

_SPARE_COLUMNS = 2


@dataclass
class Plan:
    """The differences between declaration and spreadsheet, in words, and the batch that removes them.

    `first` says that the spreadsheet was never set up before.
    """

    steps: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    first: bool = False


def sheets_of(metadata: Mapping[str, Any]) -> dict[str, Sheet]:
    """The tabs by title."""
    sheets = {}
    for each in metadata.get("sheets", []):
        properties = each["properties"]
        size = properties.get("gridProperties", {})
        sheets[properties["title"]] = Sheet(
            properties.get("sheetId", 0), size.get("columnCount", 0), size.get("rowCount", 0)
        )
    return sheets


def plan(schema: Schema[Any], client: Client, clock: Clock, deadline: Deadline) -> Plan:
    """Compare the spreadsheet with its declaration. Reads only."""
    metadata = client.metadata(deadline)
    sheets = sheets_of(metadata)
    there = [tab for tab in schema.tabs if tab.title in sheets]
    looked = [place for tab in there for place in ranges_to_look_at(tab, sheets[tab.title])]
    shown = shown_tabs(metadata, client.look(LOOK, looked, deadline) if there else {})
    headers = {tab: shown[sheets[tab.title].sheet_id].header for tab in there}
    made = Plan()
    taken = {sheet.sheet_id for sheet in sheets.values()}
    for index, tab in enumerate(schema.tabs):
        if tab in headers:
            _mend_tab(made, tab, sheets[tab.title], headers[tab])
            for step, requests in damage(tab, sheets[tab.title], shown[sheets[tab.title].sheet_id]):
                made.steps.append(step)
                made.requests += requests
        else:
            sheet = Sheet(free_id(tab.title, taken), len(tab.columns()) + _SPARE_COLUMNS, ROWS)
            taken.add(sheet.sheet_id)
            sheets[tab.title] = sheet
            made.steps.append(f"add tab “{tab.title}”")
            made.requests += new_tab(tab, sheet, index)
    fences = [each for each in metadata.get("namedRanges", []) if each.get("name") == FENCE_NAME]
    if not fences:
        _first_commit(made, schema, sheets, headers, clock)
    return made


def apply(schema: Schema[Any], client: Client, clock: Clock, deadline: Deadline) -> Plan:
    """Make the planned changes in one batch and return what was done. Safe to repeat, and to run twice at once.

    Raises `InDoubt` if the answer was lost: run it again, it does only what is still missing.
    """
    made = plan(schema, client, clock, deadline)
    if made.requests:
        match client.write(made.requests, deadline):
            case Executed():
                pass
            case NotExecuted(error) | Rejected(error):
                raise error
            case Unclear(reason):
                raise InDoubt(f"Whether the spreadsheet was set up is not known ({reason}): run provision again.")
    return made


def _mend_tab(made: Plan, tab: type[Tab], sheet: Sheet, header: Sequence[Cell]) -> None:
    """Write missing headers into free cells at the end of the first row; what stands there stays.

    A view's header comes back by itself. Where people or facts may stand below a header that is only renamed, it is
    for people to write it back. Raises `SchemaError` that says so.
    """
    texts = [str(cell).strip() for cell in header]
    missing = [column for column in tab.columns() if column.header not in texts]
    if not missing or issubclass(tab, View):
        return
    renamed = issubclass(tab, Form) or (issubclass(tab, Ledger) and any(column.required for column in missing))
    if renamed and any(texts):
        raise SchemaError(
            f"Tab “{tab.title}”: the header {', '.join(f'“{column.header}”' for column in missing)} is missing. "
            "Write it into row 1 above the column it belongs to, then run provision again.",
            tab=tab.title,
        )
    if len(texts) + len(missing) > sheet.columns:
        more = len(texts) + len(missing) - sheet.columns
        made.requests.append(widen(sheet.sheet_id, more))
    made.steps.append(f"write headers of tab “{tab.title}”: {', '.join(column.header for column in missing)}")
    made.requests.append(write_cells(sheet.sheet_id, 1, len(texts), [[column.header for column in missing]]))
    for place, column in enumerate(missing, len(texts)):
        made.requests += dress_column(column, grid(sheet.sheet_id, 2, sheet.rows - 1, place, 1))
        if column.note:
            cell = {"range": grid(sheet.sheet_id, 1, 1, place, 1), "cell": {"note": column.note}, "fields": "note"}
            made.requests.append({"repeatCell": cell})


def _first_commit(
    made: Plan,
    schema: Schema[Any],
    sheets: Mapping[str, Sheet],
    headers: Mapping[type[Tab], Sequence[Cell]],
    clock: Clock,
) -> None:
    """Version 0: lock cell, first log row, named values and the fence; only where all of it is missing."""
    if Control in headers or CommitLog in headers:
        raise SchemaError(
            "The spreadsheet has the tabs “Control” or “Commit Log” but no fence around the lock cell. "
            "The next order or button puts the fence back; provision changes nothing here.",
            tab=Control.title,
        )
    control, log = sheets[Control.title], sheets[CommitLog.title]
    first = LockCell(0, clock.new_id())
    named = [(LOCK, first.text), (SCHEMA_VERSION, str(schema.version)), *schema.values.items()]
    counts = dict.fromkeys((ledger.title for ledger in schema.ledgers), 0)
    row = CommitLog(
        version=0,
        commit=first.commit,
        at=iso_utc(clock.now()),
        who="provision",
        operation="provision",
        rows=CommitLog.written(counts),
    )
    cells = row.cells()
    made.first = True
    made.steps.append("write the lock cell, the first row of the commit log, and the fence")
    made.requests += [
        write_cells(control.sheet_id, LOCK_ROW, 0, named),
        write_cells(log.sheet_id, 2, 0, [[cells[column.field] for column in CommitLog.columns()]]),
        {
            "addNamedRange": {
                "namedRange": {"namedRangeId": first.fence, "name": FENCE_NAME, "range": lock_range(control)}
            }
        },
    ]
