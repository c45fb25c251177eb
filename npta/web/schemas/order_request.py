"""The body of `POST /orders`, in every shape that Zapier and Shopify send it. Pure.

What decides something is refused rather than guessed, what people only read is cleaned. Fields that are not named here
are let be, whatever they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from npta.domain.state.order_lines import position_name
from npta.domain.state.receipts import Order, OrderLine
from npta.domain.state.shop_status import ShopStatus
from npta.web.problems import MISSING, FieldError, bad_request, field_errors
from npta.web.schemas.field_aliases import FirstGivenRequest, is_blank
from npta.web.schemas.fields import (
    Email,
    FinancialStatus,
    GivenTime,
    LenientText,
    OrderId,
    Text,
    YesOrNo,
    cosmetic_text,
    email_address,
    order_id,
    shown,
)
from npta.web.schemas.formats import Schema
from npta.web.schemas.order_lines import OrderRequestLine, letters, published_lines, read_rows

_ALIKE = {"order_id": ("orderid", "order"), "email": ("email", "emailaddress", "customeremail", "mail")}
"""What a field that is missing may be called by mistake, in letters only."""


class OrderRequest(FirstGivenRequest):
    """A paid order: ours, Shopify's own JSON, or flattened by Zapier, as JSON or as a form."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "order_id": "6855909900591",
                    "order_name": "#1042",
                    "email": "ada@example.com",
                    "customer_name": "Ada Lovelace",
                    "line_items": [{"line_item_id": "1", "sku": "NSTB", "quantity": 1}],
                    "region": "CANADA",
                    "paid_at": "2026-11-23T15:04:05Z",
                    "force": False,
                },
                {
                    "id": 6855909900591,
                    "admin_graphql_api_id": "gid://shopify/Order/6855909900591",
                    "name": "#1042",
                    "email": "ada@example.com",
                    "customer": {"first_name": "Ada", "last_name": "Lovelace"},
                    "line_items": [{"id": 1, "sku": "NSTB", "quantity": 2, "current_quantity": 1}],
                    "processed_at": "2026-11-23T10:04:05-05:00",
                },
                {
                    "order_id": "6855909900591",
                    "email": "ada@example.com",
                    "line_items_sku": "NSTB,CPTa",
                    "line_items_quantity": "1,2",
                },
            ]
        }
    )
    names = {  # noqa: RUF012 — as in its base
        "order_id": ("order_id", "admin_graphql_api_id", "id"),
        "email": ("email", "contact_email", "customer.email"),
        "order_name": ("order_name", "name"),
        "first_name": ("customer.first_name",),
        "last_name": ("customer.last_name",),
        "paid_at": ("paid_at", "processed_at"),
    }

    line_items: Annotated[
        list[OrderRequestLine],
        BeforeValidator(read_rows),
        Field(
            description=(
                "The lines as objects; or line_items_sku (skus) with line_items_quantity (quantities), each a list or a "
                "text with commas, if they line up: as many values in each, and a quantity wherever there is a SKU"
            )
        ),
    ]
    order_id: Annotated[OrderId, Field(description="Shopify's id, best as text; never the order's name")]
    region: Annotated[Text, Field(description="The deployment's own, if not given")] = ""
    email: Annotated[Email, Field(description="Where the keys go; also contact_email, or the customer's")]
    customer_name: LenientText = ""
    first_name: LenientText = ""
    last_name: LenientText = ""
    order_name: LenientText = ""
    paid_at: Annotated[GivenTime, Field(description="Without a zone it is UTC")] = ""
    force: Annotated[YesOrNo, Field(description="Serve it although it was paid before the go-live time")] = False
    financial_status: Annotated[
        FinancialStatus, Field(description="Shopify's; in LIVE only paid and partially_refunded are served")
    ] = ""
    cancelled_at: GivenTime = ""
    test: Annotated[YesOrNo, Field(description="A test order, which is not served in LIVE")] = False

    @classmethod
    def read_field(cls, field: str, body: Mapping[str, Any]) -> Any:
        """Give the whole body to what reads the lines: they come in several fields."""
        return body if field == "line_items" else super().read_field(field, body)

    @classmethod
    def publish_field(cls, field: str, schema: Schema, *, required: bool) -> Schema:
        """Publish the lines in all their shapes."""
        if field == "line_items":
            return published_lines(schema["items"])
        return super().publish_field(field, schema, required=required)

    def order(self, default_region: str) -> Order:
        """Return the order that is asked for."""
        named = [(line.line_item_id or position_name(at), line) for at, line in enumerate(self.line_items, 1)]
        return Order(
            order_id=self.order_id,
            lines=tuple(OrderLine(name, line.sku, line.quantity) for name, line in named if line.quantity),
            region=self.region.upper() or default_region,
            email=self.email,
            customer_name=self.customer_name or cosmetic_text([self.first_name, self.last_name]),
            order_name=self.order_name,
            paid_at=self.paid_at,
            force=self.force,
            removed=tuple(line.sku for line in self.line_items if not line.quantity),
            shop=ShopStatus(self.financial_status, self.cancelled_at, self.test),
        )


def parse_order(body: Mapping[str, Any], default_region: str) -> Order:
    """Read the order in a request's body.

    Raises `ProblemError` 400 naming every field that is wrong.
    """
    try:
        return OrderRequest.model_validate(body).order(default_region)
    except ValidationError as error:
        raise bad_request(*(_called_otherwise(wrong, body) for wrong in field_errors(error))) from None


def readable_order(body: Mapping[str, Any], default_region: str) -> Order:
    """Read what can be read of an order that is refused, to find it in the shop.

    What cannot is empty.
    """

    def read(field: str, reader: Callable[[Any], str] = cosmetic_text) -> str:
        try:
            return reader(OrderRequest.read_field(field, body))
        except ValueError:
            return ""

    name = read("customer_name") or cosmetic_text([read("first_name"), read("last_name")])
    return Order(read("order_id", order_id), (), default_region, read("email", email_address), name, read("order_name"))


def shown_order_id(body: Mapping[str, Any]) -> str:
    """Return what came as the id of an order, whether it is one or not, as people may read it."""
    return shown(cosmetic_text(OrderRequest.read_field("order_id", body)))


def _called_otherwise(wrong: FieldError, body: Mapping[str, Any]) -> FieldError:
    """Name the field that was meant, if one is missing."""
    alike = _ALIKE.get(wrong.field, ()) if wrong.message == MISSING else ()
    near = [
        name for name, value in body.items() if letters(name) in alike and name != wrong.field and not is_blank(value)
    ]
    if not near:
        return wrong
    return wrong._replace(message=f"came under another name: “{shown(near[0])}” is written {wrong.field} here")
