"""What a probe is: it tries something on a scratch spreadsheet, and says what that means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sheets_schema.probes.scratchpad import Scratchpad
from sheets_schema.protocol.batch_requests import Request, write_cells


@dataclass(frozen=True)
class ProbeResult:
    """What a probe found.

    `supports_protocol` says whether the protocol has one more safeguard, not whether it is safe; None: it is inconclusive.
    """

    finding: str
    meaning: str
    supports_protocol: bool | None = True


@dataclass(frozen=True)
class ProbeEffort:
    """How often to try what must be tried often, and how many seconds after a race to read."""

    pairs: int = 200
    commits: int = 1000
    payload: int = 200_000
    read_after: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 5.0)


Probe = Callable[[Scratchpad, ProbeEffort], ProbeResult]


def add_range(scratch: Scratchpad, range_id: str, name: str) -> Request:
    """Return the request that names the probes' cell."""
    return {"addNamedRange": {"namedRange": {"namedRangeId": range_id, "name": name, "range": scratch.cell()}}}


def delete_range(range_id: str) -> Request:
    """Return the request that deletes a named range."""
    return {"deleteNamedRange": {"namedRangeId": range_id}}


def update_range(scratch: Scratchpad, range_id: str) -> Request:
    """Return the request that puts a named range on the probes' cell."""
    return {"updateNamedRange": {"namedRange": {"namedRangeId": range_id, "range": scratch.cell()}, "fields": "range"}}


def swap_range(scratch: Scratchpad, old: str, new: str, name: str, mark: str) -> list[Request]:
    """Return a commit in small: the fence's three requests and one cell."""
    fence = [update_range(scratch, old), delete_range(old), add_range(scratch, new, name)]
    return [*fence, write_cells(scratch.tab, 1, 0, [[mark]])]
