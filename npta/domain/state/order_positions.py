"""Positions of orders: by arrival, in Order List, and among unconfirmed mails. Pure.

These numbers go on from one order to the next, so they stay when the rows that they were counted by leave the sheet.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from npta.domain.state.counters_and_queues import Count, OrderQueue
from npta.domain.state.order_record import OrderRecord, Status
from npta.tables import Orders
from sheets_schema import Overlay, Projection, overlay

LISTED = 1_000
"""Settled orders in Order List, besides those that wait."""

REMINDED = -1
"""In place of a position among unconfirmed mails: before all of which people are still to be reminded."""

NO_ORDER = "-"
"""In place of an order's id, where a row stands for many."""


@dataclass
class OrderPositionsProjection(Projection):
    """Counts and positions of orders."""

    arrivals: Overlay[str, int] = overlay()
    """By order id, how many orders had arrived (have a receipt, or are closed) before this one did."""
    arrived: Count = field(default_factory=Count)
    """How many orders have arrived."""
    failures_in_a_row: Count = field(default_factory=Count)
    """Orders that have failed since the last one that was fulfilled."""
    list_positions: Overlay[str, int | None] = overlay()
    """By order id, the index of its row in Order List; None if it had one."""
    listed: Overlay[int, str] = overlay()
    """By row of Order List, the order that stands there."""
    list_length: Count = field(default_factory=Count)
    settled: OrderQueue = field(default_factory=OrderQueue)
    """Listed orders that wait for nothing, the one that was longest left alone first."""
    mails: OrderQueue = field(default_factory=OrderQueue)
    mail_positions: Overlay[str, int] = overlay()
    mail_count: Count = field(default_factory=Count)

    def list_order(self, record: OrderRecord) -> None:
        """Give an order its row in Order List, if it has none.

        It takes that of the settled order which was longest left alone.
        """
        order_id = record.order_id
        if self.list_positions.get(order_id) is None:
            index = None
            if self.settled.size >= LISTED:
                oldest = next(self.settled.ids())
                index = self.list_positions[oldest]
                self.list_positions[oldest] = None
                self.settled.put(oldest, there=False)
            if index is None:
                index = self.list_length.add()
            self.list_positions[order_id], self.listed[index] = index, order_id
        self.settled.put(order_id, there=False)
        if record.status is not Status.FAILED and record.status is not Status.OFF:
            self.settled.put(order_id, there=True)

    def note_mail(self, record: OrderRecord) -> None:
        """Put an order among those whose mail nobody has confirmed, or take it out."""
        due = record.mail_is_due
        if due == (self.mails.get(record.order_id) is not None):
            return
        self.mails.put(record.order_id, there=due)
        if due:
            self.mail_positions[record.order_id] = self.mail_count.add()

    def note_mail_again(self, record: OrderRecord) -> None:
        """Note the mail of an order that came back: its time for a reminder is long over."""
        self.mails.put(record.order_id, there=False)
        self.mails.put(record.order_id, there=record.mail_is_due)
        self.mail_positions[record.order_id] = REMINDED

    def came_back_unconfirmed(self, order_id: str) -> bool:
        """Whether an order came back unconfirmed from an archive, and no other mail is due since."""
        return self.mails.get(order_id) is not None and self.mail_positions[order_id] == REMINDED

    def renew_mail(self, order_id: str) -> None:
        """Let people be reminded of an order that came back: another mail of it is due."""
        if self.came_back_unconfirmed(order_id):
            self.mails.put(order_id, there=False)

    def positions_text(self, staying: Collection[str], portions: int, numbers: Sequence[int]) -> str:
        """Return all this as text, for the orders that stay; `portions` of others have left.

        `numbers` are those of the rows that stay with them.
        """
        content = {
            "portions": portions,
            "numbers": numbers,
            "arrived": self.arrived.value,
            "arrivals": [[order_id, self.arrivals[order_id]] for order_id in staying if order_id in self.arrivals],
            "failures": self.failures_in_a_row.value,
            "mail_count": self.mail_count.value,
            "mails": [
                [order_id, self.mail_positions[order_id]] for order_id in self.mails.ids() if order_id in staying
            ],
            "list": [self.listed[position] for position in range(self.list_length.value)],
            "settled": [*self.settled.ids()],
        }
        return json.dumps(content, separators=(",", ":"))

    def carry(self, row: Orders) -> int:
        """Go on from what the rows that have left come to; those that were kept are folded already.

        Return how many portions have left.
        """
        content = json.loads(row.lines)
        self.arrived.set(content["arrived"])
        for order_id, number in content["arrivals"]:
            self.arrivals[order_id] = number
        self.failures_in_a_row.set(content["failures"])
        self.mail_count.set(content["mail_count"])
        for order_id, position in content["mails"]:
            self.mail_positions[order_id] = position
        for position in range(self.list_length.value):
            self.list_positions[self.listed[position]] = None
        for order_id in tuple(self.settled.ids()):
            self.settled.put(order_id, there=False)
        for position, order_id in enumerate(content["list"]):
            self.listed[position], self.list_positions[order_id] = order_id, position
        self.list_length.set(len(content["list"]))
        for order_id in content["settled"]:
            self.settled.put(order_id, there=True)
        return int(content["portions"])
