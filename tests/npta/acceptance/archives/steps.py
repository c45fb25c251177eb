"""What people do to archives, and what stands in them."""

from __future__ import annotations

from typing import Any

from npta.operations.archiving.archiving_snapshot import take_snapshot
from npta.operations.archiving.move_orders import ArchiveRun
from tests.npta.acceptance.steps import Watch, buy, press, zap
from tests.npta.acceptance.test_shrink_spreadsheet import flush
from tests.support import House, session_on

YEAR = 365 * 86_400
"""Seconds."""
SERVICE = "npta@service.example"
_SHEETS = "https://sheets.googleapis.com/v4/spreadsheets"
_FILES = "https://www.googleapis.com/drive/v3/files"


def change(house: House, archive: str, *requests: dict[str, Any]) -> None:
    """The owner of an archive changes it."""
    answer = session_on(house.emulator).post(
        f"{_SHEETS}/{archive}:batchUpdate", json={"requests": requests}, timeout=60
    )
    assert answer.ok, answer.text


def sheets_of(house: House, archive: str) -> dict[str, int]:
    """The ids of an archive's tabs, by title."""
    found = session_on(house.emulator).get(f"{_SHEETS}/{archive}", timeout=30).json()["sheets"]
    return {sheet["properties"]["title"]: sheet["properties"]["sheetId"] for sheet in found}


def values(house: House, archive: str, tab: str) -> list[list[Any]]:
    """All that stands in a tab."""
    params = {"valueRenderOption": "UNFORMATTED_VALUE"}
    answer = session_on(house.emulator).get(f"{_SHEETS}/{archive}/values/'{tab}'", params=params, timeout=30)
    rows: list[list[Any]] = answer.json()["values"]
    return rows


def put(house: House, archive: str, cell: str, rows: list[list[Any]]) -> None:
    """Write cells, letter for letter."""
    url = f"{_SHEETS}/{archive}/values/{cell}"
    answer = session_on(house.emulator).put(url, params={"valueInputOption": "RAW"}, json={"values": rows}, timeout=30)
    assert answer.ok, answer.text


def share(house: House, archive: str, role: str, address: str = SERVICE) -> None:
    """Share an archive; from then on only those whom it is shared with can open it."""
    body = {"type": "user", "role": role, "emailAddress": address}
    assert session_on(house.emulator).post(f"{_FILES}/{archive}/permissions", json=body, timeout=30).ok


def share_with_others_only(house: House, archive: str) -> None:
    """Take the service's right to open an archive away."""
    share(house, archive, "writer", "boss@npta.example")
    session = session_on(house.emulator)
    listed = session.get(f"{_FILES}/{archive}/permissions", params={"fields": "permissions"}, timeout=30).json()
    for permission in listed["permissions"]:
        if permission.get("emailAddress") == SERVICE:
            assert session.delete(f"{_FILES}/{archive}/permissions/{permission['id']}", timeout=30).ok


def delete_file(house: House, archive: str) -> None:
    """Delete an archive for good."""
    assert session_on(house.emulator).delete(f"{_FILES}/{archive}", timeout=30).ok


def delivered(house: House, *lines: tuple[str, int]) -> dict[str, Any]:
    """An order that is filled and mailed."""
    order = buy(house, *lines)
    assert zap(house, order)["status"] == "fulfilled"
    press(house, f"/orders/{order['id']}/delivered", {"message_id": "m"})
    return order


def settle_one(house: House, watch: Watch) -> None:
    """One more order, so that the ones before are in no list any more."""
    last = buy(house, ("CNC", 1))
    zap(house, last)
    press(house, f"/orders/{last['id']}/delivered", {"message_id": "m"})
    flush(house, watch)


def archive_portion(house: House) -> int:
    """Move one portion of settled orders to the last archive; how many have left."""
    services, deadline = house.services, house.clock.deadline(60)
    run = ArchiveRun(services, "test", deadline, take_snapshot(services, deadline))
    while chosen := run.choose():
        if run.move(chosen, services.settings.archives[-1]):
            return len(chosen.orders)
    return 0
