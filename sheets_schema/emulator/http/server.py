"""The transport with a port: HTTP/1.1 with keep-alive, a thread per connection."""

from __future__ import annotations

import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

from sheets_schema.emulator.errors import ApiError, NoAnswerError, invalid_argument
from sheets_schema.emulator.http.loopback import stranger
from sheets_schema.emulator.messages.http_messages import MAX_BODY, Handler, HttpAnswer, error_answer, json_answer

_IDLE_SECONDS = 120.0
H = TypeVar("H", bound=Handler)
IsPublic = Callable[[str, str], bool]
"""Whether pages of other sites may load what is at this method and path."""


class Server(ThreadingHTTPServer, Generic[H]):
    """Serves an emulator, or whatever answers requests as one does.

    `port` is the real one, also when 0 was asked for.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, handler: H, host: str, port: int, is_public: IsPublic | None = None) -> None:
        self.handler, self.is_public = handler, is_public
        super().__init__((host, port), _Handler)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The origin to call."""
        host = str(self.server_address[0])
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print errors; a client that was killed or hung up is none of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "ESF"
    sys_version = ""
    timeout = _IDLE_SECONDS
    # One write per answer and no Nagle: otherwise keep-alive calls wait 40 ms for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Server[Handler]

    def _serve(self) -> None:
        if reason := self._stranger():
            self.close_connection = True  # with its body unread
            self._send(error_answer(ApiError(403, reason)))
            return
        try:
            body = self._read_body()
        except ApiError as error:
            self.close_connection = True
            self._send(error_answer(error))
            return
        if body is None:
            self.close_connection = True
            return
        parts = urlsplit(self.path)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        try:
            answer = self.server.handler.handle(self.command, parts.path, pairs, dict(self.headers.items()), body)
        except NoAnswerError:
            self.close_connection = True
            self._hang_up()
            return
        except Exception:  # noqa: BLE001 - a defect here must not look like a network fault to the client
            traceback.print_exc()
            answer = error_answer(ApiError(500, "Internal error encountered."))
        self._send(answer)

    # The base class looks for these very names.
    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _serve  # noqa: N815 - as above

    def _stranger(self) -> str:
        hosts = self.headers.get_all("Host", [])
        is_public = self.server.is_public and self.server.is_public(self.command, self.path)
        return stranger(
            listens_on=str(self.server.server_address[0]),
            host=", ".join(hosts) if hosts else None,
            origin=None if is_public else self.headers.get("Origin"),
            site=None if is_public else self.headers.get("Sec-Fetch-Site"),
        )

    def _read_body(self) -> bytes | None:
        """Return the body; None when the client went away in the middle of it."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit():
            raise invalid_argument("Content-Length is not a number.")
        if int(length) > MAX_BODY:
            raise invalid_argument(f"Request payload size exceeds the limit: {MAX_BODY} bytes.")
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _read_chunks(self) -> bytes | None:
        pieces: list[bytes] = []
        total = 0
        while True:
            size_text = self.rfile.readline(100).split(b";")[0].strip()
            try:
                size = int(size_text, 16)
            except ValueError:
                raise invalid_argument("A chunk's size is not a number.") from None
            total += size
            if size < 0 or total > MAX_BODY:
                raise invalid_argument(f"Request payload size exceeds the limit: {MAX_BODY} bytes.")
            piece = self.rfile.read(size)
            if len(piece) < size:
                return None
            pieces.append(piece)
            self.rfile.readline(100)
            if not size:
                return b"".join(pieces)

    def _send(self, answer: HttpAnswer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        length_unknown = bool(answer.pieces) and not answer.body and "Content-Length" not in answer.headers
        chunked = length_unknown and self.request_version >= "HTTP/1.1"
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif length_unknown:
            self.close_connection = True  # which is how HTTP/1.0 ends a body
        elif answer.status not in (204, 304) and "Content-Length" not in answer.headers:  # neither has a body
            self.send_header("Content-Length", str(len(answer.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        for piece in answer.pieces or (answer.body,):
            if chunked and piece:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            elif not chunked:
                self.wfile.write(piece)
            self.wfile.flush()
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002 - the base class's signature
        """Answer what is no HTTP, or an unknown verb, with an error in Google's shape, too."""
        self.close_connection = True
        text = message or HTTPStatus(code).phrase
        self._send(
            json_answer({"error": {"code": int(code), "message": text, "status": "INVALID_ARGUMENT"}}, int(code))
        )

    def _hang_up(self) -> None:
        """Close without an answer."""
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Quiet: the one line that starts the server is all it prints."""


@contextmanager
def serve(handler: H, host: str = "127.0.0.1", port: int = 0, is_public: IsPublic | None = None) -> Iterator[Server[H]]:
    """Run a server in a thread for as long as the `with` lasts."""
    with Server(handler, host, port, is_public) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def run_server(handler: Handler, host: str, port: int) -> int:
    """Serve until SIGTERM or SIGINT, after one line `listening on …`. Returns the exit status."""
    try:
        server = Server(handler, host, port)
    except OSError as error:
        sys.stderr.write(f"cannot listen on {host}:{port}: {error}\n")
        return 1
    with server:
        for number in (signal.SIGTERM, signal.SIGINT):
            # shutdown() waits for the loop, which runs in this very thread, so another one has to ask for it.
            signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
        sys.stdout.write(f"listening on {server.url}\n")
        sys.stdout.flush()
        server.serve_forever(poll_interval=0.1)
    return 0
