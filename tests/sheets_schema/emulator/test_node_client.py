"""A client in another language: the npm package google-spreadsheet, unmodified, against the server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sheets_schema.emulator import Emulator, serve
from tests.sheets_schema.emulator.client import Client

_PACKAGE = "google-spreadsheet@5.3.0"
_SCRIPT = Path(__file__).with_name("google_spreadsheet.mjs")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Where the package is: in the folder that GOOGLE_SPREADSHEET_NPM names, or fetched when nothing may be skipped."""
    given = os.environ.get("GOOGLE_SPREADSHEET_NPM")
    required = os.environ.get("REQUIRE_ALL") == "1"
    if not given and not required:
        pytest.skip("google-spreadsheet not run: set GOOGLE_SPREADSHEET_NPM to a folder where it is installed")
    assert shutil.which("node"), "node is missing"
    folder = Path(given) if given else tmp_path
    if not given:
        command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), _PACKAGE]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    return folder / "node_modules" / "google-spreadsheet" / "dist" / "index.js"


def test_google_spreadsheet_for_node_works_unmodified(package: Path) -> None:
    with Emulator() as emulator, serve(emulator) as server:
        client = Client(emulator).create({"properties": {"title": "T"}})
        command = ["node", str(_SCRIPT), str(package), server.url, client.id]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert ended.returncode == 0, ended.stderr[-2000:]
        assert json.loads(ended.stdout) == {
            "title": "T",
            "names": ["Ada", "B", "C"],
            "left": [{"name": "B", "email": "b2"}, {"name": "C", "email": "c"}],
            "cell": [12, "n", {"bold": True}],
            "sheets": 1,
        }
        assert client.get()["properties"]["title"] == "renamed"
