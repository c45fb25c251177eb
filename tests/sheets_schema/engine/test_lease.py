"""What one process may believe of the lock, on its own clock."""

from __future__ import annotations

import pytest

from sheets_schema import Clock
from sheets_schema.advanced import Timing
from sheets_schema.engine.lease import Lease
from sheets_schema.protocol.lock_record import LockRecord

TIMING = Timing(confirmation_delay=1.0, max_hold=5.0, renew_deadline=3.0, lease_duration=10.0)
FREE = LockRecord(7, "c7")
THEIRS = LockRecord(7, "c7", "theirs", 10.0)
OURS = LockRecord(8, "c8", "ours", 10.0)


class Stage:
    def __init__(self) -> None:
        self.now = 100.0
        self.lease = Lease("ours", Clock(monotonic=lambda: self.now), TIMING)

    def hold(self) -> Stage:
        self.lease.committed(OURS, self.now)
        return self


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_a_200_is_believed_until_the_renew_deadline_after_the_last_batch_was_sent(stage: Stage) -> None:
    assert not stage.lease.is_valid(OURS)
    stage.hold()
    stage.now += 2.9
    assert stage.lease.is_valid(OURS)
    assert not stage.lease.is_valid(THEIRS)
    stage.now += 0.2
    assert not stage.lease.is_valid(OURS)


def test_at_the_deadline_itself_it_is_not(stage: Stage) -> None:
    stage.hold()
    stage.now += TIMING.renew_deadline
    assert not stage.lease.is_valid(OURS)


def test_at_the_end_of_our_longest_hold_the_lock_is_freed(stage: Stage) -> None:
    stage.hold()
    stage.now += TIMING.max_hold
    assert stage.lease.hold_limit_reached()


def test_a_commit_with_which_we_free_the_lock_ends_our_hold(stage: Stage) -> None:
    stage.hold()
    stage.lease.committed(LockRecord(9, "c9"), stage.now)
    stage.now += TIMING.max_hold
    assert not stage.lease.hold_limit_reached()
    assert not stage.lease.is_valid(OURS)


def test_the_next_commit_says_the_next_version_and_for_how_long_we_hold_the_lock(stage: Stage) -> None:
    assert stage.lease.next_record(FREE, "c8", more=True) == OURS
    assert stage.lease.next_record(FREE, "c8", more=False) == LockRecord(8, "c8", "", 0.0)


def test_a_name_has_no_blanks_which_would_end_it_in_the_lock_cell() -> None:
    assert Lease(" my  own\tname ", Clock(), TIMING).name == "my-own-name"


def test_how_long_the_lock_is_held_counts_from_the_first_batch_and_not_from_the_last(stage: Stage) -> None:
    stage.hold()
    stage.now += 2.0
    stage.hold()
    stage.now += 2.9
    assert stage.lease.next_record(OURS, "c9", more=True).holder == "ours"
    stage.now += 0.2
    assert stage.lease.next_record(OURS, "c9", more=True).holder == ""
    assert stage.lease.next_record(OURS, "c9", more=False).holder == ""


def test_after_a_doubt_nothing_is_believed(stage: Stage) -> None:
    stage.hold().lease.invalidate()
    assert not stage.lease.is_valid(OURS)
    assert not stage.lease.hold_limit_reached()


@pytest.mark.parametrize(("cell", "seconds"), [(FREE, 1.0), (THEIRS, 10.0)])
def test_a_lock_of_others_must_stand_still_for_its_time_on_our_clock(
    stage: Stage, cell: LockRecord, seconds: float
) -> None:
    assert stage.lease.takeover_delay(cell) == seconds, "not seen before: its time begins now"
    stage.lease.observe(cell)
    stage.now += 0.75
    stage.lease.observe(cell)
    assert stage.lease.takeover_delay(cell) == pytest.approx(seconds - 0.75)
    stage.now += seconds
    assert stage.lease.takeover_delay(cell) == 0.0


def test_our_own_commit_needs_no_waiting(stage: Stage) -> None:
    stage.hold()
    assert stage.lease.takeover_delay(OURS) == 0.0
    freed = LockRecord(9, "c9")
    stage.lease.committed(freed, stage.now)
    assert stage.lease.takeover_delay(freed) == 0.0


def test_a_commit_of_others_is_confirmed_once_it_had_been_seen_for_the_delay_when_it_was_read(stage: Stage) -> None:
    stage.lease.observe(FREE)
    assert not stage.lease.is_confirmed(FREE, stage.now + 0.5)
    assert stage.lease.is_confirmed(FREE, stage.now + 1.0)


def test_a_commit_that_was_never_observed_is_not_confirmed(stage: Stage) -> None:
    assert not stage.lease.is_confirmed(FREE, stage.now + 99.0)
    assert stage.hold().lease.is_confirmed(OURS, stage.now)


def test_a_commit_of_ours_is_confirmed_whether_or_not_it_has_freed_the_lock(stage: Stage) -> None:
    freed = LockRecord(9, "c9")
    stage.lease.committed(freed, stage.now)

    assert stage.lease.is_confirmed(freed, stage.now)
    assert stage.lease.is_confirmed(LockRecord(10, "c10", "ours", 10.0), stage.now)
