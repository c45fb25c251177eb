"""The service, and a spreadsheet of its with a past."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import gspread
import requests

from benchmarks.measure import say
from benchmarks.world import session_on
from npta.domain.orders.eligibility import Mode
from npta.domain.state.entitlements import parse_entitlement
from npta.domain.state.fingerprint import fingerprint
from npta.domain.state.receipts import Order, OrderLine, Owed, Receipt, write_receipt
from npta.domain.state.state import State
from npta.operations.fulfillment import fulfill_order
from npta.operations.mode import change_mode
from npta.operations.sync_catalogue import sync_catalogue
from npta.services import Services, make_schema
from npta.settings import Settings
from npta.tables import Catalogue, Component, ImportHistory, KeyEvent, KeyLedger, OrderEvent, Orders
from sheets_schema import Clock, Database, Ledger
from sheets_schema.advanced import GOOGLE, Client, Timing
from sheets_schema.emulator import Emulator
from sheets_schema.protocol.lock_record import FENCE_NAME, LockRecord
from sheets_schema.schema.internal_tables import CommitLog, Control

NAME = "npta"
REGION = "CANADA"
COURSES = ("CPT", "CES", "CNC", "PES")
SEATS = 2
_AT = "2026-01-01T00:00:00Z"
_AT_ONCE = 10_000
_SETTINGS = Settings.load(
    {
        "NPTA_SPREADSHEET": "an-id",
        "NPTA_REGION": REGION,
        "NPTA_ORDER_KEYS": "an-order-key-for-benchmarks",
        "NPTA_OPERATOR_KEYS": "an-operator-key-for-benchmarks",
        "NPTA_TEST_RECIPIENT": "test@npta.example",
    }
)


class Warm(Database[State]):
    """Says of every work that more will follow, so that one caller alone finds the lock his own."""

    def run(self, *arguments: Any, **more: Any) -> Any:  # type: ignore[override]  # whatever it takes
        """As it is, with the promise."""
        return super().run(*arguments, **{**more, "hold_lease": True})


def services(
    spreadsheet_id: str,
    *,
    session: requests.Session | None = None,
    origin: str = GOOGLE,
    clock: Clock | None = None,
    kind: type[Database[State]] = Database,
    refreshing: bool = False,
    quota: int | None = None,
) -> Services:
    """Return the service on a spreadsheet. Without `refreshing` it leaves the catalogue's computed columns to others."""
    clock = clock or Clock()
    if session is None:
        session = requests.Session()
        session.trust_env = False
    client = Client(
        spreadsheet_id, session=session, origin=origin, clock=clock, reads_a_minute=quota, writes_a_minute=quota
    )
    made = Services(_SETTINGS, kind(client, make_schema(_SETTINGS), timing=Timing(), clock=clock), clock)
    if not refreshing:
        made.refreshing.last = float("inf")
    return made


def order(service: Services, number: int, *, seconds: float = 60.0) -> bool:
    """Serve one order of one course; whether it was fulfilled."""
    course = COURSES[number % len(COURSES)]
    asked = Order(str(9_000_000_000 + number), (OrderLine("1", course, 1),), REGION, "ada@example.com", "Ada Lovelace")
    return fulfill_order(service, asked, who="bench", deadline=service.clock.deadline(seconds)).status == "fulfilled"


def pasted(count: int) -> list[list[object]]:
    """Rows of new keys, as a person pastes them."""
    return [[REGION, "NASM", COURSES[n % len(COURSES)], "combined", f"NEW-{n:09d}", SEATS] for n in range(count)]


def past(file: Path, *, keys: int, orders: int) -> str:
    """Return a spreadsheet with so many keys, and orders each with a commit of its own; its id.

    The rows are those that the service writes, put there by hand, since serving them would take hours.
    """
    say(f"a spreadsheet with {keys:,} keys and {orders:,} orders")
    with Emulator(file) as emulator:
        session = session_on(emulator)
        made = session.post(f"{GOOGLE}/v4/spreadsheets", json={}, timeout=30).json()
        spreadsheet_id = str(made["spreadsheetId"])
        service = services(spreadsheet_id, session=session)
        deadline = service.clock.deadline(60)
        service.spreadsheet.provision(deadline)
        change_mode(service, Mode.LIVE, who="bench", deadline=deadline, go_live_at="2020-01-01T00:00:00Z")
        book = gspread.Client(auth=None, session=session).open_by_key(spreadsheet_id)  # type: ignore[arg-type]  # gspread takes none with a session
        products = [[course, "", course, f"NASM-{course}-FULL", "AUTO", "", "nasm", "", "TRUE"] for course in COURSES]
        book.worksheet(Catalogue.__table__.title).update(products, "A2", raw=True)
        sync_catalogue(service, who="bench", deadline=deadline)
        _write_past(book, keys, orders)
    return spreadsheet_id


def _write_past(book: gspread.Spreadsheet, keys: int, orders: int) -> None:
    _append(book, [_key(number) for number in range(keys)])
    _append(book, [_assigned(number) for number in range(orders)])
    _append(book, [_served(number) for number in range(orders)])
    log = book.worksheet(CommitLog.__table__.title)
    last = log.get_all_values()[-1]
    version, commit, counts = int(last[0]), last[1], json.loads(last[6])
    counts |= {ImportHistory.__table__.title: keys, KeyLedger.__table__.title: orders, Orders.__table__.title: orders}
    rows: list[CommitLog] = []
    for number in range(max(orders, 1)):
        at, who, doing = _AT, "zapier", "fulfill order"
        row = CommitLog(
            version=version + 1 + number,
            commit=f"{number:024x}",
            previous=rows[-1].commit if rows else commit,
            at=at,
            who=who,
            operation=doing,
            rows=CommitLog.written(counts, {}),
        )
        rows.append(row)
    _append(book, rows)
    cell = LockRecord(rows[-1].version, rows[-1].commit)
    book.worksheet(Control.__table__.title).update([[cell.text]], "B2", raw=True)
    old = book.fetch_sheet_metadata({"fields": "namedRanges"})["namedRanges"][0]
    fence = {"namedRangeId": cell.fence, "name": FENCE_NAME, "range": old["range"]}
    swap = [{"deleteNamedRange": {"namedRangeId": old["namedRangeId"]}}, {"addNamedRange": {"namedRange": fence}}]
    book.batch_update({"requests": swap})


def _append(book: gspread.Spreadsheet, rows: Sequence[Ledger]) -> None:
    if not rows:
        return
    sheet = book.worksheet(rows[0].__table__.title)
    first = len(sheet.col_values(1)) + 1
    sheet.resize(rows=first + len(rows) + 1000)
    for begin in range(0, len(rows), _AT_ONCE):
        values = [
            ["" if cell is None else cell for cell in row.cells().values()] for row in rows[begin : begin + _AT_ONCE]
        ]
        sheet.update(values, f"A{first + begin}", raw=True)


def _code(number: int) -> tuple[str, str]:
    return f"K-{number:024x}", f"NASM-{number:012x}"


def _key(number: int) -> ImportHistory:
    key_id, keycode = _code(number)
    return ImportHistory(
        key_id=key_id,
        imported_at=_AT,
        batch="20260101T000000-abcdef",
        imported_by="ops@npta.example",
        region=REGION,
        provider="NASM",
        product_code=COURSES[number % len(COURSES)],
        component=Component.COMBINED,
        keycode=keycode,
        seats=SEATS,
    )


def _taken(number: int) -> int:
    """Return the key that an order got: the oldest of its course that had a seat left."""
    courses = len(COURSES)
    return number // (courses * SEATS) * courses + number % courses


def _assigned(number: int) -> KeyLedger:
    course = COURSES[number % len(COURSES)]
    key_id, keycode = _code(_taken(number))
    return KeyLedger(
        at=_AT,
        event=KeyEvent.ASSIGNED,
        order_id=str(5_000_000_000 + number),
        line_item_id="1",
        sku=course,
        entitlement=f"NASM-{course}-FULL",
        key_id=key_id,
        keycode=keycode,
        seats=1,
        commit=f"{number:024x}",
    )


def _served(number: int) -> Orders:
    course = COURSES[number % len(COURSES)]
    lines = (OrderLine("1", course, 1),)
    owed = Owed("1", course, parse_entitlement(f"NASM-{course}-FULL"), 1)
    return Orders(
        at=_AT,
        event=OrderEvent.FULFILLED,
        order_id=str(5_000_000_000 + number),
        order_name=f"#{number}",
        status="fulfilled",
        customer_name=f"Ada Lovelace {number}",
        email=f"ada{number}@example.com",
        lines=write_receipt(Receipt(lines, REGION, (owed,))),
        fingerprint=fingerprint(lines),
        commit=f"{number:024x}",
    )


def numbers(first: int = 0) -> Iterator[int]:
    """Numbers of new orders."""
    while True:
        yield first
        first += 1


def paste(file: Path, spreadsheet_id: str, tab: str, rows: list[list[Any]]) -> None:
    """Rows that a person pastes below a header."""
    with Emulator(file) as emulator:
        book = gspread.Client(auth=None, session=session_on(emulator)).open_by_key(spreadsheet_id)  # type: ignore[arg-type]  # gspread takes none with a session
        sheet = book.worksheet(tab)
        sheet.resize(rows=len(rows) + 1000)
        sheet.update(rows, "A2", raw=True)
