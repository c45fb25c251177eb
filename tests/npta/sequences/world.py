"""One sequence: the same steps for the service, over HTTP, and for the model; what differs is told with the way there."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from tests.npta.sequences.model import Model
from tests.npta.sequences.records import EXTERNAL, Answer, Lines
from tests.npta.sequences.webhooks import tell
from tests.support import Cell, House, catalogue_row

POOLS = "ABC"
PRODUCTS: dict[str, list[str] | str] = {"one": ["A"], "two": ["A", "B"], "pair": ["C", "C"], "hand": EXTERNAL}
LATER = "later"
"""A product whose entitlements are typed during the sequence."""
UNKNOWN = "unknown"
SKUS = (*PRODUCTS, LATER, UNKNOWN)
WEIGHTS = (4, 4, 4, 2, 3, 1)
MAX_ORDERS = 3


class World:
    """One sequence of steps. Products, pools, keys and orders bear its number, so that many share a spreadsheet."""

    def __init__(self, house: House, number: int, seed: int) -> None:
        self.house = house
        self.number = number
        self.seed = seed
        self.random = random.Random(seed)
        self.model = Model()
        self.done: list[str] = []
        self.codes = 0
        self.refunds: list[tuple[str, dict[str, Any]]] = []
        self.catalogue: dict[str, list[str] | str] = {**PRODUCTS, LATER: []}
        """The rows of the form: what a SKU needs, as far as it has been typed."""

    # What things are called in the sheet

    def sku(self, name: str) -> str:
        return f"{name}-{self.number}"

    def code(self, pool: str) -> str:
        return f"P{self.number}{pool}"

    def order_id(self, name: str) -> str:
        return str(1_000_000 + self.number * 100 + int(name))

    @staticmethod
    def line_id(sku: str) -> str:
        return str(1 + SKUS.index(sku))

    # Catalogue and keys, which all worlds share a press for

    def catalogue_rows(self) -> list[list[Cell]]:
        """The rows that it has in the catalogue."""
        return [
            catalogue_row(self.sku(name), *self._typed(pools), title=name) for name, pools in self.catalogue.items()
        ]

    def _typed(self, pools: list[str] | str) -> tuple[str, str]:
        if isinstance(pools, str):
            return "", EXTERNAL
        return ",".join(f"NASM-{self.code(pool)}-FULL" for pool in pools), "AUTO"

    def retype(self) -> None:
        """Type what was left out, take a product away, or put it back."""
        if self.catalogue.get(LATER) == []:
            self.note("type the entitlements of later")
            self.catalogue[LATER] = ["B"]
            return
        name = self.random.choice((LATER, "one", "two"))
        if name in self.catalogue:
            self.note(f"take {name} out of the catalogue")
            del self.catalogue[name]
        else:
            self.note(f"put {name} back into the catalogue")
            self.catalogue[name] = ["B"] if name == LATER else PRODUCTS[name]

    def published(self) -> None:
        """Sync Catalogue was pressed."""
        self.model.listed = set(self.catalogue)
        self.model.catalogue = {name: pools for name, pools in self.catalogue.items() if pools}

    def new_keys(self, *pools: str) -> list[list[Cell]]:
        """Keys for pools, as they are pasted."""
        rows: list[list[Cell]] = []
        for pool in pools:
            self.codes += 1
            code, seats = f"{self.code(pool)}-{self.codes}", 1 + self.random.randrange(3)
            self.note(f"import {code}, {seats} seats")
            self.model.add_key(pool, code, seats)
            rows.append(["CANADA", "NASM", self.code(pool), "combined", code, seats])
        return rows

    # Orders

    def act_orders(self) -> None:
        """Two orders, one after the other."""
        self.act_order()
        self.act_order()

    def repeats(self) -> None:
        """Every order comes once more."""
        for name, order in self.model.orders.items():
            if lines := order.filled or order.lines:
                self._order(name, dict(lines))

    def act_order(self) -> None:
        """An order comes, for the first time, again, or with other lines."""
        name = self._any_order()
        known = self.model.orders.get(name)
        before = (known.filled or known.lines) if known else {}
        if before and self.random.random() < 0.4:
            self._order(name, dict(known.lines if known and self.random.random() < 0.5 else before))
            return
        lines: Lines = dict(before) if self.random.random() < 0.7 else {}
        for _ in range(1 + self.random.randrange(2)):
            (sku,) = self.random.choices(SKUS, WEIGHTS)
            lines[sku] = max(0, lines.get(sku, 0) + self.random.choice((1, 1, 2, -1)))
        lines = {sku: quantity for sku, quantity in lines.items() if quantity}
        if lines:
            self._order(name, lines)

    def _order(self, name: str, lines: Lines) -> None:
        self.note(f"order {name} {lines}")
        expected = self.model.order(name, lines)
        items = [
            {"line_item_id": self.line_id(sku), "sku": self.sku(sku), "quantity": quantity}
            for sku, quantity in lines.items()
        ]
        body = {"order_id": self.order_id(name), "email": "ada@example.com", "line_items": items}
        response = self.house.call("POST", "/orders", body)
        answer = response.json or {}
        seen = (response.status_code, answer.get("status"), self._keys(answer))
        self.same("answer", (expected.http, expected.status, expected.keys), seen)
        self._check(expected, answer)

    def _check(self, expected: Answer, answer: dict[str, Any]) -> None:
        total = expected.keys.total()
        if expected.status == "fulfilled":
            counted = (answer["keys_expected"], answer["keys_count"], answer["success"], answer["email_ready"])
            self.same("counts", (total, total, True, expected.mail), counted)
        else:
            self.same("gate", (False, False), (answer["success"], answer["email_ready"]))
        if expected.codes:
            self.same("reasons", set(expected.codes), {problem["code"] for problem in answer["problems"]})

    def _keys(self, answer: dict[str, Any]) -> Counter[tuple[str, str]]:
        keys: Counter[tuple[str, str]] = Counter()
        for key in answer.get("keys") or () if answer.get("status") == "fulfilled" else ():
            keys[key["sku"].removesuffix(f"-{self.number}"), key["keycode"]] += key["seats"]
        return keys

    # What people and the shop do

    def act(self) -> None:
        """One step of people's or of the shop's."""
        acts = {
            self.act_release: 3,
            self.act_release_line: 4,
            self.act_clear: 4,
            self.act_close: 2,
            self.act_refund: 5,
            self.act_retire: 1,
            self.act_adjust: 2,
        }
        (act,) = self.random.choices(list(acts), list(acts.values()))
        act()

    def some_order(self) -> str:
        known = [name for name, order in self.model.orders.items() if order.status]
        return self.random.choice(known) if known and self.random.random() < 0.95 else self._any_order()

    def _any_order(self) -> str:
        return str(1 + self.random.randrange(MAX_ORDERS))

    def act_release(self) -> None:
        name = self.some_order()
        self.note(f"release {name}")
        expected = self.model.release(name)
        self._release(name, {}, expected)

    def _release(self, name: str, body: dict[str, Any], expected: tuple[int, int]) -> None:
        status, answer = self.call(f"/orders/{self.order_id(name)}/release", body, expected=(200, 404, 409))
        self.same("released", expected, (status, answer.get("released", 0)))

    def act_release_line(self) -> None:
        held = [
            (order, sku) for order in self.model.orders.values() for sku in dict.fromkeys(h.sku for h in order.holds)
        ]
        if not held:
            return
        order, sku = self.random.choice(held)
        units = self.random.choice([0, *range(1, order.units[sku] + 1)])
        self.note(f"release line {sku} of {order.order_id}, units {units or 'all'}")
        body: dict[str, Any] = {"line_item_id": self.line_id(sku), **({"quantity": units} if units else {})}
        expected = self.model.release(order.order_id, sku, units)
        self._release(order.order_id, body, expected)

    def act_clear(self) -> None:
        name = self.some_order()
        self.note(f"clear {name}")
        known = self.model.clear(name)
        status, _ = self.call(f"/orders/{self.order_id(name)}/clear-cache", {}, expected=(200, 404))
        self.same("cleared", 200 if known else 404, status)

    def act_close(self) -> None:
        name = self.some_order()
        self.note(f"close {name}")
        expected = self.model.close(name)
        status, _ = self.call(f"/orders/{self.order_id(name)}/close", {}, expected=(200, 404, 409))
        self.same("closed", expected, status)

    def act_refund(self) -> None:
        """A refund of money, of units, of lines or of all; a cancellation; or one of them told again."""
        if self.refunds and self.random.random() < 0.15:
            topic, body = self.random.choice(self.refunds)
            self.note(f"{topic} again: {body}")
            self._tell(topic, body)
            return
        name = self._any_order()
        order = self.model.orders.get(name)
        bought = dict(order.filled or order.lines) if order else {}
        bought = bought or {self.random.choice(SKUS): 1 + self.random.randrange(3)}
        how = self.random.choice(("money", "units", "units", "line", "line", "all", "cancel"))
        chosen = {"money": 0, "all": len(bought), "cancel": len(bought)}.get(how, 1)
        refunded = {
            sku: (self.random.randint(1, bought[sku]) if how == "units" else bought[sku], bought[sku])
            for sku in self.random.sample(list(bought), chosen)
        }
        self._refund(name, refunded, cancelled=how == "cancel")

    def _refund(self, name: str, lines: dict[str, tuple[int, int]], *, cancelled: bool) -> None:
        number = str(len(self.refunds))
        self.note(f"{'cancellation' if cancelled else 'refund'} of {name}: {lines}")
        self.model.refund(name, number, lines, cancelled=cancelled)
        items = {
            sku: {"id": int(self.line_id(sku)), "sku": self.sku(sku), "quantity": n} for sku, (_, n) in lines.items()
        }
        if cancelled:
            topic, body = (
                "orders/cancelled",
                {
                    "id": int(self.order_id(name)),
                    "cancelled_at": f"2026-11-23T15:04:{len(self.refunds):02}Z",
                    "line_items": list(items.values()),
                },
            )
        else:
            topic, body = (
                "refunds/create",
                {
                    "id": 1000 + len(self.refunds),
                    "order_id": int(self.order_id(name)),
                    "refund_line_items": [
                        {"line_item_id": item["id"], "quantity": lines[sku][0], "line_item": item}
                        for sku, item in items.items()
                    ],
                },
            )
        self.refunds.append((topic, body))
        self._tell(topic, body)

    def _tell(self, topic: str, body: dict[str, Any]) -> None:
        self.same("webhook", 200, tell(self.house, topic, body))

    def act_retire(self) -> None:
        key = self.random.choice(self.model.keys)
        self.note(f"retire {key.code}")
        self.model.retire(key.code)
        self.call("/keys/retire", {"keycode": key.code, "provider": "NASM"})

    def act_adjust(self) -> None:
        key = self.random.choice(self.model.keys)
        seats = 1 + self.random.randrange(4)
        self.note(f"adjust {key.code} to {seats}")
        done = self.model.adjust(key.code, seats)
        body = {"keycode": key.code, "provider": "NASM", "seats": seats, "reason": "counted"}
        status, _ = self.call("/keys/adjust", body, expected=(200, 409))
        self.same("adjusted", 200 if done else 409, status)

    # How they are compared

    def look(self, shown: dict[str, dict[str, Any]]) -> None:
        """Compare the stock that people see, by product code."""
        for pool in POOLS:
            row = shown[self.code(pool)]
            seen = tuple(row[name] for name in ("total", "used", "quarantined", "available"))
            self.same(f"stock of {pool}", self.model.inventory(pool), seen)

    def call(self, path: str, body: Any, expected: tuple[int, ...] = (200,)) -> tuple[int, dict[str, Any]]:
        response = self.house.call("POST", path, body)
        if response.status_code not in expected:
            self.differ(f"{path} answered {response.status_code}: {response.data.decode()}")
        return response.status_code, response.json or {}

    def note(self, step: str) -> None:
        self.done.append(step)

    def same(self, what: str, expected: object, seen: object) -> None:
        if expected != seen:
            self.differ(f"{what}: the model says {expected}, the service {seen}")

    def differ(self, how: str) -> None:
        way = "\n  ".join(self.done)
        raise AssertionError(f"sequence {self.seed}: {how}\nafter\n  {way}")
