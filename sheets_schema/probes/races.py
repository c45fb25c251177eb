"""Probes that send two batches at the same moment: which are accepted, and what remains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from sheets_schema.probes.probe import ProbeEffort, ProbeResult, add_range, swap_range
from sheets_schema.probes.scratchpad import BatchReply, InconclusiveError, Scratchpad
from sheets_schema.protocol.batch_requests import Request


def _race(
    scratch: Scratchpad, pairs: int, sides: Callable[[str], Sequence[Sequence[Request]]]
) -> Iterator[tuple[str, list[BatchReply]]]:
    """Pairs of simultaneous batches, each with its own tag: what both were answered."""

    def pair() -> tuple[str, list[BatchReply]]:
        tag = scratch.fresh()
        return tag, scratch.send_together(*sides(tag))

    for _ in range(pairs):
        yield scratch.until_known(pair)


def _counted(accepted: Counter[int]) -> str:
    """How the pairs of a race ended, in words.

    `accepted` counts them by how many of the two were accepted.
    """
    counts = f"of {accepted.total()} pairs {accepted[2]} were both accepted"
    return f"{counts}, {accepted[0]} both refused" if accepted[0] else counts


def _last_change(scratch: Scratchpad, read_after: Sequence[float], tag: str, since: float) -> tuple[int, float]:
    """How many fences stand at the last read, and when all stood so.

    Seconds are counted from `since`.
    """
    fields, cell = "namedRanges,sheets(data(rowData(values(userEnteredValue))))", f"'{scratch.title}'!A1:A1"
    stands: object = None
    by, fences = 0.0, 0
    for after in read_after:
        scratch.clock.sleep(max(0.0, since + after - scratch.clock.monotonic()))
        seen = scratch.metadata(fields, cell)
        if seen != stands:
            stands, by = seen, scratch.clock.monotonic() - since
            fences = sum(tag in named["name"] for named in seen.get("namedRanges", []))
    return fences, by


def fence_race(scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
    """4. Two commits over the same fence at the same moment."""

    def sides(tag: str) -> list[list[Request]]:
        old, name = f"race_{tag}", f"fence_{tag}"
        scratch.done(add_range(scratch, old, name))
        return [swap_range(scratch, old, new, name, new) for new in (f"race_a_{tag}", f"race_b_{tag}")]

    accepted: Counter[int] = Counter()
    fences: set[int] = set()
    latest = 0.0
    for tag, answers in _race(scratch, effort.pairs, sides):
        accepted[sum(reply.accepted for reply in answers)] += 1
        if all(reply.accepted for reply in answers):
            stood, by = _last_change(scratch, effort.read_after, tag, min(reply.at for reply in answers))
            fences.add(stood)
            latest = max(latest, by)
    finding = _counted(accepted)
    if accepted[2]:
        finding += f"; then {' or '.join(map(str, sorted(fences)))} fences stood, unchanged from {latest:.1f} s on"
        meaning = f"updates are lost: the lock must stay, and the confirmation delay be longer than {latest:.1f} s"
        return ProbeResult(finding, meaning, supports_protocol=False)
    if accepted[0]:
        return ProbeResult(
            finding,
            "simultaneous commits stop each other: safe, but with more than one process slow",
            supports_protocol=False,
        )
    return ProbeResult(finding, "batches look serialised; the lock may not be relaxed yet")


def tab_race(scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
    """5. Two tabs of one title at the same moment."""

    def sides(tag: str) -> list[list[Request]]:
        return [[{"addSheet": {"properties": {"title": f"Race {tag}"}}}]] * 2

    race = list(_race(scratch, min(effort.pairs, 20), sides))
    accepted = Counter(sum(reply.accepted for reply in answers) for _, answers in race)
    titles = [sheet["properties"]["title"] for sheet in scratch.metadata()["sheets"]]
    finding = f"{_counted(accepted)}; {sum('conflict' in title for title in titles)} titles with a suffix"
    if accepted[1] == accepted.total():
        return ProbeResult(finding, "tabs are no worse")
    return ProbeResult(
        finding, "uniqueness of titles is repaired afterwards: provision from one place only", supports_protocol=False
    )


def append_race(scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
    """6. Two appendCells at the same moment."""
    title, tab = scratch.new_tab("Append")

    def append(label: str) -> list[Request]:
        row = {"values": [{"userEnteredValue": {"stringValue": label}}]}
        return [{"appendCells": {"sheetId": tab, "rows": [row], "fields": "userEnteredValue"}}]

    sent = 0
    lost: set[str] = set()
    for tag, answers in _race(scratch, min(effort.pairs, 50), lambda tag: [append(f"a{tag}"), append(f"b{tag}")]):
        if not all(reply.accepted for reply in answers):
            raise InconclusiveError(f"an append was {next(reply for reply in answers if not reply.accepted)}")
        sent += 2
        lost |= {f"a{tag}", f"b{tag}"}
    [rows] = scratch.values(f"'{title}'!A:A")
    lost -= {row[0] for row in rows if row}
    if lost:
        finding = f"{len(lost)} of {sent} rows lost"
        return ProbeResult(finding, "explicit coordinates are right; never append", supports_protocol=False)
    return ProbeResult(f"0 of {sent} rows lost", "appends lost nothing; explicit coordinates need no luck")
