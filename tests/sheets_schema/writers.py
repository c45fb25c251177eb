"""A writer of the explorer: one process, which stops at every call until somebody says how that ends."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import requests
from greenlet import greenlet  # type: ignore[import-untyped]  # it ships no types
from requests import PreparedRequest, Response
from requests.structures import CaseInsensitiveDict

from sheets_schema.advanced import Timing
from tests.sheets_schema.bank import Time

TIMING = Timing(confirmation_delay=0.0, max_hold=2.0, renew_deadline=2.0, lease_duration=2.0, retry_period=2.0)
"""Nothing merges here, so there is nothing to settle."""

ANSWERED, LOST, REFUSED, UNEXECUTED, LATE, TWICE = "answered", "lost", "refused", "not executed", "late", "twice"
SLOW, STALE, ECHO = "answered after our tenure", "answered with what stood there before", "answered, and again late"
NOTHING, NOTHING_AFTER = "not executed, 200 that means nothing", "executed, 200 that means nothing"
DIES, DIES_AFTER, DIES_LATE = "not executed, dies", "executed, dies", "late, dies"
DEATHS = frozenset((DIES, DIES_AFTER, DIES_LATE))
WRITE_ENDINGS = (ANSWERED, LOST, REFUSED, UNEXECUTED, LATE, TWICE, SLOW, ECHO, NOTHING, NOTHING_AFTER, *DEATHS)
"""Who dies at a read leaves what it leaves by dying before its next batch, or after its last one."""
READ_ENDINGS = (ANSWERED, UNEXECUTED, STALE, SLOW, NOTHING)


HELD = re.compile(rb"commit (\w+) \S+ held by ([\w-]+)")
"""A lock cell that somebody holds, in a batch or in an answer: its commit and its holder."""


class Died(BaseException):
    """A writer is gone, and nobody is told anything more by it."""


@dataclass(frozen=True)
class Step:
    """One step: let a writer's call end in this way, or deliver the batch that is late."""

    writer: int
    ending: str
    late: int = -1

    def __str__(self) -> str:
        return f"{self.writer}: {self.ending}{'' if self.late < 0 else ' arrives'}"


@dataclass(frozen=True)
class Heard:
    """How a call ended for its writer, and in which of its works; without an answer the connection broke."""

    work: int
    ending: str
    answer: Response | None = None


@dataclass
class Writer:
    """One process, which stops at every call until its step is taken."""

    number: int
    hold_lease: bool
    tape: deque[Heard]
    time: Time = field(default_factory=Time)
    ids: Iterator[str] = field(default_factory=lambda: iter(("look",)))
    request: PreparedRequest | None = None
    work: int = -1
    """The one that it is at; before the first it looks."""
    knew: tuple[Any, ...] = ()
    seen: Any = field(default_factory=lambda: hashlib.blake2b(digest_size=8))
    told: dict[str, str] = field(default_factory=dict)
    saw: dict[bytes, float] = field(default_factory=dict)
    """By the commit of a lock cell that was held, when this writer saw it first, on its own clock."""

    @property
    def name(self) -> bytes:
        """As it stands in a lock cell that it holds."""
        return b"writer-%d" % self.number

    @property
    def mind(self) -> tuple[Any, ...]:
        """All on which its further steps depend, and what it was told; who is done or dead takes none."""
        return (self.knew, self.seen.digest()) if self.request else (), sorted(self.told.items())

    def waited(self, commit: bytes) -> float:
        """Seconds on its own clock since it saw the lock cell of this commit held."""
        return self.time.seconds - self.saw.get(commit, self.time.seconds)

    def hears(self, heard: Heard) -> Response:
        """Let the call end."""
        if heard.ending in DEATHS:
            raise Died
        if heard.ending == SLOW:
            self.time.sleep(TIMING.max_hold)
        self.seen.update(heard.ending.encode())
        if heard.answer is None:
            raise requests.ConnectionError("reset")
        self.seen.update(heard.answer.content)
        for commit, _ in HELD.findall(heard.answer.content):
            self.saw.setdefault(commit, self.time.seconds)
        return heard.answer


class Line(requests.Session):
    """A writer's session: it hears again what it heard before; then every call waits for its turn."""

    def __init__(self, writer: Writer, main: greenlet, first_look: Callable[[PreparedRequest], Response]) -> None:
        super().__init__()
        self._writer = writer
        self._main = main
        self._first_look = first_look

    def request(  # type: ignore[override]  # no more than what our client says
        self, method: str, url: str, *, timeout: object, allow_redirects: bool, stream: bool = False, **sent: Any
    ) -> Response:
        assert not allow_redirects
        del timeout, stream  # here nobody waits, and an answer comes whole
        writer = self._writer
        if writer.work >= 0 and writer.tape:
            return writer.hears(writer.tape.popleft())
        request = prepared(method, url, **sent)
        if writer.work < 0:
            return self._first_look(request)
        writer.request = request
        heard = self._main.switch()
        writer.request = None
        return writer.hears(heard)


def prepared(
    method: str, url: str, *, params: Any = (), data: bytes | None = None, headers: Any = ()
) -> PreparedRequest:
    """What `requests` would make of it, without its pains over addresses."""
    request = PreparedRequest()
    request.method, request.url, request.body = method.upper(), f"{url}?{urlencode(params, doseq=True)}", data
    request.headers = CaseInsensitiveDict(headers)
    return request


def quota_answer() -> Response:
    answer = Response()
    answer.status_code = 429
    answer._content = b'{"error": {"code": 429, "message": "Quota exceeded."}}'
    return answer


def answer_that_means_nothing() -> Response:
    """As a proxy may give it: 200, and not about anything that was asked."""
    answer = Response()
    answer.status_code = 200
    answer._content = b"{}"
    return answer
