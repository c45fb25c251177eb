"""The Cloud Run service: its shape, what it is set to, which revision serves, and commands run in its place."""

from __future__ import annotations

import json
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from deploy.gcloud import Gcloud, GcloudError, Json

SERVICE = "npta-fulfillment"
COMMAND = "npta-command"
"""The job that runs `python -m npta …` with a revision's image, settings and account."""
CANDIDATE = "candidate"
"""How the tags begin under which new revisions are looked at before they serve."""
BEFORE = "npta-before"
"""The label that names the revision which served when this one was deployed: where a rollback goes."""
SHAPE = (
    # Zapier and Shopify cannot sign in to Google: the function checks every caller by itself.
    "--allow-unauthenticated",
    # One process speaks to the spreadsheet, and its threads share commits; a start reads every ledger.
    "--min-instances=1",
    "--max-instances=1",
    # THREADS of the Dockerfile: gunicorn serves as many at once as Cloud Run sends.
    "--concurrency=32",
    "--timeout=55",
    # What was told to Slack is recorded seconds after the answer, if no other commit carries that along.
    "--no-cpu-throttling",
    "--cpu-boost",
    "--memory=1Gi",
)
"""docs/deployment/deploy.md says why."""
HEALTH_SECONDS = 60.0
LOG_LOOKS = 6


class Setting(NamedTuple):
    """One variable of a container: a value, or a version of a secret."""

    value: str = ""
    secret: str = ""
    """NAME:VERSION."""


class Revision(NamedTuple):
    """What a revision runs, and for whom."""

    name: str
    image: str
    account: str
    environment: list[Json]
    before: str
    """Which one served before it."""

    @property
    def settings(self) -> dict[str, Setting]:
        """Its variables by name."""
        return _settings(self.environment)


class Service:
    """The service in one location, as gcloud describes it."""

    def __init__(self, cloud: Gcloud, location: str, name: str = SERVICE) -> None:
        self.cloud, self.location, self.name = cloud, location, name

    def described(self) -> Json | None:
        """Return its description; None if there is no such service yet."""
        found = self.cloud.read("run", "services", "list", f"--region={self.location}")
        return next((entry for entry in found if entry["metadata"]["name"] == self.name), None)

    def _status(self) -> Json:
        found = self.described()
        if not found:
            raise GcloudError(f"There is no service {self.name} in {self.location} yet: deploy/up makes it.")
        return dict(found["status"])

    @property
    def url(self) -> str:
        """Its address."""
        return str(self._status()["url"])

    def template(self) -> dict[str, Setting]:
        """Return the settings that the next deploy starts from: the newest revision's, whether it serves or not."""
        (container,) = (self.described() or {})["spec"]["template"]["spec"]["containers"]
        return _settings(container.get("env", []))

    def traffic(self) -> list[Json]:
        """Return who gets which share, and which revisions have tags."""
        return list(self._status()["traffic"])

    def serving(self) -> str:
        """Return the revision that has the traffic, or most of it."""
        shares = {entry["revisionName"]: entry.get("percent", 0) for entry in self.traffic() if entry.get("percent")}
        return str(max(shares, key=lambda name: shares[name]))

    def tagged(self, tag: str) -> tuple[str, str]:
        """Return revision and address of a tag."""
        found = next((entry for entry in self.traffic() if entry.get("tag") == tag), None)
        if not found:
            raise GcloudError(f"Cloud Run shows no revision with the tag {tag}.")
        return found["revisionName"], found["url"]

    def revision(self, name: str) -> Revision:
        """Return one revision."""
        found = self.cloud.read("run", "revisions", "describe", name, f"--region={self.location}")
        (container,) = found["spec"]["containers"]
        label = found["metadata"].get("labels", {}).get(BEFORE, "")
        account = found["spec"]["serviceAccountName"]
        return Revision(name, container["image"], account, container.get("env", []), label)

    def deploy(self, title: str, *more: str) -> None:
        """Make a revision in our shape; flags that are not given leave settings and secrets as they are."""
        self.cloud.do(title, "run", "deploy", self.name, f"--region={self.location}", *SHAPE, *more)

    def send(self, title: str, *more: str) -> None:
        """Change who gets the traffic."""
        self.cloud.do(title, "run", "services", "update-traffic", self.name, f"--region={self.location}", *more)

    def command(self, revision: Revision, arguments: Sequence[str]) -> None:
        """Run `python -m npta …` as a job, in a revision's place. Raises `GcloudError` if it exits with another status than 0."""
        container = {
            "image": revision.image,
            "command": ["python"],
            "args": ["-m", "npta", *arguments],
            "env": revision.environment,
            "resources": {"limits": {"memory": "1Gi", "cpu": "1"}},
        }
        task = {
            "containers": [container],
            "maxRetries": 0,
            "timeoutSeconds": "900",
            "serviceAccountName": revision.account,
        }
        spec = {"template": {"spec": {"taskCount": 1, "template": {"spec": task}}}}
        job = {"apiVersion": "run.googleapis.com/v1", "kind": "Job", "metadata": {"name": COMMAND}, "spec": spec}
        words = " ".join(arguments)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "job.json"
            file.write_text(json.dumps(job), encoding="utf-8")  # JSON is YAML; it names secrets and holds none
            self.cloud.do(f"prepare npta {words}", "run", "jobs", "replace", str(file), f"--region={self.location}")
        try:
            self.cloud.do(f"npta {words}", "run", "jobs", "execute", COMMAND, f"--region={self.location}", "--wait")
        except GcloudError as error:
            raise GcloudError(f"npta {words} found something amiss:\n{self.log() or error}") from None

    def log(self) -> str:
        """Return what the last command wrote, as far as this account may read it. Lines come in late: looks until none does."""
        listed = ("run", "jobs", "executions", "list", f"--job={COMMAND}", f"--region={self.location}")
        try:
            newest = self.cloud.read(*listed, "--sort-by=~metadata.creationTimestamp", "--limit=1")
            wanted = f'labels."run.googleapis.com/execution_name"="{newest[0]["metadata"]["name"]}"'
            before: list[str] = []
            for _ in range(LOG_LOOKS):
                found = self.cloud.read("logging", "read", wanted, "--order=asc", "--limit=1000", "--freshness=1h")
                lines = [str(entry["textPayload"]) for entry in found or [] if "textPayload" in entry]
                if lines and lines == before:
                    break
                before = lines
                time.sleep(self.cloud.pause)
        except (GcloudError, LookupError) as error:
            return f"(its log cannot be read here: {error})"
        return "\n".join(before)


def answers(url: str, seconds: float = HEALTH_SECONDS, pause: float = 1.0) -> bool:
    """Whether `GET /health` answers within some time."""
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=10) as answer:  # noqa: S310 - Cloud Run's own address
                return bool(answer.status == 200 and answer.read() == b"ok")  # noqa: PLR2004 - HTTP's
        except (urllib.error.URLError, OSError):
            if time.monotonic() > until:
                return False
            time.sleep(pause)


def _settings(environment: list[Json]) -> dict[str, Setting]:
    return {entry["name"]: _setting(entry) for entry in environment}


def _setting(variable: Json) -> Setting:
    if "value" in variable or "valueFrom" not in variable:
        return Setting(value=variable.get("value", ""))
    secret = variable["valueFrom"]["secretKeyRef"]
    return Setting(secret=f"{secret['name']}:{secret['key']}")
