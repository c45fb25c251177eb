"""Whatever stands at the address, and whatever it refuses: a sentence says what to do, and the token goes nowhere else."""

from __future__ import annotations

from socket import gaierror

import pytest
import requests
import responses
from urllib3.exceptions import MaxRetryError, NameResolutionError

from npta.clients.shopify.client import Shopify
from npta.errors import ShopError, ShopRejectedError, ShopUnavailableError
from tests.npta.clients.shopping import APP, GRAPHQL, Shopping, read


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (401, "SHOPIFY_ACCESS_TOKEN"),
        (402, "frozen"),
        (403, "access scopes"),
        (404, "SHOPIFY_API_VERSION"),
        (423, "locked"),
        (301, "NAME.myshopify.com"),
        (400, "defect of this program"),
        (418, "shopifystatus.com"),
        (430, "ask Shopify's support to let the app in"),
    ],
)
@responses.activate
def test_a_refusal_says_what_to_mend(status: int, told: str) -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post(
        GRAPHQL,
        status=status,
        json={"errors": "Shopify's own words shpat_0123456789abcdef"},
        headers={"Location": "https://elsewhere.example/"},
    )
    with pytest.raises(ShopRejectedError, match=told) as caught:
        client.locations(shopping.deadline)
    assert str(status) in str(caught.value)
    assert ("Shopify's own words …" in str(caught.value)) == (status != 301)
    assert len(responses.calls) == 1
    assert shopping.time.passed == 0


NO_ANSWERS = {
    "a page": b"<html>Sign in: password</html>",
    "nothing": b"",
    "a list": b"[]",
    "an empty object": b"{}",
    "no data": b'{"data": null}',
    "data that is a list": b'{"data": []}',
    "data without the field": b'{"data": {}}',
    "a field that is null": b'{"data": {"locations": null}}',
    "nodes that are null": b'{"data": {"locations": {"nodes": [null], "pageInfo": {"hasNextPage": false}}}}',
    "a page without its end": b'{"data": {"locations": {"nodes": []}}}',
    "numbers in the place of objects": b'{"data": {"locations": 7}}',
    "depths that nobody can read": b"[" * 100_000 + b"]" * 100_000,
}


@pytest.mark.parametrize("body", NO_ANSWERS.values(), ids=NO_ANSWERS)
@responses.activate
def test_an_answer_that_is_none_says_what_to_check(body: bytes) -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post(GRAPHQL, status=200, body=body)
    with pytest.raises(ShopUnavailableError, match="ry again") as caught:
        client.locations(shopping.deadline)
    assert "password" not in str(caught.value)


REFUSALS = {
    "a token": ('{"errors": "[API] Invalid API key or access token"}', "check SHOPIFY_ACCESS_TOKEN"),
    "a parameter": ('{"errors": {"query": "Required parameter missing"}}', "query: Required parameter missing"),
    "a list of texts": ('{"errors": ["one", "two"]}', "one; two"),
    "a single object": ('{"errors": {"message": "odd"}}', "odd"),
    "an inactive shop": ('{"errors": [{"message": "x", "extensions": {"code": "SHOP_INACTIVE"}}]}', "its owner must"),
    "errors without words": ('{"errors": [{}]}', "report it"),
    "extensions of another kind": ('{"errors": [{"message": "x", "extensions": "none"}]}', "report it"),
    "a scope": (
        (
            '{"data": {"order": null}, "errors": [{"message": "Access denied for fulfillmentOrders field.", '
            '"extensions": {"code": "ACCESS_DENIED", "requiredAccess": "`read_orders` access scope."}}]}'
        ),
        "required: `read_orders`",
    ),
    "data beside errors": (
        '{"data": {"locations": {"nodes": [], "pageInfo": {"hasNextPage": false}}}, "errors": [{"message": "half of it"}]}',
        "half of it",
    ),
}


@pytest.mark.parametrize(("body", "told"), REFUSALS.values(), ids=REFUSALS)
@responses.activate
def test_errors_in_whatever_form_are_told(body: str, told: str) -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post(GRAPHQL, status=200, body=body)
    with pytest.raises(ShopRejectedError) as caught:
        client.locations(shopping.deadline)
    assert told in str(caught.value)
    assert "Locations" in str(caught.value)


UNREACHABLE: dict[str, tuple[requests.RequestException, str]] = {
    "a name that is not found": (
        requests.ConnectionError(MaxRetryError(None, "/", NameResolutionError("h", None, gaierror()))),  # type: ignore[arg-type]
        "name is not found: check SHOPIFY_SHOP",
    ),
    "a wrong certificate": (requests.exceptions.SSLError("certificate of evil.example"), "No secure connection"),
    "a token with a line break": (requests.exceptions.InvalidHeader("shpat_secret\nx"), "check SHOPIFY_ACCESS_TOKEN"),
    "an address that is none": (requests.exceptions.InvalidURL("https://../"), "set SHOPIFY_SHOP"),
    "a connection that is refused": (requests.ConnectionError("[Errno 111]"), "did not answer (ConnectionError)"),
    "an answer that breaks off": (requests.exceptions.ChunkedEncodingError(), "did not answer (ChunkedEncodingError)"),
    "a broken gzip": (requests.exceptions.ContentDecodingError(), "did not answer (ContentDecodingError)"),
}


@pytest.mark.parametrize(("error", "told"), UNREACHABLE.values(), ids=UNREACHABLE)
@responses.activate
def test_an_address_that_cannot_be_reached_says_why(error: requests.RequestException, told: str) -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post(GRAPHQL, body=error)
    with pytest.raises(ShopError) as caught:
        client.locations(shopping.deadline)
    assert told in str(caught.value)
    assert "evil" not in str(caught.value)
    assert "shpat_" not in str(caught.value)


@responses.activate
def test_a_redirect_is_never_followed_with_the_token_in_hand() -> None:
    responses.post(GRAPHQL, status=307, headers={"Location": "https://evil.example/login"})
    responses.post("https://evil.example/login", json={"data": {}})
    responses.post(
        "https://npta-demo.myshopify.com/admin/oauth/access_token",
        status=302,
        headers={"Location": "https://evil.example/login"},
    )
    for environment in ({}, APP):
        shopping = Shopping(environment=environment)
        client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
        with pytest.raises(ShopRejectedError, match="where the token must not go"):
            client.locations(shopping.deadline)
    assert not [call for call in responses.calls if "evil" in str(call.request.url)]


def test_what_shopify_refused_is_known_until_it_is_right_again() -> None:
    shopping = Shopping()
    assert (shopping.client.asked, shopping.client.trouble) == (False, None)
    shopping.fault("denied", operation="Locations")
    shopping.fault("down", operation="Orders")
    with pytest.raises(ShopUnavailableError):
        shopping.client.paid_open(shopping.deadline)
    with pytest.raises(ShopRejectedError):
        read(shopping)
    assert "Shopify refuses Locations" in str(shopping.client.trouble), "a refusal needs somebody, an outage passes"
    shopping.client.variants(shopping.deadline)
    assert "Shopify refuses Locations" in str(shopping.client.trouble), "of this it still holds, although others work"
    shopping.door("DELETE", "/_faults")
    read(shopping)
    assert (shopping.client.asked, shopping.client.trouble) == (True, None)


def test_an_outage_is_over_once_anything_is_answered() -> None:
    shopping = Shopping()
    shopping.fault("down", operation="Orders")
    with pytest.raises(ShopUnavailableError):
        shopping.client.paid_open(shopping.deadline)
    assert "status 503" in str(shopping.client.trouble)
    read(shopping)
    assert shopping.client.trouble is None


@responses.activate
def test_what_shopify_says_is_shown_short_printable_and_without_tokens() -> None:
    shopping = Shopping()
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    message = "bad\nthing\x1b[31m shpat_0123456789abcdef " + "x" * 500
    responses.post(GRAPHQL, json={"errors": [{"message": message, "extensions": {"code": "BAD_REQUEST"}}]})
    with pytest.raises(ShopRejectedError) as caught:
        client.locations(shopping.deadline)
    assert "shpat_" not in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 520


def test_a_wrong_client_secret_is_said_with_its_setting() -> None:
    shopping = Shopping(environment={**APP, "SHOPIFY_CLIENT_SECRET": "wrong"})
    with pytest.raises(ShopRejectedError, match="check SHOPIFY_SHOP, SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRET"):
        read(shopping)


@pytest.mark.parametrize(
    ("error", "told"), [("shop_not_permitted", "same organisation"), ("app_not_installed", "install the app")]
)
@responses.activate
def test_a_sign_in_that_the_shop_does_not_permit_says_why(error: str, told: str) -> None:
    shopping = Shopping(environment=APP)
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post(
        "https://npta-demo.myshopify.com/admin/oauth/access_token", status=400, body=f"<p>Oauth error {error}</p>"
    )
    with pytest.raises(ShopRejectedError, match=told):
        client.locations(shopping.deadline)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, "<html>Sign in</html>", "SHOPIFY_CLIENT_ID"),
        (200, '{"access_token": null}', "SHOPIFY_CLIENT_ID"),
        (200, "[]", "SHOPIFY_CLIENT_ID"),
        (402, '{"errors": "Unavailable Shop"}', "frozen"),
        (423, "", "locked"),
        (430, "", "let the app in"),
        (429, "", "wants a pause"),
    ],
)
@responses.activate
def test_a_sign_in_fails_like_any_other_call(status: int, body: str, told: str) -> None:
    shopping = Shopping(environment=APP)
    client = Shopify(shopping.settings, shopping.time.clock, requests.Session())
    responses.post("https://npta-demo.myshopify.com/admin/oauth/access_token", status=status, body=body)
    with pytest.raises(ShopError, match=told):
        client.locations(shopping.deadline)
