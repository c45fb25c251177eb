"""A person at the spreadsheet, for tests.

It does what people do in the interface, past quotas, faults and the count of calls.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from sheets_schema.emulator.emulator import Emulator
from sheets_schema.emulator.errors import EmulatorError
from sheets_schema.emulator.messages.http_messages import Request
from sheets_schema.emulator.model.permissions import OWNER


class SheetsUser:
    """Somebody with the spreadsheet open.

    Every method raises `EmulatorError` when the spreadsheet refuses.
    """

    def __init__(self, emulator: Emulator, spreadsheet_id: str, *, email: str = OWNER) -> None:
        self._emulator = emulator
        self._id = spreadsheet_id
        self._headers = {"Authorization": f"Bearer user:{email}"}

    def type(self, where: str, values: list[list[Any]]) -> None:
        """Type values into cells from `where` on; text is read as the interface reads it."""
        path = f"/v4/spreadsheets/{self._id}/values/{quote(where, safe='')}"
        self._send("PUT", path, {"values": values}, [("valueInputOption", "USER_ENTERED")])

    def paste(self, where: str, values: list[list[Any]]) -> None:
        """Paste values as they are."""
        path = f"/v4/spreadsheets/{self._id}/values/{quote(where, safe='')}"
        self._send("PUT", path, {"values": values}, [("valueInputOption", "RAW")])

    def read(self, where: str) -> list[list[str]]:
        """Return what the cells show."""
        path = f"/v4/spreadsheets/{self._id}/values/{quote(where, safe='')}"
        found: list[list[str]] = self._send("GET", path, None, []).get("values", [])
        return found

    def insert_rows(self, title: str, before: int, count: int = 1) -> None:
        """Insert rows above row number `before`, counted from 1."""
        self._do({"insertDimension": {"range": self._rows(title, before, count)}})

    def delete_rows(self, title: str, first: int, count: int = 1) -> None:
        """Delete rows from number `first` on, counted from 1."""
        self._do({"deleteDimension": {"range": self._rows(title, first, count)}})

    def insert_column(self, title: str, before: int) -> None:
        """Insert a column before the one with this index, counted from 0."""
        where = {**self._rows(title, before + 1, 1), "dimension": "COLUMNS"}
        self._do({"insertDimension": {"range": where}})

    def move_column(self, title: str, source: int, before: int) -> None:
        """Drag a column before another one; indexes from 0, as before the move."""
        where = {**self._rows(title, source + 1, 1), "dimension": "COLUMNS"}
        self._do({"moveDimension": {"source": where, "destinationIndex": before}})

    def sort(self, title: str, column: int, *, header_rows: int = 1, descending: bool = False) -> None:
        """Sort a sheet below its header by a column, counted from 0."""
        order = "DESCENDING" if descending else "ASCENDING"
        area = {"sheetId": self._sheet_id(title), "startRowIndex": header_rows}
        self._do({"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": column, "sortOrder": order}]}})

    def rename_sheet(self, title: str, new: str) -> None:
        """Give a sheet another title."""
        properties = {"sheetId": self._sheet_id(title), "title": new}
        self._do({"updateSheetProperties": {"properties": properties, "fields": "title"}})

    def delete_sheet(self, title: str) -> None:
        """Delete a sheet."""
        self._do({"deleteSheet": {"sheetId": self._sheet_id(title)}})

    def protect(self, title: str, *editors: str) -> None:
        """Protect a whole sheet."""
        area = {"sheetId": self._sheet_id(title)}
        self._do({"addProtectedRange": {"protectedRange": {"range": area, "editors": {"users": list(editors)}}}})

    def delete_named_range(self, name: str) -> None:
        """Delete a named range in Data > Named ranges, or with Apps Script's `removeNamedRange`."""
        self._do({"deleteNamedRange": {"namedRangeId": self._named(name)["namedRangeId"]}})

    def rename_named_range(self, name: str, new: str) -> None:
        """Rename a named range."""
        changed = {"namedRangeId": self._named(name)["namedRangeId"], "name": new}
        self._do({"updateNamedRange": {"namedRange": changed, "fields": "name"}})

    def set_named_range(self, name: str, title: str, row: int, column: int) -> None:
        """Put a name on a cell (indexes from 0), whoever had it before, as Apps Script does."""
        cell = {"sheetId": self._sheet_id(title), "startRowIndex": row, "endRowIndex": row + 1}
        cell |= {"startColumnIndex": column, "endColumnIndex": column + 1}
        named = next((item for item in self._named_ranges() if item["name"] == name), None)
        if named is None:
            self._do({"addNamedRange": {"namedRange": {"name": name, "range": cell}}})
        else:
            changed = {"namedRangeId": named["namedRangeId"], "range": cell}
            self._do({"updateNamedRange": {"namedRange": changed, "fields": "range"}})

    def version(self) -> int:
        """Return the version that is there now, to restore later."""
        return self._emulator.state.snapshot(self._id).version

    def restore(self, version: int) -> None:
        """Restore an old version from the version history."""
        self._emulator.state.restore(self._id, version)

    def copy_file(self, title: str = "Copy") -> str:
        """Make a copy of the file; its id."""
        copy: str = self._send("POST", f"/drive/v3/files/{self._id}/copy", {"name": title}, [])["id"]
        return copy

    def _rows(self, title: str, first: int, count: int) -> dict[str, Any]:
        start = first - 1
        return {
            "sheetId": self._sheet_id(title),
            "dimension": "ROWS",
            "startIndex": start,
            "endIndex": start + count,
        }

    def _sheet_id(self, title: str) -> int:
        sheet = self._emulator.state.snapshot(self._id).titled(title)
        if sheet is None:
            raise EmulatorError(f"no sheet is called {title!r}")
        return sheet.sheet_id

    def _named_ranges(self) -> list[dict[str, Any]]:
        return list(self._emulator.state.snapshot(self._id).named_ranges.values())

    def _named(self, name: str) -> dict[str, Any]:
        for item in self._named_ranges():
            if item["name"] == name:
                return item
        raise EmulatorError(f"no range is called {name!r}")

    def _do(self, request: dict[str, Any]) -> None:
        self._send("POST", f"/v4/spreadsheets/{self._id}:batchUpdate", {"requests": [request]}, [])

    def _send(self, method: str, path: str, body: Any, query: list[tuple[str, str]]) -> dict[str, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        answer = self._emulator.carry_out(Request(method, path, query, self._headers, data))
        found: dict[str, Any] = json.loads(answer.body)
        if "error" in found:
            raise EmulatorError(found["error"]["message"])
        return found
