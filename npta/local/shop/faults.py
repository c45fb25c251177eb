"""What can be made to go wrong, by `POST /_faults {"name": …}`; `DELETE /_faults` ends it.

| name | what happens | until |
|---|---|---|
| `down` | 503, nothing is executed | cleared |
| `html` | 502 with a page of HTML, nothing is executed | cleared |
| `refuses` | `status` (402: the shop is frozen; 401, 403, 404, 423, 430) as Shopify answers it, nothing is executed | cleared |
| `redirect` | 302 to a page to sign in at, nothing is executed | cleared |
| `answers` | 200 with `body`, whatever it is, nothing is executed | cleared |
| `slow` | executed at once, answered after `seconds` | cleared |
| `drip` | executed at once, answered byte by byte over `seconds` | cleared |
| `lag` | search notices products, SKUs and orders only after `seconds`; lists show them at once | cleared |
| `old_version` | answers carry `version` (2026-07) as their API version | cleared |
| `denied` | `ACCESS_DENIED` | cleared |
| `throttled` | the bucket is empty, nothing is executed; `"status": 429` for the other form | once |
| `internal` | a clean 200 with `INTERNAL_SERVER_ERROR`, nothing is executed | once |
| `user_error` | a mutation's userError with `code` and `message`, nothing is executed | once |
| `stale` | just before stock is set, somebody else changes it (of `sku`, or of the first one) | once |
| `drop` | executed, then the connection closes without an answer | once |
| `concurrent` | "this request is currently in progress" for a call with an idempotency key | once |
| `unauthorized` | every token that was given out is void | once |

`times` says how often instead; `operation` limits a fault to calls with that operationName.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

LASTING = ("down", "html", "refuses", "redirect", "answers", "slow", "drip", "lag", "old_version", "denied")
ONCE = ("throttled", "internal", "user_error", "stale", "drop", "concurrent", "unauthorized")


class NoSuchFaultError(Exception):
    """A fault that this shop does not know."""


@dataclass
class ShopFault:
    """One fault; `times` is how often it will still happen, None for always."""

    name: str
    times: int | None = None
    operation: str = ""
    seconds: float = 10.0
    status: int = 0
    code: str = ""
    message: str = "Something is wrong with this."
    sku: str = ""
    version: str = "2026-07"
    body: str = "<html><body>Sign in</body></html>"


class ShopFaults:
    """The faults that are switched on."""

    def __init__(self) -> None:
        self._all: list[ShopFault] = []

    def add(self, wanted: Mapping[str, Any]) -> None:
        """Switch one on."""
        name = str(wanted.get("name", ""))
        unknown = set(wanted) - set(ShopFault.__dataclass_fields__)
        if name not in LASTING + ONCE or unknown:
            raise NoSuchFaultError(
                f"name: one of {', '.join(LASTING + ONCE)}; fields: {', '.join(ShopFault.__dataclass_fields__)}"
            )
        self._all.append(ShopFault(**{"times": None if name in LASTING else 1, **wanted}))

    def clear(self) -> None:
        """Switch all off."""
        self._all.clear()

    def take(self, name: str, operation: str) -> ShopFault | None:
        """Return the fault of that name that happens to this call now."""
        for fault in self._all:
            if fault.name == name and fault.operation in ("", operation):
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._all.remove(fault)
                return fault
        return None

    def shown(self) -> list[dict[str, Any]]:
        """All that are on."""
        return [asdict(fault) for fault in self._all]
