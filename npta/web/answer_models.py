"""What comes back: the models that make the answers, and from which `GET /openapi.json` is generated."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from npta.domain.entitlements import Level
from npta.domain.fulfillment import Mode
from npta.domain.overview import ServiceStatus
from npta.domain.receipts import Code
from npta.domain.state import Status
from npta.operations.refresh_inventory import Refreshed
from npta.operations.sync_from_shopify import SyncedFromShop
from npta.tabs import Component, OrderEvent

Secret = Field(repr=False)
"""A key's code: in the answer, and in no repr."""


class _Part(BaseModel):
    """A part of an answer, made from what the operations return."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class Message(_Part):
    """An answer. What is None is left out of it."""

    request_id: Annotated[str, Field(description="Stands in the log as well; ask for help with it")] = ""

    def told(self, request_id: str) -> dict[str, Any]:
        """The answer to one request, as JSON."""
        body = self.model_dump(mode="json", exclude_none=True, exclude={"request_id"})
        return {**body, "request_id": request_id}


class Key(_Part):
    """Seats of one key on one line."""

    sku: str
    entitlement: str
    provider: str
    product_code: str
    level: Level
    component: Component
    keycode: Annotated[str, Secret]
    seats: Annotated[int, Field(ge=1)]


class SkippedLine(_Part):
    """A line that the system has nothing to do with."""

    sku: str
    reason: str


class OrderProblem(_Part):
    """Why an order cannot be filled."""

    code: Code
    sku: str
    entitlement: str
    needed: int
    available: int
    message: str


class OrderAnswer(Message):
    """How an order ended. The mail goes out only if `success` and `email_ready`, and not `delivered`."""

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
    keys: tuple[Key, ...]
    keys_text: Annotated[str, Secret, Field(description="Ready to drop into a mail")]
    keys_html: Annotated[str, Secret, Field(description="The same as HTML, escaped")]
    skipped: tuple[SkippedLine, ...]
    problems: tuple[OrderProblem, ...]
    message: str
    code: Annotated[Code | None, Field(description="The first problem's")] = None
    next_step: Annotated[str | None, Field(description="What a person should do, in words")] = None


class OrderHistory(_Part):
    """One line of an order's history."""

    at: str
    event: OrderEvent
    status: str
    reason: str


class Delivery(_Part):
    """Whether the mail is out."""

    delivered: bool


class OrderLookup(OrderAnswer):
    """An order as it stands; order keys see the last characters of key codes only."""

    events: tuple[OrderHistory, ...]
    delivery: Delivery


class RetryAnswer(Message):
    """An order that could not be decided in time: send the same again."""

    order_id: str
    status: Literal["retry"] = "retry"
    success: Literal[False] = False
    email_ready: Literal[False] = False
    replayed: Literal[False] = False
    delivered: Literal[False] = False
    keys: Annotated[tuple[Key, ...], Field(max_length=0)] = ()
    keys_expected: Literal[0] = 0
    keys_count: Literal[0] = 0
    problems: Annotated[tuple[OrderProblem, ...], Field(max_length=0)] = ()
    message: str
    next_step: str = "Send the same order again after the time in Retry-After; nothing is taken twice."


class DeliveredAnswer(Message):
    """The mail's state was noted."""

    order_id: str
    delivered: bool


class ReleasedKey(_Part):
    """Seats that an order no longer holds; the code is masked, since it may be stock again."""

    sku: str
    entitlement: str
    keycode: str
    seats: int


class ProductStock(_Part):
    """How many of a product can be sold."""

    SKU: str
    before: int
    after: int


class ReleasedAnswer(Message):
    """What Release Keys gave back; `released` is 0 the second time."""

    order_id: str
    released: Annotated[int, Field(ge=0, description="Seats")]
    keys: tuple[ReleasedKey, ...]
    products: tuple[ProductStock, ...]
    reopened_orders: tuple[str, ...]
    dry_run: bool


class ClearedAnswer(Message):
    """The answer is forgotten, the keys are not."""

    order_id: str
    cleared: bool
    keys_kept: Annotated[int, Field(ge=0, description="Seats")]


class ClosedAnswer(Message):
    """The order owes nothing any more."""

    order_id: str
    status: Literal["closed"] = "closed"


class ImportedRow(_Part):
    """What became of one row of the paste zone."""

    row: int
    outcome: str
    reason: str


class ImportAnswer(Message):
    """What Import Keys took in."""

    imported: int
    duplicates: int
    rejected: int
    rows: tuple[ImportedRow, ...]
    reopened_orders: tuple[str, ...]
    dry_run: bool


class RetiredAnswer(Message):
    """A key that takes no further order."""

    key_id: str
    retired: Annotated[int, Field(ge=0, description="Free seats that left stock")]
    orders: Annotated[tuple[str, ...], Field(description="Orders that hold it, or have been given another")]
    replaced: bool
    dry_run: bool


class AdjustedAnswer(Message):
    """A key's corrected number of seats."""

    key_id: str
    before: int
    seats: int
    reopened_orders: tuple[str, ...]


class CatalogueChange(_Part):
    """A product as it was and will be published."""

    SKU: str
    before: str
    after: str


class CatalogueProblem(_Part):
    """A row of the catalogue that a person should mend."""

    row: int
    SKU: str
    message: str


class SyncAnswer(Message):
    """What Sync Catalogue published."""

    published: int
    changed: tuple[CatalogueChange, ...]
    problems: tuple[CatalogueProblem, ...]
    reopened_orders: tuple[str, ...]
    dry_run: bool


class ModeAnswer(Message):
    """The mode, and the orders whose mail went to the test recipient."""

    mode: Mode
    before: Mode
    go_live_at: str
    test_orders: tuple[str, ...]


class FlushAnswer(Message):
    """What was pending and has been sent."""

    sent: int
    pending: int
    catalogue_refreshed: bool


class ShopRemark(_Part):
    """Something to mend in Shopify."""

    SKU: Annotated[str, Field(validation_alias="sku")]
    message: str


class ShopSyncAnswer(Message):
    """What Sync from Shopify did: how many products, and which."""

    added: int
    updated: int
    vanished: int
    added_skus: tuple[str, ...]
    updated_skus: tuple[str, ...]
    vanished_skus: tuple[str, ...]
    problems: tuple[ShopRemark, ...]

    @classmethod
    def of(cls, done: SyncedFromShop) -> ShopSyncAnswer:
        """From what the operation did."""
        return cls(
            added=len(done.added),
            updated=len(done.updated),
            vanished=len(done.vanished),
            added_skus=done.added,
            updated_skus=done.updated,
            vanished_skus=done.vanished,
            problems=tuple(ShopRemark.model_validate(each) for each in done.problems),
        )


class ViewDifference(_Part):
    """A row that showed something else than the ledgers say."""

    tab: str
    which: str
    before: str
    after: str


class PushedStock(_Part):
    """What Shopify was told; `before` is null where it did not count."""

    SKU: str
    before: int | None
    after: int


class FailedPush(_Part):
    """What Shopify would not take."""

    SKU: str
    reason: str


class RefreshAnswer(Message):
    """What Refresh Inventory put right, and what Shopify was told."""

    differences: tuple[ViewDifference, ...]
    repaired: int
    pushed: tuple[PushedStock, ...]
    failed: tuple[FailedPush, ...]

    @classmethod
    def of(cls, refreshed: Refreshed) -> RefreshAnswer:
        """From what the operation found."""
        push = refreshed.push
        return cls(
            differences=tuple(ViewDifference.model_validate(each) for each in refreshed.differences),
            repaired=len(refreshed.differences),
            pushed=tuple(PushedStock(SKU=sku, before=before, after=after) for sku, before, after in push.taken),
            failed=tuple(FailedPush(SKU=each.sku, reason=each.reason) for each in push.refused),
        )


class UnsyncedRow(_Part):
    """A catalogue row that a person should look at."""

    row: int
    SKU: Annotated[str, Field(validation_alias="sku")]
    status: Annotated[str, Field(validation_alias="message")]


class LowPool(_Part):
    """A pool below the threshold; `days_left` is null where nothing was used lately."""

    pool: str
    available: int
    threshold: int
    days_left: int | None


class OpenOrder(_Part):
    """An order that somebody should look at."""

    order_id: str
    order_name: str
    customer_name: str
    since: str
    reason: str


class WaitingNotices(_Part):
    """What is still to be told to Slack and Shopify."""

    pending: int
    by_channel: dict[str, int]
    oldest: str


class LastPush(_Part):
    """When Shopify was told stock last, and of how many products."""

    at: str
    levels: int


class StatusAnswer(Message):
    """How the service stands."""

    mode: Mode
    version: int
    go_live_at: str
    unsynced: tuple[UnsyncedRow, ...]
    catalogue_problem: str
    low_pools: tuple[LowPool, ...]
    failures_in_a_row: int
    failed_orders: tuple[OpenOrder, ...]
    failed_total: int
    undelivered_orders: tuple[OpenOrder, ...]
    undelivered_total: int
    by_hand_orders: tuple[OpenOrder, ...]
    by_hand_total: int
    outbox: WaitingNotices
    last_push: LastPush | None
    shopify: str
    slack: str
    drift: str

    @classmethod
    def of(cls, status: ServiceStatus) -> StatusAnswer:
        """From what the operation found."""
        counted = {
            f"{name}_{part}": value
            for name in ("failed", "undelivered", "by_hand")
            for part, value in (
                ("orders", getattr(status, f"{name}_orders").first),
                ("total", getattr(status, f"{name}_orders").total),
            )
        }
        return cls.model_validate({**status._asdict(), **counted})


class ReportFinding(_Part):
    """One thing that does not agree."""

    what: str
    which: str
    detail: str


class ReportAnswer(Message):
    """The nightly report: what does not agree, and how much was looked at."""

    findings: tuple[ReportFinding, ...]
    checked: dict[str, int]


class RefundAnswer(Message):
    """Whether people were told of a refund, and how many seats a release would give back."""

    order_id: str
    announced: bool
    seats: int


class FieldTrouble(_Part):
    """One part of a request that is wrong."""

    field: str
    message: str


class ProblemAnswer(_Part):
    """An answer that is not an order's outcome (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
    code: str | None = None
    errors: tuple[FieldTrouble, ...] | None = None
