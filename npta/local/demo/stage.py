"""Where the demo plays: a spreadsheet, the function, a shop and a Slack channel."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gspread
import requests

from npta.local.api_keys import ApiKeys
from npta.local.demo.story import StoryStep
from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import LocalSlack
from npta.tables import ImportKeys
from npta.text_tables import table
from sheets_schema.emulator import Emulator, connect

SLACK_TOKEN = "xoxb-demo"  # noqa: S105 — opens nothing but the local Slack
SLACK_CHANNEL = "#npta-orders"
PERSON = "user:ops@npta.example"


def demo_environment(
    file: Path, keys: ApiKeys, shop: Mapping[str, str], slack_api: str, hook: str = ""
) -> dict[str, str]:
    """Return the settings of the demo.

    `shop` are those of the local shop, `hook` the Catch Hook's address.
    """
    return {
        "NPTA_SPREADSHEET": f"sqlite:///{file}",
        "NPTA_REGION": "CANADA",
        "NPTA_ORDER_KEYS": keys.order,
        "NPTA_OPERATOR_KEYS": keys.operator,
        "NPTA_TEST_RECIPIENT": "test@npta.example",
        "NPTA_SUPPORT_CONTACT": "support@npta.example",
        "SLACK_BOT_TOKEN": SLACK_TOKEN,
        "SLACK_CHANNEL": SLACK_CHANNEL,
        "SLACK_API_URL": slack_api,
        "NPTA_KEYS_HOOK": hook,
        **shop,
    }


def in_a_persons_hands(file: Path) -> gspread.Spreadsheet:
    """Return the spreadsheet in plain gspread, not the service's account."""
    client = gspread.Client(auth=None, session=connect(Emulator(file), person=PERSON))  # type: ignore[arg-type]  # none beside a session
    return client.openall()[0]


@dataclass
class Stage:
    """Everything that the story acts on, and what has not come out as expected."""

    origin: str
    sheet: gspread.Spreadsheet
    shop: LocalShop
    slack: LocalSlack
    say: Callable[[str], None]
    keys: ApiKeys
    failed: list[str] = field(default_factory=list)
    bought: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Orders as the shop's webhook has them, by customer."""

    def expect(self, subject: str, *, expected: object, found: object) -> str:
        """Return a tick or a cross for the table."""
        if expected == found:
            return "✓"
        self.failed.append(f"{subject}: expected {expected!r}, found {found!r}")
        return "✗"

    def press(self, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        """Press a button."""
        return self._post(path, body, self.keys.operator)

    def zapier(self, path: str, body: Mapping[str, Any]) -> requests.Response:
        """Make a call of Zapier's."""
        return self._post(path, body, self.keys.order)

    def _post(self, path: str, body: Mapping[str, Any] | None, key: str) -> requests.Response:
        return requests.post(f"{self.origin}{path}", json=body or {}, headers={"X-API-Key": key}, timeout=30)

    def paste(self, rows: Sequence[Sequence[str | int]]) -> None:
        """Paste lines into Import Keys, below what stands there."""
        tab = self.sheet.worksheet(ImportKeys.__table__.title)
        tab.update([list(row) for row in rows], f"A{len(tab.get_all_values()) + 1}", raw=True)

    def buy(self, step: StoryStep) -> dict[str, Any]:
        """Let a customer buy and pay; return the order as Shopify tells Zapier."""
        wanted = {
            "customer": step.customer,
            "email": f"{step.customer.split()[0].lower()}@example.com",
            "lines": [{"sku": sku, "quantity": count} for sku, count in step.lines],
            "oversell": True,
        }
        order: dict[str, Any] = self.at_the_shop("POST", "/_orders", wanted)
        return order

    def at_the_shop(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Something that happens in the shop, not through us."""
        sent = json.dumps(body).encode() if body is not None else b""
        return json.loads(self.shop.handle(method, path, body=sent).body)

    def orders(self, steps: Sequence[StoryStep]) -> None:
        """Orders, as Zapier sends them.

        After an order that is filled, the mail goes out and Zapier says so.
        """
        rows = []
        for step in steps:
            order = self.bought[step.customer] if step.again else self.bought.setdefault(step.customer, self.buy(step))
            answer = self.zapier("/orders", order)
            body = answer.json()
            found = (answer.status_code, body.get("status"), body.get("keys_count"), body.get("replayed"))
            mark = self.expect(step.title, expected=(step.http, step.status, step.keys, step.replayed), found=found)
            ordered = ", ".join(f"{sku} ×{count}" for sku, count in step.lines)
            result = "; ".join(key["keycode"] for key in body.get("keys", [])) or body.get("message", answer.text)
            rows.append([mark, order["name"], step.title, ordered, answer.status_code, body.get("status"), result])
            if body.get("email_ready") and not body["delivered"]:
                self.zapier(f"/orders/{order['id']}/delivered", {"message_id": f"mail-{order['name']}"})
        self.say(table(["", "order", "what", "lines", "HTTP", "status", "keys or message"], rows))

    def tab(self, title: str, heading: str, columns: Sequence[str] = ()) -> None:
        """Show a tab as it stands in the sheet."""
        header, *rows = self.sheet.worksheet(title).get_all_values()
        positions = [header.index(name) for name in columns or header]
        self.say(f"\n   {heading}")
        self.say(
            table(
                [header[position] for position in positions],
                [[row[position] for position in positions] for row in rows],
            )
        )

    def stock_in_the_shop(self) -> dict[str, int]:
        """Return what Shopify shows as available, by SKU."""
        products = self.at_the_shop("GET", "/_state")["products"]
        return {product["sku"]: product["available"] for product in products if product["tracked"]}
