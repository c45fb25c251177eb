"""Set the shop's stock: an absolute number each, never over somebody else's change.

A level that has moved since it was read is left as it is, and reported: what it should be may have changed, too.

Facts: every entry carries `changeFromQuantity`, the value just read (documented as mandatory from 2026-04); a list
takes at most 250 entries and is applied whole or not at all (documented); a stale entry may be named by its index
or not at all (seen in public code); since 2026-10 a quantity can be set where the item is not stocked (changelog), which
does not sell it from there, so such items are activated.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from npta.clients.shopify.answers import safe
from npta.clients.shopify.graphql_operations import ACTIVATE, PRIMARY_LOCATION, SET_QUANTITIES, STOCK, TRACK
from npta.clients.shopify.models import NotSet, StockLevel, available_in, gid
from npta.clients.shopify.transport import Wire
from npta.errors import ShopDeclinedError, ShopRejectedError, ShopUnavailableError
from sheets_schema import Clock, Deadline

_log = logging.getLogger(__name__)


MAX_ENTRIES: Final = 250


_READ_AT_ONCE: Final = 100


_TRIES: Final = 6
"""How often a chunk is sent before what is still changing under us is left for the next push."""


MOVED: Final = "its stock in Shopify changed while it was to be set; the next push tries again"


_GONE = "Shopify does not know its inventory item any more; press Sync from Shopify"


_SENTENCES: Final[Mapping[str, str]] = {
    "NON_MUTABLE_INVENTORY_ITEM": "Shopify computes its stock itself (a bundle of Shopify's own?) and takes none from outside",
    "INVALID_INVENTORY_ITEM": _GONE,
    "INVALID_QUANTITY_NEGATIVE": "a negative stock was to be set; run the audit",
    "INVALID_QUANTITY_TOO_HIGH": "the stock to be set is higher than Shopify takes",
    "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR": "it was named twice in one call",
}


class _MovedError(Exception):
    """Somebody else has changed a level since it was read."""


class _Entry(NamedTuple):
    item: str
    sku: str
    wanted: int
    seen: int


class StockWriter:
    """Sets stock at one location."""

    def __init__(self, wire: Wire, clock: Clock, location: StockLocation) -> None:
        self._wire = wire
        self._clock = clock
        self._location = location

    def set_available(self, levels: Sequence[StockLevel], reference: str, deadline: Deadline) -> list[NotSet]:
        """Set all levels that differ; return what cannot be set. Raises if nothing could be tried."""
        refused: list[NotSet] = []
        entries: list[_Entry] = []
        for level in {level.variant.inventory_item_id: level for level in levels}.values():
            variant = level.variant
            entry = _Entry(variant.inventory_item_id, variant.sku, level.available, variant.available or 0)
            try:
                if not variant.tracked:
                    self._wire.change(TRACK, {"item": entry.item}, deadline)
                if not variant.stocked:
                    entry = self._activated(entry, deadline)
                elif not variant.tracked:
                    entry = self._read_again([entry], deadline)[0][0]
            except _MovedError:
                refused.append(NotSet(entry.sku, MOVED, moved=True))
                continue
            except ShopDeclinedError as error:
                refused.append(NotSet(entry.sku, str(error)))
                continue
            except IndexError:
                refused.append(NotSet(entry.sku, _GONE))
                continue
            if entry.seen != entry.wanted:
                entries.append(entry)
        for start in range(0, len(entries), MAX_ENTRIES):
            refused += self._set(entries[start : start + MAX_ENTRIES], reference, deadline)
        return refused

    def _activated(self, entry: _Entry, deadline: Deadline) -> _Entry:
        """Stock an item at the location; what it holds afterwards is read from the answer."""
        location = self._location(deadline)
        sent = {"item": entry.item, "location": location, "available": entry.wanted, "key": self._clock.new_id()}
        try:
            level = self._wire.change(ACTIVATE, sent, deadline)["inventoryLevel"]
        except ShopDeclinedError:
            # Somebody else was quicker ("already active"), or it truly cannot be: the item itself says which.
            again, _ = self._read_again([entry], deadline)
            if not again:
                raise
            raise _MovedError from None
        return entry._replace(seen=available_in(level) or 0)

    def _set(self, entries: list[_Entry], reference: str, deadline: Deadline) -> list[NotSet]:
        """Send a chunk until nothing is stale; an entry that is refused holds up no other."""
        refused: list[NotSet] = []
        key = self._clock.new_id()
        for attempt in range(_TRIES):
            errors = self._sent(entries, reference, key, deadline)
            if not errors:
                return refused
            codes = {str(error.get("code") or "") for error in errors}
            if "IDEMPOTENCY_CONCURRENT_REQUEST" in codes:
                pause = self._clock.jitter(attempt) + 0.1
                if pause >= deadline.left():
                    raise ShopUnavailableError("Shopify is still working on the same stock levels.", retry_after=pause)
                self._clock.sleep(pause)
                continue
            moved, bad = _sorted_out(entries, errors)
            refused += [NotSet(entries[index].sku, reason) for index, reason in bad.items()]
            refused += [NotSet(entry.sku, MOVED, moved=True) for entry in entries if entry.item in moved]
            entries = [entry for index, entry in enumerate(entries) if index not in bad and entry.item not in moved]
            if not entries:
                return refused
            key = self._clock.new_id()
        _log.warning("%d stock levels keep changing in Shopify", len(entries))
        return refused + [NotSet(entry.sku, MOVED, moved=True) for entry in entries]

    def _sent(self, entries: Iterable[_Entry], reference: str, key: str, deadline: Deadline) -> list[Mapping[str, Any]]:
        quantities = [
            {
                "inventoryItemId": entry.item,
                "locationId": self._location(deadline),
                "quantity": entry.wanted,
                "changeFromQuantity": entry.seen,
            }
            for entry in entries
        ]
        sent = {
            "name": "available",
            "reason": "correction",
            "referenceDocumentUri": f"gid://npta-fulfillment/StockPush/{reference}",
            "quantities": quantities,
        }
        data = self._wire.call(SET_QUANTITIES, {"input": sent, "key": key}, deadline)
        return list(data["inventorySetQuantities"]["userErrors"])

    def _read_again(self, entries: list[_Entry], deadline: Deadline) -> tuple[list[_Entry], list[_Entry]]:
        """Return the entries with what Shopify holds now, and those no longer stocked there."""
        seen: dict[str, int] = {}
        for start in range(0, len(entries), _READ_AT_ONCE):
            items = [entry.item for entry in entries[start : start + _READ_AT_ONCE]]
            nodes = self._wire.call(STOCK, {"items": items, "location": self._location(deadline)}, deadline)["nodes"]
            for node in nodes:
                available = available_in(node["inventoryLevel"]) if node else None
                if available is not None:
                    seen[node["id"]] = available
        return (
            [entry._replace(seen=seen[entry.item]) for entry in entries if entry.item in seen],
            [entry for entry in entries if entry.item not in seen],
        )


def _sorted_out(entries: Sequence[_Entry], errors: Iterable[Mapping[str, Any]]) -> tuple[set[str], dict[int, str]]:
    """Return items that moved since they were read, and by position why others are refused.

    Raises `ShopRejectedError` where the call as a whole is wrong.
    """
    moved: set[str] = set()
    bad: dict[int, str] = {}
    for error in errors:
        code, message = str(error.get("code") or ""), safe(str(error.get("message") or ""))
        index = next((int(part) for part in error.get("field") or () if str(part).isdigit()), None)
        named = index is not None and index < len(entries)
        if code == "CHANGE_FROM_QUANTITY_STALE":
            moved |= {entries[index].item} if named and index is not None else {entry.item for entry in entries}
        elif code == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED":
            continue  # the same once more, under a new key
        elif named and index is not None and code != "INVALID_LOCATION":
            bad[index] = _SENTENCES.get(code, f"Shopify refuses it: {message}")
        elif code == "INVALID_LOCATION":
            raise ShopRejectedError("Shopify does not know the location: check SHOPIFY_LOCATION_ID.", codes=(code,))
        else:
            raise ShopRejectedError(f"Shopify refuses these stock levels: {message}", codes=(code,))
    return moved, bad


class StockLocation:
    """Known from the start, or asked for once."""

    def __init__(self, wire: Wire, location_id: str) -> None:
        self._wire = wire
        self._gid = gid("Location", location_id) if location_id else ""

    def __call__(self, deadline: Deadline) -> str:
        """Return the location's gid. Raises `ShopError`."""
        if not self._gid:
            location = self._wire.call(PRIMARY_LOCATION, {}, deadline)["location"]
            if not location:
                raise ShopRejectedError("The shop has no primary location: set SHOPIFY_LOCATION_ID.")
            self._gid = location["id"]
        return self._gid
