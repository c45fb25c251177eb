"""*Key Inventory*: the stock by pool."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npta.tables.catalogue import Component
from npta.tables.columns import CODE
from sheets_schema import View, Width
from sheets_schema.advanced import FilterView, Highlight, Tone


class KeyInventory(
    View,
    tab="Key Inventory",
    frozen_to="component",
    filter_views=(FilterView("Low or out of stock", "stock", "TEXT_NOT_CONTAINS", "enough"),),
    highlights=(
        Highlight("stock", "TEXT_EQ", "out of stock", Tone.WRONG),
        Highlight("stock", "TEXT_EQ", "low", Tone.WAITS),
        Highlight("available", "CUSTOM_FORMULA", '{stock}="out of stock"', Tone.WRONG),
        Highlight("available", "CUSTOM_FORMULA", '{stock}="low"', Tone.WAITS),
    ),
    former_highlights=(
        Highlight("available", "NUMBER_LESS_THAN_EQ", "0", Tone.WRONG),
        Highlight("available", "NUMBER_LESS_THAN_EQ", "4", Tone.WAITS),
    ),
):
    """Stock by pool."""

    region: Annotated[str, Width(80)]
    provider: Annotated[str, Width(80)]
    product_code: Annotated[str, Width(160), CODE]
    component: Annotated[Component, Width(100)]
    total: Annotated[int, Width(60), Field(description="Seats of all keys")]
    used: Annotated[int, Width(60), Field(description="Seats that orders hold")]
    quarantined: Annotated[int, Width(105), Field(description="Seats that nobody gets any more")]
    available: Annotated[int, Width(80), Field(description="Free seats: total - used - quarantined")]
    stock: Annotated[
        str, Width(100), Field(description="enough, low (fewer free seats than NPTA_LOW_STOCK) or out of stock")
    ] = ""
    days_left: Annotated[
        int | None,
        Width(75),
        Field(description="How long it lasts if as much is sold as in the 30 days before; empty if nothing was"),
    ] = None
    sold_through: Annotated[str, Width(300), Field(description="SKUs of published products that take seats of it")] = ""
