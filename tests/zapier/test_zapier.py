"""The integration for Zapier: its definition by Zapier's own schema, its steps in Zapier's own runtime against the service."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import requests

from npta.local.http_server import serve_app
from tests.npm import FOLDER, packages
from tests.support import OPERATOR_KEY, ORDER_KEY, House

ROOT = Path(__file__).parents[2]
APP = ROOT / "zapier"
STEPS = Path(__file__).with_name("steps.test.cjs")


def installed() -> Path:
    """Zapier's packages at the versions of the integration's own lock file. Skips the test without node."""
    return packages(APP, FOLDER.with_name("npm-zapier"))


def node(modules: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    more = {"NODE_PATH": str(modules), "ZAPIER_APP": str(APP), **environment}
    clean = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        ["node", *arguments], env={**clean, **more}, capture_output=True, text=True, check=False, timeout=120
    )


def test_every_step_works_against_the_service() -> None:
    modules = installed()
    house = House().provision()
    house.products(("CPTa", "NASM-CPT-FULL"), ("CNC", "NASM-CNC-FULL"), ("KBS-1", "", "EXTERNAL"))
    house.keys(("CANADA", "NASM", "CPT", "combined", "EX-CPT", 50))
    with serve_app(house.http.application) as service:
        done = node(
            modules,
            "--test",
            "--test-reporter=tap",
            str(STEPS),
            SERVICE=service,
            ORDER_KEY=ORDER_KEY,
            OPERATOR_KEY=OPERATOR_KEY,
        )
    assert done.returncode == 0, "\n".join(re.findall(r"not ok .*|.*error: .*\n.*\n.*", done.stdout)) + done.stderr
    passed = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert passed
    assert int(passed[1]) >= 15


def test_the_fields_of_the_steps_are_those_of_the_calls() -> None:
    modules = installed()
    shown = node(modules, "-e", "console.log(JSON.stringify(require(process.env.ZAPIER_APP + '/index.js')))")
    assert shown.returncode == 0, shown.stderr
    app = json.loads(shown.stdout)
    house = House().provision()
    with serve_app(house.http.application) as service:
        described = requests.get(f"{service}/openapi.json", timeout=30).json()

    def schema(of: dict[str, Any]) -> dict[str, Any]:
        """An object of the description, looked up by its name."""
        while "$ref" in of:
            of = described["components"]["schemas"][of["$ref"].rpartition("/")[2]]
        return of

    answer = schema(described["paths"]["/orders"]["post"]["responses"]["200"]["content"]["application/json"]["schema"])
    for step in (app["creates"]["assign_keys"], app["searches"]["find_order"], app["triggers"]["order_served"]):
        fields = {entry["key"]: entry for entry in step["operation"]["outputFields"]}
        assert set(fields) - {"event_id"} <= set(answer["properties"])
        keys = schema(answer["properties"]["keys"]["items"])["properties"]
        assert {entry["key"] for entry in fields["keys"]["children"]} <= set(keys)
        sample = step["operation"]["sample"]
        assert set(sample) == {*fields, "id"}
    for name in ("success", "email_ready", "delivered", "keys_count", "keys_expected", "deliver_to"):
        assert name in {entry["key"] for entry in app["creates"]["assign_keys"]["operation"]["outputFields"]}


def test_it_is_private_and_pins_what_it_needs() -> None:
    package = json.loads((APP / "package.json").read_text())

    assert package["private"] is True
    versions = [*package["dependencies"].values(), *package["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", entry) for entry in versions)
    readme = (APP / "README.md").read_text()
    assert set(re.findall(r"zapier-platform-cli@(\S+)", readme)) == set(versions), "one version of Zapier's platform"
