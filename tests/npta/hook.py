"""A stand-in for the Zap behind the keys hook: it notes what it is given, and answers as a test wishes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from werkzeug import Request, Response

from npta.local.http_server import serve_app


@dataclass
class Hook:
    """What was taken, with a 2xx, and what every call brought; `status` is what it answers."""

    address: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    taken: list[dict[str, Any]] = field(default_factory=list)
    hangs: bool = False
    ends: Event = field(default_factory=Event)

    @property
    def orders(self) -> list[str]:
        """The orders whose answers it took, in their sequence."""
        return [body["order_id"] for body in self.taken]

    def answer(self, request: Request) -> Response:
        """Take one call."""
        body = json.loads(request.data)
        self.calls.append(body)
        if self.hangs:
            self.ends.wait(30)
        if 200 <= self.status < 300:
            self.taken.append(body)
        return Response(json.dumps({"status": "success"}), self.status, self.headers, content_type="application/json")


@contextmanager
def running_hook() -> Iterator[Hook]:
    """A hook on loopback."""
    hook = Hook()
    with serve_app(Request.application(hook.answer)) as origin:
        hook.address = f"{origin}/hooks/catch/123/secret-part/"
        yield hook
        hook.ends.set()
