"""The command's arguments, for the command lines of programs.

They can be asked for help where SQLAlchemy is missing.
"""

from __future__ import annotations

import argparse

READS_A_MINUTE = 6
"""How often the spreadsheet is read at most: whoever serves orders from it has a quota of sixty."""
MIN_PAUSE = 60 / READS_A_MINUTE
"""Seconds between two runs at least."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options, and the URL as the last positional argument."""
    parser.add_argument(
        "url", nargs="?", metavar="URL", help="sqlite:///copy.db, postgresql://user:password@host/name, …"
    )
    parser.add_argument(
        "--without",
        nargs="+",
        action="extend",
        default=[],
        metavar="FIELD",
        help="columns that are not copied, by header or as TAB.HEADER; the copy remembers them",
    )
    then = parser.add_mutually_exclusive_group()
    then.add_argument("--verify", action="store_true", help="then read both whole and compare them; 1 if they differ")
    then.add_argument(
        "--follow",
        type=float,
        metavar="SECONDS",
        help=f"go on, every so many seconds (at least {MIN_PAUSE:g}), until Ctrl-C",
    )


def url_of(given: argparse.Namespace) -> str:
    """Return the URL, also where it stands behind `--without`; empty if there is none."""
    if given.url is None and given.without and "://" in given.without[-1]:
        given.url = given.without.pop()
    return str(given.url or "")
