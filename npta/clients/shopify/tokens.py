"""The two ways to sign in: a token made once, or a client id and secret that fetch one.

Documented: `POST /admin/oauth/access_token` with `grant_type=client_credentials` answers with a token for about 24
hours, only for shops of the app's own organisation.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

import requests

from npta.clients.shopify.answers import read_answer
from npta.errors import ShopRejectedError, ShopUnavailableError
from npta.settings import Settings
from sheets_schema import Clock, Deadline

_RENEW_AT = 0.8
_DEFAULT_LIFE = 86_399.0
_PAUSE = 5.0
_TOLD_APART = (200, 400, 401, 403, 404)
"""Statuses of the sign-in that say something about the app; all others mean what they mean elsewhere."""

Post = Callable[..., requests.Response]
"""Sends one POST inside a deadline; raises `ShopUnavailableError` where there is no answer."""


class Tokens:
    """Gives the token to send. Shared by all threads: one fetches it, the others wait."""

    def __init__(self, settings: Settings, clock: Clock, post: Post) -> None:
        self._settings = settings
        self._clock = clock
        self._post = post
        self._lock = Lock()
        self._token = ""
        self._renew_at = 0.0

    def get(self, deadline: Deadline) -> str:
        """Return a token that should work. Raises `ShopRejectedError` or `ShopUnavailableError`."""
        if self._settings.shopify_access_token:
            return self._settings.shopify_access_token.get_secret_value()
        if not self._lock.acquire(timeout=deadline.left()):
            raise ShopUnavailableError("Shopify's sign-in took too long.")
        try:
            if not self._token or self._clock.monotonic() >= self._renew_at:
                self._fetch(deadline)
            return self._token
        finally:
            self._lock.release()

    def refused(self, token: str) -> bool:
        """Shopify refused this token. Whether it is worth asking again: another one can be had."""
        if self._settings.shopify_access_token:
            return False
        with self._lock:
            if self._token == token:
                self._token = ""
        return True

    def _fetch(self, deadline: Deadline) -> None:
        settings = self._settings
        secret = settings.shopify_client_secret
        sent = {
            "grant_type": "client_credentials",
            "client_id": settings.shopify_client_id,
            "client_secret": secret.get_secret_value() if secret else "",
        }
        response = self._post("/admin/oauth/access_token", deadline, data=sent)
        if response.status_code == requests.codes.too_many_requests:
            raise ShopUnavailableError("Shopify's sign-in wants a pause (status 429).", retry_after=_PAUSE)
        if response.status_code not in _TOLD_APART:
            read_answer(response)
        try:
            body = response.json()
            token, life = body["access_token"], float(body.get("expires_in") or _DEFAULT_LIFE)
        except (ValueError, LookupError, TypeError, RecursionError):
            token, life = "", 0.0
        if not isinstance(token, str) or not token:
            raise ShopRejectedError(_why(response))
        self._token = token
        self._renew_at = self._clock.monotonic() + life * _RENEW_AT


def _why(response: requests.Response) -> str:
    """Say why by the error's name, never by the body: that may repeat what was sent."""
    message = f"Shopify gives no access token (status {response.status_code}): "
    if "shop_not_permitted" in response.text:
        return message + "the app and the shop must belong to the same organisation in Shopify's Dev Dashboard."
    if "app_not_installed" in response.text:
        return message + "install the app in the shop."
    return message + "check SHOPIFY_SHOP, SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET."
