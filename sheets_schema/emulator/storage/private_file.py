"""A file that only its owner can read: a spreadsheet holds names, addresses and codes."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def make_private(path: Path) -> None:
    """Make the file, if it is not there, so that only its owner can read it; SQLite makes it for everybody."""
    with suppress(OSError):  # it is there, or cannot be: SQLite says so
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def keep_private(path: Path) -> None:
    """Take the file of an earlier version, and what SQLite keeps beside it, from everybody but its owner."""
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(OSError):  # somebody else's, or not there
            if name.stat().st_mode & 0o077:
                name.chmod(0o600)
