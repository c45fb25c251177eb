"""Routes over HTTP: who may call them, statuses, and what is refused before anything is done."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from werkzeug import Request, Response
from werkzeug.test import Client

from npta.domain.state.state import State
from npta.web.app import Web
from npta.web.auth import Authenticator
from npta.web.request_body import MAX_BODY
from sheets_schema import CommitUnknownError, SheetsError, UnavailableError
from sheets_schema.errors import LockTimeoutError, PermissionDeniedError
from tests.support import OPERATOR_KEY, ORDER_KEY, House

SECRET = "EX-2t572t1232321a"
ORDER = {"order_id": "1", "email": "ada@example.com", "line_items": [{"sku": "CPTa", "quantity": 1}]}


@pytest.fixture(scope="module")
def shop() -> House:
    """A house with one product and its keys, for tests that use orders of their own."""
    house = House().provision()
    house.products(("CPTa", "NASM-CPT-FULL"), ("CPT", "NASM-CPT-EXAM"), ("KBS-1", "", "EXTERNAL"))
    house.keys(["CANADA", "NASM", "CPT", "combined", SECRET, 500])
    return house


def body_of(response: Response) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(response.data)
    return body


ROUTES = [
    ("POST", "/orders", "orders"),
    ("GET", "/orders/404404", "orders"),
    ("POST", "/keys/import", "operator"),
    ("POST", "/catalogue/sync", "operator"),
    ("POST", "/outbox/flush", "operator"),
]


class TestWhoMayCall:
    @pytest.mark.parametrize(("method", "path"), [route[:2] for route in ROUTES], ids=lambda part: part)
    @pytest.mark.parametrize("key", ["", "wrong"], ids=["no key", "a wrong key"])
    def test_without_a_right_key_every_route_is_401(self, shop: House, method: str, path: str, key: str) -> None:
        response = shop.call(method, path, {}, key=key)

        assert response.status_code == body_of(response)["status"] == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(("method", "path", "role"), ROUTES, ids=lambda part: part)
    def test_an_order_key_opens_orders_and_nothing_else(self, shop: House, method: str, path: str, role: str) -> None:
        status = shop.call(method, path, {"order_id": "x"}, key=ORDER_KEY).status_code

        assert (status == 403) == (role == "operator")
        assert status != 401

    @pytest.mark.parametrize(("method", "path"), [route[:2] for route in ROUTES], ids=lambda part: part)
    def test_an_operator_key_opens_everything(self, shop: House, method: str, path: str) -> None:
        assert shop.call(method, path, {"order_id": "x"}, key=OPERATOR_KEY).status_code not in (401, 403)

    def test_a_bearer_token_serves_as_well(self, shop: House) -> None:
        headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}

        assert shop.call("POST", "/keys/import", key="", headers=headers).status_code == 200

    def test_health_is_open_and_touches_nothing(self) -> None:
        web = Web(lambda: pytest.fail("health needs no services"), Authenticator(House().settings))

        response = Client(Request.application(web.handle), Response).get("/health")

        assert (response.status_code, response.data) == (200, b"ok")
        assert response.content_type.startswith("text/plain")

    def test_who_pressed_stands_in_the_commit_log(self, shop: House) -> None:
        shop.order("70", ("CPTa", 1))
        shop.order("71", ("CPTa", 1), key=OPERATOR_KEY)

        assert [row["who"] for row in shop.rows("Commit Log")[-2:]] == ["order key 1", "operator key 1"]


class TestRouting:
    @pytest.mark.parametrize("path", ["/", "/nothing", "/orders/1/nothing/here", "/keys", "/orderss"])
    def test_an_unknown_path_is_404(self, shop: House, path: str) -> None:
        response = shop.call("POST", path, {})

        assert response.status_code in (404, 405)
        assert response.content_type == "application/problem+json"

    def test_nothing_at_all_is_404(self, shop: House) -> None:
        assert shop.call("GET", "/nothing").status_code == 404

    @pytest.mark.parametrize(
        ("method", "path", "allow"),
        [
            ("GET", "/orders", "POST"),
            ("DELETE", "/orders", "POST"),
            ("PUT", "/orders/5", "GET"),
            ("GET", "/keys/import", "POST"),
            ("POST", "/health", "GET"),
        ],
    )
    def test_a_wrong_verb_is_405_and_says_which_is_right(self, shop: House, method: str, path: str, allow: str) -> None:
        response = shop.call(method, path)

        assert response.status_code == body_of(response)["status"] == 405
        assert response.headers["Allow"] == allow

    def test_a_slash_at_the_end_does_not_matter(self, shop: House) -> None:
        assert shop.call("GET", "/health/").status_code == 200


class TestBodies:
    def post(self, shop: House, data: bytes | str, content_type: str | None = "application/json") -> Response:
        headers = {"X-API-Key": ORDER_KEY}
        return shop.http.post("/orders", data=data, content_type=content_type, headers=headers)

    @pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "image/png", "application/octet-stream"])
    def test_an_unknown_media_type_is_415(self, shop: House, content_type: str) -> None:
        response = self.post(shop, json.dumps(ORDER), content_type)

        assert response.status_code == body_of(response)["status"] == 415

    @pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", None])
    def test_json_is_taken_also_without_its_name(self, shop: House, content_type: str | None) -> None:
        assert self.post(shop, json.dumps({**ORDER, "order_id": "50"}), content_type).status_code == 200

    @pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
    def test_a_body_over_one_mebibyte_is_413(self, shop: House, content_type: str) -> None:
        response = self.post(shop, b"a=" + b"b" * MAX_BODY, content_type)

        assert response.status_code == body_of(response)["status"] == 413

    def test_a_large_form_that_is_no_larger_than_allowed_is_read(self, shop: House) -> None:
        response = self.post(
            shop,
            "order_id=51&email=a@b&skus=CPTa&quantities=1&note=" + "x" * 700_000,
            "application/x-www-form-urlencoded",
        )

        assert response.status_code == 200

    def test_a_multipart_form_may_be_as_large_and_no_larger(self, shop: House) -> None:
        order = {"order_id": "53", "email": "a@b", "skus": "CPTa", "quantities": "1"}
        sent: list[int] = []
        for more in (
            {"note": "x" * 700_000},
            {"note": "x" * MAX_BODY},
            {f"n{field}": "x" for field in range(1500)},
        ):
            parts = [
                f'--end\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                for name, value in {**order, **more}.items()
            ]
            sent.append(self.post(shop, "".join(parts) + "--end--", "multipart/form-data; boundary=end").status_code)

        assert sent == [200, 413, 413]

    def test_a_body_of_unknown_length_is_read_no_further_than_allowed(self, shop: House) -> None:
        endless = io.BytesIO(b"[" * (MAX_BODY + 1))

        response = shop.http.post(
            "/orders",
            input_stream=endless,
            content_type="application/json",
            headers={"X-API-Key": ORDER_KEY},
            environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
        )

        assert response.status_code == 413

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"{", id="broken"),
            pytest.param(b"[]", id="a list"),
            pytest.param(b'"text"', id="a text"),
            pytest.param(b"null", id="null"),
            pytest.param(b'{"order_id": NaN}', id="NaN"),
            pytest.param(b"\xff\xfe\x00", id="no text at all"),
            pytest.param(b"[" * 100_000, id="too deep"),
            pytest.param(b'{"order_id": ' + b"9" * 5000 + b"}", id="a number without end"),
        ],
    )
    def test_what_is_no_json_object_is_400(self, shop: House, data: bytes) -> None:
        response = self.post(shop, data)

        assert response.status_code == 400
        assert body_of(response)["errors"][0]["field"] == "body"

    @pytest.mark.parametrize(
        "form",
        [
            pytest.param({"skus": "CPTa,CPTa", "quantities": "1,2"}, id="separated by commas"),
            pytest.param({"skus": ["CPTa", "CPTa"], "quantities": ["1", "2"]}, id="repeated fields"),
        ],
    )
    @pytest.mark.parametrize(
        "content_type", ["application/x-www-form-urlencoded", "multipart/form-data"], ids=["urlencoded", "multipart"]
    )
    def test_a_form_is_taken_like_json(self, shop: House, form: dict[str, Any], content_type: str) -> None:
        data = {"order_id": "52", "email": "ada@example.com", **form}

        response = shop.http.post("/orders", data=data, content_type=content_type, headers={"X-API-Key": ORDER_KEY})

        assert response.status_code == 200
        assert body_of(response)["keys_count"] == 3

    @pytest.mark.parametrize("path", ["/keys/import", "/catalogue/sync"])
    @pytest.mark.parametrize(
        ("body", "status", "dry"),
        [
            (None, 200, False),
            ({}, 200, False),
            ({"dry_run": True}, 200, True),
            ({"dry_run": "true"}, 200, True),
            ({"dry_run": False}, 200, False),
            ({"dry_run": "perhaps"}, 400, None),
            ({"dry_run": 1}, 400, None),
        ],
        ids=repr,
    )
    def test_a_dry_run_is_asked_for_in_the_body(
        self, shop: House, path: str, body: Any, status: int, dry: bool | None
    ) -> None:
        response = shop.call("POST", path, body)

        assert response.status_code == status
        assert body_of(response).get("dry_run") is dry


class TestRequestIds:
    @pytest.mark.parametrize("given", ["abc-123", "a" * 100, "A.b_c:d-e"])
    def test_a_given_id_is_echoed(self, shop: House, given: str) -> None:
        response = shop.call("GET", "/orders/404404", headers={"X-Request-Id": given})

        assert response.headers["X-Request-Id"] == body_of(response)["request_id"] == given

    @pytest.mark.parametrize("given", [None, "", "a b", "<script>", "a" * 101, "ä"], ids=repr)
    def test_one_is_made_where_none_that_is_fit_to_be_logged_is_given(self, shop: House, given: str | None) -> None:
        headers = {} if given is None else {"X-Request-Id": given}

        made = [shop.call("GET", "/health", headers=headers).headers["X-Request-Id"] for _ in range(2)]

        assert made[0] != made[1]
        assert given not in made

    def test_an_order_answer_carries_it(self, shop: House) -> None:
        response = shop.call("POST", "/orders", {**ORDER, "order_id": "60"}, headers={"X-Request-Id": "r-60"})

        assert body_of(response)["request_id"] == response.headers["X-Request-Id"] == "r-60"


class TestOrders:
    def test_the_statuses_of_an_order(self, shop: House) -> None:
        assert shop.order("100", ("CPTa", 1))["http"] == 200
        assert shop.order("101", ("KBS-1", 1))["http"] == 200
        assert shop.order("102", ("CPT", 1))["http"] == 422
        assert shop.order("103", ("XYZ", 1))["code"] == "unknown_sku"
        assert shop.order("104", ("CPTa", 1), region="MARS")["code"] == "unknown_region"
        assert shop.order("105", ("CPTa", 1), paid_at="2019-12-31T23:59:59Z")["code"] == "before_go_live"
        shop.order("106", ("CPTa", 2))
        assert shop.order("106", ("CPTa", 1))["code"] == "order_changed"

    def test_a_bad_order_is_400_naming_every_field(self, shop: House) -> None:
        response = shop.call("POST", "/orders", {"order_id": "#1042", "email": "x"}, key=ORDER_KEY)

        body = body_of(response)
        assert (response.status_code, response.content_type) == (400, "application/problem+json")
        assert {error["field"] for error in body["errors"]} == {"order_id", "email", "line_items"}
        assert body.keys() == {"type", "title", "status", "detail", "request_id", "errors"}

    def test_an_order_that_was_refused_as_bad_is_told_to_who_looks_it_up(self, shop: House) -> None:
        shop.call("POST", "/orders", {**ORDER, "order_id": "110", "email": "x"}, key=ORDER_KEY)

        told = body_of(shop.call("GET", "/orders/110"))
        assert (told["status"], told["code"], told["keys"]) == ("failed", "malformed", [])
        assert told["message"] == "email: is not an e-mail address"

    def test_the_same_order_from_a_form_and_from_json_is_one_order(self, shop: House) -> None:
        first = shop.order("120", ("CPTa", 2))
        again = shop.call("POST", "/orders", {"id": 120, "email": "a@b", "skus": "CPTa", "quantities": "2"})

        assert body_of(again)["replayed"]
        assert body_of(again)["keys"] == first["keys"]

    @pytest.mark.parametrize(
        ("typed", "status"),
        [
            ("130", 200),
            (" 130 ", 200),
            ("1 30", 200),
            ("%23T-130", 200),
            ("gid://shopify/Order/130", 200),
            ("gid:%2F%2Fshopify%2FOrder%2F130", 200),
            ("404404", 404),
            ("%23T-404", 404),
            ("T-130", 200),
            ("t-130", 200),
            ("%23%20T-130", 200),
            ("0130", 200),
            ("gid://shopify/Order/0130", 200),
            ("https:%2F%2Fadmin.shopify.com%2Fstore%2Fnpta%2Forders%2F130", 200),
            ("T-404", 404),
            ("13-0", 400),
            ("1.3e2", 400),
            ("gid://shopify/Customer/130", 400),
        ],
    )
    def test_an_order_is_found_as_people_type_it(self, shop: House, typed: str, status: int) -> None:
        shop.order("130", ("CPTa", 1), order_name="#T-130")

        response = shop.call("GET", f"/orders/{typed}")

        assert response.status_code == status
        if status == 200:
            assert body_of(response)["order_id"] == "130"
        else:
            assert body_of(response)["detail"]

    def test_a_lookup_masks_keys_for_order_keys_only(self, shop: House) -> None:
        shop.order("140", ("CPTa", 1))

        to_zapier = shop.call("GET", "/orders/140", key=ORDER_KEY)
        to_people = shop.call("GET", "/orders/140", key=OPERATOR_KEY)

        assert SECRET.encode() not in to_zapier.data
        assert body_of(to_zapier)["keys"][0]["keycode"] == f"…{SECRET[-4:]}"
        assert body_of(to_people)["keys"][0]["keycode"] == SECRET
        assert [event["event"] for event in body_of(to_people)["events"]] == ["FULFILLED"]

    def test_a_lookup_changes_nothing(self, shop: House) -> None:
        shop.order("150", ("CPT", 1))
        before = shop.rows("Commit Log")

        assert body_of(shop.call("GET", "/orders/150"))["status"] == "failed"
        assert shop.rows("Commit Log") == before


class Broken:
    """A spreadsheet that raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.last_known = State()

    def run(self, *_: Any, **__: Any) -> Any:
        raise self._error

    read = run


def asked(house: House, error: Exception, method: str, path: str, body: Any = None) -> Response:
    services = replace(house.services, spreadsheet=Broken(error))  # type: ignore[arg-type]  # a stand-in
    web = Web(lambda: services, Authenticator(house.settings))
    client = Client(Request.application(web.handle), Response)
    return client.open(path, method=method, json=body, headers={"X-API-Key": OPERATOR_KEY})


class TestTroubles:
    @pytest.mark.parametrize(
        ("error", "seconds"),
        [
            pytest.param(LockTimeoutError("held elsewhere", retry_after=7), "7", id="busy"),
            pytest.param(UnavailableError("quota", retry_after=0.2), "1", id="quota"),
            pytest.param(CommitUnknownError("unknown", retry_after=3), "3", id="in doubt"),
            pytest.param(PermissionDeniedError("no access"), "60", id="denied"),
        ],
    )
    def test_an_order_that_could_not_be_decided_is_503_and_told_to_come_again(
        self, shop: House, error: SheetsError, seconds: str
    ) -> None:
        response = asked(shop, error, "POST", "/orders", ORDER)

        body = body_of(response)
        assert (response.status_code, response.headers["Retry-After"]) == (503, seconds)
        assert (body["status"], body["success"], body["order_id"]) == ("retry", False, "1")
        assert body["next_step"]

    @pytest.mark.parametrize(
        ("method", "path"), [("GET", "/orders/5"), ("POST", "/keys/import"), ("POST", "/catalogue/sync")]
    )
    def test_any_other_call_is_a_503_problem(self, shop: House, method: str, path: str) -> None:
        response = asked(shop, LockTimeoutError("held elsewhere", retry_after=7), method, path)

        assert (response.status_code, response.headers["Retry-After"]) == (503, "7")
        assert body_of(response)["code"] == "unavailable"

    @pytest.mark.parametrize(
        ("method", "path", "body"),
        [("POST", "/orders", ORDER), ("GET", "/orders/5", None), ("POST", "/keys/import", None)],
    )
    def test_a_spreadsheet_that_was_never_set_up_is_named(self, method: str, path: str, body: Any) -> None:
        response = House().call(method, path, body)

        assert response.status_code == 503
        assert body_of(response)["code"] == "not_provisioned"
        assert response.content_type == "application/problem+json"
        assert "provision" in body_of(response)["detail"]

    def test_whatever_breaks_is_a_500_without_its_story(self, shop: House, caplog: pytest.LogCaptureFixture) -> None:
        response = asked(shop, RuntimeError(f"key {SECRET} of {OPERATOR_KEY}"), "POST", "/orders", ORDER)

        assert response.status_code == body_of(response)["status"] == 500
        assert b"RuntimeError" not in response.data
        assert SECRET.encode() not in response.data
        assert body_of(response)["request_id"] in caplog.text

    def test_an_order_too_large_to_be_recorded_is_refused_for_good(self, shop: House) -> None:
        answer = shop.order("160", *[(f"{place}{'x' * 120}", 1) for place in range(500)])

        assert answer["http"] == 400
        assert answer["errors"][0]["field"] == "line_items"
        assert body_of(shop.call("GET", "/orders/160"))["code"] == "too_large"

    def test_an_order_that_changed_in_hundreds_of_lines_is_refused_in_a_few_words(self, shop: House) -> None:
        shop.order("161", ("CPTa", 1))

        answer = shop.order("161", *[(f"{place:03}{'x' * 400}", 1) for place in range(150)])

        assert (answer["http"], answer["code"]) == (422, "order_changed")
        assert "and 141 more" in answer["message"]


@pytest.fixture
def everything(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_no_secret_and_no_keycode_is_ever_logged(everything: pytest.LogCaptureFixture) -> None:
    house = House().provision()
    house.products(("CPTa", "NASM-CPT-FULL"))
    house.keys(["CANADA", "NASM", "CPT", "combined", SECRET, 1], ["CANADA", "NASM", "CPT", "full", "EX-bad-secret", 1])
    house.order("1", ("CPTa", 1))
    house.order("1", ("CPTa", 1))
    house.order("2", ("CPTa", 1))
    house.call("GET", "/orders/1")
    house.call("GET", "/orders/1", key="a-wrong-secret")
    asked(house, LockTimeoutError("held elsewhere"), "POST", "/orders", ORDER)

    assert "order 1" in everything.text, "something is logged"
    for secret in (SECRET, "EX-bad-secret", ORDER_KEY, OPERATOR_KEY, "a-wrong-secret"):
        assert secret not in everything.text
