"""Settings are checked when the function starts: what is wrong is named, and no secret is printed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest

import npta.cli.main
from npta.local.function_process import ROOT
from tests.support import ENVIRONMENT, House

SECRETS = {
    "NPTA_ORDER_KEYS": "order-secret-number-1,order-secret-number-2",
    "NPTA_OPERATOR_KEYS": "operator-secret-of-ours",
    "SLACK_BOT_TOKEN": "xoxb-slack-secret",
    "SHOPIFY_SHOP": "npta.myshopify.com",
    "SHOPIFY_ACCESS_TOKEN": "shpat-shop-secret",
    "SHOPIFY_WEBHOOK_SECRET": "webhook-secret",
}
WORDS = (
    "order-secret-number-1",
    "order-secret-number-2",
    "operator-secret-of-ours",
    "xoxb-slack",
    "shpat-shop",
    "webhook-secret",
)


def start(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Load main.py as functions-framework does, in a process of its own."""
    command = [sys.executable, "-c", "import main"]
    return subprocess.run(command, env=dict(environment), cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.row("B4")
def test_the_function_does_not_start_and_names_every_setting_that_is_missing_or_malformed() -> None:
    wrong = {"NPTA_REGION": "", "SLACK_CHANNEL": "", "NPTA_LOW_STOCK": "few", "NPTA_SHEETS_API": "sheets"}

    ended = start({**ENVIRONMENT, **SECRETS, **wrong})

    assert ended.returncode != 0
    last = ended.stderr.strip().splitlines()[-1]
    assert "NPTA_REGION is missing" in last
    assert "NPTA_LOW_STOCK is malformed" in last
    assert "NPTA_SHEETS_API is malformed" in last
    assert not [word for word in WORDS if word in ended.stdout + ended.stderr]


@pytest.mark.row("B4")
def test_with_right_settings_it_starts_and_says_nothing() -> None:
    right = {**SECRETS, "SLACK_CHANNEL": "C0123456789", "SHOPIFY_LOCATION_ID": "1"}

    ended = start({**ENVIRONMENT, **right})

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.row("B4")
@pytest.mark.parametrize("name", ["NPTA_SPREADSHEET", "NPTA_REGION", "NPTA_ORDER_KEYS", "NPTA_OPERATOR_KEYS"])
def test_a_command_names_the_required_setting_that_is_missing(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = npta.cli.main.main(["provision"], {**ENVIRONMENT, **SECRETS, "SLACK_CHANNEL": "C1", name: " "})

    printed = capsys.readouterr()
    assert status == 1
    assert f"{name} is missing" in printed.err
    assert not [word for word in WORDS if word in printed.out + printed.err]


@pytest.mark.row("B4")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NPTA_SPREADSHEET", "not a spreadsheet"),
        ("NPTA_SHEETS_API", "localhost"),
        ("NPTA_REGIONS", "CANADA,U S"),
        ("NPTA_TEST_RECIPIENT", "nobody"),
        ("NPTA_LOW_STOCK", "-1"),
        ("NPTA_RELEASE_POLICY", "burn"),
        ("NPTA_MARK_FULFILLED", "perhaps"),
        ("NPTA_ARCHIVE_UNCONFIRMED", "some"),
        ("NPTA_OPERATORS", "ada"),
        ("SHOPIFY_SHOP", "https://npta.myshopify.com"),
        ("SHOPIFY_LOCATION_ID", "Online"),
        ("SHOPIFY_API_VERSION", "latest"),
        ("SHOPIFY_API_URL", "shop"),
        ("SLACK_API_URL", "https://slack.com"),
        ("SLACK_CHANNEL", ""),
        ("SHOPIFY_ACCESS_TOKEN", ""),
    ],
)
def test_a_command_names_the_setting_that_is_malformed(
    name: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = {**ENVIRONMENT, **SECRETS, "SLACK_CHANNEL": "C1", "SHOPIFY_LOCATION_ID": "1"}

    status = npta.cli.main.main(["provision"], {**whole, name: value})

    printed = capsys.readouterr()
    assert status == 1
    assert name in printed.err
    assert not [word for word in WORDS if word in printed.out + printed.err]


@pytest.mark.row("B4")
def test_no_answer_no_log_and_no_message_holds_a_secret(npta: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    responses = [npta.call("POST", "/orders", {"order_id": "1"}, key="a-wrong-key-of-mine")]
    responses += [npta.call("POST", path) for path in ("/shopify/sync", "/catalogue/sync", "/inventory/refresh")]
    responses.append(npta.call("GET", "/openapi.json"))

    seen = caplog.text + " ".join(response.get_data(as_text=True) for response in responses) + repr(npta.settings)

    secrets = [*npta.settings.secrets, "a-wrong-key-of-mine"]
    assert len(secrets) >= 5
    assert not [secret for secret in secrets if secret in seen]
