"""How full the spreadsheet is, in words."""

from __future__ import annotations

from npta.domain.state.wording import count

CELLS_AN_ORDER = 94
"""What an order with one key takes: a row of Key Ledger, two of Orders and of the Commit Log, six of the Outbox."""
_TIGHT = 0.7
"""How full it is when people are told what to do."""


_NEEDS_ARCHIVE = 1 / 3
"""From here on people feel it, and settled orders should leave."""


def how_full(cells: int, most: int, *, has_archives: bool = False) -> str:
    """Return how many cells there are, how many orders fit in, and what it is time for."""
    orders = max(0, most - cells) // CELLS_AN_ORDER
    room = f"about {count(_rounded(orders), 'order')}" if orders else "no more orders"
    text = f"{cells:,} of {count(most, 'cell')} ({cells * 100 // most} %), room for {room}"
    if cells >= _TIGHT * most:
        text += ". Run `npta archive`, and take out tabs, rows and columns of your own that nobody needs (docs/operations/small-sheet.md)"
    if cells > most * _NEEDS_ARCHIVE and not has_archives:
        text += (
            ". It needs an archive, for which settled orders leave: set NPTA_ARCHIVES (docs/operations/small-sheet.md)"
        )
    return text


def _rounded(orders: int) -> int:
    """Round to two digits: the estimate is no better."""
    step = 10 ** max(0, len(str(orders)) - 2)
    return int(orders // step * step)
