"""The part of the audit that looks at keys, seats, codes and Key Inventory. Pure.

No seat is used twice, none of a retired key is sold, and first in goes out first. No key with free seats has a code that
nobody can use, or that another key has. Key Inventory is no fact, but what people and Shopify are shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from npta.domain.reports.findings import FIRST_ROW, OPENING, AuditFinding, RowLocation, fault
from npta.domain.state.entitlements import InvalidEntitlementError, Pool, parse_entitlement
from npta.domain.state.normalized_text import canonical, invisible_characters, is_placeholder
from npta.domain.state.state import State
from npta.domain.state.stock import StockKey
from npta.domain.state.wording import count
from npta.domain.stock.inventory import key_inventory
from npta.tables import ImportHistory, KeyEvent, KeyInventory, KeyLedger

_RETIRE = "Retire Key takes it out of stock"


def audit_codes(imports: Sequence[ImportHistory], state: State) -> Iterator[AuditFinding]:
    """Find keys on sale whose code is a placeholder, hides a character, or reads like another's.

    Imports refuse them today; earlier versions took them in. One that is retired or used up is beyond repair.
    """
    first: dict[tuple[str, str], str] = {}
    for row, fact in enumerate(imports, FIRST_ROW):
        key = state.keys.get(fact.key_id)
        twin = first.setdefault((fact.provider, canonical(fact.keycode)), fact.key_id)
        if key is None or key.free < 1:
            continue
        if is_placeholder(fact.keycode):
            yield fault(ImportHistory, row, f"the key {fact.key_id} is no key but what stands for one. {_RETIRE}")
        elif twin != fact.key_id:
            yield fault(ImportHistory, row, f"the key {fact.key_id} reads like the key {twin}. {_RETIRE}")
        elif hidden := invisible_characters(fact.keycode):
            message = f"the key {fact.key_id} holds {' and '.join(hidden)}, which nobody sees. {_RETIRE}"
            yield fault(ImportHistory, row, message)


Placed = Iterable[tuple[RowLocation, KeyLedger]]
"""Facts with where they stand."""


class SeatsAudit:
    """Keys and their seats, taken in row by row; what cannot be true is named where it stands."""

    def __init__(self, state: State, *, whole: bool = False) -> None:
        self._state = state
        self._whole = whole
        self._imported: dict[tuple[str, str], int] = {}
        self._retired: dict[str, RowLocation] = {}
        """By key, the row that retired it."""

    def imports(self, facts: Iterable[tuple[RowLocation, ImportHistory]]) -> Iterator[AuditFinding]:
        """Take imported keys in; an id or a code stands there once."""
        for location, fact in facts:
            first = self._imported.setdefault((fact.provider, fact.keycode), location.row)
            if fact.key_id in self._state.keys:
                yield location.fault(f"the key id {fact.key_id} stands there twice")
            elif first != location.row:
                yield location.fault(f"the same key of this provider was imported before, in row {first}")
            elif fact.seats < 1:
                yield location.fault(f"{count(fact.seats, 'seat')}")
            else:
                self._state.apply(fact)

    def seats(self, facts: Placed, by_hand: Collection[tuple[str, str]] = ()) -> Iterator[AuditFinding]:
        """Take in what happened to seats in one commit.

        `by_hand` are orders with keys that a person gave them. Between rows of an opening others are missing, unless all
        are there: what hangs on these is not asked.
        """
        given_back: Counter[tuple[str, str]] = Counter()
        for location, fact in facts:
            if fact.event is KeyEvent.CARRIED:
                self._state.apply(fact)  # what it says is the orders' business: it moves no seat
                continue
            given_back[fact.order_id, fact.key_id] += fact.seats if fact.event is KeyEvent.RELEASED else 0
            key = self._state.keys.get(fact.key_id)
            if key is None:
                yield location.fault(f"the key {fact.key_id} was never imported before")
                continue
            opening = location.tab == OPENING.tab and not self._whole
            if wrong := self._wrong(fact, key, given_back[fact.order_id, fact.key_id], by_hand, opening=opening):
                yield location.fault(wrong)
            self._state.apply(fact)
            self.note_retired(fact.key_id, location)

    def note_retired(self, key_id: str, location: RowLocation) -> None:
        """Keep where a key was retired, if it is."""
        if self._state.keys[key_id].retired:
            self._retired.setdefault(key_id, location)

    def _wrong(
        self, fact: KeyLedger, key: StockKey, given_back: int, by_hand: Collection[tuple[str, str]], *, opening: bool
    ) -> str:
        """Return why a row cannot be true; `given_back` are seats that its order gave back."""
        if fact.keycode != key.keycode:
            return f"another keycode than the key {fact.key_id} has"
        seats = count(fact.seats, "seat")
        match fact.event:
            case KeyEvent.ASSIGNED:
                given = (fact.order_id, fact.key_id) in by_hand
                return _wrong_pool(fact, key, by_hand=given) if opening else self._wrong_assignment(fact, key, given)
            case KeyEvent.RELEASED:
                held = self._held(fact)
                return "" if 0 < fact.seats <= held else f"releases {seats}, but the order holds {held}"
            case KeyEvent.RETIRED:
                return "" if opening else _wrong_retirement(fact, key, given_back)
            case KeyEvent.ADJUSTED:
                return (
                    ""
                    if opening or fact.seats >= key.taken
                    else f"adjusts the key to {seats}, but {count(key.taken, 'is', 'are')} taken"
                )
        return ""

    def _held(self, fact: KeyLedger) -> int:
        position = (fact.key_id, fact.line_item_id, fact.sku, fact.entitlement)
        return sum(
            holding.seats
            for holding in self._state.holdings.get(fact.order_id, ())
            if (holding.key_id, holding.line_item_id, holding.sku, holding.entitlement) == position
        )

    def _wrong_assignment(self, fact: KeyLedger, key: StockKey, by_hand: bool) -> str:
        seats = count(fact.seats, "seat")
        if key.retired:
            return (
                f"order {fact.order_id} was assigned {seats} of the key {fact.key_id}, which "
                f"{self._retired[fact.key_id]} had retired; Retire Key gives its holders another"
            )
        if not 0 < fact.seats <= key.free:
            return f"assigns {seats} of key {fact.key_id}, but {count(key.free, 'is', 'are')} free"
        if (wrong := _wrong_pool(fact, key, by_hand=by_hand)) or by_hand:
            return wrong
        oldest = next(self._state.queue(key.pool))
        if oldest.key_id != key.key_id:
            return f"first in, first out: the older key {oldest.key_id} still had {count(oldest.free, 'free seat')}"
        return ""


def _wrong_pool(fact: KeyLedger, key: StockKey, *, by_hand: bool) -> str:
    """Return why a key cannot serve what it was assigned for."""
    try:
        pool = parse_entitlement(fact.entitlement).pool(key.pool.region)
    except InvalidEntitlementError as error:
        return str(error)
    return "" if by_hand or pool == key.pool else f"{fact.entitlement} is served by a key of pool {key.pool}"


def _wrong_retirement(fact: KeyLedger, key: StockKey, given_back: int) -> str:
    """Check a retired key's free seats, maybe none, or what an order gave back into quarantine."""
    seats = count(fact.seats, "seat")
    if fact.order_id and not 0 < fact.seats <= given_back:
        return f"quarantines {seats}, of which the order {fact.order_id} gave back {given_back} with it"
    rest = key.quarantined if key.retired else key.free
    return "" if 0 <= fact.seats <= rest else f"retires {seats} of {rest} that no order holds"


_REFRESH = "Refresh Inventory writes it anew"


def audit_inventory(state: State, shown: Sequence[KeyInventory]) -> Iterator[AuditFinding]:
    """Check that Key Inventory shows every pool once, as the ledgers have it."""
    wanted = {_pool(row): row for row in key_inventory(state)}
    seen: set[Pool] = set()
    for number, row in enumerate(shown, FIRST_ROW):
        pool = _pool(row)
        if pool not in wanted:
            yield fault(KeyInventory, number, f"no key of the pool {pool} was ever imported. {_REFRESH}")
        elif pool in seen:
            yield fault(KeyInventory, number, f"the pool {pool} has a row already. {_REFRESH}")
        elif _counts(row) != _counts(wanted[pool]):
            message = f"{pool} shows {_counts(row)}; by the ledgers it is {_counts(wanted[pool])}. {_REFRESH}"
            yield fault(KeyInventory, number, message)
        seen.add(pool)
    for pool in wanted.keys() - seen:
        yield fault(KeyInventory, len(shown) + FIRST_ROW, f"the pool {pool} has no row. {_REFRESH}")


def _pool(row: KeyInventory) -> Pool:
    return Pool(row.region, row.provider, row.product_code, row.component)


def _counts(row: KeyInventory) -> str:
    return f"total {row.total}, used {row.used}, quarantined {row.quarantined}, available {row.available}"
