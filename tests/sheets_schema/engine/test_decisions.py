"""What the engine decides without a wire: who leaves together, who leads next, and what may be built unread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sheets_schema import Clock, CommitUnknownError, SchemaMismatchError, Transaction, UnavailableError
from sheets_schema.advanced import Timing
from sheets_schema.clock import Deadline
from sheets_schema.engine import commit_group
from sheets_schema.engine.commit_group import (
    CommitGroup,
    PendingTransaction,
    TransactionFunction,
    build_appending_group,
    build_group,
)
from sheets_schema.engine.commit_queue import MAX_GROUP_SIZE, CommitQueue
from sheets_schema.engine.leader_handover import abandon, hand_over
from sheets_schema.engine.lease import Lease
from sheets_schema.engine.staleness import CONTENTION_PERIOD, BoundedStaleness
from sheets_schema.errors import LockTimeoutError, LogDivergedError, UniqueViolationError
from sheets_schema.protocol.changes import Changes
from sheets_schema.protocol.limits import MAX_BYTES, estimated_bytes
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.protocol.snapshot import Snapshot
from sheets_schema.protocol.table_read import read_table
from tests.sheets_schema.bank import SCHEMA, Accounts, Balances, Books, Payments, Requests, paying
from tests.sheets_schema.protocol.test_readings import fresh


@dataclass
class Now:
    """A clock that is set by hand."""

    seconds: float = 100.0

    def clock(self) -> Clock:
        return Clock(monotonic=lambda: self.seconds)

    def deadline(self, seconds: float = 60.0) -> Deadline:
        return self.clock().deadline(seconds)


NOW = Now()


def pending(
    function: TransactionFunction[Any] | None = None, *, seconds: float = 60.0, clock: Now = NOW, **more: Any
) -> PendingTransaction[Any]:
    given: dict[str, Any] = {"operation": "pay", "actor": "ada", "reads": ()} | more
    return PendingTransaction(function, deadline=clock.deadline(seconds), **given)


def fail(_: Transaction[Any]) -> None:
    raise ValueError("no")


def look(tx: Transaction[Any]) -> int:
    return len(tx.state.payments)


def rehearse(tx: Transaction[Any]) -> str:
    tx.add(Payments(payment_id="dry", account="ada", cents=1))
    tx.rollback()
    return "rehearsed"


def say(motto: str) -> Callable[[Transaction[Any]], None]:
    return lambda tx: tx.set_value("motto", motto)


class TestGroups:
    @pytest.fixture
    def snapshot(self) -> Snapshot[Books]:
        return fresh()

    def grouped(self, snapshot: Snapshot[Books], *waiting: PendingTransaction[Any]) -> CommitGroup[Books]:
        return build_group(snapshot, waiting, "c3", {})

    def test_each_sees_what_those_before_it_have_changed_and_all_of_it_is_one_batch(
        self, snapshot: Snapshot[Books]
    ) -> None:
        works = [pending(paying("p3")), pending(look), pending(paying("p3")), pending(paying("p4"), actor="bob")]

        group = self.grouped(snapshot, *works)

        assert [result for _, result, _ in group.outcomes] == ["paid", 3, "repeated", "paid"]
        assert group.transactions == works
        assert group.writers == [works[0], works[3]]
        assert names(group.changes) == ["p3", "p4"]
        assert {"p3", "p4"} <= {*group.state.payments}
        assert "p3" not in snapshot.state.payments
        assert not any(work.done for work in works)
        assert group.estimated_bytes == estimated_bytes(changed("p3")) + estimated_bytes(changed("p4"))

    def test_who_raises_fails_at_once_where_nothing_was_changed_before_it(self, snapshot: Snapshot[Books]) -> None:
        works = [pending(look), pending(fail), pending(paying("p3"))]

        group = self.grouped(snapshot, *works)

        assert isinstance(works[1].error, ValueError)
        assert group.transactions == [works[0], works[2]]

    def test_who_raises_upon_anothers_changes_is_told_once_these_stand(self, snapshot: Snapshot[Books]) -> None:
        works = [pending(paying("p3")), pending(fail), pending(paying("p4"))]

        group = self.grouped(snapshot, *works)
        assert not works[1].done
        group.resolve_all(snapshot)

        assert isinstance(works[1].error, ValueError)
        assert [work.result for work in works] == ["paid", None, "paid"]
        assert all(work.done for work in works)

    def test_what_is_rehearsed_is_told_and_not_written(self, snapshot: Snapshot[Books]) -> None:
        group = self.grouped(snapshot, pending(rehearse))

        assert [result for _, result, _ in group.outcomes] == ["rehearsed"]
        assert not group.changes
        assert not group.writers

    def test_values_are_seen_by_those_who_follow(self, snapshot: Snapshot[Books]) -> None:
        group = self.grouped(snapshot, pending(say("save")), pending(lambda tx: tx.values["motto"]))

        assert group.outcomes[1][1] == "save"
        assert group.changes.values == {"motto": "save"}

    def test_a_key_that_one_takes_is_taken_for_those_who_follow(self) -> None:
        class Paid(Payments, tab="Payments", unique=("payment_id",)):
            pass

        schema: Any = replace(SCHEMA, tables=(Paid, Accounts, Requests, Balances))
        first, second = (pending(lambda tx: tx.add(Paid(payment_id="p3", account="ada", cents=1))) for _ in range(2))

        group = self.grouped(fresh(None, schema), first, second)

        assert [type(error) for _, _, error in group.outcomes] == [type(None), UniqueViolationError]
        assert group.keys.has((Paid, ("payment_id",)), "p3")

    def test_what_is_assumed_is_written_before_what_is_added(self, snapshot: Snapshot[Books]) -> None:
        def work(tx: Transaction[Any]) -> None:
            tx.assume([Payments(payment_id="p3", account="ada", cents=1)])
            paying("p4")(tx)

        assert names(self.grouped(snapshot, pending(work)).changes) == ["p3", "p4"]

    def test_who_only_reads_gets_a_view_of_what_stands_once_it_does(self, snapshot: Snapshot[Books]) -> None:
        reader = pending()
        group = self.grouped(snapshot, reader)
        assert not reader.done

        group.resolve_all(snapshot)

        assert reader.result.state.balances == {"ada": 5, "bob": 7}
        assert reader.result.changes.read_only

    def test_who_reads_a_table_into_which_one_has_written_waits_for_the_next_batch(
        self, snapshot: Snapshot[Books]
    ) -> None:
        table = read_table(Requests, {"range": "'Requests'!A1:E20", "values": [["Account", "Cents", "Urgency", "Approved", "Answer"], ["ada"]]})  # fmt: skip

        def write(tx: Transaction[Any]) -> None:
            tx.table(Requests).update({"account": "ada"}, answer="no")

        reads: Any = {"reads": (Requests,)}
        works = [
            pending(look, **reads),
            pending(write, **reads),
            pending(look, **reads),
            pending(None, **reads),
            pending(look),
        ]

        group = build_group(snapshot, works, "c3", {Requests: table})

        assert group.stale == works[2:4]
        assert group.transactions == [works[0], works[1], works[4]]
        assert group.written == {Requests}

    def test_rows_alone_make_no_table_stale(self, snapshot: Snapshot[Books]) -> None:
        works = [pending(paying("p3"), reads=(Requests,)), pending(look, reads=(Requests,))]

        assert self.grouped(snapshot, *works).stale == []

    def test_what_finds_no_room_waits_and_what_does_goes_along(
        self, snapshot: Snapshot[Books], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sizes = {"p3": MAX_BYTES, "p4": 1, "p5": 5}
        monkeypatch.setattr(commit_group, "estimated_bytes", lambda changes: sizes[names(changes)[0]])
        asked: list[tuple[int, int, int]] = []

        def fits(*given: int) -> bool:
            asked.append((given[0], given[1], given[2]))
            return given[1] > 1

        monkeypatch.setattr(commit_group, "fits_in_batch", fits)
        works = [pending(paying(name)) for name in sizes]

        group = self.grouped(snapshot, *works)

        assert group.overflow == [works[1]]
        assert group.writers == [works[0], works[2]]
        assert asked == [(MAX_BYTES, 1, 0), (MAX_BYTES, 5, 0)]
        assert group.estimated_bytes == MAX_BYTES + 5
        assert "p4" not in group.state.payments

    def test_how_many_requests_there_would_be_counts_for_the_room(
        self, snapshot: Snapshot[Books], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[int] = []

        def fits(_so_far: int, _more: int, requests: int) -> bool:
            asked.append(requests)
            return True

        monkeypatch.setattr(commit_group, "fits_in_batch", fits)

        def ask(number: int) -> Callable[[Transaction[Any]], None]:
            return lambda tx: tx.changes.requests.extend([{"x": {}}] * number)

        self.grouped(snapshot, *(pending(ask(number)) for number in (2, 3, 4)))

        assert asked == [5, 9]

    def test_the_log_names_each_who_and_what_once_with_how_often(self, snapshot: Snapshot[Books]) -> None:
        works = [pending(paying(f"p{number}"), actor=who) for number, who in enumerate(["ada", "bob", "ada"], 3)]
        works.append(pending(look, actor="eve", operation="look"))

        group = self.grouped(snapshot, *works)

        assert (group.actors, group.operations) == ("ada ×2, bob", "pay ×3")

    def test_who_only_add_rows_are_a_group_that_needs_no_reading(self, snapshot: Snapshot[Books]) -> None:
        works = [pending(paying("p3")), pending(paying("p4"))]

        group = build_appending_group(snapshot, works, "c3")

        assert group
        assert group.writers == works
        assert names(group.changes) == ["p3", "p4"]
        assert [result for _, result, _ in group.outcomes] == ["paid", "paid"]

    @pytest.mark.parametrize("other", [fail, look, rehearse, say("save"), None])
    def test_with_anybody_else_it_is_none(self, snapshot: Snapshot[Books], other: Any) -> None:
        assert build_appending_group(snapshot, [pending(paying("p3")), pending(other)], "c3") is None

    def test_with_who_reads_tables_neither(self, snapshot: Snapshot[Books]) -> None:
        assert build_appending_group(snapshot, [pending(paying("p3"), reads=(Requests,))], "c3") is None


def changed(name: str) -> Changes:
    transaction = Transaction(fresh(), Books(), fresh().keys, "c3", {}, {})
    paying(name)(transaction)
    return transaction.changes


def names(changes: Changes) -> list[Any]:
    return [row.cells()["payment_id"] for row in changes.appended[Payments]]


class TestQueue:
    def queue(self, *waiting: PendingTransaction[Any]) -> CommitQueue[Any]:
        queue = CommitQueue[Any]()
        queue.queue.extend(waiting)
        return queue

    def test_the_first_to_come_leads_and_leaves_the_lead_behind(self) -> None:
        queue, first, second = self.queue(), pending(), pending(seconds=0)

        assert queue.lead_or_wait(first)
        assert queue.leader is first
        queue.release_leadership(second)
        assert queue.leader is first
        queue.release_leadership(first)
        assert queue.leader is None

    def test_who_waits_in_vain_is_told_that_nothing_was_written_if_it_was_not_taken_out(self) -> None:
        leader, late = pending(), pending(seconds=0)
        queue = self.queue()
        queue.leader = leader

        assert not queue.lead_or_wait(late)
        assert isinstance(late.error, LockTimeoutError)
        assert late not in queue.queue

    def test_and_otherwise_that_it_is_not_known(self) -> None:
        leader, late = pending(), pending(seconds=0)
        queue = self.queue()
        queue.leader = leader
        queue.queue = _Taken()

        assert not queue.lead_or_wait(late)
        assert isinstance(late.error, CommitUnknownError)

    @pytest.mark.parametrize("tells", ["release", "notify"])
    def test_whoever_waits_is_woken_by_the_end_of_the_lead_or_of_its_own(self, tells: str) -> None:
        leader, waiting, queue = pending(), pending(clock=Now(), seconds=20), self.queue()
        assert queue.lead_or_wait(leader)
        queue.queue.clear()
        with ThreadPoolExecutor(1) as threads:
            leads = threads.submit(queue.lead_or_wait, waiting)
            while waiting not in queue.queue:
                pass
            if tells == "release":
                queue.release_leadership(leader)
            else:
                waiting.resolve("paid")
                queue.notify_waiters()
            assert leads.result(timeout=5) == (tells == "release")

    def test_one_that_is_done_meanwhile_does_not_lead(self) -> None:
        queue, done = self.queue(), pending()
        done.resolve("paid")

        assert not queue.lead_or_wait(done)
        assert queue.leader is None

    def test_those_who_have_no_time_any_more_are_told_and_those_who_are_done_left_out(self) -> None:
        late, done, fine = pending(seconds=0), pending(), pending()
        done.resolve("paid")
        queue = self.queue(late, done, fine)

        assert queue.next_group() == queue.group == [fine]
        assert isinstance(late.error, LockTimeoutError)
        assert (done.result, done.error) == ("paid", None)
        assert not queue.queue

    def test_a_refresh_leaves_alone(self) -> None:
        first, refresh, last = pending(), pending(guarded=True), pending()
        queue = self.queue(first, refresh, last)

        assert [queue.next_group() for _ in range(4)] == [[first], [refresh], [last], []]

    def test_no_more_leave_together_than_a_batch_takes(self) -> None:
        queue = self.queue(*(pending() for _ in range(MAX_GROUP_SIZE + 1)))

        assert [len(queue.next_group()) for _ in range(2)] == [MAX_GROUP_SIZE, 1]

    def test_those_who_are_put_back_come_first_in_their_order_or_last(self) -> None:
        one, two, three, four = (pending() for _ in range(4))
        queue = self.queue(three)

        queue.requeue(first=[one, two], last=[four])
        assert [*queue.queue] == [one, two, three, four]
        queue.withdraw(two)
        queue.withdraw(two)
        assert [*queue.queue] == [one, three, four]

    def test_a_refresh_is_no_reason_to_keep_the_lock(self) -> None:
        assert not self.queue().more_to_commit()
        assert not self.queue(pending(guarded=True)).more_to_commit()
        assert self.queue(pending(guarded=True), pending()).more_to_commit()


class _Taken(deque[Any]):
    """A queue out of which a leader takes at once whatever comes."""

    def append(self, _: Any) -> None:
        pass


class TestHandingOver:
    NEEDED = 1.5

    def handed(self, queue: CommitQueue[Any], leader: Any, taken: Any, sent: Any, error: Any) -> None:
        hand_over(queue, leader, taken, sent, error, min_more_time=self.NEEDED)

    @pytest.mark.parametrize("error", [UnavailableError("gone"), CommitUnknownError("?")])
    def test_those_who_were_not_sent_wait_for_the_next_if_they_have_time(self, error: Any) -> None:
        leader, in_time, late, done = pending(seconds=5), pending(), pending(seconds=0), pending()
        done.resolve("paid")
        queue = CommitQueue[Any]()
        queue.queue.extend([other := pending(), leader])

        self.handed(queue, leader, [leader, in_time, late, done], [], error)

        assert [*queue.queue] == [in_time, other]
        assert not in_time.done
        for ended in (leader, late):
            if isinstance(error, UnavailableError):
                assert ended.error is error
            else:
                assert isinstance(ended.error, LockTimeoutError)
        assert (done.result, done.error) == ("paid", None)

    def test_those_who_were_sent_wait_if_they_have_enough_more_time_than_the_leader(self) -> None:
        clock = Now()
        leader, hasty, patient = (
            pending(seconds=seconds, clock=clock) for seconds in (5.0, 5.0 + self.NEEDED - 0.25, 5.0 + self.NEEDED)
        )
        queue, error, sent = CommitQueue[Any](), CommitUnknownError("?"), [leader, hasty, patient]

        self.handed(queue, leader, sent, sent, error)

        assert (leader.error, hasty.error) == (error, error)
        assert not patient.done
        assert not queue.queue

    def test_a_leader_whose_own_was_sent_for_others_is_told_that_nothing_of_it_was_written(self) -> None:
        leader, patient = pending(seconds=5), pending()
        queue = CommitQueue[Any]()
        queue.queue.append(leader)

        self.handed(queue, leader, [patient], [patient], CommitUnknownError("?"))

        assert isinstance(leader.error, LockTimeoutError)
        assert not queue.queue
        assert not patient.done

    def test_after_the_unexpected_the_sent_are_in_doubt_the_leader_has_its_error_and_the_others_go_on(self) -> None:
        leader, sent, done, waits, ended = (pending() for _ in range(5))
        done.resolve("paid")
        ended.resolve("paid")
        queue, error = CommitQueue[Any](), MemoryError()
        queue.queue.append(leader)
        queue.group = [waits, ended]

        abandon(queue, leader, [sent, done], error)

        assert leader.error is error
        assert isinstance(sent.error, CommitUnknownError)
        assert (done.result, done.error) == ("paid", None)
        assert [*queue.queue] == [waits]

    def test_a_leader_that_was_sent_is_in_doubt_like_the_others(self) -> None:
        leader = pending()

        abandon(CommitQueue[Any](), leader, [leader], MemoryError())

        assert isinstance(leader.error, CommitUnknownError)


@dataclass
class FakeReading:
    lock: LockRecord
    tables: Any = field(default_factory=dict)


class FakeReplica:
    """A replica whose readings are prepared."""

    def __init__(self, now: Now, timing: Timing) -> None:
        self.clock, self.timing = now.clock(), timing
        self.snapshot = Snapshot(SCHEMA, {}, Books())
        self.readings: list[Any] = []
        self.asked: list[Any] = []
        self.resets = 0

    def load(self, deadline: Deadline, tables: Any) -> Any:
        del deadline
        self.asked.append([*tables])
        reading = self.readings.pop(0)
        if isinstance(reading, Exception):
            raise reading
        return reading

    def reset(self) -> None:
        self.resets += 1


class TestStaleness:
    TIMING = Timing(confirmation_delay=1.0, max_hold=5.0, renew_deadline=3.0, lease_duration=10.0, max_staleness=20.0)
    FREE, OURS = LockRecord(7, "c7"), LockRecord(7, "c7", "ours", 10.0)

    @pytest.fixture(autouse=True)
    def stage(self) -> None:
        self.now = Now()
        self.replica = FakeReplica(self.now, self.TIMING)
        self.lease = Lease("ours", self.now.clock(), self.TIMING)
        self.staleness = BoundedStaleness(self.replica, self.lease)  # type: ignore[arg-type]

    def reads(self, *readings: Any, tables: Any = ()) -> int:
        """How many readings it takes to be up to date."""
        self.replica.readings, self.replica.asked = [*readings], []
        self.staleness.read_if_stale(tables, self.now.deadline())
        return len(self.replica.asked)

    def read_at(self, lock: LockRecord) -> None:
        self.replica.snapshot.lock, self.replica.snapshot.read_at = lock, self.now.seconds

    def confirmed(self) -> None:
        """The lock was free, was seen so for long enough, and was read just now."""
        self.reads(FakeReading(self.FREE))
        self.now.seconds += 2.0
        self.read_at(self.FREE)

    def test_rows_may_be_added_unread_while_the_copy_is_young_and_the_lock_free(self) -> None:
        assert not self.staleness.may_append_unread()
        self.confirmed()
        assert self.staleness.may_append_unread()
        self.now.seconds += 2.75
        assert self.staleness.may_append_unread()
        self.now.seconds += 0.25
        assert not self.staleness.may_append_unread()

    def test_they_may_not_upon_a_lock_that_is_held_not_known_or_not_confirmed(self) -> None:
        self.confirmed()
        self.replica.snapshot.lock = LockRecord(7, "c7", "theirs", 10.0)
        assert not self.staleness.may_append_unread()
        self.replica.snapshot.lock = None
        assert not self.staleness.may_append_unread()
        self.replica.snapshot.lock = LockRecord(8, "c8")
        assert not self.staleness.may_append_unread()

    def test_they_may_not_after_something_went_wrong_until_it_was_read(self) -> None:
        self.confirmed()
        self.staleness.require_read()
        assert not self.staleness.may_append_unread()
        self.reads(FakeReading(self.FREE))
        assert self.staleness.may_append_unread()

    def test_they_may_not_for_a_minute_after_others_have_committed_whatever_is_read(self) -> None:
        self.confirmed()
        self.staleness.note_contention()
        self.reads(FakeReading(self.FREE))
        for seconds, may in ((CONTENTION_PERIOD - 0.5, False), (0.5, True)):
            self.now.seconds += seconds
            self.read_at(self.FREE)
            assert self.staleness.may_append_unread() is may

    def test_nothing_is_read_while_the_lock_is_ours_the_copy_not_too_old_and_no_table_wanted(self) -> None:
        assert self.reads(FakeReading(self.FREE)) == 1
        self.read_at(self.OURS)
        assert self.reads(FakeReading(self.OURS)) == 1
        self.lease.committed(self.OURS, self.now.seconds)
        assert self.reads() == 0
        assert self.reads(FakeReading(self.OURS), tables=[Requests]) == 1
        assert self.replica.asked == [[Requests]]
        self.now.seconds += 19.5
        self.lease.committed(self.OURS, self.now.seconds)
        assert self.reads() == 0
        self.now.seconds += 0.5
        assert self.reads(FakeReading(self.OURS)) == 1

    def test_a_log_that_diverges_from_a_commit_that_is_confirmed_is_told(self) -> None:
        for lock in (None, self.FREE):
            if lock:
                self.confirmed()
            with pytest.raises(LogDivergedError):
                self.reads(LogDivergedError("other"), FakeReading(self.FREE))
        assert self.replica.resets == 0

    @pytest.mark.parametrize(("version", "told"), [(6, True), (7, False), (8, False)])
    def test_one_that_was_not_may_have_been_overwritten_unless_the_version_is_older(
        self, version: int, told: bool
    ) -> None:
        self.read_at(self.FREE)
        seen = FakeReading(LockRecord(version, "other"))

        if told:
            with pytest.raises(LogDivergedError):
                self.reads(LogDivergedError("other"), seen)
        else:
            assert self.reads(LogDivergedError("other"), seen, tables=[Requests]) == 2
            assert self.replica.asked == [[Requests], [Requests]]
        assert self.replica.resets == 1

    def test_what_is_read_is_observed(self) -> None:
        self.confirmed()

        assert self.lease.takeover_delay(self.FREE) == 0.0
        assert self.lease.takeover_delay(LockRecord(8, "c8")) == 1.0


def test_what_is_read_of_tables_is_handed_on() -> None:
    now = Now()
    replica = FakeReplica(now, TestStaleness.TIMING)
    tables = {Requests: SchemaMismatchError("no")}
    replica.readings = [FakeReading(LockRecord(1, "c1"), tables)]
    lease = Lease("ours", now.clock(), TestStaleness.TIMING)

    staleness = BoundedStaleness(replica, lease)  # type: ignore[arg-type]

    assert staleness.read_if_stale([Requests], now.deadline()) == tables
