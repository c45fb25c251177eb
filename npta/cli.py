"""The command line: what people do at a shell."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from npta.domain.fulfillment import Mode
from npta.errors import NptaError
from npta.operations.audit_spreadsheet import audit_spreadsheet
from npta.operations.change_mode import change_mode
from npta.services import make_services
from npta.settings import Settings
from npta.tables import table
from sheets_schema import SheetsError

SECONDS = 120.0


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run one command; the exit status is 0 only if it did what it is for."""
    given = _parser().parse_args(arguments)
    try:
        status: int = given.run(given, os.environ if environment is None else environment)
    except (NptaError, SheetsError) as error:
        print(f"npta: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="npta", description="Key fulfillment, from the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    provision = commands.add_parser("provision", help="set the spreadsheet up; safe to repeat")
    provision.add_argument("--plan", action="store_true", help="only show what would be done")
    provision.add_argument("--mode", type=Mode, choices=list(Mode), help="switch to this mode as well")
    provision.set_defaults(run=_provision)
    auditing = commands.add_parser("audit", help="read everything again and check every invariant; writes nothing")
    auditing.set_defaults(run=_audit)
    demo = commands.add_parser("demo", help="the main job on an embedded spreadsheet, over real HTTP")
    demo.add_argument("--file", type=Path, default=Path("build/demo/npta.db"), help="where the spreadsheet lies")
    demo.set_defaults(run=_demo)
    serve = commands.add_parser("serve", help="the function and its embedded spreadsheet on loopback; stays up")
    serve.add_argument("--file", type=Path, default=Path("build/serve/npta.db"), help="where the spreadsheet lies")
    serve.set_defaults(run=_serve)
    return parser


def _provision(given: argparse.Namespace, environment: Mapping[str, str]) -> int:
    services = make_services(Settings.load(environment))
    deadline = services.clock.deadline(SECONDS)
    spreadsheet = services.spreadsheet
    steps = (spreadsheet.plan(deadline) if given.plan else spreadsheet.provision(deadline)).steps
    rows = [(str(place), step) for place, step in enumerate(steps, 1)]
    rows = rows or [("–", "nothing: everything is as declared")]
    print(table(["#", "to do" if given.plan else "done"], rows))
    if given.mode and not given.plan:
        changed = change_mode(services, given.mode, who="command line", deadline=deadline)
        since = f", live since {changed.go_live_at}" if changed.go_live_at else ""
        print(f"\n  mode {changed.mode} (before: {changed.before}){since}")
    return 0


def _audit(_given: argparse.Namespace, environment: Mapping[str, str]) -> int:
    services = make_services(Settings.load(environment))
    faults = audit_spreadsheet(services, deadline=services.clock.deadline(SECONDS))
    if faults:
        print(table(["tab", "row", "what is wrong"], [(each.tab, each.row or "–", each.message) for each in faults]))
        return 1
    print("  everything agrees: ledgers, commit log and Key Inventory")
    return 0


def _demo(given: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    from npta.local.demo import run_demo  # noqa: PLC0415 — starts servers; no other command needs it

    return run_demo(given.file)


def _serve(given: argparse.Namespace, _environment: Mapping[str, str]) -> int:
    from npta.local.serve import run_serve  # noqa: PLC0415 — see _demo

    # A plain kill must end the function as well, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run_serve(given.file, signal.pause)
