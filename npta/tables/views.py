"""Tabs that are computed from facts, and come back after any damage.

*Dashboard* is in `npta.domain.reports`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from npta.tables.inputs import Component
from sheets_schema import View, Width
from sheets_schema.advanced import FilterView, Highlight, Hyperlink, Style, Tone

_CODE = Style(monospace=True)
# Conditions are multiplied: what separates the arguments of a function depends on the spreadsheet's locale.
_A_DAY_AGO = "ISNUMBER({%s})*({%s}<NOW()-1)"
_HALF_AN_HOUR_AGO = "ISNUMBER({%s})*({%s}<NOW()-1/48)"


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
    product_code: Annotated[str, Width(160), _CODE]
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


class OrderList(
    View,
    tab="Order List",
    display_key="order",
    rows=2500,  # of a thousand orders and those that wait
    filter_views=(
        FilterView("Failed", "state", "TEXT_EQ", "failed", newest_first="changed_at"),
        FilterView("Mail not confirmed", "mail", "TEXT_EQ", "not confirmed", newest_first="changed_at"),
        FilterView("This week", "changed_at", "DATE_AFTER", "PAST_WEEK", newest_first="changed_at"),
    ),
    frozen_to="order",
    highlights=(
        Highlight("state", "TEXT_EQ", "failed", Tone.WRONG),
        Highlight("state", "TEXT_EQ", "off", Tone.WAITS),
        Highlight("state", "TEXT_EQ", "fulfilled", Tone.GOOD),
        Highlight("state", "TEXT_EQ", "skipped", Tone.QUIET),
        Highlight("state", "TEXT_EQ", "released", Tone.QUIET),
        Highlight("state", "TEXT_EQ", "closed", Tone.QUIET),
        Highlight(
            "mail",
            "CUSTOM_FORMULA",
            '({mail}="not confirmed")*' + _HALF_AN_HOUR_AGO % ("changed_at", "changed_at"),
            Tone.WRONG,
        ),
        Highlight("mail", "TEXT_EQ", "not confirmed", Tone.WAITS),
        Highlight("mail", "TEXT_EQ", "sent", Tone.GOOD),
        Highlight(
            "paid_at",
            "CUSTOM_FORMULA",
            '(({state}="failed")+({state}="off"))*' + _A_DAY_AGO % ("paid_at", "paid_at"),
            Tone.WRONG,
        ),
    ),
):
    """One row an order: those that wait, and the last thousand besides.

    An order keeps its row as long as it is listed.
    """

    order: Annotated[str, Width(120), _CODE, Field(description="Shopify's id")]
    order_name: Annotated[str, Field(alias="name"), Width(70)] = ""
    customer: Annotated[str, Width(120)] = ""
    email: Annotated[str, Width(85)] = ""
    products: Annotated[str, Width(150)] = ""
    state: Annotated[str, Width(80), Field(description="fulfilled, failed, off (by hand), skipped, released or closed")]
    keys: Annotated[int, Width(50), Field(description="Seats that it holds")] = 0
    mail: Annotated[
        str, Width(90), Field(description="sent, or not confirmed: half an hour later somebody should look")
    ] = ""
    paid_at: Annotated[datetime | None, Width(95), Field(description="Or, if nobody knows, when it was first seen")] = (
        None
    )
    changed_at: Annotated[datetime | None, Width(95)] = None
    next_step: Annotated[str, Width(260)] = ""
    shop: Annotated[str, Hyperlink(), Width(260), Field(description="The order in Shopify")] = ""


class Attention(
    View,
    tab="Attention",
    frozen_to="which",
    highlights=(
        Highlight("what", "TEXT_EQ", "failed order", Tone.WRONG),
        Highlight("what", "TEXT_CONTAINS", "refused", Tone.WRONG),
        Highlight("what", "TEXT_CONTAINS", "not ", Tone.WAITS),
        Highlight("what", "TEXT_EQ", "order by hand", Tone.WAITS),
        Highlight("what", "TEXT_EQ", "low stock", Tone.WAITS),
        Highlight("what", "TEXT_EQ", "catalogue", Tone.WAITS),
        Highlight("which", "TEXT_EQ", "OFF", Tone.WRONG),
        Highlight("which", "TEXT_EQ", "TEST", Tone.WAITS),
        Highlight(
            "since",
            "CUSTOM_FORMULA",
            '({what}="mail not confirmed")*' + _HALF_AN_HOUR_AGO % ("since", "since"),
            Tone.WRONG,
        ),
        Highlight("since", "CUSTOM_FORMULA", _A_DAY_AGO % ("since", "since"), Tone.WRONG),
    ),
):
    """What a person should look at."""

    what: Annotated[str, Width(130)]
    which: Annotated[str, Width(170), Field(description="The order, the pool, the SKU")]
    next_step: Annotated[str, Width(330)] = ""
    detail: Annotated[str, Width(400)] = ""
    since: Annotated[datetime | None, Width(110), Field(description="Marked once it is late")] = None
