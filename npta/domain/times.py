"""Times as text: ISO 8601 UTC to the second, so that two of them compare as texts."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_text(moment: datetime) -> str:
    """`2026-11-23T15:04:05Z`; fractions of a second are dropped, a time without a zone is UTC."""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def normal_time(text: str) -> str:
    """A time as people and machines write it (ISO 8601), as `utc_text`. Raises `ValueError`."""
    try:
        return utc_text(datetime.fromisoformat(text.strip()))
    except OverflowError as error:
        raise ValueError(text) from error
