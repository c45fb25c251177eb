"""One request through gunicorn's parser and the application, from bytes to bytes.

All of it in memory: nothing here waits for a client. The parser, its rules about what a request may look like, and the
answer's head are gunicorn's own.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, NamedTuple

from gunicorn.config import Config
from gunicorn.http import errors, wsgi
from gunicorn.http.body import ChunkedReader
from gunicorn.http.parser import RequestParser

from npta.server.framing import Chunked, Sized
from npta.web.problems import ProblemError, known_or_new
from npta.web.request_body import HEAD_ONLY, WAITED

_log = logging.getLogger(__name__)
_STATUSES: dict[type[Exception], tuple[int, str, str]] = {
    errors.LimitRequestLine: (414, "Path too long", "The first line of the request is too long."),
    errors.LimitRequestHeaders: (
        431,
        "Headers too large",
        "The request has too many headers, or one that is too long.",
    ),
    errors.UnsupportedTransferCoding: (501, "Not implemented", "This transfer coding is not understood."),
    errors.ExpectationFailed: (417, "Expectation failed", "Only 100-continue can be expected here."),
}
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Address = tuple[Any, ...]


class Reply(NamedTuple):
    """What goes back, and whether the connection is closed after it."""

    data: bytes
    close: bool
    request_id: str = ""


class _Received(io.BytesIO):
    """What the parser takes for a socket."""

    def recv(self, size: int) -> bytes:
        return self.read(size)

    def add(self, data: bytes) -> None:
        at = self.tell()
        self.seek(0, io.SEEK_END)
        self.write(data)
        self.seek(at)


class _SentBytes(bytearray):
    """What the answer is written into."""

    def sendall(self, data: bytes) -> None:
        self.extend(data)

    def send(self, data: bytes) -> int:
        """Take gunicorn's `100 Continue` for sent: the worker has sent it long ago."""
        return len(data)


class Exchange:
    """One request, whose head is there."""

    def __init__(self, config: Config, head: bytes, peer: Address, server: Address) -> None:
        """Parse the head. Raises `ProblemError` if this is no request."""
        self._config, self._peer, self._server = config, peer, server
        self._source = _Received(head)
        self._parser = RequestParser(config, self._source, peer)
        try:
            self._request = next(self._parser)
        except (errors.ParseException, errors.NoMoreData, StopIteration) as wrong:
            raise _not_understood(wrong) from None
        self.headers: dict[str, str] = dict(self._request.headers)
        reader = self._request.body.reader
        self.body: Chunked | Sized = Chunked() if isinstance(reader, ChunkedReader) else Sized(reader.length)

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for `100 Continue` before it sends the body."""
        return self.headers.get("EXPECT", "").lower() == "100-continue" and self._request.version >= (1, 1)

    def ask(self, application: Application, *, waited: float, close: bool) -> Reply | None:
        """Answer by the head alone, if that can be done.

        None if the caller is let in, and all of it is needed.
        """
        return self._run(application, b"", {HEAD_ONLY: True, WAITED: waited}, close=close)

    def answer(self, application: Application, body: bytes, *, waited: float, close: bool) -> Reply:
        """Answer the whole request. Raises `ProblemError` if the body is none."""
        self._source.add(body)
        try:
            content = self._request.body.read()
        except (errors.ParseException, errors.NoMoreData) as wrong:
            raise _not_understood(wrong) from None
        left_over = self._source.read(1) or self._parser.unreader.take_buffered()
        # Where the parser and we see the end of a body in different places, nobody knows where the next request begins.
        reply = self._run(application, content, {WAITED: waited}, close=close or bool(left_over))
        return reply or refusal(ProblemError(500, "Internal error", "The request was put off twice."), self.headers)

    def _run(self, application: Application, content: bytes, more: dict[str, Any], *, close: bool) -> Reply | None:
        sent = _SentBytes()
        response, environ = wsgi.create(self._request, sent, self._peer, self._server, self._config)
        environ |= {"wsgi.multithread": True, "wsgi.input": io.BytesIO(content), **more}
        if close:
            response.force_close()
        try:
            pieces = application(environ, response.start_response)
            try:
                for piece in pieces:
                    response.write(piece)
            finally:
                getattr(pieces, "close", lambda: None)()
            if response.status_code == HTTPStatus.CONTINUE:
                return None
            response.close()
        except Exception:  # noqa: BLE001 — the last door before the client
            _log.exception("the application failed")
            return refusal(ProblemError(500, "Internal error", "Something broke."), self.headers)
        return Reply(bytes(sent), response.should_close())


def refusal(problem: ProblemError, headers: dict[str, str] | None = None) -> Reply:
    """Return what goes back in the application's place. The connection ends after it."""
    request_id = known_or_new((headers or {}).get("X-REQUEST-ID", ""))
    response = problem.response(request_id)
    response.headers["X-Request-Id"] = request_id
    lines = [f"HTTP/1.1 {response.status}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return Reply(
        "\r\n".join([*lines, "", ""]).encode("latin-1") + response.get_data(), close=True, request_id=request_id
    )


def _not_understood(wrong: Exception) -> ProblemError:
    return ProblemError(*_STATUSES.get(type(wrong), (400, "Bad request", "This is not HTTP as it should be.")))
