"""The shop without a port: mount it on a `requests` session and the real client talks to it."""

from __future__ import annotations

import io
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3.response import HTTPResponse

from npta.local.shop.core import LocalShop
from npta.local.shop.http import Answer, Dropped, TooLate
from sheets_schema import Clock


class ShopAdapter(BaseAdapter):
    """Answers a session's requests from a local shop, its faults as the exceptions that `requests` raises for them."""

    def __init__(self, shop: LocalShop) -> None:
        super().__init__()
        self._shop = shop

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
        body = request.body or b""
        waits = timeout[1] if isinstance(timeout, tuple) else timeout
        try:
            answer = self._shop.handle(
                request.method or "GET",
                urlsplit(request.url or "").path,
                {name: str(value) for name, value in request.headers.items()},
                body.encode() if isinstance(body, str) else bytes(body),
                timeout=waits,
            )
        except TooLate as error:
            raise requests.ReadTimeout(f"Read timed out. (read timeout={waits})", request=request) from error
        except Dropped as error:
            raise requests.ConnectionError("Connection aborted.", request=request) from error
        return _response(request, answer, self._shop.clock)

    def close(self) -> None:
        """Nothing to close."""


def shop_session(shop: LocalShop) -> requests.Session:
    """A session whose every call goes to this shop."""
    session = requests.Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, ShopAdapter(shop))
    return session


class _Dripping(io.RawIOBase):
    """A body that takes its time, on the shop's clock."""

    def __init__(self, answer: Answer, clock: Clock) -> None:
        super().__init__()
        self._drops = answer.drops()
        self._clock = clock

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def read(self, size: int = -1) -> bytes:  # noqa: ARG002 - a drop is what there is, as from a socket
        """The next drop; nothing once all are read."""
        seconds, drop = next(self._drops, (0.0, b""))
        self._clock.sleep(seconds)
        return drop


def _response(request: requests.PreparedRequest, answer: Answer, clock: Clock) -> requests.Response:
    response = requests.Response()
    response.status_code = answer.status
    response.headers.update(answer.headers)
    response.encoding = requests.utils.get_encoding_from_headers(response.headers)
    body = _Dripping(answer, clock) if answer.drips else io.BytesIO(answer.body)
    response.raw = HTTPResponse(body=body, headers=answer.headers, preload_content=False)
    known = answer.status in {each.value for each in HTTPStatus}
    response.reason = HTTPStatus(answer.status).phrase if known else ""
    response.url = request.url or ""
    response.request = request
    return response
