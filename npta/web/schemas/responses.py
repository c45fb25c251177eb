"""What comes back: the models that make the answers and are published."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from npta.domain.orders.eligibility import Mode
from npta.domain.orders.search_orders import MAX_HITS
from npta.domain.state.entitlements import Level
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import Code
from npta.tables import Component, OrderEvent

Secret = Field(repr=False)
"""A key's code: in the answer, and in no repr."""


class Part(BaseModel):
    """A part of an answer, made from what the operations return."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class MessageResponse(Part):
    """An answer. What need not be there and is None is left out of it."""

    request_id: Annotated[str, Field(description="Stands in the log as well; ask for help with it")] = ""

    def as_json(self, request_id: str) -> dict[str, Any]:
        """Return the answer to one request, as JSON."""
        left_out = {name for name, field in type(self).model_fields.items() if not field.is_required()}
        left_out = {name for name in left_out if getattr(self, name) is None}
        return {**self.model_dump(mode="json", exclude={"request_id", *left_out}), "request_id": request_id}


class ConfirmableResponse(MessageResponse):
    """What was done, or in a dry run would be."""

    dry_run: Annotated[bool, Field(description="Nothing was done")] = False
    confirm: Annotated[
        str | None, Field(description="Of a dry run: the same call with this token does just that, or answers 409")
    ] = None


class KeyResponse(Part):
    """Seats of one key on one line."""

    sku: str
    entitlement: str
    provider: str
    product_code: str
    level: Level
    component: Component
    keycode: Annotated[str, Secret]
    seats: Annotated[int, Field(ge=1)]


class SkippedLine(Part):
    """A line that the system has nothing to do with."""

    sku: str
    reason: str


class OrderProblem(Part):
    """Why an order cannot be filled."""

    code: Code
    sku: str
    entitlement: str
    needed: int
    available: int
    message: str


class OrderResponse(MessageResponse):
    """How an order ended.

    The mail goes out only if `success` and `email_ready`, and not `delivered`.
    """

    order_id: str
    order_name: str
    status: Status
    success: bool
    email_ready: bool
    replayed: Annotated[bool, Field(description="The order was decided earlier; its keys are the same")]
    delivered: Annotated[bool, Field(description="The mail is out already")]
    mode: Mode
    deliver_to: str
    customer_name: str
    keys_expected: Annotated[int, Field(ge=0, description="Seats owed")]
    keys_count: Annotated[int, Field(ge=0, description="Seats of all keys")]
    keys: tuple[KeyResponse, ...]
    keys_text: Annotated[str, Secret, Field(description="Ready to drop into a mail")]
    keys_html: Annotated[str, Secret, Field(description="The same as HTML, escaped")]
    skipped: tuple[SkippedLine, ...]
    problems: tuple[OrderProblem, ...]
    message: str
    code: Annotated[Code | None, Field(description="The first problem's")] = None
    next_step: Annotated[str | None, Field(description="What a person should do, in words")] = None


class OrderHistory(Part):
    """One line of an order's history."""

    at: str
    event: OrderEvent
    status: str
    reason: str


class Delivery(Part):
    """Whether the mail is out."""

    delivered: bool


class OrderLookup(OrderResponse):
    """An order as it stands; order keys see the last characters of key codes only."""

    retired_keys: Annotated[tuple[str, ...], Field(description="Ids of keys that it holds and that were retired since")]
    events: tuple[OrderHistory, ...]
    delivery: Delivery


class RetryResponse(MessageResponse):
    """An order that could not be decided in time: send the same again."""

    order_id: str
    status: Literal["retry"] = "retry"
    success: Literal[False] = False
    email_ready: Literal[False] = False
    replayed: Literal[False] = False
    delivered: Literal[False] = False
    keys: Annotated[tuple[KeyResponse, ...], Field(max_length=0)] = ()
    keys_expected: Literal[0] = 0
    keys_count: Literal[0] = 0
    problems: Annotated[tuple[OrderProblem, ...], Field(max_length=0)] = ()
    message: str
    next_step: str = "Send the same order again after the time in Retry-After; nothing is taken twice."


class DeliveredResponse(MessageResponse):
    """The mail's state was noted."""

    order_id: str
    delivered: bool


Served = Annotated[tuple[str, ...], Field(description="Orders that waited and have their keys now")]


class ResentResponse(ConfirmableResponse):
    """The mail is due again."""

    order_id: str
    delivered: Literal[False] = False
    email: Annotated[str, Field(repr=False, description="The customer's address")]


class AssignedResponse(OrderResponse, ConfirmableResponse):
    """How the order stands with its key.

    422 if nothing was assigned, since the rest of it cannot be filled.
    """

    served_orders: Served
    reopened_orders: tuple[str, ...]


class OrderMatch(Part):
    """An order that fits what was looked for."""

    order_id: str
    order_name: str
    customer_name: str
    email: Annotated[str, Field(repr=False)]
    status: Status
    delivered: Annotated[bool, Field(description="The mail is out")]
    seen_at: Annotated[str, Field(description="When it first came")]


class OrderMatchesResponse(MessageResponse):
    """Orders that fit; those that were named exactly first, then the newest."""

    orders: Annotated[tuple[OrderMatch, ...], Field(max_length=MAX_HITS)]
    more: Annotated[bool, Field(description="More fit than are listed")]


class ReleasedKey(Part):
    """Seats that an order no longer holds; the code is masked, since it may be stock again."""

    sku: str
    entitlement: str
    keycode: str
    seats: int


class ProductStockItem(Part):
    """How many of a product can be sold."""

    SKU: str
    before: int
    after: int


class WaitingOrder(Part):
    """An order that still waits."""

    order_id: str
    problems: Annotated[tuple[OrderProblem, ...], Field(description="What it lacks")]
    damage: Annotated[str, Field(description="Why its rows cannot be read, if they cannot")]


class ServedWaitingResponse(ConfirmableResponse):
    """What Serve Waiting Orders did, or would do."""

    served: Annotated[tuple[str, ...], Field(description="They have their keys; the keys hook carries their mails")]
    reopened_orders: Annotated[tuple[str, ...], Field(description="They can be filled now: re-run their Zaps")]
    waiting: tuple[WaitingOrder, ...]
    left: Annotated[bool, Field(description="There was no time for all; the next call, or a flush, goes on")]


class ReleasedResponse(ConfirmableResponse):
    """What Release Keys gave back; `released` is 0 the second time."""

    order_id: str
    released: Annotated[int, Field(ge=0, description="Seats")]
    quarantined: Annotated[int, Field(ge=0, description="Of them, seats that are not for sale again")]
    keys: tuple[ReleasedKey, ...]
    products: tuple[ProductStockItem, ...]
    served_orders: Served
    reopened_orders: tuple[str, ...]


class ClearedResponse(ConfirmableResponse):
    """The answer is forgotten, the keys are not."""

    order_id: str
    cleared: bool
    keys_kept: Annotated[int, Field(ge=0, description="Seats")]
    delivered: Annotated[bool, Field(description="The mail is out, so a repeat is not mailed")]
    next_step: Annotated[str, Field(description="What a person should do, in words")]


class ClosedResponse(ConfirmableResponse):
    """The order is owed nothing any more."""

    order_id: str
    status: Literal["closed"] = "closed"
    keys_kept: Annotated[int, Field(ge=0, description="Seats that it got before and keeps")]
    served_orders: Served
    reopened_orders: tuple[str, ...]


class CatalogueChangeItem(Part):
    """A product as it was and will be published."""

    SKU: str
    before: str
    after: str


class CatalogueProblemItem(Part):
    """A row of the catalogue that a person should correct."""

    row: int
    SKU: str
    message: str


class SyncResponse(ConfirmableResponse):
    """What Sync Catalogue published."""

    published: int
    changed: tuple[CatalogueChangeItem, ...]
    problems: tuple[CatalogueProblemItem, ...]
    served_orders: Served
    reopened_orders: tuple[str, ...]


class ModeResponse(ConfirmableResponse):
    """The mode, and the orders that it concerns."""

    mode: Mode
    before: Mode
    go_live_at: str
    test_orders: Annotated[tuple[str, ...], Field(description="Their mail went to the test recipient")]
    shut_out_orders: Annotated[
        tuple[str, ...], Field(description="They wait, and were paid before go-live: served by hand, or by fill")
    ]
    served_orders: Served
    reopened_orders: tuple[str, ...]


class FieldErrorItem(Part):
    """One part of a request that is wrong."""

    field: str
    message: str


class ProblemDetails(Part):
    """An answer that is not an order's outcome (RFC 9457).

    With the code `changed` it holds the fields of a dry run's answer besides: what would be done now, and its token.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    code: str | None = None
    errors: tuple[FieldErrorItem, ...] | None = None
