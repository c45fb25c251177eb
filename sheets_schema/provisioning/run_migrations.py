"""Migrations: a spreadsheet is carried over to the schema version that the program knows.

Each step is one fenced commit, recorded in the log with its version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sheets_schema.clock import Deadline
from sheets_schema.engine.client import Client
from sheets_schema.protocol.a1 import header_range, quoted
from sheets_schema.protocol.limits import check_batch, check_growth
from sheets_schema.protocol.lock_record import LockRecord
from sheets_schema.protocol.sheet_layout import sheets_of
from sheets_schema.protocol.sheet_read import CONTROL_RANGE, missing_lock, named_values
from sheets_schema.provisioning.migration_steps import Layout, Migration
from sheets_schema.schema.cells import Cell
from sheets_schema.schema.declaration import Schema, version_of, version_text
from sheets_schema.schema.internal_tables import COMMIT_LOG, CONTROL, LOCK, SCHEMA_VERSION, CommitLog, Control
from sheets_schema.transaction import Transaction

Runner = Callable[[Schema[Any], Callable[[Transaction[Any]], None], str, Deadline], None]
"""Commits a transaction function under another declaration, as `operation`."""


class _MovedOnError(Exception):
    """Somebody has committed since the migration was drawn up."""


@dataclass(frozen=True)
class _Survey:
    """The spreadsheet as it stands, whatever its schema version."""

    lock: LockRecord
    values: dict[str, str]
    tabs: dict[str, Layout]

    @property
    def version(self) -> int:
        return version_of(self.values)


def planned(schema: Schema[Any], client: Client, deadline: Deadline) -> list[str]:
    """Return what `migrate` would do, in words.

    Empty if the spreadsheet is up to date or was never set up.

    Raises `SchemaMismatchError` for a spreadsheet that is newer than the program, `LimitExceededError` for a step that is too large.
    """
    survey = _survey(client, deadline)
    steps: list[str] = []
    if survey:
        schema.refuse_newer(survey.values)
        for version in range(survey.version + 1, schema.version + 1):
            steps += _drawn(schema, survey, version).steps
    return steps


def migrate(schema: Schema[Any], client: Client, run: Runner, deadline: Deadline) -> list[str]:
    """Take the spreadsheet forward, version by version, and return what was done.

    Each version is one commit: of two processes that migrate at once, one does it and the other finds it done. Raises
    like `Database.run`, and `SchemaMismatchError` for a spreadsheet that is newer than the program.
    """
    done: list[str] = []
    while survey := _survey(client, deadline):
        schema.refuse_newer(survey.values)
        if survey.version == schema.version:
            break
        drawn = _drawn(schema, survey, survey.version + 1)
        try:
            run(_bare(schema), _step(survey, drawn), f"migrate to schema version {drawn.version}", deadline)
        except _MovedOnError:
            continue
        done += drawn.steps
    return done


def _step(survey: _Survey, drawn: Migration) -> Callable[[Transaction[Any]], None]:
    def migrate_once(tx: Transaction[Any]) -> None:
        if tx.version != survey.lock.version:
            raise _MovedOnError
        tx.changes.requests += drawn.requests
        tx.changes.renamed.update(drawn.renamed)
        tx.changes.values.update({**drawn.changed, SCHEMA_VERSION: version_text(drawn.version, survey.values)})

    return migrate_once


def _drawn(schema: Schema[Any], survey: _Survey, version: int) -> Migration:
    """One version's migration with everything that it asks for.

    The survey shows it to those after it.
    """
    migration = Migration(version, survey.tabs, survey.values)
    sheets = {title: layout.sheet for title, layout in survey.tabs.items()}
    step = schema.migrations.get(version)
    if step:
        step(migration)
    check_batch(migration.requests)
    check_growth(sheets, {}, migration.requests)
    migration.steps = [
        f"migrate to schema version {version}: {message}" for message in migration.steps or ["nothing to do"]
    ]
    return migration


def _bare(schema: Schema[Any]) -> Schema[Any]:
    """Control and Commit Log only: what every version has."""
    return Schema((), values=schema.values, version=0)


def _survey(client: Client, deadline: Deadline) -> _Survey | None:
    """Read everything. Return None for a spreadsheet that was never set up."""
    sheets = {
        title: sheet
        for title, sheet in sheets_of(client.metadata(deadline), (Control, CommitLog)).items()
        if sheet.columns
    }
    if CONTROL not in sheets or COMMIT_LOG not in sheets:
        return None
    answer = client.values([CONTROL_RANGE, *map(header_range, sheets)], deadline)
    values = named_values(answer[0])
    if LOCK not in values:
        raise missing_lock()

    def reader(title: str) -> Callable[[], list[list[Cell]]]:
        return lambda: client.values([quoted(title)], deadline)[0].get("values", [])[1:]

    tabs = {
        title: Layout(sheet, [str(cell).strip() for cell in (part.get("values") or [[]])[0]], reader(title))
        for (title, sheet), part in zip(sheets.items(), answer[1:], strict=True)
    }
    return _Survey(LockRecord.parse(values[LOCK]), values, tabs)
