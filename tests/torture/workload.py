"""What the tortured processes do, and how they write down what they were told."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sheets_schema import Ledger, Overlay, Schema, Transaction, overlay
from tests.sheets_schema.bank import (
    Accounts,
    Balances,
    Books,
    Captured,
    Payments,
    Requests,
    balances,
)

PEOPLE = ("ada", "bob", "cyd", "dan")


@dataclass
class Hall(Books):
    """A bank whose every transfer takes the next free seat: a decision that two works must never make alike."""

    receipts: Overlay[str, str] = overlay()
    count: Overlay[str, int] = overlay()

    def apply(self, row: Ledger) -> None:
        super().apply(row)
        if isinstance(row, Payments) and row.payment_id.endswith("/from"):
            self.receipts[row.payment_id.removesuffix("/from")] = row.note
            self.count["seats"] = self.count.get("seats", 0) + 1


SCHEMA = Schema(
    (Requests, Balances, Payments, Accounts, Captured),
    Hall,
    views={Balances: balances},
    values={"rate": "1.5", "motto": ""},
)


def transferring(name: str, chance: random.Random) -> Callable[[Transaction[Any]], str]:
    """Move money and take the next seat; the rows are the receipt by which a repeat is answered."""
    giver, taker = chance.sample(PEOPLE, 2)
    cents, owners = chance.randint(1, 500), chance.choice((0, 0, 1, 3))

    def work(tx: Transaction[Any]) -> str:
        if name in tx.state.receipts:
            return str(tx.state.receipts[name])
        seat = f"seat {tx.state.count.get('seats', 0) + 1}"
        tx.add(Payments(payment_id=f"{name}/from", account=giver, cents=-cents, note=seat))
        tx.add(Payments(payment_id=f"{name}/to", account=taker, cents=cents, note=seat))
        for number in range(owners):
            tx.add(Accounts(account=f"{name}/{number}", owner=seat))
        return seat

    return work


def blind(name: str) -> Callable[[Transaction[Any]], str]:
    """A work that never looks: were it applied twice, two rows would bear its name."""

    def work(tx: Transaction[Any]) -> str:
        tx.add(Payments(payment_id=f"{name}-{tx.commit}", account="blind", cents=0, note=name))
        return "paid"

    return work


def failing(name: str) -> Callable[[Transaction[Any]], str]:
    """A work that stages rows and then raises: nothing of it may ever stand there."""

    def work(tx: Transaction[Any]) -> str:
        blind(name)(tx)
        raise ValueError(name)

    return work


def showing(tx: Transaction[Any]) -> str:
    """Fill the computed column of the form."""
    table = tx.table(Requests)
    for row in table.rows:
        table.write(row, answer=str(tx.state.balances.get(row.text("account"), "none")))
    return "shown"


class Journal:
    """What a process asked for and was told, line by line on file, so that `kill -9` takes none of it away."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def note(self, **entry: Any) -> None:
        """One line, in one write."""
        os.write(self._file, (json.dumps(entry) + "\n").encode())

    @staticmethod
    def read(path: Path) -> Iterable[dict[str, Any]]:
        """The lines that were written whole."""
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                yield json.loads(line)
