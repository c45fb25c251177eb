"""One GraphQL call to Shopify: deadline, credentials, throttling, kinds of failure."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import wraps
from threading import Lock
from typing import Any, Final, ParamSpec, TypeVar

import requests

from npta.clients.shopify.answers import as_object, codes_of, errors_of, failure, read_answer, safe, unreachable
from npta.clients.shopify.graphql_operations import Operation
from npta.clients.shopify.throttle import Throttle, wait_after
from npta.clients.shopify.tokens import Tokens
from npta.errors import ShopDeclinedError, ShopError, ShopRejectedError, ShopUnavailableError
from npta.settings import Settings
from sheets_schema import Clock, Deadline
from sheets_schema.advanced import enforce_total_timeout

_log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R")

_MAX_SECONDS: Final = 10.0
_CONNECT_SECONDS: Final = 5.0
_SENDINGS: Final = 3
"""How often one call is sent when no answer comes back."""
_NO_TIME = "There was no time left to ask Shopify."


class Wire:
    """Sends operations. Thread-safe; holds session, token and throttle."""

    def __init__(self, settings: Settings, clock: Clock, session: requests.Session | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._session = enforce_total_timeout(session or requests.Session(), f"{settings.shopify_origin}/")
        self._tokens = Tokens(settings, clock, self._post)
        self._throttle = Throttle(clock)
        self._lock = Lock()
        self._failed: dict[str, ShopError] = {}
        self.asked = False
        self.drift = ""

    @property
    def trouble(self) -> ShopError | None:
        """What Shopify refused, or that it does not answer, by the last call of each operation."""
        with self._lock:
            failed = list(self._failed.values())
        return next((error for error in failed if isinstance(error, ShopRejectedError)), failed[-1] if failed else None)

    def call(self, operation: Operation, variables: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Send an operation and return its `data`; a throttled one waits inside the deadline.

        Where no answer came, it is sent again only if `operation.again`; an idempotency key in the variables then is
        the same. Raises `ShopUnavailableError` and `ShopRejectedError`.
        """
        try:
            data = self._called(operation, variables, deadline)
        except ShopError as error:
            with self._lock:
                self.asked = True
                self._failed[operation.name] = error
            raise
        with self._lock:
            self.asked = True
            # Who answers is there and lets us in; only what it refused of another operation may still hold.
            self._failed = {
                name: error
                for name, error in self._failed.items()
                if isinstance(error, ShopRejectedError) and any(error.codes)
            }
            self._failed.pop(operation.name, None)
        return data

    def change(self, operation: Operation, variables: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Send a mutation; return its payload. Raises `ShopDeclinedError` on userErrors."""
        (payload,) = self.call(operation, variables, deadline).values()
        if payload["userErrors"]:
            message = safe("; ".join(str(error["message"]) for error in payload["userErrors"]))
            raise ShopDeclinedError(f"Shopify refuses {operation.name}: {message}")
        return dict(payload)

    def _called(self, operation: Operation, variables: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        sendings = 0
        renewed = False
        while True:
            with self._throttle.room(operation.name) as wait:
                self._wait(wait, deadline)
                token = self._tokens.get(deadline)
                if deadline.passed():
                    raise ShopUnavailableError(_NO_TIME)
                sendings += 1
                try:
                    response = self._post(
                        f"/admin/api/{self._settings.shopify_api_version}/graphql.json",
                        deadline,
                        json={"query": operation.text, "variables": dict(variables), "operationName": operation.name},
                        headers={"X-Shopify-Access-Token": token},
                    )
                    if response.status_code == requests.codes.unauthorized and not renewed:
                        renewed = self._tokens.refused(token)
                        if renewed:
                            continue
                    self._watch_version(response)
                    body = read_answer(response)
                except ShopUnavailableError as error:
                    self._rest_before_again(operation, sendings, error, deadline)
                    continue
                cost = as_object(as_object(body.get("extensions")).get("cost"))
                self._throttle.learn(operation.name, cost)
            errors = errors_of(body)
            if response.status_code == requests.codes.too_many_requests or "THROTTLED" in codes_of(errors):
                sendings -= 1
                self._wait(wait_after(cost, response.headers.get("Retry-After")), deadline)
                continue
            if not errors and isinstance(body.get("data"), dict):
                data: dict[str, Any] = body["data"]
                return data
            failed = failure(operation.name, errors)
            if isinstance(failed, ShopRejectedError) or not operation.again or sendings >= _SENDINGS:
                raise failed
            self._wait(self._clock.jitter(sendings), deadline)

    def _rest_before_again(
        self, operation: Operation, sendings: int, error: ShopUnavailableError, deadline: Deadline
    ) -> None:
        """Wait a moment after a call without an answer. Raises if it is not to be sent again."""
        pause = self._clock.jitter(sendings)
        if not operation.again:
            raise ShopUnavailableError(f"{error} Whether it was done is not known.") from error
        if sendings >= _SENDINGS or pause >= deadline.left():
            raise error
        _log.warning("Shopify, %s, again in %.1f s: %s", operation.name, pause, error)
        self._clock.sleep(pause)

    def _wait(self, seconds: float, deadline: Deadline) -> None:
        """Wait for room in the bucket. Raises `ShopUnavailableError` at once if that is too late."""
        if seconds <= 0:
            return
        if seconds >= deadline.left():
            raise ShopUnavailableError(
                f"Shopify lets this app in again in {seconds:.1f} s only, which is too late.", retry_after=seconds
            )
        self._clock.sleep(seconds)

    def _post(self, path: str, deadline: Deadline, **sent: Any) -> requests.Response:
        left = min(_MAX_SECONDS, deadline.left())
        if left <= 0:
            raise ShopUnavailableError(_NO_TIME)
        try:
            return self._session.post(
                f"{self._settings.shopify_origin}{path}",
                timeout=(min(_CONNECT_SECONDS, left), left),
                allow_redirects=False,  # the token goes to the shop's own address and nowhere else
                **sent,
            )
        except requests.RequestException as error:
            raise unreachable(error) from None

    def _watch_version(self, response: requests.Response) -> None:
        answered, pinned = response.headers.get("X-Shopify-API-Version", ""), self._settings.shopify_api_version
        if not answered:
            return
        drift = ""
        if answered != pinned:
            shown = safe(answered)[:20]
            drift = (
                f"Shopify answers with API version {shown}, not {pinned}: "
                "set SHOPIFY_API_VERSION to a supported one and test before the old one ends."
            )
        with self._lock:
            new, self.drift = drift and drift != self.drift, drift
        if new:
            _log.warning("%s", drift)


def understood(call: Callable[P, R]) -> Callable[P, R]:
    """Let a call end with a `ShopError` also where an answer is not of the documented shape.

    What stands at the address need not be Shopify, and a field that is denied can leave a hole.
    """

    @wraps(call)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return call(*args, **kwargs)
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            _log.exception("Shopify's answer to %s is not as described", call.__name__)
            raise ShopUnavailableError(
                "Shopify's answer is not of the shape that its API describes. Try again; if it stays so, check "
                "SHOPIFY_SHOP and SHOPIFY_API_VERSION, then report it."
            ) from error

    return guarded
