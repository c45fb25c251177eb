"""What comes back of the calls about keys; see `responses.py`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from npta.web.schemas.responses import ConfirmableResponse, Part, Served


class ImportedRow(Part):
    """What became of one row of the paste zone."""

    row: Annotated[int, Field(description="Where it stands now; of an imported row, where it stood")]
    outcome: str
    reason: str


class RowWarningItem(Part):
    """What a person should look at in a row that is imported all the same."""

    row: int
    message: str


class ImportedPool(Part):
    """What an import gives one pool."""

    pool: Annotated[str, BeforeValidator(str)]
    keys: int
    seats: int
    before: Annotated[int, Field(description="Free seats without the import")]
    after: Annotated[int, Field(description="Free seats with it, before waiting orders take of them")]
    skus: Annotated[tuple[str, ...], Field(description="Published products that need the pool; none: nobody gets them")]


class ImportResponse(ConfirmableResponse):
    """What Import Keys took in."""

    imported: int
    duplicates: int
    rejected: int
    rows: tuple[ImportedRow, ...]
    warnings: tuple[RowWarningItem, ...]
    pools: tuple[ImportedPool, ...]
    served_orders: Served
    reopened_orders: tuple[str, ...]


class RetiredResponse(ConfirmableResponse):
    """A key that takes no further order."""

    key_id: str
    retired: Annotated[int, Field(ge=0, description="Free seats that left stock; 0 if it had none")]
    held: Annotated[int, Field(ge=0, description="Seats of it that orders still hold")]
    orders: Annotated[tuple[str, ...], Field(description="Orders that hold it, or have been given another")]
    replaced: bool
    retired_before: Annotated[bool, Field(description="It was retired already")]
    message: str


class AdjustedResponse(ConfirmableResponse):
    """A key's corrected number of seats."""

    key_id: str
    before: int
    seats: int
    retired: Annotated[bool, Field(description="None of its seats is sold, however many there are")]
    message: str
    served_orders: Served
    reopened_orders: tuple[str, ...]
