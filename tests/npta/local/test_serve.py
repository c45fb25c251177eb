"""`make serve` as a process: its ports, and the settings with which every command runs against it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from npta.errors import SettingError
from npta.local.function_process import ROOT, free_port
from npta.local.serve import ENV_HEAD, Ports, run_serve
from tests.support import ENVIRONMENT

NPTA = (sys.executable, "-m", "npta")


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[dict[str, str]]:
    """The process on free ports; gives the settings that it wrote."""
    command = [*NPTA, "serve", "--port", "0", "--file", str(folder / "npta.db"), *arguments]
    clean = {name: value for name, value in os.environ.items() if name not in ENVIRONMENT}
    with subprocess.Popen(command, cwd=ROOT, env=clean, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = []
        try:
            for line in process.stdout:
                said.append(line)
                if "stop with Ctrl-C" in line:
                    break
            yield {
                name: value.strip("'\n")
                for name, _, value in (
                    entry.removeprefix("export ").partition("=") for entry in said if "export" in entry
                )
            }
        finally:
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            process.wait(40)


def test_the_settings_that_it_prints_and_writes_serve_every_command(tmp_path: Path) -> None:
    file = tmp_path / "elsewhere" / "settings"
    with serving(tmp_path, "--env", str(file)) as printed:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        sourced = subprocess.run(["sh", "-c", f". {file}; env"], env={}, capture_output=True, text=True, check=True)
        written = dict(line.split("=", 1) for line in sourced.stdout.splitlines() if line.partition("=")[0] in printed)
        assert written == printed
        assert {"NPTA_SPREADSHEET", "NPTA_SHEETS_API", "SHOPIFY_API_URL", "SLACK_API_URL"} <= set(printed)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **printed}
        for words in (["provision"], ["snapshot"], ["audit"], ["export"], ["rebuild"], ["status"]):
            done = subprocess.run(
                [*NPTA, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, (words, done.stdout, done.stderr)
    assert not file.exists(), "the keys of a process that has ended open nothing"


def test_a_port_that_is_taken_is_named_in_one_sentence_with_the_way_out(tmp_path: Path) -> None:
    ports = Ports(*(free_port() for _ in Ports()))
    with socket.socket() as other:
        other.bind(("127.0.0.1", ports.slack))
        other.listen()
        with pytest.raises(SettingError) as stopped:
            run_serve(tmp_path / "npta.db", lambda: None, lambda _: None, ports)

    assert str(stopped.value) == (
        f"Port {ports.slack} (slack) is taken on this machine: stop what listens on it, or take others, "
        "for example make serve PORT=9080."
    )
    assert not (tmp_path / "npta.db").exists()


def test_a_file_of_somebody_else_s_is_neither_overwritten_nor_taken_away(tmp_path: Path) -> None:
    theirs = tmp_path / ".env"
    theirs.write_text("SECRET=1\n")
    with pytest.raises(SettingError, match="name another file with --env"):
        run_serve(tmp_path / "npta.db", lambda: None, lambda _: None, Ports.from_base(0), theirs)
    assert theirs.read_text() == "SECRET=1\n"

    left = tmp_path / "env"  # by a process that was killed
    left.write_text(f"{ENV_HEAD}\nexport NPTA_REGION=OLD\n")
    assert run_serve(tmp_path / "npta.db", lambda: None, lambda _: None, Ports.from_base(0)) == 0
    assert not left.exists()


def test_ports_lie_about_the_function_s_and_are_those_of_the_contract_without_one() -> None:
    assert Ports.from_base(8080) == Ports() == (8080, 8085, 8086, 8087, 8088)
    assert Ports.from_base(9080) == (9080, 9085, 9086, 9087, 9088)
    assert len(set(Ports.from_base(0))) == 5


def test_a_command_without_settings_says_what_is_missing_and_where_settings_come_from(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    for words in (["status"], ["provision"], ["audit"], ["verify", "1"]):
        done = subprocess.run(
            [*NPTA, *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

        assert done.returncode == 1
        assert "NPTA_SPREADSHEET is missing" in done.stderr
        assert ". build/serve/env" in done.stderr
        assert "deploy/command" in done.stderr
    checklist = subprocess.run(
        [*NPTA, "preflight"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ". build/serve/env" in checklist.stdout


def test_the_function_of_the_page_answers_on_its_port(tmp_path: Path) -> None:
    ports = Ports.from_base(0)
    answers: list[str] = []

    assert (
        run_serve(
            tmp_path / "npta.db",
            lambda: answers.append(requests.get(f"http://127.0.0.1:{ports.function}/health", timeout=10).text),
            lambda _: None,
            ports,
        )
        == 0
    )

    assert answers == ["ok"]
