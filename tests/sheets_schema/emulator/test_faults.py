"""Faults by name: what is carried out, what is answered, who waits how long."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import requests

from sheets_schema.emulator import Emulator, EmulatorError, Latency, QuotaLimit
from sheets_schema.emulator.faults.fault_queue import KINDS
from sheets_schema.testing.sheets_user import SheetsUser
from tests.sheets_schema.emulator.client import Client, Json, grid, write
from tests.sheets_schema.emulator.conftest import FakeTime


def _send(client: Client, *batch: Json, timeout: float = 30.0) -> requests.Response:
    """A batch without any check, with a time-out of its own."""
    url = f"https://sheets.googleapis.com/v4/spreadsheets/{client.id}:batchUpdate"
    return client.session.post(url, json={"requests": list(batch) or [write(0, 0, ["x"])]}, timeout=timeout)


def _landed(client: Client) -> bool:
    return client.values("A1") == [["x"]]


@pytest.mark.parametrize(
    ("kind", "status", "landed"),
    [
        ("error_500", 500, False),
        ("error_502", 502, False),
        ("error_503", 503, False),
        ("error_503_after", 503, True),
        ("error_500_after", 500, True),
        ("refuse_429", 429, False),
        ("duplicate_delivery", 200, True),
    ],
)
def test_an_error_is_answered_before_or_after_the_work(
    client: Client, emulator: Emulator, kind: str, status: int, landed: bool
) -> None:
    emulator.faults.add(kind, path=":batchUpdate")
    response = _send(client)
    assert response.status_code == status
    if status != 200:
        assert response.json()["error"]["code"] == status
    assert _landed(client) == landed
    assert _send(client, write(1, 0, ["y"])).status_code == 200


@pytest.mark.parametrize("kind", ["error_500_html", "error_502_html", "error_503_html", "error_502_html_after"])
def test_a_front_end_answers_with_html(client: Client, emulator: Emulator, kind: str) -> None:
    emulator.faults.add(kind)
    response = _send(client)
    assert response.headers["Content-Type"] == "text/html; charset=UTF-8"
    with pytest.raises(requests.JSONDecodeError):
        response.json()
    assert _landed(client) == kind.endswith("_after")


@pytest.mark.parametrize("kind", ["something_else", "something_else_after"])
def test_something_else_answers_in_place_of_google(client: Client, emulator: Emulator, kind: str) -> None:
    emulator.faults.add(kind, path=":batchUpdate", status=302, headers={"X-Proxy": "yes"}, body={"hello": "world"})
    response = _send(client)
    assert (response.status_code, response.headers["X-Proxy"], response.json()) == (302, "yes", {"hello": "world"})
    assert _landed(client) == kind.endswith("_after")


@pytest.mark.parametrize(
    ("kind", "error", "landed"),
    [
        ("lost_answer", requests.ReadTimeout, True),
        ("hang", requests.ReadTimeout, False),
        ("reset_before", requests.ConnectionError, False),
        ("reset_after", requests.ConnectionError, True),
    ],
)
def test_a_missing_answer_is_the_exception_of_requests(
    client: Client, emulator: Emulator, time: FakeTime, kind: str, error: type[Exception], landed: bool
) -> None:
    emulator.faults.add(kind, path=":batchUpdate")
    with pytest.raises(error):
        _send(client, timeout=7)
    assert time.slept == ([7] if error is requests.ReadTimeout else [])
    assert _landed(client) == landed
    assert emulator.calls.last[1]["status"] is None


def test_a_delay_within_the_time_out_is_only_slow(client: Client, emulator: Emulator, time: FakeTime) -> None:
    emulator.faults.add("delay", seconds=3)
    assert _send(client, timeout=5).status_code == 200
    emulator.faults.add("delay_answer", seconds=4)
    assert _send(client, timeout=5).status_code == 200
    assert time.slept == [3, 4]


def test_an_answer_held_back_beyond_the_time_out_has_landed(client: Client, emulator: Emulator, time: FakeTime) -> None:
    emulator.faults.add("delay_answer", seconds=9)
    with pytest.raises(requests.ReadTimeout):
        _send(client, timeout=5)
    assert time.slept == [5]
    assert _landed(client)


def test_a_request_delayed_beyond_the_time_out_lands_later(client: Client, emulator: Emulator, time: FakeTime) -> None:
    emulator.faults.add("delay", path=":batchUpdate", seconds=9)
    with pytest.raises(requests.ReadTimeout):
        _send(client, timeout=5)
    assert not _landed(client)
    time.now += 4
    assert _landed(client)


def test_a_late_commit_meets_the_state_that_is_there_by_then(
    client: Client, emulator: Emulator, time: FakeTime
) -> None:
    cell = grid(0, 0, 1, 1)

    def step(old: str, new: str, row: int) -> list[Json]:
        return [
            {"deleteNamedRange": {"namedRangeId": old}},
            {"addNamedRange": {"namedRange": {"namedRangeId": new, "name": "fence", "range": cell}}},
            write(row, 0, [new]),
        ]

    client.batch({"addNamedRange": {"namedRange": {"namedRangeId": "v0", "name": "fence", "range": cell}}})
    emulator.faults.add("late_commit", path=":batchUpdate", seconds=60)
    with pytest.raises(requests.ReadTimeout):
        _send(client, *step("v0", "late", 1), timeout=5)
    client.batch(*step("v0", "v1", 2))
    time.now += 120
    # The fence has moved on: the late batch is refused, and nobody is told.
    assert client.values("A1:A3") == [[], [], ["v1"]]

    emulator.faults.add("late_commit", path=":batchUpdate", seconds=60)
    with pytest.raises(requests.ReadTimeout):
        _send(client, *step("v1", "v2", 3), timeout=5)
    assert len(client.values("A1:A4")) == 3
    time.now += 120
    assert client.values("A4") == [["v2"]]


def test_a_duplicate_delivery_answers_with_the_second_outcome(client: Client, emulator: Emulator) -> None:
    emulator.faults.add("duplicate_delivery")
    error = client.refused(
        {"addNamedRange": {"namedRange": {"namedRangeId": "v1", "name": "fence", "range": grid(0, 0, 1, 1)}}},
        write(0, 0, ["x"]),
    )
    assert "already exists" in error["message"]
    assert _landed(client)


def test_a_stale_read_shows_the_state_of_a_while_ago(client: Client, emulator: Emulator, time: FakeTime) -> None:
    client.put("A1", [["old"]])
    time.now += 10
    client.put("A1", [["new"]])
    time.now += 1
    emulator.faults.add("stale_read", seconds=5, count=2)
    assert client.values("A1") == [["old"]]
    assert client.get(ranges="A1", fields="sheets.data.rowData.values.formattedValue")["sheets"][0]["data"][0][
        "rowData"
    ] == [{"values": [{"formattedValue": "old"}]}]
    assert client.values("A1") == [["new"]]


def test_a_person_edits_between_a_read_and_a_write(client: Client, emulator: Emulator) -> None:
    client.put("A1", [["a"], ["b"]])
    edit = {"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 1}}}
    emulator.faults.add("person_edits", path=":batchUpdate", edits=[edit])
    client.batch(write(0, 0, ["written"]))
    assert client.values("Sheet1") == [["written"], ["a"], ["b"]]
    human = SheetsUser(emulator, client.id)
    emulator.faults.add("person_edits", path=":batchUpdate", action=lambda: human.paste("B1", [["mine"]]))
    client.batch(write(0, 0, ["again"]))
    assert client.values("A1:B1") == [["again", "mine"]]
    assert emulator.calls.writes == 4


def test_a_fault_waits_for_its_request_lets_some_pass_and_fires_so_often(client: Client, emulator: Emulator) -> None:
    emulator.faults.add("error_503", method="post", request="addNamedRange", after=1, count=2)
    add = {"addNamedRange": {"namedRange": {"name": "n1", "range": grid(0, 0, 1, 1)}}}
    statuses = []
    for number in range(5):
        assert _send(client).status_code == 200
        add["addNamedRange"]["namedRange"]["name"] = f"name_{number}"
        statuses.append(_send(client, write(0, 0, ["x"]), add).status_code)
    assert statuses == [200, 503, 503, 200, 200]
    assert emulator.faults.waiting() == []


def test_a_probability_is_repeatable_with_a_seed() -> None:
    def run(seed: int) -> list[int]:
        with Emulator(seed=seed) as emulator:
            client = Client(emulator).create()
            emulator.faults.add("error_503", probability=0.5, count=None)
            return [_send(client).status_code for _ in range(30)]

    assert run(1) == run(1)
    assert set(run(1)) == {200, 503}
    assert run(1) != run(2)


@pytest.mark.parametrize("settings", [{"probability": 2}, {"seconds": -1}, {"count": 0}, {"after": -1}, {"method": 5}])
def test_a_fault_with_nonsense_settings_is_refused(emulator: Emulator, settings: dict[str, Any]) -> None:
    with pytest.raises(EmulatorError):
        emulator.faults.add("hang", **settings)


def test_an_unknown_fault_is_refused_with_a_list_of_the_known(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match=r"no fault 'flood'; there is .*late_commit"):
        emulator.faults.add("flood")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_fault_ends_and_leaves_the_emulator_usable(client: Client, emulator: Emulator, kind: str) -> None:
    emulator.faults.add(kind, seconds=1)
    with contextlib.suppress(requests.RequestException):
        _send(client, timeout=3)
    assert _send(client).status_code == 200


# Quota, latency, merge mode.


def test_the_quota_refuses_the_sixty_first_write_of_a_minute_with_googles_body(
    client: Client, emulator: Emulator, time: FakeTime
) -> None:
    emulator.quota = QuotaLimit()
    time.now = 6000.0
    for _ in range(60):
        client.batch(write(0, 0, ["a"]), write(0, 0, ["b"]))
    error = client.refused(write(0, 0, ["c"]), status=429)
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert error["message"].startswith(
        "Quota exceeded for quota metric 'Write requests' and limit 'Write requests per minute per user' "
        "of service 'sheets.googleapis.com' for consumer 'project_number:"
    )
    info, help_ = error["details"]
    assert (info["reason"], info["domain"]) == ("RATE_LIMIT_EXCEEDED", "googleapis.com")
    assert info["metadata"]["quota_limit"] == "WriteRequestsPerMinutePerUser"
    assert info["metadata"]["quota_limit_value"] == "60"
    assert help_["@type"].endswith("rpc.Help")
    assert client.values("A1") == [["b"]]
    assert client.person("ada@example.com").batch(write(0, 0, ["other user"]))
    time.now += 60
    client.batch(write(0, 0, ["d"]))


def test_the_quota_of_the_project_counts_all_users(client: Client, emulator: Emulator) -> None:
    emulator.quota = QuotaLimit(reads=3)
    for name in "abc":
        client.person(f"{name}@example.com").get()
    response = client.person("d@example.com").call("spreadsheets.get", f"/v4/spreadsheets/{client.id}")
    metadata = response.json()["error"]["details"][0]["metadata"]
    assert (response.status_code, metadata["quota_limit"], metadata["quota_limit_value"]) == (
        429,
        "ReadRequestsPerMinutePerProject",
        "3",
    )


def test_the_latency_model_makes_calls_take_time(client: Client, emulator: Emulator, time: FakeTime) -> None:
    emulator.latency = Latency(seed=3)
    for _ in range(300):
        client.batch(write(0, 0, ["a"]))
    slept = sorted(time.slept)
    assert 0.3 < slept[150] < 0.5
    assert 1.0 < slept[296] < 2.5
    emulator.latency = Latency(scale=100.0)
    with pytest.raises(requests.ReadTimeout):
        _send(client, timeout=0.5)


class _Interleaved:
    """In merge mode the first batch sleeps between check and application; this lets another one in."""

    def __init__(self) -> None:
        self.between: list[Any] = []
        self.emulator = Emulator(sleep=self._sleep)
        self.client = Client(self.emulator).create()

    def _sleep(self, _: float) -> None:
        if self.between:
            self.between.pop()()

    def both(self, first: list[Json], second: list[Json]) -> tuple[requests.Response, requests.Response]:
        answers: list[requests.Response] = []
        other = Client(self.emulator, self.client.id)
        self.between.append(lambda: answers.append(_send(other, *second)))
        self.emulator.merge_window = 1.0
        first_answer = _send(self.client, *first)
        self.emulator.merge_window = None
        return first_answer, answers[0]


def test_in_merge_mode_two_batches_behind_one_fence_both_answer_200() -> None:
    race = _Interleaved()
    client = race.client
    cell = grid(0, 0, 1, 1)
    client.batch({"addNamedRange": {"namedRange": {"namedRangeId": "v0", "name": "fence", "range": cell}}})

    def commit(name: str) -> list[Json]:
        return [
            {"updateNamedRange": {"namedRange": {"namedRangeId": "v0", "range": cell}, "fields": "range"}},
            {"deleteNamedRange": {"namedRangeId": "v0"}},
            {"addNamedRange": {"namedRange": {"namedRangeId": f"v1_{name}", "name": "fence", "range": cell}}},
            write(0, 0, [name]),
            write(5, 0 if name == "a" else 1, [name]),
        ]

    first, second = race.both(commit("a"), commit("b"))
    assert (first.status_code, second.status_code) == (200, 200)
    # The one checked first is applied last: it wins the cell, and its range name clashes.
    assert client.values("A1") == [["a"]]
    assert client.values("A6:B6") == [["a", "b"]]
    names = {item["namedRangeId"]: item["name"] for item in client.get(fields="namedRanges")["namedRanges"]}
    assert names["v1_b"] == "fence"
    assert names["v1_a"].startswith("fence_conflict")
    race.emulator.close()


def test_in_merge_mode_parallel_appends_overwrite_each_other() -> None:
    race = _Interleaved()
    append = [
        {
            "appendCells": {
                "sheetId": 0,
                "rows": [{"values": [{"userEnteredValue": {"stringValue": name}}]}],
                "fields": "*",
            }
        }
        for name in "ab"
    ]
    first, second = race.both([append[0]], [append[1]])
    assert (first.status_code, second.status_code) == (200, 200)
    assert race.client.values("Sheet1") == [["a"]]
    race.emulator.close()


@pytest.mark.parametrize("setting", ["suffix", "vanish"])
def test_in_merge_mode_a_duplicate_title_gets_a_suffix_or_vanishes(setting: str) -> None:
    race = _Interleaved()
    race.emulator.set_quirks(merged_duplicates=setting)
    add = {"addSheet": {"properties": {"title": "New"}}}
    first, second = race.both([add], [add])
    assert (first.status_code, second.status_code) == (200, 200)
    titles = [sheet["properties"]["title"] for sheet in race.client.get()["sheets"]]
    assert len(titles) == (3 if setting == "suffix" else 2)
    assert all(title in {"Sheet1", "New"} or title.startswith("New_conflict") for title in titles)
    race.emulator.close()


def test_in_merge_mode_a_stale_batch_is_still_refused() -> None:
    race = _Interleaved()
    race.emulator.merge_window = 1.0
    assert _send(race.client, {"deleteNamedRange": {"namedRangeId": "v0"}}).status_code == 400
    assert _send(race.client).status_code == 200
    assert _landed(race.client)
    race.emulator.close()
