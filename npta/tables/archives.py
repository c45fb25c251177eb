"""*Archive Index*, and *Archived Orders* in an archive."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npta.tables.columns import CODE
from sheets_schema import Ledger


class ArchiveIndex(Ledger, tab="Archive Index", hidden=True):
    """Which orders stand in which archive: a row for all that left together.

    Row n of the archive's tab, below its header, is the n-th of them.
    """

    at: str
    archive: Annotated[str, Field(description="The archive, as NPTA_ARCHIVES names it")]
    tab: Annotated[str, Field(description="The archive's tab that has them")]
    orders: Annotated[int, Field(description="How many they are")]
    rows: Annotated[int, Field(description="How many rows the tab has; those after the orders tell of keys alone")]
    lowest: Annotated[str, Field(description="The lowest of their ids")] = ""
    highest: Annotated[str, Field(description="The highest of their ids")] = ""
    packed: Annotated[str, Field(description="Their ids, names and keys, for the service")] = ""
    digest: Annotated[str, Field(description="Of the digests of their rows")] = ""
    commit: str = ""


class ArchivedOrder(Ledger, tab="Archived Orders"):
    """An order in an archive: what stood of it in Orders and Key Ledger."""

    order_id: Annotated[str, CODE]
    order_name: str = ""
    customer_name: str = ""
    email: Annotated[str, Field(description="Its address, and those before it that a person has corrected")] = ""
    rows: Annotated[str, Field(repr=False, description="Its rows, as JSON; without key codes")]
    digest: Annotated[str, Field(description="Of the other columns, to notice a change")]
