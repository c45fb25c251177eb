"""Ledgers as far as a spreadsheet shows them, for who has no declarations.

Titles, headers, notes and kinds of column. Provision leaves its marks: the commit log counts every ledger, a declared
header is bold and bears its note, a column of text has the format of text, one of true and false its checkboxes, and
any other holds numbers. Unique keys leave none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, create_model

from sheets_schema.clock import Deadline
from sheets_schema.engine.client import Client
from sheets_schema.errors import NotProvisionedError, RequestRejectedError
from sheets_schema.protocol.a1 import quoted
from sheets_schema.schema.internal_tables import COMMIT_LOG, CONTROL, CommitLog
from sheets_schema.schema.tables import Binding, Ledger, read_row

_FIRST_ROW = 2
_FIELDS = (
    "sheets(properties(title),data(rowData(values("
    "effectiveValue,note,dataValidation(condition),userEnteredFormat(numberFormat,textFormat(bold))))))"
)


def found_ledgers(client: Client, deadline: Deadline) -> tuple[type[Ledger], ...]:
    """Return the ledgers of a spreadsheet, in the order of their titles, by two reads.

    Raises `NotProvisionedError` for one that was never set up, `SchemaMismatchError` for a damaged log.
    """
    try:
        rows = client.values([quoted(COMMIT_LOG)], deadline)[0].get("values", [])
    except RequestRejectedError:
        rows = []
    if len(rows) < _FIRST_ROW:
        raise NotProvisionedError("The spreadsheet has no commit log: it was never set up by provision.", tab=CONTROL)
    last = read_row(CommitLog, Binding.of(CommitLog, rows[0]), rows[-1], len(rows))
    titles = sorted(last.counts())
    look = client.grid_data(_FIELDS, [f"{quoted(title)}!1:2" for title in titles], deadline) if titles else {}
    shown = {sheet["properties"]["title"]: sheet.get("data", []) for sheet in look.get("sheets", [])}
    return tuple(_ledger(title, shown[title]) for title in titles if title in shown)


def _ledger(title: str, data: list[Mapping[str, Any]]) -> type[Ledger]:
    rows = [row.get("values", []) for block in data for row in block.get("rowData", [])]
    header, first = (*rows, [], [])[:2]
    fields: dict[str, Any] = {}
    for index, cell in enumerate(header):
        text = str(next(iter(cell.get("effectiveValue", {}).values()), "")).strip()
        if text and cell.get("userEnteredFormat", {}).get("textFormat", {}).get("bold"):
            kind, empty = _kind(first[index] if index < len(first) else {})
            note = cell.get("note") or None
            fields[f"column_{index + 1}"] = (kind, Field(default=empty, alias=text, description=note))
    return create_model("FoundLedger", __base__=Ledger, __cls_kwargs__={"tab": title}, **fields)


def _kind(cell: Mapping[str, Any]) -> tuple[Any, object]:
    if cell.get("userEnteredFormat", {}).get("numberFormat", {}).get("type") == "TEXT":
        return str, ""
    if cell.get("dataValidation", {}).get("condition", {}).get("type") == "BOOLEAN":
        return bool | None, None
    return float | None, None
