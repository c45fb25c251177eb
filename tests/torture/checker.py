"""What must be true of a spreadsheet after a run, and of everything that anybody was told."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.sheets_schema.bank import Bank

DOUBTFUL = ("CommitUnknownError", "LogDivergedError")
"""After these a work may stand there or not."""


@dataclass
class CheckResult:
    """Counts over all runs; all but `commits`, `works`, `left` and what the weather did must be zero."""

    commits: int = 0
    works: int = 0
    left: int = 0
    """Rows that have left the top of ledgers."""
    seats_twice: int = 0
    lost: int = 0
    twice: int = 0
    phantom: int = 0
    changed: int = 0
    stops: int = 0
    undetected: int = 0
    overwritten: int = 0
    unwhole: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    """With which writing stopped."""

    def add(self, other: CheckResult) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def harm(self) -> int:
        """What somebody was told and is not so, or was done twice: worse than a stop, or a view that is behind."""
        return self.seats_twice + self.lost + self.twice + self.changed

    @property
    def violations(self) -> dict[str, int]:
        return {
            "seats taken twice": self.seats_twice,
            "works lost": self.lost,
            "works applied twice": self.twice,
            "works applied that failed": self.phantom,
            "answers that changed": self.changed,
            "undetected forks": self.undetected,
            "people's rows overwritten": self.overwritten,
            "other broken rules": len(self.unwhole),
        }


def check(
    bank: Bank, journals: Iterable[dict[str, Any]], *, typed: Iterable[tuple[Any, ...]] = (), stopped: str = ""
) -> CheckResult:
    """Compare one spreadsheet with what was told of it.

    `typed` is what a person typed into the form and left there; `stopped` is the sentence with which the last look ended.
    """
    told: dict[str, list[str]] = defaultdict(list)
    begun: Counter[str] = Counter()
    kinds: dict[str, str] = {}
    found = CheckResult(
        commits=int(bank.rows("Commit Log")[-1]["version"]), sentences=[stopped[:200]] if stopped else []
    )
    for line in journals:
        if "begun" in line:
            begun[line["begun"]] += 1
            kinds[line["begun"]] = line["kind"]
            continue
        if line["told"].startswith("LogDivergedError"):
            found.sentences.append(line["told"][:200])
        if line["kind"] != "refresh":
            told[line["name"]].append(line["told"])
            if line["told"].startswith(
                ("SchemaMismatchError", "PermissionDeniedError", "RequestRejectedError", "NotProvisionedError")
            ):
                found.unwhole.append(f"{line['name']} was told {line['told']}")
    counts = json.loads(bank.rows("Commit Log")[-1]["rows"]).values()
    found.left = sum(count[1] for count in counts if isinstance(count, list))
    found.works, found.stops = len(begun), len(found.sentences)
    payments = bank.rows("Payments")
    standing = _standing(payments)
    for name, times in begun.items():
        _judge_work(found, kinds[name], told[name], standing.pop(name, []), unanswered=times > len(told[name]))
    found.phantom += len(standing)
    seats = Counter(row["note"] for row in payments if row["payment_id"].endswith("/from"))
    found.seats_twice = sum(times - 1 for times in seats.values())
    form = [(row["Account"], row["Cents"], row["Urgency"], row["Approved"]) for row in bank.rows("Requests")]
    found.overwritten = sum(form.count(row) != 1 for row in typed)
    if not stopped:
        _judge_whole(bank, found, payments, seats)
    broken = found.harm + found.phantom + len(found.unwhole)
    found.undetected = int(broken > 0 and not found.stops)
    return found


def _standing(payments: list[dict[str, Any]]) -> dict[str, list[str]]:
    """By work, the answers that its rows bear out: one, if it was applied once."""
    standing: dict[str, list[str]] = defaultdict(list)
    for row in payments:
        if row["account"] == "blind":
            standing[row["note"]].append("paid")
        elif row["payment_id"].endswith("/from"):
            standing[row["payment_id"].removesuffix("/from")].append(row["note"])
    return standing


def _judge_work(found: CheckResult, kind: str, told: list[str], standing: list[str], *, unanswered: bool) -> None:
    good = [each for each in told if each == "paid" or each.startswith("seat ")]
    doubtful = unanswered or any(each.startswith(DOUBTFUL) for each in told)
    found.twice += max(0, len(standing) - 1)
    if kind == "failing":
        found.phantom += len(standing)
    elif good:
        found.lost += not standing
        found.changed += len(set(good)) - 1 + (bool(standing) and standing[0] != good[0])
    elif not doubtful:
        found.phantom += len(standing)


def _judge_whole(bank: Bank, found: CheckResult, payments: list[dict[str, Any]], seats: Counter[str]) -> None:
    try:
        bank.check()
    except AssertionError as error:
        found.unwhole.append(f"log, ledgers and views disagree: {str(error)[:200]}")
    if sum(row["cents"] for row in payments):
        found.unwhole.append("the transfers do not sum up to nothing")
    if not found.seats_twice and set(seats) != {f"seat {number + 1}" for number in range(len(seats))}:
        found.unwhole.append("the seats are not the first ones")
    owners = Counter((row["Account no."].rpartition("/")[0], row["Owner"]) for row in bank.rows("Accounts"))
    standing = {row["payment_id"].removesuffix("/from"): row["note"] for row in payments}
    for (name, seat), times in owners.items():
        if standing.get(name) != seat or times not in (1, 3):
            found.unwhole.append(f"work {name} does not stand there whole")
