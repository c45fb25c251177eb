"""The type checker's word on the scripts of the page of `make serve`."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from npta.local.workbook.page import FILES
from tests.chromium import CHROMIUM
from tests.npm import packages

pytestmark = CHROMIUM  # one process fetches the npm packages, and it is the browser's

OPTIONS = {
    "target": "ES2022",
    "lib": ["ES2022", "DOM", "DOM.Iterable"],
    "module": "ES2022",
    "moduleResolution": "bundler",
    "types": [],
    "allowJs": True,
    "checkJs": True,
    "strict": True,
    "noUnusedLocals": True,
    "noUnusedParameters": True,
    "noEmit": True,
}
HOST = """\
declare function startAppsScript(options: {
  menu: HTMLElement, sidebar: HTMLElement, state: {properties: Record<string, string>, email?: string, token?: string},
}): {openSidebar(): void, set(changed: Record<string, unknown>): void};
declare class Chart { constructor(canvas: HTMLCanvasElement, config: any); destroy(): void; }
"""
FAULTS = {
    "workbook.js": ("this.api.deleteTab(tab)", "this.api.deleteTap(tab)"),
    "sheets.js": ("this.change({ sortRange", "this.chance({ sortRange"),
    "grid.js": ("this.#move(0, -this.column)", "this.#move('0', -this.column)"),
    "orders.js": ("part('orders')", "part(orders.id)"),
}


def check(folder: Path) -> str:
    """What tsc says of the scripts in a folder; empty if all is well."""
    (folder / "host.d.ts").write_text(HOST)
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": OPTIONS, "include": ["*.js", "*.d.ts"]}))
    command = ["node", str(packages() / "typescript" / "bin" / "tsc"), "-p", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode == 0) == (done.stdout == ""), done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    for file in FILES.glob("*.js"):
        shutil.copy(file, tmp_path)
    return tmp_path


def test_the_scripts_of_the_page_have_their_types(scripts: Path) -> None:
    assert check(scripts) == ""


def test_planted_faults_are_found(scripts: Path) -> None:
    for name, (right, wrong) in FAULTS.items():
        text = (scripts / name).read_text()
        assert right in text
        (scripts / name).write_text(text.replace(right, wrong))

    told = check(scripts)

    assert [name for name in FAULTS if f"{name}(" not in told] == []
