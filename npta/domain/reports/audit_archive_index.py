"""The part of the audit that looks at Archive Index. Pure.

It says which orders stand in which archive. What the archives themselves say is not looked at here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from npta.domain.reports.findings import OPENING, AuditFinding, RowLocation
from npta.domain.state.archive_index import RESTORE_INDEX, Portion
from npta.domain.state.state import State
from npta.domain.state.wording import count
from npta.errors import DamagedError
from npta.tables import ArchiveIndex, KeyLedger, Orders

INDEX = RowLocation(ArchiveIndex.__table__.title)


def audit_index(
    portions: Iterable[tuple[RowLocation, ArchiveIndex]], state: State, named: int
) -> Iterator[AuditFinding]:
    """Check what each row of the index says; `named` portions have left as the opening tells."""
    titles: set[tuple[str, str]] = set()
    for number, (location, row) in enumerate(portions, 1):
        if wrong := _wrong_portion(number, row, state.portions[number]):
            yield location.fault(f"{wrong}. {RESTORE_INDEX}")
        if (row.archive, row.tab) in titles:
            yield location.fault(f"the tab “{row.tab}” has a row already. {RESTORE_INDEX}")
        titles.add((row.archive, row.tab))
    if named != state.portion_count.value:
        message = f"{count(named, 'portion has', 'portions have')} left, but {count(state.portion_count.value, 'row stands', 'rows stand')} here"
        yield INDEX.fault(f"{message}. {RESTORE_INDEX}")


def _wrong_portion(number: int, row: ArchiveIndex, portion: Portion) -> str:
    if not row.tab.startswith(f"{number:05} "):
        return f"this is portion {number}, but the tab “{row.tab}” is another's"
    try:
        ids = [order.order_id for order in portion.entries]
    except DamagedError:
        return f"which orders portion {number} has cannot be read"
    if twice := [order_id for order_id, times in Counter(ids).items() if times > 1]:
        return f"order {twice[0]} stands twice in portion {number}"
    if not ids or not all(order_id.isdecimal() for order_id in ids):
        return f"portion {number} has no orders, or an id that is no number"
    numbers = sorted(map(int, ids))
    if [str(numbers[0]), str(numbers[-1])] != [row.lowest, row.highest]:
        return f"portion {number}: its orders are {numbers[0]} to {numbers[-1]}, not {row.lowest} to {row.highest}"
    if row.rows < row.orders:
        return f"portion {number} cannot have fewer rows than orders"
    return ""


def audit_absence(
    orders: Iterable[tuple[RowLocation, Orders]], seats: Iterable[tuple[RowLocation, KeyLedger]], state: State
) -> Iterator[AuditFinding]:
    """Check that of orders that stand in an archive there is nothing here."""
    if not state.portion_count.value:
        return
    here: dict[str, list[RowLocation]] = {}
    for order_id, location in chain(
        ((row.order_id, location) for location, row in orders), ((row.order_id, location) for location, row in seats)
    ):
        here.setdefault(order_id, []).append(location)
    try:
        away = [at for at in state.archived_orders() if at.order.order_id in here]
    except DamagedError:  # reported by `audit_index`
        return
    for at in away:
        stands = f"stands in the archive (portion {at.portion.number}, row {at.row + 1}) and has not come back"
        for location in here[at.order.order_id]:
            yield location.fault(f"order {at.order.order_id} {stands}, but a row of it is here")


def audit_holders(state: State) -> Iterator[AuditFinding]:
    """Check that seats which no order here holds are held by orders in archives."""
    if not state.portion_count.value:
        return
    here: Counter[str] = Counter()
    for holdings in state.holdings.values():
        for held in holdings:
            here[held.key_id] += held.seats
    try:
        holders = Counter(key_id for at in state.archived_orders() for key_id in at.order.key_ids)
    except DamagedError:  # reported by `audit_index`
        return
    for key in state.keys.values():
        if key.used < 0 or key.taken > key.seats:
            taken = count(key.taken, "seat is taken", "seats are taken")
            yield OPENING.fault(f"with what it says, of the key {key.key_id} {taken}; it has {key.seats}")
        away = key.used - here[key.key_id]
        if (away > 0) != (holders[key.key_id] > 0) or away < holders[key.key_id]:
            used = count(key.used, "seat is used", "seats are used")
            orders = count(holders[key.key_id], "order in archives holds", "orders in archives hold")
            yield OPENING.fault(
                f"of the key {key.key_id} {used}; orders here hold {here[key.key_id]}, and by Archive Index {orders} the others"
            )
    for key_id in holders.keys() - {*state.keys}:
        yield INDEX.fault(f"an order in an archive holds the key {key_id}, which was never imported")
