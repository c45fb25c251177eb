"""Cloud Build on this machine: every step of a build, in the copy of what was uploaded, by the nearest thing that we have.

| step | here |
|---|---|
| `gcloud builds submit` of the tests | the ignore rules once more, then the very command, with the tests collected instead of run: they are running |
| `docker build` | the Dockerfile's own lines: COPY by .dockerignore's rules, RUN in a fresh virtual environment, ENV, CMD |
| `docker push` | the digest of the image's files |
| `python3 -m deploy.rollout` | itself, with the stand-in for gcloud |
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from tests.deploy.call import RefusedError, State
from tests.deploy.upload import context, copy, uploaded

ROOT = Path(__file__).parents[2]
ASIDE = "apt-get update -q && apt-get install -qy make && "
"""What a step does to its own container, and we have already."""


def build(folder: Path, config: str, substitutions: dict[str, str], state: State) -> None:
    """Run a build's steps in a copy of a folder."""
    with tempfile.TemporaryDirectory(dir=state["folder"]) as folder_name:
        workspace = Path(folder_name)
        copy(folder, uploaded(folder), workspace)
        described = yaml.safe_load((workspace / config).read_text())
        number = str(len(state["calls"]))
        values = {"PROJECT_ID": state["project"], "BUILD_ID": number}
        values |= described.get("substitutions", {}) | substitutions
        for step in described["steps"]:
            _step(
                step["name"],
                step.get("entrypoint", ""),
                [_put_in(str(entry), values) for entry in step["args"]],
                workspace,
                state,
            )


def _put_in(text: str, values: dict[str, str]) -> str:
    found = re.sub(r"\$\{?([A-Z_]+)\}?", lambda match: values[match[1]], text)
    return _put_in(found, values) if found != text else found


def _step(name: str, entrypoint: str, arguments: list[str], workspace: Path, state: State) -> None:
    if name.endswith("/docker") and arguments[0] == "build":
        tag = next(entry.removeprefix("--tag=") for entry in arguments if entry.startswith("--tag="))
        state["images"][tag] = dockerfile(
            workspace, Path(state["folder"]) / f"image-{len(state['images'])}", state["python"]
        )
    elif name.endswith("/docker") and arguments[0] == "push":
        state["images"][arguments[1]]["digest"] = _digest(Path(state["images"][arguments[1]]["folder"]))
    elif entrypoint == "gcloud":
        config = next(entry.removeprefix("--config=") for entry in arguments if entry.startswith("--config="))
        if not state["skip_tests"]:
            build(workspace / arguments[2], config, {}, state)
    elif entrypoint == "bash":
        _tests(arguments[-1], workspace)
    elif entrypoint == "python3":
        _inside(arguments, workspace, state)
    else:
        raise AssertionError(f"no equivalent for {name} {entrypoint}")


def _tests(command: str, workspace: Path) -> None:
    assert command.startswith(ASIDE), command
    (workspace / ".venv").symlink_to(ROOT / ".venv")
    more = {"PYTEST_ADDOPTS": "--collect-only -n 0", "MYPY_CACHE_DIR": str(ROOT / "build" / "mypy-of-the-copy")}
    _run(["bash", "-c", command.removeprefix(ASIDE)], workspace, {**os.environ, **more})


def _inside(arguments: list[str], workspace: Path, state: State) -> None:
    """A step of ours, which calls the stand-in again: the state goes through the file."""
    file = Path(os.environ["GCLOUD_STAND_IN"])
    file.write_text(json.dumps(state))
    try:
        _run([sys.executable, *arguments], workspace, {**os.environ, "GCLOUD_STAND_IN_INSIDE": "1"})
    finally:
        state.clear()
        state.update(json.loads(file.read_text()))


def dockerfile(workspace: Path, image: Path, python: str) -> State:
    """Follow a Dockerfile; give what a container of it would be started with. `python` empty: a fresh environment."""
    environment: dict[str, str] = {}
    root, command = image / "app", []
    root.mkdir(parents=True)
    if python:
        path = f"{Path(python).parent}:/usr/bin:/bin"
    else:
        _run([sys.executable, "-m", "venv", str(image / "venv")], image, dict(os.environ))
        path = f"{image / 'venv' / 'bin'}:/usr/bin:/bin"
    for line in (workspace / "Dockerfile").read_text().splitlines():
        verb, _, rest = line.partition(" ")
        if verb == "COPY":
            source, target = rest.split()
            assert target == "./"
            copy(workspace, iter([source]) if source != "." else context(workspace), root)
        elif verb == "RUN":
            if not (python and "pip install" in rest):
                _run(["bash", "-c", rest], root, {"PATH": path, **_fetching()})
        elif verb == "ENV":
            environment |= dict(entry.split("=", 1) for entry in rest.split())
        elif verb == "CMD":
            command = json.loads(rest)
        else:
            assert verb in ("FROM", "WORKDIR", "USER", "", "#"), line
    return {"folder": str(root), "env": environment, "cmd": command, "path": path, "digest": ""}


def _fetching() -> dict[str, str]:
    """How packages are fetched here: that, too, the machine that builds has of its own."""
    names = re.compile("PIP_.*|https?_proxy|HTTPS?_PROXY|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|HOME")
    return {name: value for name, value in os.environ.items() if names.fullmatch(name)}


def _digest(folder: Path) -> str:
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts):
        found.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return f"sha256:{found.hexdigest()}"


def _run(command: list[str], workspace: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RefusedError(f"step failed: {' '.join(command)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
