"""What a process does before it ends: send what has become due, and record that it is out."""

from __future__ import annotations

from npta.operations.commit import commit
from npta.operations.follow_up import after_response
from npta.services import Services
from sheets_schema import Deadline

_EXIT_SECONDS = 3.0
"""Seconds that are kept for the record, while a message is still under way."""


def flush_before_exit(services: Services, *, who: str, deadline: Deadline) -> int:
    """Tell Slack and Shopify what this process has made due; gives how many notices went out.

    A function that stays up records what it has sent with its next commit. A command has none, and without this record
    somebody else would send the same again. Raises what `Spreadsheet.run` raises; what could not be sent stays due.
    """
    after_response(services, deadline)
    services.sending.settle(deadline.left() - _EXIT_SECONDS)
    out = len(services.sending.sent())
    if out or services.sending.unpersisted():
        commit(services, lambda _: None, operation="record what was sent", who=who, deadline=deadline, note=True)
    return out
