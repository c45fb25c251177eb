"""Many sequences in step on one spreadsheet, so that they share its commits as the orders of a busy day do.

Worlds have nothing in common but the press of a button, the mode, and that whatever brings stock opens waiting orders of
all of them. So an order that could be opened and is not yet (nothing looked since) is seen to before others act at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.npta.sequences.world import POOLS, World
from tests.support import House

OTHER = {"LIVE": ("OFF", "TEST"), "OFF": ("LIVE", "LIVE", "TEST"), "TEST": ("LIVE", "OFF")}
EARLY = "2020-01-01T00:00:00Z"


class Crowd:
    """Worlds that go in step, numbered from 0, each with a seed of its own."""

    def __init__(self, house: House, seeds: Sequence[int]) -> None:
        self.house = house
        self.random = random.Random(seeds[0])
        self.worlds = [World(house, number, seed) for number, seed in enumerate(seeds)]
        self.mode = "LIVE"

    def begin(self) -> None:
        """Publish the products; each pool gets a first key."""
        # The import moves the whole grid of the paste zone, and most of its rows are empty.
        self.house.sheet.worksheet("Import Keys").resize(rows=3 * len(self.worlds) + 10)
        self._sync(self.worlds)
        self._import(dict.fromkeys(self.worlds, POOLS))

    def round(self) -> None:
        """Two orders each; then a step of people's, some of which change the catalogue or the mode or bring keys."""
        self._at_once(World.act_orders, self.worlds)
        if retyped := [world for world in self.worlds if world.random.random() < 0.15]:
            for world in retyped:
                world.retype()
            self._sync(self.worlds)
        if self.random.random() < 0.3:
            self._change_mode(self.random.choice(OTHER[self.mode]))
        self._act()
        self._import({world: world.random.choice(POOLS) for world in self.worlds if world.random.random() < 0.4})

    def end(self) -> None:
        """Repeat every order, and compare the stock that people see."""
        self._at_once(World.repeats, self.worlds)
        shown = {row["product_code"]: row for row in self.house.rows("Key Inventory")}
        for world in self.worlds:
            world.look(shown)

    def _at_once(self, act: Callable[[World], None], worlds: Sequence[World]) -> None:
        with ThreadPoolExecutor(len(worlds) or 1) as people:
            list(people.map(act, worlds))

    def _act(self) -> None:
        left = self.random.sample(self.worlds, len(self.worlds))
        while left and any(world.model.to_open() for world in self.worlds):
            world = left.pop()
            looks = world.model.looks
            world.act()
            if world.model.looks > looks:
                self._reopen()
        self._at_once(World.act, left)

    def _reopen(self) -> None:
        for world in self.worlds:
            if world.model.reopen():
                world.note("waiting orders are opened")

    def _sync(self, worlds: Sequence[World]) -> None:
        rows = [row for world in worlds for row in world.catalogue_rows()]
        form = self.house.sheet.worksheet("NPTA Catalogue")
        form.batch_clear([f"A2:I{len(worlds) * 6 + 10}"])
        form.update([list(row) for row in rows], "A2", raw=True)
        worlds[0].call("/catalogue/sync", {})
        for world in worlds:
            world.published()
        self._reopen()

    def _import(self, pools: dict[World, str]) -> None:
        rows = [row for world, letters in pools.items() for row in world.new_keys(*letters)]
        if rows:
            assert self.house.keys(*rows)["imported"] == len(rows)
            self._reopen()

    def _change_mode(self, mode: str) -> None:
        self.mode = mode
        self.worlds[0].call("/mode", {"mode": mode, **({"go_live_at": EARLY} if mode == "LIVE" else {})})
        for world in self.worlds:
            world.model.mode = mode
            world.note(f"mode {mode}")
        self._reopen()
