"""The audit names tampering by row; many orders at once share their commits and stay inside Google's quota."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from npta.cli.main import main
from sheets_schema.advanced import Timing
from sheets_schema.emulator import Emulator
from sheets_schema.emulator.faults.quota import QuotaLimit
from tests.npta.acceptance.steps import KEYS, Watch, press
from tests.support import ENVIRONMENT, House, gspread_on

ORDER = "6855909900591"


def lived_in(file: Path) -> House:
    """A house in a file, in which much has happened."""
    house = House(Emulator(file)).provision()
    house.tampered_with = True
    house.products(("NSTB", "ELEIKO-STR1-FULL,NASM-CPT-FULL,NCSF-STS-FULL"), ("CPTa", "NASM-CPT-FULL"))
    house.keys(*KEYS, ["CANADA", "NASM", "CPT", "combined", "EX-second", 5])
    house.order("1", ("NSTB", 1))
    house.order("2", ("CPTa", 2))
    house.order("3", ("CPTa", 99))
    press(house, "/orders/1/release")
    press(house, "/orders/2/delivered")
    house.order("4", ("CPTa", 1))
    return house


def audit(file: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """`npta audit` at the shell, on the same file: its exit status and what it prints."""
    capsys.readouterr()
    code = main(["audit"], {**ENVIRONMENT, "NPTA_SPREADSHEET": f"sqlite:///{file}"})
    return code, capsys.readouterr().out.splitlines()


def forge(house: House, tab: str, row: int, header: str, value: Any) -> None:
    """The owner, whom no protection stops, writes over one cell."""
    worksheet = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet(tab)
    worksheet.update_cell(row, worksheet.row_values(1).index(header) + 1, value)


class TestAudit:
    @pytest.mark.row("X7")
    def test_it_folds_everything_again_and_finds_nothing_in_what_the_service_wrote(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        house = lived_in(tmp_path / "npta.db")
        before = house.rows("Commit Log")

        code, lines = audit(tmp_path / "npta.db", capsys)

        assert code == 0, lines
        assert "everything agrees" in lines[-1]
        assert house.rows("Commit Log") == before

    @pytest.mark.row("X7")
    @pytest.mark.parametrize(
        ("tab", "row", "header", "value", "says"),
        [
            ("Key Ledger", 2, "seats", 99, "assigns 99 seats"),
            ("Key Ledger", 5, "keycode", "FORGED", "another keycode"),
            ("Key Ledger", 3, "key_id", "nothing", "never imported"),
            ("Key Ledger", 5, "order_id", "77", "order 77 holds keys"),
            ("Import History", 3, "keycode", "EX-2t572t1232321a", "imported before"),
            ("Import History", 2, "seats", 0, "0 seats"),
            ("Orders", 2, "lines", "{}", "receipt cannot be read"),
            ("Commit Log", 5, "previous", "forged", "does not follow"),
            ("Outbox", 3, "commit", "forged", "names commit forged"),
        ],
    )
    def test_what_was_written_over_is_named_by_tab_and_row(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], tab: str, row: int, header: str, value: Any, says: str
    ) -> None:
        house = lived_in(tmp_path / "npta.db")
        forge(house, tab, row, header, value)

        code, lines = audit(tmp_path / "npta.db", capsys)

        assert code == 1
        assert [line for line in lines if tab in line and f" {row} " in line and says in line], lines
        assert "EX-2t572t1232321a" not in "\n".join(lines)

    @pytest.mark.row("X7")
    @pytest.mark.parametrize(("tab", "row"), [("Key Ledger", 4), ("Orders", 3), ("Import History", 2), ("Outbox", 4)])
    def test_a_fact_that_was_deleted_is_missed(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], tab: str, row: int
    ) -> None:
        house = lived_in(tmp_path / "npta.db")
        gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet(tab).delete_rows(row)

        code, lines = audit(tmp_path / "npta.db", capsys)

        assert code == 1
        assert [line for line in lines if tab in line and "by the commit log it should hold" in line]

    @pytest.mark.row("X7")
    def test_a_person_cannot_tamper_with_facts_in_the_first_place(self, npta: House) -> None:
        worksheet = npta.sheet.worksheet("Key Ledger")

        with pytest.raises(Exception, match="protected"):
            worksheet.update_cell(2, 9, 99)


class TestBursts:
    @pytest.mark.row("X9")
    def test_hundreds_of_orders_at_once_stay_inside_googles_quota_and_all_are_served(self, npta: House) -> None:
        npta.products(("CPTa", "NASM-CPT-FULL"))
        npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-1", 300])
        npta.order("0", ("CPTa", 1))
        # A call to Google takes a while (reported: some 0.5 s), in which the next orders gather.
        npta.emulator.faults.add("delay_answer", path=":batchUpdate", seconds=0.1, count=None)
        calls = npta.emulator.calls
        calls.reset()

        with ThreadPoolExecutor(40) as callers:
            answers = list(callers.map(lambda number: npta.order(str(number), ("CPTa", 1)), range(1, 200)))

        assert Counter(answer["http"] for answer in answers) == {200: 199}
        assert calls.writes <= 60
        assert calls.reads <= 60
        assert npta.rows("Key Inventory")[0]["used"] == 200
        assert len({row["commit"] for row in npta.rows("Key Ledger")}) <= calls.writes + 1

    @pytest.mark.row("X9")
    def test_when_the_quota_is_used_up_nothing_is_lost_and_callers_are_told_when_to_come_again(self) -> None:
        watch = Watch()
        emulator = Emulator(clock=lambda: 1e9 + watch.waited, sleep=watch.passes)
        npta = House(emulator, clock=watch.clock, timing=Timing()).provision()
        npta.products(("CPTa", "NASM-CPT-FULL"))
        npta.keys(["CANADA", "NASM", "CPT", "combined", "EX-1", 300])
        watch.passes(120)
        emulator.quota = QuotaLimit(reads_per_user=3, writes_per_user=2)

        answers = [npta.order(str(number), ("CPTa", 1)) for number in range(5)]
        waits = [answer for answer in answers if answer["http"] == 503]
        assert {answer["http"] for answer in answers} == {200, 503}
        assert all(answer["status"] == "retry" for answer in waits)
        for number in range(5):
            watch.passes(120)
            assert npta.order(str(number), ("CPTa", 1))["http"] == 200

        emulator.quota = None
        assert npta.rows("Key Inventory")[0]["used"] == 5
