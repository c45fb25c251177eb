"""Whatever an operation raises has its answer: a sentence that says what to do, under a status that fits, never a 500."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import requests

from npta import errors as ours
from npta.clients.shopify.client import Shopify
from npta.errors import (
    BadRequestError,
    NptaError,
    SettingError,
    ShopRejectedError,
    ShopUnavailableError,
    SlackRejectedError,
)
from npta.local.slack.stand_in import serve_slack
from npta.web.error_statuses import problem_of
from npta.web.routes.route_table import ROUTES
from sheets_schema import SheetsError
from sheets_schema import errors as sheets
from tests.npta.acceptance.steps import Watch
from tests.npta.web.described import strange
from tests.support import OPERATOR_KEY, ORDER_KEY, House

ORDER = {
    "order_id": "1",
    "email": "ada@example.com",
    "line_items": [{"line_item_id": "1", "sku": "CPT", "quantity": 1}],
}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/orders"): ORDER,
    ("POST", "/keys/{key_id}/adjust"): {"seats": 9, "reason": "counted again"},
    ("POST", "/mode"): {"mode": "LIVE"},
}
SIGNED = "/shopify/webhooks/"
CALLED = [route for route in ROUTES if not route[1].startswith(SIGNED)]


def kinds(root: type[Exception]) -> Iterator[type[Exception]]:
    yield root
    for kind in root.__subclasses__():
        yield from kinds(kind)


def made(kind: type[Exception]) -> Exception:
    """An error of a kind, however it is made."""
    tries: list[Callable[[], Exception]] = [
        lambda: kind("told"),
        lambda: kind("told", "told"),
        lambda: kind("told", code="told"),  # type: ignore[call-arg]  # what a kind takes is found out here
        lambda: kind("told", one_message=None),  # type: ignore[call-arg]  # as above
        kind,
    ]
    for attempt in tries:
        with suppress(TypeError):
            return attempt()
    raise AssertionError(f"{kind.__name__} cannot be made")


@pytest.mark.parametrize("kind", [*kinds(NptaError), *kinds(SheetsError)], ids=lambda kind: kind.__name__)
def test_every_error_of_both_packages_has_its_answer(kind: type[Exception]) -> None:
    error = made(kind)
    assert isinstance(error, NptaError | SheetsError)

    problem = problem_of(error)

    assert problem.status in (400, 404, 409, 503)
    assert str(error) in problem.detail
    assert ("Retry-After" in problem.headers) == (problem.status == 503)
    assert (problem.status == 409) <= bool(problem.code)


def test_both_trees_are_looked_at_whole() -> None:
    listed = [each for module in (ours, sheets) for each in vars(module).values() if isinstance(each, type)]
    errors = {each for each in listed if issubclass(each, Exception)}
    assert errors
    assert errors <= {*kinds(NptaError), *kinds(SheetsError)}


@pytest.mark.parametrize(
    ("error", "status", "code", "wait"),
    [
        (ShopRejectedError("x"), 409, "shop_refused", None),
        (ShopUnavailableError("x"), 503, "shop_unavailable", "60"),
        (ShopUnavailableError("x", retry_after=7.4), 503, "shop_unavailable", "7"),
        (SlackRejectedError("x", code="c"), 409, "slack_refused", None),
        (SettingError("x"), 503, "not_configured", "60"),
        (BadRequestError("seats", "x"), 400, "", None),
    ],
)
def test_what_a_person_must_mend_is_told_from_what_passes(
    error: NptaError, status: int, code: str, wait: str | None
) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code, problem.headers.get("Retry-After")) == (status, code, wait)


def fault(name: str, **more: Any) -> Callable[[House], None]:
    def add(house: House) -> None:
        assert house.shop
        house.shop.faults.add({"name": name, "times": None, **more})

    return add


def scopes(*granted: str) -> Callable[[House], None]:
    def grant(house: House) -> None:
        assert house.shop
        house.shop.goods.scopes[:] = granted

    return grant


class Broken(requests.adapters.BaseAdapter):
    """A network that fails in its own way."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def send(self, *_: Any, **__: Any) -> requests.Response:
        raise self._error

    def close(self) -> None:
        """Nothing to close."""


def network(error: Exception) -> Callable[[House], None]:
    def cut(house: House) -> None:
        session = requests.Session()
        session.mount("https://", Broken(error))
        house.services.shop = Shopify(house.settings, house.clock, session)

    return cut


FAILURES: dict[str, tuple[Callable[[House], None], str]] = {
    "down": (fault("down"), "not answering: Shopify does not work at the moment (status 503)"),
    "a page of HTML": (fault("html"), "not answering: Shopify does not work at the moment (status 502)"),
    "HTML with 200": (fault("answers"), "not answering: Shopify's address answers with something that is not"),
    "nothing with 200": (fault("answers", body=""), "not answering: Shopify's address answers with something"),
    "errors as a text": (fault("answers", body='{"errors": "[API] Invalid API key"}'), "refuses "),
    "data of another shape": (fault("answers", body='{"data": {"x": 1}}'), ""),
    "data that is null": (fault("answers", body='{"data": null}'), "not answering: Shopify could not carry out"),
    "a token that is not accepted": (fault("unauthorized"), "refuses (status 401): the access token"),
    "an app without permission": (fault("refuses", status=403), "refuses (status 403): the app may"),
    "a scope that is denied": (fault("denied"), "refuses "),
    "no scope at all": (scopes(), "refuses "),
    "a frozen shop": (fault("refuses", status=402), "refuses (status 402): the shop is frozen"),
    "a locked shop": (fault("refuses", status=423), "refuses (status 423): the shop is locked"),
    "taken for an attack": (fault("refuses", status=430), "refuses (status 430): Shopify takes"),
    "another shop": (fault("refuses", status=404), "refuses (status 404): no such shop"),
    "a page to sign in at": (fault("redirect"), "refuses: Shopify's address sends elsewhere (status 302)"),
    "throttled for ever": (fault("throttled"), "not answering: Shopify lets this app in again"),
    "its own failure": (fault("internal"), "not answering: Shopify could not carry out"),
    "user errors": (fault("user_error"), "connected"),
    "connections dropped": (fault("drop"), "not answering: Shopify did not answer (ConnectionError)"),
    "no such name": (network(requests.ConnectionError(OSError("gai"))), "not answering: Shopify did not answer"),
    "a wrong certificate": (network(requests.exceptions.SSLError("x")), "not answering: No secure connection"),
    "a broken gzip": (network(requests.exceptions.ContentDecodingError("x")), "not answering: Shopify did not answer"),
    "an address that is none": (network(requests.exceptions.InvalidURL("x")), "refuses: There cannot be a shop"),
}
RAISES = {("POST", "/shopify/sync"), ("POST", "/orders/recover")}
"""Routes that can do nothing without Shopify; all others go on, and say what they could not do."""


def every_call(house: House) -> Iterator[tuple[tuple[str, str], Any]]:
    for method, path in CALLED:
        url = path.replace("{id}", "1").replace("{key_id}", "K1")
        body = BODIES.get((method, path), {}) if method == "POST" else None
        key = ORDER_KEY if path == "/orders" else OPERATOR_KEY
        yield (method, path), house.call(method, url, body, key=key)


@pytest.mark.parametrize(("fail", "standing"), FAILURES.values(), ids=FAILURES)
def test_every_route_has_an_answer_whatever_is_wrong_with_shopify(fail: Callable[[House], None], standing: str) -> None:
    with Watch().npta(NPTA_MARK_FULFILLED="true") as house:
        house.products(("CPT", "NASM-CPT-FULL"))
        house.keys(["CANADA", "NASM", "CPT", "combined", "A", 5])
        fail(house)

        for route, answer in every_call(house):
            assert strange(route, answer) == "", route
            if route in RAISES and standing != "connected":
                told = json.loads(answer.data)
                assert answer.status_code in (409, 503), route
                assert "hopify" in told["detail"] or "shop" in told["detail"]
                assert len(told["detail"]) > 40, "a sentence, not a word"
            else:
                assert answer.status_code < 500, (route, answer.data)

        status = json.loads(house.call("GET", "/status").data)
        assert status["shopify"].startswith(standing or "connected"), status["shopify"]
        if standing != "connected":
            refreshed = json.loads(house.call("POST", "/inventory/refresh", {}).data)
            assert [each["SKU"] for each in refreshed["failed"]] == ["CPT"]
            findings = json.loads(house.call("POST", "/reconcile", {}).data)["findings"]
            assert {each["what"] for each in findings} >= {"Shopify could not be read"}


SLACK = ["down", "bad_gateway", "rate_limited", "invalid_auth", "drop"]


@pytest.mark.parametrize("name", SLACK)
def test_every_route_has_an_answer_whatever_is_wrong_with_slack(name: str) -> None:
    with serve_slack() as slack:
        house = House(slack=slack).provision()
        house.products(("CPT", "NASM-CPT-FULL"))
        house.keys(["CANADA", "NASM", "CPT", "combined", "A", 5])
        slack.slack.faults.add(name)

        for route, answer in every_call(house):
            assert strange(route, answer) == "", route
            assert answer.status_code != 500, (route, answer.data)

        told = json.loads(house.call("GET", "/status").data)["slack"]
        assert told.startswith("refuses: " if name == "invalid_auth" else "not answering: ")
        assert len(told) > 40
