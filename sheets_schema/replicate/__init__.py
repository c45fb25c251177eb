"""Copy every ledger into a SQL database, as far as it has come, and compare the two: `python -m sheets_schema.replicate`.

    from sheets_schema.replicate import Replicator

    replicator = Replicator(db, "sqlite:///copy.db")
    replicator.copy()
    assert all(ledger.agrees for ledger in replicator.verify())

Needs SQLAlchemy, and the driver of the database that the URL names: `pip install "sheets-schema[replicate]"`.
"""

from __future__ import annotations

try:
    import sqlalchemy  # noqa: F401 — a missing one is told here, before anything is imported that needs it
except ModuleNotFoundError as error:
    from sheets_schema.errors import ReplicationError

    raise ReplicationError(
        'A copy in a SQL database needs SQLAlchemy, which is not installed: pip install "sheets-schema[replicate]", or in a check-out '
        "of this repository .venv/bin/pip install --require-hashes -r requirements-replicate.txt."
    ) from error

from sheets_schema.replicate.comparison import LedgerComparison
from sheets_schema.replicate.replicator import Copied, Replicator

__all__ = ["Copied", "LedgerComparison", "Replicator"]
