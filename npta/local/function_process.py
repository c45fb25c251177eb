"""The real function as a process on loopback, as it runs on Cloud Run."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from npta.errors import SettingError

ROOT = Path(__file__).parents[2]
"""Where `main.py` lies."""
ON_LOOPBACK = Path(__file__).with_name("function_on_loopback.py")
"""The same function, for programs of this machine only."""


@contextmanager
def running_function(environment: Mapping[str, str], port: int = 0) -> Iterator[str]:
    """Run the function on a port of loopback (0: a free one) while the block runs.

    Gives its origin.
    """
    port = port or free_port()
    if is_taken(port):
        raise SettingError(f"Port {port} of this machine is taken: stop what listens there and try again.")
    process = start_function(environment, port, ON_LOOPBACK)
    origin = f"http://127.0.0.1:{port}"
    try:
        wait_for(origin, process)
        yield origin
    finally:
        process.terminate()
        process.wait(30)


def start_function(
    environment: Mapping[str, str], port: int, source: Path = ROOT / "main.py"
) -> subprocess.Popen[bytes]:
    """Start functions-framework in a process group of its own. Does not wait until it answers."""
    command = [sys.executable, "-m", "functions_framework", "--source", str(source)]
    command += ["--target", "fulfillment", "--host", "127.0.0.1", "--port", str(port)]
    return subprocess.Popen(  # noqa: S603 — our own command
        command,
        cwd=ROOT,
        env={**os.environ, "THREADS": "16", **environment},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )


def is_taken(port: int) -> bool:
    """Whether somebody listens on a port of loopback: his server would answer in ours' place."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(origin: str, process: subprocess.Popen[bytes], seconds: float = 30.0) -> None:
    """Wait until the function answers. Raises `RuntimeError` if it does not start."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the function stopped at once, with status {process.returncode}")
        try:
            if requests.get(f"{origin}/health", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    raise RuntimeError(f"the function did not answer within {seconds:g} s")
