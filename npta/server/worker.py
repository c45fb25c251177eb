"""The gunicorn worker: one loop over all connections, threads for whole requests only."""

from __future__ import annotations

import errno
import logging
import os
import resource
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from gunicorn.workers import base

from npta.log import note, request_line
from npta.server.connection import Connection, Phase
from npta.server.exchange import Exchange, Reply, refusal
from npta.server.framing import head_length
from npta.web.problems import ProblemError

_log = logging.getLogger(__name__)

HEAD_SECONDS = 10.0
"""From the first byte (or the connection's beginning) to the end of the head."""
BODY_SECONDS = 10.0
"""From the end of the head to the end of the body; Zapier and Shopify take milliseconds."""
ASKERS = 4
"""Threads that look at heads. Strangers get no others: 32 of them at work would hold up those who were let in."""
SEND_SECONDS = 20.0
END_SECONDS = 2.0
KEEP_ALIVE = 60.0
"""How long a connection may wait for its next request: longer than the pauses of a proxy that keeps some in store."""
STOP_SECONDS = 1.0
"""What a request that is just coming in gets after SIGTERM."""
MAX_CONNECTIONS = 2_000
MAX_BYTES = 64 * 1024 * 1024
"""Of requests that are not answered yet, over all connections."""
MAX_THROWN_AWAY = 8 * 1024 * 1024
SPARE_FILES = 256
"""File descriptors for everything but clients."""
KERNEL_BUFFER = 128 * 1024
"""For what a client does not take, and for what it sends while nobody listens. Some megabytes each (Linux's own measure)
for some hundred connections, and the kernel's memory stops everybody for seconds (seen)."""
TICK = 0.1
_PIECE = 64 * 1024


class Worker(base.Worker):  # type: ignore[misc]  # gunicorn ships no types
    """Serves what gunicorn listens on. Everything but `_step` runs in the loop's own thread."""

    def init_process(self) -> None:
        """Run in the worker's process until it is asked to stop."""
        self._poller = selectors.DefaultSelector()
        self._threads = ThreadPoolExecutor(max_workers=self.cfg.threads, thread_name_prefix="request")
        self._askers = ThreadPoolExecutor(max_workers=ASKERS, thread_name_prefix="ask")
        self._connections: set[Connection] = set()
        self._done: deque[tuple[Connection, Reply | None]] = deque()
        self._held = 0
        self._most = _most_connections()
        self._stop_at = float("inf")
        super().init_process()

    def run(self) -> None:
        """Serve until SIGTERM, then until what is under way is answered."""
        self._poller.register(self.PIPE[0], selectors.EVENT_READ, self._woken)
        for listener in self.sockets:
            listener.setblocking(False)
            for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):  # a connection has them from what it was accepted on
                listener.setsockopt(socket.SOL_SOCKET, buffer, KERNEL_BUFFER)
            self._poller.register(listener, selectors.EVENT_READ, partial(self._accept, listener))
        swept = 0.0
        while self.alive or self._connections:
            self.notify()
            for key, _ in self._poller.select(TICK if self._connections else 1.0):
                key.data()
            now = time.monotonic()
            if now - swept >= TICK:
                swept = now
                self._sweep(now)
            if not self.alive and self._stop_at == float("inf"):
                self._stop(now)
            if now >= self._stop_at or self.ppid != os.getppid():
                break
        for connection in list(self._connections):
            self._drop(connection)
        for pool in (self._threads, self._askers):
            pool.shutdown(wait=False, cancel_futures=True)
        self._poller.close()

    def _stop(self, now: float) -> None:
        """Take nobody in any more; a request that is just coming in is waited for, for a moment."""
        self._stop_at = now + self.cfg.graceful_timeout
        for listener in self.sockets:
            self._poller.unregister(listener)
            listener.close()
        for connection in self._connections:
            if connection.phase is Phase.READING:
                connection.deadline = min(connection.deadline, now + STOP_SECONDS)

    # --- what comes in

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, peer = listener.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE) and self._make_room():
                    continue
                return  # nobody is left, or went away again
            sock.setblocking(False)
            now = time.monotonic()
            connection = Connection(sock, peer, listener.getsockname(), now, now + HEAD_SECONDS)
            self._connections.add(connection)
            self._listen(connection, selectors.EVENT_READ, self._read)
            if len(self._connections) > self._most and not self._make_room(connection):
                self._refuse(connection, _busy())

    def _read(self, connection: Connection) -> None:
        try:
            data = connection.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            self._drop(connection)
            return
        if connection.phase is Phase.ENDING:
            connection.thrown_away += len(data)
            if not data or connection.thrown_away > MAX_THROWN_AWAY:
                self._drop(connection)
        elif data:
            if connection.is_idle:
                connection.enter(Phase.READING, time.monotonic(), HEAD_SECONDS if self.alive else STOP_SECONDS)
            connection.inbox += data
            connection.held += len(data)
            self._held += len(data)
            self._advance(connection)
            if self._held > MAX_BYTES:
                self._free_memory()
        elif connection.exchange:
            connection.ended = True
            body = connection.take(len(connection.inbox))  # half of one: a 400 says so
            self._hand_over(connection, Phase.WORKING, self._threads, body, close=True)
        else:
            self._drop(connection)

    def _advance(self, connection: Connection) -> None:
        """See how much of a request has come in, and hand it over: its head first, then all of it."""
        now = time.monotonic()
        try:
            if connection.exchange is None:
                length = head_length(connection.inbox)
                if length is None:
                    return
                head = connection.take(length)
                connection.exchange = Exchange(self.cfg, head, connection.peer, connection.server)
                connection.arrived = now
            whole = connection.exchange.body.length(connection.inbox)
        except ProblemError as problem:
            self._refuse(connection, problem)
            return
        if not connection.asked:
            self._hand_over(connection, Phase.ASKING, self._askers, None, close=whole is None)
        elif whole is not None:
            self._hand_over(connection, Phase.WORKING, self._threads, connection.take(whole), close=False)

    def _let_in(self, connection: Connection) -> None:
        """Go on with a request whose caller is known; its body may be on its way still."""
        connection.asked = True
        connection.enter(Phase.READING, time.monotonic(), BODY_SECONDS if self.alive else STOP_SECONDS)
        self._listen(connection, selectors.EVENT_READ, self._read)
        self._advance(connection)
        if connection.phase is Phase.READING and connection.exchange and connection.exchange.expects_continue:
            with suppress(OSError):
                connection.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _sweep(self, now: float) -> None:
        """End what has taken too long."""
        for connection in [connection for connection in self._connections if now >= connection.deadline]:
            if connection.phase is not Phase.READING or connection.is_idle:
                self._drop(connection)
            else:
                part = "body" if connection.exchange else "head"
                self._refuse(
                    connection, ProblemError(408, "Request timeout", f"The {part} of the request took too long.")
                )

    # --- the threads

    def _hand_over(
        self, connection: Connection, phase: Phase, pool: ThreadPoolExecutor, body: bytes | None, *, close: bool
    ) -> None:
        connection.enter(phase, time.monotonic(), float("inf"))
        self._poller.unregister(connection.sock)
        pool.submit(self._work, connection, body, close=close or connection.ended or not self.alive)

    def _work(self, connection: Connection, body: bytes | None, *, close: bool) -> None:
        exchange, waited = connection.exchange, time.monotonic() - connection.arrived
        if exchange is None or connection not in self._connections:
            return  # pushed out meanwhile
        reply: Reply | None
        try:
            if body is None:
                reply = exchange.ask(self.wsgi, waited=waited, close=close)
            else:
                reply = exchange.answer(self.wsgi, body, waited=waited, close=close)
        except ProblemError as problem:
            reply = refusal(problem, exchange.headers)
        except BaseException:  # noqa: BLE001 — the client is answered whatever ends a thread
            _log.exception("a request failed")
            reply = refusal(ProblemError(500, "Internal error", "Something broke."), exchange.headers)
        self._done.append((connection, reply))
        with suppress(BlockingIOError):  # a full pipe wakes the loop as well
            os.write(self.PIPE[1], b".")

    def _woken(self) -> None:
        """Threads have answers, or a signal came."""
        os.read(self.PIPE[0], 4096)
        while self._done:
            connection, reply = self._done.popleft()
            if connection not in self._connections:
                continue
            if reply is None:
                self._let_in(connection)
                continue
            if connection.phase is Phase.ASKING and connection.exchange and not reply.close:
                connection.take(connection.exchange.body.length(connection.inbox) or 0)  # a body that nobody wanted
            self._send(connection, reply)

    # --- what goes out

    def _refuse(self, connection: Connection, problem: ProblemError) -> None:
        """Answer in the application's place, with a line in the log as for every request."""
        reply = refusal(problem, connection.exchange.headers if connection.exchange else None)
        with request_line(reply.request_id):
            note(status=problem.status, outcome=problem.title.lower())
        self._send(connection, reply)

    def _send(self, connection: Connection, reply: Reply) -> None:
        connection.outbox, connection.close = memoryview(reply.data), reply.close
        connection.enter(Phase.WRITING, time.monotonic(), SEND_SECONDS)
        self._listen(connection, selectors.EVENT_WRITE, self._write)
        self._write(connection)

    def _write(self, connection: Connection) -> None:
        try:
            sent = connection.sock.send(connection.outbox)
            connection.outbox = connection.outbox[sent:]
            if connection.outbox:
                return
            if connection.close:
                connection.sock.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return
        except OSError:
            self._drop(connection)
            return
        now, held = time.monotonic(), connection.held
        if connection.close:
            connection.inbox.clear()
            connection.next_request(now, 0)
            connection.enter(Phase.ENDING, now, END_SECONDS)
        else:
            pause = HEAD_SECONDS if connection.inbox else KEEP_ALIVE
            connection.next_request(now, pause if self.alive else STOP_SECONDS)
        self._held -= held - connection.held
        self._listen(connection, selectors.EVENT_READ, self._read)
        if connection.inbox:
            self._advance(connection)

    def _listen(self, connection: Connection, event: int, then: Callable[[Connection], None]) -> None:
        call = partial(self._guard, connection, then)
        try:
            self._poller.modify(connection.sock, event, call)
        except KeyError:
            self._poller.register(connection.sock, event, call)

    def _guard(self, connection: Connection, then: Callable[[Connection], None]) -> None:
        """Go on with a connection; a defect ends this one, not all of them."""
        if connection not in self._connections:  # another one's event has ended it a moment ago
            return
        try:
            then(connection)
        except Exception:  # noqa: BLE001 — as above
            _log.exception("a connection failed")
            self._drop(connection)

    # --- room

    def _make_room(self, newest: Connection | None = None) -> bool:
        """End the connection that has gone longest without a whole request.

        One that was served before comes last.
        """
        victims = [
            connection
            for connection in self._connections
            if connection.phase is not Phase.WORKING and connection is not newest
        ]
        if victims:
            self._drop(
                min(
                    victims,
                    key=lambda connection: (connection.phase is Phase.WRITING, connection.served > 0, connection.since),
                )
            )
        return bool(victims)

    def _free_memory(self) -> None:
        """Turn away the largest requests that are still coming in."""
        coming = [connection for connection in self._connections if connection.phase is Phase.READING]
        for connection in sorted(coming, key=lambda candidate: -candidate.held):
            if self._held <= MAX_BYTES:
                return
            self._refuse(connection, _busy())

    def _drop(self, connection: Connection) -> None:
        self._connections.discard(connection)
        self._held -= connection.held
        with suppress(KeyError, ValueError):
            self._poller.unregister(connection.sock)
        connection.sock.close()


def _busy() -> ProblemError:
    return ProblemError(
        503, "Try again", "Too many requests are under way.", code="unavailable", headers={"Retry-After": "5"}
    )


def _most_connections() -> int:
    """As many as there may be, where the system lets us have so many files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return MAX_CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(MAX_CONNECTIONS, soft - SPARE_FILES))
