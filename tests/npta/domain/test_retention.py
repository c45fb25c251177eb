"""Which rows may leave the sheet: by age, whole commits, and never the newest."""

from __future__ import annotations

import pytest

from npta.domain.state.retention import MIN_COMMITS, old_commits, old_messages, old_snapshots
from npta.tables import Outbox, OutboxEvent, ShopSnapshot

BEFORE = "2026-11-20T00:00:00Z"
OLD, NEW = "2026-11-12T10:00:00Z", "2026-11-25T10:00:00Z"


def messages(*commits: tuple[str, str]) -> list[Outbox]:
    return [
        Outbox(at=at, event=OutboxEvent.DUE, message_id=f"n{number}", kind="fulfilled", commit=commit)
        for number, (at, commit) in enumerate(commits)
    ]


@pytest.mark.parametrize(
    ("commits", "old"),
    [
        ([], 0),
        ([(NEW, "a")], 0),
        ([(OLD, "a")], 0),
        ([(OLD, "a"), (NEW, "b")], 1),
        ([(OLD, "a"), (OLD, "a"), (NEW, "b")], 2),
        ([(OLD, "a"), (OLD, "b"), (OLD, "b")], 1),
        ([(OLD, "a"), (OLD, "a"), (OLD, "a")], 0),
        ([(OLD, "a"), (NEW, "b"), (OLD, "c")], 1),
        ([(BEFORE, "a"), (NEW, "b")], 0),
    ],
)
def test_messages_leave_by_whole_commits(commits: list[tuple[str, str]], old: int) -> None:
    assert old_messages(messages(*commits), BEFORE) == old


@pytest.mark.parametrize(
    ("taken", "old"), [([], 0), ([OLD], 0), ([OLD, OLD], 0), ([OLD, OLD, NEW], 2), ([OLD, "2026-11-13"], 1), ([NEW], 0)]
)
def test_the_newest_snapshot_stays_however_old(taken: list[str], old: int) -> None:
    rows = [ShopSnapshot(taken_at=at, product_id="1", variant_id="1", product_title="A") for at in taken]
    assert old_snapshots(rows, BEFORE) == old


@pytest.mark.parametrize(
    ("count", "in_sheet", "old"),
    [(5_000, 20_000, 4_999), (5_000, 5_500, 4_500), (900, MIN_COMMITS, 0), (10, 5, 0), (0, 0, 0)],
)
def test_so_many_commits_stay_in_any_case(count: int, in_sheet: int, old: int) -> None:
    assert old_commits([OLD] * count, BEFORE, in_sheet) == old
    assert old_commits([NEW] * count, BEFORE, in_sheet) == 0
