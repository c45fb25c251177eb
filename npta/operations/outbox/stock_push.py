"""Set Shopify's stock to what can be sold, without what is on its way here.

Nothing here can undo a fact or fail a request: what cannot be set now is tried again.
"""

from __future__ import annotations

import logging
from functools import partial
from typing import NamedTuple

from npta.clients.shopify.client import Shopify
from npta.clients.shopify.models import NotSet, StockLevel
from npta.clients.shopify.stock import MOVED
from npta.domain.catalogue.sync_from_shopify import ShopVariant, the_sold_one
from npta.domain.state.outbox_messages import Channel, OutboxMessage
from npta.domain.stock.sold_not_arrived import promised
from npta.errors import ShopError, ShopRejectedError
from npta.operations.commit import read
from npta.operations.outbox.new_messages import look_at_stock
from npta.operations.sold_not_arrived import OnTheWay, on_the_way
from npta.process_state.stock_push_state import NOT_IN_SHOP, StockObservation
from npta.services import Services
from sheets_schema import Deadline, SheetsError

_log = logging.getLogger(__name__)

_MAX_READS = 4
"""How often levels are read before what keeps changing meanwhile is left for the next push."""
_FRESH = 3.0
"""Seconds for which our own stock is pushed as it was seen. Who waited longer looks again: another process may know better."""
_TOO_MANY = "its stock is only lowered while more orders change in Shopify than can be looked at; it follows by itself when they are fewer"


class Push(NamedTuple):
    """What a push did: (SKU, before, after) that Shopify took, and what it has not confirmed."""

    taken: tuple[tuple[str, int | None, int], ...] = ()
    refused: tuple[NotSet, ...] = ()
    absent: tuple[NotSet, ...] = ()
    reached: bool = True


def push_pending(services: Services, shop: Shopify, deadline: Deadline, *, patient: bool) -> None:
    """Push what has changed, unless somebody is doing it. Never raises.

    Only who is `patient` looks again for products that the shop did not have.
    """
    stock = services.sending.stock
    if not stock.turn.acquire(blocking=False):
        return
    try:
        paused = partial(services.sending.is_paused, Channel.STOCK)
        while deadline.left() > 0 and not paused(services.clock.monotonic()) and (seen := stock.seen()):
            if not _push(services, shop, seen, deadline, patient=patient).reached:
                return
    finally:
        stock.turn.release()


def push_stock(services: Services, shop: Shopify, deadline: Deadline) -> Push:
    """Push what is due at once. Never raises: without an answer everything stays due."""
    stock = services.sending.stock
    services.sending.resume(services.clock.monotonic(), refused=True)
    if not stock.turn.acquire(timeout=deadline.left()):
        waiting = stock.seen()
        busy = "another push of stock is still under way; press again in a minute"
        return Push(refused=tuple(NotSet(sku, busy) for sku in (waiting.levels if waiting else ())), reached=False)
    try:
        seen = stock.seen()
        return _push(services, shop, seen, deadline, patient=True) if seen else Push()
    finally:
        stock.turn.release()


def _push(services: Services, shop: Shopify, seen: StockObservation, deadline: Deadline, *, patient: bool) -> Push:
    """Make one push. Only who is `patient` reports an absent product: it may have just come."""
    sending, clock = services.sending, services.clock
    asked = bool(seen.messages)
    if not asked:
        seen = seen._replace(messages=(_unasked(services),))
    levels = sending.stock.to_report(seen, clock.monotonic(), patient=patient)
    attempt = _StockPush(services, shop, seen)
    try:
        attempt.run(set(levels), deadline)
    except SheetsError as error:
        _log.warning("the stock could not be pushed, since the spreadsheet could not be read: %s", error)
        return Push(tuple(attempt.taken), tuple(NotSet(sku, str(error)) for sku in levels), reached=False)
    except ShopError as error:
        _log.warning("the stock could not be pushed: %s", error)
        if isinstance(error, ShopRejectedError):
            sending.refuse_channel(Channel.STOCK, str(error), clock.monotonic())
        else:
            sending.pause(Channel.STOCK, clock.monotonic(), getattr(error, "retry_after", None))
        sending.stock.failed(str(error))
        return Push(tuple(attempt.taken), tuple(NotSet(sku, str(error)) for sku in levels), reached=False)
    refused = {refusal.sku: refusal.reason for refusal in attempt.refused}
    on_sale = attempt.seen.levels
    absent = {
        sku: NOT_IN_SHOP for sku in levels if sku in on_sale and sku not in refused and sku not in attempt.confirmed
    }
    # What Shopify has not confirmed still differs from what was pushed, and is tried again after a while.
    sending.stock.done(
        attempt.seen,
        attempt.confirmed,
        refused,
        clock.monotonic(),
        asked=asked,
        absent=absent,
        patient=patient,
        free=attempt.free,
    )
    sending.unpause(Channel.STOCK)
    missing = tuple(NotSet(sku, reason) for sku, reason in absent.items())
    return Push(tuple(attempt.taken), tuple(attempt.refused), missing)


def _unasked(services: Services) -> OutboxMessage:
    """Return the message that carries the record of a push that nothing asked for."""
    now = services.now()
    return OutboxMessage(f"{services.clock.new_id()}-again", Channel.STOCK, Channel.STOCK, "", "[]", now, now)


class _StockPush:
    """One push, look by look: what Shopify has `confirmed`, and what was `free` here by then."""

    def __init__(self, services: Services, shop: Shopify, seen: StockObservation) -> None:
        self._services, self._shop, self.seen = services, shop, seen
        self.confirmed: dict[str, int] = {}
        self.free: dict[str, int] = {}
        self.taken: list[tuple[str, int | None, int]] = []
        self.refused: list[NotSet] = []

    def run(self, skus: set[str], deadline: Deadline) -> None:
        """Make Shopify show the levels that it does not show. Raises `ShopError`, `SheetsError`.

        A SKU that the shop does not have is nobody's fault: it is sold elsewhere, or not yet.
        """
        left, known = set(skus), set(skus)
        if self._services.clock.monotonic() - self.seen.looked_at > _FRESH:
            self._look_again(deadline)
        for _ in range(_MAX_READS):
            # Levels first: who buys after this look has moved a level, which then is not set.
            left &= self.seen.levels.keys()
            variants = self._variants(left, deadline)
            coming, why_not = self._coming(deadline)
            levels = self.seen.supply.levels(promised(coming.sales, self.seen.supply))
            others = {sku for sku, level in levels.items() if self._is_news(sku, level)} - known
            if others:  # they share keys with what is sold already
                known |= others
                left |= others
                continue
            left = self._set(variants, levels, why_not, deadline)
            if not left:
                return
            # Who has moved a level may be another process that knows of other keys.
            self._look_again(deadline)
        self.refused += [NotSet(sku, MOVED) for sku in sorted(left)]

    def _look_again(self, deadline: Deadline) -> None:
        look = read(self._services, lambda tx: look_at_stock(self._services, tx), deadline)
        self.seen = look._replace(messages=self.seen.messages)

    def _is_news(self, sku: str, level: int) -> bool:
        """Whether less can be sold than is free here, and Shopify may not know."""
        return level != self.seen.levels[sku] and not self._services.sending.stock.was_reported(sku, level)

    def _variants(self, skus: set[str], deadline: Deadline) -> dict[str, ShopVariant | None]:
        """Return the variant of each SKU that the shop has; None where several have it."""
        by_sku: dict[str, list[ShopVariant]] = {}
        for variant in self._shop.variants_of(skus, deadline):
            by_sku.setdefault(variant.sku, []).append(variant)
        return {sku: the_sold_one(found) for sku, found in by_sku.items()}

    def _coming(self, deadline: Deadline) -> tuple[OnTheWay, str]:
        """Return what is sold and not here yet; or, if orders cannot be read, why nobody knows."""
        try:
            found = on_the_way(self._shop, self.seen.awaits, self._services.clock.now(), deadline)
        except ShopRejectedError as error:
            return OnTheWay(
                (), complete=False
            ), f"its stock is only lowered while the shop’s orders cannot be read: {error}"
        if not found.complete:
            _log.warning("so many orders have changed in Shopify lately that the older ones were not looked at")
        return found, "" if found.complete else _TOO_MANY

    def _set(
        self, variants: dict[str, ShopVariant | None], levels: dict[str, int], why_not: str, deadline: Deadline
    ) -> set[str]:
        """Set what differs; return the SKUs of which the level has moved since it was read."""
        wanted: list[StockLevel] = []
        for sku, variant in variants.items():
            if variant is None:
                self.refused.append(NotSet(sku, "several variants have this SKU"))
            elif variant.tracked and variant.available == levels[sku]:
                self._confirmed(sku, levels[sku])
            elif why_not and levels[sku] > (variant.available or 0):
                self.refused.append(NotSet(sku, why_not))
            else:
                wanted.append(StockLevel(variant, levels[sku]))
        reference = self.seen.messages[-1].message_id
        not_set = self._shop.set_available(wanted, reference=reference, deadline=deadline) if wanted else []
        skus = {refusal.sku for refusal in not_set}
        for variant, level in wanted:
            if variant.sku not in skus:
                self._confirmed(variant.sku, level)
                self.taken.append((variant.sku, variant.available, level))
        self.refused += [refusal for refusal in not_set if not refusal.moved]
        return {refusal.sku for refusal in not_set if refusal.moved}

    def _confirmed(self, sku: str, level: int) -> None:
        self.confirmed[sku], self.free[sku] = level, self.seen.levels[sku]
