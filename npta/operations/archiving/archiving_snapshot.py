"""What portions are chosen from: first rows of ledgers, and the state of that time.

Three calls read it; portion after portion is chosen from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from npta.domain.state.state import State
from npta.services import Services
from npta.tables import KeyLedger, Orders
from sheets_schema import Database, Deadline, Ledger, Transaction
from sheets_schema.advanced import Departure, FirstRows

ALL = 1_000_000
"""Rows, and orders, that a plan looks at."""
ROWS = 10_000
"""Rows of each ledger that are read at once, for some portions."""
LEDGERS: tuple[type[Ledger], ...] = (Orders, KeyLedger)
"""Whose rows leave together with an order."""


@dataclass
class ArchivingSnapshot:
    """The first rows of ledgers, and the state of about that time.

    Portions are chosen from both until a row has moved.
    """

    state: State
    first: Mapping[type[Ledger], FirstRows]
    commits: int
    """Rows of the commit log in the sheet."""
    number: int
    """The number of the next portion."""
    whole: Collection[type[Ledger]]
    """Ledgers of which all rows were read."""
    bytes_beside: int
    """About how many bytes of a batch take what stands for rows of other ledgers."""
    held: Transaction[State]
    """Keeps `state` as it is, whatever is committed."""

    def reaches(self, ledger: type[Ledger], before: str) -> bool:
        """Whether no rows of before that time come after those that were read."""
        rows = self.first[ledger].rows
        return ledger in self.whole or bool(rows and rows[-1].at >= before)


def take_snapshot(
    services: Services, deadline: Deadline, ledgers: Sequence[type[Ledger]] = LEDGERS, most: int | None = None
) -> ArchivingSnapshot:
    """Read the state, then first rows: three calls."""
    with services.spreadsheet.read(timeout=deadline) as tx:
        most = most or ROWS
        first = services.spreadsheet.first_rows(ledgers, most=most, timeout=deadline)
        whole = {ledger for ledger in ledgers if len(first[ledger].rows) < most}
        beside = first[ledgers[0]].bytes_beside + sum(
            Departure(rows, 0, rows.opening).opening_bytes for ledger, rows in first.items() if ledger not in LEDGERS
        )
        return ArchivingSnapshot(
            tx.state, first, tx.in_sheet(Database.log), tx.state.portion_count.value + 1, whole, beside, tx
        )
