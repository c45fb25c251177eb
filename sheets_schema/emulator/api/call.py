"""What all routes read of a request and its query."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sheets_schema.emulator.api.routes import Found, Query
from sheets_schema.emulator.api.values import Rendering
from sheets_schema.emulator.batch.context import Context
from sheets_schema.emulator.errors import invalid_argument
from sheets_schema.emulator.messages.field_masks import Mask
from sheets_schema.emulator.messages.request_validation import validate_enum
from sheets_schema.emulator.model.a1 import Area
from sheets_schema.emulator.model.a1_resolver import locate
from sheets_schema.emulator.model.permissions import Account
from sheets_schema.emulator.model.quirks import Quirks
from sheets_schema.emulator.model.workbook import JsonDict, Sheet, Workbook


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A request that has been read as far as all routes have in common."""

    found: Found
    query: Query
    body: Any
    mask: Mask
    person: Account
    quirks: Quirks
    number: Callable[[], int]
    now: float

    def context(self, book: Workbook) -> Context:
        """Return what requests of a batch work with."""
        return Context(book, self.person, self.quirks, self.number, self.now)


RouteHandler = Callable[[ApiCall, Workbook], JsonDict]


def rendering(query: Query, prefix: str = "") -> Rendering:
    """Return the render options of a read.

    With the prefix `response` they are those of the values in a write's answer.
    """
    shown, dates = (f"response{name}" if prefix else name[0].lower() + name[1:] for name in _RENDER_NAMES)
    return Rendering(
        validate_enum("ValueRenderOption", query.text(shown, "FORMATTED_VALUE"), shown),
        validate_enum("DateTimeRenderOption", query.text(dates, "SERIAL_NUMBER"), dates),
    )


_RENDER_NAMES = ("ValueRenderOption", "DateTimeRenderOption")


def major_dimension(query: Query) -> str:
    """Return whether values come by rows or by columns."""
    major = validate_enum("Dimension", query.text("majorDimension", "ROWS"), "major_dimension")
    return "ROWS" if major == "DIMENSION_UNSPECIFIED" else major


def input_option(option: str) -> str:
    """Check `valueInputOption`, which must be set."""
    if option in {"", "INPUT_VALUE_OPTION_UNSPECIFIED"}:
        raise invalid_argument("'valueInputOption' is required but not specified")
    return validate_enum("ValueInputOption", option, "value_input_option")


def located(book: Workbook, ranges: list[str]) -> list[tuple[Sheet, Area]] | None:
    """Return the areas of `ranges`; None when none are given."""
    return [locate(book, text)[:2] for text in ranges] or None
