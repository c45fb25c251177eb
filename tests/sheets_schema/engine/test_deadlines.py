"""A call ends with its deadline, however the other side behaves: over real sockets, in parts of a second."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
import requests
import urllib3.util.connection
from google.auth.compute_engine import _metadata
from google.auth.credentials import Credentials
from google.oauth2.credentials import Credentials as Person

import sheets_schema.engine.client
from sheets_schema import UnavailableError
from sheets_schema.advanced import Client
from sheets_schema.engine.response_classification import Applied, NotApplied, Unknown
from sheets_schema.errors import PermissionDeniedError
from tests.dripping import (
    APPLIED,
    DRIPS,
    HEAD,
    SECONDS,
    Answer,
    hanging,
    in_pieces,
    in_time,
    listening,
    told,
)


def write(client: Client, seconds: float = SECONDS, *, size: int = 1) -> object:
    return client.write([{"x": "x" * size}], client.clock.deadline(seconds))


@pytest.mark.parametrize("drip", DRIPS)
def test_a_write_whose_answer_drips_in_is_in_doubt_at_the_deadline(drip: str) -> None:
    with listening(DRIPS[drip]) as (origin, _), in_time():
        assert isinstance(write(Client("an-id", origin=origin)), Unknown)


def test_an_answer_that_stalls_is_not_given_its_time_anew() -> None:
    with listening(in_pieces(HEAD, b"Content-Length: 9\r\n\r\n", after=0.25)) as (origin, _), in_time(0.3):
        assert isinstance(write(Client("an-id", origin=origin), 0.3), Unknown)


def test_deadlines_hold_over_a_plain_session_of_ones_own() -> None:
    with listening(DRIPS["body"]) as (origin, _), in_time():
        assert isinstance(write(Client("an-id", session=requests.Session(), origin=origin)), Unknown)


def test_a_read_whose_answer_drips_in_fails_at_the_deadline() -> None:
    with listening(DRIPS["body"]) as (origin, _):
        client = Client("an-id", origin=origin)
        with in_time(), pytest.raises(UnavailableError, match="could not be read in time"):
            client.values(["A1"], client.clock.deadline(SECONDS))


def connecting_takes(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    connect = urllib3.util.connection.create_connection

    def slowly(*args: Any, **more: Any) -> Any:
        time.sleep(seconds)
        return connect(*args, **more)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", slowly)


@pytest.mark.parametrize("size", [1, 10_000_000], ids=["answer", "sending"])
def test_time_to_connect_is_taken_from_the_time_for_the_rest(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    connecting_takes(monkeypatch, 0.25)

    def deaf(call: BaseHTTPRequestHandler) -> None:
        call.gone.wait(2)  # type: ignore[attr-defined]  # the handler above

    with listening(deaf) as (origin, _), in_time(0.3):
        assert isinstance(write(Client("an-id", origin=origin), 0.3, size=size), Unknown)


def test_time_to_connect_is_taken_from_the_time_for_the_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    connecting_takes(monkeypatch, 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, in_time(0.8):
        client = Client("an-id", origin=f"https://127.0.0.1:{silent.getsockname()[1]}")
        assert not isinstance(write(client, 0.6), Applied)


def test_sending_may_take_longer_than_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets_schema.engine.client, "_CONNECT_SECONDS", 0.1)
    with listening(told(200, after=0.2)) as (origin, _):
        client = Client("an-id", origin=origin)
        for _connection in ("new", "kept"):
            assert isinstance(write(client, 5, size=10_000_000), Applied)


def test_a_call_is_not_hurried_by_the_one_before_it_on_the_same_connection() -> None:
    head = HEAD + b"Content-Length: %d\r\n\r\n" % len(APPLIED)
    late = in_pieces(head, APPLIED[:1], APPLIED[1:-1], APPLIED[-1:], after=0.1)
    with listening(late, told(200, after=0.5)) as (origin, _):
        client = Client("an-id", origin=origin)
        assert isinstance(write(client, 0.5), Applied)
        assert isinstance(write(client, 5, size=10_000_000), Applied)


# Signing in


class OfTheMachine(Credentials):
    """Credentials that google-auth fetches from the machine they run on, with time-outs and repetitions of its own."""

    def __init__(self, origin: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # google-auth is half typed
        self.origin = origin

    def refresh(self, request: Any) -> None:
        self.token = _metadata.get(request, "token", root=self.origin)["access_token"]  # type: ignore[no-untyped-call]  # as above


def person(origin: str) -> Person:
    return Person(None, refresh_token="r", token_uri=origin, client_id="c", client_secret="s")  # type: ignore[no-untyped-call]  # as above


@pytest.mark.parametrize("account", [person, OfTheMachine])
@pytest.mark.parametrize(
    "sign_in",
    [hanging, DRIPS["body"], told(503, b'{"error": "x"}'), told(429)],
    ids=["hangs", "drips", "503", "429"],
)
def test_a_sign_in_that_does_not_work_ends_with_the_deadline_and_nothing_is_written(
    account: Callable[[str], Credentials], sign_in: Answer
) -> None:
    with listening(sign_in) as (sign_in_origin, asked), listening(told(200)) as (origin, calls):
        client = Client("an-id", credentials=account(f"{sign_in_origin}/"), origin=origin)
        with in_time():
            ending = write(client)
        assert isinstance(ending, NotApplied)
        assert isinstance(ending.error, UnavailableError)
        assert ending.again
        assert (len(asked), len(calls)) == (1, 0)


def test_a_read_without_a_sign_in_fails_at_the_deadline() -> None:
    with listening(hanging) as (sign_in_origin, _):
        client = Client("an-id", credentials=person(sign_in_origin))
        with in_time(), pytest.raises(UnavailableError, match="sign-in"):
            client.values(["A1"], client.clock.deadline(SECONDS))


def test_signing_in_is_part_of_the_call() -> None:
    slow = told(200, b'{"access_token": "one"}', after=0.25)
    with listening(slow) as (sign_in_origin, _), listening(hanging) as (origin, calls):
        with in_time(0.3):
            assert isinstance(write(Client("an-id", credentials=person(sign_in_origin), origin=origin), 0.3), Unknown)
        assert calls == ["Bearer one"]


def tokens(*names: str) -> list[Answer]:
    return [told(200, b'{"access_token": "%s"}' % name.encode()) for name in names]


def test_a_token_that_is_refused_is_replaced_once() -> None:
    with listening(*tokens("one", "two")) as (sign_in_origin, _), listening(told(401), told(200)) as (origin, calls):
        client = Client("an-id", credentials=person(sign_in_origin), origin=origin)
        assert isinstance(write(client, 5), Applied)
        assert isinstance(write(client, 5), Applied)
    assert calls == ["Bearer one", "Bearer two", "Bearer two"]


def test_who_is_refused_with_a_new_token_too_is_denied() -> None:
    with listening(*tokens("one", "two")) as (sign_in_origin, _), listening(told(401)) as (origin, calls):
        ending = write(Client("an-id", credentials=person(sign_in_origin), origin=origin), 5)
        assert isinstance(ending, NotApplied)
        assert isinstance(ending.error, PermissionDeniedError)
    assert calls == ["Bearer one", "Bearer two"]
