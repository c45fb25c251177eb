"""One GraphQL call to Shopify: a deadline, the two credentials, throttling, and failures told apart."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Final

import requests

from npta.clients.shopify_operations import Operation
from npta.clients.shopify_throttle import Throttle, wait_after
from npta.clients.shopify_tokens import Tokens
from npta.errors import ShopRefused, ShopUnavailable
from npta.settings import Settings
from sheets_schema import Clock, Deadline

_log = logging.getLogger(__name__)

_MOST_SECONDS: Final = 10.0
_CONNECT_SECONDS: Final = 5.0
_SENDINGS: Final = 3
"""How often one call is sent when no answer comes back."""
_NO_TIME = "There was no time left to ask Shopify."
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]+")
_SECRET = re.compile(r"shp[a-z]{2}_\w+")
_OWN_FAILURES = frozenset({"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE", "TIMEOUT"})
"""Codes of errors that are Shopify's, not ours."""

_ADVICE: Final[Mapping[int, str]] = {
    400: "this is a fault of this program, please report it",
    401: "the access token is not accepted; check SHOPIFY_ACCESS_TOKEN, or SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET",
    402: "the shop is frozen; its owner must settle its bill with Shopify",
    403: "the app may not do this; check that it is installed and has the access scopes of the deployment guide",
    404: "no such shop or API version; check SHOPIFY_SHOP and SHOPIFY_API_VERSION",
    423: "the shop is locked; its owner must ask Shopify",
}


class Wire:
    """Sends operations. Thread-safe; holds the session, the token and what is known of the throttle."""

    def __init__(self, settings: Settings, clock: Clock, session: requests.Session | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._session = session or requests.Session()
        self._tokens = Tokens(settings, clock, self._post)
        self._throttle = Throttle(clock)
        self._lock = Lock()
        self.drift = ""

    def call(self, operation: Operation, variables: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Send an operation and return its `data`. A throttled one waits and is sent again inside the deadline.

        Where no answer came, it is sent again only if `operation.again`; give an idempotency key in the variables,
        which then is the same. Raises `ShopUnavailable` and `ShopRefused`.
        """
        sendings = 0
        renewed = False
        while True:
            self._wait(self._throttle.wait_before(operation.name), deadline)
            token = self._tokens.get(deadline)
            if deadline.passed():
                raise ShopUnavailable(_NO_TIME)
            sendings += 1
            try:
                response = self._send(operation, variables, token, deadline)
                if response.status_code == requests.codes.unauthorized and not renewed and self._tokens.refused(token):
                    renewed = True
                    continue
                self._watch_version(response)
                body = _body(response)
            except ShopUnavailable as error:
                pause = self._clock.jitter(sendings)
                if not operation.again:
                    raise ShopUnavailable(f"{error} Whether it was done is not known.") from error
                if sendings >= _SENDINGS or pause >= deadline.left():
                    raise
                _log.warning("Shopify, %s, again in %.1f s: %s", operation.name, pause, error)
                self._clock.sleep(pause)
                continue
            cost = _object(_object(body.get("extensions")).get("cost"))
            self._throttle.learn(operation.name, cost)
            errors = [each for each in body.get("errors") or () if isinstance(each, Mapping)]
            if response.status_code == requests.codes.too_many_requests or "THROTTLED" in _codes(errors):
                sendings -= 1
                self._wait(wait_after(cost, response.headers.get("Retry-After")), deadline)
                continue
            if not errors and isinstance(body.get("data"), dict):
                data: dict[str, Any] = body["data"]
                return data
            failure = _failure(operation, errors)
            if isinstance(failure, ShopRefused) or not operation.again or sendings >= _SENDINGS:
                raise failure
            self._wait(self._clock.jitter(sendings), deadline)

    def change(self, operation: Operation, variables: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Send a mutation and return its payload. Raises `ShopRefused` on userErrors, which come with a clean 200."""
        (payload,) = self.call(operation, variables, deadline).values()
        if payload["userErrors"]:
            told = safe("; ".join(str(each["message"]) for each in payload["userErrors"]))
            raise ShopRefused(f"Shopify refuses {operation.name}: {told}")
        return dict(payload)

    def _wait(self, seconds: float, deadline: Deadline) -> None:
        """Wait for room in the bucket. Raises `ShopUnavailable` at once if that would be after the deadline."""
        if seconds <= 0:
            return
        if seconds >= deadline.left():
            raise ShopUnavailable(
                f"Shopify lets this app in again in {seconds:.1f} s only, which is too late.", retry_after=seconds
            )
        self._clock.sleep(seconds)

    def _send(
        self, operation: Operation, variables: Mapping[str, Any], token: str, deadline: Deadline
    ) -> requests.Response:
        return self._post(
            f"/admin/api/{self._settings.shopify_api_version}/graphql.json",
            deadline,
            json={"query": operation.text, "variables": dict(variables), "operationName": operation.name},
            headers={"X-Shopify-Access-Token": token},
        )

    def _post(self, path: str, deadline: Deadline, **sent: Any) -> requests.Response:
        left = min(_MOST_SECONDS, deadline.left())
        if left <= 0:
            raise ShopUnavailable(_NO_TIME)
        try:
            return self._session.post(
                f"{self._settings.shopify_origin}{path}",
                timeout=(min(_CONNECT_SECONDS, left), left),
                allow_redirects=False,  # the token goes to the shop's own address and nowhere else
                **sent,
            )
        except requests.RequestException as error:
            # Not the library's text: it quotes addresses, and a future one might quote headers.
            raise ShopUnavailable(f"Shopify did not answer ({type(error).__name__}).") from None

    def _watch_version(self, response: requests.Response) -> None:
        answered, pinned = response.headers.get("X-Shopify-API-Version", ""), self._settings.shopify_api_version
        if not answered:
            return
        drift = ""
        if answered != pinned:
            shown = _UNPRINTABLE.sub(" ", answered)[:20]
            drift = (
                f"Shopify answers with API version {shown}, not {pinned}: "
                "set SHOPIFY_API_VERSION to a supported one and test before the old one ends."
            )
        with self._lock:
            new, self.drift = drift and drift != self.drift, drift
        if new:
            _log.warning("%s", drift)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _body(response: requests.Response) -> dict[str, Any]:
    """The JSON object of a 200 or 429. Raises for every other answer."""
    status = response.status_code
    try:
        body = response.json()
    except ValueError:
        body = None
    if status == requests.codes.too_many_requests:
        return body if isinstance(body, dict) else {}
    if status == requests.codes.ok and isinstance(body, dict):
        return body
    if status == requests.codes.ok or status >= 500 or status == requests.codes.request_timeout:  # noqa: PLR2004 - all of the server's own failures
        raise ShopUnavailable(f"Shopify does not work at the moment (status {status}, no usable answer).")
    if 300 <= status < 400:  # noqa: PLR2004 - redirects
        raise ShopRefused(f"Shopify sends elsewhere (status {status}): set SHOPIFY_SHOP to NAME.myshopify.com.")
    advice = _ADVICE.get(status, "see Shopify's status page, then check the settings")
    raise ShopRefused(f"Shopify refuses (status {status}): {advice}.")


def _codes(errors: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(str(_object(each.get("extensions")).get("code") or "") for each in errors)


def _failure(operation: Operation, errors: Sequence[Mapping[str, Any]]) -> ShopRefused | ShopUnavailable:
    codes = _codes(errors)
    if not errors or set(codes) & _OWN_FAILURES:
        return ShopUnavailable(f"Shopify could not carry out {operation.name}.")
    told = safe("; ".join(str(each.get("message", "")) for each in errors))
    if "ACCESS_DENIED" in codes:
        return ShopRefused(f"Shopify denies access, grant the app this scope: {told}", codes=codes)
    return ShopRefused(f"Shopify refuses {operation.name}: {told}", codes=codes)


def safe(text: str) -> str:
    """A sentence of Shopify's that may be shown: short, printable, without anything that looks like a token."""
    return _SECRET.sub("…", _UNPRINTABLE.sub(" ", text))[:200]
