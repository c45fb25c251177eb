"""What tests need of npm, at the versions of a package-lock.json, in an ignored folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

LOCKED = Path(__file__).parent / "npta" / "sidebar"
FOLDER = Path(__file__).parents[1] / "build" / "npm"


@cache
def packages(locked: Path = LOCKED, folder: Path = FOLDER) -> Path:
    """The folder node_modules with what `locked` names. Skips the test where node is missing, or packages that may not be fetched just so."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are missing")
    files = ("package.json", "package-lock.json")
    if any(not _same(locked / name, folder / name) for name in files) or not (folder / "node_modules").is_dir():
        if os.environ.get("REQUIRE_ALL") != "1":
            pytest.skip("npm packages are not installed: REQUIRE_ALL=1 fetches them into build/")
        folder.mkdir(parents=True, exist_ok=True)
        for name in files:
            shutil.copy(locked / name, folder / name)
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, check=True, capture_output=True, timeout=300
        )
    return folder / "node_modules"


def _same(locked: Path, installed: Path) -> bool:
    return installed.is_file() and installed.read_bytes() == locked.read_bytes()
