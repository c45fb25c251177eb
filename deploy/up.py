"""From an empty Google Cloud project to a service that answers, and every change after it. Twice the same changes nothing.

It makes what is missing, sets what the settings file says, and leaves everything else as it is. A change of settings is rolled
out like a change of code: a revision without traffic, checked, and back at the first miss.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.foundation import REPOSITORY, RUNS, Foundation
from deploy.gcloud import Gcloud, GcloudError, ended, joined
from deploy.rollout import digest_of, roll_out
from deploy.schedules_and_alarms import Watch
from deploy.service import SERVICE, Service, Setting, answers
from deploy.settings import SettingsFile

ROOT = Path(__file__).parents[1]
NEEDED = ("NPTA_SPREADSHEET", "NPTA_REGION")
"""Without these the service does not start; the keys are drawn."""


class Up:
    """The whole way, in order."""

    def __init__(self, cloud: Gcloud, file: SettingsFile) -> None:
        self.cloud, self.file = cloud, file
        self.foundation = Foundation(cloud, file)
        self.service = Service(cloud, file.location)

    def go(self) -> None:
        """Go it. Raises `GcloudError`."""
        self.foundation.lay()
        there = self.service.described() if "run.googleapis.com" in self.foundation.enabled else None
        if there:
            self._change()
        else:
            self._first()
        url = self.service.url if there or not self.cloud.planning else "(the service)"
        Watch(self.cloud, self.file, self.foundation, url).set_up()

    def _first(self) -> None:
        if missing := [name for name in NEEDED if not self.file.settings.get(name)]:
            raise GcloudError(f"The settings do not say {' and '.join(missing)}: a service would not start.")
        self.cloud.do(
            "test this checkout and build its image",
            "builds",
            "submit",
            str(ROOT),
            f"--config={ROOT / 'cloudbuild.yaml'}",
            f"--gcs-source-staging-dir={self.foundation.bucket}/source",
            f"--substitutions=_LOCATION={self.file.location}",
        )
        image = f"{self.file.location}-docker.pkg.dev/{self.cloud.project}/{REPOSITORY}/fulfillment"
        newest = f"{image}@sha256:…" if self.cloud.planning else self._newest(image)
        settings = {name: value for name, value in self.file.settings.items() if value}
        self.service.deploy(
            f"the service {SERVICE}",
            f"--image={newest}",
            f"--service-account={self.foundation.account(RUNS)}",
            f"--update-env-vars={joined(settings)}",
            f"--update-secrets={joined(self.foundation.versions())}",
        )
        if not self.cloud.planning and not answers(self.service.url):
            raise GcloudError(f"{self.service.url}/health does not answer; the log of {SERVICE} says why.")

    def _newest(self, image: str) -> str:
        found = self.cloud.read(
            "artifacts", "docker", "images", "list", image, "--include-tags", "--sort-by=~CREATE_TIME"
        )
        if not found:
            raise GcloudError(f"The build left no image at {image}.")
        return f"{image}@{found[0]['version']}"

    def _change(self) -> None:
        now = self.service.revision(self.service.serving())
        desired = wanted_settings(now.settings, self.file.settings, self.foundation.versions())
        if desired != now.settings:
            roll_out(self.service, digest_of(self.cloud, now.image), desired)


def wanted_settings(
    now: Mapping[str, Setting], file: Mapping[str, str], secrets: Mapping[str, str]
) -> dict[str, Setting]:
    """Return what is set now, with what the file and the secrets say; what neither names stays as it is."""
    values = {name: Setting(value=value) for name, value in file.items()}
    pinned = {name: Setting(secret=at) for name, at in secrets.items()}
    return {name: entry for name, entry in {**now, **values, **pinned}.items() if entry != Setting()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Bring the project up; exit 1 with a sentence if something stops us."""
    parser = argparse.ArgumentParser(prog="deploy/up", description=__doc__)
    SettingsFile.add_to(parser)
    given = parser.parse_args(arguments)
    try:
        file = SettingsFile.of(given)
        cloud = Gcloud(file.project, planning=given.plan)
        up = Up(cloud, file)
        up.go()
        if not cloud.changes:
            print("Nothing to do: everything is as it should be.")
        elif given.plan:
            print(f"\n{len(cloud.changes)} to do; nothing was changed.")
        else:
            print(f"\n{len(cloud.changes)} done. {up.service.url} answers. Share the spreadsheet with")
            print(f"    {up.foundation.account(RUNS)}")
            print("as an editor, then: deploy/command provision, deploy/command preflight")
    except GcloudError as error:
        return ended(error)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
