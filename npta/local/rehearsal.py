"""`make rehearse`: the go-live playbook on this machine, step by step.

Each step comes with the check that a person would make. The commands are run as people run them, buttons are pressed
over HTTP, a customer buys in the shop and the Zap carries the order. The phases are those of docs/operations.md.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from npta.domain.state.wording import count
from npta.local.api_keys import draw_keys
from npta.local.demo.run import type_entitlements
from npta.local.demo.stage import Stage, demo_environment, in_a_persons_hands
from npta.local.demo.story import ENTITLEMENTS, IMPORTED, PASTED, REFUSED, StoryStep
from npta.local.function_process import ROOT, running_function
from npta.local.shop.server import serve_shop
from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import LocalSlack, serve_slack
from npta.local.workbook.zapier import LocalZapier, serve_catch_hook
from npta.services import make_services
from npta.settings import Settings
from npta.tables import KeyLedger
from npta.text_tables import table

PRODUCTS = len(ENTITLEMENTS) + 1
VERIFIED = StoryStep("live verification", "Ada Lovelace", [("CPTa", 1)], 200, "fulfilled", 1)
EARLY = StoryStep("paid within the window", "Grace Hopper", [("CNC", 1)], 422, "failed", 0)
LIVE = StoryStep("the first customer", "Mary Somerville", [("NSTB", 1)], 200, "fulfilled", 3)
AFTER = StoryStep("after the rollback", "Emmy Noether", [("CPTa", 1)], 200, "off", 0)
NO_KEYS_YET = "no keys"
REPORT = "report.txt"
FOUR, FOUR_TICKS = 4, "four ticks: Slack, mail, keys, stock"


class RehearsedStep(NamedTuple):
    """One line of the report."""

    phase: str
    done: str
    expected: str
    found: str

    @property
    def ok(self) -> bool:
        """Whether the check is passed."""
        return self.expected == self.found


class Rehearsal:
    """The playbook, played. `steps` is the report."""

    def __init__(self, stage: Stage, zapier: LocalZapier, environment: Mapping[str, str], folder: Path) -> None:
        self.stage, self._zapier, self._folder = stage, zapier, folder
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self.steps: list[RehearsedStep] = []
        self._phase = ""

    def play(self) -> None:
        """Go through it all. A miss stops nothing, so that the report shows every one."""
        for phase, steps in (
            ("1 preparation", self._prepare),
            ("2 execution", self._execute),
            ("3 verification", self._verify),
            ("4 launch", self._launch),
            ("rollback", self._roll_back),
        ):
            self._phase = phase
            self.stage.say(f"\nPhase {phase}")
            steps()

    def _prepare(self) -> None:
        # The spreadsheet comes first, since the snapshot is kept in a tab as well as in a file.
        self._command(
            "provision", "--mode", "TEST", check="exit 0, mode TEST", found=lambda done: _said(done, "mode TEST")
        )
        self._command("snapshot", check=f"{PRODUCTS} products in file and tab", found=self._snapshot)

    def _execute(self) -> None:
        synced = self._press("/shopify/sync")
        self._check(
            "Sync from Shopify",
            f"{PRODUCTS} products appear",
            f"{_counted(synced.get('added'), 'product appears', 'products appear')}",
        )
        type_entitlements(self.stage)
        published = self._press("/catalogue/sync")
        # What has no keys yet is named as well: they come with the next step.
        wrong = [entry for entry in published.get("problems", ()) if NO_KEYS_YET not in entry["message"]]
        found = f"{published.get('published')} published, {len(wrong)} without entitlements"
        self._check("type entitlements, Sync Catalogue", f"{PRODUCTS} published, 0 without entitlements", found)
        self.stage.paste(PASTED)
        imported = self._press("/keys/import")
        refused = imported.get("rejected", 0) + imported.get("duplicates", 0)
        found = f"{imported.get('imported')} imported, {refused} refused with a reason"
        self._check("paste keys, Import Keys", f"{IMPORTED} imported, {REFUSED} refused with a reason", found)
        refreshed = self._press("/inventory/refresh")
        failed = len(refreshed["failed"]) if "failed" in refreshed else "all"
        self._check(
            "Refresh Inventory: final sync",
            "0 levels refused by Shopify",
            f"{_counted(failed, 'level')} refused by Shopify",
        )
        self._command("preflight", check="exit 0, nothing missed", found=lambda done: _said(done, ""))

    def _verify(self) -> None:
        self._order(VERIFIED, mail="test@npta.example")
        self.stage.bought[EARLY.customer] = self.stage.buy(EARLY)
        self.stage.shop.clock.sleep(1.0)  # Shopify tells times in whole seconds: the launch must not fall into this one
        self._press("/outbox/flush")
        order = str(self.stage.bought[VERIFIED.customer]["id"])
        self._command("verify", order, check=FOUR_TICKS, found=_ticks)

    def _launch(self) -> None:
        changed = self._press("/mode", {"mode": "LIVE"})
        tests = len(changed.get("test_orders", ()))
        self._check(
            "Change Mode: LIVE",
            "mode LIVE, 1 test order named",
            f"mode {changed.get('mode')}, {count(tests, 'test order')} named",
        )
        test = self.stage.bought[VERIFIED.customer]["id"]
        released = self._press(f"/orders/{test}/release").get("released")
        self._check(
            "Release Keys: the test order",
            "1 seat is free again",
            f"{_counted(released, 'seat is', 'seats are')} free again",
        )
        self._order(EARLY, mail="nobody")
        closed = self._press(f"/orders/{self.stage.bought[EARLY.customer]['id']}/close")
        found = f"closed: {'yes' if closed.get('status') == 'closed' or closed.get('closed') else closed}"
        self._check("Close Order: served by hand", "closed: yes", found)
        self._order(LIVE, mail="mary@example.com")
        self._press("/outbox/flush")
        self._command("verify", str(self.stage.bought[LIVE.customer]["id"]), check=FOUR_TICKS, found=_ticks)

    def _roll_back(self) -> None:
        before = self._rows(KeyLedger.__table__.title)
        self._check("Change Mode: OFF", "mode OFF", f"mode {self._press('/mode', {'mode': 'OFF'}).get('mode')}")
        self._order(AFTER, mail="nobody")
        taken = self._rows(KeyLedger.__table__.title) - before
        self._check(
            "look at Key Ledger", "0 keys taken, nothing deleted", f"{count(taken, 'key')} taken, nothing deleted"
        )
        file = self._folder / "export.csv"
        check = f"{count(LIVE.keys, 'seat')} of {LIVE.customer}"  # no test order, and none of before
        self._command("export", "--out", str(file), check=check, found=lambda _: _exported(file))
        check = "exit 0, everything agrees"
        self._command("audit", check=check, found=lambda done: _said(done, "everything agrees"))

    def _order(self, step: StoryStep, *, mail: str) -> None:
        """Let a customer buy, and the Zap do the rest."""
        if step.customer not in self.stage.bought:
            self.stage.bought[step.customer] = self.stage.buy(step)
        order = self.stage.bought[step.customer]
        run = self._zapier.run(order)
        sent = run.mail["to"] if run.mail else "nobody"
        found = (
            f"{run.status} {run.answer.get('status')}, {_counted(run.answer.get('keys_count'), 'key')}, mail to {sent}"
        )
        self._check(
            f"an order: {step.title}", f"{step.http} {step.status}, {count(step.keys, 'key')}, mail to {mail}", found
        )

    def _command(self, *words: str, check: str, found: Callable[[subprocess.CompletedProcess[str]], str]) -> None:
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "npta", *words],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        shown = " ".join(["npta", *(Path(word).name for word in words)])
        self._check(shown, check, found(done))
        if not self.steps[-1].ok:
            self.stage.say(done.stdout + done.stderr)

    def _press(self, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return dict(self.stage.press(path, body).json())

    def _rows(self, tab: str) -> int:
        return len(self.stage.sheet.worksheet(tab).get_all_values())

    def _snapshot(self, done: subprocess.CompletedProcess[str]) -> str:
        rows = 0
        for file in self._folder.glob("snapshots/*.csv"):
            with file.open(encoding="utf-8", newline="") as lines:
                rows = sum(1 for _ in csv.reader(lines)) - 1
        agrees = done.returncode == 0 and "the counts agree" in done.stdout
        return f"{count(rows, 'product')} in file{' and tab' if agrees else ', and another number in the tab'}"

    def _check(self, done: str, expected: str, found: str) -> None:
        step = RehearsedStep(self._phase, done, expected, found)
        self.steps.append(step)
        self.stage.say(f"  {'✓' if step.ok else '✗'} {done}: {found}")


def _counted(answered: object, thing: str, things: str = "") -> str:
    """Return how many the service says, or that it does not say."""
    return count(answered, thing, things) if isinstance(answered, int) else f"no {thing}"


def _said(done: subprocess.CompletedProcess[str], text: str) -> str:
    if done.returncode == 0 and "✗" not in done.stdout and text in done.stdout:
        return f"exit 0, {text or 'nothing missed'}"
    return f"exit {done.returncode}, {done.stdout.count('✗')} missed"


def _ticks(done: subprocess.CompletedProcess[str]) -> str:
    ticks = done.stdout.count("✓")
    return FOUR_TICKS if done.returncode == 0 and ticks == FOUR else f"{ticks} ticks, exit {done.returncode}"


def _exported(file: Path) -> str:
    if not file.is_file():
        return "no file"
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    customers = sorted({row["customer_name"] for row in rows})
    return f"{count(sum(int(row['seats']) for row in rows), 'seat')} of {', '.join(customers)}"


def run_rehearsal(
    folder: Path,
    say: Callable[[str], None] = print,
    prepare: Callable[[LocalShop, LocalSlack], None] = lambda _shop, _slack: None,
) -> int:
    """Play the playbook on a new spreadsheet in `folder`.

    Returns 0 only if every check is passed. `prepare` may do something to shop and Slack first, to see what a
    rehearsal says of it.
    """
    folder = folder.absolute()  # commands run in it
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    file = folder / "npta.db"
    shop, slack = LocalShop(), LocalSlack()
    shop.seed()
    prepare(shop, slack)
    with serve_shop(shop) as shopify, serve_slack(slack) as channel, serve_catch_hook() as hook:
        keys = draw_keys()
        environment = demo_environment(file, keys, shop.environment(shopify.url), channel.api_url, hook.address)
        services = make_services(Settings.load(environment))
        services.spreadsheet.diff(services.clock.deadline(60))  # an empty spreadsheet, as people make it
        with running_function(environment) as origin:
            stage = Stage(origin, in_a_persons_hands(file), shop, slack, say, keys)
            zapier = LocalZapier(origin, keys.order)
            hook.zap = zapier.take
            rehearsal = Rehearsal(stage, zapier, environment, folder)
            rehearsal.play()
    return _report(rehearsal.steps, folder / REPORT, say)


def _report(steps: Sequence[RehearsedStep], file: Path, say: Callable[[str], None]) -> int:
    missed = [step for step in steps if not step.ok]
    rows = [
        ("✓" if step.ok else "✗", step.phase, step.done, step.expected, "as expected" if step.ok else step.found)
        for step in steps
    ]
    checks = count(len(steps), "check")
    verdict = f"{checks}, all passed." if not missed else f"{len(missed)} of {checks} failed."
    text = table(["", "phase", "step", "check", "found"], rows)
    file.write_text(f"{text}\n\n{verdict}\n", encoding="utf-8")
    say(f"\n{text}\n\n{verdict} The report lies in {file}.")
    return 1 if missed else 0
