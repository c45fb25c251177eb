"""A server on loopback whose answers come late, in drops, or not at all: what tests of deadlines call."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS = 0.1
"""What a call is given in these tests."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Answer = Callable[[BaseHTTPRequestHandler], object]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """Callers go when their time is over."""


@contextmanager
def listening(*answers: Answer) -> Iterator[tuple[str, list[str]]]:
    """A server that answers one call after another like this, the last way for ever; its origin, and who was let in."""
    script = itertools.chain(answers, itertools.repeat(answers[-1]))
    over = threading.Event()
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        gone = over

        def answer(self) -> None:
            calls.append(self.headers.get("Authorization", ""))
            with suppress(OSError):
                next(script)(self)

        do_GET = do_POST = answer  # noqa: N815 — http.server's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", calls
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def take(call: BaseHTTPRequestHandler) -> None:
    call.rfile.read(int(call.headers.get("Content-Length", 0)))


APPLIED = b'{"spreadsheetId": "an-id", "replies": [{}]}'


def told(status: int, body: bytes = APPLIED, after: float = 0.0) -> Answer:
    def answer(call: BaseHTTPRequestHandler) -> None:
        time.sleep(after)
        take(call)
        call.wfile.write(HEAD.replace(b"200 OK", b"%d X" % status) + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    return answer


def dripping(begin: bytes, drop: bytes, every: float = 0.02) -> Answer:
    """For two seconds, then the connection ends."""

    def answer(call: BaseHTTPRequestHandler) -> None:
        take(call)
        call.wfile.write(begin)
        until = time.monotonic() + 2
        while time.monotonic() < until and not call.gone.wait(every):  # type: ignore[attr-defined]  # the handler above
            call.wfile.write(drop)
        call.close_connection = True

    return answer


def in_pieces(*pieces: bytes, after: float) -> Answer:
    """What comes of an answer, and for a while nothing between two pieces."""

    def answer(call: BaseHTTPRequestHandler) -> None:
        take(call)
        for piece in pieces:
            call.wfile.write(piece)
            time.sleep(after)
        call.gone.wait(0 if pieces[-1].endswith(b"}") else 2)  # type: ignore[attr-defined]  # as above

    return answer


hanging = dripping(b"", b"", every=2)
DRIPS = {
    "body": dripping(HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "chunks": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "size of a chunk": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "head": dripping(HEAD, b"X: y\r\n"),
    "line of the head": dripping(HEAD + b"X: ", b"y"),
    "refusal": dripping(HEAD.replace(b"200", b"400") + b"Content-Length: 100000\r\n\r\n", b" "),
    "flood": dripping(HEAD + b"Content-Length: 100000000000\r\n\r\n", b" " * 500_000, every=0.0),
    "nothing": hanging,
}


@contextmanager
def in_time(seconds: float = SECONDS) -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < seconds + 0.15
