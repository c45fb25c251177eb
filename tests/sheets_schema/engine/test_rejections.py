"""Rejections that name no new row in the log: the batch's own fault, a stale read, or a fence that a person has moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
import requests

from sheets_schema import Clock, RequestRejectedError
from sheets_schema.engine.commit_group import PendingTransaction
from sheets_schema.engine.commit_queue import MAX_GROUP_SIZE, TIMED_OUT, CommitQueue
from sheets_schema.errors import CommitUnknownError, LockTimeoutError
from tests.sheets_schema.bank import Bank, Process, Sent, blind

OWN = "Invalid data: this batch cannot be carried out."
"""Google names the request at fault where it can; here it does not."""
FENCE = "Invalid requests[0].updateNamedRange: No named range with id"


def reject(
    process: Process, monkeypatch: pytest.MonkeyPatch, message: str, wanted: Callable[[int, Sent], bool]
) -> list[tuple[float, str]]:
    """Answer 400 to the batches that are `wanted`, by their number and content; when which commit was sent is listed."""
    send, sent = process.door.send, list[tuple[float, str]]()

    def scripted(request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if request.method != "POST":
            return send(request, *args, **more)
        body = json.loads(request.body or b"{}")
        added = next(each["addNamedRange"] for each in body["requests"] if "addNamedRange" in each)
        sent.append((process.clock.monotonic(), str(added["namedRange"]["namedRangeId"])))
        if not wanted(len(sent), Sent("POST", "", body)):
            return send(request, *args, **more)
        answer = requests.Response()
        answer.status_code = 400
        answer._content = json.dumps(
            {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}
        ).encode()
        return answer

    monkeypatch.setattr(process.door, "send", scripted)
    return sent


def test_a_batch_that_is_rejected_twice_without_a_reason_is_at_fault_and_an_empty_commit_takes_its_place(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = bank.process()
    process.warm_up()
    ours = "unwanted"

    sent = reject(process, monkeypatch, OWN, lambda _, batch: ours in json.dumps(batch.body))
    with pytest.raises(RequestRejectedError, match="cannot be carried out"):
        process.run(blind(ours))

    # Twice upon tabs as they were known, twice as they were just read; an empty commit ends either.
    fences = [fence for _, fence in sent]
    assert [fences.count(fence) for fence in dict.fromkeys(fences)] == [2, 1, 2, 1]
    assert bank.labels(ours) == 0
    bank.check()


def test_before_a_rejected_batch_is_sent_again_the_confirmation_delay_passes(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = bank.process()
    process.warm_up()
    sent = reject(process, monkeypatch, OWN, lambda number, _: number == 1)
    assert process.run(blind("second try")) == "paid"
    (first, fence), (second, again) = sent
    assert fence == again
    assert second - first >= bank.timing.confirmation_delay


def test_a_rejection_by_a_fence_that_stands_is_a_stale_one_and_the_same_batch_is_sent_again(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = bank.process()
    process.warm_up()
    sent = reject(process, monkeypatch, FENCE, lambda number, _: number <= 2)
    assert process.run(blind("third try")) == "paid"
    assert len(sent) == 3
    assert len({fence for _, fence in sent}) == 1
    bank.check()


def test_a_ledger_that_has_lost_rows_does_not_pass_for_a_commit_of_somebody_else(bank: Bank) -> None:
    process = bank.process()
    for number in range(3):
        process.run(blind(f"p{number}"))
    replica = process.spreadsheet._replica
    assert replica.snapshot.lock
    version = replica.snapshot.lock.version
    assert replica.is_still_at(version, process.deadline())
    assert not replica.is_still_at(version - 1, process.deadline())

    bank.tab("Payments").resize(rows=2)

    assert replica.is_still_at(version, process.deadline()), "a contradiction proves no other commit"


class TestQueue:
    def test_a_refresh_leaves_alone(self, bank: Bank) -> None:
        process = bank.process()
        queue: CommitQueue[Any] = process.spreadsheet._queue
        before, refresh, after = (
            process.waits(blind(name), guarded=name == "refresh") for name in ("a", "refresh", "b")
        )
        assert [queue.next_group() for _ in range(3)] == [[before], [refresh], [after]]

    def test_who_is_too_late_is_told_and_not_taken_along(self, bank: Bank) -> None:
        process = bank.process()
        late, early = process.waits(blind("late"), seconds=1.0), process.waits(blind("early"))
        bank.time.sleep(2.0)
        assert process.spreadsheet._queue.next_group() == [early]
        assert isinstance(late.error, LockTimeoutError)
        assert str(late.error) == TIMED_OUT

    def test_a_group_has_an_end(self, bank: Bank) -> None:
        process = bank.process()
        for number in range(MAX_GROUP_SIZE + 1):
            process.waits(blind(f"p{number}"))
        assert len(process.spreadsheet._queue.next_group()) == MAX_GROUP_SIZE
        assert len(process.spreadsheet._queue.next_group()) == 1

    def test_whoever_gives_up_the_lead_wakes_the_next(self) -> None:
        queue: CommitQueue[Any] = CommitQueue()
        first, second = (PendingTransaction[Any](blind(name), "pay", "test", (), Clock().deadline(60)) for name in "ab")
        assert queue.lead_or_wait(first)
        queue.queue.remove(first)
        leads: list[bool] = []
        waiter = Thread(target=lambda: leads.append(queue.lead_or_wait(second)))
        waiter.start()
        while second not in queue.queue:
            pass
        queue.release_leadership(first)
        waiter.join(10)
        assert leads == [True]

    def test_what_is_done_already_is_not_taken_along(self, bank: Bank) -> None:
        process = bank.process()
        done, next_one = process.waits(blind("done")), process.waits(blind("next"))
        done.resolve("paid")
        assert process.spreadsheet._queue.next_group() == [next_one]

    def test_who_is_out_of_time_while_a_leader_has_the_transaction_is_told_that_its_outcome_is_not_known(self) -> None:
        queue: CommitQueue[Any] = CommitQueue()
        seconds = [0.0]

        def now() -> float:
            if len(queue.queue) == 2:
                assert len(queue.next_group()) == 2
                seconds[0] = 100.0
            return seconds[0]

        clock = Clock(monotonic=now)
        first, second = (PendingTransaction[Any](blind(name), "pay", "test", (), clock.deadline(60)) for name in "ab")
        assert queue.lead_or_wait(first)
        assert not queue.lead_or_wait(second)
        assert isinstance(second.error, CommitUnknownError)
