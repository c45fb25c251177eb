"""Tabs that people edit: the catalogue, the paste zone, what mails say of providers.

And where an import takes pasted rows.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from sheets_schema import Choices, Generated, InputTable, InternalTable, Width
from sheets_schema.advanced import FilterView, Highlight, Style, Tone

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
        Field(description="What a purchase opens: PROVIDER-PRODUCT_CODE-LEVEL, several separated by commas"),
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


class ImportKeys(
    InputTable,
    tab="Import Keys",
    highlights=(Highlight("problem", "CUSTOM_FORMULA", '({problem}<>"")*(ROW()>1)', Tone.WRONG),),
):
    """The paste zone for new keys."""

    region: Annotated[Typed, Width(90), Field(description="For example CANADA")] = None
    provider: Annotated[Typed, Width(90), Field(description="For example NASM")] = None
    product_code: Annotated[
        Typed,
        Width(160),
        Style(monospace=True),
        Field(description="For example CPT; stock bundles begin with NSBK_"),
    ] = None
    component: Annotated[Typed, Choices(tuple(Component)), Width(100)] = None
    keycode: Annotated[Typed, Width(220), Style(monospace=True), Field(description="Kept letter for letter")] = None
    seats: Annotated[Typed, Width(60), Style(right=True), Field(description="How many customers the key serves")] = None
    problem: Annotated[Typed, Generated(), Width(420), Field(description="Why the row was not imported")] = None


class Providers(InputTable, tab="Providers"):
    """What mails say about a provider's keys. People fill it, and Sync Catalogue publishes it."""

    provider: Annotated[Typed, Width(100), Field(description="As in entitlements, for example NASM")] = None
    provider_name: Annotated[
        Typed, Field(alias="name"), Width(220), Field(description="What customers call it; the provider, if empty")
    ] = None
    redeem: Annotated[Typed, Width(420), Field(description="How to redeem its keys; several lines may be typed")] = None
    url: Annotated[Typed, Width(260), Field(description="Where to redeem them: https://…")] = None


class ImportCapture(InternalTable, tab="Import Capture", hidden=True):
    """Where an import moves the pasted rows, so that nobody edits them while they are read."""

    region: Typed = None
    provider: Typed = None
    product_code: Typed = None
    component: Typed = None
    keycode: Typed = None
    seats: Typed = None
    problem: Typed = None
