"""Times as text, which compare as texts, and what every row is stamped with."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple


class Stamp(NamedTuple):
    """When a fact became true (ISO 8601 UTC), and the id of the commit that writes it."""

    at: str
    commit: str


def utc_text(moment: datetime) -> str:
    """`2026-11-23T15:04:05Z`; fractions of a second are dropped, a time without a zone is UTC."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


DAY = len("2026-11-23")
"""Characters of a stored time that tell its day."""
_START = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH = re.compile(r"(1[0-9]{9})(?:[0-9]{3})?")


def normal_time(text: str) -> str:
    """Return an ISO 8601 time, or seconds since 1970, as `utc_text`. Raises `ValueError`."""
    plain = text.strip().upper().removesuffix("UTC").removesuffix("GMT").rstrip()
    head, _, zone = plain.rpartition(" ")  # `2026-11-23 15:04:05 -0500`, as Ruby writes it
    plain = head + zone if zone.startswith(("+", "-")) else plain
    try:
        if seconds := _EPOCH.fullmatch(plain):
            return utc_text(_START + timedelta(seconds=int(seconds[1])))
        return utc_text(datetime.fromisoformat(plain))
    except OverflowError as error:
        raise ValueError(text) from error


def moment(text: str) -> datetime | None:
    """Return a stored time.

    None for none, and for one that a person has changed into something else.
    """
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
