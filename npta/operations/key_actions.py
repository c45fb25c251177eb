"""What people do to a key: retire it, or correct its seats."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.state.state import State
from npta.domain.state.wording import count
from npta.domain.stock.key_actions import adjust, holders, replace, retire
from npta.operations.backorders import ask_shop, stage_backorders, stage_mail_by_hook
from npta.operations.commit import commit
from npta.operations.dry_run_token import AT_ONCE, Carried, Intent
from npta.operations.find_key import KeyName, get_key
from npta.services import Services
from sheets_schema import Deadline, Transaction


class Retired(NamedTuple):
    """What Retire did, or would do.

    `retired` are the free seats that left stock, `held` those that orders still hold, `orders` who held the key before.
    """

    key_id: str
    retired: int
    held: int
    orders: tuple[str, ...]
    replaced: bool
    retired_before: bool
    carried: Carried = Carried()

    @property
    def message(self) -> str:
        """What it does, in words; a dry run says the same."""
        if self.retired_before:
            message = f"Key {self.key_id} was retired before."
        else:
            message = f"Retire takes key {self.key_id} out of stock for good: {count(self.retired, 'free seat')}."
        if self.replaced:
            return f"{message} Given another: {count(len(self.orders), 'order')}."
        return f"{message} Still held by orders: {count(self.held, 'seat')}." if self.held else message


def retire_key(
    services: Services,
    name: KeyName,
    *,
    who: str,
    deadline: Deadline,
    with_others: bool = False,
    intent: Intent = AT_ONCE,
) -> Retired:
    """Retire a key; `with_others` gives its holders another one, whose mail is due again.

    Raises `NotFoundError`, `ConflictError` if stock does not suffice for its holders or the name fits several keys.
    """

    def transact(tx: Transaction[State]) -> Retired:
        key = get_key(tx.state, name)
        held_by = holders(tx.state, key)
        orders = tuple(dict.fromkeys(holder.order_id for holder in held_by))
        # Orders that hold it and get no other key are named in the answer, and left as they are.
        carried = intent.judge("retire key", key.key_id, key.retired, held_by if with_others else ())
        stamp = services.stamp(tx.commit)
        tx.add_all(retire(key, stamp=stamp))
        if with_others:
            tx.add_all(replace(tx.state, tx.state.keys[key.key_id], stamp=stamp))
            for order_id in orders:
                stage_mail_by_hook(services, tx, order_id)
        held = tx.state.keys[key.key_id].used
        if carried.dry_run:
            tx.rollback()
        return Retired(
            key.key_id,
            key.free,
            held,
            orders,
            replaced=with_others and bool(orders),
            retired_before=key.retired,
            carried=carried,
        )

    return commit(services, transact, operation="retire key", who=who, deadline=deadline)


class Adjusted(NamedTuple):
    """Seats of the key before and now, and the orders that its gain served or opened."""

    key_id: str
    before: int
    seats: int
    retired: bool
    served_orders: tuple[str, ...]
    reopened_orders: tuple[str, ...]
    carried: Carried = Carried()

    @property
    def message(self) -> str:
        """What happened, in words."""
        if self.seats == self.before:
            message = f"Key {self.key_id} has {count(self.seats, 'seat')}, as before."
        else:
            message = f"Key {self.key_id} has {count(self.seats, 'seat')} now, {self.before} before."
        return (
            f"{message} It is retired: none of its seats is sold, however many there are." if self.retired else message
        )


def adjust_key(
    services: Services,
    name: KeyName,
    seats: int,
    *,
    who: str,
    deadline: Deadline,
    reason: str = "",
    intent: Intent = AT_ONCE,
) -> Adjusted:
    """Correct a key's seats, never below what is taken; `reason` goes into the commit log.

    Raises `NotFoundError`, `ConflictError` for fewer seats than are taken or a name that fits several keys.
    """
    standing = ask_shop(services, deadline)

    def transact(tx: Transaction[State]) -> Adjusted:
        key = get_key(tx.state, name)
        tx.add_all(adjust(key, seats, stamp=services.stamp(tx.commit)))
        carried = intent.judge("adjust key", key.key_id, key.seats, seats, key.retired)
        orders = stage_backorders(services, tx, "Adjust", standing)
        if carried.dry_run:
            tx.rollback()
        return Adjusted(key.key_id, key.seats, seats, key.retired, *orders[:2], carried)

    operation = f"adjust key: {reason}" if reason else "adjust key"
    return commit(services, transact, operation=operation, who=who, deadline=deadline)
