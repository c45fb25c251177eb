"""Several rows in one cell, as JSON by column: each name is written once. Pure.

Earlier versions (until November 2026) wrote each row as a list of values; such cells are read for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def by_column(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    """Return the rows as an object of columns; an empty one if there are no rows."""
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}


def read_rows(names: Sequence[str], content: Any) -> list[Sequence[Any]]:
    """Return the rows back, their values in the order of `names`, also of earlier versions.

    Raises `KeyError`, `TypeError` or `ValueError` for what is neither.
    """
    if isinstance(content, Mapping):
        return list(zip(*(content[name] for name in names), strict=True)) if content else []
    return list(content)
