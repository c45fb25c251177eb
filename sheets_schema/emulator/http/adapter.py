"""The door without a port: mount it on a `requests` session and the real client talks to the emulator."""

from __future__ import annotations

import io
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

from sheets_schema.emulator.emulator import Emulator
from sheets_schema.emulator.errors import AnswerTooLateError, ConnectionLostError
from sheets_schema.emulator.messages.http import HttpAnswer


class EmulatorAdapter(BaseAdapter):
    """Answers a session's requests from an emulator.

    Mount it for `https://sheets.googleapis.com/` and `https://www.googleapis.com/`. Faults appear as the exceptions
    that `requests` raises for them: `ReadTimeout` where the answer does not come in time, `ConnectionError` where the
    connection closes.
    """

    def __init__(self, emulator: Emulator) -> None:
        super().__init__()
        self._emulator = emulator

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
        waits = timeout[1] if isinstance(timeout, tuple) else timeout
        try:
            answer = self._emulator.handle(
                request.method or "GET", parts.path, pairs, _headers(request), _body(request), timeout=waits
            )
        except AnswerTooLateError as error:
            message = f"{parts.hostname}: Read timed out. (read timeout={waits})"
            raise requests.ReadTimeout(message, request=request) from error
        except ConnectionLostError as error:
            raise requests.ConnectionError("Connection aborted.", request=request) from error
        return self._response(request, answer)

    def _response(self, request: requests.PreparedRequest, answer: HttpAnswer) -> requests.Response:
        raw = HTTPResponse(
            body=io.BytesIO(answer.body),
            headers={**answer.headers, "Content-Length": str(len(answer.body))},
            status=answer.status,
            reason=HTTPStatus(answer.status).phrase,
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


def connect(emulator: Emulator, *, person: str = "") -> requests.Session:
    """Return a session that reaches the emulator under Google's addresses, as its owner or as a person (`user:ada@example.com`)."""
    session = requests.Session()
    session.trust_env = False
    for origin in ("https://sheets.googleapis.com/", "https://www.googleapis.com/"):
        session.mount(origin, EmulatorAdapter(emulator))
    if person:
        session.headers["Authorization"] = f"Bearer {person}"
    return session


def _headers(request: requests.PreparedRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.headers.items()}


def _body(request: requests.PreparedRequest) -> bytes:
    body = request.body
    if body is None:
        return b""
    return body.encode("utf-8") if isinstance(body, str) else bytes(body)
