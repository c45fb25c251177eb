"""The part of the audit that looks at keys: no seat is used twice, none of a retired key is sold, first in goes out first.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from npta.domain.reports.audit_finding import AuditFinding
from npta.domain.state.entitlements import InvalidEntitlementError, parse_entitlement
from npta.domain.state.state import State, StockKey
from npta.domain.state.wording import count
from npta.tables import ImportHistory, KeyEvent, KeyLedger

Numbered = Iterable[tuple[int, KeyLedger]]
"""Facts with their sheet rows."""


class SeatsAudit:
    """Keys and what happens to their seats, taken in row by row; a fact that cannot be true is named where it stands."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._imported: dict[tuple[str, str], int] = {}
        self._retired: dict[str, int] = {}
        """By key, the row that retired it."""

    def imports(self, facts: Iterable[tuple[int, ImportHistory]]) -> Iterator[AuditFinding]:
        """Take imported keys in; an id or a code stands there once."""
        for row, fact in facts:
            first = self._imported.setdefault((fact.provider, fact.keycode), row)
            if fact.key_id in self._state.keys:
                yield AuditFinding(ImportHistory.title, row, f"the key id {fact.key_id} stands there twice")
            elif first != row:
                yield AuditFinding(
                    ImportHistory.title, row, f"the same key of this provider was imported before, in row {first}"
                )
            elif fact.seats < 1:
                yield AuditFinding(ImportHistory.title, row, f"{count(fact.seats, 'seat')}")
            else:
                self._state.apply(fact)

    def seats(self, facts: Numbered) -> Iterator[AuditFinding]:
        """Take in what happened to seats in one commit."""
        given_back: Counter[tuple[str, str]] = Counter()
        for row, fact in facts:
            given_back[fact.order_id, fact.key_id] += fact.seats if fact.event is KeyEvent.RELEASED else 0
            key = self._state.keys.get(fact.key_id)
            if key is None:
                yield AuditFinding(KeyLedger.title, row, f"the key {fact.key_id} was never imported before")
                continue
            if wrong := self._wrong(fact, key, given_back[fact.order_id, fact.key_id]):
                yield AuditFinding(KeyLedger.title, row, wrong)
            self._state.apply(fact)
            if self._state.keys[fact.key_id].retired:
                self._retired.setdefault(fact.key_id, row)

    def _wrong(self, fact: KeyLedger, key: StockKey, given_back: int) -> str:
        """Why a fact about seats cannot be true at its place; empty if it can.

        `given_back` are seats of the key that the same order has given back in the same commit.
        """
        if fact.keycode != key.keycode:
            return f"another keycode than the key {fact.key_id} has"
        seats = count(fact.seats, "seat")
        match fact.event:
            case KeyEvent.ASSIGNED:
                return self._wrong_assignment(fact, key)
            case KeyEvent.RELEASED:
                held = self._held(fact)
                return "" if 0 < fact.seats <= held else f"releases {seats}, but the order holds {held}"
            case KeyEvent.RETIRED:
                return _wrong_retirement(fact, key, given_back)
            case KeyEvent.ADJUSTED:
                return "" if fact.seats >= key.taken else f"adjusts the key to {seats}, but {key.taken} are taken"

    def _held(self, fact: KeyLedger) -> int:
        """Seats of the key that the order holds for the same line and entitlement."""
        place = (fact.key_id, fact.line_item_id, fact.sku, fact.entitlement)
        return sum(
            each.seats
            for each in self._state.holdings.get(fact.order_id, ())
            if (each.key_id, each.line_item_id, each.sku, each.entitlement) == place
        )

    def _wrong_assignment(self, fact: KeyLedger, key: StockKey) -> str:
        seats = count(fact.seats, "seat")
        if key.retired:
            return (
                f"order {fact.order_id} was assigned {seats} of the key {fact.key_id}, which row "
                f"{self._retired[fact.key_id]} had retired; Retire Key gives its holders another"
            )
        if not 0 < fact.seats <= key.free:
            return f"assigns {seats} of key {fact.key_id}, but {key.free} are free"
        try:
            pool = parse_entitlement(fact.entitlement).pool(key.pool.region)
        except InvalidEntitlementError as error:
            return str(error)
        if pool != key.pool:
            return f"{fact.entitlement} is served by a key of pool {key.pool}"
        oldest = next(each for each in self._state.queue(key.pool) if each.free > 0)
        if oldest.key_id != key.key_id:
            return f"first in, first out: the older key {oldest.key_id} still had {count(oldest.free, 'free seat')}"
        return ""


def _wrong_retirement(fact: KeyLedger, key: StockKey, given_back: int) -> str:
    """A key is retired with its free seats, also if it has none; what an order gives back into quarantine is some."""
    seats = count(fact.seats, "seat")
    if fact.order_id and not 0 < fact.seats <= given_back:
        return f"quarantines {seats}, of which the order {fact.order_id} gave back {given_back} with it"
    rest = key.quarantined if key.retired else key.free
    return "" if 0 <= fact.seats <= rest else f"retires {seats} of {rest} that no order holds"
