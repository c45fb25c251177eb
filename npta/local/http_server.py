"""WSGI applications behind the emulator's server, and what else the stand-ins share of HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

import requests
from werkzeug import Response
from werkzeug.test import create_environ

from sheets_schema.emulator import ConnectionLostError, HttpAnswer, serve

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

MAX_PIECES = 100


class WsgiHandler:
    """Stands between the emulator's server and a WSGI application."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def handle(
        self,
        method: str,
        path: str,
        query: Sequence[tuple[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        *,
        timeout: float | None = None,  # noqa: ARG002 - the server's callers wait for themselves
    ) -> HttpAnswer:
        """Answer one request; an application that raises a `ConnectionError` gives no answer."""
        text = urlencode(query)
        environ = create_environ(
            unquote(path), query_string=text, method=method, headers=dict(headers or {}), data=body
        )
        environ["REQUEST_URI"] = f"{path}?{text}" if text else path
        try:
            response = Response.from_app(self._app, environ)
        except ConnectionError:
            raise ConnectionLostError from None
        if response.is_streamed and "Content-Length" in response.headers:
            return HttpAnswer(response.status_code, dict(response.headers), b"", _pieces(response))
        with response:
            content = response.get_data()
        response.headers.pop("Content-Length", None)
        return HttpAnswer(response.status_code, dict(response.headers), content)


def _pieces(response: Response) -> Iterator[bytes]:
    with response:
        yield from response.iter_encoded()


def call(method: str, url: str, **options: Any) -> requests.Response:
    """Call a server of this machine, whatever proxy the environment names."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, **options)


def json_response(content: object, status: int = 200) -> Response:
    """Return an answer in JSON."""
    return Response(json.dumps(content, ensure_ascii=False), status, content_type="application/json; charset=utf-8")


def drip_body(body: bytes, seconds: float, sleep: Callable[[float], object]) -> Iterator[bytes]:
    """Return a body in at most a hundred pieces, which take so many seconds together."""
    size = -(-len(body) // MAX_PIECES) or 1
    starts = range(0, len(body), size)
    for start in starts:
        sleep(seconds / len(starts))
        yield body[start : start + size]


@contextmanager
def serve_app(
    app: WSGIApplication, host: str = "127.0.0.1", port: int = 0, is_public: Callable[[str, str], bool] | None = None
) -> Iterator[str]:
    """Serve in a thread for as long as the `with` lasts (port 0: a free one); gives the origin."""
    with serve(WsgiHandler(app), host, port, is_public) as server:
        yield server.url
