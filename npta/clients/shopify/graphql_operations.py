"""The GraphQL that is sent to Shopify; a test holds each text against its schema.

Lists are flat, since Shopify counts a query's cost by the objects it could return, pages within pages multiplied, and
refuses one above 1,000 points (documented). What is read of an order is asked for by each purpose alone: a scope that
is not granted then stops only what needs it.
"""

from __future__ import annotations

from typing import NamedTuple


class Operation(NamedTuple):
    """One query or mutation. `again`: sending it twice does no more than sending it once."""

    name: str
    text: str
    again: bool = True


_VARIANT = """
    id sku title price inventoryPolicy
    product { id title status productType tags }
    inventoryItem {
      id tracked
      inventoryLevel(locationId: $location) { id isActive quantities(names: ["available"]) { name quantity } }
    }
"""

VARIANTS = Operation(
    "Variants",
    f"""query Variants($location: ID!, $after: String, $search: String) {{
  productVariants(first: 100, after: $after, query: $search, sortKey: ID) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ {_VARIANT} }}
  }}
}}""",
)

STOCK = Operation(
    "Stock",
    """query Stock($items: [ID!]!, $location: ID!) {
  nodes(ids: $items) {
    ... on InventoryItem {
      id tracked
      inventoryLevel(locationId: $location) { id isActive quantities(names: ["available"]) { name quantity } }
    }
  }
}""",
)

LOCATIONS = Operation(
    "Locations",
    """query Locations($after: String) {
  locations(first: 50, after: $after, includeInactive: true) {
    pageInfo { hasNextPage endCursor }
    nodes { id name isActive }
  }
}""",
)

PRIMARY_LOCATION = Operation("PrimaryLocation", "query PrimaryLocation { location { id } }")
"""Without an id Shopify answers with the primary location (documented)."""

GRANTED = Operation("Granted", "query Granted { currentAppInstallation { accessScopes { handle } } }")

ORDER = Operation(
    "Order",
    """query Order($id: ID!, $after: String) {
  order(id: $id) {
    id name email test cancelledAt processedAt createdAt displayFinancialStatus displayFulfillmentStatus
    customer { firstName lastName }
    lineItems(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id sku quantity currentQuantity unfulfilledQuantity }
    }
  }
}""",
)

_HEAD = "id name createdAt updatedAt cancelledAt test displayFinancialStatus displayFulfillmentStatus"

ORDERS = Operation(
    "Orders",
    f"""query Orders($search: String!, $after: String) {{
  orders(first: 100, after: $after, query: $search, sortKey: CREATED_AT) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ {_HEAD} }}
  }}
}}""",
)

CHANGED_ORDERS = Operation(
    "ChangedOrders",
    f"""query ChangedOrders($after: String) {{
  orders(first: 100, after: $after, sortKey: UPDATED_AT, reverse: true) {{
    pageInfo {{ hasNextPage endCursor }}
    nodes {{ {_HEAD} }}
  }}
}}""",
)
"""Without a search: what search finds of the last seconds is not complete (seen), what the list shows is."""

LINES_OF_ORDERS = Operation(
    "LinesOfOrders",
    """query LinesOfOrders($orders: [ID!]!) {
  nodes(ids: $orders) {
    ... on Order {
      id
      lineItems(first: 10) {
        pageInfo { hasNextPage }
        nodes { id sku quantity currentQuantity unfulfilledQuantity }
      }
    }
  }
}""",
)

WHOLE_ORDERS = Operation(
    "WholeOrders",
    """query WholeOrders($orders: [ID!]!) {
  nodes(ids: $orders) {
    ... on Order {
      id name email test cancelledAt processedAt createdAt displayFinancialStatus displayFulfillmentStatus
      customer { firstName lastName }
      lineItems(first: 10) {
        pageInfo { hasNextPage }
        nodes { id sku quantity currentQuantity unfulfilledQuantity }
      }
    }
  }
}""",
)

ORDER_STATUSES = Operation(
    "OrderStatuses",
    """query OrderStatuses($orders: [ID!]!) {
  nodes(ids: $orders) {
    ... on Order { id test cancelledAt displayFinancialStatus }
  }
}""",
)

ORDER_LINES = Operation(
    "OrderLines",
    """query OrderLines($id: ID!, $after: String) {
  order(id: $id) {
    cancelledAt
    lineItems(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id sku currentQuantity unfulfilledQuantity }
    }
  }
}""",
)

TO_FULFILL = Operation(
    "ToFulfill",
    """query ToFulfill($id: ID!, $after: String) {
  order(id: $id) {
    fulfillmentOrders(first: 5, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id status
        supportedActions { action }
        assignedLocation { name location { id } }
        lineItems(first: 50) {
          pageInfo { hasNextPage endCursor }
          nodes { id remainingQuantity lineItem { id } }
        }
      }
    }
  }
}""",
)

MORE_TO_FULFILL = Operation(
    "MoreToFulfill",
    """query MoreToFulfill($id: ID!, $after: String) {
  fulfillmentOrder(id: $id) {
    lineItems(first: 100, after: $after) {
      pageInfo { hasNextPage endCursor }
      nodes { id remainingQuantity lineItem { id } }
    }
  }
}""",
)

SET_QUANTITIES = Operation(
    "SetQuantities",
    """mutation SetQuantities($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id }
    userErrors { code field message }
  }
}""",
)

ACTIVATE = Operation(
    "Activate",
    """mutation Activate($item: ID!, $location: ID!, $available: Int!, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $location, available: $available) @idempotent(key: $key) {
    inventoryLevel { id isActive quantities(names: ["available"]) { name quantity } }
    userErrors { field message }
  }
}""",
)

TRACK = Operation(
    "Track",
    """mutation Track($item: ID!) {
  inventoryItemUpdate(id: $item, input: { tracked: true }) {
    inventoryItem { id tracked }
    userErrors { field message }
  }
}""",
)

FULFILL = Operation(
    "Fulfill",
    """mutation Fulfill($fulfillment: FulfillmentInput!) {
  fulfillmentCreate(fulfillment: $fulfillment) {
    fulfillment { id status }
    userErrors { field message }
  }
}""",
    again=False,
)

OPERATIONS = (
    VARIANTS,
    STOCK,
    LOCATIONS,
    PRIMARY_LOCATION,
    GRANTED,
    ORDER,
    ORDERS,
    CHANGED_ORDERS,
    LINES_OF_ORDERS,
    WHOLE_ORDERS,
    ORDER_STATUSES,
    ORDER_LINES,
    TO_FULFILL,
    MORE_TO_FULFILL,
    SET_QUANTITIES,
    ACTIVATE,
    TRACK,
    FULFILL,
)

SCOPES = (
    "read_customers",
    "read_inventory",
    "read_locations",
    "read_merchant_managed_fulfillment_orders",
    "read_orders",
    "read_products",
    "write_inventory",
    "write_merchant_managed_fulfillment_orders",
)
"""The access scopes the app must be granted for these operations; a test computes them from Shopify's own table.

`read_orders` covers the last 60 days only; older orders need `read_all_orders`, too (documented).
"""
