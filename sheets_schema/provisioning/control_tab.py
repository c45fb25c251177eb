"""The tab *Control* and the fence: made at first, or anew as the commit log says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sheets_schema.clock import Clock
from sheets_schema.errors import SchemaMismatchError
from sheets_schema.protocol.batch_requests import Request, write_cells
from sheets_schema.protocol.lock_record import FENCE_NAME, LockRecord, fence_added, lock_range
from sheets_schema.protocol.new_tab import new_tab
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.provisioning.look_drift import Repair
from sheets_schema.schema.cells import iso_utc
from sheets_schema.schema.declaration import Schema, truncated
from sheets_schema.schema.internal_tables import (
    BASES,
    COMMIT_LOG,
    CONTROL,
    LOCK,
    LOCK_ROW,
    SCHEMA_VERSION,
    CommitLog,
    Control,
    bases_text,
)

PROVISION = "provision"
"""Who the commit log says it was."""


_VERSION = re.compile(r"(?:set up with|migrate to) schema version (\d+)")
"""What the commits that set the schema version were called when the log did not tell it otherwise."""


def last_lock(past: Sequence[CommitLog]) -> LockRecord:
    """Return the lock cell as the log's last row says."""
    return LockRecord(past[-1].version, past[-1].commit)


def rebuilt_control(
    schema: Schema[Any], sheet: SheetLayout, past: Sequence[CommitLog], fence: Mapping[str, Any] | None
) -> Repair:
    """Return what makes the tab anew, with lock cell and fence as the log's last row says.

    No commit can be applied while it is not there.

    Raises `SchemaMismatchError` if the log does not tell the schema version.
    """
    version = next(filter(None, map(_version_at, reversed(past))), None)
    if version is None:
        raise SchemaMismatchError(
            f"The tab “{CONTROL}” is missing, and the commit log does not tell the schema version. Restore it with "
            "File > Version history. Nothing was written.",
            tab=CONTROL,
        )
    bases = past[-1].bases()
    there = (
        {SCHEMA_VERSION: truncated(str(version)), BASES: bases_text(bases)} if bases else {SCHEMA_VERSION: str(version)}
    )
    schema.refuse_newer(there)
    last = last_lock(past)
    values = f", the values {', '.join(schema.values)} as they are at first" if schema.values else ""
    return (
        f"add tab “{CONTROL}” with the lock cell as the commit log says (version {last.version}){values}",
        [*new_tab(Control, sheet, schema.tabs.index(Control)), *_control(schema, sheet, last, there, fence)],
    )


def _version_at(row: CommitLog) -> int | None:
    """Return the schema version that a commit tells; None if it was set before."""
    found = _VERSION.fullmatch(row.operation) if row.who == PROVISION else None
    return row.schema_version or (int(found[1]) if found else None)


def refuse_renamed(fence: Mapping[str, Any], sheets: Mapping[str, SheetLayout]) -> None:
    """Raise `SchemaMismatchError` if the fence lies in another tab.

    Whoever still writes there must not meet a second lock cell.
    """
    tab_id = fence.get("range", {}).get("sheetId", 0)
    for title, sheet in sheets.items():
        if sheet.sheet_id == tab_id:
            raise SchemaMismatchError(
                f"The tab “{CONTROL}” is missing, and the named range {FENCE_NAME} lies in tab “{title}”. If that is "
                f"“{CONTROL}” renamed, give it its name again; otherwise delete the named range (Data > Named "
                "ranges) and run provision again. Nothing was written.",
                tab=CONTROL,
            )


def first_commit(
    schema: Schema[Any], sheets: Mapping[str, SheetLayout], fence: Mapping[str, Any] | None, clock: Clock
) -> Repair:
    """Return version 0, for where all is missing: lock cell, first log row, values, fence."""
    first = LockRecord(0, clock.new_id())
    row = CommitLog(
        version=0,
        commit=first.commit,
        at=iso_utc(clock.now()),
        who=PROVISION,
        operation=f"set up with schema version {schema.version}",
        rows=CommitLog.written(
            dict.fromkeys((ledger.__table__.title for ledger in schema.ledgers), 0), {}, schema.version
        ),
    )
    cells = row.cells()
    return "write the lock cell, the first row of the commit log, and the fence", [
        write_cells(sheets[COMMIT_LOG].sheet_id, 2, 0, [[cells[column.field] for column in CommitLog.columns()]]),
        *_control(schema, sheets[CONTROL], first, {SCHEMA_VERSION: str(schema.version)}, fence),
    ]


def _control(
    schema: Schema[Any],
    sheet: SheetLayout,
    lock: LockRecord,
    ours: Mapping[str, str],
    fence: Mapping[str, Any] | None,
) -> list[Request]:
    """Lock cell, named values, and the fence, in the place of one whose tab is gone."""
    gone: list[Request] = [{"deleteNamedRange": {"namedRangeId": fence["namedRangeId"]}}] if fence else []
    named = [(LOCK, lock.text), *ours.items(), *schema.values.items()]
    return [*gone, write_cells(sheet.sheet_id, LOCK_ROW, 0, named), fence_added(lock, lock_range(sheet))]
