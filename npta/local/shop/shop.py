"""The local shop: Shopify's Admin API, executed for real, and an admin API for testers."""

from __future__ import annotations

import gzip
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from threading import RLock
from typing import Any
from urllib.parse import parse_qs

from npta.clients.shopify.graphql_operations import SCOPES
from npta.local.http_server import drip_body
from npta.local.shop.api import Api
from npta.local.shop.cost import Bucket
from npta.local.shop.faults import NoSuchFaultError, ShopFaults
from npta.local.shop.fulfillment_orders import act
from npta.local.shop.models import LOCATION, SHOP, Goods
from npta.local.shop.runbook import PRODUCTS
from npta.local.shop.selling import ImpossibleSaleError, cancel, place_order, put_product, refund
from npta.local.shop.webhook_bodies import order_json, product_json, refund_json, state_json
from sheets_schema import Clock
from sheets_schema.emulator import AnswerTooLateError, ConnectionLostError, HttpAnswer, json_answer

ACCESS_TOKEN = "local-shop-token"  # noqa: S105 - opens nothing but this
CLIENT_ID = "local-shop-app"
CLIENT_SECRET = "local-shop-app-secret"  # noqa: S105 - as above
TOKEN_LIFE = 86_399
_CALLS = 1_000
REFUSALS = {
    401: "[API] Invalid API key or access token (unrecognized login or wrong password)",
    402: "Unavailable Shop",
    403: "[API] This action requires merchant approval for read_products scope.",
    404: "Not Found",
    423: "Locked",
    430: "Shopify Security Rejection",
}
"""What stands beside the statuses: seen, but for 423 and 430, which are assumed."""

Wanted = Mapping[str, Any]


class LocalShop:
    """One shop. Thread-safe.

    `access_token` empty: any token will do, for checks that do not know this shop's. Its bucket of points holds
    `points` and refills with `rate` a second; a small one is as if other parts of the app used up the most of it.
    """

    def __init__(
        self, clock: Clock | None = None, *, access_token: str = ACCESS_TOKEN, points: float = 2_000, rate: float = 100
    ) -> None:
        self.clock = clock or Clock()
        self.goods = Goods()
        self.faults = ShopFaults()
        self.calls: deque[dict[str, Any]] = deque(maxlen=_CALLS)
        self.bucket = Bucket(self.clock, points, rate)
        self._api = Api(self.goods, self.faults, self.bucket, self.clock, self.now)
        self._access_token = access_token
        self._given: dict[str, float] = {}
        """Tokens of apps and when they end."""
        self._lock = RLock()

    def now(self) -> str:
        """Return the time as Shopify writes it."""
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def seed(self, products: Iterable[Wanted] = PRODUCTS) -> None:
        """Put products in, the runbook's by default."""
        with self._lock:
            for product in products:
                put_product(self.goods, product, self.now(), self.clock.monotonic())

    def environment(self, origin: str = f"https://{SHOP}") -> dict[str, str]:
        """Return the settings of a service that is to use this shop."""
        return {
            "SHOPIFY_SHOP": SHOP,
            "SHOPIFY_API_URL": origin,
            "SHOPIFY_ACCESS_TOKEN": self._access_token or ACCESS_TOKEN,
            "SHOPIFY_LOCATION_ID": LOCATION,
        }

    def state(self) -> dict[str, Any]:
        """Return everything the shop holds, its calls, and the settings that lead here.

        The shop's address is not among them.
        """
        settings = {name: value for name, value in self.environment().items() if name != "SHOPIFY_API_URL"}
        with self._lock:
            asked = {"calls": list(self.calls), "faults": self.faults.shown(), "settings": settings}
            return {**state_json(self.goods), **asked}

    def handle(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),  # noqa: ARG002 - GraphQL needs none
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        timeout: float | None = None,
    ) -> HttpAnswer:
        """Answer one call.

        Raises `NoAnswerError`, also where the answer takes longer than `timeout` seconds.
        """
        parts = [part for part in path.split("/") if part]
        if parts and parts[0].startswith("_"):
            with self._lock:
                return self._admin_api(method, parts[0], parts[1:], body)
        if method == "POST" and parts == ["admin", "oauth", "access_token"]:
            with self._lock:
                return self._sign_in(body)
        if method == "POST" and len(parts) == 4 and parts[:2] == ["admin", "api"] and parts[3] == "graphql.json":  # noqa: PLR2004 - /admin/api/VERSION/graphql.json
            named = {name.lower(): value for name, value in (headers or {}).items()}
            return self._graphql(parts[2], named, body, timeout)
        return json_answer({"errors": "Not Found"}, 404)

    def _graphql(self, version: str, headers: Mapping[str, str], body: bytes, timeout: float | None) -> HttpAnswer:
        with self._lock:
            try:
                asked = json.loads(body)
                query, variables = str(asked["query"]), dict(asked.get("variables") or {})
                operation = str(asked.get("operationName") or "")
            except (ValueError, KeyError, TypeError):
                return json_answer({"errors": {"query": "Required parameter missing or invalid"}}, 400)
            call: dict[str, Any] = {
                "at": self.now(),
                "operation": operation,
                "version": version,
                "variables": variables,
            }
            self.calls.append(call)
            token = headers.get("x-shopify-access-token", "")
            answer = self._answered(version, token, query, variables, operation, call)
            call["status"] = answer.status
            dropped, slow, drip = (self.faults.take(name, operation) for name in ("drop", "slow", "drip"))
        if dropped:
            call["status"] = None
            raise ConnectionLostError
        if slow:
            patience = min(slow.seconds, timeout if timeout is not None else slow.seconds)
            self.clock.sleep(patience)
            if patience < slow.seconds:
                raise AnswerTooLateError
        if "gzip" in headers.get("accept-encoding", ""):  # as Shopify sends it to clients that accept it
            zipped = {**answer.headers, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            answer = answer._replace(headers=zipped, body=gzip.compress(answer.body, mtime=0))
        return answer._replace(pieces=drip_body(answer.body, drip.seconds, self.clock.sleep)) if drip else answer

    def _answered(
        self, version: str, token: str, query: str, variables: dict[str, Any], operation: str, call: dict[str, Any]
    ) -> HttpAnswer:
        if self.faults.take("down", operation):
            return HttpAnswer(503, {"Content-Type": "text/plain"}, b"Service Unavailable")
        if self.faults.take("html", operation):
            return HttpAnswer(502, {"Content-Type": "text/html"}, b"<html><body><h1>502 Bad Gateway</h1></body></html>")
        if refusal := self._refused(operation):
            return refusal
        if self.faults.take("unauthorized", operation):
            self._given.clear()
            token = ""
        if not self._lets_in(token):
            return json_answer({"errors": REFUSALS[401]}, 401)
        return self._api.answer(version, query, variables, operation, call)

    def _refused(self, operation: str) -> HttpAnswer | None:
        """Return what an address answers that does not carry anything out."""
        if self.faults.take("redirect", operation):
            return HttpAnswer(
                302, {"Location": "https://accounts.shopify.example/login", "Content-Type": "text/html"}, b""
            )
        if fault := self.faults.take("answers", operation):
            kind = "application/json" if fault.body[:1] in "{[" else "text/html"
            return HttpAnswer(200, {"Content-Type": kind}, fault.body.encode())
        if fault := self.faults.take("refuses", operation):
            status = fault.status or 402
            return json_answer({"errors": REFUSALS.get(status, "Not possible")}, status)
        return None

    def _lets_in(self, token: str) -> bool:
        if not token:
            return False
        return (
            token == self._access_token or not self._access_token or self._given.get(token, 0) > self.clock.monotonic()
        )

    def _sign_in(self, body: bytes) -> HttpAnswer:
        """`POST /admin/oauth/access_token`, as a form or as JSON."""
        self.calls.append({"at": self.now(), "operation": "access_token"})
        if refusal := self._refused("access_token"):
            return refusal
        if self.faults.take("down", "access_token"):
            return HttpAnswer(503, {"Content-Type": "text/plain"}, b"Service Unavailable")
        try:
            sent = json.loads(body)
        except ValueError:
            sent = {name: values[0] for name, values in parse_qs(body.decode(errors="replace")).items()}
        if sent.get("grant_type") != "client_credentials":
            return json_answer({"error": "unsupported_grant_type"}, 400)
        if (sent.get("client_id"), sent.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return json_answer({"error": "invalid_client"}, 401)
        token = f"local-{self.clock.new_id()}"
        self._given[token] = self.clock.monotonic() + TOKEN_LIFE
        return json_answer({"access_token": token, "scope": "", "expires_in": TOKEN_LIFE})

    def _admin_api(self, method: str, name: str, rest: list[str], body: bytes) -> HttpAnswer:
        """Answer tests, the demo and people: see the routes below."""
        routes: dict[tuple[str, str, int], Callable[[Wanted], Any]] = {
            ("GET", "_state", 0): lambda _: self.state(),
            ("POST", "_products", 0): self._put_product,
            ("DELETE", "_products", 1): lambda _: self._remove(rest[0]),
            ("POST", "_orders", 0): self._place_order,
            ("POST", "_orders", 2): lambda wanted: self._after_sale(rest, wanted),
            ("GET", "_faults", 0): lambda _: self.faults.shown(),
            ("POST", "_faults", 0): self._fault,
            ("DELETE", "_faults", 0): lambda _: self._calm(),
            ("POST", "_seed", 0): lambda _: self._seeded(),
            ("POST", "_scopes", 0): self._grant,
        }
        route = routes.get((method, name, len(rest)))
        if route is None:
            return json_answer({"error": f"no {method} /{'/'.join([name, *rest])} here"}, 404)
        try:
            return json_answer(route(dict(json.loads(body)) if body else {}))
        except (ValueError, TypeError):
            return json_answer({"error": "the body is no JSON object"}, 400)
        except (ImpossibleSaleError, NoSuchFaultError) as problem:
            return json_answer({"error": str(problem)}, 422)

    def _remove(self, sku: str) -> dict[str, Any]:
        product = self.goods.with_sku(sku)
        if product is None:
            raise ImpossibleSaleError(f"{sku}: no such product")
        self.goods.products.remove(product)
        return {"removed": sku}

    def _put_product(self, wanted: Wanted) -> dict[str, Any]:
        return product_json(put_product(self.goods, wanted, self.now(), self.clock.monotonic()))

    def _place_order(self, wanted: Wanted) -> dict[str, Any]:
        return order_json(place_order(self.goods, wanted, self.now(), self.clock.monotonic()))

    def _after_sale(self, rest: list[str], wanted: Wanted) -> dict[str, Any]:
        order = self.goods.order(rest[0])
        if order is None:
            raise ImpossibleSaleError(f"{rest[0]}: no such order")
        if rest[1] == "refund":
            return refund_json(order, refund(self.goods, order, wanted, self.now()))
        if rest[1] == "cancel":
            cancel(self.goods, order, self.now())
        else:
            act(self.goods, order, rest[1], wanted, self.now())
        return order_json(order)

    def _grant(self, wanted: Wanted) -> dict[str, Any]:
        """Grant exactly the `scopes` that are named, or all but those named in `without`."""
        scopes = wanted.get("scopes", [scope for scope in SCOPES if scope not in wanted.get("without", ())])
        self.goods.scopes = [str(scope) for scope in scopes]
        return {"scopes": self.goods.scopes}

    def _fault(self, wanted: Wanted) -> list[dict[str, Any]]:
        self.faults.add(wanted)
        return self.faults.shown()

    def _calm(self) -> list[dict[str, Any]]:
        self.faults.clear()
        return []

    def _seeded(self) -> dict[str, Any]:
        self.seed()
        return {"products": len(self.goods.products)}
