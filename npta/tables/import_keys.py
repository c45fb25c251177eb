"""*Import Keys*, the paste zone, and where an import takes the pasted rows."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npta.tables.catalogue import Component
from npta.tables.columns import Typed
from sheets_schema import Choices, Generated, InputTable, InternalTable, Width
from sheets_schema.advanced import Highlight, Style, Tone


class ImportKeys(
    InputTable,
    tab="Import Keys",
    highlights=(Highlight("problem", "CUSTOM_FORMULA", '({problem}<>"")*(ROW()>1)', Tone.WRONG),),
):
    """The paste zone for new keys."""

    region: Annotated[Typed, Width(90), Field(description="For example CANADA")] = None
    provider: Annotated[Typed, Width(90), Field(description="For example NASM")] = None
    product_code: Annotated[
        Typed,
        Width(160),
        Style(monospace=True),
        Field(description="For example CPT; stock bundles begin with NSBK_"),
    ] = None
    component: Annotated[Typed, Choices(tuple(Component)), Width(100)] = None
    keycode: Annotated[Typed, Width(220), Style(monospace=True), Field(description="Kept letter for letter")] = None
    seats: Annotated[Typed, Width(60), Style(right=True), Field(description="How many customers the key serves")] = None
    problem: Annotated[Typed, Generated(), Width(420), Field(description="Why the row was not imported")] = None


class ImportCapture(InternalTable, tab="Import Capture", hidden=True):
    """Where an import moves the pasted rows, so that nobody edits them while they are read."""

    region: Typed = None
    provider: Typed = None
    product_code: Typed = None
    component: Typed = None
    keycode: Typed = None
    seats: Typed = None
    problem: Typed = None
