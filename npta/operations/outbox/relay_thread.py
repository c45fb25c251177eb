"""The relay: the one thread beside the requests, for when no commit comes along.

Other processes leave a message to the one that has claimed it, until it is recorded as sent or the claim has lapsed. So a
process that has sent something and is then left idle, as the old one is in a rollout, must say so in time; one that is
still at it must renew its claim; and one that is asked to end sends and records the rest before it goes.
"""

from __future__ import annotations

import logging
from threading import Thread, main_thread

from npta.domain.state.claim_times import may_be_sent
from npta.errors import NptaError
from npta.operations.commit import commit
from npta.operations.outbox.deliver import send_messages
from npta.operations.outbox.flush import flush_before_exit
from npta.services import Services
from sheets_schema import SheetsError

_log = logging.getLogger(__name__)

RECORD_AFTER = 3.0
"""Seconds for which a commit of somebody else's may come and carry the record along."""
_TICK = 1.0
_RECORD_SECONDS = 15.0
_EXIT_SECONDS = 8.0
"""Cloud Run kills a process 10 s after it has asked it to end (documented)."""


class Relay(Thread):
    """Runs until the main thread ends. No daemon: the interpreter waits for its last work."""

    def __init__(self, services: Services) -> None:
        super().__init__(name="relay", daemon=False)
        self._services = services
        self._oldest = ""
        self._since = 0.0
        self._rests_until = float("-inf")

    def run(self) -> None:
        """Record what is to be recorded, every second; at the end send the rest. Never raises."""
        main = main_thread()
        while main.is_alive():
            main.join(_TICK)
            if main.is_alive() and self._is_time():
                self._commit()
        try:
            flush_before_exit(self._services, who="shutdown", deadline=self._services.clock.deadline(_EXIT_SECONDS))
        except (NptaError, SheetsError) as error:
            _log.warning("what was sent last is not recorded: %s", error)

    def _is_time(self) -> bool:
        """Whether the oldest message out has waited long enough, or a claim is to be renewed."""
        sending, clock = self._services.sending, self._services.clock
        now = clock.monotonic()
        ended = [*(sent.message for sent in sending.sent()), *(rejected.message for rejected in sending.refused())]
        oldest = ended[0].message_id if ended else "trouble" * sending.stock.has_news()
        if oldest != self._oldest:
            self._oldest, self._since = oldest, now
        if now < self._rests_until:
            return False
        late = bool(oldest) and now - self._since >= RECORD_AFTER
        return late or sending.needs_renewal(now, lambda message: may_be_sent(message, clock.now()))

    def _commit(self) -> None:
        services = self._services
        deadline = services.clock.deadline(_RECORD_SECONDS)
        try:
            commit(
                services, lambda _: None, operation="record what was sent", who="relay", deadline=deadline, note=True
            )
        except (NptaError, SheetsError) as error:
            _log.warning("what was sent is not recorded yet: %s", error)
        else:
            send_messages(services, deadline)
        finally:
            self._rests_until = services.clock.monotonic() + RECORD_AFTER
