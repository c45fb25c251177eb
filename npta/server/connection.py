"""One client's connection: what has come in, what is to go out, and until when."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
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


@dataclass(slots=True, eq=False)
class Connection:
    """Belongs to the loop; while ASKING or WORKING, a thread uses `exchange` and nothing else."""

    sock: socket.socket
    peer: Address
    server: Address
    since: float
    """When it came to the phase that it is in."""
    deadline: float
    """When the phase ends, come what may."""
    phase: Phase = Phase.READING
    inbox: bytearray = field(default_factory=bytearray)
    held: int = 0
    """Bytes that came in and are not answered yet, a thread's included."""
    outbox: memoryview = field(default_factory=lambda: memoryview(b""))
    exchange: Exchange | None = None
    arrived: float = 0.0
    """When the head was there."""
    asked: bool = False
    """Whether the caller has been let in, by the head."""
    ended: bool = False
    """Whether the client has said all that it will say."""
    close: bool = False
    """Whether it ends after the answer."""
    served: int = 0
    thrown_away: int = 0

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
