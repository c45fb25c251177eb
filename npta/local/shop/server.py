"""The shop with a port."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from werkzeug import Request, Response
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from npta.local.shop.core import LocalShop
from npta.local.shop.http import Dropped


class Served(NamedTuple):
    """A shop that is being served, and the origin to call."""

    shop: LocalShop
    url: str


class _Handler(WSGIRequestHandler):
    """Quiet, and closes a connection that is to get no answer."""

    def connection_dropped(self, error: BaseException, environ: dict[str, object] | None = None) -> None:  # noqa: ARG002 - the base class's signature
        self.close_connection = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The one line that starts the server is all it prints."""


def shop_server(shop: LocalShop, host: str, port: int) -> BaseWSGIServer:
    """A server with a thread for each call; not yet running."""

    @Request.application
    def answered(request: Request) -> Response:
        try:
            answer = shop.handle(request.method, request.path, dict(request.headers), request.get_data())
        except Dropped:
            raise ConnectionAbortedError from None  # which werkzeug takes for a client that went away
        return Response(answer.body, answer.status, dict(answer.headers))

    return make_server(host, port, answered, threaded=True, request_handler=_Handler)


@contextmanager
def serve_shop(shop: LocalShop | None = None, host: str = "127.0.0.1", port: int = 0) -> Iterator[Served]:
    """Run a server in a thread for as long as the `with` lasts (port 0: a free one)."""
    shop = shop or LocalShop()
    server = shop_server(shop, host, port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(shop, f"http://{host}:{server.port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
