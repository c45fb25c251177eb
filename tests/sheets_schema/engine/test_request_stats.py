"""The hook for metrics sees every call as it went, and can harm nothing; each quota is set by itself."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from sheets_schema import Database, UnavailableError
from sheets_schema.advanced import Client, RequestStats
from sheets_schema.protocol.limits import encode
from tests.sheets_schema.bank import Bank, Door, Process, paying, session


def counted(bank: Bank, calls: list[RequestStats], **more: Any) -> Process:
    door, clock = Door(bank.emulator), bank.time.clock(bank._ids)
    client = Client(bank.spreadsheet_id, session=session(door), clock=clock, on_call=calls.append, **more)
    return Process(door, Database(client, bank.schema, timing=bank.timing, clock=clock), clock)


def told(calls: list[RequestStats]) -> list[tuple[str, str]]:
    return [(call.kind, call.outcome) for call in calls]


def test_every_call_is_told_with_its_kind_ending_and_bytes(bank: Bank) -> None:
    calls: list[RequestStats] = []
    process = counted(bank, calls)
    process.pay("p1")
    kinds = {"GET": "read", "POST": "write"}
    assert told(calls) == [(kinds[sent.method], "executed") for sent in process.door.sent]
    assert {call.sent for call in calls if call.kind == "read"} == {0}
    assert [call.sent for call in calls if call.kind == "write"] == [len(encode(process.door.batches[0].body))]
    assert all(call.received > 0 for call in calls)


@pytest.mark.parametrize(
    ("fault", "ending", "received"),
    [
        ("refuse_429", "not executed", True),
        ("error_503", "unclear", True),
        ("error_502_html_after", "unclear", True),
        ("lost_answer", "unclear", False),
    ],
)
def test_what_went_wrong_is_told_as_it_was_understood(bank: Bank, fault: str, ending: str, received: bool) -> None:
    calls: list[RequestStats] = []
    process = counted(bank, calls)
    bank.emulator.faults.add(fault, method="POST")
    process.pay("p1")
    first = next(call for call in calls if call.kind == "write")
    assert first.outcome == ending
    assert bool(first.received) == received


def test_a_refused_batch_is_told(bank: Bank) -> None:
    calls: list[RequestStats] = []
    process = counted(bank, calls)
    process.spreadsheet.client.write([{"deleteSheet": {"sheetId": 424242}}], process.deadline())
    assert told(calls) == [("write", "refused")]


def test_the_seconds_are_those_of_the_call_and_not_of_waiting_for_the_quota(bank: Bank) -> None:
    calls: list[RequestStats] = []
    process = counted(bank, calls, reads_a_minute=1)
    bank.emulator.faults.add("delay", method="GET", seconds=2.5, count=None)
    for _ in range(2):
        process.spreadsheet.client.metadata(process.deadline(90))
    assert [call.seconds for call in calls] == [pytest.approx(2.5), pytest.approx(2.5)]


def test_a_hook_that_raises_stops_no_commit(bank: Bank, caplog: pytest.LogCaptureFixture) -> None:
    def broken(call: RequestStats) -> None:
        raise RuntimeError(call.kind)

    process = counted(bank, [])
    process.spreadsheet.client._on_call = broken
    with caplog.at_level(logging.ERROR, logger="sheets_schema.engine.client"):
        assert process.run(paying("p1")) == "paid"
    assert "the hook for metrics failed" in caplog.text
    bank.check()


@pytest.mark.parametrize(("limited", "free"), [("reads", "writes"), ("writes", "reads")])
def test_reads_and_writes_have_quotas_of_their_own(bank: Bank, limited: str, free: str) -> None:
    calls: list[RequestStats] = []
    process = counted(bank, calls, **{f"{limited}_a_minute": 2})
    client, guard = process.spreadsheet.client, {"deleteSheet": {"sheetId": 424242}}

    def act(kind: str) -> Any:
        deadline = process.deadline(5)
        return client.metadata(deadline) if kind == "reads" else client.write([guard], deadline)

    for _ in range(5):
        act(free)
    act(limited)
    act(limited)
    if limited == "reads":
        with pytest.raises(UnavailableError, match="reads of Google Sheets are used up"):
            act(limited)
    else:
        assert "writes of Google Sheets are used up" in str(act(limited).error)
    assert len(calls) == 7


@pytest.mark.parametrize(("limit", "shared"), [(1, False), (2, True), (3, True)])
def test_a_client_that_reads_no_more_often_than_another_may_shares_its_minute(
    bank: Bank, limit: int, shared: bool
) -> None:
    client = counted(bank, [], reads_a_minute=2).spreadsheet.client
    other = client.limited(limit)
    client.metadata(client.clock.deadline(5))
    other.metadata(client.clock.deadline(5))

    if shared:
        with pytest.raises(UnavailableError, match="used up"):
            client.metadata(client.clock.deadline(5))
    else:
        client.metadata(client.clock.deadline(5))
        with pytest.raises(UnavailableError, match="used up"):
            other.metadata(client.clock.deadline(5))
