"""`make torture`: bad weather over an emulated spreadsheet until so many commits have met a fault; prints a table.

Which call meets which fault or window is drawn from the seed. A failing run prints the command that makes the same
schedule again; how the threads of real processes meet it is theirs.
"""

from __future__ import annotations

import argparse
import logging
import secrets
import sys
import time
from collections import Counter
from collections.abc import Sequence

from sheets_schema.advanced import Timing
from tests.torture.ablations import DEFENCES
from tests.torture.checker import CheckResult
from tests.torture.harness import Outcome, Plan, run

STORM = 1300
"""Faulted commits of one run; then it is judged, and the next one begins on new spreadsheets."""
MAIMED_STORM = 500
"""The same with a defence taken out: it ends with the first run that does harm."""
MERGING = Timing(
    confirmation_delay=0.5, max_hold=2.0, renew_deadline=2.0, lease_duration=4.0, retry_period=0.1, max_staleness=5.0
)
INSIDE, LATEST_INSIDE, LONGER = 0.4, 0.45, 1.5
"""Merge windows in seconds: inside `settle`, with a busy machine's delay still inside; and three times as long."""
MERGE_SECONDS = 120.0
MERGE_RUN = 40.0
"""Seconds of one run with merges: they are not counted by faults, but by time."""
MODES = ("faults", "merges-inside-settle", "longer-merges", "longer-merges-without-kills")
ONLY_IN_A_MERGE = ("confirmation", "own-clock-wait", "settled-base")
"""Defences that the fence makes redundant while the API serialises: they are there for the day when it does not."""


def plan_of(mode: str, seed: int, commits: int, seconds: float, without: str = "") -> Plan:
    """A storm of faults, the same but thinner with merges inside `settle`, or longer merges and nothing else."""
    if mode == "faults":
        return Plan(seed, commits, seconds, spreadsheets=12, without=without)
    inside = mode == "merges-inside-settle"
    return Plan(
        seed,
        commits=1_000_000,
        seconds=min(seconds, MERGE_RUN),
        spreadsheets=24,
        timing=MERGING,
        pause=1.0,
        faults=0.3 if inside else 0.0,
        kills=mode != "longer-merges-without-kills",
        people=inside,
        people_take_the_fence=False,
        merge=INSIDE if inside else LONGER,
        latest_merge=LATEST_INSIDE if inside else float("inf"),
        without=without,
    )


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Tally:
    """What the runs of one mode add up to. `asked` is how many commits had to meet a fault."""

    def __init__(self, mode: str, asked: int = 0) -> None:
        self.mode = mode
        self.asked = asked
        self.verdict = CheckResult()
        self.faults: Counter[str] = Counter()
        self.edits: Counter[str] = Counter()
        self.faulted = self.after_sending = self.kills = self.merged = self.put_off = 0

    def add(self, outcome: Outcome | Tally) -> None:
        self.verdict.add(outcome.verdict)
        self.faults += outcome.faults
        self.edits += outcome.edits
        self.faulted += outcome.faulted
        self.after_sending += outcome.after_sending
        self.kills += outcome.kills
        self.merged += outcome.merged
        self.put_off += outcome.put_off

    @property
    def broken(self) -> bool:
        """Whether a rule is broken, or writing has stopped although nothing was wrong with the spreadsheet.

        Merges longer than `settle` are detected, not prevented: then only what nobody noticed counts, and that only
        if no crash took the one who would have.
        """
        verdict = self.verdict
        if self.mode == "longer-merges":
            return False
        if self.mode == "longer-merges-without-kills":
            return verdict.undetected > 0
        return bool(verdict.stops or any(verdict.violations.values()))

    @property
    def shortfalls(self) -> list[str]:
        """What did not happen often enough to prove anything."""
        found = []
        if self.faulted < self.asked:
            found.append(f"only {self.faulted} of {self.asked} commits met a fault: give it more --minutes")
        if self.asked and self.after_sending * 2 < self.faulted:
            found.append(f"only {self.after_sending} of {self.faulted} met one after sending: less than half")
        if self.mode != "faults" and not self.merged:
            found.append("nothing merged")
        return found

    def table(self) -> None:
        verdict = self.verdict
        rows: list[tuple[str, object]] = [
            ("commits", verdict.commits),
            ("works", verdict.works),
            ("rows that left the sheet", verdict.left),
        ]
        if self.faulted:
            rows += [("commits that met a fault", self.faulted), ("of these after sending", self.after_sending)]
        if self.mode != "faults":
            rows += [("batches merged over another", self.merged), ("merges that would have come late", self.put_off)]
        rows += [("kill -9", self.kills), *sorted(self.faults.items()), *sorted(self.edits.items())]
        rows += [("writing stopped (answers)", verdict.stops), *verdict.violations.items()]
        say(f"\n{self.mode}")
        for name, number in rows:
            say(f"  {name:<34}{number:>8}")
        for sentence in [*verdict.unwhole[:10], *self.shortfalls]:
            say(f"  ! {sentence}")


def storm(mode: str, seed: int, commits: int, until: float, without: str = "") -> Tally:
    """Runs of one mode until so many commits have met a fault (0: as many as there is time for), or the time is over."""
    tally = Tally(mode, commits)
    while (left := until - time.monotonic()) > 1 and not (commits and tally.faulted >= commits):
        plan = plan_of(mode, seed, min(MAIMED_STORM if without else STORM, commits - tally.faulted), left, without)
        alone = Tally(mode)
        alone.add(run(plan, say))
        tally.add(alone)
        say(f"  seed {seed}: {tally.verdict.commits} commits in all, {tally.faulted} met a fault")
        if without and tally.verdict.harm:
            break
        if alone.broken and not without:
            say(f"  BROKEN: {alone.verdict.violations}, stops {alone.verdict.stops}")
            for sentence in [*alone.verdict.unwhole, *alone.verdict.sentences][:5]:
                say(f"  ! {sentence}")
            say(f"  again: python -m tests.torture --mode {mode} --seed {seed} --commits {plan.commits}")
        seed += 1
    return tally


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--mode", choices=MODES, help="this one only (default: all)")
    parser.add_argument("--seed", type=int, help="of the first run; the next ones count on from it")
    parser.add_argument("--commits", type=int, default=10_000, help="that have met a fault (default %(default)s)")
    parser.add_argument("--minutes", type=float, default=20.0, help="the most that the faults may take")
    parser.add_argument("--without", choices=sorted(DEFENCES), default="", help="take a defence out: must do harm")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    seed = secrets.randbits(24) if options.seed is None else options.seed
    say(f"seed {seed}{f', without {options.without}' if options.without else ''}")
    modes = (options.mode,) if options.mode else MODES
    if options.without and not options.mode:
        modes = ("merges-inside-settle" if options.without in ONLY_IN_A_MERGE else "faults",)
    tallies = []
    for mode in modes:
        seconds = options.minutes * 60
        if mode != "faults":
            seconds = min(MERGE_SECONDS, seconds)
        commits = options.commits if mode == "faults" else 0
        tallies.append(storm(mode, seed, commits, time.monotonic() + seconds, options.without))
    for tally in tallies:
        tally.table()
    if options.without:
        harm = sum(tally.verdict.harm for tally in tallies)
        say(
            f"\nWithout {options.without} it {'does harm: the defence is needed' if harm else 'does NO HARM: nothing is shown'}."
        )
        return int(not harm)
    return int(any(tally.broken or tally.shortfalls for tally in tallies))


if __name__ == "__main__":
    sys.exit(main())
