"""The type checker's word on Code.gs and on the sidebar's script, against the types of Google's own services."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from npta.local.web_page.scripting import SIDEBAR_FILES
from tests.chromium import CHROMIUM
from tests.npm import packages

pytestmark = CHROMIUM  # one process fetches the npm packages, and it is the browser's

STRICT = {
    "target": "ES2019",
    "module": "ESNext",
    "allowJs": True,
    "checkJs": True,
    "strict": True,
    "noUnusedParameters": True,
    "noUnusedLocals": True,
    "skipLibCheck": True,
}
# No DOM for Code.gs: fetch, setTimeout and window are errors there, which is the truth in Apps Script.
SCRIPT = {
    **STRICT,
    "lib": ["ES2019"],
    "types": ["google-apps-script"],
    "declaration": True,
    "emitDeclarationOnly": True,
}
PAGE = {**STRICT, "lib": ["ES2020", "DOM", "DOM.Iterable"], "types": ["google.script.client-side"], "noEmit": True}
FAULTS = {
    "ScriptApp.getIdentityToken()": "ScriptApp.getIdToken()",
    "muteHttpExceptions: true": "muteHttpException: true",
    "lock.tryLock(LOCK_MILLISECONDS)": "lock.tryLock('500')",
    "if (lock) lock.releaseLock()": "lock.releaseLock()",
}
PAGE_FAULTS = {
    "run.releaseKeys(input.order, input.line, input.quantity, true)": "run.releaseKeys(input.order, true)",
    "run.lookUpOrder(input.order)": "run.lookupOrder(input.order)",
    "progress.textContent = text": "progress.textContents = text",
}


def script_of(name: str) -> str:
    """The JavaScript in one of the sidebar's files."""
    (script,) = re.findall(r"<script>\n(.*)</script>", (SIDEBAR_FILES / name).read_text(), re.DOTALL)
    return str(script)


def check(folder: Path, options: dict[str, Any]) -> str:
    """What tsc says of a folder; empty if all is well."""
    node_modules = packages()
    options = {**options, "typeRoots": [str(node_modules / "@types")], "outDir": "out"}
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": options, "include": ["*.js", "*.d.ts"]}))
    command = ["node", str(node_modules / "typescript" / "bin" / "tsc"), "-p", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode == 0) == (done.stdout == ""), done.stdout + done.stderr
    return done.stdout


def check_script(folder: Path, text: str) -> str:
    # tsc refuses the ending .gs
    (folder / "Code.js").write_text(text)
    return check(folder, SCRIPT)


PAGE_SCRIPTS = ("Words.html", "Status.html", "Actions.html", "Panel.html")
"""In the order in which the page includes them."""


def check_page(folder: Path, scripts: Mapping[str, str]) -> str:
    """The page's scripts, with `Run` made of what Code.gs really offers: names, order and kinds of arguments."""
    assert check_script(folder, (SIDEBAR_FILES / "Code.gs").read_text()) == ""
    (folder / "Code.js").unlink()
    offered = re.findall(
        r"^declare function (\w*[^\W_])(\(.*\)): .*;$", (folder / "out" / "Code.d.ts").read_text(), re.MULTILINE
    )
    assert len(offered) > 10
    methods = "".join(f"  {name}{arguments}: void;\n" for name, arguments in offered)
    (folder / "run.d.ts").write_text(f"interface Run {{\n{methods}}}\n")
    for name, text in scripts.items():
        (folder / name).with_suffix(".js").write_text(text)
    return check(folder, PAGE)


def test_code_gs_has_the_types_of_google_apps_script(tmp_path: Path) -> None:
    assert check_script(tmp_path, (SIDEBAR_FILES / "Code.gs").read_text()) == ""


def test_the_sidebars_script_calls_what_code_gs_offers_as_it_is_offered(tmp_path: Path) -> None:
    assert check_page(tmp_path, {name: script_of(name) for name in PAGE_SCRIPTS}) == ""


def test_planted_faults_are_found(tmp_path: Path) -> None:
    text = (SIDEBAR_FILES / "Code.gs").read_text()
    for right, wrong in FAULTS.items():
        assert right in text
        text = text.replace(right, wrong)

    told = check_script(tmp_path, text)

    for place, wrong in enumerate(FAULTS.values()):
        line = next(number for number, line in enumerate(text.splitlines(), 1) if wrong in line)
        # an unknown option is reported where its object begins
        assert any(f"Code.js({near}," in told for near in range(line - 5 * (place == 1), line + 1)), (wrong, told)


@pytest.mark.parametrize(("right", "wrong"), PAGE_FAULTS.items())
def test_planted_faults_of_the_page_are_found(right: str, wrong: str, tmp_path: Path) -> None:
    scripts = {name: script_of(name) for name in PAGE_SCRIPTS}
    assert right in "".join(scripts.values())

    told = check_page(tmp_path, {name: text.replace(right, wrong) for name, text in scripts.items()})

    assert re.match(r"\S*\.js\(\d+,\d+\): error TS", told)
