"""Commands about the spreadsheet itself: provision, archive, audit, rebuild."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from npta.cli.console import SECONDS, WHO, Environment, progress, say, say_table, services_of
from npta.domain.state.wording import count
from npta.operations.archiving.archive_health import ArchiveHealth, check_archives
from npta.operations.archiving.shrink_spreadsheet import shrink_spreadsheet
from npta.operations.audit import audit_spreadsheet
from npta.operations.audit_archives import audit_archives
from npta.operations.mode import change_mode
from npta.operations.outbox.flush import flush_before_exit
from npta.operations.refresh_and_rebuild import COUNTS, POOL, rebuild
from npta.operations.take_over import plan_take_over, take_over
from npta.text_tables import table
from sheets_schema import Database

ARCHIVE_SECONDS = 1_800.0
"""The first run of a spreadsheet that has worked for years goes through all of them."""


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
    made = plan if given.plan else spreadsheet.provision(deadline)
    _say_steps(made.steps, planned=given.plan)
    for note in made.notes:
        say(f"\n  {note}.")
    if plan.foreign:
        say("\n  → Tabs that this program did not make are kept so only by: python -m npta take-over")
    if given.mode and not given.plan:
        changed = change_mode(services, given.mode, who=WHO, deadline=deadline)
        since = f", live since {changed.go_live_at}" if changed.go_live_at else ""
        say(f"\n  mode {changed.mode} (before: {changed.before}){since}")
    archives = check_archives(services, deadline, write=not given.plan, is_set_up=not given.plan)
    say_table(
        ["archive", "how it stands"], [(archive.name, archive.trouble or _ready(archive)) for archive in archives]
    )
    return 0 if all(archive.is_usable for archive in archives) else 1


def _ready(archive: ArchiveHealth) -> str:
    return f"can be used; {count(archive.orders, 'order')}, {archive.cells * 100 // Database.MAX_CELLS} % full"


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


def run_archive(given: argparse.Namespace, environment: Environment) -> int:
    """Let what nobody looks at any more leave the spreadsheet."""
    services = services_of(environment)
    deadline = services.clock.deadline(ARCHIVE_SECONDS)
    progress("looking for what may leave …")
    done = shrink_spreadsheet(services, who=WHO, deadline=deadline, plan=given.plan, progress=progress)
    rows = [(left.tab, count(left.rows, "row")) for left in done.left]
    rows += [
        (f"settled orders, to the archive {left.archive}", count(left.orders, "order")) for left in done.orders.left
    ]
    if services.settings.archives and not done.orders.left:
        rows.append(("settled orders", "0 orders"))
    say(table(["what", "would leave" if given.plan else "left"], rows))
    if done.deleted_rows:
        say(f"\n  {count(done.deleted_rows, 'blank row')} deleted that earlier runs had left.")
    if done.trouble:
        say(f"\n  {done.trouble}")
    if done.orders.staying:
        say(f"\n  {done.orders.staying}")
    if done.orders.trouble:
        say(f"\n  Settled orders stay: {done.orders.trouble}")
    if done.orders.trouble or done.trouble:
        return 1
    if not done.complete:
        say("\n  → There was no time for all of it: run it again, it goes on where it stopped.")
    return 0


def run_audit(given: argparse.Namespace, environment: Environment) -> int:
    """Check every invariant."""
    services = services_of(environment)
    progress("reading every ledger …")
    if given.archives:
        deadline = services.clock.deadline(ARCHIVE_SECONDS)
        faults, leftovers = audit_archives(services, deadline=deadline, progress=progress)
    else:
        faults, leftovers = audit_spreadsheet(services, deadline=services.clock.deadline(SECONDS)), []
    if faults:
        rows = [(finding.tab, finding.row or "–", finding.message) for finding in faults]
        say(table(["tab", "row", "what is wrong"], rows))
    else:
        say(f"  everything agrees: ledgers, commit log and Key Inventory{', archives too' if given.archives else ''}")
    for leftover in leftovers:
        say(f"\n  {leftover}.")
    return 1 if faults else 0


def run_rebuild(_given: argparse.Namespace, environment: Environment) -> int:
    """Bring everything computed back."""
    services = services_of(environment)
    deadline = services.clock.deadline(SECONDS)
    done = rebuild(services, who=WHO, deadline=deadline, progress=progress)
    flush_before_exit(services, who=WHO, deadline=deadline)
    say_table(["#", "repaired"], [(str(number), step) for number, step in enumerate(done.repairs, 1)])
    say_table(["tab", "row", "showed", "shows now"], done.differences, title="What showed something else")
    columns = [*POOL, *COUNTS]
    rows = [[getattr(row, name) for name in columns] for row in done.inventory]
    say_table(columns, rows, title="Stock, from Import History and the Key Ledger alone")
    say_table(["SKU", "before", "now"], done.push.taken, title="Told to Shopify")
    say_table(["SKU", "why not"], done.push.refused, title="Not taken by Shopify")
    if not (done.repairs or done.differences):
        say("\n  nothing differed")
    say(f"\n  Key Inventory {'shows' if done.agrees else 'does NOT show'} what the ledgers say")
    return 0 if done.agrees and not done.push.refused else 1
