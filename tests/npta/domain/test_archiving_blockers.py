"""What keeps orders in the spreadsheet, and what people are told to do about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from npta.domain.reports.archiving_blockers import MANY, many_blocked, messages_blocked, no_room_for_blocked
from npta.domain.state.alert import Alert, AlertKind
from npta.domain.state.archivable_orders import ArchivingBlocker, ArchivingPolicy, FirstOrders, count_blockers
from npta.domain.state.order_openings import orders_opening, seats_opening
from npta.domain.state.outbox_rows import alert_pending, fulfillment_pending, stock_pending
from npta.domain.state.receipts import Order, OrderLine
from npta.domain.state.state import State
from npta.domain.state.times import Stamp, utc_text
from npta.operations.archiving.move_orders import MAX_OPENING
from npta.tables import KeyLedger, Orders, OutboxEvent
from sheets_schema.advanced import Departure, FirstRows
from sheets_schema.schema.internal_tables import Base
from tests.npta.domain.gallery import ID, SITUATIONS, order_in
from tests.npta.domain.world import World

_WHY = {
    "filled": ArchivingBlocker.UNCONFIRMED,
    "filled, mail confirmed, sent again": ArchivingBlocker.UNCONFIRMED,
    "failed, out of stock": ArchivingBlocker.FAILED,
    "failed, cancelled": ArchivingBlocker.FAILED,
    "came while OFF": ArchivingBlocker.OFF,
    "filled in TEST": ArchivingBlocker.TEST,
    "filled, a key retired": ArchivingBlocker.RETIRED,
    "filled, refunded in part": ArchivingBlocker.REFUNDED,
    "came while OFF, cleared, out of stock": ArchivingBlocker.OFF,
    "filled, cancelled": ArchivingBlocker.REFUNDED,
    "grown, the growth lacks keys": ArchivingBlocker.FAILED,
    "damaged": ArchivingBlocker.UNREADABLE,
    "released": None,
    "skipped": None,
    "failed, closed": None,
    "filled, mail confirmed": None,
}
LATER = ArchivingPolicy("2099")


def reasons(situation: str, policy: ArchivingPolicy = LATER) -> dict[ArchivingBlocker, int]:
    world = order_in(situation)
    world.state.list_positions[ID] = None  # it is listed no more
    rows = [row for row in world.history if isinstance(row, Orders)]
    return count_blockers(world.state, FirstOrders((), 0, rows), policy)


@pytest.mark.parametrize("situation", _WHY)
def test_an_order_stays_for_what_it_waits_for(situation: str) -> None:
    assert reasons(situation) == ({_WHY[situation]: 1} if _WHY[situation] else {})


def test_one_that_waits_for_nothing_stays_while_it_is_young_or_listed() -> None:
    assert reasons("released", ArchivingPolicy("2026-11-23T15:02:00Z")) == {ArchivingBlocker.RECENT: 1}
    listed = order_in("released")
    rows = [row for row in listed.history if isinstance(row, Orders)]
    assert count_blockers(listed.state, FirstOrders((), 0, rows), LATER) == {ArchivingBlocker.RECENT: 1}
    assert reasons("released", ArchivingPolicy("2026")) == {}, "its first rows are too young to leave"


def test_where_nobody_confirms_mails_nobody_waits_for_them() -> None:
    assert reasons("filled", LATER._replace(unconfirmed=True)) == {}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_reason_has_a_name_and_most_have_a_next_step(situation: str) -> None:
    for reason in reasons(situation):
        text = no_room_for_blocked({reason: 3}, 60)
        assert "tab Opening has no more room for orders of which rows have left and that stay: 3 " in text
        assert "new orders go on as before. Next step: " in text
        assert ("Next step: wait" in text) is (reason is ArchivingBlocker.RECENT)
        assert text.endswith("An order leaves 60 days after the last thing that was done to it.")


def test_people_are_told_once_there_are_many_the_most_frequent_reason_first() -> None:
    few = {ArchivingBlocker.FAILED: 9, ArchivingBlocker.UNCONFIRMED: MANY - 10, ArchivingBlocker.RECENT: 7_000}
    assert many_blocked(few, 60) == ""
    assert many_blocked({**few, ArchivingBlocker.FAILED: 10}, 60) == (
        "3,500 orders of more than 60 days ago cannot leave for the archive: 3,490 with a mail that nobody has confirmed, 10 that failed and wait. With about twice as many there is no room for more, "
        "and no order leaves then. Next step: let the Zap confirm mails, or, if nobody does, set NPTA_ARCHIVE_UNCONFIRMED=true, which helps "
        "at once; serve those that failed, or press Close Order. An order leaves 60 days after the last thing that was done to it."
    )


def test_people_are_told_of_old_messages_once_many_are_not_over_the_fullest_channel_first() -> None:
    state, stamp, many = State(), Stamp("2026", "c"), MANY // 8
    for number in range(many - 5):
        state.apply(alert_pending(state, Alert(AlertKind.FULFILLED, str(number), "t", "t"), stamp=stamp))
    for number in range(2):
        opened = alert_pending(state, Alert(AlertKind.FAILED, f"x{number}", "t", "t"), stamp=stamp)
        state.apply(opened)
        state.apply(opened.model_copy(update={"event": OutboxEvent.SENT, "receipt": "ts"}))
    state.apply(stock_pending(state, "1", (), stamp=stamp))
    state.apply(stock_pending(state, "2", (), stamp=stamp))
    assert messages_blocked(state) == ""
    state.apply(fulfillment_pending(state, "1", (), stamp=stamp))

    assert many == 437
    assert messages_blocked(state).startswith(
        "Old messages stay in the tab Outbox, since the tab Opening has no more room for those that are not over: 2 alerts of what "
        "lasts (orders that wait, refunds, stock), 432 to be sent (slack), 2 to be sent (stock), 1 to be sent (fulfillment). Nothing is lost"
    )


FIRST_NAMES = ("Olivia", "Noah", "Émilie", "Liam", "Amelia", "Oliver", "Sophia", "Elijah", "Charlotte", "Lucas")
LAST_NAMES = (
    "Smith",
    "Brown",
    "Tremblay",
    "Martin",
    "Roy",
    "Gagnon",
    "Lee",
    "Wilson",
    "Johnson",
    "MacDonald",
    "Leblanc",
)


@dataclass
class Drawn(World):
    """A world in which every stamp is another, as in life."""

    drawn: Random = field(default_factory=Random)
    stamps: int = 0

    def stamp(self) -> Stamp:
        self.stamps += 1
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=300 * self.stamps + self.drawn.randrange(200))
        return Stamp(utc_text(at), f"{self.drawn.getrandbits(128):032x}")


def test_there_is_room_for_twice_as_many_orders_as_people_are_told_of() -> None:
    drawn, number = Random(1), 500
    world = Drawn(drawn=drawn).product("CPTa", "NASM-CPT-FULL").product("NSTB", "ELEIKO-STR1-FULL,NASM-CPT-FULL")
    world.keys("NASM CPT combined", *[number // 5] * 10).keys("ELEIKO STR1 combined", number)
    for place in range(number):
        line = 14_000_000_000_000 + place * 70_000 + drawn.randrange(50_000)
        lines = (OrderLine(str(line), "CPTa", 1), OrderLine(str(line + 32_768), "NSTB", 1))
        first, last = drawn.choice(FIRST_NAMES), drawn.choice(LAST_NAMES)
        world.place(
            Order(
                order_id=str(6_855_000_000_000 + place * 32_768 + drawn.randrange(30_000)),
                lines=lines if drawn.random() < 0.2 else lines[:1],
                region="CANADA",
                email=f"{first}.{last}{drawn.randrange(999)}@gmail.com".lower(),
                customer_name=f"{first} {last}",
                order_name=f"#{1001 + place}",
                paid_at=world.stamp().at,
            )
        )
    orders = [row for row in world.history if isinstance(row, Orders)]
    seats = [row for row in world.history if isinstance(row, KeyLedger)]
    assert world.state.mails.size == number
    folded = State()
    for row in orders:
        folded.apply(row)
    openings = (
        Departure(
            FirstRows(Orders, Base(0, 0), (), orders), number, orders_opening(dict(enumerate(orders, 1)), (), folded, 1)
        ),
        Departure(
            FirstRows(KeyLedger, Base(0, 0), (), seats),
            len(seats),
            seats_opening(dict(enumerate(seats, 1)), (), None, lambda key_id: world.state.keys[key_id].pool),
        ),
    )

    an_order = sum(opening.opening_bytes for opening in openings) / number

    for_messages = 200_000
    assert 150 < an_order < (MAX_OPENING - for_messages) / (2 * MANY)


def test_only_reasons_about_which_something_can_be_done_have_a_step() -> None:
    text = no_room_for_blocked({ArchivingBlocker.RECENT: 9, ArchivingBlocker.FAILED: 2}, 60)
    assert "Next step: serve those that failed, or press Close Order. An order leaves" in text
