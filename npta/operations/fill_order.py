"""An order that waits is filled by a person's decision, in spite of the go-live time."""

from __future__ import annotations

from collections.abc import Collection

from npta.domain.answers import Answer
from npta.domain.backorders import stored_order
from npta.domain.modes import rules_in
from npta.domain.replays import fill
from npta.domain.state import State
from npta.operations.fulfill_order import commit_decision, stage_outcome
from npta.operations.known import get_order
from npta.services import Services
from sheets_schema import Deadline, Transaction

MAIL_BY_THE_ZAP = "Re-run the Zap: it is answered with these keys, and sends their mail."


def fill_order(services: Services, order: str, *, who: str, deadline: Deadline, request_id: str = "") -> Answer:
    """Decide an order anew with the lines that it came with; only the go-live time is overcome. Gives its answer.

    Raises `NotKnown`, `BadRequest` and `ConflictError` for an order that cannot be found or is not to be filled (the
    mode is OFF, it was released or closed), `DamagedError`, and what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State], unpublished: Collection[str] | None) -> Answer:
        record = get_order(tx.state, order)
        rules = rules_in(tx.values, services.settings.regions, unpublished)
        outcome = fill(tx.state, record, rules, at=services.now(), commit=tx.commit)
        told = stage_outcome(
            services, tx, outcome, rules, before=record, order=stored_order(record), request_id=request_id
        )
        return told._replace(next_step=MAIL_BY_THE_ZAP) if told.email_ready and not told.delivered else told

    return commit_decision(services, work, operation="fill order", who=who, deadline=deadline)
