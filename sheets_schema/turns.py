"""The works that wait in one process, and which of their callers' threads sees to them.

There is no background thread: the first caller that finds nobody at it leads and takes everybody's work along, as long
as its own is not done; the others wait for their outcome, or for the lead.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from threading import Condition
from typing import Generic

from sheets_schema.errors import Busy, InDoubt
from sheets_schema.group import Job
from sheets_schema.schema import S

MOST_WORKS = 200
"""Works that leave in one batch at most; the rest follows in the next one."""
BUSY = "Another process holds the lock, or the queue is too long; nothing was written."


class Turns(Generic[S]):
    """The queue of one process."""

    def __init__(self) -> None:
        self.queue: deque[Job[S]] = deque()
        self.leading: Job[S] | None = None
        """The one whose caller leads."""
        self.group: list[Job[S]] = []
        """Those that were taken out of the queue last, less those that were put back."""
        self._changed = Condition()

    def leads(self, job: Job[S]) -> bool:
        """Queue up, and wait until the job is done or it is for this thread to lead; whether it leads."""
        with self._changed:
            self.queue.append(job)
            while not job.done and self.leading and self._changed.wait(job.deadline.left()):
                pass
            if not job.done and self.leading:
                self._give_up(job)
            if not job.done:
                self.leading = job
            return self.leading is job

    def _give_up(self, job: Job[S]) -> None:
        """The caller's deadline has come, and its work has not been done yet."""
        if job in self.queue:
            self.queue.remove(job)
            job.finish(error=Busy(BUSY))
        else:
            job.finish(error=InDoubt("The deadline came while the commit was under way."))

    def step_down(self, job: Job[S]) -> None:
        """Let another one lead, if it is this one who does."""
        with self._changed:
            if self.leading is job:
                self.leading = None
                self._changed.notify_all()

    def announce(self) -> None:
        """Some jobs are done: wake their callers."""
        with self._changed:
            self._changed.notify_all()

    def next_group(self) -> list[Job[S]]:
        """Take works out of the queue that may leave together; a refresh goes alone."""
        with self._changed:
            group = self.group = []
            while self.queue and len(group) < MOST_WORKS and not (group and self.queue[0].guarded):
                job = self.queue.popleft()
                if job.done:
                    continue
                if job.deadline.passed():
                    job.finish(error=Busy(BUSY))
                    continue
                group.append(job)
                if job.guarded:
                    break
        return group

    def put_back(self, first: Iterable[Job[S]] = (), last: Iterable[Job[S]] = ()) -> None:
        """Leave works for a later batch: `first` ones for the next, in their order, `last` ones behind all others."""
        with self._changed:
            self.queue.extendleft(reversed(tuple(first)))
            self.queue.extend(last)

    def withdraw(self, job: Job[S]) -> None:
        """Take a job out of the queue, if it is there."""
        with self._changed:
            if job in self.queue:
                self.queue.remove(job)

    def more_to_commit(self) -> bool:
        """Whether works wait that will need a commit."""
        with self._changed:
            return any(not job.guarded for job in self.queue)
