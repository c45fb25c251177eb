"""Write generated columns of input tables outside a commit, guarded by the fence.

No fact changes, so nothing of it stands in the log. The first request of the batch is refused once anybody has committed
since the columns were computed.
"""

from __future__ import annotations

from typing import Any

from sheets_schema.clock import Deadline
from sheets_schema.engine.replica import Replica
from sheets_schema.engine.response_classification import Applied, NotApplied, Rejected
from sheets_schema.errors import LimitExceededError
from sheets_schema.protocol.batch_requests import Request
from sheets_schema.protocol.limits import check_growth
from sheets_schema.protocol.lock_record import fence_guard, lock_range
from sheets_schema.schema.internal_tables import CONTROL


def write_if_unchanged(replica: Replica[Any], requests: list[Request], deadline: Deadline) -> bool:
    """Send the requests, and return whether they were applied; False if that is not known.

    Raises `LimitExceededError` if the spreadsheet has no room for them, `UnavailableError`, `PermissionDeniedError`,
    `RequestRejectedError`.
    """
    snapshot = replica.snapshot
    assert snapshot.lock is not None
    _check_room(replica, requests, deadline)
    guard = fence_guard(snapshot.lock, lock_range(snapshot.sheets[CONTROL]))
    match replica.client.write_until_known([guard, *requests], deadline):
        case Applied():
            return True
        case NotApplied(error):
            raise error
        case Rejected(error) if error.request_index:
            # Not the guard, the first request: a tab was replaced under its name, say. The next refresh finds the new one.
            replica.load_metadata(deadline)
            raise error
    return False


def _check_room(replica: Replica[Any], requests: list[Request], deadline: Deadline) -> None:
    """Raise `LimitExceededError` if there is no room, also by the sizes as they are now."""
    snapshot = replica.snapshot
    try:
        check_growth(snapshot.sheets, snapshot.grid_rows, requests)
    except LimitExceededError:
        replica.load_metadata(deadline)
        check_growth(snapshot.sheets, {}, requests)
