"""Who has no key stops nobody: each attack on the real server as it is deployed, and an honest order beside it.

The bound is generous, and no benchmark: an attack that works holds an order up for good, or for a minute.
"""

from __future__ import annotations

import re
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from threading import Event, Thread
from typing import NamedTuple

import pytest
import requests

from npta.local.function_process import ROOT
from npta.server.worker import MAX_CONNECTIONS
from tests.npta.processes import Function, Site, order_body, site
from tests.support import ORDER_KEY, catalogue_row

pytestmark = pytest.mark.xdist_group("attacks")  # they share a server, and the processor
ATTACKERS = 200
SECONDS = 5.0
"""Within which the honest order is answered."""
BUILD = (ROOT / "cloudbuild.yaml").read_text()
FLAGS = dict(re.findall(r"\b(THREADS)=(\d+)", BUILD))
SIGNED = b"X-Shopify-Topic: refunds/create\r\nX-Shopify-Hmac-SHA256: aGVsbG8="
ORDERS = iter(count(1_000))
FILES = resource.RLIMIT_NOFILE


class Attack(NamedTuple):
    """What each connection sends, at once and then piece by piece."""

    first: bytes
    drip: bytes = b""
    """Sent byte by byte, again and again."""
    reset: bool = False
    """Whether the connection is torn down at once."""


def post(path: str, *headers: bytes) -> bytes:
    return b"\r\n".join(
        [f"POST {path} HTTP/1.1".encode(), b"Host: x", b"Content-Type: application/json", *headers, b"", b""]
    )


KEY = f"X-API-Key: {ORDER_KEY}".encode()
LENGTH, CHUNKED = b"Content-Length: 500000", b"Transfer-Encoding: chunked"
GET = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
ATTACKS = {
    "silent": Attack(b""),
    "half a request line": Attack(b"POST /ord"),
    "half the headers": Attack(b"POST /orders HTTP/1.1\r\nHost: x\r\nX-API-K"),
    "headers that drip": Attack(b"POST /orders HTTP/1.1\r\nHost: x\r\nX-A: ", drip=b"a"),
    "headers without end": Attack(b"GET / HTTP/1.1\r\nHost: x\r\n", drip=b"X-A: 1\r\n"),
    "no body": Attack(post("/orders", LENGTH)),
    "no body, a wrong key": Attack(post("/orders", LENGTH, b"X-API-Key: wrong")),
    "no body, a stranger's token": Attack(
        post("/orders", LENGTH, b"Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.e30.e30")
    ),
    "no body, a right key": Attack(post("/orders", LENGTH, KEY)),
    "no body, a made-up signature": Attack(post("/shopify/webhooks/refunds-create", LENGTH, SIGNED)),
    "no body, of a terabyte": Attack(post("/orders", b"Content-Length: 1000000000000")),
    "no body, where none is wanted": Attack(post("/health", LENGTH)),
    "a body that drips": Attack(post("/orders", LENGTH), drip=b" "),
    "a body that drips, a right key": Attack(post("/orders", LENGTH, KEY), drip=b" "),
    "a signed body that drips": Attack(post("/shopify/webhooks/refunds-create", LENGTH, SIGNED), drip=b" "),
    "chunks that do not come": Attack(post("/orders", CHUNKED, KEY)),
    "a chunk that drips": Attack(post("/shopify/webhooks/refunds-create", CHUNKED, SIGNED) + b"ffff\r\n", drip=b" "),
    "chunks of a byte": Attack(post("/shopify/webhooks/refunds-create", CHUNKED, SIGNED), drip=b"1\r\n \r\n"),
    "a chunk's size without end": Attack(post("/orders", CHUNKED, KEY), drip=b"0"),
    "waits for 100 Continue": Attack(post("/orders", LENGTH, b"Expect: 100-continue", KEY)),
    "waits for 100 Continue, no key": Attack(post("/orders", LENGTH, b"Expect: 100-continue")),
    "a path of 60 kB": Attack(b"GET /" + b"a" * 60_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a path of 60 kB that waits": Attack(b"GET /" + b"a" * 60_000),
    "a path of 7 kB": Attack(b"GET /orders/" + b"9" * 7_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a query of 7 kB": Attack(b"GET /health?" + b"a=1&" * 1_700 + b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    "a header of 60 kB": Attack(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Request-Id: " + b"a" * 60_000 + b"\r\n\r\n"),
    "a key of 8 kB": Attack(b"GET /status HTTP/1.1\r\nHost: x\r\nX-API-Key: " + b"a" * 8_000 + b"\r\n\r\n"),
    "a token of 8 kB": Attack(b"GET /status HTTP/1.1\r\nHost: x\r\nX-Identity-Token: " + b"a." * 4_000 + b"\r\n\r\n"),
    "a host of 8 kB": Attack(b"GET /health HTTP/1.1\r\nHost: " + b"a" * 8_000 + b"\r\n\r\n"),
    "an agent of 8 kB": Attack(b"GET /x HTTP/1.1\r\nHost: x\r\nUser-Agent: " + b"a@" * 4_000 + b"\r\n\r\n"),
    "a thousand headers": Attack(b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X-A: 1\r\n" * 1_000 + b"\r\n"),
    "many requests at once, whose answers nobody reads": Attack(GET.replace(b"/health", b"/openapi.json") * 50),
    "megabytes behind an answer that nobody reads": Attack(
        GET.replace(b"/health", b"/openapi.json") * 20 + b"x" * 5_000_000
    ),
    "requests one after another, each half": Attack(GET + b"GET /hea"),
    "a second request without its body": Attack(GET + post("/orders", LENGTH, KEY)),
    "not HTTP": Attack(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500),
    "HTTP/2": Attack(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "line ends without end": Attack(b"\r\n" * 10_000),
    "an upgrade": Attack(
        b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    ),
    "a megabyte with a made-up signature": Attack(
        post("/shopify/webhooks/refunds-create", b"Content-Length: 1048576", SIGNED) + b" " * 1_048_576
    ),
    "a megabyte but for one byte": Attack(
        post("/shopify/webhooks/refunds-create", b"Content-Length: 1048576", SIGNED) + b" " * 1_048_575
    ),
    "a megabyte of JSON, a right key": Attack(post("/orders", b"Content-Length: 1000000", KEY) + b"[" * 1_000_000),
    "torn down at once": Attack(GET, reset=True),
}


@pytest.fixture(scope="module")
def place() -> Iterator[Site]:
    hard = resource.getrlimit(FILES)[1]
    resource.setrlimit(FILES, (hard, hard))  # for this process's own ends of all the connections
    with site() as made:
        catalogue = made.sheet.worksheet("NPTA Catalogue")
        catalogue.update([catalogue_row("CPTa", "NASM-CPT-FULL")], "A2", raw=True)
        made.sheet.worksheet("Import Keys").update(
            [["CANADA", "NASM", "CPT", "combined", "EX-1", 9_000]], "A2", raw=True
        )
        with made.function() as function:
            assert function.post("/catalogue/sync", {}).json()["published"] == 1
            assert function.post("/keys/import", {}).json()["imported"] == 1
        yield made


@pytest.fixture(scope="module")
def function(place: Site) -> Iterator[Function]:
    """The function, started as `cloudbuild.yaml` has it."""
    with place.function(**FLAGS) as running:
        honest_order(running)
        yield running


def honest_order(function: Function) -> float:
    """Seconds until an order is answered, with its keys."""
    began = time.monotonic()
    answer = requests.post(
        f"{function.origin}/orders",
        json=order_body(str(next(ORDERS)), ("CPTa", 1)),
        headers={"X-API-Key": ORDER_KEY},
        timeout=60,
    )
    assert (answer.status_code, answer.json()["keys_count"]) == (200, 1)
    return time.monotonic() - began


@contextmanager
def under_attack(function: Function, attack: Attack, attackers: int = ATTACKERS) -> Iterator[None]:
    """Many connections that send what the attack says, for as long as the block runs."""
    over = Event()
    with ExitStack() as stack:
        wires: list[tuple[socket.socket, list[memoryview]]] = []
        for _ in range(attackers):
            wire = stack.enter_context(socket.create_connection(("127.0.0.1", function.port), timeout=20))
            wire.setblocking(False)
            wires.append((wire, [memoryview(attack.first)]))

        def send() -> None:
            """Whatever the server takes, in turn; nobody reads an answer."""
            for place in count():
                for wire, rest in wires:
                    with suppress(OSError):
                        if rest[0]:
                            rest[0] = rest[0][wire.send(rest[0]) :]
                        elif attack.reset:
                            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                            wire.close()
                        elif attack.drip:
                            wire.send(attack.drip[place % len(attack.drip) :][:1])
                if over.wait(0.2):
                    return

        sending = Thread(target=send, daemon=True)
        sending.start()
        try:
            yield
        finally:
            over.set()
            sending.join()


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in ATTACKS.items()])
def test_an_honest_order_is_answered_beside_it(function: Function, attack: Attack) -> None:
    with under_attack(function, attack):
        times = [honest_order(function) for _ in range(3)]

    assert max(times) < SECONDS


def test_more_connections_than_there_may_be_push_each_other_out(function: Function) -> None:
    """The newest stays: those that have gone longest without a request go."""
    with under_attack(function, ATTACKS["silent"], min(MAX_CONNECTIONS + 200, resource.getrlimit(FILES)[0] - 100)):
        times = [honest_order(function) for _ in range(3)]

    assert max(times) < SECONDS


def test_beside_all_of_it_at_once(function: Function) -> None:
    with ExitStack() as stack:
        for attack in ATTACKS.values():
            stack.enter_context(under_attack(function, attack, 20))
        times = [honest_order(function) for _ in range(3)]

    assert max(times) < 3 * SECONDS
