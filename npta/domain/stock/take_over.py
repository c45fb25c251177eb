"""The keys of a sheet kept by hand: their columns, and which are still to come.

Nothing is decided about them here: they go into the paste zone as they are, and Import Keys judges each.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from npta.domain.state.normalized_text import cell_text
from npta.domain.stock.pasted_line import FIELDS

_NAMES = {
    "region": {"region", "country"},
    "provider": {"provider", "vendor"},
    "product_code": {"productcode", "code", "product", "course"},
    "component": {"component", "type"},
    "keycode": {"keycode", "key", "accesskey", "accesscode"},
    "seats": {"seats", "quantity", "qty", "total"},
}
"""What people call the six columns, without blanks, signs and letter case."""
_SIGNS = re.compile(r"[^a-z0-9]")
_EXACT = 2**53
"""Up to here a number comes back from a cell as it went in (documented: cells hold doubles)."""

OldKey = dict[str, str | int | float | bool | None]
"""One row of the old sheet, by the columns of the paste zone."""


class OldHistory(NamedTuple):
    """The keys in their order; `missing` are columns not found, and then there are no keys."""

    keys: tuple[OldKey, ...] = ()
    missing: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"OldHistory({len(self.keys)} keys, missing={self.missing})"


def read_old_history(rows: Sequence[Sequence[str | float | bool | None]]) -> OldHistory:
    """Read the keys of a tab, header first, whatever the order and case of its columns."""
    header = [_SIGNS.sub("", str(cell or "").casefold()) for cell in (rows[0] if rows else ())]
    positions = {
        name: next((position for position, text in enumerate(header) if text in _NAMES[name]), None) for name in FIELDS
    }
    missing = tuple(name for name, position in positions.items() if position is None)
    if missing:
        return OldHistory(missing=missing)
    keys = []
    for row in rows[1:]:
        cells = {
            name: row[position] if position is not None and position < len(row) else None
            for name, position in positions.items()
        }
        if any(cell not in (None, "") for cell in cells.values()):
            keys.append({name: _exact(cell) for name, cell in cells.items()})
    return OldHistory(tuple(keys))


def still_to_come(keys: Iterable[OldKey], known: Collection[tuple[str, str]]) -> list[OldKey]:
    """Return the keys that are not `known` yet, so that a repeat brings nothing twice."""
    return [key for key in keys if named(key["provider"], key["keycode"]) not in known]


def named(provider: object, keycode: object) -> tuple[str, str]:
    """Return provider and code as the state's `codes` have them."""
    return cell_text(provider).upper(), cell_text(keycode)


def _exact(cell: str | float | bool | None) -> str | int | float | bool | None:
    """Keep a long number a double, so that Import Keys refuses it as a code."""
    return float(cell) if isinstance(cell, int) and abs(cell) > _EXACT else cell
