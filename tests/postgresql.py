"""A PostgreSQL server for tests, started by them in a folder of its own; skipped with a word where PostgreSQL is not installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from npta.local.function_process import free_port


def programs() -> Path:
    """The folder of initdb and postgres. Debian keeps it off the path. Skips the test where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    program = shutil.which("initdb") or (found[-1] if found else None)
    if program is None:
        pytest.skip("PostgreSQL is missing: apt-get install postgresql")
    return Path(program).resolve().parent


@dataclass(frozen=True)
class PostgresServer:
    """A server that is up."""

    port: int

    def new_database(self) -> str:
        """Make a database, and return its URL."""
        name = f"test_{uuid.uuid4().hex}"
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
        engine.dispose()
        return self.url(name)

    def url(self, database: str) -> str:
        """The URL of a database."""
        return f"postgresql+psycopg://npta:a-secret@127.0.0.1:{self.port}/{database}"


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server with an empty cluster; it ends with the block. It refuses to run as root, so then it is another user's."""
    binaries, port = programs(), free_port()
    user: dict[str, Any] = {"user": "nobody", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="npta-postgresql-") as folder:
        home = Path(folder)
        password = home / "password"
        password.write_text("a-secret")
        if user:
            shutil.chown(home, "nobody")
            shutil.chown(password, "nobody")
        made = ["-D", str(home / "data"), "-U", "npta", "-A", "scram-sha-256", f"--pwfile={password}", "-E", "UTF8"]
        subprocess.run(
            [str(binaries / "initdb"), *made, "--locale=C.UTF-8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd="/",
            **user,
        )
        settings = ["-c", "fsync=off", "-c", f"unix_socket_directories={home}", "-c", "listen_addresses=127.0.0.1"]
        command = [str(binaries / "postgres"), "-D", str(home / "data"), "-p", str(port), *settings]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **user)
        try:
            ready = [str(binaries / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-t", "1"]
            while subprocess.run(ready, capture_output=True, check=False).returncode:
                assert server.poll() is None, (home / "log").read_text()
            yield PostgresServer(port)
        finally:
            server.terminate()  # which waits for clients that have gone already; a second signal does not
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
