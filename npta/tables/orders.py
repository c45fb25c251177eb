"""*Orders*: what happened to orders."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from npta.tables.columns import CODE, UTC
from sheets_schema import Ledger, Width


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


class Orders(Ledger, tab="Orders", display_key="order_id"):
    """What happened to orders.

    `lines` is the receipt: the lines, what they are owed, and what went wrong; of a refund it is what was taken back in
    the shop.
    """

    at: Annotated[str, Width(150), Field(description=UTC)]
    event: Annotated[OrderEvent, Width(100)]
    order_id: Annotated[str, Width(120), CODE]
    order_name: Annotated[str, Width(80)] = ""
    status: Annotated[str, Width(80)]
    customer_name: Annotated[str, Width(130)] = ""
    email: Annotated[str, Width(180)] = ""
    lines: Annotated[str, Field(description="The receipt, for the service: Order List says it in words")] = ""
    reason: Annotated[str, Width(240)] = ""
    fingerprint: Annotated[str, CODE, Field(description="Of the lines: whether an order is the same")] = ""
    commit: Annotated[str, CODE, Field(description="The row of Commit Log that wrote it")]
