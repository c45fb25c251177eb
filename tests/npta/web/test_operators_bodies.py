"""Bodies of operators' calls: what is not exactly understood does nothing, since the part that is not may limit the rest."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug import Response

from npta.web.auth import Role
from npta.web.context import Route
from npta.web.routes.route_table import ROUTES
from npta.web.schemas.requests import RequestModel
from tests.support import ORDER_KEY, House

ORDER = "6855909900591"
MODELS: dict[str, type[RequestModel]] = {
    path: route.asks for (_, path), route in ROUTES.items() if route.asks and route.role is Role.OPERATOR
}
NEEDED: dict[str, Any] = {"mode": "LIVE", "seats": 40, "q": "#1042"}
"""What a call cannot do without."""
FLAGS = ("any_pool", "dry_run", "refused", "replace", "resend")


@pytest.fixture(scope="module")
def shop() -> House:
    """An order that holds keys of two lines, and stock: whatever an operator asks for could be done."""
    house = House().provision()
    house.products(("CPTa", "NASM-CPT-FULL"), ("CNC", "NASM-CNC-FULL"))
    house.keys(["CANADA", "NASM", "CPT", "combined", "CPT-1", 50], ["CANADA", "NASM", "CNC", "combined", "CNC-1", 50])
    assert house.order(ORDER, ("CPTa", 1), ("CNC", 1))["keys_count"] == 2
    house.call("POST", f"/orders/{ORDER}/delivered")
    house.products(("CPTa", "NASM-CPT-FULL"), ("CNC", "NASM-CPT-FULL"), sync=False)
    house.paste(["CANADA", "NASM", "CPT", "combined", "CPT-2", 50])
    return house


def path_of(shop: House, path: str) -> str:
    key_id = shop.rows("Import History")[0]["key_id"]
    return path.replace("{id}", ORDER).replace("{key_id}", key_id)


def refused(shop: House, path: str, body: Any, **more: Any) -> dict[str, Any]:
    """A call that is answered with 400 and does nothing; its answer."""
    before = shop.rows("Commit Log")
    response = shop.call("POST", path_of(shop, path), body, **more)
    assert response.status_code == 400, response.data
    assert shop.rows("Commit Log") == before
    told: dict[str, Any] = json.loads(response.data)
    return told


def needed(model: type[RequestModel]) -> dict[str, Any]:
    return {name: NEEDED[name] for name, field in model.model_fields.items() if field.is_required()}


def wrong_bodies(model: type[RequestModel]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every way to miss what a call knows: a body, and the field that is to be named."""
    base, fields = needed(model), list(model.model_fields)
    yield from (({**base, name: 1}, name) for name in ("surprise", ""))
    yield from (({**base, near: True}, near) for near in ("dryRun", "dry-run", "Dry_Run", "dry_run ", "dryrun"))
    if "dry_run" not in fields:
        yield {**base, "dry_run": True}, "dry_run"
    for name in fields:
        near = name.replace("_", "-").title()
        yield {**base, near: NEEDED.get(name, "1")}, near
        odd: list[Any] = [None, [], ["1"], ["1", "2"], {}, {"a": 1}, 1.5, "x" * 1001]
        odd += [0, 1, "", "perhaps", "null", "yes", 1.0] if name in FLAGS else [True, False]
        odd += ["", "  ", "\u200b", "\u00a0\t"] if name != "reason" and name not in FLAGS else []
        yield from (({**base, name: value}, name) for value in odd)


@pytest.mark.parametrize("path", MODELS)
def test_a_body_that_is_not_exactly_understood_does_nothing(shop: House, path: str) -> None:
    before, url = shop.rows("Commit Log"), path_of(shop, path)

    for body, field in wrong_bodies(MODELS[path]):
        response = shop.call("POST", url, body)
        assert response.status_code == 400, (body, response.data)
        assert field.strip() in [error["field"] for error in json.loads(response.data)["errors"]], body

    assert shop.rows("Commit Log") == before


@pytest.mark.parametrize("path", MODELS)
def test_a_wish_in_the_address_is_not_passed_over(shop: House, path: str) -> None:
    told = refused(shop, path, needed(MODELS[path]), query_string={"dry_run": "true"})

    assert "send it in the body" in told["detail"]


@pytest.mark.parametrize("path", MODELS)
def test_json_that_is_no_object_does_nothing(shop: House, path: str) -> None:
    for data in (b"[]", b"[{}]", b'"dry_run"', b"5", b"true", b"null", b" "):
        told = refused(shop, path, None, data=data, content_type="application/json")
        assert "is not JSON" in told["detail"].replace("is not a JSON object", "is not JSON"), data


@pytest.mark.parametrize("path", MODELS)
def test_a_form_with_a_field_twice_does_nothing(shop: House, path: str) -> None:
    refused(shop, path, None, data={"dry_run": ["true", "false"]}, content_type="application/x-www-form-urlencoded")


@pytest.mark.parametrize("path", MODELS)
def test_a_body_that_is_not_what_it_is_called_does_nothing(shop: House, path: str) -> None:
    form, file = "application/x-www-form-urlencoded", (io.BytesIO(b"true"), "dry_run.txt")
    misnamed: list[tuple[Any, str]] = [
        ({"dry_run": file}, "multipart/form-data"),
        (b"dry_run=true", "multipart/form-data"),
        (b"--x\r\nContent-Disp", "multipart/form-data; boundary=x"),
        (b'{"dry_run": true}', form),
        (b"dry_run=true", "application/json"),
        (b"&&&", form),
    ]
    for data, content_type in misnamed:
        refused(shop, path, None, data=data, content_type=content_type)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"lineitem_id": "1"}, "is written line_item_id here"),
        ({"line_id": "1"}, "and line_item_id"),
        ({"dry_run": None}, "is null"),
        ({"line_item_id": ""}, "is empty"),
        ({"line_item_id": "gid://shopify/LineItem/"}, "is empty"),
        ({"dry\u200b_run": True}, "dry[U+200B]_run"),
    ],
)
def test_it_says_what_is_meant(shop: House, body: Any, told: str) -> None:
    assert told in refused(shop, "/orders/{id}/release", body)["detail"]


def test_many_strange_names_are_not_all_told_again(shop: House) -> None:
    told = refused(shop, "/keys/import", {f"name {number}": "x" * 5000 for number in range(150)})

    assert len(json.dumps(told)) < 5_000


class TestWhatIsUnderstood:
    """The same calls, said right; each on a house of its own, since it does something."""

    def pressed(self, body: Any = None, **more: Any) -> dict[str, Any]:
        house = House().provision()
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys(["CANADA", "NASM", "CPT", "combined", "CPT-1", 50])
        house.order(ORDER, ("CPTa", 1), ("CPTa", 2))
        response: Response = house.call("POST", f"/orders/{ORDER}/release", body, **more)
        assert response.status_code == 200, response.data
        told: dict[str, Any] = json.loads(response.data)
        return told

    def test_nothing_at_all_and_an_empty_object_ask_for_the_usual(self) -> None:
        bodies: list[Any] = [None, {}]
        assert [self.pressed(body)["released"] for body in bodies] == [3, 3]

    @pytest.mark.parametrize("line", ["2", 2, " 2 ", "2\u200b", "gid://shopify/LineItem/2"], ids=repr)
    def test_a_line_is_named_as_text_number_or_gid(self, line: Any) -> None:
        assert self.pressed({"line_item_id": line})["released"] == 2

    @pytest.mark.parametrize("dry", [True, "true", "TRUE"])
    def test_a_dry_run(self, dry: Any) -> None:
        assert self.pressed({"dry_run": dry})["dry_run"] is True

    def test_a_form(self) -> None:
        form = {"data": {"line_item_id": "2"}, "content_type": "application/x-www-form-urlencoded"}
        assert self.pressed(None, **form)["released"] == 2


class TestDelivered:
    """What Zaps call: whatever their author has mapped besides is let be."""

    @pytest.mark.parametrize(
        "body",
        [
            None,
            {},
            {"message_id": None},
            {"message_id": ""},
            {"message_id": 17},
            {"message_id": ["a", "b"]},
            {"message_id": {"id": "a"}},
            {"message_id": "a\tb\u2028c" + "x" * 600},
            {"messageId": "a", "order_name": "#1042", "note": None, "": []},
        ],
        ids=repr,
    )
    def test_it_is_taken_with_all_that_is_in_it(self, body: Any) -> None:
        house = House().provision()
        house.products(("CPTa", "NASM-CPT-FULL"))
        house.keys(["CANADA", "NASM", "CPT", "combined", "CPT-1", 50])
        house.order(ORDER, ("CPTa", 1))

        response = house.call("POST", f"/orders/{ORDER}/delivered?utm_source=zapier", body, key=ORDER_KEY)

        assert (response.status_code, json.loads(response.data).get("delivered")) == (200, True)

    def test_only_a_wish_for_a_dry_run_is_not_passed_over(self, shop: House) -> None:
        refused(shop, "/orders/{id}/delivered", {"dry_run": True})
        refused(shop, "/orders/{id}/delivered", {"dryRun": "true"})


def test_every_operators_call_with_a_body_is_tried() -> None:
    strict = {path for (method, path), route in ROUTES.items() if method == "POST" and route.role is Role.OPERATOR}

    assert set(MODELS) == strict
    assert all(isinstance(route, Route) for route in ROUTES.values())
