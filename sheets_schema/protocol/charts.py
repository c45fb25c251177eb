"""How charts are drawn: Google's own, over rows of their tab. Pure."""

from __future__ import annotations

from typing import Any

from sheets_schema.protocol.batch_requests import Request, grid
from sheets_schema.protocol.looks import colour
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.looks import Chart
from sheets_schema.schema.tables import Binding


def chart_spec(chart: Chart, sheet: SheetLayout, binding: Binding) -> dict[str, Any]:
    """Return what a chart draws, as Google says it (Sheets API, `BasicChartSpec`)."""

    def source(name: str) -> dict[str, Any]:
        # Past the edge of the grid Google refuses the whole batch.
        area = grid(sheet.sheet_id, 1, min(chart.rows + 1, sheet.rows), binding.index[name], 1)
        return {"sourceRange": {"sources": [area]}}

    # The values of bars, which lie on their side, run along the bottom.
    names, values = ("LEFT_AXIS", "BOTTOM_AXIS") if chart.kind == "BAR" else ("BOTTOM_AXIS", "LEFT_AXIS")
    series: list[dict[str, Any]] = []
    for line in chart.series:
        drawn = {"series": source(line.field), "targetAxis": values, "colorStyle": colour(line.color)}
        if chart.kind == "COMBO":
            drawn["type"] = "LINE" if line.line else "COLUMN"
        series.append(drawn)
    basic: dict[str, Any] = {
        "chartType": chart.kind,
        "legendPosition": "BOTTOM_LEGEND" if chart.legend else "NO_LEGEND",
        "axis": [
            {"position": position, "title": title} for position, title in zip((names, values), chart.axes, strict=True)
        ],
        "domains": [{"domain": source(chart.domain)}],
        "series": series,
        "headerCount": 1,
    }
    if chart.stacked:
        basic["stackedType"] = "STACKED"
    return {"title": chart.title, "basicChart": basic}


def add_chart(chart: Chart, sheet: SheetLayout, binding: Binding) -> Request:
    """Return the request that draws a chart over its tab."""
    row, column = min(chart.top, sheet.rows) - 1, min(chart.left, sheet.columns - 1)
    anchor = {"sheetId": sheet.sheet_id, "rowIndex": row, "columnIndex": column}
    size = {"widthPixels": chart.width, "heightPixels": chart.height}
    offset = {"offsetXPixels": chart.x, "offsetYPixels": chart.y}
    position = {"overlayPosition": {"anchorCell": anchor, **offset, **size}}
    return {"addChart": {"chart": {"spec": chart_spec(chart, sheet, binding), "position": position}}}


def update_chart(chart: Chart, sheet: SheetLayout, binding: Binding, chart_id: int) -> Request:
    """Return the request that makes a chart draw again what is declared."""
    return {"updateChartSpec": {"chartId": chart_id, "spec": chart_spec(chart, sheet, binding)}}
