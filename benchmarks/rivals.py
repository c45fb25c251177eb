"""What people use otherwise: each serves an order from a sheet of keys and notes it in a sheet of orders.

All reach the emulator by the means that they offer: a plain gspread session, a service object handed to gsab, and the
session inside gspread-models. Nothing of theirs is changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gspread
import requests
from google.auth.credentials import AnonymousCredentials
from requests.adapters import HTTPAdapter

from benchmarks.measure import say
from benchmarks.world import session_on
from sheets_schema.advanced import GOOGLE
from sheets_schema.emulator import Emulator

POOL = "CANADA NASM CPT combined"
SEATS = 2
LEFT = 1000
"""Keys at the end of the sheet that still have free seats."""
_AT_ONCE = 10_000


class _To(HTTPAdapter):
    """Sends what is meant for Google to another origin."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self._origin = origin

    def send(self, request: requests.PreparedRequest, *arguments: Any, **more: Any) -> requests.Response:
        """Send it there."""
        request.url = (request.url or "").replace(GOOGLE, self._origin, 1)
        return super().send(request, *arguments, **more)


def _session(origin: str) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.mount(f"{GOOGLE}/", _To(origin))
    return session


class Rival(ABC):
    """One way to serve orders. Opens the spreadsheet when it is made, as one would at start-up."""

    name: str
    keys: tuple[str, ...] = ("key_id", "pool", "keycode", "seats", "used")
    orders: tuple[str, ...] = ("order_id", "key_id", "keycode")

    def __init__(self, origin: str, spreadsheet_id: str) -> None:
        self.origin = origin
        self.spreadsheet_id = spreadsheet_id

    @classmethod
    def key(cls, number: int, used: int) -> list[str | int]:
        """Return a key's row."""
        return [f"K-{number:024x}", POOL, f"NASM-{number:012x}", SEATS, used]

    @abstractmethod
    def order(self, number: int) -> None:
        """Serve an order with one seat of the first key that has one."""

    @abstractmethod
    def take_in(self, count: int) -> None:
        """Import so many new keys, leaving out those that are there already."""


class Script(Rival):
    """Plain gspread as a competent person writes it: three calls an order, and it knows no repeats."""

    name = "gspread script"

    def __init__(self, origin: str, spreadsheet_id: str) -> None:
        super().__init__(origin, spreadsheet_id)
        book = gspread.Client(auth=None, session=_session(origin)).open_by_key(spreadsheet_id)  # type: ignore[arg-type]  # gspread takes none with a session
        self._keys, self._orders = book.worksheet("keys"), book.worksheet("orders")

    def order(self, number: int) -> None:
        """Read the keys, find a free one, update its cell, append the order."""
        rows = self._keys.get_all_values()
        for place, (key_id, pool, keycode, seats, used) in enumerate(rows[1:], 2):
            if pool == POOL and int(used) < int(seats):
                self._keys.update_cell(place, 5, int(used) + 1)
                self._orders.append_row([str(number), key_id, keycode])
                return
        raise LookupError(POOL)

    def take_in(self, count: int) -> None:
        """Read the codes that are there, append the new rows."""
        there = set(self._keys.col_values(3))
        rows = [self.key(number, 0) for number in range(10**9, 10**9 + count)]
        self._keys.append_rows([row for row in rows if row[2] not in there])


class Gsab(Rival):
    """gsab: two schemas, the key's id its primary key."""

    name = "gsab"

    def __init__(self, origin: str, spreadsheet_id: str) -> None:
        super().__init__(origin, spreadsheet_id)
        import httplib2
        from googleapiclient.discovery import build
        from gsab import Field, FieldType, Schema, SheetConnection, SheetManager

        logging.disable(logging.WARNING)  # gsab sets logging up for everybody, and tells of every refusal
        connection = SheetConnection(credentials=AnonymousCredentials())  # type: ignore[no-untyped-call]  # google-auth is half typed
        options = {"api_endpoint": origin}
        connection.service = build("sheets", "v4", http=httplib2.Http(), client_options=options)
        kinds = {"seats": FieldType.INTEGER, "used": FieldType.INTEGER}

        def manager(tab: str, columns: Sequence[str]) -> Any:
            fields = [
                Field(name, kinds.get(name, FieldType.STRING), primary_key=name == columns[0]) for name in columns
            ]
            made = SheetManager(connection, Schema(tab, fields))
            made.sheet_id = spreadsheet_id
            return made

        self._keys, self._orders = manager("keys", self.keys), manager("orders", self.orders)

    def order(self, number: int) -> None:
        """Read the keys, find a free one, update it by its id, insert the order."""
        asyncio.run(self._order(number))

    async def _order(self, number: int) -> None:
        for row in await self._keys.read({"pool": POOL}):
            if row["used"] < row["seats"]:
                await self._keys.update({"key_id": row["key_id"]}, {"used": row["used"] + 1})
                await self._orders.insert({"order_id": str(number), "key_id": row["key_id"], "keycode": row["keycode"]})
                return
        raise LookupError(POOL)

    def take_in(self, count: int) -> None:
        """One bulk insert, which looks for doubles itself."""
        rows = [dict(zip(self.keys, self.key(number, 0), strict=True)) for number in range(10**9, 10**9 + count)]
        asyncio.run(self._keys.bulk_insert(rows))


class Models(Rival):
    """gspread-models: two models; it has no update, so the cell is written with the gspread beneath it."""

    name = "gspread-models"
    keys = ("id", "pool", "keycode", "seats", "used", "created_at")
    orders = ("id", "order_id", "keycode", "created_at")

    def __init__(self, origin: str, spreadsheet_id: str) -> None:
        super().__init__(origin, spreadsheet_id)
        from gspread_models import BaseModel

        class Key(BaseModel):  # type: ignore[misc]  # it ships no types
            SHEET_NAME, COLUMNS = "keys", self.keys[1:-1]

        class Order(BaseModel):  # type: ignore[misc]  # as above
            SHEET_NAME, COLUMNS = "orders", self.orders[1:-1]

        self._key, self._order = Key, Order
        credentials = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth is half typed
        with contextlib.redirect_stdout(io.StringIO()):
            BaseModel.bind(document_id=spreadsheet_id, creds=credentials)
            BaseModel.service.client.http_client.session.mount(f"{GOOGLE}/", _To(origin))
            assert Key.sheet
            assert Order.sheet

    @classmethod
    def key(cls, number: int, used: int) -> list[str | int]:
        """Return a key's row."""
        return [number + 1, POOL, f"NASM-{number:012x}", SEATS, used, "2026-01-01 00:00:00.000000+00:00"]

    def order(self, number: int) -> None:
        """Fetch all keys, find a free one, write its cell, create the order."""
        for place, key in enumerate(self._key.where(pool=POOL), 2):
            if key.used < key.seats:
                self._key.sheet.update_cell(place, 5, key.used + 1)
                self._order.create({"order_id": str(number), "keycode": key.keycode})
                return
        raise LookupError(POOL)

    def take_in(self, count: int) -> None:
        """One `create_all`, without a look for doubles."""
        rows = (dict(zip(self.keys, self.key(number, 0), strict=True)) for number in range(10**9, 10**9 + count))
        self._key.create_all([{name: row[name] for name in self.keys[1:-1]} for row in rows])


RIVALS: tuple[type[Rival], ...] = (Script, Gsab, Models)


def rival(name: str) -> type[Rival]:
    """By its name."""
    return next(each for each in RIVALS if each.name == name)


def missing(kind: type[Rival]) -> str:
    """Why it cannot take part; empty if it can."""
    try:
        kind("http://127.0.0.1:9", "none")
    except ImportError as error:
        return f"not installed ({error.name})"
    except Exception:  # noqa: BLE001 — it is there, and nobody serves that spreadsheet
        return ""
    return ""


def past(file: Path, kind: type[Rival], *, keys: int) -> str:
    """Return a spreadsheet laid out for it with so many keys, the last thousand with free seats; its id."""
    say(f"{kind.name}: a spreadsheet with {keys:,} keys")
    with Emulator(file) as emulator:
        session = session_on(emulator)
        sheets = [{"properties": {"title": title}} for title in ("keys", "orders")]
        made = session.post(f"{GOOGLE}/v4/spreadsheets", json={"sheets": sheets}, timeout=30).json()
        book = gspread.Client(auth=None, session=session).open_by_key(made["spreadsheetId"])  # type: ignore[arg-type]  # gspread takes none with a session
        book.worksheet("orders").update([list(kind.orders)], "A1", raw=True)
        tab = book.worksheet("keys")
        tab.resize(rows=keys + 1)
        tab.update([list(kind.keys)], "A1", raw=True)
        for begin in range(0, keys, _AT_ONCE):
            rows = range(begin, min(begin + _AT_ONCE, keys))
            values: list[list[Any]] = [kind.key(row, 0 if row >= keys - LEFT else SEATS) for row in rows]
            tab.update(values, f"A{begin + 2}", raw=True)
    return str(made["spreadsheetId"])


def sold_twice(file: Path) -> tuple[int, int]:
    """How many orders stand in a file's spreadsheet, and how many of them got a seat that others had got."""
    with Emulator(file) as emulator:
        session = session_on(emulator)
        made = session.get("https://www.googleapis.com/drive/v3/files", timeout=30).json()["files"][0]["id"]
        book = gspread.Client(auth=None, session=session).open_by_key(made)  # type: ignore[arg-type]  # gspread takes none with a session
        header, *rows = book.worksheet("orders").get_all_values()
        place, held = header.index("keycode"), dict[str, int]()
        for row in rows:
            held[row[place]] = held.get(row[place], 0) + 1
    return len(rows), sum(max(0, count - SEATS) for count in held.values())
