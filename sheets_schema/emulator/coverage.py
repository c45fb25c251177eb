"""What is served and what is refused, read from the code itself, for documentation and for tests."""

from __future__ import annotations

from sheets_schema.emulator.batch import HANDLERS
from sheets_schema.emulator.faults import KINDS
from sheets_schema.emulator.routes import ROUTES
from sheets_schema.emulator.shapes import fields_of, message_names


def served_routes() -> list[tuple[str, str]]:
    """Name and HTTP method of every address of Sheets and Drive that is served."""
    return [(route.name, route.method) for route in ROUTES]


def served_kinds() -> list[str]:
    """Every kind of request of a batch that is served."""
    return sorted(HANDLERS)


def refused_kinds() -> list[str]:
    """Kinds that Google has and the emulator refuses by name, with a 501."""
    return sorted(name for name, kind in fields_of("Request").items() if not kind)


def refused_fields() -> list[str]:
    """Fields that Google has and the emulator refuses by name, as `Message.field`."""
    return sorted(
        f"{message}.{name}"
        for message in message_names()
        if message not in {"Request", "Response"}
        for name, kind in fields_of(message).items()
        if not kind
    )


def faults() -> list[str]:
    """Every fault that can be asked for."""
    return sorted(KINDS)
