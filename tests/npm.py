"""What tests need of npm, at the versions of `tests/npta/sidebar/package-lock.json`, in an ignored folder."""

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
def packages() -> Path:
    """The folder node_modules. Skips the test where node is missing, or packages that may not be fetched just so."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are missing")
    files = ("package.json", "package-lock.json")
    if any(not _same(name) for name in files) or not (FOLDER / "node_modules").is_dir():
        if os.environ.get("REQUIRE_ALL") != "1":
            pytest.skip("npm packages are not installed: REQUIRE_ALL=1 fetches them into build/npm")
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name in files:
            shutil.copy(LOCKED / name, FOLDER / name)
        subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund"], cwd=FOLDER, check=True, capture_output=True, timeout=300
        )
    return FOLDER / "node_modules"


def _same(name: str) -> bool:
    installed = FOLDER / name
    return installed.is_file() and installed.read_bytes() == (LOCKED / name).read_bytes()
