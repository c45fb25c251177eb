"""Proof without Google: what would be uploaded is built by every step of the build, deployed, and serves an order."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
import requests
import yaml

from tests.deploy.commands import ROOT
from tests.deploy.project import PROJECT, project
from tests.deploy.record_flags import is_installed, recorded
from tests.deploy.upload import context, uploaded
from tests.npta.processes import order_body, site
from tests.support import ENVIRONMENT, catalogue_row

pytestmark = [pytest.mark.xdist_group("proof"), pytest.mark.row("X27")]
CLOUD_BUILD = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())


def tracked() -> set[str]:
    done = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return {name for name in done.stdout.splitlines() if (ROOT / name).is_file()}


def test_what_is_uploaded_is_what_is_under_version_control() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout, but what was uploaded from one")
    assert set(uploaded(ROOT)) == tracked()


def test_gcloud_itself_would_upload_the_same(tmp_path: Path) -> None:
    if not is_installed():  # then the library's word counts alone
        assert recorded()["version"]
        return
    done = subprocess.run(
        ["gcloud", "meta", "list-files-for-upload", str(ROOT)],
        env={**os.environ, "CLOUDSDK_CONFIG": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    assert set(done.stdout.splitlines()) - {""} == set(uploaded(ROOT))


def test_the_image_holds_the_function_and_nothing_that_only_developers_need() -> None:
    held = set(context(ROOT))

    folders = {"/".join(name.split("/")[:2]) for name in held if "/" in name}
    assert {name for name in held if "/" not in name} == {"main.py", "requirements.txt"}
    assert (
        not {"npta/local", "npta/sidebar", "sheets_schema/testing", "sheets_schema/probes", "tests", "deploy"} & folders
    )
    assert {"npta/web", "npta/cli", "sheets_schema/engine"} <= folders
    assert "npta/web/manual.html" in held
    assert not [name for name in held if re.search(r"\.(db|env|md|toml|pyc)$", name)]


@pytest.mark.timeout(900)
def test_every_step_of_the_build_runs_in_the_copy_and_what_comes_of_it_serves_an_order(tmp_path: Path) -> None:
    if not os.environ.get("REQUIRE_ALL"):
        pytest.skip("installs packages and checks types anew, minutes: REQUIRE_ALL=1")
    with site() as place, project(tmp_path / "project", python="", skip_tests=False) as empty:
        ours = {"PROJECT": PROJECT, "NPTA_SPREADSHEET": place.spreadsheet_id, "NPTA_SHEETS_API": place.api}
        empty.set(**ours, NPTA_REGION=ENVIRONMENT["NPTA_REGION"])

        up = empty.run("up")

        assert up.returncode == 0, up.stdout + up.stderr
        (image,) = empty.state["images"].values()
        assert image["path"].startswith(str(tmp_path)), "its own environment"
        assert image["cmd"][0] == "functions-framework"
        installed = subprocess.run(
            ["python", "-m", "pip", "list", "--format=freeze"],
            env={"PATH": image["path"]},
            capture_output=True,
            text=True,
            check=True,
        )
        names = {line.partition("==")[0].lower() for line in installed.stdout.splitlines()}
        assert "gunicorn" in names
        assert not {"pytest", "gspread", "docker", "playwright"} & names
        answer = empty.post("/orders", order_body("6855909900591", ("GONE", 1)), secret="npta-order-keys")
        assert (answer.status_code, answer.json()["problems"][0]["code"]) == (422, "unknown_sku")
        catalogue = place.sheet.worksheet("NPTA Catalogue")
        catalogue.update([catalogue_row("CPTa", "NASM-CPT-FULL")], "A2", raw=True)
        place.sheet.worksheet("Import Keys").update([["CANADA", "NASM", "CPT", "combined", "EX-1", 5]], "A2", raw=True)
        assert empty.post("/catalogue/sync", {}).json()["published"] == 1
        assert empty.post("/keys/import", {}).json()["imported"] == 1
        filled = empty.post("/orders", order_body("6855909900592", ("CPTa", 1)), secret="npta-order-keys").json()
        assert (filled["status"], filled["keys_count"]) == ("fulfilled", 1)
        written = (Path(empty.state["folder"]) / f"{empty.serving()}.log").read_text()
        assert "Worker" not in written, "no other worker than ours"
        assert requests.get(f"{empty.url}/health", timeout=10).text == "ok"


def test_a_deploy_names_no_setting_and_no_secret_and_goes_by_digest() -> None:
    text = (ROOT / "cloudbuild.yaml").read_text()

    assert not re.findall(r"(?:NPTA|SHOPIFY|SLACK)_[A-Z_]+", text)
    assert not re.findall(r"--(?:set|clear|remove|update)-(?:env-vars|secrets)", text)
    assert [step["id"] for step in CLOUD_BUILD["steps"]] == ["test", "build", "push", "rollout"]
    assert CLOUD_BUILD["steps"][-1]["args"][:2] == ["-m", "deploy.rollout"]


def test_the_build_has_everything_that_its_steps_name() -> None:
    """The first command of the documents: `gcloud builds submit` uploads what `make test` and the image need."""
    names = set(uploaded(ROOT))
    assert {
        "Makefile",
        "cloudbuild-test.yaml",
        "Dockerfile",
        ".dockerignore",
        "requirements-dev.txt",
        "deploy/rollout.py",
    } <= names
    assert any(name.startswith("tests/") for name in names)
