"""One order in every situation that people meet, each in a shop of its own whose clock goes on with each step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from npta.domain.alerts.order_alerts import released_alert
from npta.domain.alerts.refund_alerts import refund_alert, taken_back
from npta.domain.catalogue.mail_texts import MailTexts, ProviderText
from npta.domain.orders.assign_key import Target, assign_chosen_key
from npta.domain.orders.eligibility import Mode
from npta.domain.orders.ledger_rows import order_event, order_malformed
from npta.domain.orders.order_actions import clear, close, mark_delivered, resend
from npta.domain.orders.release_keys import quarantined_seats, release
from npta.domain.orders.replays import fill
from npta.domain.state.alert import Alert
from npta.domain.state.order_record import OrderRecord
from npta.domain.state.receipts import Order, OrderLine
from npta.domain.state.refunds import Refund, RefundedLine, write_refund
from npta.domain.state.shop_status import ShopStatus
from npta.domain.state.times import Stamp
from npta.settings import ReleasePolicy
from npta.tables import OrderEvent
from tests.npta.domain.world import LIVE, World

TEXTS = MailTexts(
    {"CPT": "Trainer & Coach"},
    {
        "NASM": ProviderText("NASM", "Sign in.\nEnter the key.", "https://nasm.example/?a=1&b=2"),
        "ELEIKO": ProviderText(),
    },
)
"""What mails say beside the keys."""
RULES = LIVE._replace(go_live_at="2026-11-01T00:00:00Z", texts=TEXTS)
ID = "6855909900591"
CPT, CPT_EXAM, CNC = "NASM CPT combined", "NASM CPT exam", "NASM CNC combined"


@dataclass
class Shop(World):
    """A world in which every step is a minute later, in a commit of its own."""

    steps: int = 0
    alerts: list[Alert] = field(default_factory=list)
    """What the channel read of refunds and releases."""

    def stamp(self) -> Stamp:
        self.steps += 1
        return Stamp(f"2026-11-23T15:{self.steps:02}:00Z", f"c{self.steps}")

    def buy(self, *lines: tuple[str, str, int], mode: Mode = Mode.LIVE, **more: Any) -> None:
        """The order of (line id, SKU, quantity) lines comes in."""
        order = Order(
            ID, tuple(OrderLine(*line) for line in lines), "CANADA", "ada@example.com", "Ada Lovelace", "#1042"
        )
        self.place(order._replace(**{"paid_at": "2026-11-23T14:00:00Z", **more}), self.rules._replace(mode=mode))

    @property
    def record(self) -> OrderRecord:
        return self.state.orders[ID]

    def take_back(self, *lines: tuple[str, str, int, int], cancelled: bool = False) -> None:
        """Shopify tells of a refund of (line id, SKU, units, ordered), or of a cancellation."""
        taken = Refund(f"r{self.steps}", ID, tuple(RefundedLine(*line) for line in lines), cancelled)
        event = OrderEvent.CANCELLED if cancelled else OrderEvent.REFUNDED
        before = self.state.orders.get(ID) or OrderRecord(ID)
        lines_text = write_refund(taken)
        self.facts(order_event(before, event, stamp=self.stamp(), reason=taken.reason, lines=lines_text))
        if (change := taken_back(before, self.record, taken)).is_news:
            self.alerts.append(refund_alert(self.record, taken, change, is_off=False))

    def give_back(
        self, line: str = "", units: int | None = None, policy: ReleasePolicy = ReleasePolicy.REQUEUE
    ) -> None:
        """Release Keys, of the whole order or of a line."""
        given = release(self.state, self.record, line_item_id=line, units=units, policy=policy, stamp=self.stamp())
        self.facts(*given.facts)
        lost = quarantined_seats(self.state, given.keys, policy)
        self.alerts.append(
            released_alert(self.record, given.keys, is_off=False, quarantined=lost, line_item_id=line, who="ops")
        )

    def assign(self, key_id: str, line: str, seats: int = 1) -> None:
        """Give seats of a key by hand."""
        given = assign_chosen_key(
            self.state, self.record, self.state.keys[key_id], Target(line), seats=seats, rules=self.rules,
            policy=ReleasePolicy.REQUEUE, stamp=self.stamp(),
        )  # fmt: skip
        self.facts(*given.outcome.facts)


def shop(cpt: tuple[int, ...] = (2, 5), **stock: tuple[int, ...]) -> Shop:
    """Two courses, an exam, a bundle, a product of another provider, one without keys, and one served by hand."""
    opened = Shop(RULES)
    for sku, entitlements in (
        ("CPT", "NASM-CPT-FULL"), ("EXAM", "NASM-CPT-EXAM"), ("BOTH", "NASM-CPT-FULL,NASM-CNC-FULL"),
        ("BAR", "ELEIKO-STR1-FULL"), ("NEW", ""),
    ):  # fmt: skip
        opened.product(sku, entitlements)
    opened.product("KBS", fulfillment="EXTERNAL")
    opened.keys(CPT, *cpt).keys(CPT_EXAM, *stock.get("exam", (3,))).keys(CNC, *stock.get("cnc", (1,)))
    opened.keys("ELEIKO STR1 combined", *stock.get("bar", (1,)))
    return opened


def _filled(shop: Shop) -> None:
    shop.buy(("811", "CPT", 3), ("812", "EXAM", 1))


def _bundle(shop: Shop) -> None:
    shop.buy(("811", "BOTH", 1), ("812", "BAR", 1), ("813", "KBS", 2), ("814", "", 1), removed=("OLD",))


def _failed(shop: Shop) -> None:
    shop.buy(("811", "CPT", 9))


def _grown(shop: Shop) -> None:
    shop.buy(("811", "CPT", 2))
    shop.buy(("811", "CPT", 9))


def _off(shop: Shop) -> None:
    shop.buy(("811", "CPT", 1), ("812", "KBS", 1), mode=Mode.OFF)


def _refunded(units: int) -> Callable[[Shop], None]:
    def act(shop: Shop) -> None:
        _filled(shop)
        shop.take_back(("811", "CPT", units, 3))

    return act


def _then(first: Callable[[Shop], None], *acts: Callable[[Shop], object]) -> Callable[[Shop], None]:
    def act(shop: Shop) -> None:
        first(shop)
        for step in acts:
            step(shop)

    return act


def _press(button: Callable[..., Any], **more: Any) -> Callable[[Shop], object]:
    return lambda shop: shop.press(button, ID, **more)


def _buy(*lines: tuple[str, str, int], **more: Any) -> Callable[[Shop], None]:
    return lambda shop: shop.buy(*lines, **more)


def _malformed(shop: Shop) -> None:
    order = Order(ID, (), "CANADA", "ada@example.com", "", "#1042")
    row = order_malformed(None, order, "line_items: is missing", stamp=shop.stamp())
    assert row
    shop.facts(row)


def _damaged(shop: Shop) -> None:
    _filled(shop)
    row = order_event(shop.record, OrderEvent.FULFILLED, stamp=shop.stamp(), lines="{", status="fulfilled")
    shop.facts(row)


def _filled_early(shop: Shop) -> None:
    shop.buy(("811", "CPT", 1), paid_at="2026-10-31T23:59:59Z")
    shop.facts(*fill(shop.state, shop.record, shop.rules, stamp=shop.stamp()).facts)


SITUATIONS: Mapping[str, Callable[[Shop], None]] = {
    "filled": _filled,
    "filled, a bundle with lines that people serve": _bundle,
    "filled, mail confirmed": _then(_filled, _press(mark_delivered, message_id="m-1")),
    "filled, mail confirmed, sent again": _then(
        _filled, _press(mark_delivered, message_id="m-1"), _press(resend, email="ada@lovelace.example")
    ),
    "filled, cleared": _then(_filled, _press(clear)),
    "filled in TEST": _buy(("811", "CPT", 1), mode=Mode.TEST),
    "filled, a key retired": _then(_filled, lambda shop: shop.retire("K1")),
    "filled, two keys retired": _then(_filled, lambda shop: shop.retire("K1"), lambda shop: shop.retire("K2")),
    "filled, key given by hand": _then(_filled, lambda shop: shop.assign("K2", "811", 3)),
    "filled, line given back": _then(_filled, lambda shop: shop.give_back("812")),
    "filled, unit given back": _then(_filled, lambda shop: shop.give_back("811", 1)),
    "filled, refunded in part": _refunded(1),
    "filled, a line refunded": _refunded(3),
    "filled, refunded in part, delivered": _then(_refunded(1), _press(mark_delivered, message_id="")),
    "filled, cancelled": _then(_filled, lambda shop: shop.take_back(cancelled=True)),
    "filled, cancelled, given back": _then(
        _filled, lambda shop: shop.take_back(cancelled=True), lambda shop: shop.give_back()
    ),
    "filled, cancelled, given back, cleared": _then(
        _filled, lambda shop: shop.take_back(cancelled=True), lambda shop: shop.give_back(), _press(clear)
    ),
    "filled, refunded in full": _then(_refunded(3), lambda shop: shop.take_back(("812", "EXAM", 1, 1))),
    "filled, both lines refunded in part": _then(
        _buy(("811", "CPT", 3), ("812", "EXAM", 2)),
        lambda shop: shop.take_back(("811", "CPT", 1, 3), ("812", "EXAM", 1, 2)),
    ),
    "filled, a line that it does not have refunded": _then(_filled, lambda shop: shop.take_back(("899", "CPT", 1, 1))),
    "filled, refunded twice": _then(_refunded(1), lambda shop: shop.take_back(("811", "CPT", 1, 3))),
    "filled, refunded, the unit given back": _then(_refunded(1), lambda shop: shop.give_back("811", 1)),
    "filled, refunded, closed as far as it goes": _then(_refunded(3), lambda shop: shop.give_back("811")),
    "released": _then(_filled, lambda shop: shop.give_back()),
    "released into quarantine": _then(_filled, lambda shop: shop.give_back(policy=ReleasePolicy.QUARANTINE)),
    "released, cleared": _then(_filled, lambda shop: shop.give_back(), _press(clear)),
    "grown, the growth lacks keys": _grown,
    "grown, closed": _then(_grown, _press(close)),
    "grown, then as before": _then(_grown, _buy(("811", "CPT", 2))),
    "grown, the growth refunded in part": _then(
        _buy(("811", "CPT", 2), ("812", "EXAM", 1)),
        _buy(("811", "CPT", 9), ("812", "EXAM", 1)),
        lambda shop: shop.take_back(("811", "CPT", 1, 9)),
    ),
    "changed to fewer": _then(_buy(("811", "CPT", 2)), _buy(("811", "CPT", 1))),
    "failed, out of stock": _failed,
    "failed, keys arrived": _then(_failed, lambda shop: shop.keys(CPT, 9)),
    "failed, keys arrived, opened": _then(_failed, lambda shop: shop.keys(CPT, 9), lambda shop: shop.reopen()),
    "failed, cleared": _then(_failed, _press(clear)),
    "failed, closed": _then(_failed, _press(close)),
    "failed, closed, cleared": _then(_failed, _press(close), _press(clear)),
    "failed, refunded in part": _then(_failed, lambda shop: shop.take_back(("811", "CPT", 1, 9))),
    "failed, refunded to what is there": _then(_failed, lambda shop: shop.take_back(("811", "CPT", 2, 9))),
    "failed, a line refunded": _then(
        _buy(("811", "CPT", 9), ("812", "EXAM", 9)), lambda shop: shop.take_back(("812", "EXAM", 9, 9))
    ),
    "failed with a tip, refunded in part": _then(
        _buy(("811", "CPT", 9), ("812", "", 1)), lambda shop: shop.take_back(("811", "CPT", 1, 9))
    ),
    "failed, released": _then(_failed, lambda shop: shop.give_back()),
    "grown, a line given back": _then(_grown, lambda shop: shop.give_back("811")),
    "failed, cancelled": _then(_failed, lambda shop: shop.take_back(cancelled=True)),
    "failed, nobody knows the SKU": _buy(("811", "XYZ", 1), ("812", "CPT", 1)),
    "failed, no entitlements": _buy(("811", "NEW", 1)),
    "failed for three reasons": _buy(("811", "XYZ", 1), ("812", "NEW", 1), ("813", "CPT", 9), ("814", "BAR", 2)),
    "failed, region not served": _buy(("811", "CPT", 1), region="UTAH"),
    "failed, before go-live": _buy(("811", "CPT", 1), paid_at="2026-10-31T23:59:59Z"),
    "before go-live, filled all the same": _filled_early,
    "failed, not paid": _buy(("811", "CPT", 1), shop=ShopStatus("PENDING")),
    "failed, test order": _buy(("811", "CPT", 1), shop=ShopStatus("PAID", test=True)),
    "failed, refunded as the call says": _buy(("811", "CPT", 1), shop=ShopStatus("REFUNDED")),
    "failed, malformed": _malformed,
    "failed, malformed, closed": _then(_malformed, _press(close)),
    "damaged": _damaged,
    "skipped": _buy(("811", "KBS", 2), ("812", "", 1)),
    "skipped, every line removed": _buy(removed=("OLD", "OLDER")),
    "skipped, cleared": _then(_buy(("811", "KBS", 2), ("812", "", 1)), _press(clear)),
    "skipped, every line removed, cleared": _then(_buy(removed=("OLD", "OLDER")), _press(clear)),
    "came while OFF": _off,
    "came while OFF, cleared": _then(_off, _press(clear)),
    "came while OFF, cleared, out of stock": _then(_buy(("811", "CPT", 9), mode=Mode.OFF), _press(clear)),
    "came while OFF, refunded": _then(_off, lambda shop: shop.take_back(("811", "CPT", 1, 1))),
}


def order_in(situation: str) -> Shop:
    """The shop in which an order has come to be in a situation."""
    opened = shop()
    SITUATIONS[situation](opened)
    return opened
