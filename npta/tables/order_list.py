"""*Order List*: one row an order."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from npta.tables.columns import A_DAY_AGO, CODE, HALF_AN_HOUR_AGO
from sheets_schema import View, Width
from sheets_schema.advanced import FilterView, Highlight, Hyperlink, Tone


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
            '({mail}="not confirmed")*' + HALF_AN_HOUR_AGO % ("changed_at", "changed_at"),
            Tone.WRONG,
        ),
        Highlight("mail", "TEXT_EQ", "not confirmed", Tone.WAITS),
        Highlight("mail", "TEXT_EQ", "sent", Tone.GOOD),
        Highlight(
            "paid_at",
            "CUSTOM_FORMULA",
            '(({state}="failed")+({state}="off"))*' + A_DAY_AGO % ("paid_at", "paid_at"),
            Tone.WRONG,
        ),
    ),
):
    """One row an order: those that wait, and the last thousand besides.

    An order keeps its row as long as it is listed.
    """

    order: Annotated[str, Width(120), CODE, Field(description="Shopify's id")]
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
