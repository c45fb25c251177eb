"""The servers of the stand-ins: a WSGI application on a port, in a thread or until the process is told to stop."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import requests
from werkzeug import Request, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from sheets_schema.emulator import stranger

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


MAX_PIECES = 100


class _Quiet(WSGIRequestHandler):
    # An answer leaves in two writes; with Nagle the second would wait 40 ms for the client's acknowledgement.
    disable_nagle_algorithm = True

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:  # noqa: ARG002 — the base class's signature
        """Hang up without an answer if the application raises a `ConnectionError`; the base class would wait on."""
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the line that tells the address is all that is printed."""


def refused(request: Request, listens_on: str, *, is_public: bool = False) -> str:
    """Say why a request is none of this machine's own; empty if it is. What is public, every page may load."""
    headers = request.headers
    origin, site = (None, None) if is_public else (headers.get("Origin"), headers.get("Sec-Fetch-Site"))
    return stranger(listens_on=listens_on, host=headers.get("Host"), origin=origin, site=site)


def guarded(app: WSGIApplication, listens_on: str, is_public: Callable[[Request], bool]) -> WSGIApplication:
    """Return the application for programs of this machine and for pages of its own only."""

    def answered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Request(environ)
        if reason := refused(request, listens_on, is_public=is_public(request)):
            return Response(f"{reason}\n", 403, content_type="text/plain; charset=utf-8")(environ, start_response)
        return app(environ, start_response)

    return answered


def _nothing(_request: Request) -> bool:
    return False


def origin_of(server: BaseWSGIServer) -> str:
    """Return the origin that a server answers on."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"http://{host}:{server.port}"


def call(method: str, url: str, **options: Any) -> requests.Response:
    """Call a server of this machine, whatever proxy the environment names."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, **options)


def drip_body(body: bytes, seconds: float, sleep: Callable[[float], object]) -> Iterator[bytes]:
    """Return a body in at most a hundred pieces, which take so many seconds together."""
    size = -(-len(body) // MAX_PIECES) or 1
    starts = range(0, len(body), size)
    for start in starts:
        sleep(seconds / len(starts))
        yield body[start : start + size]


@contextmanager
def serve_app(
    app: WSGIApplication, host: str = "127.0.0.1", port: int = 0, is_public: Callable[[Request], bool] = _nothing
) -> Iterator[str]:
    """Serve in a thread for as long as the `with` lasts (port 0: a free one); gives the origin."""
    server = make_server(host, port, guarded(app, host, is_public), threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield origin_of(server)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def run_app(app: WSGIApplication, host: str, port: int) -> int:
    """Serve until SIGTERM or SIGINT, after one line `listening on …`. Returns the exit status."""
    server = make_server(host, port, guarded(app, host, _nothing), threaded=True, request_handler=_Quiet)
    for number in (signal.SIGTERM, signal.SIGINT):
        # shutdown() waits for the loop, which runs in this very thread, so another one has to ask for it.
        signal.signal(number, lambda *_: Thread(target=server.shutdown).start())
    sys.stdout.write(f"listening on {origin_of(server)}\n")
    sys.stdout.flush()
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    return 0
