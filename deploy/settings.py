"""The file that says what a project is set to: `deploy/settings.env`, from `deploy/settings.env.example`. It holds no secret."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from deploy.gcloud import GcloudError

FILE = Path("deploy/settings.env")
LOCATION = "northamerica-northeast1"
SECRETS = {
    "NPTA_ORDER_KEYS": "npta-order-keys",
    "NPTA_OPERATOR_KEYS": "npta-operator-keys",
    "NPTA_KEYS_HOOK": "npta-keys-hook",
    "SHOPIFY_ACCESS_TOKEN": "npta-shopify-access-token",
    "SHOPIFY_CLIENT_SECRET": "npta-shopify-client-secret",
    "SHOPIFY_WEBHOOK_SECRET": "npta-shopify-webhook-secret",
    "SLACK_BOT_TOKEN": "npta-slack-bot-token",
}
"""Settings that come from Secret Manager, with their names there."""
DRAWN = {"NPTA_ORDER_KEYS": 1, "NPTA_OPERATOR_KEYS": 2}
"""Keys that nobody brings: drawn at random, so many of them. The last operator key is the scheduler's own."""
OURS = ("PROJECT", "LOCATION", "ALERT_EMAIL")
"""What the file says beside the service's settings."""
_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


@dataclass(frozen=True)
class SettingsFile:
    """What the file says. A setting with nothing behind its `=` is taken away, one that is not there is left as it is."""

    project: str
    location: str
    alert_email: str
    settings: dict[str, str]

    @staticmethod
    def add_to(parser: argparse.ArgumentParser) -> None:
        """Add the flags that every program has."""
        parser.add_argument("--settings", type=Path, default=FILE, metavar="FILE", help="default: %(default)s")
        parser.add_argument("--plan", action="store_true", help="only print what would be done")

    @classmethod
    def of(cls, given: argparse.Namespace) -> Self:
        """Read the file that was named. Raises `GcloudError`."""
        return cls.parse(_text(given.settings), str(given.settings))

    @classmethod
    def parse(cls, text: str, name: str = str(FILE)) -> Self:
        """Read the text of such a file. Raises `GcloudError`, which never shows a value."""
        pairs: dict[str, str] = {}
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            found = _LINE.fullmatch(line.strip())
            if not found:
                raise GcloudError(f"{name}, line {number}, is not of the form NAME=value.")
            key, value = found.groups()
            if key in SECRETS:
                raise GcloudError(f"{name}, line {number}: {key} is a secret. Take it out and run: deploy/secret {key}")
            if key in pairs:
                raise GcloudError(f"{name}, line {number}: {key} stands there twice.")
            pairs[key] = value.strip().strip("\"'")
        if not pairs.get("PROJECT"):
            raise GcloudError(f"{name} does not say PROJECT, the id of the Google Cloud project.")
        own = {key: pairs.pop(key, "") for key in OURS}
        return cls(own["PROJECT"], own["LOCATION"] or LOCATION, own["ALERT_EMAIL"], pairs)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError:
        raise GcloudError(f"{file} is not there: copy deploy/settings.env.example to it and fill it in.") from None
