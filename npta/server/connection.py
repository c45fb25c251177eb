"""One client's connection: what has come in, what is to go out, and until when."""

from __future__ import annotations

import socket
from enum import Enum, auto

from npta.server.exchange import Address, Exchange


class Phase(Enum):
    """What a connection is at."""

    READING = auto()
    """The loop collects a request."""
    ASKING = auto()
    """A thread looks at the head: who is refused, or needs no body, is answered."""
    WORKING = auto()
    """A thread has the whole request. In these two phases nobody listens to the client."""
    WRITING = auto()
    """The answer goes out as the client takes it."""
    ENDING = auto()
    """The answer is out; what still comes is thrown away, so that closing does not take the answer back."""


class Connection:
    """Belongs to the loop; while ASKING or WORKING, a thread uses `exchange` and nothing else."""

    __slots__ = (
        "arrived", "asked", "close", "deadline", "ended", "exchange", "held", "inbox", "outbox", "peer",
        "phase", "served", "server", "since", "sock", "thrown_away",
    )  # fmt: skip

    def __init__(self, sock: socket.socket, peer: Address, server: Address, now: float, deadline: float) -> None:
        self.sock = sock
        self.peer = peer
        self.server = server
        self.phase = Phase.READING
        self.since = now
        """When it came to the phase that it is in."""
        self.deadline = deadline
        """When the phase ends, come what may."""
        self.inbox = bytearray()
        self.held = 0
        """Bytes that came in and are not answered yet, a thread's included."""
        self.outbox = memoryview(b"")
        self.exchange: Exchange | None = None
        self.arrived = now
        """When the head was there."""
        self.asked = False
        """Whether the caller has been let in, by the head."""
        self.ended = False
        """Whether the client has said all that it will say."""
        self.close = False
        """Whether it ends after the answer."""
        self.served = 0
        self.thrown_away = 0

    def take(self, length: int) -> bytes:
        """Take so many bytes out of what has come in."""
        taken = bytes(self.inbox[:length])
        del self.inbox[:length]
        return taken

    @property
    def is_idle(self) -> bool:
        """Whether nothing of a request has come in."""
        return self.phase is Phase.READING and not self.inbox and self.exchange is None

    def enter(self, phase: Phase, now: float, seconds: float) -> None:
        """Go on to another phase, which may take so long."""
        self.phase, self.since, self.deadline = phase, now, now + seconds

    def next_request(self, now: float, seconds: float) -> None:
        """Forget the request that is answered."""
        self.exchange, self.asked, self.held = None, False, len(self.inbox)
        self.served += 1
        self.enter(Phase.READING, now, seconds)
