"""From an empty project to the first order, and every deploy after it, on a stand-in for gcloud that runs what is deployed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from deploy.gcloud import Gcloud, GcloudError
from deploy.settings import DRAWN, SECRETS
from npta.settings import Settings
from tests.deploy.project import PROJECT, ROOT, Project, project
from tests.deploy.upload import copy, uploaded
from tests.npta.processes import Site, emulator_server, order_body
from tests.support import catalogue_row

pytestmark = [pytest.mark.xdist_group("deploy"), pytest.mark.row("X27")]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A new spreadsheet, which the service's account may edit and nobody has provisioned."""
    with emulator_server() as api:
        made = requests.post(f"{api}/v4/spreadsheets", json={"properties": {"title": "NPTA"}}, timeout=30).json()
        yield Site(api, made["spreadsheetId"])


def settings(site: Site, **more: str) -> dict[str, str]:
    ours = {"PROJECT": PROJECT, "ALERT_EMAIL": "ops@npta.example", "NPTA_REGION": "CANADA"}
    return {**ours, "NPTA_SPREADSHEET": site.spreadsheet_id, "NPTA_SHEETS_API": site.api, **more}


@pytest.fixture(scope="module")
def cloud(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project in which everything is up and the spreadsheet is provisioned."""
    with project(tmp_path_factory.mktemp("cloud") / "project") as made:
        made.set(**settings(site))
        up = made.run("up")
        assert up.returncode == 0, up.stdout + up.stderr
        provisioned = made.run("command", "provision", "--mode", "LIVE")
        assert provisioned.returncode == 0, provisioned.stdout + provisioned.stderr
        yield made


def what_stands(made: Project) -> dict[str, Any]:
    """Everything but what was called and started."""
    return {name: entry for name, entry in made.state.items() if name not in ("calls", "output", "workers")}


def test_a_plan_prints_every_step_and_changes_nothing(tmp_path: Path, site: Site) -> None:
    with project(tmp_path / "project") as empty:
        empty.set(**settings(site))
        before = what_stands(empty)

        planned = empty.run("up", "--plan")

        assert planned.returncode == 0, planned.stderr
        assert what_stands(empty) == before
        for step in (
            "switch on 11 APIs",
            "the account npta-deploy",
            "the secret npta-order-keys",
            "run deploy",
            "npta-flush",
        ):
            assert step in planned.stdout
        assert f"{planned.stdout.count('• ')} to do; nothing was changed." in planned.stdout


def test_from_an_empty_project_to_the_first_order(cloud: Project, site: Site) -> None:
    catalogue = site.sheet.worksheet("NPTA Catalogue")
    catalogue.update([catalogue_row("CPTa", "NASM-CPT-FULL")], "A2", raw=True)
    site.sheet.worksheet("Import Keys").update([["CANADA", "NASM", "CPT", "combined", "EX-1", 5]], "A2", raw=True)
    assert cloud.post("/catalogue/sync", {}).json()["published"] == 1
    assert cloud.post("/keys/import", {}).json()["imported"] == 1

    answer = cloud.post("/orders", order_body("6855909900591", ("CPTa", 1)), secret="npta-order-keys").json()

    assert (answer["status"], [key["keycode"] for key in answer["keys"]]) == ("fulfilled", ["EX-1"])
    audit = cloud.run("command", "audit")
    assert audit.returncode == 0, audit.stderr
    assert "everything agrees" in audit.stdout


def test_a_second_run_changes_nothing(cloud: Project) -> None:
    before = what_stands(cloud)

    again = cloud.run("up")

    assert again.returncode == 0, again.stderr
    assert again.stdout.endswith("Nothing to do: everything is as it should be.\n")
    assert "• " not in again.stdout
    assert what_stands(cloud) == before


def test_a_later_deploy_takes_no_setting_away_and_goes_by_digest(cloud: Project) -> None:
    before = cloud.serving()
    set_before = cloud.settings_of(before)

    done = cloud.deploy_code(ROOT, "--substitutions=^;^_STEPS=10,100")

    assert done.returncode == 0, done.stderr
    after = cloud.serving()
    assert after != before
    moved = [flag for call in cloud.state["calls"] for flag in call if flag.startswith(f"--to-revisions={after}=")]
    assert moved == [f"--to-revisions={after}=10", f"--to-revisions={after}=100"]
    assert cloud.settings_of(after) == set_before
    (container,) = cloud.state["revisions"][after]["spec"]["containers"]
    assert re.search(r"@sha256:[0-9a-f]{64}$", container["image"])
    assert cloud.state["service"]["tags"] == {}, "a tagged revision would keep a second process"
    assert requests.get(f"{cloud.url}/health", timeout=10).text == "ok"


def test_changed_settings_are_rolled_out_and_what_nobody_named_stays(cloud: Project, site: Site) -> None:
    cloud.set(
        **settings(
            site, NPTA_LOW_STOCK="7", NPTA_OPERATORS="ada@npta.example,@ops.npta.example", NPTA_ID_TOKEN_AUDIENCES="a"
        )
    )
    first = cloud.run("up")
    assert first.returncode == 0, first.stderr
    cloud.set(**settings(site, NPTA_SUPPORT_CONTACT="support, at npta", NPTA_OPERATORS="", NPTA_ID_TOKEN_AUDIENCES=""))

    second = cloud.run("up")

    assert second.returncode == 0, second.stderr
    now = cloud.settings_of(cloud.serving())
    assert (now["NPTA_LOW_STOCK"], now["NPTA_SUPPORT_CONTACT"]) == ("7", "support, at npta")
    assert not {"NPTA_OPERATORS", "NPTA_ID_TOKEN_AUDIENCES"} & set(now)
    assert now["NPTA_ORDER_KEYS"] == {"secretKeyRef": {"name": "npta-order-keys", "key": "1"}}


def test_a_new_version_of_a_secret_is_rolled_out_and_no_secret_is_ever_shown(cloud: Project, site: Site) -> None:
    cloud.set(**settings(site))
    value = "a-new-order-key-of-zapier,the-old-one-while-it-is-rotated"
    stored = cloud.run("secret", "NPTA_ORDER_KEYS", stdin=value)
    assert stored.returncode == 0, stored.stderr

    up = cloud.run("up")

    assert up.returncode == 0, up.stderr
    assert cloud.settings_of(cloud.serving())["NPTA_ORDER_KEYS"]["secretKeyRef"]["key"] == "2"
    assert cloud.post("/orders", {}, secret="npta-order-keys").status_code == 400, "the key is known"
    shown = stored.stdout + up.stdout + up.stderr + str(cloud.state["calls"])
    every = [key for versions in cloud.state["secrets"].values() for entry in versions for key in entry.split(",")]
    assert len(every) >= 4
    assert [entry for entry in every if entry in shown] == []


def test_what_cannot_serve_gets_no_traffic_and_hands_nothing_on(cloud: Project, site: Site) -> None:
    before = cloud.serving()
    set_before = cloud.settings_of(before)
    cloud.set(**settings(site, NPTA_SPREADSHEET="1-no-such-spreadsheet"))

    failed = cloud.run("up")

    assert failed.returncode == 1
    assert "npta provision found something amiss" in failed.stderr
    assert f"Nothing has changed for callers: {before} serves." in failed.stderr
    assert cloud.serving() == before
    assert cloud.state["service"]["tags"] == {}
    assert cloud.deploy_code().returncode == 0
    assert cloud.serving() != before
    assert cloud.settings_of(cloud.serving()) == set_before, "the newest revision's settings were not the serving one's"


def test_an_image_that_does_not_answer_is_not_rolled_out_and_a_rollback_is_one_command(
    cloud: Project, tmp_path: Path
) -> None:
    checkout = tmp_path / "checkout"
    copy(ROOT, uploaded(ROOT), checkout)
    before = cloud.serving()
    (checkout / "main.py").write_text("raise SystemExit('broken')\n")
    rollout = checkout / "deploy" / "service.py"
    rollout.write_text(rollout.read_text().replace("HEALTH_SECONDS = 60.0", "HEALTH_SECONDS = 3.0"))

    failed = cloud.deploy_code(checkout)

    assert failed.returncode == 1
    assert "does not answer at" in failed.stderr
    assert cloud.serving() == before
    shutil.copy(ROOT / "main.py", checkout / "main.py")
    assert cloud.deploy_code(checkout).returncode == 0
    better = cloud.serving()
    assert better != before
    back = cloud.run("rollback")
    assert back.returncode == 0, back.stderr
    assert cloud.serving() == before, "not the one that never served"
    assert requests.get(f"{cloud.url}/health", timeout=10).text == "ok"
    assert cloud.run("rollback", f"--to={better}").returncode == 0
    assert cloud.serving() == better


def test_a_rollout_that_was_broken_off_leaves_nothing_that_the_next_one_does_not_mend(cloud: Project) -> None:
    service = cloud.state["service"]
    before = cloud.settings_of(cloud.serving())
    broken = [
        "run",
        "deploy",
        service["name"],
        "--no-traffic",
        "--tag=candidate-0",
        "--update-env-vars=NPTA_LOW_STOCK=99",
    ]
    image = cloud.state["revisions"][cloud.serving()]["spec"]["containers"][0]["image"]
    done = subprocess.run(
        ["gcloud", *broken, f"--image={image}"], env=cloud.environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert cloud.state["service"]["tags"]

    assert cloud.deploy_code().returncode == 0

    assert cloud.settings_of(cloud.serving()) == before
    assert cloud.state["service"]["tags"] == {}


def test_a_revision_that_another_rollout_took_the_tag_off_is_not_served(cloud: Project, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    copy(ROOT, uploaded(ROOT), checkout)
    (checkout / ".gcloudignore").write_text((ROOT / ".gcloudignore").read_text())
    rollout = checkout / "deploy" / "rollout.py"
    meanwhile = "        _untag(service)\n        name, url = service.tagged(tag)\n"
    rollout.write_text(rollout.read_text().replace("        name, url = service.tagged(tag)\n", meanwhile))
    before = cloud.serving()

    done = cloud.deploy_code(checkout)

    assert done.returncode == 1
    assert "Nothing has changed for callers" in done.stderr
    assert cloud.serving() == before


def test_what_google_is_not_ready_for_yet_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that was made a moment ago is not known everywhere at once."""
    gcloud = tmp_path / "gcloud"
    gcloud.write_text(f"#!/bin/sh\necho x >> {tmp_path}/calls; test $(wc -l < {tmp_path}/calls) -ge 3\n")
    gcloud.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    Gcloud("p", say=lambda _: None, pause=0).do("a role", "projects", "add-iam-policy-binding", tries=3)
    assert len((tmp_path / "calls").read_text()) == 6, "twice refused, then done"
    (tmp_path / "calls").unlink()
    with pytest.raises(GcloudError):
        Gcloud("p", say=lambda _: None, pause=0).do("a role", "projects", "add-iam-policy-binding", tries=2)


def test_the_first_revision_has_none_to_go_back_to(tmp_path: Path) -> None:
    with project(tmp_path / "project") as made:
        made.set(PROJECT=PROJECT)
        spec = {"containers": [{"image": "i", "env": []}], "serviceAccountName": "a"}
        service = {"name": "npta-fulfillment", "traffic": {"r1": 100}, "tags": {}, "newest": "r1"}
        revisions = {"r1": {"spec": spec, "labels": {}, "port": 1}}
        made.change(service=service, revisions=revisions, enabled=["run.googleapis.com"])

        back = made.run("rollback")

    assert back.returncode == 1
    assert "r1 is the first revision: there is none to go back to." in back.stderr


def test_the_scheduler_calls_what_the_service_has_with_a_key_of_its_own(cloud: Project) -> None:
    state = cloud.state
    key = state["secrets"]["npta-operator-keys"][-1].split(",")
    paths = requests.get(f"{cloud.url}/openapi.json", timeout=10).json()["paths"]
    jobs = {name: entry["httpTarget"] for name, entry in state["scheduler"].items()}

    assert set(jobs) == {"npta-flush", "npta-maintenance"}
    assert {"/outbox/flush", "/maintenance"} <= paths.keys()
    assert len(key) == DRAWN["NPTA_OPERATOR_KEYS"] == 2
    assert {entry["headers"]["X-API-Key"] for entry in jobs.values()} == {key[1]}
    assert not any(key[1] in str(call) for call in state["calls"])
    target = jobs["npta-flush"]
    called = requests.request(target["httpMethod"], f"{cloud.url}/outbox/flush", headers=target["headers"], timeout=40)
    assert called.status_code == 200


def test_alerts_look_for_503s_and_for_halted_writing(cloud: Project) -> None:
    alerts = {entry["displayName"]: entry for entry in cloud.state["alerts"]}
    (channel,) = cloud.state["channels"]

    filters = [entry["conditions"][0]["conditionMatchedLog"]["filter"] for entry in alerts.values()]
    assert [entry.rpartition(" AND ")[2] for entry in filters] == ["jsonPayload.status=503", "jsonPayload.halted=true"]
    assert all(entry["notificationChannels"] == [channel["name"]] for entry in alerts.values())
    assert channel["labels"] == {"email_address": "ops@npta.example"}


def test_nobody_has_more_rights_than_he_needs(cloud: Project) -> None:
    roles: dict[str, set[str]] = {}
    for resource, policy in cloud.state["policies"].items():
        for binding in policy["bindings"]:
            for member in binding["members"]:
                roles.setdefault(member.partition("@")[0].rpartition(":")[2], set()).add(
                    f"{binding['role']} on {resource}"
                )

    assert roles["npta-test"] == {
        f"roles/logging.logWriter on {PROJECT}",
        f"roles/storage.objectViewer on gs://{PROJECT}-npta-builds",
    }
    assert roles["npta-fulfillment"] == {f"roles/secretmanager.secretAccessor on {SECRETS[name]}" for name in DRAWN}
    assert not [
        entry
        for entry in roles["npta-deploy"]
        if "secret" in entry or "owner" in entry or "editor on" in entry.replace("builds.editor", "")
    ]


def test_the_example_of_the_settings_file_names_every_setting_and_no_secret() -> None:
    text = (ROOT / "deploy" / "settings.env.example").read_text()
    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", text, re.MULTILINE)) - {"PROJECT", "LOCATION", "ALERT_EMAIL"}
    known = {str(field.alias) for field in Settings.model_fields.values()}

    assert named | set(SECRETS) == known
    assert not named & set(SECRETS)
    assert {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)} == {
        name for name, field in Settings.model_fields.items() if field.alias in SECRETS
    }


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            "SLACK_BOT_TOKEN=xoxb-1",
            "line 2: SLACK_BOT_TOKEN is a secret. Take it out and run: deploy/secret SLACK_BOT_TOKEN",
        ),
        ("export NPTA_REGION=CANADA", "line 2, is not of the form NAME=value."),
        ("PROJECT=other", "line 2: PROJECT stands there twice."),
    ],
)
def test_a_line_that_cannot_be_right_is_named_and_not_shown(tmp_path: Path, line: str, says: str) -> None:
    with project(tmp_path / "project") as empty:
        empty.settings.write_text(f"PROJECT=p\n{line}\n")
        done = empty.run("up", "--plan")

    assert done.returncode == 1
    assert says in done.stderr
    assert "xoxb" not in done.stderr
    assert "Traceback" not in done.stderr
