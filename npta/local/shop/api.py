"""The GraphQL endpoint: parsed, validated, paid for, executed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    MiddlewareManager,
    OperationDefinitionNode,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
)

from npta.local.shop import views
from npta.local.shop.cost import MOST, Bucket, Costs
from npta.local.shop.faults import ShopFaults
from npta.local.shop.models import Goods, number_of
from npta.local.shop.mutations import Changing, IdempotencyKeys
from npta.local.shop.queries import Reading
from npta.local.shop.schema import shop_schema
from npta.local.shop.scopes import guard
from sheets_schema import Clock
from sheets_schema.emulator import HttpAnswer, json_answer

OLDEST, NEWEST = "2026-01", "2026-10"
"""Supported versions. An older one is answered by the oldest, as Shopify does (documented)."""

Resolver = Callable[..., Any]


class Api:
    """Answers GraphQL calls. Not thread-safe by itself."""

    def __init__(self, goods: Goods, faults: ShopFaults, bucket: Bucket, clock: Clock, now: Callable[[], str]) -> None:
        self._goods = goods
        self._faults = faults
        self._clock = clock
        self._middleware = MiddlewareManager(guard(lambda: goods.scopes))
        self._keys = IdempotencyKeys()
        self._bucket = bucket
        changing = Changing(goods, self._keys, now)
        self._root: dict[str, Resolver] = {
            **Reading(goods, self._searched_until).fields(),
            "inventorySetQuantities": self._faulty(changing.set_quantities),
            "inventoryActivate": self._faulty(changing.activate),
            "inventoryItemUpdate": self._faulty(changing.update_item),
            "fulfillmentCreate": self._faulty(changing.create_fulfillment),
        }

    def answer(
        self, version: str, query: str, variables: Mapping[str, Any], operation: str, call: dict[str, Any]
    ) -> HttpAnswer:
        """Answer one call; what it came to is noted in `call`."""
        if not re.fullmatch(r"20\d\d-(01|04|07|10)", version) or version > NEWEST:
            return json_answer({"errors": "Not Found"}, 404)
        old = self._faults.take("old_version", operation)
        body, status = self._body(query, variables, operation, call)
        answer = json_answer(body, status)
        answer.headers["X-Shopify-API-Version"] = old.version if old else max(version, OLDEST)
        return answer

    def _body(
        self, query: str, variables: Mapping[str, Any], operation: str, call: dict[str, Any]
    ) -> tuple[dict[str, Any], int]:
        for name, code in (("denied", "ACCESS_DENIED"), ("internal", "INTERNAL_SERVER_ERROR")):
            if self._faults.take(name, operation):
                message = {"denied": "Access denied for this field.", "internal": "Internal error."}[name]
                return _refused(call, message, code), 200
        try:
            document, problems = _validated(query)
        except GraphQLError as error:
            return _refused(call, error.message, "BAD_REQUEST"), 200
        if problems:
            call["errors"] = [problem.message for problem in problems]
            return {"errors": [problem.formatted for problem in problems]}, 200
        chosen = get_operation_ast(document, operation or None)
        if chosen is None:
            return _refused(call, "No operation with that name.", "BAD_REQUEST"), 200
        return self._paid(document, chosen, variables, call)

    def _paid(
        self,
        document: DocumentNode,
        chosen: OperationDefinitionNode,
        variables: Mapping[str, Any],
        call: dict[str, Any],
    ) -> tuple[dict[str, Any], int]:
        name = chosen.name.value if chosen.name else ""
        costs = Costs(shop_schema(), document, chosen, variables)
        requested = costs.requested()
        call["requested"] = requested
        if requested > MOST:
            message = f"Query cost is {requested}, which exceeds the single query max cost limit ({MOST})."
            return _refused(call, message, "MAX_COST_EXCEEDED"), 200
        throttled = self._faults.take("throttled", name)
        if throttled:
            self._bucket.empty()
        if throttled or self._bucket.available() < requested:
            body = _refused(call, "Throttled", "THROTTLED")
            return {**body, "extensions": {"cost": self._bucket.report(requested, None)}}, (
                throttled.status or 200 if throttled else 200
            )
        result: ExecutionResult = execute_sync(
            shop_schema(),
            document,
            self._root,
            variable_values=dict(variables),
            operation_name=name or None,
            middleware=self._middleware,
        )
        actual = costs.actual(result.data)
        call["cost"] = actual
        self._bucket.pay(actual)
        body = {"data": result.data, "extensions": {"cost": self._bucket.report(requested, actual)}}
        if result.errors:
            call["errors"] = [error.message for error in result.errors]
            body["errors"] = [error.formatted for error in result.errors]
        return body, 200

    def _searched_until(self, info: views.Info) -> float:
        """Up to when search has noticed what has happened."""
        name = info.operation.name.value if info.operation.name else ""
        lag = self._faults.take("lag", name)
        return self._clock.monotonic() - (lag.seconds if lag else 0.0)

    def _faulty(self, resolver: Resolver) -> Resolver:
        """Return a mutation, with what was arranged to happen to it."""

        def carried_out(info: views.Info, **asked: Any) -> Any:
            name = info.operation.name.value if info.operation.name else ""
            fault = self._faults.take("user_error", name)
            if fault:
                return {"userErrors": [{"code": fault.code or None, "field": None, "message": fault.message}]}
            if info.field_name in ("inventorySetQuantities", "inventoryActivate"):
                self._keys.busy += 1 if self._faults.take("concurrent", name) else 0
            if info.field_name == "inventorySetQuantities":
                self._somebody_else(name, asked["input"]["quantities"])
            return resolver(info, **asked)

        return carried_out

    def _somebody_else(self, name: str, quantities: list[Mapping[str, Any]]) -> None:
        """Change the stock under the caller's hands, if that was arranged."""
        fault = self._faults.take("stale", name)
        if fault:
            first = self._goods.with_item(number_of("InventoryItem", quantities[0]["inventoryItemId"]))
            product = self._goods.with_sku(fault.sku) if fault.sku else first
            for level in product.item.levels.values() if product else ():
                level.available -= 1


@lru_cache(maxsize=64)
def _validated(query: str) -> tuple[DocumentNode, list[GraphQLError]]:
    """Return a query's tree, and how it breaks the schema. Programs send few different ones."""
    document = parse(query)
    return document, validate(shop_schema(), document)


def _refused(call: dict[str, Any], message: str, code: str) -> dict[str, Any]:
    call["errors"] = [code]
    return {"errors": [{"message": message, "extensions": {"code": code}}]}
