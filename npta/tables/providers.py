"""*Providers*: what mails say about their keys."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npta.tables.columns import Typed
from sheets_schema import InputTable, Width


class Providers(InputTable, tab="Providers"):
    """What mails say about a provider's keys. People fill it, and Sync Catalogue publishes it."""

    provider: Annotated[Typed, Width(100), Field(description="As in entitlements, for example NASM")] = None
    provider_name: Annotated[
        Typed, Field(alias="name"), Width(220), Field(description="What customers call it; the provider, if empty")
    ] = None
    redeem: Annotated[Typed, Width(420), Field(description="How to redeem its keys; several lines may be typed")] = None
    url: Annotated[Typed, Width(260), Field(description="Where to redeem them: https://…")] = None
