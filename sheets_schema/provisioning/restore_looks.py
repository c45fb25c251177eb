"""Put looks and charts of views back between two provisions.

A person took them away, or a view has outgrown them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sheets_schema.clock import Deadline
from sheets_schema.engine.client import Client
from sheets_schema.engine.response_classification import Applied
from sheets_schema.protocol.sheet_layout import sheets_of
from sheets_schema.provisioning.chart_drift import CHARTS, find_chart_drift
from sheets_schema.provisioning.look_drift import LOOKS, Repair, find_look_drift
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.declaration import Schema
from sheets_schema.schema.tables import Binding, View


def restore_looks(
    schema: Schema[Any], client: Client, shown: Mapping[type[View], Sequence[Sequence[Cell]]], deadline: Deadline
) -> list[str]:
    """Put looks and charts of views back, and return what was done.

    `shown` is what the views show. Tabs that are gone come back with theirs. Of other tabs, whose columns people may
    have moved, only what concerns whole rows: provision, which reads their headers, does the rest.
    """
    metadata = client.metadata(deadline, *LOOKS, CHARTS)
    sheets = sheets_of(metadata, schema.tabs)
    abouts = {about["properties"].get("sheetId", 0): about for about in metadata["sheets"]}
    found: list[Repair] = []
    for tab in schema.tabs:
        sheet = sheets.get(tab.__table__.title)
        if sheet is None:
            continue
        binding = Binding(tab, {})
        if issubclass(tab, View):
            binding = schema.binding(tab, next(iter(shown.get(tab, ())), ()), sheet.columns)
        about = abouts[sheet.sheet_id]
        found += [*find_look_drift(tab, sheet, about, binding), *find_chart_drift(tab, sheet, about, binding)]
    batch = [request for _, requests in found for request in requests]
    if batch and not isinstance(client.write_until_known(batch, deadline), Applied):
        return []  # they say nothing that the cells do not: provision says what is wrong
    return [step for step, requests in found if requests]
