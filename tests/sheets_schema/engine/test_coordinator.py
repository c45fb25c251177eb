"""What one leader does with a group, step by step."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from sheets_schema import CommitUnknownError, LimitExceededError, RequestRejectedError, Transaction, UnavailableError
from sheets_schema.advanced import EMBEDDED, Timing
from sheets_schema.engine.commit_group import PendingTransaction
from sheets_schema.engine.commit_queue import CommitQueue
from sheets_schema.engine.coordinator import MIN_TIME_BUDGET, Coordinator
from sheets_schema.engine.response_classification import Applied, NotApplied, Rejected, Unknown, WriteOutcome
from sheets_schema.errors import InvalidDeclarationError, LockTimeoutError, PermissionDeniedError, SchemaMismatchError
from sheets_schema.protocol.lock_record import LockRecord
from tests.sheets_schema.bank import SCHEMA, Accounts, Balances, Books, Payments, Requests, looking, paying
from tests.sheets_schema.engine.prepared import FENCE, PreparedClient, prepared_replica
from tests.sheets_schema.protocol.small_spreadsheet import Tabs, spreadsheet

HELD = "version 2 · commit c2 · held by {} · lease 10 s"
FAULT = Rejected(RequestRejectedError("no", status=400, request_index=5))


class Sheet(PreparedClient):
    """A spreadsheet that takes batches in: cells, and the fence."""

    spare = 0.0
    """How many seconds were to be left after waiting for the quota, the last time."""

    def write(self, batch: list[dict[str, Any]], deadline: Any, *, spare: float = 0.0) -> WriteOutcome:
        self.spare = spare
        ending = super().write(batch, deadline, spare=spare)
        if not isinstance(ending, Applied):
            return ending
        guard = batch[0]["updateNamedRange"]["namedRange"]["namedRangeId"]
        if guard != self.ranges[0]["namedRangeId"]:
            return Rejected(RequestRejectedError("no such range", status=400, request_index=0))
        for request in batch:
            for kind, body in request.items():
                if kind == "addNamedRange":
                    self.ranges[0] = {**FENCE, "namedRangeId": body["namedRange"]["namedRangeId"]}
                elif kind == "updateCells" and "start" in body:
                    self._put(body)
        return ending

    def _put(self, body: dict[str, Any]) -> None:
        start = body["start"]
        rows = [*self.tabs.values()][start["sheetId"] - 1]
        for number, row in enumerate(body["rows"], start["rowIndex"]):
            rows += [[] for _ in range(number + 1 - len(rows))]
            for column, cell in enumerate(row["values"], start["columnIndex"]):
                rows[number] += [""] * (column + 1 - len(rows[number]))
                rows[number][column] = next(iter(cell.get("userEnteredValue", {"": ""}).values()))


class Stage:
    def __init__(
        self, tabs: Tabs | None = None, timing: Timing | None = None, *, known: bool = True, schema: Any = SCHEMA
    ) -> None:
        self.sheet = Sheet(tabs)
        self.replica = prepared_replica(self.sheet, schema, timing)
        self.queue = CommitQueue[Any]()
        self.coordinator = Coordinator[Books](self.replica, self.queue, "ours")
        if known:
            self.run(looking)
            self.pass_time(2.0)
            self.run(looking)  # by now the last commit is confirmed
        self.forget()

    def forget(self) -> None:
        self.sheet.asked.clear()
        self.sheet.sent.clear()

    def pass_time(self, seconds: float) -> None:
        self.sheet.time.sleep(seconds)

    def pending(self, function: Any, seconds: float = 60.0, **more: Any) -> PendingTransaction[Any]:
        given: dict[str, Any] = {"operation": "pay", "actor": "ada", "reads": ()} | more
        return PendingTransaction(function, deadline=self.sheet.deadline(seconds), **given)

    def waits(self, function: Any, seconds: float = 60.0, **more: Any) -> PendingTransaction[Any]:
        pending = self.pending(function, seconds, **more)
        self.queue.queue.append(pending)
        return pending

    def lead(self, *works: Any, seconds: float = 60.0, **more: Any) -> list[PendingTransaction[Any]]:
        """Lead once, for the first of these works."""
        waiting = [self.waits(work, seconds, **more) for work in works]
        self.coordinator.lead(waiting[0])
        return waiting

    def run(self, function: Any, seconds: float = 60.0, **more: Any) -> Any:
        return self.coordinator.submit(self.pending(function, seconds, **more))

    @property
    def lock(self) -> str:
        return str(self.sheet.tabs["Control"][1][1])

    @property
    def paid(self) -> list[Any]:
        return [row[0] for row in self.sheet.tabs["Payments"][1:]]

    @property
    def operations(self) -> list[Any]:
        """What the log says of the commits since the first three."""
        return [row[5] for row in self.sheet.tabs["Commit Log"][4:]]

    @property
    def calls(self) -> tuple[int, int]:
        return len(self.sheet.asked), len(self.sheet.sent)


def two() -> tuple[Stage, Stage]:
    """Two processes on one spreadsheet."""
    one, other = Stage(), Stage()
    other.sheet.tabs, other.sheet.ranges = one.sheet.tabs, one.sheet.ranges
    for _ in range(100):
        other.sheet.clock.new_id()
    return one, other


def fail(_: Transaction[Any]) -> None:
    raise ValueError("no")


def many(label: str) -> Callable[[Transaction[Any]], str]:
    def work(tx: Transaction[Any]) -> str:
        tx.add_all(Payments(payment_id=f"{label}{n}", account="x", cents=1, note="x" * 49_000) for n in range(25))
        return label

    return work


class TestCommitting:
    def test_after_a_free_lock_rows_are_added_unread_and_read_back(self) -> None:
        stage = Stage()

        assert stage.run(paying("p3")) == "paid"

        assert (stage.calls, stage.operations) == ((1, 1), ["pay"])
        assert LockRecord.parse(stage.lock) == LockRecord(3, str(stage.sheet.tabs["Commit Log"][-1][1]))
        assert stage.paid == ["p1", "p2", "p3"]
        assert stage.queue.leader is None

    def test_so_does_the_next_one_without_a_pause(self) -> None:
        stage = Stage()
        stage.run(paying("p3"))
        began = stage.sheet.time.seconds
        stage.forget()

        assert stage.run(paying("p4")) == "paid"

        assert stage.calls == (1, 1)
        assert stage.sheet.time.seconds == began + stage.replica.timing.confirmation_delay
        # Waiting for the quota must leave the time to learn what becomes of it.
        assert stage.sheet.spare == MIN_TIME_BUDGET + 1.0

    def test_who_only_looks_reads_and_writes_nothing(self) -> None:
        stage = Stage()

        assert stage.run(looking) == {"ada": 5, "bob": 7}
        assert stage.calls == (1, 0)

    def test_one_after_another_may_lead_and_none_within_another(self) -> None:
        stage = Stage(timing=EMBEDDED)

        assert [stage.run(paying(name), seconds=2.0) for name in ("p3", "p4")] == ["paid", "paid"]
        with pytest.raises(InvalidDeclarationError, match="has begun another transaction"):
            stage.run(lambda _: stage.run(looking))
        assert stage.run(looking)["ada"] == 205

    def test_all_that_wait_leave_in_one_batch(self) -> None:
        stage = Stage()
        other = stage.waits(paying("p3", "bob"), actor="bob")

        assert stage.run(paying("p4")) == "paid"

        assert (other.result, stage.operations) == ("paid", ["pay ×2"])
        assert stage.sheet.tabs["Commit Log"][-1][4] == "bob, ada"

    @pytest.mark.parametrize("unread", [True, False])
    def test_what_finds_no_room_in_the_batch_is_the_first_of_the_next(self, unread: bool) -> None:
        stage = Stage()
        if not unread:
            stage.coordinator._distrust()
        first, large, small = stage.lead(many("a"), many("b"), paying("p3"))

        assert [first.result, large.done, small.result] == ["a", False, "paid"]
        assert [*stage.queue.queue] == [large]
        assert stage.run(paying("p4")) == "paid"
        assert large.result == "b"

    def test_it_waits_once_however_often_the_others_are_sent(self) -> None:
        stage = Stage()
        stage.sheet.endings = [FAULT]

        first, large = stage.lead(many("a"), many("b"))

        assert first.result == "a"
        assert [*stage.queue.queue] == [large]

    def test_who_reads_a_table_that_was_written_is_among_the_last_of_the_next(self) -> None:
        def write(tx: Transaction[Any]) -> None:
            tx.table(Requests).update({"account": "ada"}, answer="yes")

        stage, reads = Stage(), (Requests,)
        first, stale = stage.lead(write, lambda tx: tx.table(Requests).rows[0].text("answer"), reads=reads)

        assert (first.done, stale.done) == (True, False)
        assert [*stage.queue.queue] == [stale]
        waiting = stage.waits(paying("p3"))
        stage.coordinator.lead(waiting)
        assert stale.result == "yes"

    def test_who_fails_fails_alone(self) -> None:
        stage = Stage()

        wrong, fine = stage.lead(fail, paying("p3"))

        assert isinstance(wrong.error, ValueError)
        assert (fine.result, stage.paid) == ("paid", ["p1", "p2", "p3"])

    def test_after_a_conflict_all_run_again_upon_what_came_first(self) -> None:
        stage, other = two()
        assert other.run(paying("p3", "eve")) == "paid"

        assert stage.run(paying("p3")) == "repeated"
        assert stage.run(paying("p4")) == "paid"
        assert stage.paid == ["p1", "p2", "p3", "p4"]

    def test_then_everything_is_read_first_for_a_while(self) -> None:
        stage, other = two()
        other.run(paying("p3", "eve"))
        stage.run(paying("p4"))
        stage.forget()

        stage.run(paying("p5"))

        assert stage.calls == (2, 1)

    def test_who_waits_where_others_of_this_process_do_makes_it_read_first(self) -> None:
        stage = Stage()

        def joined(tx: Transaction[Any]) -> str:
            if not stage.queue.queue:
                stage.waits(paying("p4"))
            return paying("p3")(tx)

        stage.run(joined)
        assert not stage.coordinator._staleness.may_append_unread()
        assert stage.lock.endswith("held by ours · lease 10 s")


class TestFaults:
    def test_what_is_refused_twice_is_at_fault_and_upon_new_tabs_only_once(self) -> None:
        stage = Stage()
        stage.sheet.endings = [FAULT, FAULT]

        with pytest.raises(RequestRejectedError):
            stage.run(paying("p3"))

        assert len(stage.sheet.sent) == 2
        assert stage.sheet.asked.count("metadata") == 1
        stage.sheet.endings = [FAULT]
        assert stage.run(paying("p3")) == "paid"

    def test_of_a_group_that_is_refused_only_the_one_at_fault_fails(self) -> None:
        stage = Stage()
        stage.sheet.endings = [FAULT] * 3

        first, second, third = stage.lead(paying("p3"), paying("p4"), paying("p5"))

        assert isinstance(first.error, RequestRejectedError)
        assert (second.result, third.result, stage.paid) == ("paid", "paid", ["p1", "p2", "p4", "p5"])
        assert stage.operations == ["pay", "pay"]

    def test_of_two_the_other_is_committed(self) -> None:
        stage = Stage()
        stage.sheet.endings = [FAULT] * 3

        wrong, fine = stage.lead(paying("p3"), paying("p4"))

        assert isinstance(wrong.error, RequestRejectedError)
        assert fine.result == "paid"

    @pytest.mark.parametrize("held", [True, False])
    def test_after_a_refusal_everything_is_read_first(self, held: bool) -> None:
        stage = Stage()
        if held:
            stage.run(paying("p9"), hold_lease=True)
            stage.forget()
        stage.sheet.endings = [FAULT]

        assert stage.run(paying("p3")) == "paid"
        # The tabs, all that is new, and the confirmation.
        assert stage.calls == (3, 2)

    def test_after_a_reading_that_fails_everything_is_read_first(self) -> None:
        stage = Stage()
        stage.sheet.refused = SchemaMismatchError("no", tab="Payments")
        with pytest.raises(SchemaMismatchError):
            stage.run(looking)
        stage.forget()

        assert stage.run(paying("p3")) == "paid"
        assert stage.calls == (2, 1)

    def test_what_keeps_one_of_a_refused_group_from_being_read_is_told_to_that_one(self) -> None:
        stage, error = Stage(), SchemaMismatchError("no", tab="Payments")
        stage.sheet.endings = [FAULT] * 2
        # Asked for are the tabs and all that is new for both, then all that is new for each.
        stage.sheet.before[2] = lambda: setattr(stage.sheet, "refused", error)

        first, second = stage.lead(paying("p3"), paying("p4"))

        assert (first.error, second.result) == (error, "paid")

    def test_after_one_of_them_fails_everything_is_read_for_the_next(self) -> None:
        stage = Stage()
        stage.sheet.endings = [FAULT, FAULT, NotApplied(PermissionDeniedError("no"), again=False)]

        first, second = stage.lead(paying("p3"), paying("p4"))

        assert isinstance(first.error, PermissionDeniedError)
        assert second.result == "paid"
        # The tabs, all that is new for both and for each, and the confirmation.
        assert stage.calls == (5, 4)

    def test_one_whose_caller_has_given_up_meanwhile_is_left_out(self) -> None:
        stage = Stage()
        stage.sheet.endings = [FAULT]
        fine, late = stage.waits(paying("p3")), stage.waits(paying("p4"), reads=(Requests,))
        stage.sheet.before[1] = lambda: late.reject(LockTimeoutError("late"))

        stage.coordinator.lead(fine)

        assert (fine.result, late.result, stage.paid) == ("paid", None, ["p1", "p2", "p3"])
        assert ["'Requests'" in asked for asked in stage.sheet.asked] == [True, False, False, False]

    def test_a_view_that_cannot_show_what_one_of_them_adds_fails_that_one(self) -> None:
        def shown(state: Books, _values: Any) -> list[Balances]:
            if "bad" in state.balances:
                raise ValueError("bad")
            return []

        stage = Stage(schema=replace(SCHEMA, views={Balances: shown}))

        fine, wrong, last = stage.lead(paying("p3"), paying("p4", "bad"), paying("p5"))

        assert (fine.result, last.result, str(wrong.error)) == ("paid", "paid", "bad")
        assert isinstance(wrong.error, ValueError)

    def test_what_cannot_be_built_is_told_to_the_one_who_wants_it(self) -> None:
        stage = Stage()

        def large(tx: Transaction[Any]) -> None:
            tx.changes.requests.extend([{"x": {}}] * 100_001)

        with pytest.raises(LimitExceededError):
            stage.run(large)
        assert stage.sheet.sent == []

    def test_so_is_what_finds_no_room_in_the_spreadsheet(self) -> None:
        stage = Stage()
        stage.sheet.rows["Requests"] = 1_999_900
        stage.replica.load_metadata(stage.sheet.deadline())

        with pytest.raises(LimitExceededError, match="The spreadsheet is full"):
            stage.run(lambda tx: tx.add_all(Payments(payment_id=f"m{n}", account="x", cents=1) for n in range(30)))
        assert stage.sheet.sent == []
        assert stage.run(paying("p3")) == "paid"

    def test_whatever_ends_the_leader_is_told_to_it_alone(self) -> None:
        stage = Stage()
        stage.sheet.endings = [None]  # type: ignore[list-item]

        leader, other = stage.lead(paying("p3"), paying("p4"))

        assert isinstance(leader.error, CommitUnknownError)
        assert isinstance(other.error, CommitUnknownError)
        assert stage.replica.snapshot.lock is None
        assert stage.run(looking) == {"ada": 5, "bob": 7}

    def test_afterwards_nothing_is_believed_that_was_before(self) -> None:
        stage = Stage()
        stage.run(paying("p3"), hold_lease=True)
        stage.sheet.endings = [None]  # type: ignore[list-item]
        stage.lead(paying("p4"))
        stage.forget()

        assert stage.run(paying("p5")) == "paid"

        # It is read before it, and read back after it, though the lock is ours.
        assert stage.calls == (2, 1)

    def test_whoever_waits_is_woken_after_each_group(self) -> None:
        stage, woken = Stage(), list[int]()
        stage.queue.notify_waiters = lambda: woken.append(1)  # type: ignore[method-assign]

        stage.lead(paying("p3"))

        assert woken == [1]
        assert stage.queue.group == []

    def test_before_anything_was_sent_the_others_go_on(self) -> None:
        stage = Stage()
        stage.coordinator._distrust()
        stage.sheet.refused = MemoryError()

        leader, other = stage.lead(paying("p3"), paying("p4"))

        assert isinstance(leader.error, MemoryError)
        assert [*stage.queue.queue] == [other]
        assert stage.run(looking)["ada"] == 105

    @pytest.mark.parametrize("error", [SchemaMismatchError("no", tab="Payments"), UnavailableError("no")])
    def test_what_keeps_the_leader_from_reading_is_told(self, error: Any) -> None:
        stage = Stage()
        stage.coordinator._distrust()
        stage.sheet.refused = error

        leader, other = stage.lead(paying("p3"), paying("p4"))

        assert leader.error is error
        assert (other.error is error) == isinstance(error, SchemaMismatchError)
        assert ([*stage.queue.queue] == [other]) == isinstance(error, UnavailableError)

    def test_after_a_doubt_the_next_leader_sends_the_same_batch_again_and_resolves_it_for_all(self) -> None:
        stage = Stage()
        stage.sheet.endings = [Unknown("gone")] * 9
        patient = stage.waits(paying("p4"))
        with pytest.raises(CommitUnknownError):
            stage.run(paying("p3"), seconds=3.0)
        assert not patient.done
        [batch] = stage.sheet.sent[:1]
        stage.forget()
        stage.sheet.endings.clear()

        assert stage.run(looking)["ada"] == 205

        assert patient.result == "paid"
        assert stage.sheet.sent[0] == batch

    def in_doubt(self, stage: Stage) -> PendingTransaction[Any]:
        """A commit in doubt, and one of it who has time."""
        stage.sheet.endings = [Unknown("gone")] * 9
        patient = stage.waits(paying("p4"))
        with pytest.raises(CommitUnknownError):
            stage.run(paying("p3"), seconds=3.0)
        stage.sheet.endings.clear()
        return patient

    def test_that_the_second_sending_is_refused_says_nothing_of_the_first(self) -> None:
        stage = Stage()
        patient = self.in_doubt(stage)
        stage.sheet.write(stage.sheet.sent[0], None)  # it was late
        stage.sheet.endings = [NotApplied(PermissionDeniedError("no"), again=False)]

        stage.run(looking)

        assert (patient.result, stage.paid) == ("paid", ["p1", "p2", "p4", "p3"])

    def test_where_another_process_came_first_those_who_wait_run_again(self) -> None:
        stage, other = two()
        patient = self.in_doubt(stage)
        other.run(paying("p9", "eve"))

        assert stage.run(looking)["eve"] == 100

        assert (patient.result, stage.paid) == ("paid", ["p1", "p2", "p9", "p4"])

    def test_one_for_which_nobody_waits_any_more_is_not_resolved(self) -> None:
        stage = Stage()
        stage.sheet.endings = [Unknown("gone")] * 9
        patient = stage.waits(paying("p4"))
        with pytest.raises(CommitUnknownError):
            stage.run(paying("p3"), seconds=3.0)
        patient.reject(CommitUnknownError("gave up"))
        stage.forget()
        stage.sheet.endings.clear()

        assert stage.run(looking) == {"ada": 5, "bob": 7}
        assert stage.sheet.sent == []


class TestTheLock:
    def test_one_of_another_process_is_waited_for_until_its_lease_is_over(self) -> None:
        tabs = spreadsheet()
        tabs["Control"][1][1] = HELD.format("theirs")
        stage = Stage(tabs, known=False)
        started = stage.sheet.time.seconds

        assert stage.run(paying("p3")) == "paid"

        assert 10.0 <= stage.sheet.time.seconds - started < 13.0
        # It is looked at twice a second; the tabs, the first look and the confirmation come besides.
        assert stage.calls == (20 + 3, 1)

    def test_a_free_one_must_have_stood_for_a_while_and_is_looked_at_once_more(self) -> None:
        stage = Stage(known=False)

        assert stage.run(paying("p3")) == "paid"

        assert stage.calls == (4, 1)

    @pytest.mark.parametrize(("seconds", "waits"), [(1.01, False), (1.02, True)])
    def test_a_wait_that_takes_all_the_time_left_is_none(self, seconds: float, waits: bool) -> None:
        stage = Stage(known=False)
        stage.sheet.time.seconds = 0.0

        with pytest.raises(LockTimeoutError, match="Too little time" if waits else "Another process holds the lock"):
            stage.run(paying("p3"), seconds=seconds)
        assert (stage.sheet.time.seconds > 0) is waits

    @pytest.mark.parametrize(("seconds", "pause"), [(60.0, 0.5), (2.25, 0.5), (2.0, 0.0)])
    def test_others_go_first_for_a_moment_if_there_is_time_to_commit_after_it(
        self, seconds: float, pause: float
    ) -> None:
        stage = Stage()
        began = stage.sheet.time.seconds
        stage.coordinator._yields_until = began + 0.5

        stage.run(looking, seconds=seconds)

        assert stage.sheet.time.seconds == began + pause

    def test_who_has_not_so_much_time_is_told(self) -> None:
        tabs = spreadsheet()
        tabs["Control"][1][1] = HELD.format("theirs")
        stage = Stage(tabs, known=False)

        with pytest.raises(LockTimeoutError, match="Another process holds the lock"):
            stage.run(paying("p3"), seconds=9.0)
        assert stage.sheet.sent == []

    @pytest.mark.parametrize(("seconds", "begins"), [(MIN_TIME_BUDGET + 1.0, True), (MIN_TIME_BUDGET + 0.75, False)])
    def test_no_commit_is_begun_without_time_to_learn_its_outcome(self, seconds: float, begins: bool) -> None:
        stage = Stage()

        if begins:
            assert stage.run(paying("p3"), seconds=seconds) == "paid"
        else:
            with pytest.raises(LockTimeoutError, match="Too little time was left to begin"):
                stage.run(paying("p3"), seconds=seconds)
            assert stage.sheet.sent == []

    def test_while_it_is_ours_less_time_is_enough_and_nothing_is_read(self) -> None:
        stage = Stage()
        stage.run(paying("p3"), hold_lease=True)
        assert stage.lock.endswith("held by ours · lease 10 s")
        stage.forget()

        assert stage.run(paying("p4"), seconds=MIN_TIME_BUDGET) == "paid"

        assert stage.calls == (0, 1)
        assert stage.lock.endswith("free")

    def test_one_that_is_held_by_a_promise_is_not_freed_by_looking_and_one_held_without_is(self) -> None:
        stage = Stage()
        stage.run(paying("p3"), hold_lease=True)
        stage.run(looking)
        assert stage.lock.endswith("held by ours · lease 10 s")

        stage.pass_time(5.0)
        stage.run(looking)
        assert stage.lock.endswith("free")
        assert stage.operations == ["pay", "free the lock"]
        stage.forget()
        stage.run(looking)
        assert stage.sheet.sent == []

    @pytest.mark.parametrize("moves_rows", [True, False])
    def test_rows_leave_only_while_it_is_ours(self, moves_rows: bool) -> None:
        """Whether the lock is taken before the rows are looked at, where nothing has to be read for it, or afterwards."""
        stage = Stage()

        stage.run(lambda tx: tx.drop_rows(Payments, 1), moves_rows=moves_rows, operation="leave")

        assert stage.operations == ["take the lock", "leave"]
        assert stage.calls == (1 if moves_rows else 2, 2)
        assert json.loads(str(stage.sheet.tabs["Commit Log"][-1][6]))["Payments"] == [2, 1, 1]

    def test_then_it_is_not_taken_again(self) -> None:
        stage = Stage()
        stage.run(paying("p3"), hold_lease=True)

        stage.run(lambda tx: tx.drop_rows(Payments, 1), moves_rows=True, operation="leave")

        assert stage.operations == ["pay", "leave"]

    def test_it_is_not_taken_first_without_the_time_for_it(self) -> None:
        stage = Stage()

        with pytest.raises(LockTimeoutError):
            stage.run(lambda tx: tx.drop_rows(Payments, 1), moves_rows=True, seconds=1.25)
        assert stage.sheet.sent == []

    def test_how_long_it_is_held_counts_anew_after_somebody_else_has_had_it(self) -> None:
        stage, other = two()
        stage.run(paying("p3"), hold_lease=True)
        assert other.run(paying("p9")) == "paid"  # on a clock on which our lease is over
        stage.pass_time(3.0)
        stage.run(paying("p4"), hold_lease=True)
        assert stage.lock.endswith("held by ours · lease 10 s")

        stage.pass_time(2.0)
        stage.run(paying("p5"), hold_lease=True)

        assert stage.lock.endswith("held by ours · lease 10 s")

    def test_after_our_longest_hold_others_are_let_in_while_some_wait_here(self) -> None:
        stage = Stage()
        stage.run(paying("p3"), hold_lease=True)
        stage.pass_time(stage.replica.timing.max_hold - 0.25)
        later: list[PendingTransaction[Any]] = []

        def long(tx: Transaction[Any]) -> str:
            stage.pass_time(0.25)
            later.append(stage.waits(paying("p5")))
            return paying("p4")(tx)

        stage.run(long)
        freed = stage.sheet.time.seconds
        assert stage.lock.endswith("free")
        stage.forget()

        moments: list[float] = []
        stage.sheet.before[0] = lambda: moments.append(stage.sheet.time.seconds)
        stage.coordinator.lead(later[0])
        assert later[0].result == "paid"
        # The delay of a confirmation, and one and a half times the pause between two looks.
        assert moments == [freed + 1.0 + 0.5 * 1.5]


class TestRefreshing:
    @staticmethod
    def showing(answer: str) -> Callable[[Transaction[Any]], str]:
        def work(tx: Transaction[Any]) -> str:
            table = tx.table(Requests)
            for row in table.rows:
                table.write(row, answer=answer)
            return "shown"

        return work

    def refresh(self, stage: Stage, work: Any = None) -> Any:
        return stage.run(work or self.showing("yes"), reads=(Requests,), guarded=True)

    def test_generated_columns_are_written_behind_the_fence_and_the_log_says_nothing(self) -> None:
        stage = Stage()

        assert self.refresh(stage) == "shown"

        [[guard, *_]] = stage.sheet.sent
        assert guard["updateNamedRange"]["namedRange"]["namedRangeId"] == "fence_2_c2"
        assert stage.sheet.tabs["Requests"][1][4] == "yes"
        assert (stage.operations, stage.lock) == ([], "version 2 · commit c2 · free")
        stage.forget()
        assert self.refresh(stage) == "shown"
        assert stage.calls == (1, 0)

    @pytest.mark.parametrize("ending", [Unknown("gone"), Rejected(RequestRejectedError("no", status=400, request_index=0)), Rejected(RequestRejectedError("no", status=400))])  # fmt: skip
    def test_one_that_came_too_late_or_is_not_known_says_nothing(self, ending: WriteOutcome) -> None:
        stage = Stage()
        stage.sheet.endings = [ending]

        assert self.refresh(stage) is None
        assert stage.calls == (1, 1)

    def test_what_is_refused_behind_the_fence_is_told_and_the_tabs_are_learnt_anew(self) -> None:
        stage = Stage()
        stage.sheet.endings = [Rejected(RequestRejectedError("no", status=400, request_index=1))]

        with pytest.raises(RequestRejectedError):
            self.refresh(stage)
        assert stage.sheet.asked[-1] == "metadata"

    def test_what_was_not_applied_is_told(self) -> None:
        stage = Stage()
        stage.sheet.endings = [NotApplied(UnavailableError("no"), again=False)]

        with pytest.raises(UnavailableError):
            self.refresh(stage)

    @pytest.mark.parametrize("work", [paying("p3"), lambda tx: tx.set_value("motto", "x"), lambda tx: tx.add(Accounts(account="x"))])  # fmt: skip
    def test_facts_need_a_commit(self, work: Any) -> None:
        stage = Stage()

        with pytest.raises(InvalidDeclarationError, match="facts need a commit"):
            self.refresh(stage, work)
        assert stage.sheet.sent == []

    def test_more_than_a_batch_takes_is_told_before_it_is_sent(self) -> None:
        stage = Stage()

        with pytest.raises(LimitExceededError):
            self.refresh(stage, lambda tx: tx.changes.requests.extend([{"x": {}}] * 100_001))
        assert stage.sheet.sent == []

    def test_where_there_is_no_room_a_fresh_look_must_say_so_too(self) -> None:
        def grow(tx: Transaction[Any]) -> None:
            stage.replica.snapshot.grid_rows["Payments"] = 1_000_000
            tx.changes.requests.append({"appendDimension": {"sheetId": 6, "dimension": "ROWS", "length": 1_999_000}})

        stage = Stage()
        self.refresh(stage, grow)
        assert stage.sheet.asked[-1] == "metadata"

        stage.sheet.rows["Payments"] = 1_000_000
        with pytest.raises(LimitExceededError):
            self.refresh(stage, grow)
        assert len(stage.sheet.sent) == 1
