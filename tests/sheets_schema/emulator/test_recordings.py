"""The recorded answers of the real service, replayed. See ../shared/sheets-recordings/README.md for how."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sheets_schema.emulator import Emulator
from sheets_schema.emulator.api import routes
from sheets_schema.emulator.model.permissions import OWNER
from tests.sheets_schema.emulator import witness

_RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "sheets-recordings" / "recorded-answers.json.gz"
EQUAL = 434
"""The ratchet: how many calls are answered exactly as recorded. It only goes up."""
DIFFERENT = {
    # The recording lists the e-mail address of the service account it was made with, which nobody else can know.
    ("WorksheetTest.test_add_protected_range_normal", "editors.users"),
    ("WorksheetTest.test_add_protected_range_warning", "editors.users"),
}
"""Every call that is not equal: session, and what differs."""


def _sessions() -> list[dict[str, Any]]:
    if not _RECORDINGS.exists():
        if os.environ.get("REQUIRE_ALL") == "1":
            pytest.fail(f"{_RECORDINGS} is absent")
        pytest.skip(f"436 recorded calls not replayed: {_RECORDINGS} is absent")
    with gzip.open(_RECORDINGS, "rt", encoding="utf-8") as file:
        sessions: list[dict[str, Any]] = json.load(file)
    return sessions


class _Replay:
    """One session against a fresh spreadsheet; server-chosen ids are paired as they appear."""

    def __init__(self, session: dict[str, Any], owner: str) -> None:
        self.emulator = Emulator(owner=owner)
        self.ids: dict[Any, Any] = {}
        made = self.send("POST", "/v4/spreadsheets", [], {"properties": {"title": session["title"]}})[1]
        self.ids["@spreadsheet"] = made["spreadsheetId"]

    def send(self, method: str, path: str, query: list[list[str]], body: Any) -> tuple[int, Any]:
        data = b"" if body is None else json.dumps(body).encode()
        answer = self.emulator.handle(method, path, [(key, value) for key, value in query], {}, data)
        return answer.status, json.loads(answer.body)

    def path(self, recorded: str) -> str:
        path = recorded.replace("@spreadsheet", self.ids["@spreadsheet"])
        return quote(path, safe="/:@!$&'()*+,;=-._~")

    def mapped(self, value: Any) -> Any:
        """Recorded ids as the emulator's own."""
        if isinstance(value, dict):
            return {key: self.mapped(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.mapped(item) for item in value]
        return self.ids.get(value, value) if isinstance(value, str | int) and not isinstance(value, bool) else value

    def pair(self, recorded: Any, answer: Any) -> None:
        """Learn which of our ids stands for which recorded one."""
        if isinstance(recorded, dict) and isinstance(answer, dict):
            for key in recorded.keys() & answer.keys():
                if key in {"sheetId", "namedRangeId", "protectedRangeId"} and recorded[key] != 0:
                    self.ids.setdefault(recorded[key], answer[key])
                self.pair(recorded[key], answer[key])
        elif isinstance(recorded, list) and isinstance(answer, list):
            for one, other in zip(recorded, answer, strict=False):
                self.pair(one, other)


def _without_url(answer: Any) -> Any:
    return (
        {key: value for key, value in answer.items() if key != "spreadsheetUrl"} if isinstance(answer, dict) else answer
    )


def _same(recorded: Any, answer: Any) -> bool:
    """Deep equality where 1 and 1.0 are equal but 1 and true are not."""
    if isinstance(recorded, dict) and isinstance(answer, dict):
        return recorded.keys() == answer.keys() and all(_same(recorded[key], answer[key]) for key in recorded)
    if isinstance(recorded, list) and isinstance(answer, list):
        return len(recorded) == len(answer) and all(map(_same, recorded, answer))
    return isinstance(recorded, bool) == isinstance(answer, bool) and bool(recorded == answer)


def _differences(session: dict[str, Any], owner: str = OWNER) -> tuple[int, list[str]]:
    replay = _Replay(session, owner)
    equal, different = 0, []
    for call in session["calls"]:
        query = [[key, replay.mapped(value)] for key, value in call["query"]]
        status, answer = replay.send(call["method"], replay.path(call["path"]), query, replay.mapped(call["body"]))
        if call["method"] == "POST" and call["status"] == status:
            replay.pair(call["answer"], answer)
        if status == 200:
            witness.check_answer(routes.find(call["method"], replay.path(call["path"])).route.name, answer)
        expected = _without_url(replay.mapped(call["answer"]))
        if status == call["status"] and _same(expected, _without_url(answer)):
            equal += 1
        else:
            different.append(f"{call['method']} {call['path']}\n  recorded {expected}\n  answered {answer}")
    replay.emulator.close()
    return equal, different


def test_recorded_calls_are_answered_as_google_answered_them() -> None:
    equal = 0
    unexpected: list[str] = []
    known = dict(DIFFERENT)
    for session in _sessions():
        same, different = _differences(session)
        equal += same
        excused = known.get(session["name"], "nothing").split(".")[0]
        unexpected += [f"{session['name']}: {text}" for text in different if excused not in text]
    assert not unexpected, "\n".join(unexpected)
    assert equal == EQUAL


def test_with_the_account_that_recorded_them_as_owner_all_are_equal() -> None:
    sessions = _sessions()
    (owner,) = set(re.findall(r"[\w.-]+@[\w.-]+\.iam\.gserviceaccount\.com", json.dumps(sessions)))
    found = [_differences(session, owner) for session in sessions]
    assert [text for _, different in found for text in different] == []
    assert sum(equal for equal, _ in found) == 436
