"""What was seen in the catalogue form when it was last read, kept beside the lock cell.

Orders and *Attention* work without reading forms; what they must know of one is left here by the operations that read it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from npta.domain.catalogue.catalogue import read_catalogue
from npta.domain.catalogue.computed_columns import shown
from npta.domain.state.normalized_text import cell_text
from npta.domain.state.rows_in_cell import by_column, read_rows
from npta.domain.state.state import State
from sheets_schema import InputRow

LONGEST = 40_000
"""Characters of the cell; Google allows 50,000 (documented)."""

ROW_GONE = "unsynced: its row is gone, and orders still see it"


class CatalogueWarning(NamedTuple):
    """A catalogue row that a person should look at; row 0 for a product whose row is gone."""

    row: int
    sku: str
    message: str


class CatalogueSummary(NamedTuple):
    """SKUs that are not active in Shopify, SKUs that vanished from it, and rows with problems."""

    inactive: frozenset[str] = frozenset()
    vanished: frozenset[str] = frozenset()
    remarks: tuple[CatalogueWarning, ...] = ()


def summarize(rows: Sequence[InputRow], state: State, region: str, vanished: frozenset[str]) -> CatalogueSummary:
    """Summarise the catalogue form, as far as it matters elsewhere."""
    skus = [cell_text(row.cells.get("sku")) for row in rows]
    inactive = {
        sku for sku, row in zip(skus, rows, strict=True) if cell_text(row.cells.get("active")).upper() == "FALSE"
    }
    remarks = []
    for row in read_catalogue(rows):
        found = shown(row, state, region, vanished)
        if found.state.needs_a_person:
            remarks.append(CatalogueWarning(row.number, row.sku, found.status))
    there = set(skus)
    remarks += [
        CatalogueWarning(0, sku, ROW_GONE) for sku, product in state.products.items() if product and sku not in there
    ]
    return CatalogueSummary(frozenset(inactive), vanished & there, tuple(remarks))


@lru_cache(maxsize=8)
def read_summary(text: str) -> CatalogueSummary:
    """Read the summary from its cell; an empty one has seen nothing."""
    if not text:
        return CatalogueSummary()
    content = json.loads(text)
    names = CatalogueSummary._fields  # earlier versions wrote a list
    inactive, vanished, remarks = [content[name] for name in names] if isinstance(content, dict) else content
    warnings = tuple(CatalogueWarning(*row) for row in read_rows(CatalogueWarning._fields, remarks))
    return CatalogueSummary(frozenset(inactive), frozenset(vanished), warnings)


def write_summary(seen: CatalogueSummary) -> str:
    """Write the summary for its cell; remarks that do not fit are left out, the last first."""
    for count in (len(seen.remarks), 100, 10, 0):
        remarks = by_column(CatalogueWarning._fields, seen.remarks[:count])
        content = {"inactive": sorted(seen.inactive), "vanished": sorted(seen.vanished), "remarks": remarks}
        text = json.dumps(content, ensure_ascii=False)
        if len(text) <= LONGEST:
            return text
    return ""
