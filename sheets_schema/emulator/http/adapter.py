"""The transport without a port.

Mount it on a `requests` session and the real client talks to the emulator.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from http.client import responses
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

from sheets_schema.emulator.errors import AnswerTooLateError, ConnectionLostError
from sheets_schema.emulator.messages.http_messages import Handler, HttpAnswer


class EmulatorAdapter(BaseAdapter):
    """Answers a session's requests from an emulator, or from whatever answers them as one does.

    Mount it for `https://sheets.googleapis.com/` and `https://www.googleapis.com/`. Faults appear as the exceptions
    that `requests` raises for them: `ReadTimeout` where the answer does not come in time, `ConnectionError` where the
    connection closes.
    """

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self._handler = handler

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - the answer is in memory either way
        timeout: float | tuple[float | None, float | None] | None = None,
        verify: bool | str = True,  # noqa: ARG002 - there is no connection to verify
        cert: Any = None,  # noqa: ARG002 - as above
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - as above
    ) -> requests.Response:
        """Carry the request out and build the response that a connection would have given."""
        parts = urlsplit(request.url or "")
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        headers = {name: str(value) for name, value in request.headers.items()}
        body = request.body or b""
        content = body.encode() if isinstance(body, str) else bytes(body)
        waits = timeout[1] if isinstance(timeout, tuple) else timeout
        try:
            answer = self._handler.handle(request.method or "GET", parts.path, pairs, headers, content, timeout=waits)
        except AnswerTooLateError as error:
            message = f"{parts.hostname}: Read timed out. (read timeout={waits})"
            raise requests.ReadTimeout(message, request=request) from error
        except ConnectionLostError as error:
            raise requests.ConnectionError("Connection aborted.", request=request) from error
        return self._response(request, answer)

    def _response(self, request: requests.PreparedRequest, answer: HttpAnswer) -> requests.Response:
        headers = dict(answer.headers)
        if answer.body or not answer.pieces:
            headers["Content-Length"] = str(len(answer.body))
        raw = HTTPResponse(
            body=_Pieces(answer.pieces) if answer.pieces else io.BytesIO(answer.body),
            headers=headers,
            status=answer.status,
            reason=responses.get(answer.status, ""),
            preload_content=False,
            request_method=request.method,
        )
        response = requests.Response()
        response.status_code = answer.status
        response.headers.update(answer.headers)
        encoding = requests.utils.get_encoding_from_headers(response.headers)
        if encoding:
            response.encoding = encoding
        response.raw = raw
        response.reason = raw.reason or ""
        response.url = request.url or ""
        response.request = request
        response.connection = self  # type: ignore[assignment] # the stubs know one adapter class only
        return response

    def close(self) -> None:
        """Nothing to close: the emulator belongs to whoever made it."""


def connect(emulator: Handler, *, person: str = "") -> requests.Session:
    """Return a session that reaches the emulator under Google's addresses.

    It is its owner's or a person's (`user:ada@example.com`).
    """
    session = requests.Session()
    session.trust_env = False
    for origin in ("https://sheets.googleapis.com/", "https://www.googleapis.com/", "https://oauth2.googleapis.com/"):
        session.mount(origin, EmulatorAdapter(emulator))
    if person:
        session.headers["Authorization"] = f"Bearer {person}"
    return session


class _Pieces(io.RawIOBase):
    """A body that comes piece by piece."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces: Iterator[bytes] = iter(pieces)

    def readable(self) -> bool:
        """Return true: it is there to be read."""
        return True

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002 - a piece is what there is, as from a socket
        """Return the next piece; nothing once all are read."""
        return next(self._pieces, b"")
