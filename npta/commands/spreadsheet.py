"""Commands about the spreadsheet itself: provision, audit, rebuild."""

from __future__ import annotations

import argparse

from npta.commands.console import SECONDS, WHO, Environment, progress, say, say_table, services_of
from npta.operations.audit_spreadsheet import audit_spreadsheet
from npta.operations.change_mode import change_mode
from npta.operations.rebuild import rebuild
from npta.operations.wind_up import wind_up
from npta.tables import table
from npta.tabs import KeyInventory


def run_provision(given: argparse.Namespace, environment: Environment) -> int:
    """Set the spreadsheet up, or show what would be done."""
    services = services_of(environment)
    deadline = services.clock.deadline(SECONDS)
    spreadsheet = services.spreadsheet
    steps = (spreadsheet.plan(deadline) if given.plan else spreadsheet.provision(deadline)).steps
    rows = [(str(place), step) for place, step in enumerate(steps, 1)]
    rows = rows or [("–", "nothing: everything is as declared")]
    say(table(["#", "to do" if given.plan else "done"], rows))
    if given.mode and not given.plan:
        changed = change_mode(services, given.mode, who=WHO, deadline=deadline)
        since = f", live since {changed.go_live_at}" if changed.go_live_at else ""
        say(f"\n  mode {changed.mode} (before: {changed.before}){since}")
    return 0


def run_audit(_given: argparse.Namespace, environment: Environment) -> int:
    """Check every invariant."""
    services = services_of(environment)
    progress("reading every ledger …")
    faults = audit_spreadsheet(services, deadline=services.clock.deadline(SECONDS))
    if faults:
        say(table(["tab", "row", "what is wrong"], [(each.tab, each.row or "–", each.message) for each in faults]))
        return 1
    say("  everything agrees: ledgers, commit log and Key Inventory")
    return 0


def run_rebuild(_given: argparse.Namespace, environment: Environment) -> int:
    """Bring everything computed back."""
    services = services_of(environment)
    deadline = services.clock.deadline(SECONDS)
    done = rebuild(services, who=WHO, deadline=deadline, progress=progress)
    wind_up(services, who=WHO, deadline=deadline)
    say_table(["#", "mended"], [(str(place), step) for place, step in enumerate(done.repairs, 1)])
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
