"""HTTP whose time-out is for the whole call, from connecting to the last byte.

`requests` by itself grants the time anew for every piece that arrives, so an answer that drips in is waited for forever.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

_MAX_SECONDS = 86_400.0
"""Seconds that a call without a time-out may take."""
_call = threading.local()
"""What a thread's connections know of its call: when it has to be over."""


def enforce_total_timeout(session: requests.Session, *prefixes: str) -> requests.Session:
    """Make time-outs below these prefixes count for whole calls, and return the session.

    A prefix for which an adapter of another kind is mounted (the emulator's, say) is left as it is.
    """
    for prefix in prefixes:
        if type(session.get_adapter(prefix)) is HTTPAdapter:
            session.mount(prefix, TotalTimeoutAdapter())
    return session


class TotalTimeoutAdapter(HTTPAdapter):
    """Takes a time-out for the whole call, or a pair: to connect, and for the whole call.

    It ends later only while the system looks a name up, or tries the further addresses of a host that swallows the first:
    each of them is given the seconds to connect.
    """

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> requests.Response:
        """Send as `HTTPAdapter` does."""
        timeout = named.get("timeout")
        whole = timeout[1] if isinstance(timeout, tuple) else timeout
        _call.until = time.monotonic() + (_MAX_SECONDS if whole is None else whole)
        return super().send(request, *args, **named)

    def get_connection_with_tls_context(self, *args: Any, **named: Any) -> Any:
        """Return a pool of connections that keep time, by way of a proxy or not."""
        pool: Any = super().get_connection_with_tls_context(*args, **named)
        pool.ConnectionCls = _Secure if pool.scheme == "https" else _Connection
        return pool


def _left(until: float) -> float:
    return max(0.001, until - time.monotonic())


class _TimedReader(io.RawIOBase):
    """What a socket receives, until the call's time is over."""

    def __init__(self, received: io.RawIOBase, sock: socket.socket) -> None:
        self._received = received
        self._sock = sock
        self._until: float = _call.until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() >= self._until:
            raise TimeoutError("timed out")
        self._sock.settimeout(_left(self._until))
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _TimedResponse(HTTPResponse):
    """An answer, head and body, that is there in time or not at all."""

    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp: Any = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _TimedResponse

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        sock.settimeout(min(self.timeout or _MAX_SECONDS, _left(_call.until)))  # for the handshake
        return sock

    def connect(self) -> None:
        super().connect()
        self.sock.settimeout(_left(_call.until))

    def request(self, *args: Any, **named: Any) -> None:
        if self.sock:
            self.timeout = _left(_call.until)  # sending may take longer than connecting
        super().request(*args, **named)


class _Secure(_Connection, HTTPSConnection):
    pass
