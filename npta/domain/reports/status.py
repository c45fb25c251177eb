"""Status: how the service stands, in numbers and short lists."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from npta.domain.catalogue.catalogue_summary import CatalogueWarning
from npta.domain.orders.answers import reason
from npta.domain.orders.backorders import Backorder, backorders
from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.orders.next_steps import release_step, waiting_step
from npta.domain.orders.unconfirmed_mails import unconfirmed
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.outbox_messages import Channel, Pushed, RefusedMessage, refused_count, refused_messages
from npta.domain.state.state import State
from npta.domain.state.wording import short
from npta.domain.stock.import_keys import Unfinished
from npta.domain.stock.low_stock import days_left, is_low
from npta.tables import OrderEvent

MAX_LISTED = 50
"""Orders of one sort that are named; all are counted."""


MAX_REASON = 1_000
"""Characters of one order's reasons."""


_NOT_CONFIRMED = "keys assigned, mail not confirmed"


MAX_COUNTED = 1_000
"""Messages of one channel that are counted: who has no Slack has as many as orders."""


class LowPool(NamedTuple):
    """A pool below the threshold; `days_left` is None if nothing was used lately."""

    pool: str
    available: int
    threshold: int
    days_left: int | None


class OpenOrder(NamedTuple):
    """An order that somebody should look at."""

    order_id: str
    order_name: str
    customer_name: str
    since: str
    reason: str


class OpenOrders(NamedTuple):
    """Orders of one sort: how many, and the first of them."""

    total: int
    first: tuple[OpenOrder, ...]


class Waiting(NamedTuple):
    """What is still to be sent: `oldest` is empty if nothing is, `refused` are the first."""

    pending: int
    by_channel: Mapping[str, int]
    oldest: str
    refused_total: int
    refused: tuple[RefusedMessage, ...]


MAX_PRESSES = 20
"""What people did last, as far as it is shown."""


_BY_ITSELF = frozenset(
    {
        "fulfill order",
        "mark delivered",
        "note malformed order",
        "flush outbox",
        "record what was sent",
        "refresh",
        "reconcile",
        "free the lock",
        "take the lock",
        "",
    }
)
"""What the service, its scheduler and Zapier do all day."""


_IMPORT = "Import keys"


class Press(NamedTuple):
    """Something that somebody did: when, who, what."""

    at: str
    who: str
    operation: str


class ArchiveStanding(NamedTuple):
    """How many orders have left for an archive, and in how many portions.

    `trouble` is what was wrong when this process last asked it.
    """

    name: str
    portions: int
    orders: int
    trouble: str


class ServiceStatus(NamedTuple):
    """How the service stands.

    `unsynced` are the catalogue's rows with a problem; where the form cannot be read, `catalogue_problem` says why.
    `shopify` and `slack` are `connected`, `not asked yet` (by this process), `not configured`, or `refuses: …` and `not
    answering: …` with what to do; `unconfirmed_stock` are SKUs whose stock Shopify has not confirmed; `drift` says if
    Shopify answers with another API version. `unfinished_import` is what waits in the capture; `pasted_rows` are those
    in Import Keys that no import has refused yet; `activity` is what people did last. `cells` are those of all tabs,
    blank ones included, of which Google allows `cells_max`. `archives_trouble` says why orders of archives cannot be
    found.
    """

    mode: Mode
    version: int
    go_live_at: str
    unsynced: tuple[CatalogueWarning, ...]
    catalogue_problem: str
    low_pools: tuple[LowPool, ...]
    failures_in_a_row: int
    failed_orders: OpenOrders
    undelivered_orders: OpenOrders
    by_hand_orders: OpenOrders
    outbox: Waiting
    unconfirmed_stock: tuple[str, ...]
    last_push: Pushed | None
    shopify: str
    slack: str
    drift: str
    unfinished_import: Unfinished | None
    catalogue_rows: int
    published_products: int
    keys: int
    pasted_rows: int
    activity: tuple[Press, ...]
    cells: int
    cells_max: int
    archives: tuple[ArchiveStanding, ...] = ()
    archives_trouble: str = ""


def presses(commits: Iterable[Press]) -> tuple[Press, ...]:
    """Return what people did last, the newest first, of commits in their order.

    The steps of one import are one.
    """
    found: list[Press] = []
    for commit in commits:
        steps = (re.sub(r" ×\d+$", "", part).partition(":")[0] for part in commit.operation.split(", "))
        done = ", ".join(dict.fromkeys(step for step in steps if step not in _BY_ITSELF)).capitalize()
        if found and done == _IMPORT and found[-1][1:] == (commit.who, done):
            found.pop()
        if done:
            found.append(Press(commit.at, commit.who, done))
    return tuple(found[: -MAX_PRESSES - 1 : -1])


def archives_standing(state: State, names: Iterable[str], troubles: Mapping[str, str]) -> tuple[ArchiveStanding, ...]:
    """Return how the archives stand: those that are named, and those that the index names."""
    portions = [state.portions[number] for number in range(1, state.portion_count.value + 1)]
    found = []
    for name in dict.fromkeys((*names, *(portion.archive for portion in portions))):
        there = [portion.orders for portion in portions if portion.archive == name]
        found.append(ArchiveStanding(name, len(there), sum(there), troubles.get(name, "")))
    return tuple(found)


def low_pools(state: State, threshold: int, at: str) -> tuple[LowPool, ...]:
    """Every pool that is empty or has fewer free seats than the threshold, the emptiest first."""
    low = [(stock.available, pool) for pool, stock in state.pools.items() if is_low(stock.available, threshold)]
    return tuple(LowPool(str(pool), free, threshold, days_left(state, pool, at)) for free, pool in sorted(low))


def failed_orders(state: State, rules: Rules) -> OpenOrders:
    """Orders that failed and wait, with the reasons that there are by now."""
    return _listed((_failed(waiting, rules) for waiting in backorders(state, rules)), state.waiting.size)


def by_hand_orders(state: State) -> OpenOrders:
    """Orders that came in while the mode was OFF."""
    off = (_open(record, record.events[-1].at, "came in while the mode was OFF") for record in state.by_hand_orders())
    return _listed(off, state.by_hand.size)


def orders_to_give_back(state: State) -> OpenOrders:
    """Orders that hold keys of what was refunded."""
    held = (
        _open(record, record.events[-1].at, short(release_step(record, record.to_give_back), MAX_REASON))
        for record in state.orders_to_give_back()
    )
    return _listed(held, state.to_give_back.size)


def undelivered_orders(state: State, before: str = "") -> OpenOrders:
    """Return orders whose mail is unconfirmed, all or those that have waited since before then."""
    late = (mail for mail in unconfirmed(state) if not before or mail.since < before)
    opened = (_open(mail.record, mail.since, _unconfirmed(state, mail.record)) for mail in late)
    return _listed(opened, None if before else state.mails.size)


def outbox(state: State, sent: Collection[str]) -> Waiting:
    """Count what is due by channel, without what is out and only not yet recorded (`sent`, ids)."""
    counts: dict[str, int] = {}
    times: list[str] = []
    for channel in Channel:
        waiting = [
            message.at for message in islice(state.pending(channel), MAX_COUNTED) if message.message_id not in sent
        ]
        counts[channel] = len(waiting)
        times += waiting
    refused = tuple(islice(refused_messages(state), MAX_LISTED))
    return Waiting(sum(counts.values()), counts, min(times, default=""), refused_count(state), refused)


def _failed(found: Backorder, rules: Rules) -> OpenOrder:
    record = found.record
    message = found.damage or reason(found.outcome, record)
    if found.ready:
        message = f"{message}. {waiting_step(found, rules)}"
    failed = [event.at for event in record.events if event.event in (OrderEvent.FAILED, OrderEvent.MALFORMED)]
    return _open(record, failed[-1] if failed else record.events[-1].at, short(message, MAX_REASON))


def _unconfirmed(state: State, record: OrderRecord) -> str:
    retired = state.retired_keys(record.order_id)
    return f"keys assigned ({', '.join(retired)} retired since), mail not confirmed" if retired else _NOT_CONFIRMED


def _open(record: OrderRecord, since: str, reason: str) -> OpenOrder:
    return OpenOrder(record.order_id, record.order_name, record.customer_name, since, reason)


def _listed(orders: Iterator[OpenOrder], total: int | None) -> OpenOrders:
    """Return the first of them and how many there are, counted here if nobody knows."""
    first = tuple(islice(orders, MAX_LISTED))
    return OpenOrders(len(first) + sum(1 for _ in orders) if total is None else total, first)
