"""Who calls the local shop with plain HTTP."""

from __future__ import annotations

import json
from typing import Any

from npta.clients.shopify.graphql_operations import SET_QUANTITIES
from npta.local.shop import ACCESS_TOKEN, LOCATION, LocalShop
from npta.local.shop.models import gid
from tests.npta.clients.shopping import Time

PLACE = gid("Location", LOCATION)


class Customer:
    """Calls the shop with plain HTTP, as anybody would."""

    def __init__(self) -> None:
        self.time = Time()
        self.shop = LocalShop(self.time.clock)

    def door(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = self.shop.handle(method, path, body=b"" if body is None else json.dumps(body).encode())
        assert answer.status == status, answer.body
        return json.loads(answer.body)

    def ask(self, query: str, token: str = ACCESS_TOKEN, version: str = "2026-10", **variables: Any) -> Any:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"x-shopify-access-token": token}
        answer = self.shop.handle("POST", f"/admin/api/{version}/graphql.json", headers=headers, body=body)
        self.headers, self.status = answer.headers, answer.status
        return json.loads(answer.body) if answer.headers["Content-Type"].startswith("application/json") else None

    def product(self, **wanted: Any) -> dict[str, Any]:
        made: dict[str, Any] = self.door("POST", "/_products", {"sku": "CPT", "available": 5, **wanted})
        return made

    def item(self, sku: str = "CPT") -> str:
        product = self.shop.goods.with_sku(sku)
        assert product is not None
        return gid("InventoryItem", product.item.id)

    def set(self, key: str = "k", query: str = SET_QUANTITIES.text, *, more: Any = (), **wanted: Any) -> Any:
        quantity = {"inventoryItemId": self.item(), "locationId": PLACE, "quantity": 9, "changeFromQuantity": 5}
        changed = {name: value for name, value in {**quantity, **wanted}.items() if value is not ...}
        asked = {"name": "available", "reason": "correction", "quantities": [changed, *more]}
        return self.ask(query, input=asked, key=key)

    def codes(self, answer: Any) -> list[str | None]:
        return [error["code"] for error in answer["data"]["inventorySetQuantities"]["userErrors"]]

    @property
    def stock(self) -> tuple[int | None, int | None]:
        (product,) = self.door("GET", "/_state")["products"]
        return product["available"], product["committed"]
