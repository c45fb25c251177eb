"""Commands that need no account: demo, serve."""

from __future__ import annotations

import argparse
import signal

from npta.cli.console import Environment


def run_demo(given: argparse.Namespace, _environment: Environment) -> int:
    """The main job, from beginning to end."""
    from npta.local.demo import run_demo as run  # noqa: PLC0415 — starts servers; no other command needs it

    return run(given.file)


def run_serve(given: argparse.Namespace, _environment: Environment) -> int:
    """The function on this machine, until it is told to stop."""
    from npta.local.serve import run_serve as run  # noqa: PLC0415 — see run_demo

    # A plain kill must end the function as well, as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return run(given.file, signal.pause)
