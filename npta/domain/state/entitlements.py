"""Entitlements and pools: what a product opens, and from which keys.

`NASM-NSBK_CPT-CNC-CES-FULL` is provider NASM, product code NSBK_CPT-CNC-CES, level FULL: codes contain hyphens, so the
text is split at the first and at the last one.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from npta.domain.state.normalized_text import canonical, quoted
from npta.tables import Component


class Level(StrEnum):
    """How much of a course a purchase opens."""

    FULL = "FULL"
    CONTENT = "CONTENT"
    EXAM = "EXAM"


COMPONENT_OF = {Level.FULL: Component.COMBINED, Level.CONTENT: Component.CONTENT, Level.EXAM: Component.EXAM}


class Pool(NamedTuple):
    """Keys that serve the same need. A stock bundle is a pool of its own."""

    region: str
    provider: str
    product_code: str
    component: Component

    def __str__(self) -> str:
        return f"{self.region} {self.provider} {self.product_code} {self.component}"


class Entitlement(NamedTuple):
    """Access granted on purchase."""

    provider: str
    product_code: str
    level: Level

    def __str__(self) -> str:
        return f"{self.provider}-{self.product_code}-{self.level}"

    def pool(self, region: str) -> Pool:
        """Return the pool whose keys open it."""
        return Pool(region, self.provider, self.product_code, COMPONENT_OF[self.level])


class InvalidEntitlementError(ValueError):
    """An entitlement, provider or product code that cannot be meant, as a sentence for people."""


_PROVIDER = re.compile(r"[A-Z0-9_]+")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9_.+&/-]*")


def parse_entitlement(text: str) -> Entitlement:
    """Read one entitlement, in any letter case. Raises `InvalidEntitlementError`."""
    cleaned = canonical(text).upper()
    provider, first, rest = cleaned.partition("-")
    code, last, level = (part.strip() for part in rest.rpartition("-"))
    if not (first and last):
        raise InvalidEntitlementError(
            f"{quoted(canonical(text))} is not PROVIDER-PRODUCT_CODE-LEVEL (for example NASM-CPT-FULL)"
        )
    if level not in set(Level):
        raise InvalidEntitlementError(
            f"{quoted(canonical(text))} ends in {quoted(level) if level else 'nothing'}; the level is FULL, CONTENT or EXAM"
        )
    return Entitlement(checked_provider(provider), checked_code(code), Level(level))


def parse_entitlements(text: str) -> tuple[Entitlement, ...]:
    """Read a list separated by commas, maybe empty; the same one twice means two seats."""
    if not canonical(text):
        return ()
    parts = text.split(",")
    if not all(map(canonical, parts)):
        raise InvalidEntitlementError("there is a comma too many")
    return tuple(parse_entitlement(part) for part in parts)


def written(entitlements: tuple[Entitlement, ...]) -> str:
    """Return the list as it is published."""
    return ",".join(str(entitlement) for entitlement in entitlements)


def checked_provider(text: str) -> str:
    """Return a provider in capitals. Raises `InvalidEntitlementError`, also for a hyphen."""
    cleaned = canonical(text).upper()
    if not _PROVIDER.fullmatch(cleaned):
        raise InvalidEntitlementError(f"the provider {_shown(text)} must be letters and digits, without a hyphen")
    return cleaned


def checked_code(text: str) -> str:
    """Return a product code in capitals. Raises `InvalidEntitlementError`."""
    cleaned = canonical(text).upper()
    if not _CODE.fullmatch(cleaned):
        raise InvalidEntitlementError(f"the product code {_shown(text)} must be letters, digits, _ and -")
    if cleaned.startswith("NSBK") and not cleaned.startswith("NSBK_"):
        raise InvalidEntitlementError(
            f"the product code {_shown(text)} is a stock bundle's: write NSBK_ with the underscore"
        )
    if cleaned == "NSBK_":
        raise InvalidEntitlementError(f"the product code {_shown(text)} names no courses after NSBK_")
    return cleaned


def _shown(text: str) -> str:
    return quoted(canonical(text)) if canonical(text) else "(empty)"
