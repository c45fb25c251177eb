"""HTTP that keeps time: a time-out is for the whole call, from connecting to the last byte of the answer.

`requests` by itself grants the time anew for every piece that arrives, so an answer that drips in is waited for forever.
"""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection

_LEAST = 0.001


def keep_time(session: requests.Session, *prefixes: str) -> requests.Session:
    """Let time-outs below these prefixes count for whole calls, where the session would use the adapter of `requests`."""
    for prefix in prefixes:
        if type(session.get_adapter(prefix)) is HTTPAdapter:
            session.mount(prefix, TimelyAdapter())
    return session


class TimelyAdapter(HTTPAdapter):
    """Takes a time-out as seconds for the whole call, or as a pair: seconds to connect, and for the whole call.

    It ends later only while the system looks a name up, or tries the further addresses of a host that swallows the first:
    each of them is given the seconds to connect.
    """

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> requests.Response:
        """Send as `HTTPAdapter` does."""
        timeout = named.get("timeout")
        connect, whole = timeout if isinstance(timeout, tuple) else (timeout, timeout)
        return super().send(request, *args, **{**named, "timeout": Timeout(connect=connect, total=whole)})

    def get_connection_with_tls_context(self, *args: Any, **named: Any) -> Any:
        """A pool of connections that keep time, by way of a proxy or not."""
        pool: Any = super().get_connection_with_tls_context(*args, **named)
        pool.ConnectionCls = _Secure if pool.scheme == "https" else _Connection
        return pool


class _Pressed(io.RawIOBase):
    """What a socket receives, until the time that it grants now is over."""

    def __init__(self, received: io.RawIOBase, sock: socket.socket) -> None:
        self._received = received
        self._sock = sock
        granted = sock.gettimeout()
        self._until = None if granted is None else time.monotonic() + granted

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._until is not None:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
        return self._received.readinto(buffer)

    def close(self) -> None:
        self._received.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer, head and body, that must be there within the time that its socket grants when it begins."""

    def __init__(self, sock: socket.socket, *args: Any, **named: Any) -> None:
        super().__init__(sock, *args, **named)
        self.fp: Any = io.BufferedReader(_Pressed(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _Answer

    def connect(self) -> None:
        start = time.monotonic()
        super().connect()
        if self.timeout is not None:
            # What is left of it must do for sending, too.
            self.sock.settimeout(max(_LEAST, self.timeout - (time.monotonic() - start)))


class _Secure(_Connection, HTTPSConnection):
    pass
