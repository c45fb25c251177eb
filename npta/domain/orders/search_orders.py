"""Find orders by an id, a name, an address, a customer or a key code. Pure.

Everything that fits is listed, and nothing is guessed: an order's name may be another order's id.
"""

from __future__ import annotations

import unicodedata
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from npta.domain.state.normalized_text import canonical, comparable
from npta.domain.state.order_ids import order_id_key, read_order_ref
from npta.domain.state.order_record import TAKEN_BACK, OrderRecord, Status
from npta.domain.state.state import State

MAX_HITS = 50
MIN_LETTERS = 3
"""Letters and digits of a customer's name that must be given, unless it is the whole name."""


class OrderHit(NamedTuple):
    """An order that fits, as a list shows it; `seen_at` is when it first came."""

    order_id: str
    order_name: str
    customer_name: str
    email: str
    status: Status
    delivered: bool
    seen_at: str

    def __repr__(self) -> str:
        return f"OrderHit({self.order_id}, {self.status})"


class OrderHits(NamedTuple):
    """Orders that fit: those found by an id, name, address or code first, then the newest."""

    orders: tuple[OrderHit, ...]
    more: bool


class Likeness(Enum):
    """How an address or a customer's name fits what is looked for."""

    EXACT = "exact"
    ALIKE = "alike"


class Wanted:
    """What is looked for, as an address and as a customer's name."""

    def __init__(self, text: str) -> None:
        self._address, self._words = canonical(text).casefold(), fold(canonical(text)).split()
        self._searches_names = sum(map(len, self._words)) >= MIN_LETTERS

    def fits(self, customer_name: str, *addresses: str) -> Likeness | None:
        """Return how an order's customer fits; None if not at all."""
        if self._address and self._address in map(str.casefold, addresses):
            return Likeness.EXACT
        if not self._words or not customer_name:
            return None
        name = fold(customer_name)
        whole = name.split() == self._words
        return Likeness.ALIKE if whole or (self._searches_names and all(word in name for word in self._words)) else None


def search_orders(state: State, text: str) -> OrderHits:
    """Return the orders that a text names in any way.

    One that holds a key is found by the key's code or id.
    """
    wanted = canonical(text)
    named = _ids_and_names(state, wanted)
    state.require([state.archived(order_id) for order_id in named])
    exact = {order_id for order_id in named if order_id in state.orders}
    exact |= _by_key(state, comparable(text))
    customer = Wanted(text)
    alike: set[str] = set()
    for record in state.orders_here():
        likeness = customer.fits(record.customer_name, record.email, *record.wrong_emails)
        if likeness is Likeness.EXACT:
            exact.add(record.order_id)
        elif likeness is Likeness.ALIKE:
            alike.add(record.order_id)
    found = [*_newest_first(state, exact), *_newest_first(state, alike - exact)]
    return OrderHits(tuple(map(_hit, found[:MAX_HITS])), len(found) > MAX_HITS)


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """Return a name without case, accents and punctuation, for comparison."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    kept = (
        " " if unicodedata.category(char)[0] in "PSZC" else char for char in plain if not unicodedata.combining(char)
    )
    return " ".join("".join(kept).split())


_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
        "'": "",
        "’": "",
        "`": "",
    }
)
"""Letters that are no accented ones to Unicode, and that people type without theirs; O’Brien is Obrien."""


def _ids_and_names(state: State, wanted: str) -> set[str]:
    bearers = set(state.bearers(wanted)) if wanted else set()
    try:
        ref = read_order_ref(wanted)
    except ValueError:
        return bearers
    if ref.name:
        return bearers
    # Both spellings of an id with zeros in front, where rows of earlier versions have them.
    return bearers | {ref.typed, state.kept_id(ref.order_id), order_id_key(ref.order_id)}


def _by_key(state: State, code: str) -> set[str]:
    if not code:
        return set()
    keys = {key.key_id for key in state.keys.values() if code in (key.key_id, comparable(key.keycode))}
    if not keys:
        return set()
    state.require([at for key_id in keys for at in state.archived_holders(key_id)])
    return {order_id for order_id, held in state.holdings.items() if any(holding.key_id in keys for holding in held)}


def _newest_first(state: State, order_ids: set[str]) -> list[OrderRecord]:
    found = [state.orders[order_id] for order_id in order_ids]
    return sorted(found, key=lambda record: (_seen_at(record), record.order_id), reverse=True)


def _seen_at(record: OrderRecord) -> str:
    return next((event.at for event in record.events if event.event not in TAKEN_BACK), "")


def _hit(record: OrderRecord) -> OrderHit:
    status = Status.FAILED if record.status is Status.OFF and record.refusal else record.status
    return OrderHit(
        record.order_id,
        record.order_name,
        record.customer_name,
        record.email,
        status,
        record.delivered,
        _seen_at(record),
    )
