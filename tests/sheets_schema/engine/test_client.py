"""The wire: what each answer proves, and that nothing foreign comes out."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any

import pytest
import requests
import responses
from google.auth.exceptions import DefaultCredentialsError, RefreshError, TransportError
from google.oauth2.credentials import Credentials

from sheets_schema import Clock, CommitUnknownError, Database, RequestRejectedError, SheetsError, UnavailableError
from sheets_schema.advanced import GOOGLE, Client
from sheets_schema.engine.client import google_credentials
from sheets_schema.engine.response_classification import Applied, NotApplied, Rejected, Unknown, WriteOutcome
from sheets_schema.errors import PermissionDeniedError
from tests.sheets_schema.bank import SCHEMA, Bank, Time, paying

WRITE = f"{GOOGLE}/v4/spreadsheets/an-id:batchUpdate"
READ = f"{GOOGLE}/v4/spreadsheets/an-id/values:batchGet"
NO_SIGN_IN = TransportError("no sign-in")  # type: ignore[no-untyped-call]  # google-auth is half typed
BAD_KEY = RefreshError("bad key")  # type: ignore[no-untyped-call]  # as above
ELSEWHERE = "http://localhost:8085"
HTML = "<!DOCTYPE html><title>Error 502 (Bad Gateway)!!1</title>"


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def clock() -> Clock:
    return Time().clock(iter(range(1, 1000)))


@pytest.fixture
def client(clock: Clock) -> Client:
    return Client("an-id", session=requests.Session(), clock=clock)


def error(status: int, message: str = "no") -> dict[str, Any]:
    return {"status": status, "json": {"error": {"code": status, "message": message, "status": "X"}}}


APPLIED = {"spreadsheetId": "an-id", "replies": [{}]}
"""What Google answers to the batch of these tests."""
SEEN = {"spreadsheetId": "an-id", "valueRanges": [{"range": "A1"}]}
"""What Google answers to their read."""


SOMETHING_ELSE: list[Any] = [[], [{}, {}], {}, [None], None]


def write(client: Client) -> WriteOutcome:
    return client.write([{"x": {}}], client.clock.deadline(20))


@pytest.mark.parametrize(
    ("answer", "ending", "kind"),
    [
        ({"status": 200, "json": APPLIED}, Applied, None),
        *[({"status": status, "json": APPLIED}, Unknown, None) for status in (201, 202, 204, 206, 304)],
        *[({"status": status, "headers": {"Location": WRITE}}, Unknown, None) for status in (301, 302, 307, 308)],
        ({"status": 200, "json": {}}, Unknown, None),
        ({"status": 200, "json": {"error": {"code": 503}}}, Unknown, None),
        ({"status": 200, "json": APPLIED | {"error": None}}, Unknown, None),
        ({"status": 200, "json": APPLIED | {"spreadsheetId": "another"}}, Unknown, None),
        ({"status": 200, "json": {"spreadsheetId": "an-id"}}, Unknown, None),
        *[({"status": 200, "json": APPLIED | {"replies": replies}}, Unknown, None) for replies in SOMETHING_ELSE],
        ({"status": 200, "body": HTML}, Unknown, None),
        ({"status": 200, "json": []}, Unknown, None),
        ({"status": 200, "body": ""}, Unknown, None),
        (error(400), Rejected, RequestRejectedError),
        (error(409), Rejected, RequestRejectedError),
        (error(401), NotApplied, PermissionDeniedError),
        (error(403), NotApplied, PermissionDeniedError),
        (error(404), NotApplied, PermissionDeniedError),
        (error(408), Unknown, None),
        (error(429), NotApplied, UnavailableError),
        ({"status": 429, "body": HTML}, NotApplied, UnavailableError),
        ({"status": 403, "body": HTML}, NotApplied, PermissionDeniedError),
        ({"status": 400, "body": HTML}, Rejected, RequestRejectedError),
        *[(error(status), Unknown, None) for status in (500, 502, 503, 504)],
        *[({"status": status, "body": HTML}, Unknown, None) for status in (500, 502, 503)],
        ({"status": 500, "json": {"error": "text"}}, Unknown, None),
        ({"status": 500, "json": [1]}, Unknown, None),
        ({"status": 400, "json": {"error": {"code": -1}}}, Rejected, RequestRejectedError),
        ({"status": 400, "json": {"error": {}}}, Rejected, RequestRejectedError),
        ({"status": 500, "json": {"error": {}}}, Unknown, None),
        ({"status": 400, "json": {"error": "text"}}, Rejected, RequestRejectedError),
        ({"status": 500, "json": {"error": None}}, Unknown, None),
        ({"body": requests.ReadTimeout()}, Unknown, None),
        ({"body": requests.ConnectionError("Connection aborted.")}, Unknown, None),
        ({"body": requests.exceptions.ChunkedEncodingError()}, Unknown, None),
        ({"body": requests.exceptions.SSLError()}, Unknown, None),
        ({"body": requests.ConnectTimeout()}, NotApplied, UnavailableError),
        ({"body": NO_SIGN_IN}, NotApplied, UnavailableError),
        ({"body": BAD_KEY}, NotApplied, PermissionDeniedError),
    ],
)  # fmt: skip
def test_each_answer_of_a_write_is_told_by_what_it_proves(
    wire: responses.RequestsMock, client: Client, answer: dict[str, Any], ending: type, kind: type[SheetsError] | None
) -> None:
    wire.post(WRITE, **answer)
    told = write(client)
    assert type(told) is ending
    if kind:
        assert isinstance(told, NotApplied | Rejected)
        assert type(told.error) is kind
    assert client.writes == 1
    assert len(wire.calls) == 1


def test_a_refusal_names_the_request_and_hides_what_is_quoted(wire: responses.RequestsMock, client: Client) -> None:
    message = r'Invalid requests[17].updateCells: bad value "KEY-0012 \" and more", "KEY-0013'
    wire.post(WRITE, **error(400, message))
    told = write(client)
    assert isinstance(told, Rejected)
    assert told.error.request_index == 17
    assert "KEY" not in str(told.error)
    assert "more" not in str(told.error)
    assert "requests[17].updateCells" in str(told.error)


def test_of_a_long_refusal_the_beginning_is_told(wire: responses.RequestsMock, client: Client) -> None:
    wire.post(WRITE, **error(400, "x" * 299 + "yz"))
    told = write(client)
    assert isinstance(told, Rejected)
    assert str(told.error) == "x" * 299 + "y"


def date(seconds: float) -> str:
    """A moment on the clock of these tests."""
    return format_datetime(datetime.fromtimestamp(1_000_000, UTC) + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        *[("7", 7.0), ("", 15.0), ("soon", 15.0), ("9999", 60.0), ("0", 1.0), ("nan", 15.0), ("-3", 15.0)],
        *[(date(7), 7.0), (date(9999), 60.0), (date(-5), 1.0), (date(7).replace("GMT", "-0000"), 15.0)],
    ],
)
def test_a_quota_answer_says_when_to_come_again(
    wire: responses.RequestsMock, client: Client, header: str, seconds: float
) -> None:
    wire.post(WRITE, headers={"Retry-After": header}, **error(429))
    told = write(client)
    assert isinstance(told, NotApplied)
    assert isinstance(told.error, UnavailableError)
    assert told.error.retry_after == seconds


def read(client: Client, seconds: float = 20) -> list[dict[str, Any]]:
    return client.values(["A1"], client.clock.deadline(seconds))


def test_a_read_is_repeated_until_it_is_answered(wire: responses.RequestsMock, client: Client) -> None:
    for answer in (error(503), {"status": 502, "body": HTML}, {"body": requests.ReadTimeout()}, error(429)):
        wire.get(READ, **answer)
    wire.get(READ, json=SEEN)
    assert read(client) == [{"range": "A1"}]
    assert client.reads == 5


@pytest.mark.parametrize("status", [429, 503])
def test_a_read_is_not_repeated_before_the_time_that_an_answer_asks_for(
    wire: responses.RequestsMock, client: Client, status: int
) -> None:
    wire.get(READ, headers={"Retry-After": "7"}, **error(status))
    wire.get(READ, json=SEEN)
    started = client.clock.monotonic()
    assert read(client) == [{"range": "A1"}]
    assert 7 <= client.clock.monotonic() - started < 8


@pytest.mark.parametrize("status", [429, 503])
def test_a_write_is_not_repeated_before_the_time_that_an_answer_asks_for(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    process = bank.process()
    process.warm_up()
    send, moments = process.door.send, list[float]()

    def refuse_once(request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        if request.method != "POST":
            return send(request, *args, **more)
        moments.append(bank.time.seconds)
        if len(moments) > 1:
            return send(request, *args, **more)
        answer = requests.Response()
        answer.status_code, answer._content = status, b"{}"
        answer.headers["Retry-After"] = "4"
        return answer

    monkeypatch.setattr(process.door, "send", refuse_once)
    assert process.pay("p1") == "paid"
    assert 4 <= moments[1] - moments[0] < 5
    bank.check()


@pytest.mark.parametrize("answer", [error(503), {"status": 502, "body": HTML}, {"body": requests.ConnectTimeout()}])
def test_a_read_that_is_never_answered_ends_with_its_deadline(
    wire: responses.RequestsMock, client: Client, answer: dict[str, Any]
) -> None:
    wire.get(READ, **answer)
    started = client.clock.monotonic()
    with pytest.raises(UnavailableError, match="could not be read in time"):
        read(client)
    assert client.clock.monotonic() - started <= 20


@pytest.mark.parametrize(
    ("answer", "header", "seconds"),
    [(error(429), "40", 40.0), (error(503), "40", 40.0), (error(429), "", 15.0), (error(503), "", 5.0)],
)
def test_a_read_that_fails_says_when_to_come_again(
    wire: responses.RequestsMock, client: Client, answer: dict[str, Any], header: str, seconds: float
) -> None:
    wire.get(READ, headers={"Retry-After": header}, **answer)
    with pytest.raises(UnavailableError) as told:
        read(client)
    assert told.value.retry_after == seconds


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RequestRejectedError),
        (401, PermissionDeniedError),
        (403, PermissionDeniedError),
        (404, PermissionDeniedError),
    ],
)
def test_a_read_that_is_refused_is_not_repeated(
    wire: responses.RequestsMock, client: Client, status: int, kind: type[SheetsError]
) -> None:
    wire.get(READ, **error(status))
    with pytest.raises(kind):
        read(client)
    assert client.reads == 1


@pytest.mark.parametrize(
    "other",
    [
        {"json": {}},
        {"json": {"hello": "world"}},
        {"json": SEEN | {"error": {"code": 500}}},
        {"json": SEEN | {"spreadsheetId": "another"}},
        {"json": SEEN | {"valueRanges": []}},
        {"json": SEEN | {"valueRanges": [{}, {}]}},
        {"json": SEEN | {"valueRanges": ["A1"]}},
        {"status": 202, "json": SEEN},
        {"status": 302, "headers": {"Location": READ}},
    ],
)
def test_a_read_that_is_answered_with_something_else_is_read_again(
    wire: responses.RequestsMock, client: Client, other: dict[str, Any]
) -> None:
    wire.get(READ, **other)
    wire.get(READ, json=SEEN)
    assert read(client) == [{"range": "A1"}]
    assert client.reads == 2


def test_a_spreadsheet_without_tabs_is_no_answer_and_not_an_unprovisioned_one(
    wire: responses.RequestsMock, client: Client, clock: Clock
) -> None:
    wire.get(f"{GOOGLE}/v4/spreadsheets/an-id", json={"spreadsheetId": "an-id"})
    with pytest.raises(UnavailableError, match="sheets"):
        client.metadata(clock.deadline(5))


def test_a_call_is_not_sent_elsewhere(wire: responses.RequestsMock, client: Client) -> None:
    wire.post(WRITE, status=307, headers={"Location": ELSEWHERE})
    wire.get(READ, status=302, headers={"Location": ELSEWHERE})
    assert isinstance(write(client), Unknown)
    with pytest.raises(UnavailableError):
        read(client, 1)
    assert {str(call.request.url).split("?")[0] for call in wire.calls} == {WRITE, READ}


def test_nothing_foreign_leaves_the_package(wire: responses.RequestsMock, client: Client, clock: Clock) -> None:
    spreadsheet = Database(client, SCHEMA, clock=clock)
    wire.get(f"{GOOGLE}/v4/spreadsheets/an-id", status=502, body=HTML)
    for call in (
        lambda: spreadsheet.run(paying("p"), operation="pay", actor="x", timeout=clock.deadline(5)),
        lambda: spreadsheet.diff(clock.deadline(5)),
        lambda: spreadsheet.provision(clock.deadline(5)),
    ):
        with pytest.raises(UnavailableError):
            call()


def test_a_refused_connection_proves_that_nothing_was_written() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    session = requests.Session()
    session.trust_env = False
    client = Client("an-id", session=session, origin=f"http://127.0.0.1:{port}")
    told = client.write([], client.clock.deadline(2))
    assert isinstance(told, NotApplied)
    assert isinstance(told.error, UnavailableError)
    with pytest.raises(UnavailableError, match="no connection"):
        client.values(["A1"], client.clock.deadline(0.3))


def test_every_call_ends_before_its_deadline_and_leaves_time_to_ask_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[float, float]] = []

    def request(*, timeout: tuple[float, float], **_: Any) -> requests.Response:
        asked.append(timeout)
        raise requests.ReadTimeout

    monkeypatch.setattr(client.session, "request", request)
    for seconds in (300.0, 30.0, 8.0, 3.0, 0.01):
        assert isinstance(client.write([], client.clock.deadline(seconds)), Unknown)
    assert [read for _, read in asked] == pytest.approx([60.0, 15.0, 5.0, 3.0, 0.01])
    assert [connect for connect, _ in asked] == pytest.approx([5.0, 5.0, 5.0, 3.0, 0.01])


def test_another_origin_is_called_in_place_of_google(wire: responses.RequestsMock, clock: Clock) -> None:
    client = Client("an-id", session=requests.Session(), origin="http://localhost:8085/", clock=clock)
    wire.post("http://localhost:8085/v4/spreadsheets/an-id:batchUpdate", json=APPLIED)
    assert isinstance(write(client), Applied)


def test_credentials_sign_in_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = Credentials(None, refresh_token="r", token_uri=GOOGLE, client_id="c", client_secret="s")  # type: ignore[no-untyped-call]  # google-auth is half typed
    client = Client("an-id", credentials=credentials)
    asked: list[tuple[float, float]] = []

    def request(*_: Any, timeout: tuple[float, float], **__: Any) -> requests.Response:
        asked.append(timeout)
        raise requests.ReadTimeout

    monkeypatch.setattr(client._sign_in.session, "request", request)
    for seconds in (300.0, 3.0):
        assert isinstance(client.write([], client.clock.deadline(seconds)), NotApplied)
    assert asked == [(5.0, 10.0), (pytest.approx(3.0, abs=0.2), pytest.approx(3.0, abs=0.2))]


@pytest.mark.parametrize(
    ("settings", "granted"),
    [
        ({}, 60),
        ({"origin": f"{GOOGLE}/"}, 60),
        ({"session": requests.Session()}, None),
        ({"origin": ELSEWHERE}, None),
        ({"reads_a_minute": 0, "writes_a_minute": 0}, None),
        ({"reads_a_minute": 3, "writes_a_minute": 3}, 3),
        ({"reads_a_minute": 3, "writes_a_minute": 3, "session": requests.Session()}, 3),
        ({"reads_a_minute": 3, "writes_a_minute": 3, "origin": ELSEWHERE}, 3),
    ],
)
def test_googles_quota_is_kept_on_the_way_to_google_and_another_where_it_is_set(
    wire: responses.RequestsMock, clock: Clock, settings: dict[str, Any], granted: int | None
) -> None:
    for origin in (GOOGLE, ELSEWHERE):
        wire.post(WRITE.replace(GOOGLE, origin), json=APPLIED)
        wire.get(READ.replace(GOOGLE, origin), json=SEEN)
    client = Client("an-id", clock=clock, **settings)
    calls = granted or 70
    assert {type(write(client)) for _ in range(calls)} == {Applied}
    for _ in range(calls):
        read(client)
    if granted:
        assert isinstance(write(client), NotApplied)
        with pytest.raises(UnavailableError, match="used up"):
            read(client)


def test_a_batch_that_nobody_settles_is_sent_again_only_if_it_was_not_executed(
    wire: responses.RequestsMock, client: Client
) -> None:
    for answer in (error(429), {"body": requests.ConnectTimeout()}, {"body": NO_SIGN_IN}, error(503)):
        wire.post(WRITE, **answer)
    assert isinstance(client.write_until_known([], client.clock.deadline(20)), Unknown)
    assert client.writes == 4


@pytest.mark.parametrize("answer", [error(401), error(403), error(404), error(400), {"json": {}}, {"body": BAD_KEY}])
def test_a_batch_with_a_clear_answer_is_sent_once(
    wire: responses.RequestsMock, client: Client, answer: dict[str, Any]
) -> None:
    wire.post(WRITE, **answer)
    client.write_until_known([], client.clock.deadline(20))
    assert client.writes == 1


def test_a_batch_is_not_sent_again_after_its_deadline_or_before_an_answers_time(
    wire: responses.RequestsMock, client: Client
) -> None:
    wire.post(WRITE, headers={"Retry-After": "7"}, **error(429))
    started = client.clock.monotonic()
    ending = client.write_until_known([], client.clock.deadline(20))
    assert isinstance(ending, NotApplied)
    assert isinstance(ending.error, UnavailableError)
    assert client.writes == 3
    assert client.clock.monotonic() - started == 14


def test_a_pause_that_takes_all_the_time_left_is_none(wire: responses.RequestsMock, client: Client) -> None:
    for add, url in ((wire.post, WRITE), (wire.get, READ)):
        add(url, headers={"Retry-After": "7"}, **error(429))
    started = client.clock.monotonic()

    assert isinstance(client.write_until_known([], client.clock.deadline(7)), NotApplied)
    with pytest.raises(UnavailableError):
        read(client, 7)

    assert (client.writes, client.reads) == (1, 1)
    assert client.clock.monotonic() == started


@pytest.mark.parametrize(
    ("settings", "granted"),
    [
        ({}, 60),
        ({"origin": f"{GOOGLE}/"}, 60),
        ({"origin": ELSEWHERE}, 0),
        ({"session": requests.Session()}, 0),
        ({"session": requests.Session(), "origin": ELSEWHERE}, 0),
    ],
)
def test_what_is_granted_by_itself(settings: dict[str, Any], granted: int) -> None:
    client = Client("an-id", **settings)

    assert (client._read_quota.calls, client._write_quota.calls) == (granted, granted)
    other = Client("an-id", reads_a_minute=3, writes_a_minute=4, **settings)
    assert (other._read_quota.calls, other._write_quota.calls) == (3, 4)


@pytest.mark.parametrize(("reads", "limit", "shared"), [(0, 5, False), (5, 5, True), (6, 5, False), (1, 5, True)])
def test_a_client_that_reads_less_often_has_counts_of_its_own_and_shares_a_minute_that_is_short_enough(
    reads: int, limit: int, shared: bool
) -> None:
    client = Client("an-id", session=requests.Session(), reads_a_minute=reads)
    client.reads, client.writes = 8, 9

    other = client.limited(limit)

    assert (other.reads, other.writes, client.reads, client.writes) == (0, 0, 8, 9)
    assert (other._read_quota is client._read_quota) is shared
    assert other._write_quota is client._write_quota
    assert other._read_quota.calls == (reads if shared else limit)


def test_the_credentials_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = Credentials("t")  # type: ignore[no-untyped-call]  # google-auth is half typed
    monkeypatch.setattr("google.auth.default", lambda scopes: (credentials, scopes))

    assert google_credentials() is credentials


def test_where_the_environment_has_none_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def default(scopes: Any) -> Any:
        raise DefaultCredentialsError(scopes)  # type: ignore[no-untyped-call]  # as above

    monkeypatch.setattr("google.auth.default", default)
    with pytest.raises(PermissionDeniedError, match="There are no Google credentials"):
        google_credentials()


@pytest.mark.parametrize("status", [200, 400, 429, 500, 503])
def test_a_sign_in_that_does_not_work_at_the_moment_is_told_and_any_other_is_google_auths(
    monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    client = Client("an-id", credentials=Credentials("t"))  # type: ignore[no-untyped-call]  # as above
    answer = SimpleNamespace(status=status)
    monkeypatch.setattr(client, "_sign_in", lambda **_: answer)

    if status in (200, 400):
        assert client._signing_in(client.clock.deadline(5)) is answer  # type: ignore[comparison-overlap]
    else:
        with pytest.raises(UnavailableError, match=f"does not work at the moment .status {status}"):
            client._signing_in(client.clock.deadline(5))


def test_a_token_that_was_revoked_is_renewed_once_and_the_answer_that_says_so_let_go_of(
    wire: responses.RequestsMock, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials, closed = Credentials("old"), list[int]()  # type: ignore[no-untyped-call]  # as above
    monkeypatch.setattr(credentials, "refresh", lambda _: setattr(credentials, "token", "new"))
    close = requests.Response.close

    def note(response: requests.Response) -> None:
        closed.append(response.status_code)
        close(response)

    monkeypatch.setattr(requests.Response, "close", note)
    client = Client("an-id", credentials=credentials, clock=clock)
    wire.post(WRITE, **error(401))
    wire.post(WRITE, json=APPLIED)

    assert isinstance(write(client), Applied)

    assert [call.request.headers["authorization"] for call in wire.calls] == ["Bearer old", "Bearer new"]
    assert closed[0] == 401
    wire.post(WRITE, **error(401))
    assert isinstance(write(client), NotApplied)


def test_a_batch_for_which_the_quota_has_no_room_is_not_tried_again_and_again(
    wire: responses.RequestsMock, clock: Clock
) -> None:
    client = Client("an-id", session=requests.Session(), clock=clock, writes_a_minute=1)
    wire.post(WRITE, json=APPLIED)
    write(client)
    started = clock.monotonic()
    ending = client.write_until_known([], clock.deadline(20))
    assert isinstance(ending, NotApplied)
    assert clock.monotonic() == started


def test_in_doubt_tells_when_to_come_again() -> None:
    assert CommitUnknownError("x").retry_after == 5.0
