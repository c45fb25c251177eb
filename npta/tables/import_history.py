"""*Import History*: every key ever imported."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npta.tables.catalogue import Component
from npta.tables.columns import CODE, UTC
from sheets_schema import Ledger, Width


class ImportHistory(Ledger, tab="Import History", unique=("key_id",), frozen_to="key_id"):
    """Every key ever imported; the stock can be rebuilt from it."""

    key_id: Annotated[str, Width(110), CODE, Field(description="What the service calls the key, in ledgers and alerts")]
    imported_at: Annotated[str, Width(150), Field(description=UTC)]
    batch: Annotated[str, Width(100), Field(description="What came in one import")]
    imported_by: Annotated[str, Width(140)]
    region: Annotated[str, Width(80)]
    provider: Annotated[str, Width(80)]
    product_code: Annotated[str, Width(160), CODE]
    component: Annotated[Component, Width(100)]
    keycode: Annotated[str, Width(200), CODE, Field(repr=False, description="Letter for letter as it was pasted")]
    seats: Annotated[int, Width(60), Field(description="As imported; later corrections are in Key Ledger")]
