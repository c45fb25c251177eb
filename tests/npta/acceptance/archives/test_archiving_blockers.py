"""Orders that cannot leave for years: people are told in time, and what they are told helps."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from npta.domain.reports import archiving_blockers
from npta.domain.state.times import utc_text
from npta.operations.archiving import move_orders
from npta.operations.archiving.shrink_spreadsheet import shrink_spreadsheet
from npta.tables import Outbox, OutboxEvent
from tests.npta.acceptance.archives.steps import YEAR, archive_portion, delivered, settle_one
from tests.npta.acceptance.steps import Watch, buy, look_up, press, zap
from tests.npta.acceptance.test_refunds import refunded, webhook
from tests.npta.acceptance.test_shrink_spreadsheet import flush
from tests.support import House, session_on

pytestmark = pytest.mark.row("X26")
Order = dict[str, Any]


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving_blockers, "MANY", 2)


def unconfirmed(house: House) -> Order:
    order = buy(house, ("CPT", 2))
    assert zap(house, order)["status"] == "fulfilled"
    return order


def failed(house: House) -> Order:
    assert house.order("6855909900591", ("CPTa", 99))["status"] == "failed"
    return {"id": "6855909900591"}


def in_mode(mode: str) -> Callable[[House], Order]:
    def place(house: House) -> Order:
        press(house, "/mode", {"mode": mode})
        order = buy(house, ("CPT", 1))
        zap(house, order)
        press(house, "/mode", {"mode": "LIVE", "go_live_at": "2020-01-01T00:00:00Z"})
        return order

    return place


def to_give_back(house: House) -> Order:
    order = delivered(house, ("CPT", 2))
    assert webhook(house, refunded(house, order, ("CPT", 1)))["http"] == 200
    return order


def with_dead_key(house: House) -> Order:
    house.keys(["CANADA", "NCSF", "STS", "combined", "STS-2", 5])
    order = delivered(house, ("CAREER", 1))
    press(house, "/keys/retire", {"keycode": "STS-1"})
    return order


def presses(action: str, body: dict[str, Any] | None = None) -> Callable[[House, Order], object]:
    return lambda house, order: press(house, f"/orders/{order['id']}/{action}", body or {})


def gives_another(house: House, order: Order) -> None:
    line = {"line_item_id": str(order["line_items"][0]["id"]), "entitlement": "NCSF-STS-FULL"}
    press(house, f"/orders/{order['id']}/assign", {"keycode": "STS-2", **line})
    press(house, f"/orders/{order['id']}/delivered", {"message_id": "n"})


def a_year_passes(house: House, watch: Watch) -> None:
    flush(house, watch)
    watch.passes(YEAR)
    for _ in range(2):  # an order that waited has a row of Order List of its own until later ones need it
        settle_one(house, watch)


@pytest.mark.parametrize(
    ("place", "named", "advice", "follow"),
    [
        (unconfirmed, "with a mail that nobody has confirmed", "let the Zap confirm", presses("delivered")),
        (failed, "that failed and wait", "press Close Order", presses("close")),
        (in_mode("OFF"), "that came in while the mode was OFF", "press Close Order", presses("close")),
        (in_mode("TEST"), "that were filled in TEST", "press Release Keys", presses("release")),
        (to_give_back, "that hold keys of what was refunded", "press Release Keys", presses("release")),
        (with_dead_key, "that hold a retired key", "press Assign Key", gives_another),
    ],
)
def test_what_people_are_told_lets_an_order_leave(
    place: Callable[[House], Order],
    named: str,
    advice: str,
    follow: Callable[[House, Order], object],
    house: House,
    watch: Watch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archiving_blockers, "MANY", 1)
    order = place(house)
    a_year_passes(house, watch)

    report = press(house, "/maintenance")

    [finding] = [each for each in report["findings"] if each["what"] == "orders that stay"]
    assert finding["detail"].startswith(f"1 order of more than 60 days ago cannot leave for the archive: 1 {named}. ")
    assert advice in finding["detail"]
    assert len(house.rows("Orders")) > 0
    follow(house, order)
    a_year_passes(house, watch)
    assert "orders that stay" not in [each["what"] for each in press(house, "/maintenance")["findings"]]
    house.restart()
    assert house.services.spreadsheet.run(lambda tx: tx.state.archived(str(order["id"]))) is not None
    assert look_up(house, str(order["id"]))["order_id"] == str(order["id"])


def portions(house: House) -> int:
    """Tabs of the archive besides its first."""
    name = house.settings.archives[0]
    answer = session_on(house.emulator).get(f"https://sheets.googleapis.com/v4/spreadsheets/{name}", timeout=30)
    return len(answer.json()["sheets"]) - 1


def no_room(house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> list[Order]:
    """Orders whose mail nobody confirms fill all the room that there is."""
    monkeypatch.setattr(move_orders, "MAX_OPENING", 2_500)
    monkeypatch.setattr(move_orders, "RESERVE", 20_000)
    waiting = []
    for _ in range(4):
        waiting.append(unconfirmed(house))
        delivered(house, ("CPT", 1))
    a_year_passes(house, watch)
    return waiting


def test_where_too_many_stay_no_order_leaves_and_the_report_says_what_to_do(
    house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = no_room(house, watch, monkeypatch)

    report = press(house, "/maintenance")

    [finding] = [each for each in report["findings"] if each["what"] == "orders could not leave"]
    assert finding["detail"].startswith("No more orders leave, since the tab Opening has no more room")
    assert "4 with a mail that nobody has confirmed" in finding["detail"]
    assert "NPTA_ARCHIVE_UNCONFIRMED=true" in finding["detail"]
    assert (report["archived_orders"], report["complete"], portions(house)) == ([], False, 0)
    assert [left["tab"] for left in report["left"]] == ["Outbox", "Shop Snapshot", "Commit Log"]
    planned = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60), plan=True).orders
    assert planned.trouble == finding["detail"]
    assert zap(house, waiting[0])["replayed"] is True
    assert zap(house, buy(house, ("CPT", 1)))["status"] == "fulfilled"

    house.settings = house.settings.model_copy(update={"archive_unconfirmed": True})
    house.restart()
    assert press(house, "/maintenance")["archived_orders"] == [{"archive": house.settings.archives[0], "orders": 8}]


def test_what_was_done_about_orders_that_stay_helps_although_they_leave_much_later(
    house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = no_room(house, watch, monkeypatch)
    deadline = house.clock.deadline(60)
    assert shrink_spreadsheet(house.services, who="test", deadline=deadline).orders.trouble
    for order in waiting:
        press(house, f"/orders/{order['id']}/delivered", {"message_id": "m"})
    delivered(house, ("CPT", 1))

    first = press(house, "/maintenance")
    assert [each["orders"] for each in first["archived_orders"]] == [4], "those before, with what stays in reserve"

    a_year_passes(house, watch)
    second = press(house, "/maintenance")
    assert second["archived_orders"][0]["orders"] >= 4
    assert not [each for each in second["findings"] if "leave" in each["what"] or "stay" in each["what"]]
    assert archive_portion(house) == 0


def alerts_that_last(house: House, number: int) -> None:
    """Alerts of failed orders, sent long ago, whose texts nothing packs."""
    at, drawn = utc_text(house.clock.now()), Random(1)
    rows = [
        Outbox(
            at=at,
            event=event,
            message_id=f"n{place}",
            kind="failed",
            about=str(7_000_000_000_000 + place),
            body=json.dumps({"title": f"{drawn.getrandbits(12_000):x}", "text": "", "lines": [], "footer": ""})
            if event is OutboxEvent.DUE
            else "",
            receipt="" if event is OutboxEvent.DUE else f"1732{place}.1",
            commit="c",
        )
        for place in range(number)
        for event in (OutboxEvent.DUE, OutboxEvent.SENT)
    ]
    for start in range(0, len(rows), 500):
        house.services.spreadsheet.run(lambda tx, some=rows[start : start + 500]: tx.add_all(some))  # type: ignore[misc]


def test_alerts_that_last_for_years_keep_messages_here_and_nothing_else(house: House, watch: Watch) -> None:
    house.tampered_with = True  # there are no such orders
    alerts_that_last(house, 1_200)
    delivered(house, ("CPT", 1))
    a_year_passes(house, watch)

    report = press(house, "/maintenance")

    [finding] = [each for each in report["findings"] if each["what"] == "old rows could not leave"]
    assert finding["which"] == "Outbox"
    assert "no more room for those that are not over: 1,200 alerts of what lasts" in finding["detail"]
    assert "press Close Order" in finding["detail"]
    assert not report["complete"]
    assert [left["rows"] for left in report["left"] if left["tab"] == "Outbox"] == [0]
    assert report["archived_orders"][0]["orders"] == 1
    assert zap(house, buy(house, ("CPT", 1)))["status"] == "fulfilled"


def test_what_stands_for_messages_takes_room_from_orders_that_stay(
    house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.tampered_with = True
    alerts_that_last(house, 300)
    delivered(house, ("CPT", 1))
    a_year_passes(house, watch)
    monkeypatch.setattr(move_orders, "MAX_OPENING", 300_000)

    report = press(house, "/maintenance")

    assert report["left"][0]["rows"] > 600
    [finding] = [each for each in report["findings"] if each["what"] == "orders could not leave"]
    assert finding["detail"].startswith("No more orders leave, since the tab Opening has no more room")
    assert portions(house) == 0
