"""What the service stands on: APIs, the image repository, the builds' bucket, accounts and their roles, secrets."""

from __future__ import annotations

import secrets
from typing import Any

from deploy.gcloud import Gcloud, Json
from deploy.settings import DRAWN, SECRETS, SettingsFile

APIS = (
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "sheets.googleapis.com",
    "storage.googleapis.com",
)
RUNS, DEPLOYS, TESTS = "npta-fulfillment", "npta-deploy", "npta-test"
ACCOUNTS = {
    RUNS: "NPTA: serves orders; the spreadsheet is shared with it",
    DEPLOYS: "NPTA: builds and deploys; reads no secret",
    TESTS: "NPTA: runs the tests of a build; may do nothing else",
}
PROJECT_ROLES = {
    # run.admin: the service is open to callers without a Google account, which only an admin may allow.
    DEPLOYS: (
        "roles/run.admin",
        "roles/cloudbuild.builds.editor",
        "roles/logging.logWriter",
        "roles/logging.viewer",
        "roles/serviceusage.serviceUsageConsumer",
    ),
    TESTS: ("roles/logging.logWriter",),
}
SOURCE_ROLES = (
    (DEPLOYS, "roles/storage.objectAdmin"),
    (DEPLOYS, "roles/storage.legacyBucketReader"),  # `gcloud builds submit` looks whether the bucket is there
    (TESTS, "roles/storage.objectViewer"),
)
ACTS_AS = (RUNS, TESTS)
"""Whom the deploying account may act as: the service that it deploys, the build that it starts. Nobody else."""
REPOSITORY = "npta"
BIND_TRIES = 12


class Foundation:
    """Makes what is missing and leaves what is there."""

    def __init__(self, cloud: Gcloud, file: SettingsFile) -> None:
        self.cloud, self.file = cloud, file
        self.enabled: set[str] = set()
        self.bucket = f"gs://{cloud.project}-npta-builds"

    def account(self, name: str) -> str:
        """Return an account's address."""
        return f"{name}@{self.cloud.project}.iam.gserviceaccount.com"

    def lay(self) -> None:
        """Bring all of it about."""
        self._apis()
        self._accounts()
        self._images()
        self._sources()
        self._secrets()

    def listed(self, api: str, *command: str) -> list[Json]:
        """Return what there is of something; nothing while its API is off, which is so in a plan only."""
        return list(self.cloud.read(*command) or []) if f"{api}.googleapis.com" in self.enabled else []

    def _apis(self) -> None:
        found = self.cloud.read("services", "list", "--enabled")
        self.enabled = {entry["config"]["name"] for entry in found}
        if missing := [api for api in APIS if api not in self.enabled]:
            self.cloud.do(f"switch on {len(missing)} APIs", "services", "enable", *missing)
            if not self.cloud.planning:
                self.enabled.update(missing)

    def _accounts(self) -> None:
        there = {entry["email"] for entry in self.listed("iam", "iam", "service-accounts", "list")}
        for name, text in ACCOUNTS.items():
            if self.account(name) not in there:
                self.cloud.do(
                    f"the account {name}", "iam", "service-accounts", "create", name, f"--display-name={text}"
                )
        policy = {}
        if "cloudresourcemanager.googleapis.com" in self.enabled:
            policy = self.cloud.read("projects", "get-iam-policy", self.cloud.project)
        for name, roles in PROJECT_ROLES.items():
            for role in roles:
                if not self._has(policy, name, role):
                    self._bind(f"{name}: {role}", name, role, "projects", "add-iam-policy-binding", self.cloud.project)
        for target in ACTS_AS:
            policy = {}
            if self.account(target) in there:
                policy = self.cloud.read("iam", "service-accounts", "get-iam-policy", self.account(target))
            role = "roles/iam.serviceAccountUser"
            if not self._has(policy, DEPLOYS, role):
                command = ("iam", "service-accounts", "add-iam-policy-binding", self.account(target))
                self._bind(f"{DEPLOYS} may act as {target}", DEPLOYS, role, *command)

    def _images(self) -> None:
        location = f"--location={self.file.location}"
        there = self.listed("artifactregistry", "artifacts", "repositories", "list", location)
        policy: Any = {}
        if any(entry["name"].endswith(f"/{REPOSITORY}") for entry in there):
            policy = self.cloud.read("artifacts", "repositories", "get-iam-policy", REPOSITORY, location)
        else:
            command = ("artifacts", "repositories", "create", REPOSITORY, location, "--repository-format=docker")
            self.cloud.do(f"the image repository {REPOSITORY}", *command)
        role = "roles/artifactregistry.writer"
        if not self._has(policy, DEPLOYS, role):
            bind = ("artifacts", "repositories", "add-iam-policy-binding", REPOSITORY, location)
            self._bind(f"{DEPLOYS} writes images", DEPLOYS, role, *bind)

    def _sources(self) -> None:
        there = self.listed("storage", "storage", "buckets", "list")
        policy: Any = {}
        if any(entry["name"] == self.bucket.removeprefix("gs://") for entry in there):
            policy = self.cloud.read("storage", "buckets", "get-iam-policy", self.bucket)
        else:
            flags = (
                f"--location={self.file.location}",
                "--uniform-bucket-level-access",
                "--public-access-prevention",
            )
            self.cloud.do("the bucket of the builds' sources", "storage", "buckets", "create", self.bucket, *flags)
        for name, role in SOURCE_ROLES:
            if not self._has(policy, name, role):
                command = ("storage", "buckets", "add-iam-policy-binding", self.bucket)
                self._bind(f"{name}: {role} on the sources", name, role, *command)

    def _secrets(self) -> None:
        there = self._on_google()
        role = "roles/secretmanager.secretAccessor"
        for setting, name in SECRETS.items():
            if setting not in DRAWN and name not in there:
                continue
            if name not in there:
                drawn = ",".join(secrets.token_urlsafe(32) for _ in range(DRAWN[setting]))
                command = ("secrets", "create", name, "--replication-policy=automatic", "--data-file=-")
                self.cloud.do(f"the secret {name}, drawn at random", *command, stdin=drawn)
            policy = self.cloud.read("secrets", "get-iam-policy", name) if name in there else {}
            if not self._has(policy, RUNS, role):
                self._bind(f"{RUNS} reads {name}", RUNS, role, "secrets", "add-iam-policy-binding", name)

    def _on_google(self) -> set[str]:
        return {entry["name"].rpartition("/")[2] for entry in self.listed("secretmanager", "secrets", "list")}

    def versions(self) -> dict[str, str]:
        """Return NAME:VERSION of every secret of ours by its setting, the newest version that is enabled."""
        found = {}
        there = self._on_google()
        for setting, name in SECRETS.items():
            if name in there:
                listed = self.cloud.read("secrets", "versions", "list", name, "--filter=state=ENABLED")
                numbers = [int(entry["name"].rpartition("/")[2]) for entry in listed]
                if numbers:
                    found[setting] = f"{name}:{max(numbers)}"
            elif self.cloud.planning and setting in DRAWN:
                found[setting] = f"{name}:1"
        return found

    def _has(self, policy: Json, name: str, role: str) -> bool:
        member = f"serviceAccount:{self.account(name)}"
        bindings = policy.get("bindings", [])
        return any(entry["role"] == role and member in entry["members"] for entry in bindings)

    def _bind(self, title: str, name: str, role: str, *command: str) -> None:
        flags = [f"--member=serviceAccount:{self.account(name)}", f"--role={role}"]
        if command[0] == "projects":
            flags.append("--condition=None")
        # An account that was made a moment ago is not known everywhere yet (documented: it may take a minute).
        self.cloud.do(title, *command, *flags, tries=BIND_TRIES)
