"""What comes back of the calls that keep sheet, shop and Slack together; see `responses.py`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npta.domain.orders.eligibility import Mode
from npta.domain.reports.status import ServiceStatus
from npta.domain.stock.import_keys import FINISH_IMPORT
from npta.operations.maintenance import Maintained
from npta.operations.reconcile import Reconciled
from npta.operations.refresh_and_rebuild import Refreshed
from npta.operations.sync_from_shopify import SyncedFromShop
from npta.web.schemas.responses import ConfirmableResponse, MessageResponse, Part


class FlushResponse(MessageResponse):
    """What was pending and has been sent."""

    sent: int
    pending: int
    catalogue_refreshed: bool


class ShopWarning(Part):
    """Something to correct in Shopify."""

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
    problems: tuple[ShopWarning, ...]

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
            problems=tuple(ShopWarning.model_validate(warning) for warning in done.problems),
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
    """Stock that Shopify received; `before` is null where it did not count."""

    SKU: str
    before: int | None
    after: int


class FailedPush(Part):
    """What Shopify would not take."""

    SKU: str
    reason: str


class RefreshResponse(MessageResponse):
    """What Refresh Inventory repaired, and the stock that Shopify received."""

    differences: tuple[ViewDifference, ...]
    repaired: int
    pushed: tuple[PushedStock, ...]
    failed: tuple[FailedPush, ...]

    @classmethod
    def of(cls, refreshed: Refreshed) -> RefreshResponse:
        """From what the operation found."""
        push = refreshed.push
        return cls(
            differences=tuple(ViewDifference.model_validate(difference) for difference in refreshed.differences),
            repaired=len(refreshed.differences),
            pushed=tuple(PushedStock(SKU=sku, before=before, after=after) for sku, before, after in push.taken),
            failed=tuple(
                FailedPush(SKU=failure.sku, reason=failure.reason) for failure in (*push.refused, *push.absent)
            ),
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


class RefusedMessageItem(Part):
    """What Slack or Shopify refuses until it is fixed: one message, or all without `kind`."""

    channel: str
    kind: str
    about: str
    since: str
    reason: str


class PendingMessages(Part):
    """Messages that Slack and Shopify are still to receive, and what they refuse for good."""

    pending: int
    by_channel: dict[str, int]
    oldest: str
    refused_total: int
    refused: tuple[RefusedMessageItem, ...]


class LastPush(Part):
    """When Shopify last received stock, and of how many products."""

    at: str
    levels: int


class UnfinishedImport(Part):
    """Pasted rows that wait in an import that has not ended, and the way out.

    Empty: from an earlier version.
    """

    rows: int
    since: str
    by: str
    next_step: str = FINISH_IMPORT


class Activity(Part):
    """Something that a person did."""

    at: str
    who: str
    operation: str


class ArchiveItem(Part):
    """How many orders have left for an archive.

    `trouble` is what was wrong when it was last asked.
    """

    name: str
    portions: int
    orders: int
    trouble: str


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
    outbox: PendingMessages
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
    archives: Annotated[
        tuple[ArchiveItem, ...], Field(description="Archives that are set, or to which orders have left")
    ]
    archives_trouble: Annotated[str, Field(description="Why orders of archives cannot be found; empty if they can")]

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

    @classmethod
    def of(cls, done: Reconciled) -> ReportResponse:
        """Return the answer that tells what was found."""
        return ReportResponse.model_validate(_report(done))


class DepartedRows(Part):
    """How many old rows have left a tab."""

    tab: str
    rows: int


class DepartedOrders(Part):
    """How many settled orders have left for an archive."""

    archive: str
    orders: int


class MaintenanceResponse(ReportResponse):
    """The nightly report, and what has left the sheet before it.

    Where that is not `complete`, the next run goes on.
    """

    left: tuple[DepartedRows, ...]
    archived_orders: Annotated[tuple[DepartedOrders, ...], Field(description="settled orders that left for archives")]
    deleted_rows: Annotated[int, Field(description="blank rows that earlier runs have left")]
    complete: bool

    @classmethod
    def of_night(cls, done: Maintained) -> MaintenanceResponse:
        """Return the answer that tells what was done and found."""
        archived = done.archived._asdict()
        archived["archived_orders"] = archived.pop("orders").left
        archived.pop("trouble")  # a finding
        return cls.model_validate({**_report(done.report), **archived})


def _report(done: Reconciled) -> dict[str, object]:
    return {"findings": done.findings, "checked": done.checked._asdict()}


class RefundResponse(MessageResponse):
    """Whether a refund or cancellation was announced, and the seats a release would give back."""

    order_id: str
    announced: bool
    seats: int
