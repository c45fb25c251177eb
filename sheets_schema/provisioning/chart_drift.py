"""Charts that people deleted, or that draw nothing any more, and how they come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sheets_schema.protocol.batch_requests import Request
from sheets_schema.protocol.charts import add_chart, update_chart
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.tables import Binding, Tab

CHARTS = "charts(chartId,spec)"
"""The field of a sheet's metadata that shows them."""


def find_chart_drift(
    tab: type[Tab], sheet: SheetLayout, about: Mapping[str, Any], binding: Binding
) -> Iterable[tuple[str, list[Request]]]:
    """Yield what is wrong with a tab's charts, in words, and how it is repaired.

    Where and how they stand is people's to choose.
    """
    there = {chart.get("spec", {}).get("title"): chart for chart in about.get("charts", [])}
    for chart in tab.__table__.charts:
        named = f"chart “{chart.title}” of tab “{tab.__table__.title}”"
        found = there.get(chart.title)
        if not chart.fields <= binding.index.keys():
            continue  # the next commit widens a view
        if found is None:
            yield f"draw {named}", [add_chart(chart, sheet, binding)]
        elif _drawn(found["spec"]) < len(chart.series):
            yield f"draw {named} again", [update_chart(chart, sheet, binding, found["chartId"])]


def _drawn(spec: Mapping[str, Any]) -> int:
    """Return how many series a chart still draws.

    Those whose cells were deleted have no source any more.
    """
    series = spec.get("basicChart", {}).get("series", [])
    return sum(1 for line in series if line.get("series", {}).get("sourceRange", {}).get("sources"))
