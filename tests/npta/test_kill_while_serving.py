"""`kill -9` while an import serves orders that waited: each is served once, and the keys hook hears of each.

`make torture` does it 200 times; NPTA_TEST_SEED replays one run.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import requests

from npta.operations.audit import audit_spreadsheet
from npta.services import make_services
from npta.settings import Settings
from tests.npta.hook import Hook, running_hook
from tests.npta.processes import Function, Site, post_order, site
from tests.support import OPERATOR_KEY, catalogue_row

ROUNDS = 200 if os.environ.get("TORTURE") else 20
AT_ONCE = 3
MOMENTS = ("commit executed, answer held back", "commit sent, not yet executed", "any")


def test_killed_while_an_import_serves_them_every_order_is_served_once_and_told() -> None:
    seed = int(os.environ.get("NPTA_TEST_SEED") or secrets.randbits(32))
    chance = random.Random(seed)
    sys.stdout.write(f"NPTA_TEST_SEED={seed}\n")
    with running_hook() as hook, site() as place:
        environment = {**place.environment, "NPTA_KEYS_HOOK": hook.address}
        function = Function(environment)
        function.start()
        row = catalogue_row("CPTa", "NASM-CPT-FULL")
        place.sheet.worksheet("NPTA Catalogue").update([row], "A2", raw=True)
        assert function.post("/catalogue/sync", {}).json()["published"] == 1
        orders: list[str] = []
        for number in range(ROUNDS):
            waiting = [str(6855909900000 + number * AT_ONCE + each) for each in range(AT_ONCE)]
            assert {post_order(function, order_id, ("CPTa", 1)).status_code for order_id in waiting} == {422}
            orders += waiting
            paste = [["CANADA", "NASM", "CPT", "combined", f"CPT-{number:04}", AT_ONCE]]
            place.sheet.worksheet("Import Keys").update(paste, "A2", raw=True)
            kill_during_import(function, place, MOMENTS[number % len(MOMENTS)], chance)
            function.start()
            function.post("/keys/import", {})
            held = [row["order_id"] for row in place.rows("Key Ledger")]
            assert sorted(held) == orders, f"round {number}"
        until_told(function, hook, orders)
        function.stop()
        events: dict[str, set[str]] = {}
        for body in hook.taken:
            events.setdefault(body["order_id"], set()).add(body["event_id"])
        assert sorted(events) == orders
        assert all(len(ids) == 1 for ids in events.values()), "a repeat carries the same event id"
        services = make_services(Settings.load(environment))
        assert audit_spreadsheet(services, deadline=services.clock.deadline(30)) == []


def kill_during_import(function: Function, place: Site, moment: str, chance: random.Random) -> None:
    """Press Import Keys, and kill the function while it works."""
    if moment != "any":
        kind = "delay_answer" if moment == MOMENTS[0] else "delay"
        place.fault(kind=kind, path=":batchUpdate", seconds=0.4, count=3)

    def press() -> None:
        try:
            requests.post(f"{function.origin}/keys/import", json={}, headers={"X-API-Key": OPERATOR_KEY}, timeout=15)
        except requests.RequestException:
            return

    with ThreadPoolExecutor(1) as callers:
        pressed = callers.submit(press)
        time.sleep(chance.uniform(0.0, 0.3) if moment == "any" else chance.uniform(0.1, 1.2))
        function.kill()
        pressed.result()


def until_told(function: Function, hook: Hook, orders: list[str]) -> None:
    """Flush, as the scheduler does, until the hook has every order; a claim of a killed process lapses after a while."""
    for _ in range(12):
        function.post("/outbox/flush", {})
        if set(hook.orders) >= set(orders):
            return
        time.sleep(3)
