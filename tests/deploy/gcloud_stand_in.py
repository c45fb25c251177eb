"""A `gcloud` that keeps one project in a file and runs what is deployed as processes of this machine.

It knows the commands of `commands.PROGRAMS` with the flags that the real one has (`gcloud_flags.json`) and refuses any other,
an API that is off, a resource that is not there, and a second one of the same name. `run deploy` begins with the newest
revision's settings, as Cloud Run does, and starts the function; jobs run to their end.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.deploy.call import Call, RefusedError, State
from tests.deploy.cloud_run import RUN

EMPTY: State = {
    "enabled": [],
    "accounts": [],
    "policies": {},
    "repositories": [],
    "buckets": [],
    "images": {},
    "secrets": {},
    "service": None,
    "revisions": {},
    "jobs": {},
    "scheduler": {},
    "channels": [],
    "alerts": [],
    "output": [],
    "calls": [],
    "workers": {},
}


def answer(call: Call, state: State) -> Any:
    """What a call shows, after it has done what it does."""
    if call.command.endswith("get-iam-policy"):
        return state["policies"].get(call.names[0], {"etag": "x"})
    if call.command.endswith("add-iam-policy-binding"):
        return _bind(call, state)
    return {**SIMPLE, **RUN}[call.command](call, state)


def _store(call: Call, state: State) -> None:
    made, name = call.command == "secrets create", call.names[0]
    if made == (name in state["secrets"]):
        raise RefusedError(f"Secret {name}: {'already exists' if made else 'not found'}")
    state["secrets"].setdefault(name, []).append(sys.stdin.read())


def _versions(call: Call, state: State) -> Any:
    numbers = range(len(state["secrets"][call.names[0]]), 0, -1)
    return [{"name": f"projects/1/secrets/{call.names[0]}/versions/{entry}"} for entry in numbers]


def _access(call: Call, state: State) -> Any:
    value = state["secrets"][call.flags["--secret"]][-1]
    return {"payload": {"data": base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")}}


def _bind(call: Call, state: State) -> None:
    member = call.flags["--member"]
    if member.removeprefix("serviceAccount:") not in state["accounts"]:
        raise RefusedError(f"Service account {member} does not exist.")
    bindings = state["policies"].setdefault(call.names[0], {"bindings": []})["bindings"]
    bindings.append({"role": call.flags["--role"], "members": [member]})


def _create_account(call: Call, state: State) -> None:
    _new(state["accounts"], f"{call.names[0]}@{state['project']}.iam.gserviceaccount.com")


def _new(there: list[str], name: str) -> None:
    if name in there:
        raise RefusedError(f"{name} already exists")
    there.append(name)


def _job(call: Call, state: State) -> None:
    name, created = call.names[0], "create" in call.command
    if created == (name in state["scheduler"]):
        raise RefusedError(f"Job {name}: {'already exists' if created else 'not found'}")
    headers = call.pairs("--headers" if created else "--update-headers")
    target = {"uri": call.flags["--uri"], "httpMethod": call.flags["--http-method"].upper(), "headers": headers}
    job = {"schedule": call.flags["--schedule"], "timeZone": call.flags["--time-zone"], "httpTarget": target}
    state["scheduler"][name] = {"name": f"projects/p/locations/l/jobs/{name}", **job}


def _alert(call: Call, state: State) -> None:
    policy = json.loads(Path(call.flags["--policy-from-file"]).read_text())
    known = {entry["name"] for entry in state["channels"]}
    if not set(policy["notificationChannels"]) <= known:
        raise RefusedError("Channel not found")
    state["alerts"].append(policy)


def _channel(call: Call, state: State) -> None:
    name = f"projects/p/notificationChannels/{len(state['channels'])}"
    labels = call.pairs("--channel-labels")
    state["channels"].append({"name": name, "displayName": call.flags["--display-name"], "labels": labels})


SIMPLE: dict[str, Callable[[Call, State], Any]] = {
    "services list": lambda _, state: [{"config": {"name": entry}} for entry in state["enabled"]],
    "services enable": lambda call, state: state["enabled"].extend(call.names),
    "secrets list": lambda _, state: [{"name": f"projects/1/secrets/{entry}"} for entry in state["secrets"]],
    "secrets create": _store,
    "secrets versions add": _store,
    "secrets versions list": _versions,
    "secrets versions access": _access,
    "iam service-accounts list": lambda _, state: [{"email": entry} for entry in state["accounts"]],
    "iam service-accounts create": _create_account,
    "artifacts repositories list": lambda _, state: [
        {"name": f"projects/p/{entry}"} for entry in state["repositories"]
    ],
    "artifacts repositories create": lambda call, state: _new(state["repositories"], call.names[0]),
    "storage buckets list": lambda _, state: [{"name": entry} for entry in state["buckets"]],
    "storage buckets create": lambda call, state: _new(state["buckets"], call.names[0].removeprefix("gs://")),
    "scheduler jobs list": lambda _, state: list(state["scheduler"].values()),
    "scheduler jobs create http": _job,
    "scheduler jobs update http": _job,
    "alpha monitoring policies list": lambda _, state: state["alerts"],
    "alpha monitoring policies create": _alert,
    "beta monitoring channels list": lambda _, state: state["channels"],
    "beta monitoring channels create": _channel,
}


def main() -> int:
    """Answer one call; the state is written down also if it is refused."""
    file = Path(os.environ["GCLOUD_STAND_IN"])
    with file.with_suffix(".lock").open("w") as lock:
        # A build calls this program again, for its own steps.
        if not os.environ.get("GCLOUD_STAND_IN_INSIDE"):
            fcntl.flock(lock, fcntl.LOCK_EX)
        state = json.loads(file.read_text())
        state["calls"].append(sys.argv[1:])
        file.write_text(json.dumps(state))
        try:
            found = answer(Call(sys.argv[1:], state), state)
        except RefusedError as error:
            sys.stderr.write(f"ERROR: (gcloud) {error}\n")
            return 1
        finally:
            file.write_text(json.dumps(state))
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
