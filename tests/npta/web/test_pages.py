"""The pages about the edge say what is so: examples are understood, settings exist, every outcome has its row."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from deploy.service import SHAPE
from npta.clients.shopify.graphql_operations import SCOPES
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import Code
from npta.server.worker import BODY_SECONDS
from npta.settings import Settings
from npta.web.app import SECONDS
from npta.web.schemas.order_request import parse_order

ROOT = Path(__file__).parents[3]
PAGES = {
    page.rpartition("/")[2]: (ROOT / "docs" / f"{page}.md").read_text()
    for page in ("operations/zapier", "deployment/deploy", "deployment/security")
}
EXAMPLES = re.findall(r"```json\n(.*?)```", PAGES["zapier"], re.DOTALL)
NAMES = {field.alias for field in Settings.model_fields.values()}
BUILD = yaml.safe_load((ROOT / "cloudbuild.yaml").read_text())
DEPLOY = " ".join(SHAPE)
IMAGE = (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("example", EXAMPLES, ids=["flattened", "objects"])
def test_every_example_of_the_zap_is_understood(example: str) -> None:
    order = parse_order(json.loads(example), "CANADA")

    assert order.order_id == "6855909900591"
    assert len(order.lines) == 2


def test_every_outcome_and_every_field_of_the_gate_is_on_the_zap_s_page() -> None:
    page = PAGES["zapier"]
    for word in (*Status, *Code):
        assert f"`{word}`" in page, word
    for gate in ("success", "email_ready", "delivered", "keys_count", "keys_expected"):
        assert f"`{gate}`" in page


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_that_a_page_names_exists(page: str) -> None:
    named = set(re.findall(r"\b(?:NPTA|SHOPIFY|SLACK)_[A-Z_]+\b", PAGES[page]))

    assert named
    assert named <= NAMES


def test_threads_equal_concurrency_and_one_instance_serves() -> None:
    (threads,), (concurrency,) = re.findall(r"THREADS=(\d+)", IMAGE), re.findall(r"--concurrency=(\d+)", DEPLOY)

    assert threads == concurrency
    assert {"--max-instances=1", "--min-instances=1"} <= set(DEPLOY.split())
    assert f"| `--concurrency` | {concurrency} |" in PAGES["deploy"]


def test_tests_run_in_a_build_of_their_own_under_an_account_that_cannot_deploy() -> None:
    tests = yaml.safe_load((ROOT / "cloudbuild-test.yaml").read_text())
    first, *others = (" ".join(step["args"]) for step in BUILD["steps"])

    assert "make test" in " ".join(tests["steps"][0]["args"])
    assert first.startswith("builds submit . --config=cloudbuild-test.yaml ")
    assert not [step for step in (first, *others) if "make" in step or "pip" in step]
    assert all("--only-binary :all:" in line for line in IMAGE.splitlines() if "pip install" in line), (
        "no package's code runs"
    )
    accounts = {each["serviceAccount"].split("/")[-1].split("@")[0] for each in (tests, BUILD)}
    assert accounts == {"npta-test", "npta-deploy"}
    assert all(f"| `{account}`" in PAGES["deploy"] for account in accounts)
    assert "secret" not in (ROOT / "cloudbuild-test.yaml").read_text().split("steps:")[1]


def test_cloud_run_gives_up_later_than_we_do() -> None:
    (timeout,) = re.findall(r"--timeout=(\d+)", DEPLOY)

    assert int(timeout) > SECONDS + BODY_SECONDS
    assert f"A call has {SECONDS:g} s" in PAGES["deploy"]
    assert f"within {BODY_SECONDS:g} s" in PAGES["security"]


def test_every_scope_of_the_shop_is_named() -> None:
    assert [scope for scope in SCOPES if scope not in PAGES["deploy"]] == []
