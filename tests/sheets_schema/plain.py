"""What a process knows, as a value that is equal for equal knowledge."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from datetime import tzinfo
from typing import Any

from sheets_schema import Database


def digest(value: Any) -> bytes:
    """A short name for a value, the same for equal ones."""
    return hashlib.blake2b(repr(plain(value)).encode(), digest_size=12).digest()


def plain(value: Any) -> Any:
    """A value as nested tuples of simple ones."""
    match value:
        case None | str() | bytes() | int() | float() | type():
            return value
        case tzinfo():
            return str(value)
        case Mapping():
            return tuple(sorted(((plain(key), plain(each)) for key, each in value.items()), key=repr))
        case AbstractSet():
            return tuple(sorted((plain(each) for each in value), key=repr))
        case list() | tuple():
            return tuple(plain(each) for each in value)
        case _ if is_dataclass(value):
            return tuple(plain(getattr(value, each.name)) for each in fields(value))
    return plain(vars(value))


def memory(sheet: Database[Any], now: float) -> tuple[Any, ...]:
    """Everything that a process knows between two transactions, with ages instead of moments.

    Ages beyond which nothing depends on them are alike.
    """
    leader, timing, snapshot = sheet._coordinator, sheet.timing, sheet._replica.snapshot
    lock = leader._lease
    ages = (
        min(now - lock._last_sent, timing.renew_deadline),
        None if lock._held_since is None else min(now - lock._held_since, timing.max_hold),
        min(now - lock._seen_since, max(timing.lease_duration, timing.confirmation_delay)),
        min(now - snapshot.read_at, timing.max_staleness),
        max(0.0, leader._yields_until - now),
        max(0.0, leader._staleness._reads_until - now),
    )
    known = {name: value for name, value in vars(snapshot).items() if name not in ("schema", "read_at", "recent")}
    return (*ages, digest((known, lock._seen, lock._own, leader._promised, leader._in_doubt)))
