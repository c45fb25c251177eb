"""What looks after the service: the scheduler's calls, and alerts on what the log says."""

from __future__ import annotations

import json
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from deploy.foundation import Foundation
from deploy.gcloud import Gcloud, GcloudError, Json
from deploy.service import SERVICE
from deploy.settings import SECRETS, SettingsFile

CALLS = {
    "npta-flush": ("/outbox/flush", "* * * * *"),
    "npta-maintenance": ("/maintenance", "47 2 * * *"),
}
"""Jobs by name: the path they call, and when. One whose path the service does not have (yet) is left out."""
OF_BEFORE = "npta-reconcile"
"""A job that earlier versions made: the call at night reports as well."""
ZONE = "America/Toronto"
CHANNEL = "NPTA operations"
_SERVED = f'resource.type="cloud_run_revision" AND resource.labels.service_name="{SERVICE}" AND '
ALERTS = {
    "NPTA answers 503": (
        _SERVED + "jsonPayload.status=503",
        "Orders wait: the log says why (jsonPayload.outcome). Zapier tries again by itself; nothing is taken twice.",
    ),
    "NPTA has halted writing": (
        _SERVED + "jsonPayload.halted=true",
        "Nothing is written until log and ledgers agree: docs/operations/writes-halted.md, step by step.",
    ),
}
"""Policies by name: what they look for in the log, and what to do."""
AT_MOST_EVERY = "3600s"


class Watch:
    """Makes what is missing. A job that differs is changed; an alert that is there stays, since people tune them."""

    def __init__(self, cloud: Gcloud, file: SettingsFile, foundation: Foundation, url: str) -> None:
        self.cloud, self.file, self.foundation, self.url = cloud, file, foundation, url

    def set_up(self) -> None:
        """Bring all of it about."""
        self._jobs()
        self._alerts()

    def _jobs(self) -> None:
        location = f"--location={self.file.location}"
        found = self.foundation.listed("cloudscheduler", "scheduler", "jobs", "list", location)
        there = {entry["name"].rpartition("/")[2]: entry for entry in found}
        if OF_BEFORE in there:
            self.cloud.say(
                f"  {OF_BEFORE} is no longer needed, since npta-maintenance reports as well. Take it away, or you are told twice:"
            )
            self.cloud.say(f"    gcloud scheduler jobs delete {OF_BEFORE} {location}")
        paths = self._paths()
        key = self._key() if there or not self.cloud.planning else ""
        for name, (path, schedule) in CALLS.items():
            if path not in paths:
                self.cloud.say(f"  {name} is left out: this version of the service has no {path}")
                continue
            wanted = (schedule, ZONE, self.url + path, "POST", key)
            if name not in there:
                self._job(f"{name} calls {path}", "create", name, wanted)
            elif _as_set(there[name]) != wanted:
                self._job(f"{name} calls {path} as it should", "update", name, wanted)

    def _job(self, title: str, verb: str, name: str, wanted: tuple[str, ...]) -> None:
        schedule, zone, uri, method, key = wanted
        header = "--headers" if verb == "create" else "--update-headers"
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "flags.json"  # YAML is a superset; the key stands on no command line
            file.touch(mode=0o600)
            file.write_text(json.dumps({header: {"X-API-Key": key}}), encoding="utf-8")
            flags = [f"--location={self.file.location}", f"--schedule={schedule}", f"--time-zone={zone}"]
            flags += [f"--uri={uri}", f"--http-method={method}", "--attempt-deadline=60s", f"--flags-file={file}"]
            self.cloud.do(title, "scheduler", "jobs", verb, "http", name, *flags)

    def _key(self) -> str:
        """Return the scheduler's own operator key: the last one."""
        name = SECRETS["NPTA_OPERATOR_KEYS"]
        found = self.cloud.read("secrets", "versions", "access", "latest", f"--secret={name}")
        return _payload(found).split(",")[-1].strip()

    def _paths(self) -> set[str]:
        if not self.url.startswith("http"):
            return {path for path, _ in CALLS.values()}  # a plan, before there is a service
        try:
            with urllib.request.urlopen(f"{self.url}/openapi.json", timeout=30) as answer:  # noqa: S310 - Cloud Run's own address
                return set(json.load(answer)["paths"])
        except OSError as error:
            raise GcloudError(f"{self.url}/openapi.json does not answer: {error}") from None

    def _alerts(self) -> None:
        found = self.foundation.listed("monitoring", "alpha", "monitoring", "policies", "list")
        there = {entry["displayName"] for entry in found}
        missing = [name for name in ALERTS if name not in there]
        if not missing:
            return
        if not self.file.alert_email:
            self.cloud.say(f"  no alert ({', '.join(missing)}): the settings name no ALERT_EMAIL")
            return
        channel = self._channel()
        for name in missing:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "policy.json"
                file.write_text(json.dumps(policy(name, channel)), encoding="utf-8")
                command = ("alpha", "monitoring", "policies", "create", f"--policy-from-file={file}")
                self.cloud.do(f"the alert “{name}”", *command)

    def _channel(self) -> str:
        listed = ("beta", "monitoring", "channels", "list")
        found = self._named(self.foundation.listed("monitoring", *listed))
        if not found:
            flags = [
                "--type=email",
                f"--display-name={CHANNEL}",
                f"--channel-labels=email_address={self.file.alert_email}",
            ]
            self.cloud.do(f"alerts go to {self.file.alert_email}", "beta", "monitoring", "channels", "create", *flags)
            if self.cloud.planning:
                return "(the channel)"
            found = self._named(self.cloud.read(*listed))
        return found

    @staticmethod
    def _named(channels: list[Json]) -> str:
        return next((str(entry["name"]) for entry in channels if entry.get("displayName") == CHANNEL), "")


def policy(name: str, channel: str) -> Json:
    """Return an alert policy that looks for lines of the log (its fields: Monitoring's AlertPolicy, documented)."""
    looked_for, text = ALERTS[name]
    return {
        "displayName": name,
        "combiner": "OR",
        "conditions": [{"displayName": name, "conditionMatchedLog": {"filter": looked_for}}],
        "alertStrategy": {"notificationRateLimit": {"period": AT_MOST_EVERY}},
        "documentation": {"content": text, "mimeType": "text/markdown"},
        "notificationChannels": [channel],
    }


def _as_set(job: Json) -> tuple[str, ...]:
    target = job.get("httpTarget", {})
    key = target.get("headers", {}).get("X-API-Key", "")
    return job["schedule"], job.get("timeZone", ""), target.get("uri", ""), target.get("httpMethod", ""), key


def _payload(found: Any) -> str:
    import base64  # noqa: PLC0415 - only here

    data = found["payload"]["data"]
    return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)).decode()
