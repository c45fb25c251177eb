"""What stays of the Outbox when its first rows leave: whoever starts afterwards knows what matters, as one who has read all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from npta.domain.state.alert import AlertKind
from npta.domain.state.outbox_messages import Channel, is_reported
from npta.domain.state.outbox_opening import MAX_THREADS, outbox_opening
from npta.domain.state.state import State
from npta.tables import Outbox, OutboxEvent
from sheets_schema.advanced import MAX_TEXT

ORDERS = ("1001", "1002", "1003")
POOLS = ("NASM CPT combined", "ACE CPT exam")


class Scribe:
    """Writes rows of the Outbox as the service would: what is sent was due, and is sent once."""

    def __init__(self) -> None:
        self.rows: list[Outbox] = []
        self.state = State()

    def write(self, event: OutboxEvent, message_id: str, kind: str, about: str = "", **cells: str) -> None:
        number = len(self.rows)
        at = f"2026-11-{1 + number // 60:02}T10:{number % 60:02}:00Z"
        row = Outbox(at=at, event=event, message_id=message_id, kind=kind, about=about, commit=f"c{number}", **cells)
        self.rows.append(row)
        self.state.apply(row)

    def due(self, kind: str, about: str, **cells: str) -> None:
        self.write(OutboxEvent.DUE, f"n{len(self.rows)}", kind, about, **cells)

    def send(self, place: int, receipt: str = "") -> None:
        waiting = [message for channel in Channel for message in self.state.pending(channel)]
        waiting += [message for message, _ in self.state.set_aside()]
        if waiting:
            message = waiting[place % len(waiting)]
            receipt = json.dumps({"A": place}) if message.channel is Channel.STOCK else receipt or f"ts{len(self.rows)}"
            self.write(OutboxEvent.SENT, message.message_id, message.kind, message.about, receipt=receipt)

    def refuse(self, place: int) -> None:
        waiting = [message for channel in Channel for message in self.state.pending(channel)]
        if waiting:
            message = waiting[place % len(waiting)]
            self.write(OutboxEvent.REFUSED, message.message_id, message.kind, message.about, receipt="it is wrong")

    def end(self, place: int) -> None:
        open_alerts = [(about, opener) for (about, _), ids in self.state.open_alerts.items() for opener in ids]
        if open_alerts:
            about, opener = open_alerts[place % len(open_alerts)]
            self.write(OutboxEvent.DUE, f"n{len(self.rows)}", Channel.ENDED, about, body="over", receipt=opener)

    def claim(self) -> None:
        waiting = [message.message_id for message in self.state.pending(Channel.SLACK)]
        self.write(OutboxEvent.CLAIMED, f"c{len(self.rows)}-claim", Channel.SLACK, "p", body=json.dumps(waiting))


def _do(scribe: Scribe, step: tuple[str, int]) -> None:  # noqa: C901, PLR0912 — one case a kind of row
    what, place = step
    order, pool = ORDERS[place % len(ORDERS)], POOLS[place % len(POOLS)]
    match what:
        case "fulfilled" | "failed" | "by hand" | "delivered" | "skipped":
            scribe.due(what, order, body=f"order {order} {what}")
        case "refund":
            scribe.due(AlertKind.REFUND, order, receipt=f"r{place % 5}", body="refund")
        case "low stock" | "out of stock":
            scribe.due(what, pool, body=what)
        case "undelivered":
            scribe.due(AlertKind.UNDELIVERED, "", receipt=str(place))
        case "stock trouble":
            scribe.due(AlertKind.STOCK_TROUBLE, "", receipt=json.dumps({f"S{place % 3}": "no such product"}))
        case "stock":
            scribe.due(Channel.STOCK, order, body='["A"]')
        case "keys hook":
            scribe.due(Channel.KEYS_HOOK, order)
        case "over":
            scribe.write(OutboxEvent.OVER, f"o{len(scribe.rows)}", AlertKind.LOW_STOCK, pool)
        case "channel":
            scribe.write(OutboxEvent.REFUSED, f"x{len(scribe.rows)}", Channel.SLACK, receipt="invalid_auth")
        case "send":
            scribe.send(place)
        case "refuse":
            scribe.refuse(place)
        case "end":
            scribe.end(place)
        case "claim":
            scribe.claim()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "fulfilled",
                "failed",
                "by hand",
                "delivered",
                "skipped",
                "refund",
                "low stock",
                "out of stock",
                "undelivered",
                "stock trouble",
                "stock",
                "keys hook",
                "over",
                "channel",
                "end",
                "claim",
                "refuse",
                *["send"] * 8,
            ]
        ),
        st.integers(0, 40),
    ),
    max_size=60,
)


def folded(rows: Sequence[Outbox]) -> State:
    state = State()
    for row in rows:
        state.apply(row)
    return state


def begun(rows: Sequence[Outbox]) -> State:
    """The state of one who starts with what is left of the first rows."""
    return folded([*outbox_opening(folded(rows), rows)])


def known(state: State) -> dict[str, Any]:
    """Everything that the service asks of it, but for single messages that are over."""
    return {
        "pending": {
            channel: [message._replace(claimed_at="") for message in state.pending(channel)] for channel in Channel
        },
        "aside": [(message.message_id, refusal) for message, refusal in state.set_aside()],
        "refusals": {channel: state.refusal(channel) for channel in Channel},
        "threads": {
            key: (state.openers[key], state.threads.get(key, "")) for key in state.openers if state.openers[key]
        },
        "alarmed": {pool: kind for pool, kind in state.alarmed.items() if kind},
        "open": {key: ids for key, ids in state.open_alerts.items() if ids},
        "posts": {opener: state.posts.get(opener, "") for ids in state.open_alerts.values() for opener in ids},
        "stock": dict(state.pushed_stock.items()),
        "troubles": [sku for sku in ("", "S0", "S1", "S2") if is_reported(state, sku, "no such product")],
        "pushed": state.pushed.value,
        "reminded": state.reminded.value,
        "announced": {refund for refund, told in state.announced.items() if told},
        "counts": dict(state.message_counts.items()),
    }


@settings(max_examples=400, deadline=None)
@given(STEPS, STEPS, STEPS)
def test_who_starts_with_what_is_left_knows_what_one_who_read_all_knows(
    first: list[tuple[str, int]], second: list[tuple[str, int]], third: list[tuple[str, int]]
) -> None:
    scribe = Scribe()
    for step in first:
        _do(scribe, step)
    cut = len(scribe.rows)
    if not cut:
        return
    assert known(begun(scribe.rows)) == known(scribe.state)
    for step in second:
        _do(scribe, step)
    opening = [*outbox_opening(folded(scribe.rows[:cut]), scribe.rows[:cut])]
    assert known(folded([*opening, *scribe.rows[cut:]])) == known(scribe.state)
    # And again: what is left of what was left.
    again = len(scribe.rows)
    rows = [*opening, *scribe.rows[cut:again]]
    opening = [*outbox_opening(folded(rows), rows)]
    for step in third:
        _do(scribe, step)
    assert known(folded([*opening, *scribe.rows[again:]])) == known(scribe.state)


def test_what_is_over_leaves_little_behind() -> None:
    scribe = Scribe()
    for number in range(1_000):
        scribe.due(AlertKind.FULFILLED, f"order {number}", body="x" * 500)
        scribe.send(0)
    opening = [*outbox_opening(scribe.state, scribe.rows)]
    assert all(row.event is OutboxEvent.CARRIED for row in opening)
    assert sum(len(row.body) for row in opening) < 100 * 1_000


def test_an_alert_that_was_told_and_is_over_is_not_carried() -> None:
    scribe = Scribe()
    scribe.due(AlertKind.FAILED, "1001")
    scribe.send(0)
    assert begun(scribe.rows).open_alerts["1001", AlertKind.FAILED]
    scribe.end(0)
    scribe.send(0)
    assert not any("open_alerts" in row.body for row in outbox_opening(scribe.state, scribe.rows))


def test_the_newest_threads_are_kept() -> None:
    scribe = Scribe()
    for number in range(MAX_THREADS + 10):
        scribe.due(AlertKind.FULFILLED, f"o{number}")
        scribe.send(0)
    state = begun(scribe.rows)
    assert not state.thread("o9", AlertKind.FULFILLED)
    assert state.thread("o10", AlertKind.FULFILLED) == scribe.state.thread("o10", AlertKind.FULFILLED)


def test_each_row_fits_into_a_cell_with_others() -> None:
    scribe = Scribe()
    for number in range(3_000):
        scribe.due(AlertKind.REFUND, f"order {number}", receipt=f'"refund" {number}')
        scribe.send(0)
        scribe.end(0)
        scribe.send(0)
    for row in outbox_opening(scribe.state, scribe.rows):
        assert len(json.dumps(row.cells(), ensure_ascii=False)) < MAX_TEXT


def test_as_few_rows_as_will_hold_it_stand_for_what_left() -> None:
    scribe = Scribe()
    for number in range(3_000):
        scribe.due(AlertKind.REFUND, "1001", receipt=f"{number:08}")
        scribe.send(0)
        scribe.end(0)
        scribe.send(0)

    parts = [json.loads(row.body) for row in outbox_opening(scribe.state, scribe.rows) if row.body]
    announced = [part["announced"] for part in parts if "announced" in part]

    assert [refund for part in announced for (refund,) in part] == [f"{number:08}" for number in range(3_000)]
    assert [len(part) for part in announced[:-1]] == [20_000 // len('["00000000"], ')] * (len(announced) - 1)


def test_an_alert_that_was_refused_and_is_over_begins_no_thread_for_those_that_come_later() -> None:
    scribe = Scribe()
    scribe.due("failed", "1001", body="it failed")
    scribe.refuse(0)
    scribe.end(0)
    (ended,) = scribe.state.pending(Channel.ENDED)
    scribe.write(OutboxEvent.SENT, ended.message_id, ended.kind, ended.about, receipt="ts")
    assert [message.message_id for message, _ in scribe.state.set_aside()] == ["n0"]

    after = folded([*outbox_opening(scribe.state, scribe.rows)])

    assert [message.message_id for message, _ in after.set_aside()] == ["n0"]
    for state in (scribe.state, after):
        assert not state.openers.get(("1001", "failed"))
