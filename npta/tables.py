"""The data model: every tab of the spreadsheet, its columns, and who writes it (*Dashboard* is in `npta.domain.reports`).

The words are the runbook's. People edit `NPTA Catalogue` and `Import Keys`; everything else is written by the service.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from sheets_schema import Choices, Generated, InputTable, InternalTable, Ledger, View, Width
from sheets_schema.advanced import FilterView, Highlight, Hyperlink, Tone

Typed = str | int | float | bool | None
"""What a person may have typed: anything."""


class Component(StrEnum):
    """What a key opens: course and exam, the course only, the exam only."""

    COMBINED = "combined"
    CONTENT = "content"
    EXAM = "exam"


class Fulfillment(StrEnum):
    """Who serves a product: the system, or people by hand."""

    AUTO = "AUTO"
    EXTERNAL = "EXTERNAL"


class KeyEvent(StrEnum):
    """What happened to seats of a key."""

    ASSIGNED = "ASSIGNED"
    RELEASED = "RELEASED"
    RETIRED = "RETIRED"
    ADJUSTED = "ADJUSTED"


class OrderEvent(StrEnum):
    """What happened to an order."""

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


class Catalogue(
    InputTable,
    tab="NPTA Catalogue",
    highlights=(
        Highlight("status", "TEXT_STARTS_WITH", "ready", Tone.GOOD),
        Highlight("status", "TEXT_STARTS_WITH", "unsynced", Tone.WAITS),
        Highlight("status", "TEXT_CONTAINS", "missing", Tone.WRONG),
        Highlight("status", "TEXT_CONTAINS", "no keys", Tone.WRONG),
        Highlight("available", "NUMBER_EQ", "0", Tone.WRONG),
    ),
):
    """Product definitions. People edit `entitlements` and `fulfillment` and may add rows by hand.

    What comes from Shopify is written by Sync from Shopify; until then a person may type it.
    """

    provider: Annotated[Typed, Generated(), Field(description="From the tag provider:xyz of the Shopify product")] = (
        None
    )
    sku: Annotated[Typed, Field(alias="SKU", description="Exactly as in Shopify; case counts")] = None
    product_title: Annotated[Typed, Generated(), Field(alias="title"), Width(260)] = None
    category: Annotated[Typed, Generated(), Field(description="Certification, Specialization or Bundle")] = None
    entitlements: Annotated[
        Typed,
        Width(320),
        Field(description="What a purchase opens: PROVIDER-PRODUCT_CODE-LEVEL, several separated by commas"),
    ] = None
    active: Annotated[
        Typed, Generated(), Choices(("TRUE", "FALSE")), Field(description="From the status of the product")
    ] = None
    fulfillment: Annotated[
        Typed, Choices(tuple(Fulfillment)), Field(description="AUTO: the system assigns keys. EXTERNAL: by hand")
    ] = None
    available: Annotated[Typed, Generated(), Field(description="How many can be sold; for bundles the scarcest")] = None
    status: Annotated[Typed, Generated(), Width(260), Field(description="Whether orders for it can be served")] = None


class ImportKeys(InputTable, tab="Import Keys"):
    """The paste zone for new keys."""

    region: Annotated[Typed, Field(description="For example CANADA")] = None
    provider: Annotated[Typed, Field(description="For example NASM")] = None
    product_code: Annotated[Typed, Width(200), Field(description="For example CPT; stock bundles begin with NSBK_")] = (
        None
    )
    component: Annotated[Typed, Choices(tuple(Component))] = None
    keycode: Annotated[Typed, Width(220), Field(description="Kept letter for letter")] = None
    seats: Annotated[Typed, Field(description="How many customers the key serves")] = None
    problem: Annotated[Typed, Generated(), Width(420), Field(description="Why the row was not imported")] = None


class Providers(InputTable, tab="Providers"):
    """What mails say about a provider's keys. People fill it, and Sync Catalogue publishes it."""

    provider: Annotated[Typed, Field(description="As in entitlements, for example NASM")] = None
    provider_name: Annotated[
        Typed, Field(alias="name"), Width(220), Field(description="What customers call it; the provider, if empty")
    ] = None
    redeem: Annotated[Typed, Width(420), Field(description="How to redeem its keys; several lines may be typed")] = None
    url: Annotated[Typed, Width(260), Field(description="Where to redeem them: https://…")] = None


class ImportCapture(InternalTable, tab="Import Capture", hidden=True):
    """Where an import takes the pasted rows first, so that nobody edits them while they are read."""

    region: Typed = None
    provider: Typed = None
    product_code: Typed = None
    component: Typed = None
    keycode: Typed = None
    seats: Typed = None
    problem: Typed = None


class ImportHistory(Ledger, tab="Import History", unique=("key_id",)):
    """Every key ever imported; the stock can be rebuilt from it."""

    key_id: str
    imported_at: str
    batch: str
    imported_by: str
    region: str
    provider: str
    product_code: str
    component: Component
    keycode: Annotated[str, Width(220), Field(repr=False)]
    seats: int


class KeyLedger(Ledger, tab="Key Ledger", display_key="order_id"):
    """What happened to the seats of keys."""

    at: str
    event: KeyEvent
    order_id: str = ""
    line_item_id: str = ""
    sku: str = Field(default="", alias="SKU")
    entitlement: str = ""
    key_id: str
    keycode: str = Field(repr=False)
    seats: int
    commit: str


class Orders(Ledger, tab="Orders", display_key="order_id"):
    """What happened to orders.

    `lines` is the receipt: the lines, what they are owed, and what went wrong; of a refund it is what was taken back in the shop.
    """

    at: str
    event: OrderEvent
    order_id: str
    order_name: str = ""
    status: str
    customer_name: str = ""
    email: str = ""
    lines: str = ""
    reason: str = ""
    fingerprint: str = ""
    commit: str


class LiveCatalogue(Ledger, tab="Live Catalogue"):
    """What Sync Catalogue has published; the newest row of a SKU counts. No fulfillment: no longer published."""

    published_at: str
    published_by: str
    sku: str = Field(alias="SKU")
    entitlements: str = ""
    fulfillment: str = ""


class NoticeEvent(StrEnum):
    """What became of a notice.

    It is to be sent, another process sends it, it was sent, it is refused for good, or (low stock) what it tells is no
    longer true.
    """

    DUE = "DUE"
    CLAIMED = "CLAIMED"
    SENT = "SENT"
    REFUSED = "REFUSED"
    OVER = "OVER"


class Outbox(Ledger, tab="Outbox", hidden=True):
    """What is to be told to Slack and Shopify, and that it was: written with the fact, sent after it.

    The process that made a notice due sends it. CLAIMED names in `body` the notices that another one takes upon itself.
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


class ShopSnapshot(Ledger, tab="Shop Snapshot", hidden=True):
    """The shop's products as they were at a moment, for comparison and as a backup. Written by `npta snapshot`."""

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


class KeyInventory(
    View,
    tab="Key Inventory",
    highlights=(
        Highlight("available", "NUMBER_LESS_THAN_EQ", "0", Tone.WRONG),
        Highlight("available", "NUMBER_LESS_THAN_EQ", "4", Tone.WAITS),
    ),
):
    """Stock by pool."""

    region: str
    provider: str
    product_code: str
    component: Component
    total: int
    used: int
    quarantined: int
    available: int


class OrderList(
    View,
    tab="Order List",
    display_key="order",
    rows=2500,  # of a thousand orders and those that wait: filter views do not grow with their tab
    filter_views=(
        FilterView("Failed", "state", "TEXT_EQ", "failed", newest_first="changed_at"),
        FilterView("Mail not confirmed", "mail", "TEXT_EQ", "not confirmed", newest_first="changed_at"),
        FilterView("This week", "changed_at", "DATE_AFTER", "PAST_WEEK", newest_first="changed_at"),
    ),
    frozen_columns=1,
    highlights=(
        Highlight("state", "TEXT_EQ", "failed", Tone.WRONG),
        Highlight("state", "TEXT_EQ", "off", Tone.WAITS),
        Highlight("state", "TEXT_EQ", "fulfilled", Tone.GOOD),
        Highlight("mail", "TEXT_EQ", "not confirmed", Tone.WAITS),
        Highlight("mail", "TEXT_EQ", "sent", Tone.GOOD),
    ),
):
    """One row an order: those that wait, and the last thousand besides. An order keeps its row as long as it is listed."""

    order: Annotated[str, Width(120), Field(description="Shopify's id")]
    order_name: Annotated[str, Field(alias="name"), Width(80)] = ""
    customer: Annotated[str, Width(160)] = ""
    email: Annotated[str, Width(180)] = ""
    products: Annotated[str, Width(200)] = ""
    state: Annotated[str, Field(description="fulfilled, failed, off (by hand), skipped, released or closed")]
    keys: Annotated[int, Field(description="Seats that it holds")] = 0
    mail: Annotated[str, Width(110), Field(description="sent, or not confirmed")] = ""
    paid_at: Annotated[
        datetime | None, Width(110), Field(description="Or, if nobody knows, when it was first seen")
    ] = None
    changed_at: Annotated[datetime | None, Width(110)] = None
    next_step: Annotated[str, Width(420)] = ""
    shop: Annotated[str, Hyperlink(), Width(260), Field(description="The order in Shopify")] = ""


class Attention(
    View,
    tab="Attention",
    highlights=(
        Highlight("what", "TEXT_EQ", "failed order", Tone.WRONG),
        Highlight("what", "TEXT_CONTAINS", "refused", Tone.WRONG),
        Highlight("what", "TEXT_CONTAINS", "not ", Tone.WAITS),
        Highlight("what", "TEXT_EQ", "order by hand", Tone.WAITS),
        Highlight("what", "TEXT_EQ", "low stock", Tone.WAITS),
        Highlight("what", "TEXT_EQ", "catalogue", Tone.WAITS),
    ),
):
    """What a person should look at."""

    what: str
    which: Annotated[str, Width(220)]
    since: str = ""
    detail: Annotated[str, Width(420)] = ""
    next_step: Annotated[str, Width(420)] = ""
