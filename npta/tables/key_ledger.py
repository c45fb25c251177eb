"""*Key Ledger*: what happened to the seats of keys."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from npta.tables.columns import CODE, UTC
from sheets_schema import Ledger, Width


class KeyEvent(StrEnum):
    """What happened to seats of a key; or what stands for rows that have left the sheet."""

    ASSIGNED = "ASSIGNED"
    RELEASED = "RELEASED"
    RETIRED = "RETIRED"
    ADJUSTED = "ADJUSTED"
    CARRIED = "CARRIED"


class KeyLedger(Ledger, tab="Key Ledger", display_key="order_id"):
    """What happened to the seats of keys."""

    at: Annotated[str, Width(150), Field(description=UTC)]
    event: Annotated[KeyEvent, Width(90)]
    order_id: Annotated[str, Width(120), CODE] = ""
    line_item_id: Annotated[str, Width(120), CODE] = ""
    sku: Annotated[str, Width(90), CODE, Field(alias="SKU")] = ""
    entitlement: Annotated[str, Width(170), CODE] = ""
    key_id: Annotated[str, Width(110), CODE]
    keycode: Annotated[str, Width(180), CODE, Field(repr=False)]
    seats: Annotated[int, Width(60), Field(description="Of ADJUSTED the corrected total; else how many moved")]
    commit: Annotated[str, CODE, Field(description="The row of Commit Log that wrote it")]
