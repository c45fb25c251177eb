"""Cloud Run and Cloud Build of the stand-in: revisions are processes of this machine, jobs run to their end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from npta.local.function_process import free_port
from tests.deploy.call import Call, RefusedError, State
from tests.deploy.local_build import build


def _build(call: Call, state: State) -> None:

    substitutions = call.pairs("--substitutions")
    build(Path(call.names[0]), Path(str(call.flags["--config"])).name, substitutions, state)


def _image(call: Call, state: State) -> Any:
    found = state["images"].get(call.names[0])
    if not found:
        raise RefusedError("Image not found.")
    return {"image_summary": {"digest": found["digest"]}}


def _images(call: Call, state: State) -> Any:
    found = [entry for name, entry in state["images"].items() if name.rpartition(":")[0] == call.names[0]]
    return [{"package": call.names[0], "version": entry["digest"]} for entry in reversed(found)]


def _service(state: State) -> Any:
    service = state["service"]
    if not service:
        return None
    traffic = [{"revisionName": name, "percent": percent} for name, percent in service["traffic"].items() if percent]
    traffic += [{"revisionName": name, "tag": tag, "url": _url(state, name)} for tag, name in service["tags"].items()]
    serving = max(service["traffic"], key=lambda name: service["traffic"][name])
    newest = state["revisions"][service["newest"]]
    return {
        "metadata": {"name": service["name"]},
        "spec": {"template": {"spec": newest["spec"]}},
        "status": {"url": _url(state, serving), "traffic": traffic},
    }


def _url(state: State, revision: str) -> str:
    return f"http://127.0.0.1:{state['revisions'][revision]['port']}"


def _deploy(call: Call, state: State) -> None:
    service = state["service"]
    number = len(state["revisions"]) + 1
    name = f"{call.names[0]}-{number:05}-abc"
    if not service and "--no-traffic" in call.flags:
        raise RefusedError("--no-traffic not supported when creating a new service.")
    if not _image_of(state, str(call.flags["--image"])):
        raise RefusedError(f"Image '{call.flags['--image']}' not found.")
    newest = state["revisions"][service["newest"]] if service else {"spec": {"containers": [{"env": []}]}, "labels": {}}
    variables = _variables(call, newest)
    account = call.flags.get("--service-account") or newest["spec"]["serviceAccountName"]
    container = {"image": call.flags["--image"], "env": variables}
    state["revisions"][name] = {
        "spec": {"containers": [container], "serviceAccountName": account},
        "labels": {**newest["labels"], **call.pairs("--update-labels")},
        "port": free_port(),
    }
    if not service:
        service = state["service"] = {"name": call.names[0], "traffic": {name: 100}, "tags": {}}
    elif "--no-traffic" not in call.flags:
        service["traffic"] = {name: 100}
    service["newest"] = name
    if tag := call.flags.get("--tag"):
        service["tags"][tag] = name
    _scale(state)


def _image_of(state: State, address: str) -> State | None:
    return next((entry for entry in state["images"].values() if address.endswith(entry["digest"])), None)


def _scale(state: State) -> None:
    """An instance for each revision that has traffic or a tag, and none for the others."""
    service, workers = state["service"], state["workers"]
    wanted = {*service["traffic"], *service["tags"].values()}
    for name in [name for name in workers if name not in wanted]:
        with suppress(ProcessLookupError):
            os.killpg(workers.pop(name), signal.SIGTERM)
    for name in wanted - set(workers):
        (container,) = state["revisions"][name]["spec"]["containers"]
        if image := _image_of(state, container["image"]):
            _start(state, name, image)


def _variables(call: Call, newest: State) -> list[State]:
    """The newest revision's, with what the flags change."""
    variables = {entry["name"]: entry for entry in newest["spec"]["containers"][0]["env"]}
    for entry in call.listed("--remove-env-vars") + call.listed("--remove-secrets"):
        variables.pop(entry, None)
    for key, value in call.pairs("--update-env-vars").items():
        if "valueFrom" in variables.get(key, {}):
            raise RefusedError(f"Cannot update environment variable [{key}] to string literal: another type is set.")
        variables[key] = {"name": key, "value": value}
    for key, at in call.pairs("--update-secrets").items():
        secret, _, version = at.partition(":")
        if "value" in variables.get(key, {}):
            raise RefusedError(f"Cannot update environment variable [{key}] to the given type: another type is set.")
        variables[key] = {"name": key, "valueFrom": {"secretKeyRef": {"name": secret, "key": version}}}
    return list(variables.values())


def _start(state: State, name: str, image: State) -> None:
    """The container's CMD, at the revision's port."""
    environment = {"PATH": image["path"], **image["env"], **_environment(state, name)}
    environment["PORT"] = str(state["revisions"][name]["port"])
    with Path(state["folder"], f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            image["cmd"],
            cwd=image["folder"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    state["workers"][name] = process.pid


def _environment(state: State, revision: str) -> dict[str, str]:
    found = {}
    spec = state["revisions"][revision]["spec"]
    for entry in spec["containers"][0]["env"]:
        if "value" in entry:
            found[entry["name"]] = entry["value"]
            continue
        reference = entry["valueFrom"]["secretKeyRef"]
        policy = state["policies"].get(reference["name"], {"bindings": []})
        allowed = {member for binding in policy["bindings"] for member in binding["members"]}
        if f"serviceAccount:{spec['serviceAccountName']}" not in allowed:
            raise RefusedError(f"Permission denied on secret: {reference['name']}")
        found[entry["name"]] = state["secrets"][reference["name"]][int(reference["key"]) - 1]
    return found


def _send(call: Call, state: State) -> None:
    service = state["service"]
    if shares := call.pairs("--to-revisions"):
        wanted = {name: int(percent) for name, percent in shares.items()}
        if missing := set(wanted) - set(state["revisions"]):
            raise RefusedError(f"Revision {missing} not found")
        rest, others = 100 - sum(wanted.values()), [name for name in service["traffic"] if name not in wanted]
        total = sum(service["traffic"][name] for name in others) or 1
        kept = {name: service["traffic"][name] * rest // total for name in others}
        service["traffic"] = {name: percent for name, percent in {**kept, **wanted}.items() if percent}
    for tag in call.listed("--remove-tags"):
        del service["tags"][tag]
    _scale(state)


def _revision(call: Call, state: State) -> Any:
    found = state["revisions"][call.names[0]]
    return {"metadata": {"name": call.names[0], "labels": found["labels"]}, "spec": found["spec"]}


def _replace_job(call: Call, state: State) -> None:
    job = json.loads(Path(call.names[0]).read_text())
    state["jobs"][job["metadata"]["name"]] = job["spec"]["template"]["spec"]["template"]["spec"]


def _execute(call: Call, state: State) -> None:
    (container,) = state["jobs"][call.names[0]]["containers"]
    image = _image_of(state, container["image"])
    assert image
    revision = next(
        name for name, entry in state["revisions"].items() if entry["spec"]["containers"][0]["env"] == container["env"]
    )
    done = subprocess.run(
        [*container["command"], *container["args"]],
        cwd=image["folder"],
        env={"PATH": image["path"], **image["env"], **_environment(state, revision)},
        capture_output=True,
        text=True,
        check=False,
    )
    state["output"].append([*done.stdout.splitlines(), *done.stderr.splitlines()])
    if done.returncode:
        raise RefusedError("The execution failed.")


def _log(call: Call, state: State) -> Any:
    """A program's lines; the last execution's only, if it is the one that is asked for."""
    number = int(re.findall(r'execution_name"="npta-command-(\d+)"', call.names[0])[0])
    return [{"textPayload": line} for line in state["output"][number - 1]]


RUN: dict[str, Callable[[Call, State], Any]] = {
    "builds submit": _build,
    "artifacts docker images describe": _image,
    "artifacts docker images list": _images,
    "run services list": lambda _, state: [_service(state)] if state["service"] else [],
    "run services update-traffic": _send,
    "run deploy": _deploy,
    "run revisions describe": _revision,
    "run jobs replace": _replace_job,
    "run jobs execute": _execute,
    "run jobs executions list": lambda _, state: [{"metadata": {"name": f"npta-command-{len(state['output'])}"}}],
    "logging read": _log,
}
