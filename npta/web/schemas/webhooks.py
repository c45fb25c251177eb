"""The bodies of Shopify's webhooks: refunds and cancelled orders, in Shopify's own JSON.

Pure. Whatever decides what an order is owed is refused rather than guessed. The lines of a cancelled order decide
nothing: it is owed nothing whatever they are. Fields that are not named here are ignored, whatever they hold.

The signature covers the body alone, so a signed body of another kind is refused: by its gid, and by fields that only the
other kind has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from npta.domain.state.refunds import Refund, RefundedLine
from npta.web.problems import bad_request, field_errors
from npta.web.schemas.field_aliases import BLANK, NULL, FirstGivenRequest
from npta.web.schemas.fields import ExactId, GivenTime, LenientText, LineId, Seats, cosmetic_text, whole_number
from npta.web.schemas.formats import Schema, any_of

MAX_LINES = 500
W = TypeVar("W", bound="ShopifyWebhook")


def _gid_of(kind: str, topic: str) -> BeforeValidator:
    """Refuse the gid of anything else."""

    def check(value: Any) -> str:
        if isinstance(value, str) and f"/{kind}/" in value:
            return value
        raise ValueError(f"is not that of what {topic} sends ({kind})")

    return BeforeValidator(check)


def _not_in(topic: str) -> BeforeValidator:
    """Refuse a field that only the bodies of other webhooks have."""

    def refuse(_: Any) -> None:
        raise ValueError(f"is no field of what {topic} sends")

    return BeforeValidator(refuse)


def _lenient_units(value: Any) -> int:
    """Read a number of units; 0 if it is none."""
    try:
        return whole_number(value)
    except ValueError:
        return 0


def _refunded_rows(value: Any) -> list[Mapping[str, Any]]:
    """Read a list of objects. Raises `ValueError`."""
    if not (isinstance(value, list) and all(isinstance(item, Mapping) for item in value)):
        raise ValueError("is a list of objects")
    if len(value) > MAX_LINES:
        raise ValueError(f"are {MAX_LINES} at most")
    return value


def _cancelled_lines(items: Any) -> tuple[RefundedLine, ...]:
    """Read the lines of a cancelled order as far as they go."""
    objects = [item for item in items[:MAX_LINES] if isinstance(item, Mapping)] if isinstance(items, list) else []
    named = [item for item in objects if isinstance(item.get("id"), int | str)]
    lines = (
        RefundedLine(cosmetic_text(item["id"]), cosmetic_text(item.get("sku")), units, units)
        for item in named
        for units in [_lenient_units(item.get("quantity"))]
    )
    return tuple(line for line in lines if line.units)


class ShopifyWebhook(FirstGivenRequest):
    """What Shopify says by itself, about one order."""

    topic: ClassVar[str]
    """How Shopify names what has happened."""
    lists: ClassVar[str]
    """The field that holds lines: a list that is not the one value of a field, however short."""

    @classmethod
    def read_field(cls, field: str, body: Mapping[str, Any]) -> Any:
        """Return what a body says of a field; None if nothing."""
        return body.get(field) if field == cls.lists else super().read_field(field, body)

    @classmethod
    def publish_field(cls, field: str, schema: Schema, *, required: bool) -> Schema:
        """Publish what a field may hold, as JSON Schema for the whole body."""
        if field == cls.lists:
            return {"properties": {field: any_of(schema, NULL) if schema else schema}}
        if schema == NULL:
            return {"properties": {field: BLANK}}
        return super().publish_field(field, schema, required=required)

    def refund(self) -> Refund:
        """Return what the shop took back."""
        raise NotImplementedError


class ShopifyRefundLine(FirstGivenRequest):
    """Some units of a line that were refunded."""

    names = {  # noqa: RUF012 — as in its base
        "line_item_id": ("line_item_id", "line_item.id"),
        "sku": ("line_item.sku",),
        "ordered": ("line_item.quantity",),
    }

    line_item_id: LineId
    quantity: Annotated[Seats, Field(description="Units that were refunded")]
    sku: LenientText = ""
    ordered: Annotated[int, BeforeValidator(_lenient_units), WithJsonSchema({})] = 0


class ShopifyRefund(ShopifyWebhook):
    """Shopify's own refund, as its webhook refunds/create has it.

    Without lines it is about money only.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 4711,
                    "order_id": 6855909900591,
                    "refund_line_items": [
                        {"line_item_id": 11, "quantity": 1, "line_item": {"sku": "NSTB", "quantity": 2}}
                    ],
                }
            ]
        },
    )
    topic = "refunds/create"
    lists = "refund_line_items"

    admin_graphql_api_id: Annotated[
        str, _gid_of("Refund", topic), WithJsonSchema({"type": "string", "pattern": "/Refund/"})
    ] = ""
    line_items: Annotated[None, _not_in(topic)] = None
    cancelled_at: Annotated[None, _not_in(topic)] = None
    financial_status: Annotated[None, _not_in(topic)] = None
    id: Annotated[ExactId, Field(description="The refund's, the same however often it comes")]
    order_id: ExactId
    refund_line_items: Annotated[
        list[ShopifyRefundLine],
        BeforeValidator(_refunded_rows),
        Field(default_factory=list, max_length=MAX_LINES),
    ]

    def refund(self) -> Refund:
        """Return what the shop took back; lines of no unit are left out."""
        lines = (
            RefundedLine(line.line_item_id, line.sku, line.quantity, line.ordered) for line in self.refund_line_items
        )
        return Refund(self.id, self.order_id, tuple(line for line in lines if line.units))


class ShopifyCancelledOrder(ShopifyWebhook):
    """Shopify's own order, as its webhook orders/cancelled has it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": 6855909900591,
                    "cancelled_at": "2026-11-23T15:04:05Z",
                    "line_items": [{"id": 11, "sku": "NSTB", "quantity": 2}],
                }
            ]
        },
    )
    topic = "orders/cancelled"
    lists = "line_items"

    admin_graphql_api_id: Annotated[
        str, _gid_of("Order", topic), WithJsonSchema({"type": "string", "pattern": "/Order/"})
    ] = ""
    order_id: Annotated[None, _not_in(topic)] = None
    refund_line_items: Annotated[None, _not_in(topic)] = None
    id: ExactId
    cancelled_at: GivenTime
    line_items: Annotated[
        tuple[RefundedLine, ...],
        BeforeValidator(_cancelled_lines),
        WithJsonSchema({}),
        Field(description="For people, as far as they can be read"),
    ] = ()

    def refund(self) -> Refund:
        """Return the cancellation, which ends what all lines are owed."""
        return Refund(f"cancelled {self.cancelled_at}", self.id, self.line_items, cancelled=True)


def parse_webhook(model: type[W], body: Mapping[str, Any]) -> W:
    """Read what a webhook brings. Raises `ProblemError` 400 naming every field that is wrong."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise bad_request(*field_errors(error)) from None
