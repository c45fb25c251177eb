"""What tests of the service stand on: an emulated spreadsheet, the service on it, and a person beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import gspread
import requests
from werkzeug import Request, Response
from werkzeug.test import Client as HttpClient

from npta.clients.keys_hook import KeysHook
from npta.clients.shopify.client import Shopify
from npta.domain.orders.eligibility import Mode
from npta.local.shop.server import shop_session
from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import Running
from npta.log import count_sheets_call
from npta.operations.audit import audit_spreadsheet
from npta.operations.audit_archives import audit_archives
from npta.operations.mode import change_mode
from npta.services import Services, make_schema, make_slack
from npta.settings import Settings
from npta.tables import ArchivedOrder, Catalogue, ImportKeys
from npta.web.app import Web
from npta.web.auth import Authenticator
from sheets_schema import Clock, Database
from sheets_schema.advanced import EMBEDDED, Archive, Client, Timing
from sheets_schema.emulator import Emulator, connect
from sheets_schema.protocol.a1 import column_letters

ORDER_KEY = "order-key-for-tests"
OPERATOR_KEY = "operator-key-for-tests"
PERSON = "user:ops@npta.example"
SLACK_TOKEN = "xoxb-for-tests"
SLACK_CHANNEL = "#npta-orders"

ENVIRONMENT = {
    "NPTA_SPREADSHEET": "an-id",
    "NPTA_REGION": "CANADA",
    "NPTA_ORDER_KEYS": ORDER_KEY,
    "NPTA_OPERATOR_KEYS": OPERATOR_KEY,
    "NPTA_TEST_RECIPIENT": "test@npta.example",
}

Cell = str | int | float | bool


def catalogue_row(
    sku: str, entitlements: str, fulfillment: str = "AUTO", *, title: str = "Trainer", provider: str = "nasm"
) -> list[Cell]:
    """Return a row of NPTA Catalogue, with what a person and Sync from Shopify put there, in the order of a new one's columns."""
    cells = {
        "SKU": sku,
        "title": title,
        "entitlements": entitlements,
        "fulfillment": fulfillment,
        "provider": provider,
        "active": "TRUE",
    }
    return [cells.get(column.header, "") for column in Catalogue.columns()]


def catalogue_cell(header: str, row: int) -> str:
    """Return the address of a cell of NPTA Catalogue, as long as nobody has moved its columns."""
    return f"{column_letters([column.header for column in Catalogue.columns()].index(header))}{row}"


def session_on(emulator: Emulator, *, person: str = "") -> requests.Session:
    """A session that reaches the emulator without a socket, as the owner or as a named person."""
    return connect(emulator, person=person)


def new_spreadsheet(emulator: Emulator) -> str:
    """The id of a new, empty spreadsheet."""
    made = session_on(emulator).post("https://sheets.googleapis.com/v4/spreadsheets", json={}, timeout=30)
    return str(made.json()["spreadsheetId"])


def gspread_on(emulator: Emulator, spreadsheet_id: str, *, person: str = PERSON) -> gspread.Spreadsheet:
    """The spreadsheet in plain gspread."""
    client = gspread.Client(auth=None, session=session_on(emulator, person=person))  # type: ignore[arg-type]  # gspread takes none with a session
    return client.open_by_key(spreadsheet_id)


@dataclass
class House:
    """The service on an emulated spreadsheet, called over HTTP without a socket."""

    emulator: Emulator = field(default_factory=Emulator)
    spreadsheet_id: str = ""
    clock: Clock = field(default_factory=Clock)
    timing: Timing = EMBEDDED
    environment: Mapping[str, str] = field(default_factory=dict)
    shop: LocalShop | None = None
    """Shopify's place, if the test needs it."""
    slack: Running | None = None
    """Slack's."""
    archive_account: str = ""
    """Who opens archives (`user:npta@example.com`); empty for the owner."""
    tampered_with: bool = False
    """Set by tests that damage facts on purpose, which an audit would find."""

    def __post_init__(self) -> None:
        self.spreadsheet_id = self.spreadsheet_id or new_spreadsheet(self.emulator)
        shop = self.shop.environment() if self.shop else {}
        slack = (
            {"SLACK_BOT_TOKEN": SLACK_TOKEN, "SLACK_CHANNEL": SLACK_CHANNEL, "SLACK_API_URL": self.slack.api_url}
            if self.slack
            else {}
        )
        self.settings = Settings.load({**ENVIRONMENT, **shop, **slack, **self.environment})
        self.restart()

    def restart(self) -> None:
        """Lose all process memory."""
        session = session_on(self.emulator)
        client = Client(self.spreadsheet_id, session=session, clock=self.clock, on_call=count_sheets_call)
        spreadsheet = Database(client, make_schema(self.settings), timing=self.timing, clock=self.clock)
        shop = Shopify(self.settings, self.clock, shop_session(self.shop)) if self.shop else None
        hook = KeysHook(self.settings, self.clock) if self.settings.keys_hook else None
        slack = make_slack(self.settings, self.clock)
        self.services = Services(self.settings, spreadsheet, self.clock, slack, shop, hook)
        for name in self.settings.archives:
            opened = session_on(self.emulator, person=self.archive_account)
            client = Client(name, session=opened, clock=self.clock, on_call=count_sheets_call)
            self.services.archives[name] = Archive(client, ArchivedOrder, clock=self.clock)
        web = Web(lambda: self.services, Authenticator(self.settings))
        self.http = HttpClient(Request.application(web.handle), Response)

    def end(self) -> None:
        """End a test: the audit finds nothing, with the archives and without them."""
        if self.tampered_with:
            return
        self.emulator.faults.clear()
        deadline = self.clock.deadline(60)
        assert audit_spreadsheet(self.services, deadline=deadline) == []
        if self.settings.archives:
            assert audit_archives(self.services, deadline=deadline).findings == []

    @property
    def sheet(self) -> gspread.Spreadsheet:
        """The spreadsheet in a person's hands."""
        return gspread_on(self.emulator, self.spreadsheet_id)

    def provision(self, mode: Mode = Mode.LIVE) -> House:
        """Set the spreadsheet up, in a mode; without a go-live time that would refuse earlier orders."""
        deadline = self.clock.deadline(30)
        self.services.spreadsheet.provision(deadline)
        change_mode(self.services, mode, who="test", deadline=deadline, go_live_at="2020-01-01T00:00:00Z")
        return self

    def call(self, method: str, path: str, body: Any = None, *, key: str = OPERATOR_KEY, **more: Any) -> Response:
        """One HTTP call."""
        headers = {"X-API-Key": key} if key else {}
        return self.http.open(path, method=method, json=body, headers={**headers, **more.pop("headers", {})}, **more)

    def order(self, order_id: str, *lines: tuple[str, int], key: str = ORDER_KEY, **more: Any) -> dict[str, Any]:
        """Post an order of (SKU, quantity) lines and return the answer's body, with its HTTP status as `http`."""
        items = [
            {"line_item_id": str(place), "sku": sku, "quantity": count} for place, (sku, count) in enumerate(lines, 1)
        ]
        body = {"order_id": order_id, "email": "ada@example.com", "customer_name": "Ada Lovelace", "line_items": items}
        response = self.call("POST", "/orders", {**body, **more}, key=key)
        return {**json.loads(response.data), "http": response.status_code}

    def products(self, *rows: tuple[str, str] | tuple[str, str, str], sync: bool = True) -> dict[str, Any]:
        """Type (SKU, entitlements, fulfillment) rows into the catalogue from row 2 on, and sync."""
        cells = [catalogue_row(*row, title=f"Product {row[0]}") for row in rows]
        self.sheet.worksheet(Catalogue.__table__.title).update(cells, "A2", raw=True)
        return self.sync() if sync else {}

    def paste(self, *rows: Sequence[Cell]) -> None:
        """Paste rows into Import Keys, below what stands there."""
        worksheet = self.sheet.worksheet(ImportKeys.__table__.title)
        worksheet.update([list(row) for row in rows], f"A{len(worksheet.get_all_values()) + 1}", raw=True)

    def keys(self, *rows: Sequence[Cell]) -> dict[str, Any]:
        """Paste rows and press Import Keys."""
        self.paste(*rows)
        return self.import_keys()

    def import_keys(self, **body: Any) -> dict[str, Any]:
        """Press Import Keys."""
        answer: dict[str, Any] = json.loads(self.call("POST", "/keys/import", body).data)
        return answer

    def sync(self, **body: Any) -> dict[str, Any]:
        """Press Sync Catalogue."""
        answer: dict[str, Any] = json.loads(self.call("POST", "/catalogue/sync", body).data)
        return answer

    def rows(self, tab: str) -> list[dict[str, Any]]:
        """A tab's rows as plain gspread sees them, unformatted, by header."""
        values = self.sheet.worksheet(tab).get_all_values(value_render_option="UNFORMATTED_VALUE")  # type: ignore[arg-type]  # gspread's own enum is a str
        return [dict(zip(values[0], row, strict=False)) for row in values[1:]]
