"""What Google does not document and the protocol asks about: one probe a question.

A probe tries it on a scratch spreadsheet and says what it found and what that means. `docs/library/probes.md` has them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sheets_schema.clock import Timing
from sheets_schema.probes.scratchpad import ROWS, BatchReply, Scratchpad, UnsettledError
from sheets_schema.protocol.changes import Request, write_cells

OURS, MANY = 43, 45
"""Characters in the longest of our ids, and in one that is longer."""


@dataclass(frozen=True)
class ProbeResult:
    """What a probe found.

    `supports_protocol` says whether the protocol has one more leg to stand on, not whether it is safe; None: it could not be settled.
    """

    finding: str
    meaning: str
    supports_protocol: bool | None = True


@dataclass(frozen=True)
class ProbeEffort:
    """How often to try what must be tried often, and at which seconds after a race to look what stands there."""

    pairs: int = 200
    commits: int = 1000
    payload: int = 200_000
    looks: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0, 5.0)


Probe = Callable[[Scratchpad, ProbeEffort], ProbeResult]


def _add(scratch: Scratchpad, range_id: str, name: str) -> Request:
    return {"addNamedRange": {"namedRange": {"namedRangeId": range_id, "name": name, "range": scratch.cell()}}}


def _delete(range_id: str) -> Request:
    return {"deleteNamedRange": {"namedRangeId": range_id}}


def _update(scratch: Scratchpad, range_id: str) -> Request:
    return {"updateNamedRange": {"namedRange": {"namedRangeId": range_id, "range": scratch.cell()}, "fields": "range"}}


def _swap(scratch: Scratchpad, old: str, new: str, name: str, mark: str) -> list[Request]:
    """Return a commit in small: the fence's three requests and one cell."""
    fence = [_update(scratch, old), _delete(old), _add(scratch, new, name)]
    return [*fence, write_cells(scratch.tab, 1, 0, [[mark]])]


def delete_of_a_missing_range(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """1. deleteNamedRange of an id that does not exist."""
    told = scratch.send(_delete(f"none_{scratch.fresh()}"))
    if told.accepted:
        return ProbeResult(
            "accepted in silence", "this leg of the fence does not hold; the other three do", supports_protocol=False
        )
    return ProbeResult(str(told), "a stale batch is refused here, too")


def update_of_a_missing_range(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """1b. updateNamedRange of an id that does not exist."""
    told = scratch.send(_update(scratch, f"none_{scratch.fresh()}"))
    if told.accepted:
        return ProbeResult(
            "accepted in silence", "no guard for refreshes: they may write after others", supports_protocol=False
        )
    return ProbeResult(str(told), "a stale batch is refused at its first request; refreshes are guarded")


def duplicate_range_id(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """2. addNamedRange with an id that exists."""
    tag = scratch.fresh()
    scratch.done(_add(scratch, f"twin_{tag}", f"first_{tag}"))
    told = scratch.send(_add(scratch, f"twin_{tag}", f"second_{tag}"))
    if told.accepted:
        return ProbeResult("accepted", "an id is no identity; the other three legs must hold", supports_protocol=False)
    return ProbeResult(str(told), "a batch that landed cannot land again")


def duplicate_range_name(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """2b. addNamedRange with a name that exists."""
    tag = scratch.fresh()
    scratch.done(_add(scratch, f"one_{tag}", f"taken_{tag}"))
    told = scratch.send(_add(scratch, f"other_{tag}", f"taken_{tag}"))
    if told.accepted:
        return ProbeResult("accepted", "the name is no lock; the other three legs must hold", supports_protocol=False)
    return ProbeResult(str(told), "two fences cannot stand side by side")


def swap_in_one_batch(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """3. A whole fence: delete and add of one name in one batch; then the same batch again."""
    tag = scratch.fresh()
    old, new, name = f"swap_0_{tag}", f"swap_1_{tag}", f"fence_{tag}"
    scratch.done(_add(scratch, old, name))
    first = scratch.send(*_swap(scratch, old, new, name, "once"))
    if not first.accepted:
        return ProbeResult(
            str(first), "commits of this form cannot work: do not use this package", supports_protocol=False
        )
    again = scratch.send(*_swap(scratch, old, new, name, "twice"))
    [stands] = scratch.values("A1:A1")
    if again.accepted or stands != [["once"]]:
        return ProbeResult(
            f"the repeat: {again}; the cell says {stands}", "a repeat lands twice: stop", supports_protocol=False
        )
    return ProbeResult(f"accepted; its repeat {again}", "commits work, and land once")


def _race(
    scratch: Scratchpad, pairs: int, sides: Callable[[str], Sequence[Sequence[Request]]]
) -> Iterator[tuple[str, list[BatchReply]]]:
    """Pairs of simultaneous batches, each with its own tag: what both were answered."""

    def pair() -> tuple[str, list[BatchReply]]:
        tag = scratch.fresh()
        return tag, scratch.send_together(*sides(tag))

    for _ in range(pairs):
        yield scratch.settled(pair)


def _counted(accepted: Counter[int]) -> str:
    """How the pairs of a race ended, in words; `accepted` counts them by how many of the two were accepted."""
    told = f"of {accepted.total()} pairs {accepted[2]} were both accepted"
    return f"{told}, {accepted[0]} both refused" if accepted[0] else told


def _last_change(scratch: Scratchpad, looks: Sequence[float], tag: str, since: float) -> tuple[int, float]:
    """How many fences stand after the last look, and at how many seconds after `since` all stood as it does then."""
    fields, cell = "namedRanges,sheets(data(rowData(values(userEnteredValue))))", f"'{scratch.title}'!A1:A1"
    stands: object = None
    by, fences = 0.0, 0
    for after in looks:
        scratch.clock.sleep(max(0.0, since + after - scratch.clock.monotonic()))
        seen = scratch.metadata(fields, cell)
        if seen != stands:
            stands, by = seen, scratch.clock.monotonic() - since
            fences = sum(tag in each["name"] for each in seen.get("namedRanges", []))
    return fences, by


def fence_race(scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
    """4. Two commits over the same fence at the same moment."""

    def sides(tag: str) -> list[list[Request]]:
        old, name = f"race_{tag}", f"fence_{tag}"
        scratch.done(_add(scratch, old, name))
        return [_swap(scratch, old, new, name, new) for new in (f"race_a_{tag}", f"race_b_{tag}")]

    accepted: Counter[int] = Counter()
    fences: set[int] = set()
    latest = 0.0
    for tag, answers in _race(scratch, effort.pairs, sides):
        accepted[sum(told.accepted for told in answers)] += 1
        if all(told.accepted for told in answers):
            stood, by = _last_change(scratch, effort.looks, tag, min(told.at for told in answers))
            fences.add(stood)
            latest = max(latest, by)
    told = _counted(accepted)
    if accepted[2]:
        told += f"; then {' or '.join(map(str, sorted(fences)))} fences stood, unchanged from {latest:.1f} s on"
        meaning = f"they merge: lock, settle and confirmation must stay, and settle be longer than {latest:.1f} s"
        return ProbeResult(told, meaning, supports_protocol=False)
    if accepted[0]:
        return ProbeResult(
            told,
            "simultaneous commits stop each other: safe, but with more than one process slow",
            supports_protocol=False,
        )
    return ProbeResult(told, "batches look serialised; the lock may not be relaxed yet")


def tab_race(scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
    """5. Two tabs of one title at the same moment."""

    def sides(tag: str) -> list[list[Request]]:
        return [[{"addSheet": {"properties": {"title": f"Race {tag}"}}}]] * 2

    race = list(_race(scratch, min(effort.pairs, 20), sides))
    accepted = Counter(sum(told.accepted for told in answers) for _, answers in race)
    titles = [each["properties"]["title"] for each in scratch.metadata()["sheets"]]
    told = f"{_counted(accepted)}; {sum('conflict' in title for title in titles)} titles with a suffix"
    if accepted[1] == accepted.total():
        return ProbeResult(told, "tabs are no worse")
    return ProbeResult(
        told, "uniqueness of titles is repaired afterwards: provision from one place only", supports_protocol=False
    )


def duplicate_metadata(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """5b. Developer metadata with an id that exists, and the deletion of one that does not."""
    number = int(scratch.fresh(), 16) % 2_000_000_000 + 1
    body = {
        "metadataId": number,
        "metadataKey": "probe",
        "location": {"sheetId": scratch.tab},
        "visibility": "DOCUMENT",
    }
    create: Request = {"createDeveloperMetadata": {"developerMetadata": body}}
    lookup = {"dataFilter": {"developerMetadataLookup": {"metadataId": number}}}
    remove: Request = {"deleteDeveloperMetadata": lookup}
    scratch.done(create)
    twice = scratch.send(create)
    scratch.done(remove)
    missing = scratch.send(remove)
    meaning = "no second fence of this kind" if twice.accepted else "it could serve as a second fence"
    return ProbeResult(
        f"second creation {twice}; deletion of none {missing}", meaning, supports_protocol=not twice.accepted
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
        if not all(told.accepted for told in answers):
            raise UnsettledError(f"an append was {next(told for told in answers if not told.accepted)}")
        sent += 2
        lost |= {f"a{tag}", f"b{tag}"}
    [rows] = scratch.values(f"'{title}'!A:A")
    lost -= {row[0] for row in rows if row}
    if lost:
        told = f"{len(lost)} of {sent} rows lost"
        return ProbeResult(told, "explicit coordinates are right; never append", supports_protocol=False)
    return ProbeResult(f"0 of {sent} rows lost", "appends lost nothing; explicit coordinates need no luck")


def dangling_name(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """7. The name of a range whose tab was deleted."""
    tag = scratch.fresh()
    range_id, other, name = f"ghost_{tag}", f"heir_{tag}", f"ghost_{tag}"
    tab = scratch.new_tab("Ghost")[1]
    named = {"namedRangeId": range_id, "name": name, "range": scratch.cell(tab=tab)}
    scratch.done({"addNamedRange": {"namedRange": named}})
    scratch.done({"deleteSheet": {"sheetId": tab}})
    if scratch.send(_add(scratch, other, name)).accepted:
        return ProbeResult("the name is free", "a deleted Control tab can be set up again")
    cleared = scratch.send(_delete(range_id))
    if scratch.send(_add(scratch, other, name)).accepted:
        meaning = "a deleted Control tab needs its fence deleted by id"
        return ProbeResult("a ghost keeps the name; its id clears it", meaning, supports_protocol=False)
    told = f"a ghost keeps the name; its deletion by id: {cleared}"
    return ProbeResult(told, "a deleted Control tab: restore the version before", supports_protocol=False)


def id_alphabet(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """8. Which ids a named range may have."""
    tag = scratch.fresh()
    tried = {
        f"{OURS} of a-z 0-9 _": f"fence_{tag}_".ljust(OURS, "0"),
        f"{MANY} characters": f"f{tag}".ljust(MANY, "0"),
        "capitals": f"FENCE_{tag}",
        "hyphens": f"fence-{tag}",
    }
    told = {
        kind: scratch.send(_add(scratch, range_id, f"alphabet{number}_{tag}")).accepted
        for number, (kind, range_id) in enumerate(tried.items())
    }
    words = ", ".join(f"{kind} {'accepted' if good else 'refused'}" for kind, good in told.items())
    ours = next(iter(told.values()))
    return ProbeResult(
        words, "our ids are accepted" if ours else "our ids are refused: shorten them", supports_protocol=ours
    )


def staleness(scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
    """9. A read right after a write."""
    stale, longest = 0, 0.0
    for number in range(effort.commits):
        start = scratch.write(3, 0, [[number]]).at
        if scratch.values("A3:A3") != [[[number]]]:
            stale += 1
            while scratch.values("A3:A3") != [[[number]]] and scratch.clock.monotonic() - start < 60:  # noqa: PLR2004
                scratch.clock.sleep(0.2)
            longest = max(longest, scratch.clock.monotonic() - start)
    told = f"{stale} of {effort.commits} reads were stale"
    if stale:
        return ProbeResult(
            f"{told}, the longest for {longest:.1f} s", "settle must be longer than that", supports_protocol=False
        )
    return ProbeResult(told, "a read after settle shows what was written")


def torn_reads(scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
    """9b. Cells of two tabs that every batch changes together, read by one batchGet meanwhile."""
    title, tab = scratch.new_tab("Torn")
    torn = reads = 0
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: [scratch.write(4, 0, [[number]], also=tab) for number in range(effort.pairs)])
        while not (reads and writing.done()):
            here, there = scratch.values("A4:A4", f"'{title}'!A4:A4")
            reads += 1
            torn += here != there
        writing.result()
    told = f"{torn} of {reads} reads showed them apart"
    if torn:
        meaning = "a reading may mix two moments; only what its row counts contradict is read again"
        return ProbeResult(told, meaning, supports_protocol=False)
    return ProbeResult(told, "one batchGet looks like one moment")


def strict_validation(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """10. A write against a strict drop-down."""
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "yes"}]}
    rule = {"condition": condition, "strict": True, "showCustomUi": True}
    scratch.done({"setDataValidation": {"range": scratch.cell(5), "rule": rule}})
    told = scratch.send(write_cells(scratch.tab, 5, 0, [["no"]]))
    meaning = "drop-downs may be strict" if told.accepted else "drop-downs must only warn, as they do"
    return ProbeResult(str(told), meaning, supports_protocol=told.accepted)


def cut_and_paste(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """11. What leaves with a cut: drop-downs and named ranges."""
    range_id = f"cut_{scratch.fresh()}"
    scratch.done(
        {"setDataValidation": {"range": scratch.cell(7), "rule": {"condition": {"type": "BOOLEAN"}}}},
        {"addNamedRange": {"namedRange": {"namedRangeId": range_id, "name": range_id, "range": scratch.cell(7)}}},
        write_cells(scratch.tab, 7, 0, [[True]]),
    )
    target = {"sheetId": scratch.tab, "rowIndex": 9, "columnIndex": 0}
    scratch.done({"cutPaste": {"source": scratch.cell(7), "destination": target, "pasteType": "PASTE_NORMAL"}})
    fields = "namedRanges,sheets(data(rowData(values(dataValidation))))"
    read = scratch.metadata(fields, f"'{scratch.title}'!A7:A7")
    rows = read["sheets"][0]["data"][0].get("rowData", [{}])
    stays = bool(rows and rows[0].get("values", [{}])[0].get("dataValidation"))
    places = {each["namedRangeId"]: each["range"].get("startRowIndex", 0) for each in read["namedRanges"]}
    follows = places.get(range_id) != scratch.cell(7)["startRowIndex"]
    told = f"the drop-down {'stays' if stays else 'leaves'}, the named range {'follows' if follows else 'stays'}"
    return ProbeResult(
        told, "nothing rests on it: a capture copies and empties cells, and dresses the paste zone again"
    )


def latency(scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
    """12. How long a batch of our size takes."""
    rows = [["x" * 1000] for _ in range(min(effort.payload // 1000, ROWS - 20))]
    took = sorted(scratch.write(20, 1, rows).seconds for _ in range(10))
    told = f"{len(rows)} kB: half within {took[4]:.2f} s, the longest {took[-1]:.2f} s"
    if took[-1] >= Timing.max_hold:
        return ProbeResult(told, "tenure, lease and deadlines must be longer", supports_protocol=False)
    return ProbeResult(told, "tenure, lease and deadlines leave room for it")


PROBES: tuple[Probe, ...] = (
    delete_of_a_missing_range, update_of_a_missing_range, duplicate_range_id, duplicate_range_name, swap_in_one_batch,
    fence_race, tab_race, duplicate_metadata, append_race, dangling_name, id_alphabet, staleness, torn_reads,
    strict_validation, cut_and_paste, latency,
)  # fmt: skip
