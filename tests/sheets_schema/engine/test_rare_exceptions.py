"""Something rare ends the leader's work in the middle of a commit: nobody hears what is not so, and the next is right."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import sheets_schema.engine.commit_executor
import sheets_schema.engine.coordinator
from sheets_schema import CommitUnknownError, SheetsError
from sheets_schema.advanced import Client
from sheets_schema.emulator import Emulator
from sheets_schema.engine.commit_group import CommitGroup, PendingTransaction
from sheets_schema.engine.commit_queue import CommitQueue
from sheets_schema.engine.lease import Lease
from sheets_schema.engine.replica import Replica
from sheets_schema.protocol.snapshot import Snapshot
from tests.sheets_schema.bank import Bank, Books, Process, blind, looking

RARE: list[type[BaseException]] = [
    MemoryError,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
    RecursionError,
    OSError,
    ValueError,
    KeyError,
    RuntimeError,
    ZeroDivisionError,
]
PLACES: dict[str, tuple[Any, str, bool]] = {
    "before the group is taken from the queue": (CommitQueue, "next_group", False),
    "after the group was taken from the queue": (CommitQueue, "next_group", True),
    "before the read": (Replica, "fetch", False),
    "after the read": (Replica, "fetch", True),
    "before the works run": (sheets_schema.engine.coordinator, "build_group", False),
    "after the works have run": (sheets_schema.engine.coordinator, "build_group", True),
    "in the middle of the works' layer": (Books, "merge", True),
    "before the batch is built": (sheets_schema.engine.coordinator, "build", False),
    "before the sending": (Client, "write", False),
    "while it is sent, before it is carried out": (Emulator, "handle", False),
    "while it is sent, after it was carried out": (Emulator, "handle", True),
    "after the sending": (Client, "write", True),
    "before the commit is taken in": (sheets_schema.engine.commit_executor, "advance", False),
    "after the commit was taken in": (sheets_schema.engine.commit_executor, "advance", True),
    "before what the log says is taken in": (Snapshot, "integrate", False),
    "after what the log says was taken in": (Snapshot, "integrate", True),
    "before the lease is noted": (Lease, "committed", False),
    "before the answers": (CommitGroup, "resolve_all", False),
    "after the first answer": (PendingTransaction, "resolve", True),
}


class Breaking:
    """Raises once, before or after something is done, as soon as it is armed and the call is of the kind that is meant."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, place: str, error: type[BaseException]) -> None:
        target, name, after = PLACES[place]
        self.armed, self.done = False, getattr(target, name)
        breaking = self

        def call(*args: Any, **named: Any) -> Any:
            armed = breaking.armed and "batchUpdate" in str(args) if name == "handle" else breaking.armed
            if armed and not after:
                breaking.fire(error)
            result = breaking.done(*args, **named)
            if armed and after:
                breaking.fire(error)
            return result

        monkeypatch.setattr(target, name, call)

    def fire(self, error: type[BaseException]) -> None:
        self.armed = False
        raise error("rare")


OURS, FREE = "the lock is ours", "the lock is free"
BELIEVED = ("before the commit is taken in", "after the commit was taken in")
"""Only where the lock is ours, an answer is believed without the log."""
SETTLED = ("before what the log says is taken in", "after what the log says was taken in")
"""Only where it is not, the log is read at all."""
MOMENTS = [
    (place, lock)
    for place in PLACES
    for lock in (OURS, FREE)
    if not (place in BELIEVED and lock is FREE) and not (place in SETTLED and lock is OURS)
    if not (place.endswith("the read") and lock is OURS)
]


def with_the_lock(bank: Bank, lock: str) -> Process:
    process = bank.process()
    process.run(blind("before"), hold_lease=lock == OURS)
    if lock == FREE:
        bank.time.sleep(30)
    return process


def truly(bank: Bank, label: str, told: object) -> None:
    """What a caller was told is so."""
    stands = bank.labels(label)
    if told == "paid":
        assert stands == 1, f"{label} was paid and stands there {stands} times"
    elif isinstance(told, CommitUnknownError) or not isinstance(told, Exception):
        assert stands in (0, 1)  # an interrupt tells nothing
    else:
        assert isinstance(told, BaseException), f"{label} was told {told!r}"
        assert stands == 0, f"{label} was told {told!r} and stands there {stands} times"


@pytest.mark.parametrize("error", RARE)
@pytest.mark.parametrize(("place", "lock"), MOMENTS)
def test_nobody_is_told_something_untrue_and_the_next_is_right(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, place: str, lock: str, error: type[BaseException]
) -> None:
    process = with_the_lock(bank, lock)
    followers = {label: process.waits(blind(label)) for label in ("first", "second")}
    breaking = Breaking(monkeypatch, place, error)
    breaking.armed = True
    try:
        told: object = process.run(blind("leader"))
    except BaseException as problem:  # noqa: BLE001 — what a caller hears is the question
        told = problem
    assert not breaking.armed
    assert process.run(blind("next")) == "paid"  # it takes along whoever was left waiting
    assert all(job.done for job in followers.values())
    for label, job in followers.items():
        assert job.error is None or isinstance(job.error, CommitUnknownError), f"{label} was told {job.error!r}"
        truly(bank, label, job.error or job.result)
    truly(bank, "leader", told)
    truly(bank, "next", "paid")
    assert process.run(looking) == bank.process().run(looking)
    bank.check()


def test_a_fact_counts_once_where_there_was_no_memory_left_to_take_it_in(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = with_the_lock(bank, OURS)

    def half(state: Books, child: Books) -> None:
        state.balances.maps[0].update(child.balances.maps[0])
        raise MemoryError

    process.waits(blind("follower"))
    monkeypatch.setattr(
        sheets_schema.engine.commit_executor, "advance", lambda snapshot, _, learnt: half(snapshot.state, learnt)
    )
    with pytest.raises((CommitUnknownError, MemoryError)):
        process.run(blind("leader"))
    monkeypatch.undo()
    assert process.run(looking) == bank.process().run(looking)
    assert process.pay("p1") == "paid"
    bank.check()


def test_callers_of_other_threads_are_led_on_when_the_leaders_thread_is_ended(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With real threads: nobody waits for a leader who is gone."""
    process = bank.process()
    process.run(blind("before"))
    bank.time.sleep(30)
    reading, ended = threading.Event(), threading.Event()
    look = Replica.fetch

    def broken(replica: Replica[Any], *args: Any) -> Any:
        monkeypatch.setattr(Replica, "fetch", look)
        reading.set()
        assert ended.wait(10)
        raise SystemExit

    monkeypatch.setattr(Replica, "fetch", broken)
    with ThreadPoolExecutor(4) as pool:
        leader = pool.submit(process.run, blind("leader"))
        assert reading.wait(10)
        followers = [pool.submit(process.run, blind(label)) for label in "abc"]
        while len(process.spreadsheet._queue.queue) < 3:
            pass
        ended.set()
        with pytest.raises(SystemExit):
            leader.result(timeout=10)
        assert [each.result(timeout=10) for each in followers] == ["paid"] * 3
    assert bank.labels("leader") == 0
    bank.check()


def test_what_concerns_everybody_is_still_told_to_everybody(bank: Bank) -> None:
    process = with_the_lock(bank, FREE)
    follower = process.waits(blind("follower"))
    bank.batch({"deleteSheet": {"sheetId": bank.sheet_id("Payments")}})
    bank.time.sleep(100)
    with pytest.raises(SheetsError, match="Payments"):
        process.run(blind("leader"))
    assert isinstance(follower.error, SheetsError)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")
