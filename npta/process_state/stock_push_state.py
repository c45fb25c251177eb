"""What this process remembers of stock pushes: the newest look, and what was pushed last."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple

from npta.domain.catalogue.availability import Supply
from npta.domain.state.outbox_messages import OutboxMessage
from npta.domain.state.outbox_rows import written_within_a_cell
from npta.domain.stock.sold_not_arrived import Sale

EVERYTHING = ""
"""In place of a SKU: all of them."""


NOT_IN_SHOP = (
    "Shopify shows no product with this SKU; give it to the product that is to be sold, and it is tried again by itself"
)


MAX_RECORDED = 10_000
"""Pushes that are remembered as recorded."""


RETRY_AFTER = (0.0, 0.0, 0.0, 60.0, 120.0, 240.0, 480.0, 600.0)
"""Seconds after which something is tried again that was refused for good, by how often it was: somebody must fix it first,
and each try costs calls and rows. At first somebody may be at it, and looks."""


class PushedLevels(NamedTuple):
    """A message that is out, and its answer. `levels`: what was free here when it was pushed."""

    message: OutboxMessage
    receipt: str
    levels: Mapping[str, int] = MappingProxyType({})


class StockObservation(NamedTuple):
    """The stock of every product on sale as one commit saw it; the higher `order` is newer.

    `changed` are the SKUs of which Shopify shows something else, by the Outbox; `messages` are the pushes that this
    process has made due or claimed, none where a flush tries again. `supply` is what `levels` were made of, and
    `awaits` says which orders of the shop are still to come, as that commit saw it, at `looked_at` on the monotonic
    clock.
    """

    order: tuple[int, int]
    levels: Mapping[str, int]
    changed: frozenset[str]
    messages: tuple[OutboxMessage, ...]
    supply: Supply = Supply(MappingProxyType({}), MappingProxyType({}))
    awaits: Callable[[Sale], bool] = lambda _: False
    looked_at: float = 0.0


@dataclass
class StockPushState:
    """Stock pushes of this process, thread-safe; one holds `turn`, so that they do not overlap."""

    turn: Lock = field(default_factory=Lock)
    _lock: Lock = field(default_factory=Lock)
    _seen: StockObservation | None = None
    _pushed: dict[str, int | None] = field(default_factory=dict)
    """What this process pushed to Shopify last, by SKU; None where no answer came."""
    _refused: dict[str, tuple[int, float]] = field(default_factory=dict)
    """How often the stock of a product was refused, and until when it is left alone, on the monotonic clock."""
    _absent: set[str] = field(default_factory=set)
    _troubles: dict[str, str] = field(default_factory=dict)
    """What keeps Shopify from the stock of which SKU, or of `EVERYTHING`."""
    _unreported: bool = False
    _sent: dict[str, PushedLevels] = field(default_factory=dict)
    _recorded: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def observe(self, seen: StockObservation | None) -> None:
        """Take in what a commit has seen; it may be older than what we know."""
        if seen is None:
            return
        with self._lock:
            due = tuple(message for message in seen.messages if not self._is_settled(message.message_id))
            if due or not seen.messages:
                self._seen = (
                    _both(self._seen, seen._replace(messages=due)) if self._seen else seen._replace(messages=due)
                )

    def _is_settled(self, message_id: str) -> bool:
        return message_id in self._sent or message_id in self._recorded

    def seen(self) -> StockObservation | None:
        """Return what is to be pushed; None if nothing."""
        with self._lock:
            return self._seen

    def claimed(self) -> frozenset[str]:
        """Return the pushes that this process has made due or claimed, and not made yet."""
        with self._lock:
            return frozenset(message.message_id for message in self._seen.messages) if self._seen else frozenset()

    def is_busy_with(self, message_id: str) -> bool:
        """Whether a push is ours already, or is made."""
        with self._lock:
            ours = self._seen and any(message.message_id == message_id for message in self._seen.messages)
            return bool(ours) or self._is_settled(message_id)

    def to_report(self, seen: StockObservation, now: float, *, patient: bool = True) -> dict[str, int]:
        """Return the levels to push now; they are not known to have arrived until `done` says so.

        That is what has changed by the Outbox, and since this process pushed something else, which the Outbox may not
        say yet. Only who is `patient` looks again for products that the shop did not have.
        """
        with self._lock:
            levels = {
                sku: level
                for sku, level in seen.levels.items()
                if (sku in seen.changed or self._pushed.get(sku, level) != level)
                and now >= self._refused.get(sku, (0, now))[1]
                and (patient or sku not in self._absent)
            }
            self._pushed.update(dict.fromkeys(levels))
            return levels

    def was_reported(self, sku: str, level: int) -> bool:
        """Whether this is what this process pushed to Shopify last of a product."""
        with self._lock:
            return self._pushed.get(sku) == level

    def done(
        self,
        seen: StockObservation,
        confirmed: Mapping[str, int],
        refused: Mapping[str, str],
        now: float,
        *,
        asked: bool = True,
        absent: Mapping[str, str] = MappingProxyType({}),
        patient: bool = True,
        free: Mapping[str, int] | None = None,
    ) -> None:
        """Note what Shopify has confirmed: all due with it is sent, the last message carries it.

        What is `refused`, by reason, is tried again after a while; what is `absent` is looked for again by each flush,
        and is trouble once who is `patient` does not find it. A push that nothing `asked` for is recorded only if it
        confirmed something. `free` is what was free here by then. What does not fit into one cell counts as not
        confirmed.
        """
        receipt = written_within_a_cell(confirmed)
        confirmed = json.loads(receipt)
        free = seen.levels if free is None else free
        with self._lock:
            self._pushed.update(confirmed)
            self._refused = {sku: known for sku, known in self._refused.items() if sku not in confirmed}
            for sku in refused:
                times, _ = self._refused.get(sku, (0, now))
                self._refused[sku] = (times + 1, now + RETRY_AFTER[min(times, len(RETRY_AFTER) - 1)])
            on_sale = {sku: why for sku, why in self._troubles.items() if sku in seen.levels and sku not in confirmed}
            self._absent = (self._absent - set(confirmed)) | set(absent)
            found = {**refused, **(absent if patient else {})}
            self._unreported = self._unreported or not found.items() <= on_sale.items()
            self._troubles = {**on_sale, **found}
            if asked or confirmed:
                for message in seen.messages:
                    self._sent.setdefault(message.message_id, PushedLevels(message, ""))
                last = seen.messages[-1]
                self._sent[last.message_id] = PushedLevels(last, receipt, {sku: free[sku] for sku in confirmed})
            if self._seen:  # by now perhaps a newer look than the one that was pushed
                due = tuple(push for push in self._seen.messages if not self._is_settled(push.message_id))
                self._seen = self._seen._replace(messages=due) if due else None

    def failed(self, reason: str) -> None:
        """Note that Shopify took nothing at all."""
        with self._lock:
            self._unreported = self._unreported or EVERYTHING not in self._troubles
            self._troubles.setdefault(EVERYTHING, reason)

    def troubles(self) -> dict[str, str]:
        """Return what keeps Shopify from the stock of which SKU, or of `EVERYTHING`."""
        with self._lock:
            return dict(self._troubles)

    def has_news(self) -> bool:
        """Whether there is trouble that no commit has reported yet."""
        with self._lock:
            return self._unreported

    def reported(self) -> None:
        """Note that a commit has reported all trouble."""
        with self._lock:
            self._unreported = False

    def resume(self, now: float) -> None:
        """Try everything again, whatever was refused."""
        with self._lock:
            self._refused = {sku: (times, now) for sku, (times, _) in self._refused.items()}

    def sent(self) -> tuple[PushedLevels, ...]:
        """Return what is pushed and not yet recorded in the Outbox."""
        with self._lock:
            return tuple(self._sent.values())

    def mark_recorded(self, message_ids: Collection[str]) -> None:
        """Note that the Outbox records these pushes now."""
        with self._lock:
            for message_id in message_ids:
                if self._sent.pop(message_id, None):
                    self._recorded[message_id] = None
            while len(self._recorded) > MAX_RECORDED:
                self._recorded.popitem(last=False)


def _both(known: StockObservation, other: StockObservation) -> StockObservation:
    """Merge two looks at the stock into the newer, with what is due and has changed by either."""
    newer, older = (known, other) if known.order > other.order else (other, known)
    due = {message.message_id: message for message in (*older.messages, *newer.messages)}
    return newer._replace(messages=tuple(due.values()), changed=newer.changed | older.changed)
