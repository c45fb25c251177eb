"""Commands about the spreadsheet itself: provision, audit, rebuild."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from npta.cli.console import SECONDS, WHO, Environment, progress, say, say_table, services_of
from npta.domain.state.text import count
from npta.operations.audit import audit_spreadsheet
from npta.operations.inventory import rebuild
from npta.operations.mode import change_mode
from npta.operations.outbox.flush import flush_before_exit
from npta.operations.take_over import plan_take_over, take_over
from npta.tables import KeyInventory
from npta.text_tables import table


def run_provision(given: argparse.Namespace, environment: Environment) -> int:
    """Set the spreadsheet up, or show what would be done."""
    services = services_of(environment)
    deadline = services.clock.deadline(SECONDS)
    spreadsheet = services.spreadsheet
    plan = spreadsheet.diff(deadline)
    if plan.foreign and not given.plan:
        _say_steps(plan.steps, planned=True)
        say("\n  Nothing was written: there are tabs here that this program did not make.")
        say("  → To set it up as above, with each of them kept under its other title: python -m npta take-over")
        return 1
    _say_steps(plan.steps if given.plan else spreadsheet.provision(deadline).steps, planned=given.plan)
    if plan.foreign:
        say("\n  → Tabs that this program did not make are kept so only by: python -m npta take-over")
    if given.mode and not given.plan:
        changed = change_mode(services, given.mode, who=WHO, deadline=deadline)
        since = f", live since {changed.go_live_at}" if changed.go_live_at else ""
        say(f"\n  mode {changed.mode} (before: {changed.before}){since}")
    return 0


def _say_steps(steps: Sequence[str], *, planned: bool) -> None:
    rows = [(str(number), step) for number, step in enumerate(steps, 1)]
    say(table(["#", "to do" if planned else "done"], rows or [("–", "nothing: everything is as declared")]))


def run_take_over(given: argparse.Namespace, environment: Environment) -> int:
    """Set the spreadsheet up beside what people kept by hand, or show what would be done."""
    services = services_of(environment)
    deadline = services.clock.deadline(SECONDS)
    if given.plan:
        done = plan_take_over(services, deadline=deadline)
    else:
        done = take_over(services, who=WHO, deadline=deadline, progress=progress)
    _say_steps(done.steps, planned=given.plan)
    if not done.kept_as:
        say("\n  There is no old Import History whose keys could be taken over.")
        return 0
    if done.missing:
        say(f"\n  No key of “{done.kept_as}” can be taken over: it has no column {', '.join(done.missing)}.")
        say("  → Write these headers above their columns in row 1, and run this again.")
        return 1
    verb = "would go" if given.plan else "went"
    say(f"\n  {count(done.waiting, 'key')} of “{done.kept_as}” {verb} into Import Keys" + _known(done.known))
    say("  → Lower `seats` there by what was used before, delete rows that are used up, then press Import Keys.")
    return 0


def _known(keys: int) -> str:
    return f"; {count(keys, 'key')} stood there or were imported before" if keys else ""


def run_audit(_given: argparse.Namespace, environment: Environment) -> int:
    """Check every invariant."""
    services = services_of(environment)
    progress("reading every ledger …")
    faults = audit_spreadsheet(services, deadline=services.clock.deadline(SECONDS))
    if faults:
        say(
            table(
                ["tab", "row", "what is wrong"],
                [(finding.tab, finding.row or "–", finding.message) for finding in faults],
            )
        )
        return 1
    say("  everything agrees: ledgers, commit log and Key Inventory")
    return 0


def run_rebuild(_given: argparse.Namespace, environment: Environment) -> int:
    """Bring everything computed back."""
    services = services_of(environment)
    deadline = services.clock.deadline(SECONDS)
    done = rebuild(services, who=WHO, deadline=deadline, progress=progress)
    flush_before_exit(services, who=WHO, deadline=deadline)
    say_table(["#", "mended"], [(str(number), step) for number, step in enumerate(done.repairs, 1)])
    say_table(["tab", "row", "showed", "shows now"], done.differences, title="What showed something else")
    columns = [column.header for column in KeyInventory.columns()]
    rows = [[row.cells()[column.field] for column in KeyInventory.columns()] for row in done.inventory]
    say_table(columns, rows, title="Stock, from Import History and the Key Ledger alone")
    say_table(["SKU", "before", "now"], done.push.taken, title="Told to Shopify")
    say_table(["SKU", "why not"], done.push.refused, title="Not taken by Shopify")
    if not (done.repairs or done.differences):
        say("\n  nothing differed")
    say(f"\n  Key Inventory {'shows' if done.agrees else 'does NOT show'} what the ledgers say")
    return 0 if done.agrees and not done.push.refused else 1
