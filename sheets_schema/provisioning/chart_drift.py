"""Charts that people deleted, or that draw nothing any more, and how they come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sheets_schema.clock import Deadline
from sheets_schema.engine.client import Applied, Client
from sheets_schema.protocol.changes import Request
from sheets_schema.protocol.charts import add_chart, update_chart
from sheets_schema.protocol.sheet_read import SheetLayout, sheets_of
from sheets_schema.schema.declaration import Schema
from sheets_schema.schema.tables import Tab

CHARTS = "charts(chartId,spec)"
"""The field of a sheet's metadata that shows them."""


def find_chart_drift(
    tab: type[Tab], sheet: SheetLayout, about: Mapping[str, Any]
) -> Iterable[tuple[str, list[Request]]]:
    """Yield what is wrong with a tab's charts, in words, and how it is repaired; where and how they stand is people's to choose."""
    if sheet.columns < len(tab.columns()):
        return  # the next commit widens a view
    there = {each.get("spec", {}).get("title"): each for each in about.get("charts", [])}
    for chart in tab.__table__.charts:
        named = f"chart “{chart.title}” of tab “{tab.__table__.title}”"
        found = there.get(chart.title)
        if found is None:
            yield f"draw {named}", [add_chart(tab, chart, sheet)]
        elif _drawn(found["spec"]) < len(chart.series):
            yield f"draw {named} again", [update_chart(tab, chart, sheet, found["chartId"])]


def _drawn(spec: Mapping[str, Any]) -> int:
    """Return how many series a chart still draws: those whose cells were deleted have no source any more."""
    series = spec.get("basicChart", {}).get("series", [])
    return sum(1 for each in series if each.get("series", {}).get("sourceRange", {}).get("sources"))


def restore_charts(schema: Schema[Any], client: Client, deadline: Deadline) -> list[str]:
    """Draw the charts again that people deleted, and return what was done. Tabs that are gone come back with theirs."""
    metadata = client.metadata(deadline, CHARTS)
    sheets = sheets_of(metadata, schema.tabs)
    abouts = {each["properties"].get("sheetId", 0): each for each in metadata["sheets"]}
    found = [
        repair
        for tab in schema.tabs
        if tab.__table__.charts and (sheet := sheets.get(tab.__table__.title))
        for repair in find_chart_drift(tab, sheet, abouts[sheet.sheet_id])
    ]
    batch = [request for _, requests in found for request in requests]
    if batch and not isinstance(client.write_until_known(batch, deadline), Applied):
        return []  # they say nothing that the cells do not: provision says what is wrong
    return [step for step, _ in found]
