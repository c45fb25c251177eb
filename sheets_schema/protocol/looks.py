"""How a tab is made to look: header colours by kind, frozen columns, banding, tab colour, highlights. Pure.

People see at the header who writes below: they themselves (blue), the service (grey), and what is a fact (green).
"""

from __future__ import annotations

from typing import Any

from sheets_schema.protocol.changes import Request, grid
from sheets_schema.schema.looks import Highlight, Tone
from sheets_schema.schema.tables import Column, InputTable, Ledger, Tab

BANDS = ("FFFFFF", "F8F9FA")
"""Every other row of what people read."""
HEADER_FIELDS = "textFormat.bold,textFormat.foregroundColorStyle,backgroundColorStyle,wrapStrategy,verticalAlignment"
WRAPPED_FROM = 200
"""Columns of text at least so wide, in pixels, hold sentences: they wrap."""


def colour(code: str) -> dict[str, Any]:
    """Return a ColorStyle of `1967D2`, each channel a little above: Google cuts it to eight bits (recorded)."""
    parts = (int(code[place : place + 2], 16) for place in (0, 2, 4))
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
    return column.text and not column.link and (column.width or 0) >= WRAPPED_FROM


def banding(tab: type[Tab], sheet_id: int, columns: int) -> Request | None:
    """Return the request that shades every other row; None for a tab that people do not look at."""
    if tab.__table__.hidden:
        return None
    first, second = map(colour, BANDS)
    where = {"sheetId": sheet_id, "startRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": columns}
    rows = {"firstBandColorStyle": first, "secondBandColorStyle": second}
    return {"addBanding": {"bandedRange": {"range": where, "rowProperties": rows}}}


def highlight(rule: Highlight, sheet_id: int, rows: int, place: int, index: int) -> Request:
    """Return the request that makes cells of a column stand out, as rule number `index`."""
    return {"addConditionalFormatRule": {"index": index, "rule": highlight_rule(rule, sheet_id, rows, place)}}


def highlight_rule(rule: Highlight, sheet_id: int, rows: int, place: int) -> dict[str, Any]:
    """Return a rule as Google says it."""
    shown = {
        "backgroundColorStyle": colour(rule.tone.ground),
        "textFormat": {"foregroundColorStyle": colour(rule.tone.text)},
    }
    condition = {"type": rule.condition, "values": [{"userEnteredValue": rule.value}]}
    return {"ranges": [grid(sheet_id, 2, rows - 1, place, 1)], "booleanRule": {"condition": condition, "format": shown}}
