"""How a tab looks: colours, frozen columns, banding, highlights, filters. Pure.

People see at the header who writes below: they themselves (blue), the service (grey), and what is a fact (green).
"""

from __future__ import annotations

import re
from typing import Any

from sheets_schema.protocol.a1 import column_letters
from sheets_schema.protocol.batch_requests import Request, grid
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.columns import Column
from sheets_schema.schema.looks import FilterView, Highlight, Tone
from sheets_schema.schema.tables import Binding, InputTable, Ledger, Tab

BANDS = ("FFFFFF", "F8F9FA")
"""Every other row of what people read."""
HEADER_FIELDS = "textFormat.bold,textFormat.foregroundColorStyle,backgroundColorStyle,wrapStrategy,verticalAlignment"
HEADER_HEIGHT = 38
"""Pixels of a header: one line more than a row has."""
WRAPPED_FROM = 120
"""Columns of text at least so wide, in pixels, hold sentences: they wrap."""
_FIELD = re.compile(r"\{(\w+)\}")


def colour(code: str) -> dict[str, Any]:
    """Return a ColorStyle of `1967D2`.

    Each channel is a little above: Google cuts it to eight bits (recorded).
    """
    parts = (int(code[index : index + 2], 16) for index in (0, 2, 4))
    channels = (round(min((part + 0.25) / 255, 1), 4) for part in parts)
    return {"rgbColor": dict(zip(("red", "green", "blue"), channels, strict=True))}


def header_tone(tab: type[Tab], column: Column) -> Tone:
    """Return what a column's header says of who writes below it."""
    if issubclass(tab, InputTable):
        return Tone.QUIET if column.computed else Tone.PEOPLE
    return Tone.GOOD if issubclass(tab, Ledger) else Tone.QUIET


def header_format(tab: type[Tab], column: Column) -> dict[str, Any]:
    """Return the format of a column's header cell."""
    tone = header_tone(tab, column)
    return {
        "textFormat": {"bold": True, "foregroundColorStyle": colour(tone.text)},
        "backgroundColorStyle": colour(tone.ground),
        "wrapStrategy": "WRAP",
        "verticalAlignment": "MIDDLE",
    }


def tab_colour(tab: type[Tab]) -> dict[str, Any] | None:
    """Return the ColorStyle of a tab's own; None for a hidden one."""
    if tab.__table__.hidden:
        return None
    if issubclass(tab, InputTable):
        return colour("1967D2")
    return colour("188038" if issubclass(tab, Ledger) else "80868B")


def wraps(column: Column) -> bool:
    """Whether a column's cells hold sentences."""
    sentences = column.text and not column.link and not column.style.monospace
    return sentences and (column.width or 0) >= WRAPPED_FROM


def style_of(column: Column) -> dict[str, Any]:
    """Return how a column's cells below the header are shown, as a CellFormat.

    Empty for as Google does by itself.
    """
    shown: dict[str, Any] = {}
    if wraps(column):
        shown["wrapStrategy"] = "WRAP"
    if column.style.monospace:
        shown["textFormat"] = {"fontFamily": "Roboto Mono"}
    if column.style.large:
        shown["textFormat"] = {"bold": True, "fontSize": 18}
    if column.style.right:
        shown["horizontalAlignment"] = "RIGHT"
    return shown


def style_fields(shown: dict[str, Any]) -> list[str]:
    """Return the paths of a CellFormat's fields, for a mask."""
    return [
        f"{name}.{inner}" if isinstance(value, dict) else name
        for name, value in shown.items()
        for inner in (value if isinstance(value, dict) else [name])
    ]


def frozen_columns(tab: type[Tab], binding: Binding) -> int:
    """Return how many columns at the left stay in sight.

    None if people have moved them far to the right.
    """
    declared = [column.field for column in tab.columns()]
    if tab.__table__.frozen_to not in binding.index:
        return 0
    count = binding.index[tab.__table__.frozen_to] + 1
    # An old sheet may have had one or two before it.
    return count if count <= declared.index(tab.__table__.frozen_to) + 3 else 0


def banding(tab: type[Tab], sheet_id: int, columns: int) -> Request | None:
    """Return the request that shades every other row; None for a tab that people do not look at.

    It begins with the header, which has a colour of its own, so that rows which are inserted below it belong to it.
    """
    if tab.__table__.hidden:
        return None
    where = {"sheetId": sheet_id, "startRowIndex": 0, "startColumnIndex": 0, "endColumnIndex": columns}
    return {"addBanding": {"bandedRange": {"range": where, "rowProperties": band_colours()}}}


def band_colours() -> dict[str, Any]:
    """Return the BandingProperties of rows."""
    first, second = map(colour, BANDS)
    return {"firstBandColorStyle": first, "secondBandColorStyle": second}


def shared_filter(sheet_id: int, columns: int) -> Request:
    """Return the request that puts on the filter which all who look share."""
    where = {"sheetId": sheet_id, "startRowIndex": 0, "startColumnIndex": 0, "endColumnIndex": columns}
    return {"setBasicFilter": {"filter": {"range": where}}}


def filter_view(view: FilterView, sheet_id: int, binding: Binding) -> Request:
    """Return the request that saves a filter view over a whole tab."""
    value = {"relativeDate": view.value} if view.condition.startswith("DATE_") else {"userEnteredValue": view.value}
    criteria = {"condition": {"type": view.condition, "values": [value]}}
    shown: dict[str, Any] = {
        "title": view.title,
        "range": {"sheetId": sheet_id, "startRowIndex": 0, "startColumnIndex": 0, "endColumnIndex": binding.width},
        "filterSpecs": [{"columnIndex": binding.index[view.field], "filterCriteria": criteria}],
    }
    if view.newest_first:
        shown["sortSpecs"] = [{"dimensionIndex": binding.index[view.newest_first], "sortOrder": "DESCENDING"}]
    return {"addFilterView": {"filter": shown}}


def highlight(rule: Highlight, sheet: SheetLayout, binding: Binding, index: int) -> Request:
    """Return the request that makes cells of a column stand out, as rule number `index`."""
    return {"addConditionalFormatRule": {"index": index, "rule": highlight_rule(rule, sheet, binding)}}


def highlight_rule(rule: Highlight, sheet: SheetLayout, binding: Binding) -> dict[str, Any]:
    """Return a rule as Google says it.

    It is about the header, too, so that rows which are inserted below it belong to it.
    """
    shown = {
        "backgroundColorStyle": colour(rule.tone.ground),
        "textFormat": {
            "foregroundColorStyle": colour(rule.tone.text),
            # What is wrong is bold, too: of a time that is late no word says so.
            **({"bold": True} if rule.tone is Tone.WRONG else {}),
        },
    }
    column = grid(sheet.sheet_id, 1, sheet.rows, binding.index[rule.field], 1)
    condition: dict[str, Any] = {"type": rule.condition}
    if values := compared(rule, binding):
        condition["values"] = values
    return {"ranges": [column], "booleanRule": {"condition": condition, "format": shown}}


def compared(rule: Highlight, binding: Binding) -> list[dict[str, str]]:
    """Return what a rule compares with; of a formula, what it computes of the first row."""
    if rule.condition != "CUSTOM_FORMULA":
        return [{"userEnteredValue": str(rule.value)}] if rule.value else []
    return [{"userEnteredValue": "=" + _FIELD.sub(lambda found: _first_cell(binding, found[1]), rule.value)}]


def _first_cell(binding: Binding, field: str) -> str:
    return f"${column_letters(binding.index[field])}1"
