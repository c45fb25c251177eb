"""Every way in which a commit can end, as one table; and that each work is applied exactly once or not at all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from sheets_schema import CommitUnknownError, RequestRejectedError, SheetsError, UnavailableError
from sheets_schema.emulator.model.quirks import Quirks
from sheets_schema.errors import LockTimeoutError, PermissionDeniedError
from tests.sheets_schema.bank import SCHEMA, Bank, Process, blind
from tests.sheets_schema.methods import APPEND, METHODS, Method


@dataclass(frozen=True)
class Case:
    """Faults, the ending that the caller sees, and what then stands in the sheet."""

    name: str
    faults: list[tuple[str, dict[str, Any]]]
    ending: str | type[SheetsError] = "paid"
    landed: bool = True
    """Whether the row stands there when the call has returned."""
    lands_later: bool = False
    log_rows: int = 1
    """Commits that the log shows in the end, before the repeat."""
    seconds: float = 40.0
    writes: int | None = None
    switches: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


def writing(kind: str, **settings: Any) -> tuple[str, dict[str, Any]]:
    return kind, {"method": "POST", **settings}


def reading(kind: str, **settings: Any) -> tuple[str, dict[str, Any]]:
    return kind, {"method": "GET", **settings}


NEVER = 1_000_000

SOMETHING_ELSE: dict[str, dict[str, Any]] = {
    "200 that means nothing": {},
    "202": {"status": 202},
    "302": {"status": 302, "headers": {"Location": "https://example.com/"}},
    "200 that tells of an error": {"body": {"error": {"code": 503}}},
    "200 of another spreadsheet": {"body": {"spreadsheetId": "another", "replies": [{}]}},
}

CASES = [
    Case("a clean 200", [], writes=1),
    Case("the answer was lost", [writing("lost_answer")], writes=1),
    Case("the answer was lost and no time is left", [writing("lost_answer")], CommitUnknownError, seconds=4.0, writes=1),
    *[
        Case(f"{kind} after it was carried out", [writing(f"{kind}_after")], writes=1)
        for kind in ("error_500", "error_502", "error_503", "error_500_html", "error_502_html", "error_503_html")
    ],
    *[
        Case(f"{kind} instead of it", [writing(kind)], writes=2)
        for kind in ("error_500", "error_502", "error_503", "error_500_html", "error_502_html", "error_503_html")
    ],
    *[
        Case(f"{name}, after it was carried out", [writing("something_else_after", **answer)], writes=1)
        for name, answer in SOMETHING_ELSE.items()
    ],
    *[
        Case(f"{name}, instead of it", [writing("something_else", **answer)], writes=2)
        for name, answer in SOMETHING_ELSE.items()
    ],
    Case("the log is read back as something else", [reading("something_else", after=1, count=2)], writes=1),
    Case("429 once", [writing("refuse_429")], writes=2),
    Case("429 until the deadline", [writing("refuse_429", count=None)], UnavailableError, landed=False, log_rows=0),
    Case("connection reset before", [writing("reset_before")], writes=2),
    Case("connection reset after", [writing("reset_after")], writes=1),
    Case("slow", [writing("delay", seconds=3)], writes=1),
    Case("a slow answer", [writing("delay_answer", seconds=3)], writes=1),
    Case("carried out after we gave up on it, settled by resending", [writing("delay", seconds=30)], writes=2),
    Case(
        "carried out after our deadline",
        [writing("delay", seconds=30)],
        CommitUnknownError,
        landed=False,
        lands_later=True,
        seconds=4.0,
    ),
    Case("no answer and never carried out", [writing("hang")], writes=2),
    Case("hangs until the deadline", [writing("hang", count=None)], CommitUnknownError, landed=False, log_rows=0),
    Case("delivered twice", [writing("duplicate_delivery")], writes=1),
    Case(
        "delivered twice and the log read back stale",
        [writing("duplicate_delivery"), reading("stale_read", after=1, seconds=5)],
    ),
    Case(
        "delivered twice, the log stale, and no time to look again",
        [writing("duplicate_delivery"), reading("stale_read", after=1, seconds=5, count=None)],
        CommitUnknownError,
        seconds=4.0,
    ),
    Case("the log read back stale once", [reading("stale_read", after=1, seconds=5)], writes=1),
    Case("503 although it landed, and a stale log", [writing("error_503_after"), reading("stale_read", after=1, seconds=5)]),
    Case("the log cannot be read back", [reading("error_503", after=1, count=None)], CommitUnknownError),
    Case("the log cannot be read back at once", [reading("error_503", after=1, count=2)], writes=1),
    Case("the first read fails", [reading("error_503_html")], writes=1),
    Case("no read is possible", [reading("error_503", count=None)], UnavailableError, landed=False, log_rows=0, writes=0),
    Case(
        "stubborn 503, ended by an empty commit",
        [writing("error_503", count=3)],
        log_rows=2,
        writes=5,
    ),
    Case(
        "stubborn 503 with the first copy landing late",
        [writing("late_commit", seconds=18), writing("error_503", count=3)],
        seconds=90.0,
    ),
    Case("503 for ever", [writing("error_503", count=None)], CommitUnknownError, landed=False, log_rows=0),
    Case("lost, then 429", [writing("lost_answer"), writing("refuse_429")], writes=1),
    Case("503, then 429 until the deadline", [writing("error_503"), writing("refuse_429", count=None)], CommitUnknownError, landed=False, log_rows=0),
]  # fmt: skip


def no_use(case: Case, method: Method) -> str:
    """Why a case says nothing about a method."""
    if not method.resent and (len(case.faults) > 1 or any("after" in settings for _, settings in case.faults)):
        return "how its one batch ended is not looked for in the log"
    if not method.resent and any((settings.get("count") or 1) > 1 for _, settings in case.faults):
        return "it is over after one failure, as in the case of one"
    return ""


def told(case: Case, method: Method) -> tuple[object, ...]:
    """What the caller may hear."""
    kind, settings = next((fault for fault in case.faults if fault[1]["method"] == "POST"), ("", {}))
    if method.resent or not kind or kind == "duplicate_delivery" or settings.get("seconds") == 3:
        return (case.ending,)
    # Whether it tries again what was certainly not done is its own affair.
    return (case.ending, UnavailableError) if kind == "refuse_429" else (method.doubt,)


def begin(bank: Bank, case: Case, method: Method = APPEND) -> Process:
    process = bank.process(schema=method.schema)
    if not method.from_nothing:
        (process if method.schema is SCHEMA else bank.process()).pay("before")
        method.prepare(bank, process)
    bank.time.sleep(20)
    process.door.forget()
    for kind, settings in case.faults:
        # A case counts reads from the one that the work is based upon.
        later = {"after": settings["after"] + method.reads - 1} if "after" in settings else {}
        bank.emulator.faults.add(kind, **{**settings, **later})
    return process


def end(bank: Bank, case: Case, process: Process, method: Method = APPEND) -> None:
    started = bank.time.seconds
    try:
        heard: object = method.act(process, case.seconds)
    except SheetsError as error:
        heard = type(error)
    assert heard in told(case, method)
    assert bank.time.seconds - started <= case.seconds + 0.5
    bank.emulator.faults.clear()
    at_once = method.effect(bank)
    bank.time.sleep(60)
    at_last = method.effect(bank)
    if heard == "paid":
        assert at_once == at_last == 1
    elif heard is UnavailableError:
        assert at_once == at_last == 0
    else:
        assert at_once <= at_last <= 1
    if method.resent:
        assert (at_once, at_last) == (case.landed, case.landed or case.lands_later)
        assert case.writes is None or process.door.writes == case.writes + method.more_writes.get(case.name, 0)
        assert len(bank.rows("Commit Log")) == 2 + case.log_rows
    if method.repeatable:
        method.act(process, 90.0)
        assert method.effect(bank) == 1
    if at_last:
        bank.check()
    for another in (process, bank.process(schema=process.spreadsheet.schema)):
        assert another.pay("after the case", seconds=90) in ("paid", "repeated")
    bank.check()


@pytest.mark.parametrize(
    ("method", "case"),
    [
        pytest.param(method, case, id=f"{method}-{case}")
        for method in METHODS
        for case in CASES
        if not no_use(case, method)
    ],
)
def test_every_method_is_applied_once_or_not_at_all_and_its_caller_knows(
    provisioned: Bank, method: Method, case: Case
) -> None:
    bank = Bank() if method.from_nothing else provisioned.copy()
    end(bank, case, begin(bank, case, method), method)


@pytest.mark.parametrize(
    "case", [case for case in CASES if not case.name.startswith(("error_500", "error_502"))], ids=str
)
@pytest.mark.parametrize(
    "switches",
    [
        {"update_missing_named_range": "silent"},
        {"delete_missing_named_range": "silent", "update_missing_named_range": "silent"},
        {
            "delete_missing_named_range": "silent",
            "update_missing_named_range": "silent",
            "duplicate_named_range_id": "accept",
            "wording": "bare",
        },
        {"wording": "plain", "ghost_named_ranges": "on", "ghost_deletable": "no"},
    ],
    ids="+".join,
)
def test_no_undocumented_behaviour_carries_the_guarantee(bank: Bank, case: Case, switches: dict[str, Any]) -> None:
    assert Quirks(**switches)
    bank.emulator.set_quirks(**switches)
    end(bank, case, begin(bank, case))


WARM = [case for case in CASES if not any(settings.get("method") == "GET" for _, settings in case.faults)]
"""Warm work does not read, so that a fault of reads would not meet it."""


@pytest.mark.parametrize("case", WARM, ids=str)
def test_the_endings_hold_while_the_lock_is_ours(bank: Bank, case: Case) -> None:
    process = bank.process()
    process.warm_up()
    for kind, settings in case.faults:
        bank.emulator.faults.add(kind, **settings)
    end(bank, case, process)


def test_a_late_copy_that_arrives_after_anothers_commit_is_refused_by_the_fence(bank: Bank) -> None:
    ours, theirs = bank.process(), bank.process()
    ours.pay("before")
    bank.emulator.faults.add("late_commit", method="POST", seconds=30)
    with pytest.raises(CommitUnknownError):
        ours.run(blind("late"), seconds=4)
    assert theirs.pay("theirs") == "paid"
    bank.time.sleep(60)
    assert bank.labels("late") == 0
    assert ours.run(blind("late")) == "paid"
    assert bank.labels("late") == 1
    bank.check()


def test_after_doubt_a_repeat_that_looks_shows_the_truth(bank: Bank) -> None:
    process = bank.process()
    process.pay("before")
    bank.emulator.faults.add("lost_answer", method="POST")
    with pytest.raises(CommitUnknownError):
        process.pay("p1", seconds=4)
    assert process.pay("p1") == "repeated"
    bank.emulator.faults.add("late_commit", method="POST", seconds=10)
    with pytest.raises(CommitUnknownError):
        process.pay("p2", seconds=4)
    assert process.pay("p2") == "paid"
    bank.time.sleep(60)
    assert bank.process().pay("p2") == "repeated"
    assert [row["payment_id"] for row in bank.rows("Payments")] == ["before", "p1", "p2"]
    bank.check()


def test_a_resend_is_the_identical_batch(bank: Bank) -> None:
    process = bank.process()
    process.pay("before")
    process.door.forget()
    bank.emulator.faults.add("error_503", method="POST", count=2)
    process.run(blind("x"))
    assert len(process.door.batches) == 3
    assert process.door.batches[0].body == process.door.batches[1].body == process.door.batches[2].body


def test_an_empty_commit_that_ends_a_doubt_carries_no_facts_and_says_why(bank: Bank) -> None:
    process = bank.process()
    process.pay("before")
    bank.emulator.faults.add("error_503", method="POST", count=3)
    process.run(blind("x"))
    empty, ours = bank.rows("Commit Log")[-2:]
    assert empty["operation"].startswith("gave up on commit ")
    assert '"Payments": 1' in empty["rows"]
    assert '"Payments": 2' in ours["rows"]
    bank.check()


@pytest.mark.parametrize("wording", ["colon", "bare"])
def test_a_refusal_of_the_payload_does_not_hide_a_copy_that_may_still_land(bank: Bank, wording: str) -> None:
    """The first copy is on its way when the second is refused behind the fence: the doubt is ended before the work runs again."""
    bank.emulator.set_quirks(wording=wording)
    process = bank.process()
    process.pay("before")
    bank.age()
    bank.emulator.faults.add("late_commit", method="POST", seconds=45)
    number = len(process.door.sent)
    metadata = bank.tab("Payments")

    def shorten() -> None:
        metadata.resize(rows=2)

    def restore() -> None:
        metadata.resize(rows=1000)

    process.door.before[number + 3] = shorten
    process.door.after[number + 3] = restore
    # The log does not show the first copy yet; it arrives with whatever is sent next.
    process.door.after[number + 4] = lambda: bank.time.sleep(10)
    assert process.run(blind("x"), seconds=80) == "paid"
    bank.time.sleep(60)
    assert bank.labels("x") == 1
    bank.check()


def test_a_commit_that_meets_others_at_every_try_ends_with_its_deadline(bank: Bank) -> None:
    ours, theirs = bank.process(), bank.process()
    theirs.pay("before")
    names = iter(range(1000))
    for number in range(200):
        ours.door.before[number] = lambda: theirs.pay(f"t{next(names)}")
    with pytest.raises(LockTimeoutError):
        ours.run(blind("x"), seconds=30)
    assert bank.labels("x") == 0
    bank.check()


@pytest.mark.parametrize(
    ("status", "error"), [(401, PermissionDeniedError), (403, PermissionDeniedError), (404, PermissionDeniedError)]
)
def test_a_spreadsheet_that_is_closed_to_us_is_not_asked_again(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, status: int, error: type[Exception]
) -> None:
    process = bank.process()
    process.pay("before")
    calls = len(process.door.sent)
    import requests as http  # noqa: PLC0415 — used here only

    answer = http.Response()
    answer.status_code = status
    answer._content = b'{"error": {"code": 0, "message": "The caller does not have permission"}}'
    monkeypatch.setattr(process.spreadsheet.client.session, "request", lambda **_: answer)
    with pytest.raises(error):
        process.pay("p1")
    assert len(process.door.sent) == calls


def test_refused_and_in_doubt_are_different_promises() -> None:
    assert not issubclass(CommitUnknownError, UnavailableError)
    assert not issubclass(RequestRejectedError, UnavailableError)
    assert issubclass(LockTimeoutError, UnavailableError)
