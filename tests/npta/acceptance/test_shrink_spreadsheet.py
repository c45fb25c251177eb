"""Old messages and commits leave the sheet: everything is answered and told as if they had not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from npta.domain.state import retention
from npta.operations.archiving.shrink_spreadsheet import shrink_spreadsheet
from npta.tables import Outbox
from tests.npta.acceptance.steps import Watch, buy, look_up, messages, opened, press, shelf, zap
from tests.npta.acceptance.test_refunds import SECRET, refunded, webhook
from tests.support import Cell, House, gspread_on

WEEK = 8 * 86_400
MORE: list[Cell] = ["CANADA", "NASM", "CNC", "combined", "CNC-9", 30]
pytestmark = pytest.mark.row("X26")
Between = Callable[[House, Watch], object]
"""What happens after a week: nothing, or that old rows leave, and perhaps that the process starts anew."""


@pytest.fixture(autouse=True)
def _few_commits_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MIN_COMMITS", 3)


def nothing(house: House, watch: Watch) -> None:
    del house
    watch.passes(WEEK)


def start_anew(house: House, watch: Watch) -> None:
    nothing(house, watch)
    house.restart()


def leave(house: House, watch: Watch) -> None:
    watch.passes(WEEK)
    done = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60))
    assert done.complete
    assert {each.tab for each in done.left if each.rows} >= {"Outbox", "Commit Log"}


def leave_and_start_anew(house: House, watch: Watch) -> None:
    leave(house, watch)
    house.restart()


def leave_shrink_and_start_anew(house: House, watch: Watch) -> None:
    leave(house, watch)
    assert house.services.spreadsheet.delete_blank_rows(least=2, timeout=house.clock.deadline(60))
    house.restart()


def told(house: House) -> list[Any]:
    return [(each["text"], bool(each.get("thread_ts"))) for each in messages(house)]


def flush(house: House, watch: Watch) -> None:
    watch.passes(20)
    press(house, "/outbox/flush")


def plain(found: Any) -> Any:
    """What was found, without ids that are drawn and without times: waiting for the lock takes its seconds."""
    text = re.sub(r"\b[0-9a-f]{12,}\b|20\d\d-\d\d-\d\dT[0-9:.]+Z?|\d\d:\d\d(:\d\d)?", "…", json.dumps(found))
    return json.loads(text)


def orders_of_all_kinds(house: House, watch: Watch, between: Between) -> list[Any]:
    """Filled, failed, grown, refunded, released, mailed, told twice; the middle comes when all of it is a week old."""
    found: list[Any] = []
    filled = buy(house, ("CPT", 2))
    found.append(zap(house, filled))
    failed = "6855909900591"
    found.append(house.order(failed, ("CNC", 11)))
    other = buy(house, ("CPTa", 1))
    found.append(zap(house, other))
    press(house, f"/orders/{other['id']}/delivered", {"message_id": "m1"})
    refund = refunded(house, filled, ("CPT", 1))
    webhook(house, refund)
    flush(house, watch)
    between(house, watch)
    found.append(zap(house, filled))
    found.append(look_up(house, str(other["id"])))
    webhook(house, refund)
    found.append(press(house, f"/orders/{filled['id']}/delivered", {"message_id": "m2"}))
    found.append(house.order(failed, ("CNC", 11)))
    house.keys(MORE)
    found.append(house.order(failed, ("CNC", 11)))
    flush(house, watch)
    found.append(press(house, f"/orders/{other['id']}/release"))
    flush(house, watch)
    found.append(press(house, f"/orders/{other['id']}/clear-cache"))
    found.append(zap(house, other))
    flush(house, watch)
    found.append(shelf(house))
    found.append(told(house))
    return found


def things_that_wait(house: House, watch: Watch, between: Between) -> list[Any]:
    """Slack is away while orders fail, stock runs low and Shopify refuses; all of it is a week old when it comes back."""
    assert house.slack
    found: list[Any] = []
    first = buy(house, ("CNC", 8))
    found.append(zap(house, first))
    flush(house, watch)
    house.slack.slack.faults.add("down")
    found.append(house.order("6855909900591", ("CNC", 3)))
    found.append(zap(house, buy(house, ("CPT", 1))))
    between(house, watch)
    house.slack.slack.faults.clear()
    flush(house, watch)
    found.append(told(house))
    house.keys(MORE)
    flush(house, watch)
    found.append(told(house))
    found.append(zap(house, buy(house, ("CNC", 1))))
    flush(house, watch)
    found.append(shelf(house))
    found.append(told(house))
    return found


def a_message_that_slack_refuses(house: House, watch: Watch, between: Between) -> list[Any]:
    """One message was set aside; a week later somebody has fixed what kept it."""
    assert house.slack
    house.slack.slack.faults.add("refused", calls=1)
    found: list[Any] = [zap(house, buy(house, ("CPT", 1)))]
    flush(house, watch)
    between(house, watch)
    status = json.loads(house.call("GET", "/status").data)
    found.append(len(status["outbox"]["refused"]))
    press(house, "/outbox/flush", {"refused": True})
    found.append(told(house))
    return found


def played(script: Callable[[House, Watch, Between], list[Any]], between: Between) -> list[Any]:
    watch = Watch()
    with watch.npta(NPTA_LOW_STOCK="4", SHOPIFY_WEBHOOK_SECRET=SECRET) as house:
        return [*map(plain, script(opened(house), watch, between))]


@pytest.mark.parametrize("script", [orders_of_all_kinds, things_that_wait, a_message_that_slack_refuses])
@pytest.mark.parametrize(
    ("between", "instead"),
    [(leave, nothing), (leave_and_start_anew, start_anew), (leave_shrink_and_start_anew, start_anew)],
)
def test_everything_is_answered_and_told_as_if_no_row_had_left(
    script: Callable[[House, Watch, Between], list[Any]], between: Between, instead: Between
) -> None:
    assert played(script, between) == played(script, instead)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def house(watch: Watch) -> Iterator[House]:
    with watch.npta() as made:
        yield opened(made)


def test_what_is_of_this_week_stays(house: House, watch: Watch) -> None:
    zap(house, buy(house, ("CPT", 1)))
    watch.passes(6 * 86_400)
    done = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60))
    assert [each.rows for each in done.left] == [0, 0, 0]


def test_the_nightly_call_lets_rows_leave_and_reports(house: House, watch: Watch) -> None:
    for _ in range(5):
        zap(house, buy(house, ("CPT", 1)))
    flush(house, watch)
    rows = len(house.rows("Outbox"))
    watch.passes(WEEK)
    report = press(house, "/maintenance")
    assert report["complete"]
    assert {each["tab"]: each["rows"] for each in report["left"]}["Outbox"] > rows // 2
    assert {each["what"] for each in report["findings"]} == {"mail not confirmed"}
    again = press(house, "/maintenance")
    assert sum(each["rows"] for each in again["left"]) <= 5, "what the first has told, and nothing else"


def test_what_is_committed_for_the_log_is_not_committed_for_again(
    house: House, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commits that let rows leave it are rows of it, too: two would come for every two that leave."""
    monkeypatch.setattr(retention, "MIN_COMMITS", 8)
    for _ in range(5):
        zap(house, buy(house, ("CPT", 1)))
    flush(house, watch)
    watch.passes(WEEK)
    assert len(house.rows("Commit Log")) > 10
    house.emulator.calls.reset()
    done = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60))
    assert done.complete
    assert house.emulator.calls.total <= 12
    house.emulator.calls.reset()
    again = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60))
    assert {each.tab: each.rows for each in again.left}["Commit Log"] == 0
    assert house.emulator.calls.total <= 3


def test_a_plan_changes_nothing(house: House, watch: Watch) -> None:
    zap(house, buy(house, ("CPT", 1)))
    flush(house, watch)
    watch.passes(WEEK)
    before = house.sheet.values_batch_get(["Outbox", "Commit Log", "Control"])["valueRanges"]
    done = shrink_spreadsheet(house.services, who="test", deadline=house.clock.deadline(60), plan=True)
    assert {each.tab: each.rows for each in done.left}["Outbox"] > 0
    assert house.sheet.values_batch_get(["Outbox", "Commit Log", "Control"])["valueRanges"] == before


def test_another_process_goes_on_while_rows_leave(house: House, watch: Watch) -> None:
    order = buy(house, ("CPT", 1))
    zap(house, order)
    flush(house, watch)
    other = House(house.emulator, house.spreadsheet_id, shop=house.shop, slack=house.slack, clock=house.clock)
    assert zap(other, order)["replayed"]
    leave(house, watch)
    assert zap(other, order)["replayed"]
    assert zap(other, buy(house, ("CPT", 1)))["status"] == "fulfilled"
    assert zap(house, order)["replayed"]


def test_verify_of_an_order_whose_message_has_left_says_that_it_is_not_kept(house: House, watch: Watch) -> None:
    order = buy(house, ("CPT", 1))
    zap(house, order)
    flush(house, watch)
    leave_and_start_anew(house, watch)
    assert house.services.spreadsheet.scan([Outbox])[Outbox].gone
    assert look_up(house, str(order["id"]))["status"] == "fulfilled"


def test_what_keeps_rows_from_leaving_stands_in_the_report_which_comes_all_the_same(house: House, watch: Watch) -> None:
    house.tampered_with = True
    for _ in range(3):
        zap(house, buy(house, ("CPT", 1)))
    flush(house, watch)
    leave(house, watch)
    zap(house, buy(house, ("CPT", 1)))
    flush(house, watch)
    watch.passes(WEEK)
    owner = gspread_on(house.emulator, house.spreadsheet_id, person="")
    owner.worksheet("Opening").update_acell("E2", "[1")
    report = press(house, "/maintenance")
    assert (report["complete"], report["left"]) == (False, [])
    [finding] = [each for each in report["findings"] if each["what"] == "old rows could not leave"]
    assert "Tab “Opening”" in finding["detail"]
    assert "Version history" in finding["detail"]
    assert {each["what"] for each in report["findings"]} > {"old rows could not leave"}, "and the rest is told, too"
