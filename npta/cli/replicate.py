"""The command replicate: every ledger in a SQL database."""

from __future__ import annotations

import argparse

from npta.cli.console import Environment, progress, say, services_of


def add_replicate_options(parser: argparse.ArgumentParser) -> None:
    """Add the arguments; none in the deployed image, which holds no part of this."""
    try:
        from sheets_schema.replicate.options import add_options  # noqa: PLC0415 — see above
    except ModuleNotFoundError:
        return
    add_options(parser)


def run_replicate(given: argparse.Namespace, environment: Environment) -> int:
    """Copy what the ledgers have gained, and then compare or go on."""
    from sheets_schema.replicate import run  # noqa: PLC0415 — SQLAlchemy, which no other command needs
    from sheets_schema.replicate.options import url_of  # noqa: PLC0415 — as above

    url = url_of(given)
    services = services_of(environment)
    return run(
        services.spreadsheet,
        url,
        without=given.without,
        verify=given.verify,
        follow=given.follow,
        say=lambda line: say(f"  {line}"),
        progress=progress,
    )
