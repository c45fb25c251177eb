"""A small world for tests of the pure domain: a state, and one line for every fact that may come to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from npta.domain.orders.answers import Answer, answer, looked_up
from npta.domain.orders.backorders import reopened
from npta.domain.orders.eligibility import Mode, Rules
from npta.domain.orders.fulfillment import Outcome
from npta.domain.orders.replays import decide
from npta.domain.state.entitlements import Pool
from npta.domain.state.order_record import Status
from npta.domain.state.receipts import Order, OrderLine
from npta.domain.state.state import State
from npta.domain.state.times import Stamp
from npta.domain.stock.key_actions import adjust, replace, retire
from npta.tables import Component, Fulfillment, ImportHistory, KeyEvent, KeyLedger, LiveCatalogue, OrderEvent, Orders
from sheets_schema import InputRow, Ledger
from sheets_schema.schema.cells import Cell

AT = "2026-11-23T15:04:05Z"
REGIONS = frozenset({"CANADA"})
LIVE = Rules(Mode.LIVE, REGIONS, go_live_at="2020-01-01T00:00:00Z", unpublished=())


def pool(text: str, region: str = "CANADA") -> Pool:
    """A pool from `NASM CPT combined`."""
    provider, code, component = text.split()
    return Pool(region, provider, code, Component(component))


def key_row(key_id: str, where: Pool | str, seats: int, keycode: str = "") -> ImportHistory:
    """The fact that a key was imported; its keycode is `code-of-ID` unless told."""
    at = pool(where) if isinstance(where, str) else where
    return ImportHistory(
        key_id=key_id,
        imported_at=AT,
        batch="b",
        imported_by="test",
        region=at.region,
        provider=at.provider,
        product_code=at.product_code,
        component=at.component,
        keycode=keycode or f"code-of-{key_id}",
        seats=seats,
    )


def product_row(sku: str, entitlements: str = "", fulfillment: str = Fulfillment.AUTO) -> LiveCatalogue:
    """The fact that a product was published; no fulfillment takes it back."""
    return LiveCatalogue(
        published_at=AT, published_by="test", sku=sku, entitlements=entitlements, fulfillment=fulfillment
    )


def order_of(order_id: str, *lines: tuple[str, int], region: str = "CANADA", **more: Any) -> Order:
    """An order of (SKU, quantity) lines, their ids counted from 1."""
    numbered = tuple(OrderLine(str(place), sku, count) for place, (sku, count) in enumerate(lines, 1))
    return Order(order_id, numbered, region, email="ada@example.com", customer_name="Ada Lovelace")._replace(**more)


def catalogue_row(
    number: int, sku: Cell, entitlements: Cell = "", fulfillment: Cell = "AUTO", **more: Cell
) -> InputRow:
    """A row of NPTA Catalogue as a read shows it: empty cells are not there."""
    cells = {"sku": sku, "entitlements": entitlements, "fulfillment": fulfillment, **more}
    return InputRow(number, {name: cell for name, cell in cells.items() if cell not in ("", None)})


def pasted(number: int, *cells: Cell) -> InputRow:
    """A row of Import Keys as a read shows it."""
    names = ("region", "provider", "product_code", "component", "keycode", "seats", "problem")
    filled = zip(names, cells, strict=False)
    return InputRow(number, {name: cell for name, cell in filled if cell not in ("", None)})


@dataclass
class World:
    """A state that facts come to, one after another."""

    rules: Rules = LIVE
    state: State = field(default_factory=State)
    history: list[Ledger] = field(default_factory=list)

    def stamp(self) -> Stamp:
        """When the next thing happens, and in which commit."""
        return Stamp(AT, "c")

    def facts(self, *rows: Ledger) -> World:
        """Take facts in, in their order."""
        for row in rows:
            self.state.apply(row)
            self.history.append(row)
        return self

    def keys(self, where: str, *seats: int) -> World:
        """Import keys of a pool, oldest first; their ids go on counting: K1, K2, …"""
        for count in seats:
            self.facts(key_row(f"K{len(self.state.keys) + 1}", where, count))
        return self

    def product(self, sku: str, entitlements: str = "", fulfillment: str = Fulfillment.AUTO) -> World:
        """Publish a product."""
        return self.facts(product_row(sku, entitlements, fulfillment))

    def place(self, order: Order, rules: Rules | None = None) -> Outcome:
        """Decide an order and take its facts in."""
        outcome = decide(self.state, order, rules or self.rules, stamp=self.stamp())
        self.facts(*outcome.facts)
        return outcome

    def order(self, order_id: str, *lines: tuple[str, int], **more: Any) -> Outcome:
        """Decide an order of (SKU, quantity) lines and take its facts in."""
        return self.place(order_of(order_id, *lines, **more))

    def event(self, order_id: str, event: OrderEvent) -> World:
        """A row of the Orders ledger that a button writes."""
        record = self.state.orders[order_id]
        status: str = {OrderEvent.RELEASED: Status.RELEASED, OrderEvent.CLOSED: Status.CLOSED}.get(event, record.status)
        at, commit = self.stamp()
        return self.facts(Orders(at=at, event=event, order_id=order_id, status=status, commit=commit))

    def clear(self, order_id: str) -> World:
        """Clear Order Cache."""
        return self.event(order_id, OrderEvent.CLEARED)

    def press(self, button: Callable[..., list[Ledger]], order_id: str, **more: Any) -> list[Ledger]:
        """One of the buttons of `aftercare`, as it decides by itself; the facts that came of it."""
        facts = button(self.state.orders[order_id], stamp=self.stamp(), **more)
        self.facts(*facts)
        return facts

    def release(self, order_id: str, *, quarantine: bool = False) -> World:
        """Release Keys: all seats of the order go back, or into quarantine, and it is closed."""
        kinds = (KeyEvent.RELEASED, KeyEvent.RETIRED) if quarantine else (KeyEvent.RELEASED,)
        held_before = self.state.holdings.get(order_id, ())
        at, commit = self.stamp()
        for kind in kinds:
            for held in held_before:
                self.facts(
                    KeyLedger(
                        at=at,
                        event=kind,
                        order_id=order_id,
                        line_item_id=held.line_item_id,
                        sku=held.sku,
                        entitlement=held.entitlement,
                        key_id=held.key_id,
                        keycode=held.keycode,
                        seats=held.seats,
                        commit=commit,
                    )
                )
        return self.event(order_id, OrderEvent.RELEASED)

    def retire(self, key_id: str, *, with_others: bool = False) -> World:
        """Retire Key, and give its holders another if that is wanted."""
        self.facts(*retire(self.state.keys[key_id], stamp=self.stamp()))
        return self.facts(*replace(self.state, self.state.keys[key_id], stamp=self.stamp())) if with_others else self

    def adjust(self, key_id: str, seats: int) -> World:
        """Correct a key's number of seats."""
        return self.facts(*adjust(self.state.keys[key_id], seats, stamp=self.stamp()))

    def reopen(self) -> list[str]:
        """What Import Keys and Sync Catalogue do for orders that wait: the ids of those opened again."""
        facts = reopened(self.state, self.rules, stamp=self.stamp(), why="test")
        self.facts(*facts)
        return [fact.order_id for fact in facts]

    def held(self, order_id: str) -> list[tuple[str, int]]:
        """(key id, seats) that the order holds, in the order of assignment."""
        return [(each.key_id, each.seats) for each in self.state.holdings.get(order_id, ())]

    def seats(self) -> dict[str, tuple[int, int]]:
        """Used and free seats by key."""
        return {key.key_id: (key.used, key.free) for key in self.state.keys.values()}

    def answer(self, order_id: str, outcome: Outcome | None = None, mode: Mode = Mode.LIVE) -> Answer:
        """The answer to an outcome, or to somebody who only asks."""
        record, rules = self.state.orders[order_id], self.rules._replace(mode=mode)
        outcome = outcome or looked_up(self.state, record, rules)
        return answer(self.state, record, outcome, rules=rules, test_recipient="test@npta.example")
