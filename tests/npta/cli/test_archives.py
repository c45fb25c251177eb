"""Commands that read archives, as people call them."""

from __future__ import annotations

import csv
import io
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from npta.domain.reports import archiving_blockers
from npta.domain.state import order_positions
from npta.local.slack.stand_in import serve_slack
from npta.operations.archiving import move_orders
from sheets_schema import Clock
from sheets_schema.emulator import Emulator, serve
from tests.npta.acceptance.archives.steps import archive_portion
from tests.npta.cli.test_main import Shell
from tests.support import ENVIRONMENT, House, gspread_on, new_spreadsheet


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """A shell whose house has let its first three orders leave."""
    monkeypatch.setattr(move_orders, "MIN_PORTION", 1)
    monkeypatch.setattr(order_positions, "LISTED", 1)
    with sold_long_ago(capsys) as shell:
        house = shell.house
        assert archive_portion(house) == 3
        yield shell


@contextmanager
def sold_long_ago(capsys: pytest.CaptureFixture[str], confirmed: Sequence[str] = ("1", "2", "3")) -> Generator[Shell]:
    """A shell whose house has three orders of a year ago, and one of now."""
    emulator, ago = Emulator(), [timedelta(days=400)]
    with serve(emulator) as sheets, serve_slack() as slack:
        archives = {"NPTA_ARCHIVES": new_spreadsheet(emulator)}
        house = House(
            emulator, clock=Clock(now=lambda: datetime.now(UTC) - ago[0]), slack=slack, environment=archives
        ).provision()
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys(["CANADA", "NASM", "CPT", "combined", "CPT-1", 9])
        for order_id in ("1", "2", "3"):
            house.order(order_id, ("CPTa", 1))
            if order_id in confirmed:
                house.call("POST", f"/orders/{order_id}/delivered")
            ago[0] -= timedelta(minutes=1)
        house.call("POST", "/outbox/flush")
        ago[0] = timedelta()
        house.order("4", ("CPTa", 1))
        environment = {
            **ENVIRONMENT,
            **archives,
            "NPTA_SPREADSHEET": house.spreadsheet_id,
            "NPTA_SHEETS_API": sheets.url,
        }
        yield Shell(house, environment, capsys)
        house.end()


def test_both_audits_and_the_export_read_what_has_left(shell: Shell) -> None:
    assert shell("audit") == 0
    assert shell("audit", "--archives") == 0
    assert "portion 1 of 1: 3 orders" in shell.err
    assert "archives too" in shell.out

    assert shell("export", "--out", "-") == 0
    assert [row["order_id"] for row in csv.DictReader(io.StringIO(shell.out))] == ["1", "2", "3", "4"]


def test_a_damaged_archive_ends_both_with_1_and_a_tab_left_over_does_not(shell: Shell) -> None:
    archive = gspread_on(shell.house.emulator, shell.house.settings.archives[0], person="")
    archive.add_worksheet("00001 00000000", 2, 6)
    assert shell("audit", "--archives") == 0
    assert "left over by a run that was broken off" in shell.out

    [tab] = [
        sheet for sheet in archive.worksheets() if sheet.title.startswith("00001 ") and sheet.title != "00001 00000000"
    ]
    tab.update_cell(2, 4, "someone@example.com")
    assert shell("audit") == 0
    assert shell("audit", "--archives") == 1
    assert "order 1 is not as it was written" in shell.out

    assert shell("export", "--out", "-") == 1
    assert [row["order_id"] for row in csv.DictReader(io.StringIO(shell.out))] == ["2", "3", "4"]
    assert "MISSING in the file: Order 1 stands in the archive" in shell.err
    shell.house.tampered_with = True


def test_the_command_says_what_keeps_orders_here_and_what_keeps_them_from_leaving(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(move_orders, "MIN_PORTION", 1)
    monkeypatch.setattr(order_positions, "LISTED", 1)
    monkeypatch.setattr(archiving_blockers, "MANY", 1)
    with sold_long_ago(capsys, confirmed=("2", "3")) as shell:
        for command in (("archive", "--plan"), ("archive",)):
            assert shell(*command) == 0
            assert (
                "1 order of more than 60 days ago cannot leave for the archive: 1 with a mail that nobody" in shell.out
            )
            assert "2 orders" in shell.out

        monkeypatch.setattr(move_orders, "MAX_OPENING", 1)
        monkeypatch.setattr(move_orders, "RESERVE", 1)
    with sold_long_ago(capsys, confirmed=("2", "3")) as shell:
        for command in (("archive", "--plan"), ("archive",)):
            assert shell(*command) == 1
            assert "Settled orders stay: No more orders leave, since the tab Opening has no more room" in shell.out
            assert "0 orders" in shell.out
