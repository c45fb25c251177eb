"""`make torture`: bad weather over an emulated spreadsheet until so many commits have met a fault; prints a table.

A failing run prints its seed; `--seed` with it makes the same schedule again, as far as real processes allow.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
import time
from collections import Counter
from collections.abc import Sequence

from sheets_schema import Timing
from tests.torture.judge import Verdict
from tests.torture.maimed import DEFENCES
from tests.torture.torment import Outcome, Plan, torment

STORM = 1300
"""Faulted commits of one run; then it is judged, and the next one begins on new spreadsheets."""
MAIMED_STORM = 500
"""The same with a defence taken out: it ends with the first run that shows it."""
MERGING = Timing(settle=0.5, tenure=2.0, lease=4.0, poll=0.1, fresh=5.0)
INSIDE, LONGER = 0.15, 1.5
"""Merge windows in seconds: inside `settle`, where a busy machine may add to them up to the half of it; and three times as long."""
MERGE_SECONDS = 120.0
MERGE_RUN = 40.0
"""Seconds of one run with merges: they are not counted by faults, but by time."""
ONLY_IN_A_MERGE = ("confirmation", "own-clock-wait", "settled-base")
"""Defences that the fence makes redundant while the API serialises: they are there for the day when it does not."""


def plan_of(mode: str, seed: int, commits: int, seconds: float, without: str = "") -> Plan:
    """A storm of faults, or merge windows without them."""
    if mode == "faults":
        return Plan(seed, commits, seconds, spreadsheets=12, without=without)
    merge = INSIDE if mode == "merges inside settle" else LONGER
    return Plan(
        seed,
        commits=1_000_000,
        seconds=min(seconds, MERGE_RUN),
        spreadsheets=24,
        timing=MERGING,
        pause=1.0,
        faults=False,
        people=False,
        merge=merge,
        latest_merge=MERGING.settle / 2 if merge == INSIDE else float("inf"),
        without=without,
    )


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Tally:
    """What the runs of one mode add up to."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.verdict = Verdict()
        self.faults: Counter[str] = Counter()
        self.edits: Counter[str] = Counter()
        self.faulted = self.after_sending = self.kills = self.put_off = 0

    def add(self, outcome: Outcome | Tally) -> None:
        self.verdict.add(outcome.verdict)
        self.faults += outcome.faults
        self.edits += outcome.edits
        self.faulted += outcome.faulted
        self.after_sending += outcome.after_sending
        self.kills += outcome.kills
        self.put_off += outcome.put_off

    @property
    def red(self) -> bool:
        """Whether a rule is broken, or writing has stopped although nothing was wrong with the spreadsheet."""
        stops = 0 if self.mode == "merges longer than settle" else self.verdict.stops
        return bool(stops or any(self.verdict.violations.values()))

    def table(self) -> None:
        verdict = self.verdict
        rows: list[tuple[str, object]] = [("commits", verdict.commits), ("works", verdict.works)]
        if self.faulted:
            rows += [("commits sent under a fault", self.faulted), ("of these after sending", self.after_sending)]
        rows += [("kill -9", self.kills), *sorted(self.faults.items()), *sorted(self.edits.items())]
        if self.put_off:
            rows.append(("merges that would have come late", self.put_off))
        rows += [("writing stopped (answers)", verdict.stops), *verdict.violations.items()]
        say(f"\n{self.mode}")
        for name, number in rows:
            say(f"  {name:<34}{number:>8}")
        for broken in verdict.unwhole[:10]:
            say(f"  ! {broken}")


def storm(mode: str, seed: int, commits: int, until: float, without: str = "") -> Tally:
    """Runs of one mode until so many commits have met a fault, or the time is over."""
    tally = Tally(mode)
    while tally.faulted < commits and (left := until - time.monotonic()) > 1 and not (without and tally.red):
        plan = plan_of(mode, seed, min(MAIMED_STORM if without else STORM, commits - tally.faulted), left, without)
        alone = Tally(mode)
        alone.add(torment(plan, say))
        tally.add(alone)
        if alone.red:
            say(f"  BROKEN by seed {seed} ({mode}): {alone.verdict.violations}, stops {alone.verdict.stops}")
            for sentence in [*alone.verdict.unwhole, *alone.verdict.sentences][:5]:
                say(f"  ! {sentence}")
        say(
            f"  seed {seed}: {tally.faulted or tally.verdict.commits} commits {'under a fault ' if tally.faulted else ''}in all"
        )
        seed += 1
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seed", type=int, help="of the first run; the next ones count on from it")
    parser.add_argument("--commits", type=int, default=10_000, help="that have met a fault (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=20.0, help="the most that the faults may take")
    parser.add_argument("--without", choices=sorted(DEFENCES), default="", help="take a defence out: must go red")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    seed = secrets.randbits(24) if options.seed is None else options.seed
    say(f"seed {seed}{f', without {options.without}' if options.without else ''}")
    tallies = []
    if options.without not in ONLY_IN_A_MERGE:
        until = time.monotonic() + options.minutes * 60
        tallies.append(storm("faults", seed, options.commits, until, options.without))
    if not options.without or options.without in ONLY_IN_A_MERGE:
        modes = ("merges inside settle",) if options.without else ("merges inside settle", "merges longer than settle")
        for mode in modes:
            until = time.monotonic() + min(MERGE_SECONDS, options.minutes * 60)
            tallies.append(storm(mode, seed, 1, until, options.without))
    for tally in tallies:
        tally.table()
    red = any(tally.red for tally in tallies if tally.mode != "merges longer than settle")
    if options.without:
        say(
            f"\nWithout {options.without} it goes {'red: the defence is needed' if red else 'GREEN: nothing is shown'}."
        )
        return int(not red)
    return int(red)


if __name__ == "__main__":
    sys.exit(main())
