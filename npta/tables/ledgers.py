"""Tabs of facts, which the service appends and never changes."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from npta.tables.inputs import Component
from sheets_schema import Ledger, Width
from sheets_schema.advanced import Style

_CODE = Style(monospace=True)
_UTC = "UTC; Order List has it in the time zone of the spreadsheet"


class KeyEvent(StrEnum):
    """What happened to seats of a key; or what stands for rows that have left the sheet."""

    ASSIGNED = "ASSIGNED"
    RELEASED = "RELEASED"
    RETIRED = "RETIRED"
    ADJUSTED = "ADJUSTED"
    CARRIED = "CARRIED"


class OrderEvent(StrEnum):
    """What happened to an order; or what stands for rows that have left the sheet."""

    FULFILLED = "FULFILLED"
    FAILED = "FAILED"
    REFUSED = "REFUSED"
    SKIPPED = "SKIPPED"
    OFF = "OFF"
    REOPENED = "REOPENED"
    CLEARED = "CLEARED"
    RELEASED = "RELEASED"
    CLOSED = "CLOSED"
    DELIVERED = "DELIVERED"
    RESEND = "RESEND"
    BY_HAND = "BY_HAND"
    MALFORMED = "MALFORMED"
    REFUNDED = "REFUNDED"
    CANCELLED = "CANCELLED"
    CARRIED = "CARRIED"


class ImportHistory(Ledger, tab="Import History", unique=("key_id",), frozen_to="key_id"):
    """Every key ever imported; the stock can be rebuilt from it."""

    key_id: Annotated[
        str, Width(110), _CODE, Field(description="What the service calls the key, in ledgers and alerts")
    ]
    imported_at: Annotated[str, Width(150), Field(description=_UTC)]
    batch: Annotated[str, Width(100), Field(description="What came in one import")]
    imported_by: Annotated[str, Width(140)]
    region: Annotated[str, Width(80)]
    provider: Annotated[str, Width(80)]
    product_code: Annotated[str, Width(160), _CODE]
    component: Annotated[Component, Width(100)]
    keycode: Annotated[str, Width(200), _CODE, Field(repr=False, description="Letter for letter as it was pasted")]
    seats: Annotated[int, Width(60), Field(description="As imported; later corrections are in Key Ledger")]


class KeyLedger(Ledger, tab="Key Ledger", display_key="order_id"):
    """What happened to the seats of keys."""

    at: Annotated[str, Width(150), Field(description=_UTC)]
    event: Annotated[KeyEvent, Width(90)]
    order_id: Annotated[str, Width(120), _CODE] = ""
    line_item_id: Annotated[str, Width(120), _CODE] = ""
    sku: Annotated[str, Width(90), _CODE, Field(alias="SKU")] = ""
    entitlement: Annotated[str, Width(170), _CODE] = ""
    key_id: Annotated[str, Width(110), _CODE]
    keycode: Annotated[str, Width(180), _CODE, Field(repr=False)]
    seats: Annotated[int, Width(60), Field(description="Of ADJUSTED the corrected total; else how many moved")]
    commit: Annotated[str, _CODE, Field(description="The row of Commit Log that wrote it")]


class Orders(Ledger, tab="Orders", display_key="order_id"):
    """What happened to orders.

    `lines` is the receipt: the lines, what they are owed, and what went wrong; of a refund it is what was taken back in
    the shop.
    """

    at: Annotated[str, Width(150), Field(description=_UTC)]
    event: Annotated[OrderEvent, Width(100)]
    order_id: Annotated[str, Width(120), _CODE]
    order_name: Annotated[str, Width(80)] = ""
    status: Annotated[str, Width(80)]
    customer_name: Annotated[str, Width(130)] = ""
    email: Annotated[str, Width(180)] = ""
    lines: Annotated[str, Field(description="The receipt, for the service: Order List says it in words")] = ""
    reason: Annotated[str, Width(240)] = ""
    fingerprint: Annotated[str, _CODE, Field(description="Of the lines: whether an order is the same")] = ""
    commit: Annotated[str, _CODE, Field(description="The row of Commit Log that wrote it")]


class LiveCatalogue(Ledger, tab="Live Catalogue"):
    """What Sync Catalogue has published; the newest row of a SKU counts.

    No fulfillment: no longer published.
    """

    published_at: Annotated[str, Width(150), Field(description=_UTC)]
    published_by: Annotated[str, Width(160)]
    sku: Annotated[str, Width(110), _CODE, Field(alias="SKU")]
    entitlements: Annotated[str, Width(420)] = ""
    fulfillment: Annotated[str, Field(description="Empty: no longer published")] = ""


class NoticeEvent(StrEnum):
    """What became of a notice.

    It is to be sent, another process sends it, it was sent, it is refused for good, or (low stock) what it tells is no
    longer true. Or it stands for rows that have left the sheet.
    """

    DUE = "DUE"
    CLAIMED = "CLAIMED"
    SENT = "SENT"
    REFUSED = "REFUSED"
    OVER = "OVER"
    CARRIED = "CARRIED"


class Outbox(Ledger, tab="Outbox", hidden=True):
    """What Slack and Shopify are to receive, and that they did.

    It is written with the fact and sent after it. The process that made a notice due sends it. CLAIMED names in
    `body` the notices that another one takes upon itself.
    """

    at: str
    event: NoticeEvent
    notice_id: str
    matter: Annotated[str, Field(alias="kind", description="Which alert; stock and fulfillment go to Shopify")]
    about: Annotated[str, Field(description="The order or the pool; of a claim the process")] = ""
    body: Annotated[str, Width(420), Field(description="What is to be told")] = ""
    receipt: Annotated[
        str,
        Field(description="Slack's name for the message, the numbers that Shopify took, why it is refused, a place"),
    ] = ""
    commit: str


class ShopSnapshot(Ledger, tab="Shop Snapshot", hidden=True, rows=100):
    """The shop's products as they were at a moment, for comparison and as a backup.

    Written by `npta snapshot`.
    """

    taken_at: str
    product_id: str
    variant_id: str
    product_title: Annotated[str, Field(alias="title"), Width(260)]
    variant: str = ""
    sku: str = Field(default="", alias="SKU")
    price: str = ""
    status: str = ""
    tags: str = ""
    product_type: str = Field(default="", alias="type")
    stock: str = ""


class ArchiveIndex(Ledger, tab="Archive Index", hidden=True):
    """Which orders stand in which archive: a row for all that left together.

    Row n of the archive's tab, below its header, is the n-th of them.
    """

    at: str
    archive: Annotated[str, Field(description="The archive, as NPTA_ARCHIVES names it")]
    tab: Annotated[str, Field(description="The archive's tab that has them")]
    orders: Annotated[int, Field(description="How many they are")]
    rows: Annotated[int, Field(description="How many rows the tab has; those after the orders tell of keys alone")]
    lowest: Annotated[str, Field(description="The lowest of their ids")] = ""
    highest: Annotated[str, Field(description="The highest of their ids")] = ""
    packed: Annotated[str, Field(description="Their ids, names and keys, for the service")] = ""
    digest: Annotated[str, Field(description="Of the digests of their rows")] = ""
    commit: str = ""


class ArchivedOrder(Ledger, tab="Archived Orders"):
    """An order in an archive: what stood of it in Orders and Key Ledger."""

    order_id: Annotated[str, _CODE]
    order_name: str = ""
    customer_name: str = ""
    email: Annotated[str, Field(description="Its address, and those before it that a person has corrected")] = ""
    rows: Annotated[str, Field(repr=False, description="Its rows, as JSON; without key codes")]
    digest: Annotated[str, Field(description="Of the other columns, to notice a change")]
