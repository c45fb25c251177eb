"""Back to the revision that served before, in one command. Settings and secrets go back with it; the spreadsheet does not."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.gcloud import Gcloud, GcloudError, ended
from deploy.service import Service, answers
from deploy.settings import SettingsFile


def main(arguments: Sequence[str] | None = None) -> int:
    """Move all traffic to the revision before; with `--plan` only say so."""
    parser = argparse.ArgumentParser(prog="deploy/rollback", description=__doc__)
    SettingsFile.add_to(parser)
    parser.add_argument("--to", default="", metavar="REVISION", help="another one than the one before")
    given = parser.parse_args(arguments)
    try:
        file = SettingsFile.of(given)
        service = Service(Gcloud(file.project, planning=given.plan), file.location)
        now = service.serving()
        wanted = given.to or service.revision(now).before
        if not wanted:
            raise GcloudError(f"{now} is the first revision: there is none to go back to.")
        service.send(f"from {now} back to {wanted}", f"--to-revisions={wanted}=100")
        if not given.plan and not answers(service.url):
            raise GcloudError(
                f"{wanted} does not answer at {service.url}/health: deploy/rollback --to={now} undoes this."
            )
    except GcloudError as error:
        return ended(error)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
