"""Reading ledgers whole and row by row, trusting nothing that is remembered: for audits, exports and other programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sheets_schema.clock import Deadline
from sheets_schema.engine.client import Client
from sheets_schema.errors import SchemaMismatchError
from sheets_schema.protocol.a1 import open_range
from sheets_schema.protocol.sheet_read import missing_tab, sheets_of
from sheets_schema.schema.tables import Binding, InternalTable, Ledger, Tab, View, read_row


def full_scan(
    client: Client, tabs: Sequence[type[Ledger | View | InternalTable]], deadline: Deadline
) -> dict[type[Tab], list[Any]]:
    """Every row of the tabs at one moment, from sheet row 2 on: the checked model, or the `SchemaMismatchError` that names it.

    Raises `SchemaMismatchError` for a tab or a header that is not there, `UnavailableError`, `PermissionDeniedError`.
    """
    sheets = sheets_of(client.metadata(deadline), tabs)
    for tab in tabs:
        if tab.__table__.title not in sheets:
            raise missing_tab(tab)
    answer = client.values(
        [open_range(tab.__table__.title, 1, sheets[tab.__table__.title].columns) for tab in tabs], deadline
    )
    return {tab: _rows(tab, part.get("values", [])) for tab, part in zip(tabs, answer, strict=True)}


def _rows(tab: type[Tab], raw: list[list[Any]]) -> list[Any]:
    binding = Binding.of(tab, raw[0] if raw else [])
    while len(raw) > 1 and not binding.pick(raw[-1]):
        raw.pop()
    read: list[Any] = []
    for number, row in enumerate(raw[1:], 2):
        try:
            read.append(read_row(tab, binding, row, number))
        except SchemaMismatchError as error:
            read.append(error)
    return read
