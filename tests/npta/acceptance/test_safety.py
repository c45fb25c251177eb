"""Once, whole or not at all: repeats, callers at the same moment, and every fault of the spreadsheet."""

from __future__ import annotations

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from npta.operations.audit import audit_spreadsheet
from sheets_schema.advanced import Timing
from sheets_schema.emulator import Emulator
from sheets_schema.emulator.faults.fault_queue import AFTER, BEFORE, ERRORS
from tests.npta.acceptance.steps import KEYS, Watch, alerts, opened, pools, press, shelf
from tests.support import ORDER_KEY, House

ORDER = "6855909900591"
LINES = [("NSTB", 1), ("CPTa", 2)]
OWED = 5


def keys(answer: dict[str, Any]) -> str:
    return json.dumps(answer["keys"])


class TestIdempotency:
    @pytest.mark.row("I1")
    def test_simultaneous_and_later_repeats_assign_once_and_all_answers_carry_the_same_keys(self, npta: House) -> None:
        opened(npta)
        with ThreadPoolExecutor(16) as callers:
            at_once = list(callers.map(lambda _: npta.order(ORDER, *LINES), range(16)))
        later = [npta.order(ORDER, *LINES)]
        npta.restart()
        later.append(npta.order(ORDER, *LINES))
        later.append(npta.order(ORDER, *reversed(LINES)))
        press(npta, f"/orders/{ORDER}/clear-cache")
        later.append(npta.order(ORDER, *LINES))

        assert {answer["http"] for answer in (*at_once, *later)} == {200}
        assert len({keys(answer) for answer in (*at_once, *later)}) == 1
        assert [answer["replayed"] for answer in at_once].count(False) == 1
        assert sum(row["seats"] for row in npta.rows("Key Ledger")) == OWED
        assert (pools(npta)["NASM CPT combined"], shelf(npta)["CPTa"]) == ((3, 12), 12)
        assert len(alerts(npta, ORDER)) == 1

    @pytest.mark.row("I1")
    def test_the_same_order_through_two_processes_at_once_is_assigned_once(self, npta: House) -> None:
        opened(npta)
        other = House(npta.emulator, npta.spreadsheet_id, shop=npta.shop, slack=npta.slack)

        def order(number: int) -> dict[str, Any]:
            return (npta, other)[number % 2].order(ORDER, *LINES)

        with ThreadPoolExecutor(8) as callers:
            answers = list(callers.map(order, range(8)))

        good = [answer for answer in answers if answer["http"] == 200]
        assert good
        assert {answer["http"] for answer in answers} <= {200, 503}
        assert len({keys(answer) for answer in good}) == 1
        assert sum(row["seats"] for row in npta.rows("Key Ledger")) == OWED

    @pytest.mark.row("I1")
    def test_the_same_order_in_other_shapes_is_the_same_order(self, npta: House) -> None:
        opened(npta)
        first = npta.order(ORDER, *LINES)
        shapes: list[dict[str, Any]] = [
            {"json": {"order_id": int(ORDER), "email": "new@x.example", "skus": ["CPTa", "NSTB"], "quantities": [2, 1]}},
            {"json": {"order_id": ORDER, "email": "a@b", "line_items": [{"sku": s, "quantity": 1} for s in ("CPTa", "NSTB", "CPTa")]}},
            {"data": {"order_id": f"gid://shopify/Order/{ORDER}", "email": "a@b", "line_items_sku": "NSTB,CPTa", "line_items_quantity": "1,2"}},
        ]  # fmt: skip

        for shape in shapes:
            response = npta.http.post("/orders", headers={"X-API-Key": ORDER_KEY}, **shape)
            again = json.loads(response.data)
            assert (response.status_code, again["replayed"]) == (200, True)
            assert keys(again) == keys(first)
        assert sum(row["seats"] for row in npta.rows("Key Ledger")) == OWED

    @pytest.mark.row("I1")
    def test_a_failed_order_is_answered_alike_until_it_is_cleared_and_costs_nothing(self, npta: House) -> None:
        opened(npta)
        first = npta.order(ORDER, ("CPTa", 16))
        commits = len(npta.rows("Commit Log"))

        again = [npta.order(ORDER, ("CPTa", 16)) for _ in range(3)]

        assert {(answer["http"], answer["code"], answer["replayed"]) for answer in again} == {
            (422, "out_of_stock", True)
        }
        assert {json.dumps(answer["problems"]) for answer in again} == {json.dumps(first["problems"])}
        assert len(npta.rows("Commit Log")) == commits


FAULTS = sorted(kind for kind in BEFORE | AFTER | ERRORS if "html" not in kind)


@pytest.mark.row("I2")
@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("kind", FAULTS)
def test_no_answer_is_ready_for_mail_before_the_whole_assignment_is_committed(kind: str, after: int) -> None:
    watch = Watch()
    emulator = Emulator(clock=lambda: 1e9 + watch.waited, sleep=watch.passes)
    house = House(emulator, clock=watch.clock, timing=Timing()).provision()
    house.products(("NSTB", "ELEIKO-STR1-FULL,NASM-CPT-FULL,NCSF-STS-FULL"), ("CPTa", "NASM-CPT-FULL"))
    house.keys(*KEYS)
    watch.passes(60)
    house.restart()
    emulator.faults.add(kind, after=after, seconds=4 if "delay" in kind or kind == "late_commit" else 0)

    answers = []
    for _ in range(4):
        answers.append(house.order(ORDER, *LINES))
        held = sum(row["seats"] for row in house.rows("Key Ledger"))
        assert held in (0, OWED), "whole or not at all"
        if answers[-1]["email_ready"]:
            assert (answers[-1]["http"], answers[-1]["success"], held) == (200, True, OWED)
            assert answers[-1]["keys_count"] == answers[-1]["keys_expected"] == OWED
            told = Counter(row["keycode"] for row in house.rows("Key Ledger"))
            assert told == Counter(key["keycode"] for key in answers[-1]["keys"])
        else:
            assert (answers[-1]["http"], answers[-1]["keys"]) == (503, [])
        house.restart()
        watch.passes(60)

    emulator.faults.clear()
    answers.append(house.order(ORDER, *LINES))
    ready = [answer for answer in answers if answer["email_ready"]]
    assert answers[-1] in ready
    assert len({keys(answer) for answer in ready}) == 1
    assert audit_spreadsheet(house.services, deadline=house.clock.deadline(30)) == []


@pytest.mark.row("I2")
@pytest.mark.parametrize(
    ("lines", "more", "http"),
    [
        ([("CPTa", 16)], {}, 422),
        ([("GONE", 1)], {}, 422),
        ([("CPTa", 1), ("GONE", 1)], {}, 422),
        ([("KBS-1", 1)], {}, 200),
        ([("CPTa", 1)], {"region": "MARS"}, 422),
        ([("CPTa", 1)], {"paid_at": "2019-01-01T00:00:00Z"}, 422),
    ],
)
def test_what_is_not_filled_is_never_ready_for_mail(
    npta: House, lines: list[tuple[str, int]], more: dict[str, str], http: int
) -> None:
    opened(npta)

    answers = [npta.order(ORDER, *lines, **more) for _ in range(2)]
    press(npta, f"/orders/{ORDER}/release")
    answers.append(npta.order(ORDER, *lines, **more))

    assert [answer["http"] for answer in answers] == [http, http, 409]
    assert not any(answer["email_ready"] or answer["success"] or answer["keys"] for answer in answers)
    assert npta.rows("Key Ledger") == []
