"""The shop behind a session, or behind a port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import requests

from npta.local.shop.shop import LocalShop
from sheets_schema.emulator import EmulatorAdapter, serve


class ServedShop(NamedTuple):
    """A shop that is being served, and the origin to call."""

    shop: LocalShop
    url: str


@contextmanager
def serve_shop(shop: LocalShop | None = None, host: str = "127.0.0.1", port: int = 0) -> Iterator[ServedShop]:
    """Run a server in a thread for as long as the `with` lasts (port 0: a free one)."""
    shop = shop or LocalShop()
    with serve(shop, host, port) as server:
        yield ServedShop(shop, server.url)


def shop_session(shop: LocalShop) -> requests.Session:
    """Return a session whose every call goes to this shop."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, EmulatorAdapter(shop))
    return session
