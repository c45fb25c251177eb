"""What the scheduler calls at night: old rows leave the sheet, then a report is made."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.reports.findings import ReconciliationFinding
from npta.operations.archiving.archive_health import check_archives
from npta.operations.archiving.shrink_spreadsheet import ShrinkResult, shrink_spreadsheet
from npta.operations.reconcile import Reconciled, reconcile
from npta.services import Services
from npta.tables import Outbox
from sheets_schema import Deadline, SheetsError

ARCHIVE_SHARE = 0.6
"""How much of the time rows may take to leave; the rest is for the report."""
LOOK_SHARE = 0.3
"""How much of the time that is left then the archives may take to say how they are."""


class Maintained(NamedTuple):
    """What has left the sheet, and the report."""

    archived: ShrinkResult
    report: Reconciled


def maintain(services: Services, *, who: str, deadline: Deadline, request_id: str = "") -> Maintained:
    """Let old rows leave the sheet, and report.

    What keeps rows from leaving, or is wrong with an archive, is a finding of the report, which is made all the same.
    Raises like `reconcile`.
    """
    trouble: list[ReconciliationFinding] = []
    archived = ShrinkResult((), complete=False)
    try:
        archived = shrink_spreadsheet(
            services, who=who, deadline=services.clock.deadline(deadline.left() * ARCHIVE_SHARE)
        )
        if archived.trouble:
            trouble.append(ReconciliationFinding("old rows could not leave", Outbox.__table__.title, archived.trouble))
        reason = archived.orders.trouble
        if reason:
            trouble.append(ReconciliationFinding("orders could not leave", "archive", reason))
        if archived.orders.staying:
            trouble.append(ReconciliationFinding("orders that stay", "spreadsheet", archived.orders.staying))
        found = check_archives(services, services.clock.deadline(deadline.left() * LOOK_SHARE))
        trouble += (
            ReconciliationFinding("archive", seen.name, seen.trouble)
            for seen in found
            if seen.trouble not in ("", reason)
        )
    except SheetsError as error:
        trouble.append(ReconciliationFinding("old rows could not leave", "spreadsheet", str(error)))
    report = reconcile(services, who=who, deadline=deadline, request_id=request_id, trouble=trouble)
    return Maintained(archived, report)
