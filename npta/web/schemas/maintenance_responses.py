"""What comes back of the calls that keep sheet, shop and Slack together; see `responses.py`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npta.domain.orders.rules import Mode
from npta.domain.reports.status import ServiceStatus
from npta.domain.stock.key_import import FINISH_IMPORT
from npta.operations.catalogue import SyncedFromShop
from npta.operations.inventory import Refreshed
from npta.web.schemas.responses import ConfirmableResponse, MessageResponse, Part


class FlushResponse(MessageResponse):
    """What was pending and has been sent."""

    sent: int
    pending: int
    catalogue_refreshed: bool


class ShopRemark(Part):
    """Something to mend in Shopify."""

    SKU: Annotated[str, Field(validation_alias="sku")]
    message: str


class ShopSyncResponse(MessageResponse):
    """What Sync from Shopify did: how many products, and which."""

    added: int
    updated: int
    vanished: int
    added_skus: tuple[str, ...]
    updated_skus: tuple[str, ...]
    vanished_skus: tuple[str, ...]
    problems: tuple[ShopRemark, ...]

    @classmethod
    def of(cls, done: SyncedFromShop) -> ShopSyncResponse:
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


class FoundOrder(Part):
    """A paid order of the shop that never arrived."""

    order_id: str
    order_name: str
    paid_at: str


class LeftOutOrder(FoundOrder):
    """One that is not served either, and why."""

    reason: str


class RecoveredResponse(ConfirmableResponse):
    """The orders that never arrived, and what became of them."""

    since: Annotated[str, Field(description="Orders made before were not looked at; 60 days at most")]
    found: tuple[FoundOrder, ...]
    left_out: tuple[LeftOutOrder, ...]
    served: tuple[str, ...]
    failed: tuple[str, ...]
    left: Annotated[int, Field(description="Orders that are still to be served, or to be looked at")]
    next_since: Annotated[str, Field(description="Where to go on; empty if all of the shop's orders were looked at")]
    serves: Annotated[bool, Field(description="Whether they can be served now: in LIVE, with a keys hook")]


class ViewDifference(Part):
    """A row that showed something else than the ledgers say."""

    tab: str
    which: str
    before: str
    after: str


class PushedStock(Part):
    """What Shopify was told; `before` is null where it did not count."""

    SKU: str
    before: int | None
    after: int


class FailedPush(Part):
    """What Shopify would not take."""

    SKU: str
    reason: str


class RefreshResponse(MessageResponse):
    """What Refresh Inventory put right, and what Shopify was told."""

    differences: tuple[ViewDifference, ...]
    repaired: int
    pushed: tuple[PushedStock, ...]
    failed: tuple[FailedPush, ...]

    @classmethod
    def of(cls, refreshed: Refreshed) -> RefreshResponse:
        """From what the operation found."""
        push = refreshed.push
        return cls(
            differences=tuple(ViewDifference.model_validate(each) for each in refreshed.differences),
            repaired=len(refreshed.differences),
            pushed=tuple(PushedStock(SKU=sku, before=before, after=after) for sku, before, after in push.taken),
            failed=tuple(FailedPush(SKU=each.sku, reason=each.reason) for each in (*push.refused, *push.absent)),
        )


class UnsyncedRow(Part):
    """A catalogue row that a person should look at."""

    row: int
    SKU: Annotated[str, Field(validation_alias="sku")]
    status: Annotated[str, Field(validation_alias="message")]


class LowPoolItem(Part):
    """A pool below the threshold; `days_left` is null where nothing was used lately."""

    pool: str
    available: int
    threshold: int
    days_left: int | None


class OpenOrderItem(Part):
    """An order that somebody should look at."""

    order_id: str
    order_name: str
    customer_name: str
    since: str
    reason: str


class RefusedNoticeItem(Part):
    """What Slack or Shopify will not take until somebody has mended it: one notice or, without `kind`, everything."""

    channel: str
    kind: str
    about: str
    since: str
    reason: str


class WaitingNotices(Part):
    """What is still to be told to Slack and Shopify, and what they refuse for good."""

    pending: int
    by_channel: dict[str, int]
    oldest: str
    refused_total: int
    refused: tuple[RefusedNoticeItem, ...]


class LastPush(Part):
    """When Shopify was told stock last, and of how many products."""

    at: str
    levels: int


class UnfinishedImport(Part):
    """Pasted rows that wait in an import that has not ended, and the way out. Empty: from an earlier version."""

    rows: int
    since: str
    by: str
    next_step: str = FINISH_IMPORT


class Activity(Part):
    """Something that a person did."""

    at: str
    who: str
    operation: str


class StatusResponse(MessageResponse):
    """How the service stands."""

    mode: Mode
    version: int
    go_live_at: str
    unsynced: tuple[UnsyncedRow, ...]
    catalogue_problem: str
    low_pools: tuple[LowPoolItem, ...]
    failures_in_a_row: int
    failed_orders: tuple[OpenOrderItem, ...]
    failed_total: int
    undelivered_orders: tuple[OpenOrderItem, ...]
    undelivered_total: int
    by_hand_orders: tuple[OpenOrderItem, ...]
    by_hand_total: int
    outbox: WaitingNotices
    unconfirmed_stock: tuple[str, ...]
    last_push: LastPush | None
    shopify: str
    slack: str
    drift: str
    unfinished_import: UnfinishedImport | None
    catalogue_rows: int
    published_products: int
    keys: Annotated[int, Field(description="All that were ever imported")]
    pasted_rows: Annotated[int, Field(description="Rows in Import Keys that no import has refused yet")]
    activity: Annotated[tuple[Activity, ...], Field(description="What people did last, the newest first")]
    cells: Annotated[int, Field(description="Cells of all tabs, blank ones included")]
    cells_max: Annotated[int, Field(description="How many cells Google allows a spreadsheet")]

    @classmethod
    def of(cls, status: ServiceStatus) -> StatusResponse:
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


class ReportFinding(Part):
    """One thing that does not agree."""

    what: str
    which: str
    detail: str


class ReportResponse(MessageResponse):
    """The nightly report: what does not agree, and how much was looked at."""

    findings: tuple[ReportFinding, ...]
    checked: dict[str, int]


class RefundResponse(MessageResponse):
    """Whether people were told of a refund or cancellation, and how many seats of it a release would give back."""

    order_id: str
    announced: bool
    seats: int
