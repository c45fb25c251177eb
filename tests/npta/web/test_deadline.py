"""Every call ends within 25 s, however slow Google is, and nothing is half done: on a clock that only waiting moves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from npta.operations.audit import audit_spreadsheet
from npta.web.app import SECONDS
from sheets_schema import Clock
from sheets_schema.advanced import Timing
from sheets_schema.emulator import Emulator
from tests.support import House

ORDER = {"order_id": "1", "email": "ada@example.com", "line_items": [{"sku": "CPTa", "quantity": 2}]}
CALLS: list[tuple[str, str, dict[str, Any] | None]] = [
    ("POST", "/orders", ORDER),
    ("GET", "/orders/7", None),
    ("POST", "/orders/7/delivered", {"message_id": "m"}),
    ("POST", "/orders/7/release", {}),
    ("POST", "/orders/7/clear-cache", {}),
    ("POST", "/keys/import", {}),
    ("POST", "/catalogue/sync", {}),
    ("POST", "/mode", {"mode": "OFF"}),
    ("POST", "/outbox/flush", {}),
]


@dataclass
class Watch:
    """A clock on which waiting takes no time."""

    seconds: float = 1_000_000.0

    def forward(self, seconds: float) -> None:
        self.seconds += seconds

    def now(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(watch: Watch) -> House:
    """A service as on Google, with nothing in its memory."""
    emulator = Emulator(clock=watch.now, sleep=watch.forward)
    made = House(emulator, clock=Clock(monotonic=watch.now, sleep=watch.forward), timing=Timing()).provision()
    made.products(("CPTa", "NASM-CPT-FULL"))
    made.keys(["CANADA", "NASM", "CPT", "combined", "EX-1", 50])
    made.order("7", ("CPTa", 1))
    made.paste(["CANADA", "NASM", "CPT", "combined", "EX-2", 5])
    watch.forward(3600)
    made.restart()
    return made


FAULTS: list[dict[str, Any]] = [
    {"kind": "delay", "seconds": 9},
    {"kind": "late_commit", "path": ":batchUpdate", "seconds": 20},
    {"kind": "hang"},
    {"kind": "delay", "seconds": 1},
    {"kind": "delay", "seconds": 4},
    {"kind": "delay", "seconds": 24.9},
    {"kind": "delay", "seconds": 60},
    {"kind": "delay_answer", "path": ":batchUpdate", "seconds": 60},
    {"kind": "lost_answer", "path": ":batchUpdate"},
    {"kind": "refuse_429"},
    {"kind": "error_503_html"},
    {"kind": "error_500_after", "path": ":batchUpdate"},
]
CASES = [
    pytest.param(*call, fault, id=f"{call[1]} {fault['kind']} {fault.get('seconds', '')}")
    for call in CALLS
    for fault in (FAULTS if call[1] == "/orders" else FAULTS[:2])
]


@pytest.mark.parametrize(("method", "path", "body", "fault"), CASES)
def test_a_call_ends_in_time_and_may_be_made_again(
    house: House, watch: Watch, method: str, path: str, body: dict[str, Any] | None, fault: dict[str, Any]
) -> None:
    house.emulator.faults.add(**fault, count=None)
    began = watch.seconds

    response = house.call(method, path, body)

    assert watch.seconds - began <= SECONDS
    assert response.status_code in (200, 503)
    if response.status_code == 503:
        assert int(response.headers["Retry-After"]) >= 1
    house.emulator.faults.clear()
    watch.forward(120)
    again = house.call(method, path, body)
    assert again.status_code == 200
    if path == "/orders":
        assert json.loads(again.data)["keys_count"] == 2
    watch.forward(120)
    assert audit_spreadsheet(house.services, deadline=house.clock.deadline(30)) == []
    seats = [row["seats"] for row in house.rows("Key Ledger") if row["event"] == "ASSIGNED"]
    assert sum(seats) == (3 if path == "/orders" else 1)
