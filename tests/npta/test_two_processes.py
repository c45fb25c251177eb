"""Two processes of the function on one spreadsheet: what one sells, the other cannot."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

from npta.operations.audit import audit_spreadsheet
from npta.services import make_services
from npta.settings import Settings
from tests.npta.processes import Function, Site, post_order, site
from tests.support import catalogue_row

ORDERS, KEYS, SEATS = 400, 60, 5


def stock_up(place: Site, function: Function) -> None:
    catalogue = place.sheet.worksheet("NPTA Catalogue")
    catalogue.update([catalogue_row("CPTa", "NASM-CPT-FULL")], "A2", raw=True)
    pasted = [["CANADA", "NASM", "CPT", "combined", f"EX-{number:04}", SEATS] for number in range(KEYS)]
    place.sheet.worksheet("Import Keys").update(pasted, "A2", raw=True)
    assert function.post("/catalogue/sync", {}).json()["published"] == 1
    assert function.post("/keys/import", {}).json()["imported"] == KEYS


def test_400_orders_for_300_seats_over_two_processes() -> None:
    with site() as place, place.function() as first, place.function() as second:
        stock_up(place, first)
        orders = [str(6855909900000 + number) for number in range(ORDERS)]

        def order(numbered: tuple[int, str]) -> requests.Response:
            number, order_id = numbered
            return post_order(first if number % 2 else second, order_id, ("CPTa", 1))

        with ThreadPoolExecutor(32) as callers:
            answers = list(callers.map(order, enumerate(orders)))

        assert Counter(answer.status_code for answer in answers) == {200: KEYS * SEATS, 422: ORDERS - KEYS * SEATS}
        refused = [answer.json() for answer in answers if answer.status_code == 422]
        assert {answer["code"] for answer in refused} == {"out_of_stock"}

        services = make_services(Settings.load(place.environment))
        assert audit_spreadsheet(services, deadline=services.clock.deadline(30)) == []
        ledger = place.rows("Key Ledger")
        assert Counter(row["order_id"] for row in ledger).most_common(1)[0][1] == 1
        assert Counter(row["keycode"] for row in ledger) == {f"EX-{number:04}": SEATS for number in range(KEYS)}
        codes = [row["keycode"] for row in ledger]
        assert codes == sorted(codes), "an older key still had a free seat when a younger one was used"
        told = {answer.json()["order_id"]: answer.json()["keys"][0]["keycode"] for answer in answers if answer.ok}
        assert told == {row["order_id"]: row["keycode"] for row in ledger}

        log = place.rows("Commit Log")
        assert [row["version"] for row in log] == list(range(len(log)))
        assert [row["previous"] for row in log[1:]] == [row["commit"] for row in log[:-1]]
        inventory = place.rows("Key Inventory")
        assert [(row["total"], row["used"], row["available"]) for row in inventory] == [(300, 300, 0)]
