"""*Shop Snapshot*: the shop's products as they were at a moment."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sheets_schema import Ledger, Width


class ShopSnapshot(Ledger, tab="Shop Snapshot", hidden=True, rows=100):
    """The shop's products as they were at a moment, for comparison and as a backup.

    Written by `npta snapshot`.
    """

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
