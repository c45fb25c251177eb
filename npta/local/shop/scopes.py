"""What the app may see and do, enforced field by field as Shopify does.

A field that the app was not granted is null, with an error beside the rest of the data (documented; the words and
`extensions.requiredAccess` as public code quotes them); where it may not be null, what holds it is null. The table is
held equal to the one that Shopify publishes, by a test. Fulfilment orders that belong to somebody else are not denied
but left out (seen).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from graphql import GraphQLError, GraphQLResolveInfo, get_named_type

_OURS, _SERVICES = "merchant_managed_fulfillment_orders", "third_party_fulfillment_orders"
_WORK: Final = frozenset({"read_assigned_fulfillment_orders", f"read_{_OURS}", f"read_{_SERVICES}"})
_ANY_WORK: Final = _WORK | {"read_marketplace_fulfillment_orders"}
_PLACES: Final = frozenset({"read_inventory", "read_locations", "read_markets_home"})

NEEDS: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("Customer", ""): frozenset({"read_customers"}),
    ("Fulfillment", ""): _ANY_WORK | {"read_marketplace_orders", "read_orders"},
    ("FulfillmentOrder", ""): _ANY_WORK,
    ("FulfillmentOrderAssignedLocation", ""): _ANY_WORK,
    ("FulfillmentOrderLineItem", ""): _WORK,
    ("FulfillmentOrderSupportedAction", ""): _WORK,
    ("InventoryAdjustmentGroup", ""): frozenset({"read_inventory"}),
    ("InventoryChange", ""): frozenset({"read_inventory"}),
    ("InventoryItem", ""): frozenset({"read_inventory", "read_products"}),
    ("InventoryItem", "inventoryLevel"): frozenset({"read_inventory"}),
    ("InventoryLevel", ""): frozenset({"read_inventory"}),
    ("InventoryQuantity", ""): frozenset({"read_inventory"}),
    ("LineItem", ""): frozenset({"read_marketplace_orders", "read_orders"}),
    ("Location", ""): _PLACES,
    ("Location", "fulfillsOnlineOrders"): frozenset({"read_locations"}),
    ("Location", "id"): _PLACES,
    ("Location", "isActive"): frozenset({"read_locations"}),
    ("Location", "name"): frozenset({"read_locations", "read_markets_home"}),
    ("Mutation", "fulfillmentCreate"): frozenset(scope.replace("read_", "write_") for scope in _WORK),
    ("Mutation", "inventoryActivate"): frozenset({"write_inventory"}),
    ("Mutation", "inventoryItemUpdate"): frozenset({"write_inventory"}),
    ("Mutation", "inventorySetQuantities"): frozenset({"write_inventory"}),
    ("Order", ""): frozenset({"read_marketplace_orders", "read_orders", "read_quick_sale"}),
    ("Product", ""): frozenset({"read_products"}),
    ("ProductVariant", ""): frozenset({"read_products"}),
}
"""Any one of these scopes opens a type, or a field of it."""


def granted(scopes: Collection[str]) -> frozenset[str]:
    """Return what scopes let an app do: who may write may read as well (documented)."""
    reads = (f"read_{scope.removeprefix('write_')}" for scope in scopes if scope.startswith("write_"))
    return frozenset({*scopes, *reads})


def sees_work_of(service: str, scopes: Collection[str]) -> bool:
    """Whether fulfilment orders of the shop (no service), or of a service, are shown."""
    return f"read_{_SERVICES if service else _OURS}" in granted(scopes)


def guard(scopes: Callable[[], Collection[str]]) -> Callable[..., Any]:
    """Return the middleware that denies."""

    def guarded(resolve: Callable[..., Any], source: Any, info: GraphQLResolveInfo[Any], **asked: Any) -> Any:
        kind = get_named_type(info.return_type).name.removesuffix("Connection")
        for target in ((info.parent_type.name, info.field_name), (kind, "")):
            needed = NEEDS.get(target, frozenset())
            if needed and not needed & granted(scopes()):
                raise _denied(info.field_name, needed)
        return resolve(source, info, **asked)

    return guarded


def _denied(field: str, needed: Collection[str]) -> GraphQLError:
    required = " or ".join(f"`{scope}` access scope" for scope in sorted(needed)) + "."
    return GraphQLError(
        f"Access denied for {field} field. Required access: {required}",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": required,
        },
    )
