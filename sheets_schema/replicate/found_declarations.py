"""Ledgers as far as a spreadsheet tells of them, for who has not got their declarations: titles, headers, notes, kinds of column.

Provision leaves its marks: the commit log counts every ledger, a declared header is bold and bears its note, a column of text has the
format of text, one of true and false its checkboxes, and any other holds numbers. Unique keys leave none.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import new_class
from typing import Any

from pydantic import Field

from sheets_schema.clock import Deadline
from sheets_schema.engine.client import Client
from sheets_schema.engine.full_scan import full_scan
from sheets_schema.errors import NotProvisionedError
from sheets_schema.protocol.a1 import quoted
from sheets_schema.protocol.sheet_read import sheets_of
from sheets_schema.schema.internal_tables import CONTROL, CommitLog, Control
from sheets_schema.schema.tables import Ledger

_FIELDS = (
    "sheets(properties(title),data(rowData(values("
    "effectiveValue,note,dataValidation(condition),userEnteredFormat(numberFormat,textFormat(bold))))))"
)


def found_ledgers(client: Client, deadline: Deadline) -> tuple[type[Ledger], ...]:
    """Return the ledgers of a spreadsheet, in the order of their titles. Raises `NotProvisionedError` for one that was never set up."""
    if CommitLog.__table__.title not in sheets_of(client.metadata(deadline), (Control, CommitLog)):
        raise NotProvisionedError("The spreadsheet has no commit log: it was never set up by provision.", tab=CONTROL)
    log = full_scan(client, (CommitLog,), deadline)[CommitLog]
    titles = sorted(log[-1].counts()) if log and isinstance(log[-1], CommitLog) else []
    if not titles:
        return ()
    look = client.grid_data(_FIELDS, [f"{quoted(title)}!1:2" for title in titles], deadline)
    shown = {sheet["properties"]["title"]: sheet.get("data", []) for sheet in look.get("sheets", [])}
    return tuple(_ledger(title, shown[title]) for title in titles if title in shown)


def _ledger(title: str, data: list[Mapping[str, Any]]) -> type[Ledger]:
    rows = [row.get("values", []) for block in data for row in block.get("rowData", [])]
    header, first = (*rows, [], [])[:2]
    annotations: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    for index, cell in enumerate(header):
        text = str(next(iter(cell.get("effectiveValue", {}).values()), "")).strip()
        if text and cell.get("userEnteredFormat", {}).get("textFormat", {}).get("bold"):
            kind, empty = _kind(first[index] if index < len(first) else {})
            annotations[f"column_{index + 1}"] = kind
            defaults[f"column_{index + 1}"] = Field(default=empty, alias=text, description=cell.get("note") or None)
    return new_class(
        "FoundLedger", (Ledger,), {"tab": title}, lambda body: body.update(__annotations__=annotations, **defaults)
    )


def _kind(cell: Mapping[str, Any]) -> tuple[Any, object]:
    if cell.get("userEnteredFormat", {}).get("numberFormat", {}).get("type") == "TEXT":
        return str, ""
    if cell.get("dataValidation", {}).get("condition", {}).get("type") == "BOOLEAN":
        return bool | None, None
    return float | None, None
