"""*Outbox*: messages for Slack and Shopify, and what became of them."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from sheets_schema import Ledger, Width


class OutboxEvent(StrEnum):
    """What became of a message.

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

    It is written with the fact and sent after it. The process that made a message due sends it. CLAIMED names in
    `body` the messages that another one takes upon itself.
    """

    at: str
    event: OutboxEvent
    message_id: Annotated[str, Field(alias="notice_id")]
    kind: Annotated[str, Field(description="Which alert; stock and fulfillment go to Shopify")]
    about: Annotated[str, Field(description="The order or the pool; of a claim the process")] = ""
    body: Annotated[str, Width(420), Field(description="What is to be told")] = ""
    receipt: Annotated[
        str,
        Field(description="Slack's name for the message, the numbers that Shopify took, why it is refused, a place"),
    ] = ""
    commit: str
