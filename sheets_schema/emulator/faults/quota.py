"""Google's quotas: how many reads and writes a minute, and what a refusal looks like.

Documented: 60 reads and 60 writes a minute for each user, 300 of each for a project, refilled every minute; a batch
counts as one whatever it holds.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sheets_schema.emulator.errors import ApiError
from sheets_schema.emulator.messages.http_messages import HttpAnswer, error_answer

_PROJECT = "project_number:000000000000"
_MINUTE = 60


@dataclass(slots=True)
class QuotaLimit:
    """Calls a minute. A refused call does not count (inferred)."""

    reads_per_user: int = 60
    writes_per_user: int = 60
    reads: int = 300
    writes: int = 300
    _minute: int = field(default=-1, init=False)
    _used: Counter[tuple[str, str]] = field(default_factory=Counter, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def refuse(self, kind: str, user: str, now: float) -> HttpAnswer | None:
        """Count a call of `kind` (read or write) at `now` seconds.

        The refusal when it is one too many.
        """
        if kind not in {"read", "write"}:
            return None
        own, all_ = (self.reads_per_user, self.reads) if kind == "read" else (self.writes_per_user, self.writes)
        with self._lock:
            if int(now // _MINUTE) != self._minute:
                self._minute = int(now // _MINUTE)
                self._used.clear()
            if self._used[kind, user] >= own:
                return refusal(kind, own)
            if self._used[kind, ""] >= all_:
                return refusal(kind, all_, per_user=False)
            self._used[kind, user] += 1
            self._used[kind, ""] += 1
        return None


def refusal(kind: str, limit: int = 60, *, per_user: bool = True) -> HttpAnswer:
    """Google's refusal of a call beyond the quota, in full (observed: fact 32)."""
    word = "Read" if kind == "read" else "Write"
    suffix = "PerUser" if per_user else "PerProject"
    metric = "read_requests" if kind == "read" else "write_requests"
    message = (
        f"Quota exceeded for quota metric '{word} requests' and limit '{word} requests per minute"
        f"{' per user' if per_user else ''}' of service 'sheets.googleapis.com' for consumer '{_PROJECT}'."
    )
    details: list[dict[str, Any]] = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "RATE_LIMIT_EXCEEDED",
            "domain": "googleapis.com",
            "metadata": {
                "consumer": _PROJECT.replace("project_number:", "projects/"),
                "quota_limit": f"{word}RequestsPerMinute{suffix}",
                "quota_limit_value": str(limit),
                "quota_location": "global",
                "quota_metric": f"sheets.googleapis.com/{metric}",
                "quota_unit": "1/min/{project}/{user}" if per_user else "1/min/{project}",
                "service": "sheets.googleapis.com",
            },
        },
        {
            "@type": "type.googleapis.com/google.rpc.Help",
            "links": [
                {
                    "description": "Request a higher quota limit.",
                    "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                }
            ],
        },
    ]
    return error_answer(ApiError(429, message, details=details))
