"""Run `python -m npta …` in the service's place: its image, its settings, its account, no secret on this machine.

For everything that leaves no file: provision, preflight, verify, status, archive, audit, reconcile, rebuild, take-over.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.gcloud import Gcloud, GcloudError, ended
from deploy.service import Service
from deploy.settings import SettingsFile


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command, and show what it wrote; exit 1 if it found something amiss."""
    parser = argparse.ArgumentParser(prog="deploy/command", description=__doc__)
    SettingsFile.add_to(parser)
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND", help="as after python -m npta")
    given = parser.parse_args(arguments)
    if not given.words:
        parser.error("say which command: deploy/command status")
    try:
        file = SettingsFile.of(given)
        service = Service(Gcloud(file.project, planning=given.plan), file.location)
        service.command(service.revision(service.serving()), given.words)
        if not given.plan:
            print(service.log())
    except GcloudError as error:
        return ended(error)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
