"""Code.gs in node, against fakes that refuse what they do not have."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from npta.local.web_page.scripting import PAGE_FILES, SIDEBAR_FILES

TESTS = Path(__file__).with_name("code.test.mjs")


def test_code_gs_does_what_its_buttons_say() -> None:
    if not shutil.which("node"):
        pytest.skip("node is missing")
    environment = {**os.environ, "SIDEBAR": str(SIDEBAR_FILES), "FAKES": str(PAGE_FILES / "fakes.js")}
    command = ["node", "--test", "--test-reporter=tap", str(TESTS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) > 60
