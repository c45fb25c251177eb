"""Two processes of the function on one spreadsheet and one Slack channel: no alert comes twice, and none is lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from npta.local.slack.stand_in import Running, serve_slack
from npta.operations.audit import audit_spreadsheet
from npta.services import make_services
from npta.settings import Settings
from tests.npta.processes import Function, Site, post_order, site
from tests.support import catalogue_row

pytestmark = pytest.mark.xdist_group("process")  # They share an emulator in a process of its own.

ORDERS = 48
LAPSES = 8.0
HASTY = f"""
from datetime import timedelta

import npta.domain.state.claim_times
import npta.operations.outbox.relay_thread

npta.domain.state.claim_times.RENEW_AFTER = timedelta(seconds=3)  # a test has no 20 seconds
npta.domain.state.claim_times.LAPSES_AFTER = timedelta(seconds={LAPSES})
npta.operations.outbox.relay_thread.RECORD_AFTER = 1.0
from main import fulfillment
"""


@pytest.fixture(scope="module")
def place() -> Iterator[Site]:
    with site() as made, made.function() as function:
        catalogue = made.sheet.worksheet("NPTA Catalogue")
        catalogue.update([catalogue_row("CPTa", "NASM-CPT-FULL")], "A2", raw=True)
        pasted = [["CANADA", "NASM", "CPT", "combined", "EX-0001", 5_000]]
        made.sheet.worksheet("Import Keys").update(pasted, "A2", raw=True)
        assert function.post("/catalogue/sync", {}).json()["published"] == 1
        assert function.post("/keys/import", {}).json()["imported"] == 1
        yield made


@pytest.fixture
def slack() -> Iterator[Running]:
    with serve_slack() as made:
        yield made


@pytest.fixture
def hasty(tmp_path: Path) -> Path:
    source = tmp_path / "hasty.py"
    source.write_text(HASTY)
    return source


def settings(slack: Running) -> dict[str, str]:
    return {"SLACK_BOT_TOKEN": "xoxb-x", "SLACK_CHANNEL": "C0123456789", "SLACK_API_URL": slack.api_url}


def orders(first: int) -> list[str]:
    return [str(6855909900000 + first + number) for number in range(ORDERS)]


def fulfilled(slack: Running) -> Counter[str]:
    """How often each order was told of."""
    texts = [each["text"] for each in slack.slack.messages if each["text"].startswith("✅")]
    return Counter(text.split()[4].strip(",") for text in texts)


def sent(place: Site) -> Counter[str]:
    """How often each notice is recorded as sent."""
    return Counter(row["notice_id"] for row in place.rows("Outbox") if row["event"] == "SENT")


def until(is_so: Callable[[], Any], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.2)


def whole(place: Site) -> None:
    services = make_services(Settings.load(place.environment))
    assert audit_spreadsheet(services, deadline=services.clock.deadline(30)) == []


def flushed(*functions: Function) -> int:
    """Flush in each; what is still pending."""
    return max(int(function.post("/outbox/flush", {}).json()["pending"]) for function in functions)


def served(functions: list[Function], ids: list[str]) -> None:
    """Post orders to the functions in turn, many at once."""

    def order(numbered: tuple[int, str]) -> None:
        number, order_id = numbered
        assert post_order(functions[number % len(functions)], order_id, ("CPTa", 1)).status_code == 200

    with ThreadPoolExecutor(8) as callers:
        list(callers.map(order, enumerate(ids)))


@pytest.mark.row("A2")
@pytest.mark.parametrize(("answers_after", "count"), [(0.3, 48), (3.0, 12)])
def test_orders_over_two_processes_are_told_of_once_however_slow_slack_is(
    place: Site, slack: Running, answers_after: float, count: int
) -> None:
    ids = orders(round(answers_after * 100_000))[:count]
    slack.slack.faults.add("slow", seconds=answers_after)
    with place.function(**settings(slack)) as first, place.function(**settings(slack)) as second:
        served([first, second], ids)
        for function in (second, first):  # as a scheduler does, in the midst of it
            function.post("/outbox/flush", {})
        slack.slack.faults.clear()
        until(lambda: flushed(first, second) == 0, 120)

    assert fulfilled(slack) == Counter(ids)
    assert set(sent(place).values()) == {1}
    whole(place)


@pytest.mark.row("A2")
def test_a_process_that_is_left_idle_records_what_it_has_sent_before_another_takes_it_for_lost(
    place: Site, slack: Running, hasty: Path
) -> None:
    ids = orders(1_000)[:6]
    with place.function_of(hasty, settings(slack)) as old, place.function_of(hasty, settings(slack)) as new:
        served([old], ids)
        until(lambda: not told_due(place, ids), 20)
        time.sleep(LAPSES)
        assert flushed(new) == 0

    assert fulfilled(slack) == Counter(ids)


@pytest.mark.row("A2")
def test_a_process_that_is_told_to_end_records_what_it_has_sent(place: Site, slack: Running, hasty: Path) -> None:
    ids = orders(2_000)[:6]
    with place.function_of(hasty, settings(slack)) as new:
        with place.function_of(hasty, settings(slack)) as old:
            served([old], ids)
        assert told_due(place, ids) == []
        time.sleep(LAPSES)
        assert flushed(new) == 0

    assert fulfilled(slack) == Counter(ids)


@pytest.mark.row("A2")
def test_what_a_killed_process_has_not_sent_is_sent_by_another_once_its_claim_has_lapsed(
    place: Site, slack: Running, hasty: Path
) -> None:
    ids = orders(3_000)[:12]
    with place.function_of(hasty, settings(slack)) as new:
        slack.slack.faults.add("down")
        with place.function_of(hasty, settings(slack)) as old:
            served([old], ids)
            old.kill()
        slack.slack.faults.clear()

        assert flushed(new) == 0, "who flushes waits until it is known that nobody else will send them"

    assert fulfilled(slack) == Counter(ids)
    whole(place)


@pytest.mark.row("A2")
def test_killed_in_the_midst_of_it_no_alert_is_lost_and_one_that_comes_twice_can_be_told(
    place: Site, slack: Running, hasty: Path
) -> None:
    ids = orders(4_000)
    slack.slack.faults.add("slow", seconds=0.4)
    with place.function_of(hasty, settings(slack)) as new, place.function_of(hasty, settings(slack)) as old:
        with ThreadPoolExecutor(1) as caller:
            sending = caller.submit(served, [new, old], ids)
            until(lambda: len(fulfilled(slack)) > ORDERS // 4)
            old.kill()
            old.start()
            sending.result()
        slack.slack.faults.clear()
        until(lambda: flushed(new, old) == 0)

    assert set(fulfilled(slack)) == set(ids)
    messages: dict[str, set[str]] = {}
    for each in slack.slack.messages:
        if each["text"].startswith("✅"):
            order_id = each["text"].split()[4].strip(",")
            messages.setdefault(order_id, set()).add(each["metadata"]["event_payload"]["message_id"])
    assert all(len(names) == 1 for names in messages.values())
    whole(place)


def told_due(place: Site, ids: list[str]) -> list[str]:
    """Those orders of which something is due and not recorded as sent."""
    rows = place.rows("Outbox")
    done = {row["notice_id"] for row in rows if row["event"] == "SENT"}
    return [
        row["about"] for row in rows if row["event"] == "DUE" and row["about"] in ids and row["notice_id"] not in done
    ]
