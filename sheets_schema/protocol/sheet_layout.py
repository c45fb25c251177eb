"""The tabs as Google knows them: ids, sizes, titles, and the spreadsheet's time zone. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sheets_schema.schema.tables import Tab


@dataclass(frozen=True)
class SheetLayout:
    """A tab as Google knows it."""

    sheet_id: int
    columns: int
    rows: int
    frozen_rows: int = 1


def sheets_of(metadata: Mapping[str, Any], tabs: Iterable[type[Tab]] = ()) -> dict[str, SheetLayout]:
    """Return the tabs by title.

    Where it differs in letter case only, by the declared one, which Google takes for the same.
    """
    declared = {tab.__table__.title.casefold(): tab.__table__.title for tab in tabs}
    sheets = {}
    for sheet in metadata.get("sheets", []):
        properties = sheet["properties"]
        size = properties.get("gridProperties", {})
        sheets[declared_title(properties["title"], declared)] = SheetLayout(
            properties.get("sheetId", 0),
            size.get("columnCount", 0),
            size.get("rowCount", 0),
            size.get("frozenRowCount", 0),
        )
    return sheets


def time_zone(metadata: Mapping[str, Any]) -> tzinfo:
    """Return the spreadsheet's time zone; UTC if it names none that is known here."""
    try:
        return ZoneInfo(str(metadata.get("properties", {}).get("timeZone") or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def declared_title(title: str, declared: Mapping[str, str]) -> str:
    """Return the declared title that is meant by a tab's; its own if none is.

    `declared` maps titles without letter case.
    """
    return declared.get(title.strip().casefold(), title)
