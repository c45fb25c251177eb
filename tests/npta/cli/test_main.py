"""The commands as people call them, over real HTTP to the spreadsheet, the shop and Slack."""

from __future__ import annotations

import csv
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from npta.cli.csv_cells import as_it_was
from npta.cli.main import main
from npta.local.shop.server import serve_shop
from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import serve_slack
from sheets_schema.emulator import Emulator, serve
from tests.support import (
    ENVIRONMENT,
    OPERATOR_KEY,
    ORDER_KEY,
    SLACK_CHANNEL,
    SLACK_TOKEN,
    House,
    catalogue_cell,
    gspread_on,
)

COMMANDS = (
    "provision", "status", "preflight", "verify", "reconcile", "archive", "audit", "rebuild", "snapshot", "take-over", "export", "demo", "serve", "rehearse",
)  # fmt: skip
PAGE = (Path(__file__).parents[3] / "docs" / "operations" / "commands.md").read_text()
SECRETS = (ORDER_KEY, OPERATOR_KEY, SLACK_TOKEN, "local-shop-token")


@dataclass
class Shell:
    """A shell with the settings of a house, and what the last command has printed."""

    house: House
    environment: Mapping[str, str]
    capture: pytest.CaptureFixture[str]
    out: str = ""
    err: str = ""

    def __call__(self, *arguments: str) -> int:
        status = main(arguments, self.environment)
        self.out, self.err = self.capture.readouterr()
        assert not [secret for secret in SECRETS if secret in self.out + self.err]
        assert "Traceback" not in self.err
        return status

    @property
    def alerts(self) -> list[str]:
        assert self.house.slack
        return [str(message["text"]) for message in self.house.slack.slack.messages]


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """In an empty folder; the house is provisioned, in mode TEST, and its shop has the runbook's products."""
    monkeypatch.chdir(tmp_path)
    shop, emulator = LocalShop(), Emulator()
    shop.seed()
    with serve(emulator) as sheets, serve_shop(shop) as served, serve_slack() as slack:
        house = House(emulator=emulator, shop=shop, slack=slack)
        environment = {
            **ENVIRONMENT,
            **shop.environment(served.url),
            "NPTA_SPREADSHEET": house.spreadsheet_id,
            "NPTA_SHEETS_API": sheets.url,
            "SLACK_BOT_TOKEN": SLACK_TOKEN,
            "SLACK_CHANNEL": SLACK_CHANNEL,
            "SLACK_API_URL": slack.api_url,
        }
        shell = Shell(house, environment, capsys)
        assert shell("provision", "--mode", "TEST") == 0
        yield shell
        house.end()


def opened(shell: Shell) -> House:
    """What people do until everything is ready."""
    house = shell.house
    house.call("POST", "/shopify/sync")
    entitlements = {
        "CPTa": "NASM-CPT-FULL",
        "CPT": "NASM-CPT-EXAM",
        "CNC": "NASM-CNC-FULL",
        "CNCe": "NASM-CNC-EXAM",
        "NSTB": "ELEIKO-STR1-FULL,NASM-CPT-FULL,NCSF-STS-FULL",
        "CAREER": "NASM-CPT-FULL,NASM-CNC-FULL,NCSF-STS-FULL",
    }
    sheet = house.sheet.worksheet("NPTA Catalogue")
    for number, row in enumerate(house.rows("NPTA Catalogue"), 2):
        sheet.update([[entitlements.get(row["SKU"], "")]], catalogue_cell("entitlements", number))
        if row["SKU"] == "KBS-1":
            sheet.update([["EXTERNAL"]], catalogue_cell("fulfillment", number))
    house.sync()
    pools = (
        ("NASM", "CPT", "combined"), ("NASM", "CPT", "exam"), ("NASM", "CNC", "combined"), ("NASM", "CNC", "exam"),
        ("ELEIKO", "STR1", "combined"), ("NCSF", "STS", "combined"),
    )  # fmt: skip
    house.keys(*(("CANADA", *pool, f"EX-{'-'.join(pool)}", 9) for pool in pools))
    house.call("POST", "/outbox/flush")
    return house


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"], {})

    assert ended.value.code == 0
    assert f"usage: npta {command}" in capsys.readouterr().out


def test_the_page_of_commands_has_every_command_and_no_other() -> None:
    rows = re.findall(r"^\| ((?:`[a-z]+[^`]*`(?:, )?)+) \|", PAGE, re.MULTILINE)
    assert {each.split()[0] for row in rows for each in re.findall(r"`([^`]+)`", row)} == {*COMMANDS, "replicate"}


def test_all_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"], {})

    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("    ")]
    assert set(COMMANDS) <= set(listed)


@pytest.mark.row("B1", "B6", "B8", "B11")
def test_from_a_bare_spreadsheet_to_a_verified_order(shell: Shell) -> None:
    assert shell("preflight") == 1
    assert "✗  catalogue published" in shell.out
    house = opened(shell)

    assert shell("preflight") == 0, shell.out
    assert [line.split()[0] for line in shell.out.splitlines()[2:]] == ["✓"] * 8
    assert "Slack: posting" in shell.err
    assert shell.alerts[-1] == "🛫 Preflight: Ready"

    house.order("6855909900591", ("NSTB", 1), order_name="#1042")
    assert shell("verify", "6855909900591") == 1
    assert "✗ mail delivered: not confirmed since" in shell.out
    house.call("POST", "/orders/6855909900591/delivered")
    house.call("POST", "/outbox/flush")

    assert shell("verify", "#1042") == 0, shell.out
    assert [line.split()[0] for line in shell.out.splitlines()[4:]] == ["✓"] * 4
    assert "used 0 → 1" in shell.out


@pytest.mark.row("B6")
def test_preflight_lists_each_product_whose_entitlements_lack_something(shell: Shell) -> None:
    house = opened(shell)
    sheet = house.sheet.worksheet("NPTA Catalogue")
    rows = {row["SKU"]: number for number, row in enumerate(house.rows("NPTA Catalogue"), 2)}
    for sku, typed in (("CPTa", ""), ("CPT", "NASM-CPT"), ("CNC", "NASM-XYZ-FULL")):
        sheet.update([[typed]], catalogue_cell("entitlements", rows[sku]))

    assert shell("preflight") == 1

    report = shell.out[shell.out.index("✗ entitlements complete") : shell.out.index("✗ keys imported")]
    assert "CPTa: entitlements missing" in report
    assert "CPT: entitlements: “NASM-CPT” is not PROVIDER" in report
    assert "CNC: no keys for NASM-XYZ-FULL" in report
    assert "CNCe" not in report


@pytest.mark.row("B8")
def test_preflight_lists_where_shopify_shows_another_stock(shell: Shell) -> None:
    house = opened(shell)
    assert house.shop
    house.shop.seed([{"sku": "CPTa", "available": 3}])

    assert shell("preflight") == 1
    assert "CPTa: Shopify shows 3, the sheet says 9" in shell.out


def test_settings_that_are_missing_are_named_and_every_check_is_listed(shell: Shell) -> None:
    shell.environment = {**shell.environment, "NPTA_REGION": "", "SLACK_CHANNEL": ""}

    assert shell("preflight") == 1

    assert "NPTA_REGION is missing" in shell.out
    assert shell.out.count("not checked") >= 7


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["verify", "404"], "npta: The order 404 has never been seen here."),
        (["snapshot"], "npta: No shop is set"),
        (["export", "--since", "yesterday"], "npta: --since: is not a time"),
        (["status"], "npta: The spreadsheet"),
        (["rebuild"], "npta: The tab"),
    ],
)
def test_an_error_is_one_sentence(shell: Shell, arguments: list[str], sentence: str) -> None:
    shell.environment = {**shell.environment, "SHOPIFY_SHOP": ""}
    if arguments in (["status"], ["rebuild"]):
        bare = House(emulator=shell.house.emulator)
        shell.environment = {**shell.environment, "NPTA_SPREADSHEET": bare.spreadsheet_id}

    assert shell(*arguments) == 1
    assert shell.err.splitlines()[-1].startswith(sentence), shell.err


def test_status_shows_what_is_open(shell: Shell) -> None:
    house = opened(shell)
    house.order("1", ("CPTa", 6), order_name="#1001")
    house.order("2", ("CPT", 99))
    house.sheet.worksheet("NPTA Catalogue").update([["NASM-CPT-EXAM"]], catalogue_cell("entitlements", 2))

    assert shell("status") == 0

    for told in ("TEST", "Low pools", "CANADA NASM CPT combined", "Failed orders: 1", "mail not confirmed: 1", "#1001"):
        assert told in shell.out, told
    assert "unsynced" in shell.out


@pytest.mark.row("X5")
def test_reconcile_tells_slack_once_and_ends_with_1_if_anything_differs(shell: Shell) -> None:
    house = opened(shell)
    assert house.shop
    assert shell("reconcile") == 0, shell.out
    assert "everything agrees; checked: 0 orders, 6 keys, 6 products, 7 shop variants" in shell.out
    house.shop.seed([{"sku": "CPTa", "available": 3}])
    house.order("2", ("CPT", 99))
    house.call("POST", "/outbox/flush")
    house.shop.seed([{"sku": "CPTa", "available": 3}])

    assert shell("reconcile") == 1

    assert "stock differs" in shell.out
    assert "Shopify shows 3" in shell.out
    assert "failed order" in shell.out
    assert "reading every ledger" in shell.err
    reports = [each for each in shell.alerts if each.startswith("🌙")]
    assert len(reports) == 2
    house.restart()
    house.call("POST", "/outbox/flush")
    assert [each for each in shell.alerts if each.startswith("🌙")] == reports


@pytest.mark.row("B3")
def test_a_snapshot_is_a_dated_file_and_a_tab_whose_counts_agree(shell: Shell) -> None:
    assert shell.house.shop
    before = shell.house.shop.state()

    assert shell("snapshot", "--out", "backup") == 0, shell.out

    (file,) = Path("backup").glob("shop-20*.csv")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(encoding="utf-8", newline="") as written:
        rows = list(csv.DictReader(written))
    in_tab = [{name: str(value) for name, value in row.items()} for row in shell.house.rows("Shop Snapshot")]
    assert rows == in_tab
    assert [row["SKU"] for row in rows] == ["CPTa", "CPT", "CNC", "CNCe", "NSTB", "CAREER", "KBS-1"]
    assert rows[0]["title"] == "Certified Personal Trainer, all inclusive"
    assert (rows[0]["price"], rows[0]["tags"], rows[0]["status"]) == ("899.00", "digital, provider:nasm", "ACTIVE")
    assert "the counts agree" in shell.out
    after = shell.house.shop.state()
    assert {**after, "calls": None} == {**before, "calls": None}


def exported(shell: Shell) -> House:
    house = opened(shell)
    house.call("POST", "/mode", {"mode": "LIVE", "go_live_at": "2020-01-01T00:00:00Z"})
    house.order("1", ("NSTB", 1), order_name="#1001", customer_name="=HYPERLINK(1)")
    house.order("2", ("CPT", 2))
    house.call("POST", "/mode", {"mode": "OFF"})
    return house


@pytest.mark.row("B13")
def test_an_export_holds_the_keys_and_only_its_owner_can_read_it(shell: Shell) -> None:
    house = exported(shell)
    before = house.rows("Key Ledger")

    assert shell("export") == 0

    (file,) = Path("exports").glob("orders-20*.csv")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with file.open(encoding="utf-8", newline="") as written:
        rows = list(csv.DictReader(written))
    assert [(row["order_id"], row["keycode"], row["seats"]) for row in rows] == [
        ("1", "EX-ELEIKO-STR1-combined", "1"),
        ("1", "EX-NASM-CPT-combined", "1"),
        ("1", "EX-NCSF-STS-combined", "1"),
        ("2", "EX-NASM-CPT-exam", "2"),
    ]
    assert rows[0]["customer_name"] == "'=HYPERLINK(1)"
    assert "EX-" not in shell.out + shell.err
    assert "2 orders with 5 seats" in shell.out
    assert "key codes" in shell.out
    assert house.rows("Key Ledger") == before


def test_a_key_code_that_looks_like_a_formula_is_marked_and_said_so(shell: Shell) -> None:
    house = exported(shell)
    house.call("POST", "/mode", {"mode": "LIVE", "go_live_at": "2020-01-01T00:00:00Z"})
    house.keys(["CANADA", "NASM", "CPT", "combined", "=EX+1", 5], ["CANADA", "NASM", "CPT", "exam", "-0123", 5])
    assert [house.order("3", ("CPTa", 12))["status"], house.order("4", ("CPT", 9))["status"]] == ["fulfilled"] * 2

    assert shell("export") == 0

    (file,) = Path("exports").glob("orders-20*.csv")
    with file.open(encoding="utf-8", newline="") as written:
        codes = {row["keycode"] for row in csv.DictReader(written)}
    assert not [code for code in codes if code.startswith(("=", "+", "-", "@"))]
    assert (
        {"=EX+1", "-0123"}
        <= {as_it_was(code) for code in codes}
        <= {row["keycode"] for row in house.rows("Import History")}
    )
    assert "2 key codes could be taken for a formula: the ' before the sign (= + - @) is not part of it" in shell.out


def test_an_export_goes_to_the_terminal_only_if_asked_and_over_no_other_file(shell: Shell) -> None:
    exported(shell)
    Path("kept.csv").write_text("kept")

    assert shell("export", "--out", "-") == 0
    assert shell.out.count("EX-") == 4
    assert not Path("exports").exists()
    assert shell("export", "--out", "kept.csv") == 1
    assert "kept.csv is there already" in shell.err
    assert Path("kept.csv").read_text() == "kept"
    assert shell("export", "--out", "kept.csv/new.csv") == 1
    assert "cannot be written" in shell.err


@pytest.mark.row("C4", "A3")
def test_rebuild_tells_what_differed_and_then_that_nothing_does(shell: Shell) -> None:
    house = opened(shell)
    house.order("1", ("NSTB", 2))
    house.call("POST", "/outbox/flush")
    before = house.rows("Key Inventory")
    sheet = gspread_on(house.emulator, house.spreadsheet_id, person="")
    sheet.del_worksheet(sheet.worksheet("Key Inventory"))
    sheet.worksheet("NPTA Catalogue").update_acell(catalogue_cell("available", 2), 77)

    assert shell("rebuild") == 0, shell.out

    assert "add tab “Key Inventory”" in shell.out
    assert "77" in shell.out
    assert "Key Inventory shows what the ledgers say" in shell.out
    assert house.rows("Key Inventory") == before
    assert shell("rebuild") == 0
    assert "nothing differed" in shell.out


def test_preflight_of_a_deploy_asks_only_for_what_a_deploy_can_break(shell: Shell) -> None:
    """Nothing is imported yet, so nothing is ready for go-live; a deploy may go on."""
    assert shell("preflight") == 1
    assert shell("preflight", "--deploy") == 0
    assert [line.split()[1] for line in shell.out.splitlines() if "✓" in line] == ["Shopify", "spreadsheet", "Slack"]

    assert shell.house.slack
    shell.house.slack.slack.faults.add("invalid_auth")
    assert shell("preflight", "--deploy") == 1
    gspread_on(shell.house.emulator, shell.house.spreadsheet_id, person="").worksheet("Orders").update_title("Others")
    shell.house.slack.slack.faults.clear()
    assert shell("preflight", "--deploy") == 1
    assert "✗  spreadsheet" in shell.out
    shell.house.tampered_with = True


def test_preflight_of_a_deploy_passes_over_what_is_not_set(shell: Shell) -> None:
    bare = {name: value for name, value in shell.environment.items() if not name.startswith(("SHOPIFY", "SLACK"))}

    assert main(["preflight", "--deploy"], bare) == 0

    out, _ = shell.capture.readouterr()
    assert "spreadsheet" in out
    assert "Shopify" not in out


def test_audit_names_what_was_tampered_with(shell: Shell) -> None:
    house = opened(shell)
    house.tampered_with = True
    assert shell("audit") == 0
    gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet("Import History").update_acell("J2", 0)

    assert shell("audit") == 1
    assert "0 seats" in shell.out


def test_provision_says_what_a_merged_cell_keeps_it_from_and_what_to_do(shell: Shell) -> None:
    sheet = gspread_on(shell.house.emulator, shell.house.spreadsheet_id, person="")
    tab = sheet.worksheet("NPTA Catalogue")
    tab.freeze(rows=1, cols=0)
    tab.merge_cells("A5:B5")
    for command in (("provision",), ("provision", "--plan")):
        assert shell(*command) == 0
        assert "nothing: everything is as declared" in shell.out
        assert "columns of tab “NPTA Catalogue” cannot be frozen" in shell.out
    tab.unmerge_cells("A5:B5")
    assert shell("provision") == 0
    assert "freeze columns of tab “NPTA Catalogue”" in shell.out
    assert "cannot be frozen" not in shell.out
