"""The operations manual says what is so: every button, mode, alert, tab, setting and command; each scenario is played by a test."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from npta.cli.main import main
from npta.domain.orders.eligibility import Mode
from npta.services import make_schema
from npta.settings import Settings
from tests.manual import PAGE, SOURCE, rendered
from tests.npta.sidebar.test_files import BUTTONS
from tests.support import ENVIRONMENT, House

ROOT = Path(__file__).parents[1]
TEXT = SOURCE.read_text(encoding="utf-8")
PLAYED = {
    "1": [
        "test_scenario_1_keys_are_out_of_stock_then_scenario_2_import_clear_and_rerun",
        "test_scenario_1_entitlements_are_not_set",
    ],
    "2": ["test_scenario_2_the_mail_failed_and_the_same_keys_go_out_again"],
    "3": ["test_scenario_3_a_refund_returns_the_keys"],
    "4": [
        "test_scenario_4_slack_is_searched_by_order_and_by_customer",
        "test_scenario_4_an_order_is_found_in_the_panel",
    ],
    "5": ["test_scenario_5_stock_runs_low_and_is_filled_up"],
    "6": ["test_scenario_6_a_key_that_does_not_work_is_retired_and_its_holder_gets_another"],
    "7": ["test_scenario_7_an_order_that_was_served_by_hand_is_closed"],
    "8": ["test_from_an_empty_spreadsheet_to_the_first_order"],
}
"""Scenarios of the manual, and who plays them on the page (tests/npta/local/test_scenarios.py)."""


def section(heading: str) -> str:
    """The text under a heading of the second level."""
    return re.split(r"^## ", TEXT.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def scenarios() -> Iterator[tuple[str, str]]:
    for part in re.split(r"^### Scenario ", section("Scenarios"), flags=re.MULTILINE)[1:]:
        yield part.partition(":")[0], part


def test_every_button_is_explained_and_no_other() -> None:
    assert {row[0] for row in rows(section("The buttons"))} == set(BUTTONS)


def test_every_bold_word_is_a_button() -> None:
    bold = set(re.findall(r"\*\*([A-Z][A-Za-z ]+)\*\*", TEXT))
    assert bold - set(BUTTONS) == set()


def test_every_mode_is_explained() -> None:
    assert [row[0] for row in rows(section("The modes"))] == list(Mode)


def test_every_alert_is_explained_by_the_title_that_it_has() -> None:
    shown = section("The alerts")
    files = [*sorted((ROOT / "npta/domain/alerts").glob("*.py")), ROOT / "npta/domain/state/alert.py"]
    code = "".join(path.read_text(encoding="utf-8") for path in files)
    titles = set(re.findall(r'"((?:✅|❌|⏭️|⚠️|📥|↩️|🚨|💸|🚫|🌙) [A-Z][A-Za-z ]+)', code))
    assert len(titles) >= 14
    assert [title for title in titles if title.partition(":")[0].strip() not in shown] == []
    named = re.findall(r"(?:✅|❌|⏭️|⚠️|📥|↩️|🚨|💸|🚫|🌙) [A-Z][A-Za-z ]+", "".join(row[0] for row in rows(shown)))
    assert [title for title in named if re.sub(r"^\W+", "", title).strip() not in code] == []


def test_every_tab_that_it_names_exists() -> None:
    schema = make_schema(Settings.load(ENVIRONMENT))
    titles = {tab.__table__.title for tab in schema.tabs}
    named = {name.strip() for row in rows(section("The tabs")) for name in row[0].split(",")}
    assert named - titles == set()


def test_every_setting_and_every_command_that_it_names_exists(capsys: pytest.CaptureFixture[str]) -> None:
    known = {str(field.alias) for field in Settings.model_fields.values()}
    assert set(re.findall(r"\b((?:NPTA|SHOPIFY|SLACK)_[A-Z_]+)\b", TEXT)) <= known
    commands = re.findall(r"`(?:deploy/command|python -m npta) ([a-z-]+)((?: --?[a-z]+(?: [A-Z]+)?| ORDER_ID)*)`", TEXT)
    assert {name for name, _ in commands} >= {"provision", "snapshot", "preflight", "verify", "audit", "export"}
    for name, more in commands:
        with pytest.raises(SystemExit) as ended:
            main([name, *more.split(), "--help"], {})
        assert ended.value.code == 0
    capsys.readouterr()
    assert all((ROOT / program).is_file() for program in re.findall(r"`(deploy/[a-z]+)\b(?!\.)", TEXT))
    assert "rehearse:" in (ROOT / "Makefile").read_text()


def pressed_in(name: str) -> set[str]:
    """The texts that a test of the page mentions, with those of the helpers that it calls."""
    tree = ast.parse((ROOT / "tests/npta/local/test_scenarios.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    waiting, seen, texts = [name], set[str](), set[str]()
    while waiting:
        current = waiting.pop()
        if current in functions and current not in seen:
            seen.add(current)
            for node in ast.walk(functions[current]):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.add(node.value)
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    waiting.append(node.func.id)
    assert name in seen, f"there is no {name}"
    return texts


@pytest.mark.parametrize(("number", "text"), list(scenarios()), ids=[number for number, _ in scenarios()])
def test_every_scenario_is_played_on_the_page_with_the_buttons_that_it_names(number: str, text: str) -> None:
    wanted = set(re.findall(r"\*\*([A-Z][A-Za-z ]+)\*\*", text))
    pressed = set[str]().union(*(pressed_in(name) for name in PLAYED[number]))

    assert wanted
    assert wanted - pressed == set()


def test_every_step_of_the_playbook_is_rehearsed() -> None:
    """`make rehearse` presses every button and runs every command that the hours of go-live and the way back name."""
    playbook = section("Go-live").partition("\n| hour |")[2]
    buttons = set(re.findall(r"\*\*([A-Z][A-Za-z ]+)\*\*", playbook))
    commands = set(re.findall(r"`(?:deploy/command|python -m npta) ([a-z-]+)", playbook))
    rehearsed = re.sub(r"\(\s+", "(", (ROOT / "npta/local/rehearsal.py").read_text(encoding="utf-8"))

    assert len(buttons) >= 7
    assert [button for button in buttons if button not in rehearsed] == []
    assert commands == {"provision", "snapshot", "preflight", "verify", "audit", "export"}
    assert [command for command in commands if f'self._command("{command}"' not in rehearsed] == []


def test_every_played_scenario_stands_in_the_manual() -> None:
    assert [number for number, _ in scenarios()] == list(PLAYED)


def test_the_page_is_made_of_the_manual() -> None:
    assert PAGE.read_text(encoding="utf-8") == rendered(), "python -m tests.manual"


def test_the_service_shows_it_to_anybody_and_it_can_be_printed() -> None:
    answer = House().call("GET", "/manual", key="")

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    page = answer.get_data(as_text=True)
    assert "<h1>Operations manual</h1>" in page
    assert "@media print" in page
    assert "<script" not in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
