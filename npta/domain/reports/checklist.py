"""A check as people read it: what was looked at, whether it is right, and what to do if not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from npta.domain.state.wording import count


class ChecklistItem(NamedTuple):
    """One line of a check list. `details` name each single miss, `next_step` says what to do about them."""

    what: str
    ok: bool
    found: str
    next_step: str = ""
    details: tuple[str, ...] = ()


def check(what: str, misses: Iterable[str], *, right: str, wrong: tuple[str, str], next_step: str) -> ChecklistItem:
    """Right if nothing is missed. `wrong` are the words for one miss and for several: `2 rows that are not published`."""
    details = tuple(misses)
    if not details:
        return ChecklistItem(what, ok=True, found=right)
    return ChecklistItem(what, ok=False, found=count(len(details), *wrong), next_step=next_step, details=details)
