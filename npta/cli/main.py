"""The command line: what people do at a shell."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from npta.cli.console import Environment
from npta.cli.files import EXPORTS, SNAPSHOTS, run_export, run_snapshot
from npta.cli.replicate import add_replicate_options, run_replicate
from npta.cli.reports import run_preflight, run_reconcile, run_status, run_verify
from npta.cli.spreadsheet import run_archive, run_audit, run_provision, run_rebuild, run_take_over
from npta.domain.orders.eligibility import Mode
from npta.errors import NptaError
from sheets_schema import ForeignRowsError, SheetsError

if TYPE_CHECKING:
    from argparse import _SubParsersAction  # argparse has no public name for it

MAX_PORT = 65_527  # the last of the five lies 8 above it
Run = Callable[[argparse.Namespace, Environment], int]


def main(arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None) -> int:
    """Run one command.

    The exit status is 0 only if it did what it is for and found nothing amiss.
    """
    given = _parser().parse_args(arguments)
    try:
        status: int = given.run(given, os.environ if environment is None else environment)
    except ForeignRowsError as error:
        print(f"npta: {error} To keep them so: python -m npta take-over --plan, then without --plan.", file=sys.stderr)
        return 1
    except (NptaError, SheetsError) as error:
        print(f"npta: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="npta", description="Key fulfillment, from the command line.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    provision = _command(commands, "provision", run_provision, "set the spreadsheet up; safe to repeat")
    provision.add_argument("--plan", action="store_true", help="only show what would be done")
    provision.add_argument("--mode", type=Mode, choices=list(Mode), help="switch to this mode as well")

    over = _command(
        commands,
        "take-over",
        run_take_over,
        "set up beside a sheet that was kept by hand, and put its keys into Import Keys; safe to repeat",
        "Tabs that this system writes, and that hold other rows, are kept as “… (before)”; nothing is deleted.",
    )
    over.add_argument("--plan", action="store_true", help="only show what would be done")

    _command(commands, "status", run_status, "mode, stock, open orders, outbox, last push; writes nothing")
    checked = _command(
        commands,
        "preflight",
        run_preflight,
        "is everything ready for go-live? 0 only if nothing is missed",
        "Commits once without changing a fact, and posts what it found to the Slack channel: nothing less would prove "
        "that both can be written to.",
    )
    checked.add_argument(
        "--deploy",
        action="store_true",
        help="only what a deploy can break: the spreadsheet, and Shopify and Slack if they are set",
    )
    verify = _command(
        commands,
        "verify",
        run_verify,
        "four ticks for one order: Slack, mail, keys, stock; writes nothing",
        "The ticks need what follows an order: the call to /orders/{id}/delivered, and a flush of the outbox.",
    )
    verify.add_argument("order", metavar="ORDER_ID", help="its id, or its name with its # or its letters")
    _command(
        commands,
        "reconcile",
        run_reconcile,
        "Shopify, sheet and ledgers compared, and one report to Slack; 1 if anything differs",
    )
    archived = _command(
        commands,
        "archive",
        run_archive,
        "let messages, shop snapshots and commits of more than a week ago leave the sheet, and settled orders for an archive; safe to repeat",
        "Orders leave only if NPTA_ARCHIVES is set, and are answered as before. Other rows are gone then: `replicate` first if anybody wants them.",
    )
    archived.add_argument(
        "--plan", action="store_true", help="only show how many rows and orders would leave, and to which archive"
    )
    audited = _command(commands, "audit", run_audit, "read everything again and check every invariant; writes nothing")
    audited.add_argument(
        "--archives",
        action="store_true",
        help="also read every archive, and check the orders there as if they were here",
    )
    _command(commands, "rebuild", run_rebuild, "views, columns and stock anew from the ledgers alone; safe to repeat")

    snapshot = _command(
        commands,
        "snapshot",
        run_snapshot,
        "every product of the shop into a dated CSV and a tab; the shop stays as it is",
    )
    snapshot.add_argument("--out", type=Path, default=SNAPSHOTS, metavar="FOLDER", help="default: %(default)s")
    export = _command(
        commands,
        "export",
        run_export,
        "the orders filled since go-live with their keys, as CSV",
        "The file holds key codes, which open the courses; only its owner can read it.",
    )
    export.add_argument(
        "--out", type=Path, metavar="FILE", help=f"default: a new file in {EXPORTS}; - is the standard output"
    )
    export.add_argument("--since", default="", metavar="TIME", help="only those filled since then (ISO 8601)")
    export.add_argument("--tests", action="store_true", help="also those filled in mode TEST")

    replicate = _command(
        commands,
        "replicate",
        run_replicate,
        "copy what the ledgers have gained into a SQL database, each row once; the spreadsheet is only read",
        "Key codes are copied, too: leave them out with --without keycode.",
    )
    add_replicate_options(replicate)

    demo = _command(commands, "demo", _run_demo, "the main job on an embedded spreadsheet, over real HTTP")
    demo.add_argument("--file", type=Path, default=Path("build/demo/npta.db"), help="where the spreadsheet lies")

    served = _command(
        commands, "serve", _run_serve, "the function, its embedded spreadsheet and a page on loopback; stays up"
    )
    served.add_argument("--file", type=Path, default=Path("build/serve/npta.db"), help="where the spreadsheet lies")
    served.add_argument(
        "--env", type=Path, metavar="FILE", help="the settings for a shell; default: env beside the spreadsheet"
    )
    served.add_argument(
        "--port",
        type=_port,
        default=8080,
        help="the function's; the others lie 5 to 8 above it; 0: free ones (default: %(default)s)",
    )

    rehearsed = _command(commands, "rehearse", _run_rehearse, "the go-live playbook on this machine, with its report")
    rehearsed.add_argument(
        "--folder", type=Path, default=Path("build/rehearsal"), help="made anew; default: %(default)s"
    )
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= MAX_PORT:
        raise argparse.ArgumentTypeError(f"{port} is no port: 0 to {MAX_PORT}")
    return port


def _run_demo(given: argparse.Namespace, _environment: Environment) -> int:
    from npta.local.demo import run_demo  # noqa: PLC0415 — starts servers; no other command needs it

    return run_demo(given.file)


def _run_serve(given: argparse.Namespace, _environment: Environment) -> int:
    from npta.local.serve import Ports, run_serve  # noqa: PLC0415 — see above

    # A plain kill must end the function as well, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run_serve(given.file, signal.pause, ports=Ports.from_base(given.port), env=given.env)


def _run_rehearse(given: argparse.Namespace, _environment: Environment) -> int:
    from npta.local.rehearsal import run_rehearsal  # noqa: PLC0415 — see above

    return run_rehearsal(given.folder)


def _command(
    commands: _SubParsersAction[argparse.ArgumentParser], name: str, run: Run, summary: str, more: str = ""
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}. {more}".strip())
    parser.set_defaults(run=run)
    return parser
