"""A small client for tests: plain HTTP through the adapter, every call checked against the discovery document."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import requests

from sheets_schema.emulator import Emulator, EmulatorAdapter
from tests.sheets_schema.emulator import witness

ORIGIN = "https://sheets.googleapis.com"
Json = dict[str, Any]


class Client:
    """One caller of one spreadsheet. `refused` calls give the error object, all others must succeed."""

    def __init__(self, emulator: Emulator, spreadsheet_id: str = "", *, user: str | None = None) -> None:
        self.emulator = emulator
        self.id = spreadsheet_id
        self.session = requests.Session()
        for origin in (ORIGIN, "https://www.googleapis.com"):
            self.session.mount(f"{origin}/", EmulatorAdapter(emulator))
        if user:
            self.session.headers["Authorization"] = f"Bearer user:{user}"
        self.user = user

    def person(self, user: str) -> Client:
        """Somebody else at the same spreadsheet."""
        return Client(self.emulator, self.id, user=user)

    def call(self, name: str, path: str, body: Any = None, *, lawful: bool = True, **query: Any) -> requests.Response:
        """Call a method of the API by its name in the discovery document."""
        pairs = [
            (key, str(item)) for key, value in query.items() for item in (value if isinstance(value, list) else [value])
        ]
        if lawful:
            witness.check_request(name, body, pairs)
        verb = witness.methods()[name]["httpMethod"]
        response = self.session.request(verb, ORIGIN + path, params=pairs, json=body, timeout=30)
        if response.status_code == 200:
            witness.check_answer(name, response.json())
        return response

    def _good(self, response: requests.Response) -> Json:
        assert response.status_code == 200, response.text
        answer: Json = response.json()
        return answer

    def create(self, body: Json | None = None) -> Client:
        """Make a spreadsheet and work on it."""
        self.id = self._good(self.call("spreadsheets.create", "/v4/spreadsheets", body or {}))["spreadsheetId"]
        return self

    def get(self, **query: Any) -> Json:
        """`spreadsheets.get`."""
        return self._good(self.call("spreadsheets.get", f"/v4/spreadsheets/{self.id}", **query))

    def batch(self, *requests_: Json, **options: Any) -> Json:
        """`spreadsheets.batchUpdate`, which must succeed. `fields` goes into the URL."""
        return self._good(self._batch(list(requests_), options))

    def refused(self, *requests_: Json, status: int = 400, lawful: bool = True) -> Json:
        """`spreadsheets.batchUpdate`, which must be refused; the error object."""
        response = self._batch(list(requests_), {}, lawful=lawful)
        assert response.status_code == status, response.text
        error: Json = response.json()["error"]
        assert error["code"] == status
        return error

    def _batch(self, requests_: list[Json], options: Json, *, lawful: bool = True) -> requests.Response:
        query = {"fields": options.pop("fields")} if "fields" in options else {}
        body = {"requests": requests_, **options}
        path = f"/v4/spreadsheets/{self.id}:batchUpdate"
        return self.call("spreadsheets.batchUpdate", path, body, lawful=lawful, **query)

    def values(self, text: str, option: str = "UNFORMATTED_VALUE", **query: Any) -> list[list[Any]]:
        """The values of a range; an empty list when there are none."""
        path = f"/v4/spreadsheets/{self.id}/values/{quote(text, safe='')}"
        found: list[list[Any]] = self._good(
            self.call("spreadsheets.values.get", path, valueRenderOption=option, **query)
        ).get("values", [])
        return found

    def put(self, text: str, values: list[list[Any]], option: str = "RAW", **query: Any) -> Json:
        """`spreadsheets.values.update`."""
        path = f"/v4/spreadsheets/{self.id}/values/{quote(text, safe='')}"
        return self._good(
            self.call("spreadsheets.values.update", path, {"values": values}, valueInputOption=option, **query)
        )

    def append(self, text: str, values: list[list[Any]], option: str = "RAW", **query: Any) -> Json:
        """`spreadsheets.values.append`."""
        path = f"/v4/spreadsheets/{self.id}/values/{quote(text, safe='')}:append"
        return self._good(
            self.call("spreadsheets.values.append", path, {"values": values}, valueInputOption=option, **query)
        )


def text_rows(*rows: list[str]) -> list[Json]:
    """RowData of texts."""
    return [{"values": [{"userEnteredValue": {"stringValue": cell}} for cell in row]} for row in rows]


def write(row: int, column: int, *rows: list[str], sheet: int = 0) -> Json:
    """An updateCells request that writes texts from a cell on."""
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": text_rows(*rows), "fields": "userEnteredValue"}}


def grid(top: int, left: int, bottom: int, right: int, sheet: int = 0) -> Json:
    """A GridRange."""
    return {
        "sheetId": sheet,
        "startRowIndex": top,
        "startColumnIndex": left,
        "endRowIndex": bottom,
        "endColumnIndex": right,
    }
