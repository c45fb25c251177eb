"""Put a secret into Secret Manager, or a new version of it: typed where nobody sees it, or from standard input."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence

from deploy.foundation import RUNS
from deploy.gcloud import Gcloud, GcloudError, ended
from deploy.settings import SECRETS, SettingsFile


def main(arguments: Sequence[str] | None = None) -> int:
    """Store one secret; `deploy/up` hands its newest version to the service."""
    parser = argparse.ArgumentParser(prog="deploy/secret", description=__doc__)
    SettingsFile.add_to(parser)
    parser.add_argument("name", choices=sorted(SECRETS), metavar="NAME", help=", ".join(sorted(SECRETS)))
    given = parser.parse_args(arguments)
    try:
        file = SettingsFile.of(given)
        cloud, name = Gcloud(file.project, planning=given.plan), SECRETS[given.name]
        there = {entry["name"].rpartition("/")[2] for entry in cloud.read("secrets", "list")}
        value = "" if given.plan else _value(given.name)
        if name in there:
            cloud.do(f"a new version of {name}", "secrets", "versions", "add", name, "--data-file=-", stdin=value)
        else:
            command = ("secrets", "create", name, "--replication-policy=automatic", "--data-file=-")
            cloud.do(f"the secret {name}", *command, stdin=value)
        print(f"Now run deploy/up: {RUNS} is let in, and a revision with the new version is rolled out.")
    except GcloudError as error:
        return ended(error)
    return 0


def _value(name: str) -> str:
    value = (getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.read()).strip()
    if not value:
        raise GcloudError(f"{name} is empty: nothing was stored.")
    return value


if __name__ == "__main__":
    raise SystemExit(main())
