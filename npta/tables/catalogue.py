"""*NPTA Catalogue*, which people edit, and *Live Catalogue*, what of it is published."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from npta.tables.columns import CODE, UTC, Typed
from sheets_schema import Choices, Generated, InputTable, Ledger, Width
from sheets_schema.advanced import FilterView, Highlight, Style, Tone


class Component(StrEnum):
    """What a key opens: course and exam, the course only, the exam only."""

    COMBINED = "combined"
    CONTENT = "content"
    EXAM = "exam"


class Fulfillment(StrEnum):
    """Who serves a product: the system, or people by hand."""

    AUTO = "AUTO"
    EXTERNAL = "EXTERNAL"


class Catalogue(
    InputTable,
    tab="NPTA Catalogue",
    frozen_to="sku",
    filtered=True,
    filter_views=(
        FilterView("Not ready", "status", "TEXT_NOT_CONTAINS", "ready"),
        FilterView("Served by hand", "fulfillment", "TEXT_EQ", Fulfillment.EXTERNAL),
    ),
    highlights=(
        Highlight("status", "TEXT_STARTS_WITH", "ready", Tone.GOOD),
        Highlight("status", "TEXT_STARTS_WITH", "unsynced", Tone.WAITS),
        Highlight("status", "TEXT_CONTAINS", "missing", Tone.WRONG),
        Highlight("status", "TEXT_CONTAINS", "no keys", Tone.WRONG),
        Highlight("status", "TEXT_EQ", "out of stock", Tone.WRONG),
        Highlight("available", "NUMBER_EQ", "0", Tone.WRONG),
        Highlight("fulfillment", "TEXT_EQ", Fulfillment.EXTERNAL, Tone.QUIET),
    ),
):
    """Product definitions.

    People edit `entitlements` and `fulfillment` and may add rows by hand. What comes from Shopify is written by Sync
    from Shopify; until then a person may type it.
    """

    sku: Annotated[
        Typed, Width(110), Style(monospace=True), Field(alias="SKU", description="Exactly as in Shopify; case counts")
    ] = None
    status: Annotated[Typed, Generated(), Width(170), Field(description="Whether orders for it can be served")] = None
    product_title: Annotated[Typed, Generated(), Field(alias="title"), Width(230)] = None
    entitlements: Annotated[
        Typed,
        Width(300),
        Field(description="What a purchase opens: PROVIDER-PRODUCTCODE-LEVEL, several separated by commas"),
    ] = None
    fulfillment: Annotated[
        Typed,
        Choices(tuple(Fulfillment)),
        Width(100),
        Field(description="AUTO: the system assigns keys. EXTERNAL: by hand"),
    ] = None
    available: Annotated[
        Typed,
        Generated(),
        Width(80),
        Style(right=True),
        Field(description="How many can be sold; for bundles the scarcest"),
    ] = None
    provider: Annotated[
        Typed, Generated(), Width(90), Field(description="From the tag provider:xyz of the Shopify product")
    ] = None
    category: Annotated[
        Typed, Generated(), Width(110), Field(description="Certification, Specialization or Bundle")
    ] = None
    active: Annotated[
        Typed,
        Generated(),
        Choices(("TRUE", "FALSE")),
        Width(70),
        Field(description="From the status of the product"),
    ] = None


class LiveCatalogue(Ledger, tab="Live Catalogue"):
    """What Sync Catalogue has published; the newest row of a SKU counts.

    No fulfillment: no longer published.
    """

    published_at: Annotated[str, Width(150), Field(description=UTC)]
    published_by: Annotated[str, Width(160)]
    sku: Annotated[str, Width(110), CODE, Field(alias="SKU")]
    entitlements: Annotated[str, Width(420)] = ""
    fulfillment: Annotated[str, Field(description="Empty: no longer published")] = ""
