"""How full the spreadsheet is, in words."""

from __future__ import annotations

CELLS_AN_ORDER = 94
"""What an order with one key takes: a row of Key Ledger, two of Orders and of the Commit Log, six of the Outbox."""
_TIGHT = 0.7
"""From here on people are told what it is time for."""


def how_full(cells: int, most: int) -> str:
    """Return how many cells there are and for about how many orders there is room."""
    orders = max(0, most - cells) // CELLS_AN_ORDER
    text = f"{cells:,} of {most:,} cells ({cells * 100 // most} %), room for about {_rounded(orders):,} orders"
    if cells < _TIGHT * most:
        return text
    return f"{text}. Take out tabs, rows and columns of your own that nobody needs, and plan a new spreadsheet (docs/internals/layout.md)"


def _rounded(orders: int) -> int:
    """Two digits are all that the estimate is good for."""
    step = 10 ** max(0, len(str(orders)) - 2)
    return int(orders // step * step)
