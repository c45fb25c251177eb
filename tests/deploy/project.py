"""An empty Google Cloud project of the stand-in, and the programs of deploy/ as a person starts them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.deploy.gcloud_stand_in import EMPTY

ROOT = Path(__file__).parents[2]
PROJECT = "npta-canada"


@dataclass
class Project:
    """The project, by its stand-in's state."""

    folder: Path
    settings: Path

    @property
    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "state.json").read_text()))

    def change(self, **more: Any) -> None:
        (self.folder / "state.json").write_text(json.dumps({**self.state, **more}))

    def set(self, **settings: str) -> None:
        """Write the settings file."""
        self.settings.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    @property
    def environment(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        state = str(self.folder / "state.json")
        return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "GCLOUD_STAND_IN": state}

    def run(
        self, program: str, *arguments: str, stdin: str = "", folder: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        """Start one of the programs: `up`, `rollback`, `command`, `secret`."""
        settings = [f"--settings={self.settings}"]
        return subprocess.run(
            [str(folder / "deploy" / program), *settings, *arguments],
            input=stdin,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=850,
        )

    def deploy_code(self, folder: Path = ROOT, *more: str) -> subprocess.CompletedProcess[str]:
        """`gcloud builds submit`, as the documents have it."""
        return subprocess.run(
            ["gcloud", "builds", "submit", ".", "--config=cloudbuild.yaml", f"--project={PROJECT}", *more],
            env={**self.environment, "PWD": str(folder)},
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=850,
        )

    def serving(self) -> str:
        traffic = self.state["service"]["traffic"]
        assert list(traffic.values()) == [100], traffic
        return str(next(iter(traffic)))

    def settings_of(self, revision: str) -> dict[str, Any]:
        (container,) = self.state["revisions"][revision]["spec"]["containers"]
        return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.state['revisions'][self.serving()]['port']}"

    def post(self, path: str, body: Mapping[str, Any], *, secret: str = "npta-operator-keys") -> requests.Response:
        key = self.state["secrets"][secret][-1].split(",")[0]
        return requests.post(f"{self.url}{path}", json=body, headers={"X-API-Key": key}, timeout=40)


@contextmanager
def project(folder: Path, *, python: str = sys.executable, skip_tests: bool = True) -> Iterator[Project]:
    """An empty project; what it started is ended with it. `python`: whose packages its images have; empty: their own."""
    (folder / "bin").mkdir(parents=True)
    gcloud = folder / "bin" / "gcloud"
    gcloud.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.deploy.gcloud_stand_in "$@"\n')
    gcloud.chmod(0o755)
    own = {"project": PROJECT, "folder": str(folder), "python": python, "skip_tests": skip_tests}
    (folder / "state.json").write_text(json.dumps({**EMPTY, **own}))
    made = Project(folder, folder / "settings.env")
    try:
        yield made
    finally:
        for pid in made.state["workers"].values():
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)
