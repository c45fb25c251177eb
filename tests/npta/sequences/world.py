"""The same steps for the service, over HTTP and in the sheet, and for the model; whatever differs is told with the way there."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.npta.sequences.model import EXTERNAL, Answer, Lines, Model
from tests.support import House

POOLS = "ABC"
PRODUCTS: dict[str, list[str] | str] = {"one": ["A"], "two": ["A", "B"], "pair": ["C", "C"], "hand": EXTERNAL}
LATER = "later"
"""A product whose entitlements are typed during the sequence."""
UNKNOWN = "unknown"
SKUS = (*PRODUCTS, LATER, UNKNOWN)
MOST_ORDERS = 5


class World:
    """One sequence of steps. Products, pools, keys and orders bear its number, so that many share a spreadsheet."""

    def __init__(self, house: House, number: int, seed: int) -> None:
        self.house = house
        self.number = number
        self.random = random.Random(seed)
        self.model = Model()
        self.done: list[str] = []
        self.codes = 0
        self.catalogue = {self.sku(sku): self.entitlements(pools) for sku, pools in PRODUCTS.items()}
        self.catalogue[self.sku(LATER)] = ""

    # What things are called in the sheet

    def sku(self, name: str) -> str:
        return f"{name}-{self.number}"

    def code(self, pool: str) -> str:
        return f"P{self.number}{pool}"

    def entitlements(self, pools: list[str] | str) -> str:
        return "" if pools == EXTERNAL else ",".join(f"NASM-{self.code(pool)}-FULL" for pool in pools)

    def order_id(self, name: int) -> str:
        return str(1_000_000 + self.number * 100 + name)

    # The way

    def begin(self) -> None:
        """Publish the products; each pool gets a first key."""
        self.sync()
        for sku, pools in PRODUCTS.items():
            self.model.publish(sku, pools)
        self.model.listed.add(LATER)
        self.imports(*((pool, 1 + self.random.randrange(3)) for pool in POOLS))

    def sync(self) -> None:
        rows = [
            ("nasm", sku, sku, "", text, "TRUE", EXTERNAL if sku == self.sku("hand") else "AUTO")
            for sku, text in self.catalogue.items()
        ]
        self.house.sheet.worksheet("NPTA Catalogue").batch_clear(["A2:I40"])
        self.house.sheet.worksheet("NPTA Catalogue").update([list(row) for row in rows], "A2", raw=True)
        self.call("/catalogue/sync", {})

    def steps(self, number: int) -> None:
        """So many steps at random, each compared."""
        acts: list[tuple[int, Callable[[], None]]] = [
            (10, self.act_order),
            (5, self.act_repeat),
            (3, self.act_release),
            (3, self.act_release_line),
            (3, self.act_clear),
            (2, self.act_close),
            (3, self.act_import),
            (2, self.act_retire),
            (2, self.act_adjust),
            (1, self.act_publish),
            (1, self.act_mode),
        ]
        weights = [weight for weight, _ in acts]
        for _ in range(number):
            (act,) = self.random.choices([act for _, act in acts], weights)
            act()
        self.look()

    def act_order(self) -> None:
        order_id = 1 + self.random.randrange(MOST_ORDERS)
        known = self.model.orders.get(str(order_id))
        lines: Lines = dict(known.filled or known.lines) if known and self.random.random() < 0.7 else {}
        for _ in range(1 + self.random.randrange(2)):
            sku = self.random.choice(SKUS)
            lines[sku] = max(0, lines.get(sku, 0) + self.random.choice((1, 1, 2, -1)))
        lines = {sku: quantity for sku, quantity in lines.items() if quantity}
        if lines:
            self.order(order_id, lines)

    def act_repeat(self) -> None:
        if self.model.orders:
            order_id = self.random.choice(list(self.model.orders))
            order = self.model.orders[order_id]
            lines = order.filled if order.filled and self.random.random() < 0.5 else order.lines
            if lines:
                self.order(int(order_id), dict(lines))

    def order(self, order_id: int, lines: Lines) -> None:
        self.note(f"order {order_id} {lines}")
        expected = self.model.order(str(order_id), lines)
        items = [
            {"line_item_id": str(1 + SKUS.index(sku)), "sku": self.sku(sku), "quantity": quantity}
            for sku, quantity in lines.items()
        ]
        body = {"order_id": self.order_id(order_id), "email": "ada@example.com", "line_items": items}
        response = self.house.call("POST", "/orders", body)
        answer = response.json or {}
        self.same("answer", self.told(expected), (response.status_code, answer.get("status"), self.keys(answer)))
        if expected.status == "fulfilled":
            counted = (answer["keys_expected"], answer["keys_count"], answer["success"])
            self.same("counts", (expected.keys.total(), expected.keys.total(), True), counted)
        else:
            self.same("gate", (False, False), (answer["success"], answer["email_ready"]))
        if expected.codes:
            self.same("reasons", set(expected.codes), {problem["code"] for problem in answer["problems"]})

    @staticmethod
    def told(answer: Answer) -> tuple[int, str, Counter[tuple[str, str]]]:
        return answer.http, answer.status, answer.keys

    def keys(self, answer: dict[str, Any]) -> Counter[tuple[str, str]]:
        keys: Counter[tuple[str, str]] = Counter()
        for key in answer.get("keys") or () if answer.get("status") == "fulfilled" else ():
            keys[key["sku"].removesuffix(f"-{self.number}"), key["keycode"]] += key["seats"]
        return keys

    def some_order(self) -> str:
        return str(1 + self.random.randrange(MOST_ORDERS))

    def act_release(self) -> None:
        order_id = self.some_order()
        self.note(f"release {order_id}")
        expected = self.model.release(order_id)
        status, answer = self.call(f"/orders/{self.order_id(int(order_id))}/release", {}, expected=(200, 404))
        self.same("released", (404, None) if expected is None else (200, expected), (status, answer.get("released")))

    def act_release_line(self) -> None:
        order_id = self.some_order()
        order = self.model.orders.get(order_id)
        held = sorted({seat.sku for seat in order.holds}) if order else []
        if not order or not held:
            return
        sku = self.random.choice(held)
        units = self.random.choice([0, *range(1, order.units[sku] + 1)])
        self.note(f"release line {sku} of {order_id}, units {units or 'all'}")
        body: dict[str, Any] = {"line_item_id": str(1 + SKUS.index(sku)), **({"quantity": units} if units else {})}
        expected = self.model.release(order_id, sku, units)
        _, answer = self.call(f"/orders/{self.order_id(int(order_id))}/release", body)
        self.same("released", expected, answer["released"])

    def act_clear(self) -> None:
        order_id = self.some_order()
        self.note(f"clear {order_id}")
        known = self.model.clear(order_id)
        status, _ = self.call(f"/orders/{self.order_id(int(order_id))}/clear-cache", {}, expected=(200, 404))
        self.same("cleared", 200 if known else 404, status)

    def act_close(self) -> None:
        order_id = self.some_order()
        self.note(f"close {order_id}")
        expected = self.model.close(order_id)
        status, _ = self.call(f"/orders/{self.order_id(int(order_id))}/close", {}, expected=(200, 404, 409))
        self.same("closed", expected, status)

    def act_import(self) -> None:
        self.imports((self.random.choice(POOLS), 1 + self.random.randrange(3)))

    def imports(self, *keys: tuple[str, int]) -> None:
        rows: list[list[str | int]] = []
        for pool, seats in keys:
            self.codes += 1
            code = f"{self.code(pool)}-{self.codes}"
            self.note(f"import {code}, {seats} seats")
            self.model.imports(pool, code, seats)
            rows.append(["CANADA", "NASM", self.code(pool), "combined", code, seats])
        self.same("imported", len(keys), self.house.keys(*rows)["imported"])

    def act_retire(self) -> None:
        key = self.random.choice(self.model.keys)
        if self.random.random() < 0.5:
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

    def act_publish(self) -> None:
        self.note("publish later")
        self.catalogue[self.sku(LATER)] = self.entitlements(["B"])
        self.model.publish(LATER, ["B"])
        self.sync()

    def act_mode(self) -> None:
        mode = "OFF" if self.model.mode == "LIVE" else "LIVE"
        self.note(f"mode {mode}")
        self.model.mode = mode
        self.model.reopen()
        self.call("/mode", {"mode": mode, **({"go_live_at": "2020-01-01T00:00:00Z"} if mode == "LIVE" else {})})

    def look(self) -> None:
        """Compare the stock that people see, and which orders wait."""
        shown = {row["product_code"]: row for row in self.house.rows("Key Inventory")}
        for pool in POOLS:
            row = shown[self.code(pool)]
            seen = tuple(row[name] for name in ("total", "used", "quarantined", "available"))
            self.same(f"stock of {pool}", self.model.inventory(pool), seen)

    # How they are compared

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
        raise AssertionError(f"{how}\nafter\n  {way}")
