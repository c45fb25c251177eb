"""`kill -9` of the function at any moment leaves the spreadsheet whole, and the next start answers as if nothing had been.

`make torture` does it 200 times; NPTA_TEST_SEED replays one run.
"""

from __future__ import annotations

import os
import random
import secrets
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from npta.operations.audit import audit_spreadsheet
from npta.services import make_services
from npta.settings import Settings
from tests.npta.processes import Function, Site, order_body, post_order, site
from tests.support import ORDER_KEY, catalogue_row

ROUNDS = 200 if os.environ.get("TORTURE") else 20
AT_ONCE = 4
MOMENTS = ("commit executed, answer held back", "commit sent, not yet executed", "any")


def test_killed_at_any_moment_no_order_is_lost_or_served_twice(capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("NPTA_TEST_SEED") or secrets.randbits(32))
    chance = random.Random(seed)
    sys.stdout.write(f"NPTA_TEST_SEED={seed}\n")
    with site() as place:
        function = Function(place.environment)
        function.start()
        stock_up(place, function)
        told: dict[str, list[dict[str, Any]]] = {}
        landed_unanswered = 0
        for number in range(ROUNDS):
            orders = [str(6855909900000 + number * AT_ONCE + each) for each in range(AT_ONCE)]
            moment = MOMENTS[number % len(MOMENTS)]
            kill_during(function, place, orders, moment, chance, told)
            held = {row["order_id"] for row in place.rows("Key Ledger")}
            landed_unanswered += bool(held & set(orders) - set(told))
            function.start()
            for order_id in orders:
                remember(told, post_order(function, order_id, ("NSTB", 1)))
            if ROUNDS > 20 and number % 20 == 19:
                with capsys.disabled():
                    sys.stdout.write(f"  {number + 1} of {ROUNDS} kills, {len(told)} orders\n")
        for order_id in chance.sample(sorted(told), 20):
            remember(told, post_order(function, order_id, ("NSTB", 1)))
        function.stop()
        check_whole(place, told)
        assert landed_unanswered >= ROUNDS // 5, "too few kills fell between a commit and its answer to prove anything"


def stock_up(place: Site, function: Function) -> None:
    entitlements = "ELEIKO-STR1-FULL,NASM-CPT-FULL,NCSF-STS-FULL"
    row = catalogue_row("NSTB", entitlements, provider="multi")
    place.sheet.worksheet("NPTA Catalogue").update([row], "A2", raw=True)
    pasted = [
        ["CANADA", provider, code, "combined", f"{code}-{number:04}", 7]
        for provider, code in (("ELEIKO", "STR1"), ("NASM", "CPT"), ("NCSF", "STS"))
        for number in range(ROUNDS * AT_ONCE // 7 + 1)
    ]
    place.sheet.worksheet("Import Keys").update(pasted, "A2", raw=True)
    assert function.post("/catalogue/sync", {}).json()["published"] == 1
    assert function.post("/keys/import", {}).json()["imported"] == len(pasted)


def kill_during(
    function: Function,
    place: Site,
    orders: list[str],
    moment: str,
    chance: random.Random,
    told: dict[str, list[dict[str, Any]]],
) -> None:
    """Send orders, and kill the function while it works on them."""
    if moment != "any":
        kind = "delay_answer" if moment == MOMENTS[0] else "delay"
        place.fault(kind=kind, path=":batchUpdate", seconds=0.6, count=1)

    def send(order_id: str) -> None:
        try:
            response = requests.post(
                f"{function.origin}/orders",
                json=order_body(order_id, ("NSTB", 1)),
                headers={"X-API-Key": ORDER_KEY},
                timeout=10,
            )
        except requests.RequestException:
            return
        if response.status_code != 503:
            remember(told, response)

    with ThreadPoolExecutor(AT_ONCE) as callers:
        sent = [callers.submit(send, order_id) for order_id in orders]
        time.sleep(chance.uniform(0.0, 0.15) if moment == "any" else chance.uniform(0.1, 0.5))
        function.kill()
        for each in sent:
            each.result()


def remember(told: dict[str, list[dict[str, Any]]], response: requests.Response) -> None:
    """Every answer to the same order must carry the same keys."""
    assert response.status_code == 200, response.text
    body = response.json()
    assert body["success"], body
    keys = told.setdefault(body["order_id"], body["keys"])
    assert keys == body["keys"], f"order {body['order_id']} was answered differently"


def check_whole(place: Site, told: dict[str, list[dict[str, Any]]]) -> None:
    """The spreadsheet tells the same story as the answers, and every tab agrees with the others."""
    services = make_services(Settings.load(place.environment))
    assert audit_spreadsheet(services, deadline=services.clock.deadline(30)) == []
    ledger, history, log = place.rows("Key Ledger"), place.rows("Import History"), place.rows("Commit Log")
    held: dict[str, list[str]] = {}
    used: dict[str, int] = {}
    for row in ledger:
        held.setdefault(row["order_id"], []).append(row["keycode"])
        used[row["keycode"]] = used.get(row["keycode"], 0) + row["seats"]
    assert held == {order_id: [key["keycode"] for key in keys] for order_id, keys in told.items()}
    assert len(held) == ROUNDS * AT_ONCE
    seats = {row["keycode"]: row["seats"] for row in history}
    assert all(used[code] <= seats[code] for code in used)
    assert [row["version"] for row in log] == list(range(len(log)))
    assert [row["previous"] for row in log[1:]] == [row["commit"] for row in log[:-1]]
    commits = {row["commit"] for row in log}
    assert {row["commit"] for row in ledger} <= commits
    assert sum(row["used"] for row in place.rows("Key Inventory")) == len(ledger)
