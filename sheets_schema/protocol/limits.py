"""Check Google's limits before anything is sent. Pure.

A commit's views take the room that the transactions leave (see `view_writes.py`), so they never make a batch too large.

Sources: 2 MB is the payload that Google's usage page recommends; 100,000 requests a batch (refusal reported in
airbytehq/airbyte#42904); 10,000,000 cells a spreadsheet, blank ones of the grids included (refusals seen in 2026).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sheets_schema.errors import LimitExceededError
from sheets_schema.plurals import counted
from sheets_schema.protocol.batch_requests import Request
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.sheet_layout import SheetLayout

MAX_BYTES = 2_000_000
MAX_REQUESTS = 100_000
MAX_CELLS = 10_000_000

_BESIDE = 50_000
"""Bytes of a batch kept for what every commit writes in any case: fence, lock cell, log row."""
_CELL = len('{"userEnteredValue":{"stringValue":}},')


def encode(body: object) -> bytes:
    """Return a request's body as it is sent: compact, and in UTF-8 as it is."""
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def estimated_bytes(changes: Changes) -> int:
    """About how many bytes of a batch these changes take: rather too many than too few."""
    total = len(encode(changes.requests))
    for ledger, rows in changes.appended.items():
        total += sum(len(row.model_dump_json().encode()) for row in rows) + len(rows) * len(ledger.columns()) * _CELL
    return total + sum(len(encode([name, value])) + 4 * _CELL for name, value in changes.values.items())


def fits_in_batch(so_far: int, more: int, requests: int) -> bool:
    """Return whether `more` bytes fit into a batch, which then has `requests` requests."""
    return so_far + more <= MAX_BYTES - _BESIDE and requests <= MAX_REQUESTS - _BESIDE


def check_batch(requests: Sequence[Request]) -> None:
    """Raise `LimitExceededError` for a batch that is over what Google takes in one request."""
    if len(requests) > MAX_REQUESTS:
        raise LimitExceededError(
            f"{counted(len(requests), 'change')} are too many for one batch ({MAX_REQUESTS:,}). {_SPLIT}"
        )
    size = len(encode(requests))
    if size > MAX_BYTES:
        raise LimitExceededError(f"{size:,} bytes are too many for one batch ({MAX_BYTES:,}). {_SPLIT}")


_SPLIT = "Nothing was sent; split the transaction into several."


def cells_of(sheets: Mapping[str, SheetLayout], grid_rows: Mapping[str, int]) -> int:
    """How many cells the grids have, blank ones included: what Google counts against its limit.

    `sheets` are the tabs as they were last seen, `grid_rows` what is known of their rows since.
    """
    return sum(grid_rows.get(title, sheet.rows) * max(sheet.columns, 1) for title, sheet in sheets.items())


def check_growth(sheets: Mapping[str, SheetLayout], grid_rows: Mapping[str, int], requests: Iterable[Request]) -> None:
    """Raise `LimitExceededError` if a batch would exceed Google's limit of cells.

    See `cells_of`.
    """
    sizes = {
        sheet.sheet_id: (grid_rows.get(title, sheet.rows), max(sheet.columns, 1)) for title, sheet in sheets.items()
    }
    growth: dict[str, int] = {}
    titles = {sheet.sheet_id: title for title, sheet in sheets.items()}
    for request in requests:
        for kind, body in request.items():
            if added := _added(kind, body, sizes):
                title = titles.get(body.get("sheetId") or body.get("range", {}).get("sheetId"), "")
                title = title or body.get("properties", {}).get("title", "")
                growth[title] = growth.get(title, 0) + added
    if not growth:
        return
    now = cells_of(sheets, grid_rows)
    if now + sum(growth.values()) > MAX_CELLS:
        message = ", ".join(f"“{title}”" for title in growth)
        raise LimitExceededError(
            f"The spreadsheet is full: it has {counted(now, 'cell')}, blank ones of its tabs included, and Google allows "
            f"{MAX_CELLS:,}; {sum(growth.values()):,} more are needed in {message}. Nothing was sent. Delete empty rows and "
            "columns and tabs that are not needed, or archive the history (docs/internals/spreadsheet-format.md)."
        )


def _added(kind: str, body: dict[str, Any], sizes: Mapping[int, tuple[int, int]]) -> int:
    """How many cells one request adds to the spreadsheet."""
    if kind == "addSheet":
        size = body["properties"].get("gridProperties", {})
        return int(size.get("rowCount", 1000) * size.get("columnCount", 26))
    if kind == "appendDimension":
        length, index = body["length"], body
    elif kind == "insertDimension":
        index = body["range"]
        length = index["endIndex"] - index["startIndex"]
    else:
        return 0
    rows, columns = sizes.get(index["sheetId"], (0, 0))
    return int(length * (columns if index["dimension"] == "ROWS" else rows))
