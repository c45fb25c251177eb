"""A dead key takes no further order; on request its holders are given another."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.key_care import holders, replace, retire
from npta.domain.state import State
from npta.operations.commit import commit
from npta.operations.known import known_key
from npta.services import Services
from sheets_schema import Deadline, Transaction


class Retired(NamedTuple):
    """What Retire did, or would do: seats taken out of stock, who holds seats of the key, whether they get others."""

    key_id: str
    retired: int
    orders: tuple[str, ...]
    replaced: bool
    dry_run: bool


def retire_key(
    services: Services,
    key_id: str,
    *,
    who: str,
    deadline: Deadline,
    with_others: bool = False,
    dry_run: bool = False,
) -> Retired:
    """Retire a key; `with_others` gives its holders another one, whose mail is due again.

    Raises `NotKnown`, `ConflictError` if stock does not suffice for its holders, and what `Spreadsheet.run` raises.
    """

    def work(tx: Transaction[State]) -> Retired:
        key = known_key(tx.state, key_id)
        orders = tuple(dict.fromkeys(each.order_id for each in holders(tx.state, key)))
        at = services.now()
        for fact in retire(key, at=at, commit=tx.commit):
            tx.append(fact)
        if with_others:
            for fact in replace(tx.state, tx.state.keys[key_id], at=at, commit=tx.commit):
                tx.append(fact)
        if dry_run:
            tx.discard()
        return Retired(key_id, key.free, orders, replaced=with_others and bool(orders), dry_run=dry_run)

    return commit(services, work, operation="retire key", who=who, deadline=deadline)
