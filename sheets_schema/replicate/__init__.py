"""Copy every ledger into a SQL database, and compare the two.

`python -m sheets_schema.replicate`

    from sheets_schema.replicate import Replicator

    replicator = Replicator(db, "sqlite:///copy.db")
    replicator.copy()
    assert all(ledger.agrees for ledger in replicator.verify())

Needs SQLAlchemy, and the driver of the database that the URL names. Names are loaded when they are first used: only then a missing
SQLAlchemy is a `ReplicationError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sheets_schema.errors import ReplicationError

if TYPE_CHECKING:
    from sheets_schema.replicate.command import run
    from sheets_schema.replicate.comparison import LedgerComparison
    from sheets_schema.replicate.replicator import Copied, Replicator

__all__ = ["Copied", "LedgerComparison", "Replicator", "run"]

_MODULES = {"Copied": "replicator", "LedgerComparison": "comparison", "Replicator": "replicator", "run": "command"}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name != "sqlalchemy":
            raise
        raise ReplicationError(
            'A copy in a SQL database needs SQLAlchemy, which is not installed: pip install "sheets-schema[replicate]", or in a '
            "check-out of this repository .venv/bin/pip install --require-hashes -r requirements-replicate.txt."
        ) from error
