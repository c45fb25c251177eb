"""The shop with a port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from werkzeug import Request, Response

from npta.local.http_server import serve_app
from npta.local.shop.core import LocalShop
from npta.local.shop.http import Answer, Dropped

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Served(NamedTuple):
    """A shop that is being served, and the origin to call."""

    shop: LocalShop
    url: str


def shop_app(shop: LocalShop) -> WSGIApplication:
    """The shop as a WSGI application."""

    @Request.application
    def answered(request: Request) -> Response:
        try:
            answer = shop.handle(request.method, request.path, dict(request.headers), request.get_data())
        except Dropped:
            raise ConnectionAbortedError from None  # which makes the server hang up
        return Response(_dripping(answer) if answer.drips else answer.body, answer.status, dict(answer.headers))

    def _dripping(answer: Answer) -> Iterator[bytes]:
        for seconds, drop in answer.drops():
            shop.clock.sleep(seconds)
            yield drop

    return answered


@contextmanager
def serve_shop(shop: LocalShop | None = None, host: str = "127.0.0.1", port: int = 0) -> Iterator[Served]:
    """Run a server in a thread for as long as the `with` lasts (port 0: a free one)."""
    shop = shop or LocalShop()
    with serve_app(shop_app(shop), host, port) as url:
        yield Served(shop, url)
