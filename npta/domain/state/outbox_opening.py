"""What stays of the Outbox when its first rows leave the sheet. Pure.

Messages that are still to be sent, or that tell of something which is not over, stay as they are. Of the others stays
what they have brought about: which stock Shopify has, what alerts have said, where a thread began.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from npta.domain.state.outbox_messages import Channel, OutboxProjection, thread_of
from npta.tables import Outbox, OutboxEvent
from sheets_schema import Ledger, Overlay

K = TypeVar("K")
V = TypeVar("V")

CARRIED = "carried"
"""What the column `kind` says of such rows."""
MAX_THREADS = 5_000
"""Threads of which the beginning is kept, the newest: what comes of an older order begins a thread of its own."""
_MAX_BODY = 20_000
"""Characters of one row's `body`, well below the 50,000 that a cell holds."""


class _Fold(OutboxProjection):
    """The Outbox by itself."""

    def apply(self, row: Ledger) -> None:
        if isinstance(row, Outbox):
            self.record(row)


def outbox_opening(state: OutboxProjection, rows: Sequence[Outbox]) -> Iterator[Outbox]:
    """Yield what stands for `rows`, the first ones of the Outbox; `state` is what they come to."""
    kept = _kept_rows(state, rows)
    yield from kept
    by_kept = _Fold()
    for row in kept:
        by_kept.apply(row)
    last = rows[-1]
    brought_about: list[tuple[str, list[Any]]] = [
        ("counts", list(state.message_counts.items())),
        ("threads", _threads(state, by_kept, rows)),
        ("open_alerts", [[*key, ids] for key, ids in _restated(state.open_alerts, by_kept.open_alerts)]),
        ("stock_troubles", _restated(state.stock_troubles, by_kept.stock_troubles)),
        ("alarmed", _restated(state.alarmed, by_kept.alarmed)),
        ("pushed_stock", list(state.pushed_stock.items())),
        ("announced", [[refund] for refund in state.announced]),
        ("pushed", [list(state.pushed.value)] if state.pushed.value else []),
        ("reminded", [[state.reminded.value]] if state.reminded.value is not None else []),
        ("since", [[last.at]]),
    ]
    bodies = (json.dumps({name: part}, ensure_ascii=False) for name, items in brought_about for part in _parts(items))
    for number, body in enumerate(bodies):
        yield Outbox(
            at=last.at,
            event=OutboxEvent.CARRIED,
            message_id=f"{last.commit}-{CARRIED}{number}",
            kind=CARRIED,
            body=body,
            commit=last.commit,
        )


def _restated(now: Overlay[K, V], by_kept: Overlay[K, V]) -> list[tuple[K, V]]:
    """Return what holds now, and what the rows that stay would say, which is over."""
    return [(key, value) for key, value in now.items() if value or key in by_kept]


def _kept_rows(state: OutboxProjection, rows: Sequence[Outbox]) -> list[Outbox]:
    kept = _kept(state)
    return [
        row
        for row in rows
        if (row.message_id in kept and row.event is not OutboxEvent.CLAIMED)
        or (row.event is OutboxEvent.REFUSED and row.message_id not in state.messages and state.refusals.get(row.kind))
    ]


def _kept(state: OutboxProjection) -> set[str]:
    """Ids of the messages that are not over, and of those to which they belong."""
    kept = {message.message_id for channel in Channel for message in state.pending(channel)}
    kept |= set(state.aside.ids())
    kept |= {opener for openers in state.open_alerts.values() for opener in openers}
    for message_id in tuple(kept):
        message = state.messages[message_id]
        opener = state.ends.get(message_id) or state.openers.get((message.about, thread_of(message.kind)))
        if opener and opener in state.messages:
            kept.add(opener)
    return kept


def _threads(state: OutboxProjection, by_kept: OutboxProjection, rows: Iterable[Outbox]) -> list[list[str]]:
    """Where threads began: about what, of which kind, with which message, and its name in Slack."""
    keys: dict[tuple[str, str], None] = {}
    for row in rows:
        if row.event is OutboxEvent.CARRIED:
            keys |= {(about, kind): None for about, kind, *_ in json.loads(row.body).get("threads", ())}
        elif row.event is OutboxEvent.DUE and thread_of(row.kind):
            keys[row.about, thread_of(row.kind)] = None
    begun = [
        [*key, state.openers[key], state.threads.get(key, "")]
        for key in keys
        if state.openers.get(key) or key in by_kept.openers
    ]
    return begun[-MAX_THREADS:]


def _parts(items: Sequence[Any]) -> Iterator[list[Any]]:
    """Divide items into as few lists as rows can hold."""
    part: list[Any] = []
    room = _MAX_BODY
    for item in items:
        room -= len(json.dumps(item, ensure_ascii=False)) + 2
        if room < 0 and part:
            yield part
            part, room = [], _MAX_BODY - len(json.dumps(item, ensure_ascii=False))
        part.append(item)
    if part:
        yield part
