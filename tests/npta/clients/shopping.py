"""A client on a local shop, with a clock that only moves when somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import requests

from npta.clients.shopify.client import Shopify
from npta.clients.shopify.models import StockLevel
from npta.domain.catalogue.sync_from_shopify import ShopVariant
from npta.local.shop import CLIENT_ID, CLIENT_SECRET, LocalShop, shop_session
from npta.settings import Settings
from sheets_schema import Clock, Deadline
from tests.support import ENVIRONMENT

GRAPHQL = "https://npta-demo.myshopify.com/admin/api/2026-10/graphql.json"
APP = {"SHOPIFY_ACCESS_TOKEN": "", "SHOPIFY_CLIENT_ID": CLIENT_ID, "SHOPIFY_CLIENT_SECRET": CLIENT_SECRET}
BEGIN = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)


class Time:
    """A clock for tests: sleeping moves it, nothing else does."""

    def __init__(self) -> None:
        self.passed = 0.0
        ids = count(1)
        self.clock = Clock(
            monotonic=lambda: self.passed,
            sleep=self.sleep,
            now=lambda: BEGIN + timedelta(seconds=self.passed),
            random=lambda: 0.5,
            new_id=lambda: f"id-{next(ids)}",
        )

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


@dataclass
class Shopping:
    """A shop, the client on it, and the time of both."""

    products: Iterable[Mapping[str, Any]] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    points: float = 2_000
    rate: float = 100
    wrap: Callable[[requests.Session], requests.Session] = lambda session: session

    def __post_init__(self) -> None:
        self.time = Time()
        self.shop = LocalShop(self.time.clock, points=self.points, rate=self.rate)
        self.shop.seed(self.products)
        settings = {**ENVIRONMENT, **self.shop.environment(), **self.environment}
        self.settings = Settings.load({name: value for name, value in settings.items() if value})
        self.session = self.wrap(shop_session(self.shop))
        self.client = Shopify(self.settings, self.time.clock, self.session)

    @property
    def deadline(self) -> Deadline:
        return self.time.clock.deadline(25)

    def variant(self, sku: str) -> ShopVariant:
        (found,) = self.client.variants_of([sku], self.deadline)
        return found

    def levels(self, wanted: Mapping[str, int]) -> list[StockLevel]:
        """What is wanted, beside what is there now."""
        found = {variant.sku: variant for variant in self.client.variants_of(list(wanted), self.deadline)}
        return [StockLevel(found[sku], available) for sku, available in wanted.items()]

    def set(self, wanted: Mapping[str, int]) -> dict[str, str]:
        """Set stock; the reasons by SKU of what could not be set."""
        levels = self.levels(wanted)
        refused = self.client.set_available(levels, reference="test-1", deadline=self.deadline)
        return {each.sku: each.reason for each in refused}

    @property
    def stock(self) -> dict[str, int | None]:
        state: dict[str, int | None] = self.state["stock"]
        return state

    @property
    def state(self) -> dict[str, Any]:
        body: dict[str, Any] = shop_session(self.shop).get("https://shop/_state").json()
        return body

    def door(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """What a test or a person asks of the shop itself."""
        answer = shop_session(self.shop).request(method, f"https://shop{path}", json=body, timeout=5)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def fault(self, name: str, **more: Any) -> None:
        self.door("POST", "/_faults", {"name": name, **more})

    def calls(self, operation: str) -> list[dict[str, Any]]:
        return [call for call in self.state["calls"] if call["operation"] == operation]

    def buy(self, **lines: int) -> dict[str, Any]:
        wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()]
        return self.door("POST", "/_orders", {"customer": "Ada Lovelace", "email": "ada@example.com", "lines": wanted})


def read(shopping: Shopping, seconds: float = 25) -> None:
    """Ask for something small."""
    shopping.client.locations(shopping.time.clock.deadline(seconds))
