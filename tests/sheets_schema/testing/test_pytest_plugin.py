"""The plugin that ships with the package, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_TESTS = """
import pytest, requests

def _url(sheets, where):
    return f"https://sheets.googleapis.com/v4/spreadsheets/{sheets.id}/values/{where}"

@pytest.mark.parametrize("number", [1, 2])
def test_each_test_has_a_spreadsheet_of_its_own(sheets, number):
    assert "values" not in sheets.session.get(_url(sheets, "A1")).json()
    body = {"values": [[number]]}
    sheets.session.put(_url(sheets, "A1"), params={"valueInputOption": "RAW"}, json=body).raise_for_status()
    assert (sheets.calls.reads, sheets.calls.writes) == (1, 1)
    assert sheets.user("ada@example.com").read("A1") == [[str(number)]]

def test_faults_are_at_hand(sheets):
    sheets.faults.add("lost_answer")
    with pytest.raises(requests.ReadTimeout):
        sheets.session.get(_url(sheets, "A1"))
"""


def test_the_fixture_gives_a_fresh_spreadsheet_with_faults_and_calls(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(_TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "sheets_schema.testing.pytest_plugin"]
    command += [
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "-c",
        "/dev/null",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path.cwd(), timeout=60)
    assert ended.returncode == 0, ended.stdout
    assert "3 passed" in ended.stdout
