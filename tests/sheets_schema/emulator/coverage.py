"""What is served and what is refused, read from the code itself, for documentation and for tests."""

from __future__ import annotations

import sys
import textwrap
from dataclasses import fields
from typing import get_args, get_type_hints

from sheets_schema.emulator.api.routes import ROUTES
from sheets_schema.emulator.batch import HANDLERS
from sheets_schema.emulator.faults.fault_queue import KINDS
from sheets_schema.emulator.messages.message_fields import message_fields
from sheets_schema.emulator.model.quirks import Quirks


def supported_routes() -> list[tuple[str, str]]:
    """Name and HTTP method of every address of Sheets and Drive that is served."""
    return [(route.name, route.method) for route in ROUTES]


def supported_kinds() -> list[str]:
    """Every kind of request of a batch that is served."""
    return sorted(HANDLERS)


def unsupported_kinds() -> list[str]:
    """Kinds that Google has and the emulator refuses by name."""
    return sorted(name for name, kind in message_fields()["Request"].items() if not kind)


def unsupported_fields() -> list[str]:
    """Fields that Google has and the emulator refuses by name, as `Message.field`."""
    return sorted(
        f"{message}.{name}"
        for message in sorted(message_fields())
        if message not in {"Request", "Response"}
        for name, kind in message_fields()[message].items()
        if not kind
    )


def faults() -> list[str]:
    """Every fault that can be asked for."""
    return sorted(KINDS)


def page() -> str:
    """The lists of `docs/library/emulator.md`, as Markdown."""
    parts = [
        ("### Addresses", [f"`{method}` {name}" for name, method in supported_routes()]),
        ("### Requests of a batch", [f"`{kind}`" for kind in supported_kinds()]),
        ("### Refused by name: requests of a batch", [f"`{kind}`" for kind in unsupported_kinds()]),
        ("### Refused by name: fields", [f"`{name}`" for name in unsupported_fields()]),
        ("### Faults", [f"`{name}`" for name in faults()]),
        ("### Quirks, the default first", [_switch(field.name) for field in fields(Quirks)]),
    ]
    return "\n\n".join(f"{title}\n\n{_paragraph(items)}" for title, items in parts) + "\n"


def _switch(name: str) -> str:
    default = getattr(Quirks(), name)
    others = [choice for choice in get_args(get_type_hints(Quirks)[name]) if choice != default]
    return f"`{name}`: {default}, {', '.join(others)}"


def _paragraph(items: list[str]) -> str:
    return textwrap.fill(" · ".join(items), 118, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    sys.stdout.write(page())
