"""Everybody whom the service calls is left at the deadline, however the answer comes: in its head, its body, or never."""

from __future__ import annotations

import pytest

import npta.web.google_sign_in
from npta.clients.shopify.client import Shopify
from npta.clients.slack.client import Slack
from npta.domain.state.alert import Alert, AlertKind
from npta.errors import ShopUnavailableError, SlackUnavailableError
from npta.settings import Settings
from npta.web.google_sign_in import Certificates, CertificatesMissingError
from sheets_schema import Clock
from tests.dripping import DRIPS, in_time, listening
from tests.support import ENVIRONMENT

SECONDS = 0.3
"""Long enough for a thread of Slack's client to begin on a busy machine."""
PATIENCE = 0.6


def settings(**more: str) -> Settings:
    return Settings.load({**ENVIRONMENT, **more})


@pytest.mark.parametrize("drip", DRIPS)
def test_shopify_is_left_in_time(drip: str) -> None:
    with listening(DRIPS[drip]) as (origin, calls):
        shop = Shopify(
            settings(SHOPIFY_SHOP="npta-demo.myshopify.com", SHOPIFY_ACCESS_TOKEN="t", SHOPIFY_API_URL=origin), Clock()
        )
        with in_time(SECONDS + PATIENCE), pytest.raises(ShopUnavailableError):
            shop.locations(Clock().deadline(SECONDS))
        assert calls


@pytest.mark.parametrize("drip", DRIPS)
def test_shopifys_sign_in_is_left_in_time(drip: str) -> None:
    app = {"SHOPIFY_CLIENT_ID": "c", "SHOPIFY_CLIENT_SECRET": "s"}
    with listening(DRIPS[drip]) as (origin, calls):
        shop = Shopify(settings(SHOPIFY_SHOP="npta-demo.myshopify.com", SHOPIFY_API_URL=origin, **app), Clock())
        with in_time(SECONDS + PATIENCE), pytest.raises(ShopUnavailableError):
            shop.locations(Clock().deadline(SECONDS))
        assert calls


@pytest.mark.parametrize("drip", sorted(DRIPS.keys() - {"refusal"}))
def test_slack_is_left_in_time(drip: str) -> None:
    with listening(DRIPS[drip]) as (origin, _):
        slack = Slack(
            settings(SLACK_BOT_TOKEN="xoxb-t", SLACK_CHANNEL="C0123456789", SLACK_API_URL=f"{origin}/api/"), Clock()
        )
        with in_time(SECONDS + PATIENCE), pytest.raises(SlackUnavailableError):
            slack.post(Alert(AlertKind.FULFILLED, "1", "title", "text"), deadline=Clock().deadline(SECONDS))


@pytest.mark.parametrize("drip", DRIPS)
def test_googles_certificates_are_not_waited_for_longer(monkeypatch: pytest.MonkeyPatch, drip: str) -> None:
    monkeypatch.setattr(npta.web.google_sign_in, "FETCH", SECONDS)
    with listening(DRIPS[drip]) as (origin, _):
        monkeypatch.setattr(npta.web.google_sign_in, "CERTIFICATES", f"{origin}/certs")
        with in_time(SECONDS + PATIENCE), pytest.raises(CertificatesMissingError):
            Certificates(None, Clock().monotonic)(f"{origin}/certs")
