"""Which orders have left for an archive, and where each of them stands there. Pure.

An order whose rows came back since is here again, whatever the index says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from npta.domain.state.counters_and_queues import Count, Latest
from npta.domain.state.order_ids import order_name_key
from npta.domain.state.packed_orders import IndexedOrder, unpack
from npta.domain.state.wording import count
from npta.errors import DamagedError
from npta.tables import ArchiveIndex
from sheets_schema import Overlay, Projection, overlay

_ANY_ORDER = 10**30
"""More than any order's id."""
RESTORE_INDEX = "Put the tab Archive Index back as it was (File > Version history)"


class Portion(NamedTuple):
    """Orders that left together: row n of the archive's tab is the n-th of them.

    `lowest` and `highest` are the ends of their ids. They are unpacked when somebody asks: most never are.
    """

    number: int
    archive: str
    tab: str
    orders: int
    rows: int
    lowest: int
    highest: int
    packed: str
    digest: str

    def __repr__(self) -> str:
        return f"Portion({self.number}, {self.tab!r}, {self.orders} orders)"

    @property
    def entries(self) -> tuple[IndexedOrder, ...]:
        """Its orders. Raises `DamagedError`."""
        found = unpack(self.packed)
        if found is None or len(found) != self.orders:
            raise DamagedError(
                f"Tab Archive Index, row {self.number + 1}, cannot be read. It names {self.orders} orders that have left for the archive "
                f"{self.archive}, tab “{self.tab}”, and nothing is decided for orders that may be among them. {RESTORE_INDEX}, then restart the service."
            )
        return found


class ArchivedAt(NamedTuple):
    """Where an order stands in an archive: in row `row`, from 1, of a portion."""

    order: IndexedOrder
    portion: Portion
    row: int


class ArchiveReadRequired(Exception):  # noqa: N818 — no error: the caller reads them and asks again
    """What is asked for needs orders that stand in an archive."""

    def __init__(self, positions: Sequence[ArchivedAt]) -> None:
        super().__init__(f"{count(len(positions), 'order stands', 'orders stand')} in an archive")
        self.positions = tuple(positions)


@dataclass
class ArchiveIndexProjection(Projection):
    """The portions that count, and which orders have come back since."""

    portions: Overlay[int, Portion] = overlay()
    portion_count: Count = field(default_factory=Count)
    highest_archived: Latest[int] = field(default_factory=Latest)
    revived: Overlay[str, int] = overlay()
    """By order id, the portion that it came back from last."""
    portions_named: Latest[int] = field(default_factory=Latest)
    """How many portions there are at least, as the rows that stand for orders that have left say."""

    def index(self, row: ArchiveIndex) -> None:
        """Fold a row of Archive Index: one more portion."""
        number = self.portion_count.add() + 1
        try:
            ends = int(row.lowest), int(row.highest)
        except ValueError:  # somebody has written over them: it may be any order
            ends = 0, _ANY_ORDER
        portion = Portion(number, row.archive, row.tab, row.orders, row.rows, *ends, row.packed, row.digest)
        self.portions[number] = portion
        self.highest_archived.value = max(self.highest_archived.value or 0, portion.highest)

    def archived(self, order_id: str) -> ArchivedAt | None:
        """Return where an order stands, if it is not in the sheet.

        The newest portion that has it counts. Raises `DamagedError` for an index that is damaged or not known here.
        """
        back_from = self.back_from(order_id)
        if back_from < (self.portions_named.value or 0):
            self._check_index()
        if (
            not self.portion_count.value
            or not order_id.isdecimal()
            or int(order_id) > (self.highest_archived.value or 0)
        ):
            return None
        for number in range(self.portion_count.value, back_from, -1):
            portion = self.portions[number]
            if not portion.lowest <= int(order_id) <= portion.highest:
                continue
            for row, order in enumerate(portion.entries, 1):
                if order.order_id == order_id:
                    return ArchivedAt(order, portion, row)
        return None

    def has_left(self, order_id: str) -> bool:
        """Whether an order stands in an archive and not here, as far as that is known."""
        return bool(self.portion_count.value) and self.archived_if_known(order_id) is not None

    def archived_if_known(self, order_id: str) -> ArchivedAt | None:
        """Return where an order stands; None also where the index is damaged.

        That is reported where the order itself is asked for.
        """
        try:
            return self.archived(order_id)
        except DamagedError:
            return None

    def back_from(self, order_id: str) -> int:
        """Return the last portion that had left when an order was known to be here."""
        return self.revived.get(order_id, 0)

    def archived_orders(self) -> Iterator[ArchivedAt]:
        """Yield every order that stands in an archive and not here, the newest portion first."""
        self._check_index()
        done: set[str] = set()
        for number in range(self.portion_count.value, 0, -1):
            portion = self.portions[number]
            for row, order in enumerate(portion.entries, 1):
                if order.order_id not in done and self.back_from(order.order_id) < number:
                    yield ArchivedAt(order, portion, row)
                done.add(order.order_id)

    def archived_called(self, name: str) -> Iterator[ArchivedAt]:
        """Yield the archived orders that bear a name."""
        key = order_name_key(name)
        return (at for at in self.archived_orders() if key and order_name_key(at.order.order_name) == key)

    def archived_holders(self, key_id: str) -> Iterator[ArchivedAt]:
        """Yield the archived orders that hold seats of a key."""
        return (at for at in self.archived_orders() if key_id in at.order.key_ids)

    def require(self, positions: Sequence[ArchivedAt | None]) -> None:
        """Raise `ArchiveReadRequired` if any of the orders stands in an archive."""
        if found := [at for at in positions if at]:
            raise ArchiveReadRequired(found)

    @property
    def index_trouble(self) -> str:
        """What keeps archived orders from being found, and what to do; empty if nothing does."""
        named, known = self.portions_named.value or 0, self.portion_count.value
        if known >= named:
            return ""
        return (
            f"{count(named, 'portion of orders stands', 'portions of orders stand')} in archives, and this program knows {known} of them. "
            "Nothing is decided for orders that are not in the sheet, since they may be among those: set NPTA_ARCHIVES as it was. "
            f"If it is set, {RESTORE_INDEX[0].lower()}{RESTORE_INDEX[1:]}, then restart the service."
        )

    def _check_index(self) -> None:
        if trouble := self.index_trouble:
            raise DamagedError(trouble)
