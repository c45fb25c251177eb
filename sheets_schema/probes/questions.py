"""What Google does not document and the protocol asks about: one probe a question.

A probe tries it on a scratch spreadsheet and says what it found and what that means. `docs/library/probes.md` has them all.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sheets_schema.clock import Timing
from sheets_schema.probes.probe import (
    Probe,
    ProbeEffort,
    ProbeResult,
    add_range,
    delete_range,
    swap_range,
    update_range,
)
from sheets_schema.probes.races import append_race, fence_race, tab_race
from sheets_schema.probes.scratchpad import ROWS, Scratchpad
from sheets_schema.protocol.batch_requests import Request, write_cells

OURS, MANY = 43, 45
"""Characters in the longest of our ids, and in one that is longer."""


def delete_of_a_missing_range(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """1. deleteNamedRange of an id that does not exist."""
    reply = scratch.send(delete_range(f"none_{scratch.fresh()}"))
    if reply.accepted:
        return ProbeResult(
            "accepted in silence", "this leg of the fence does not hold; the other three do", supports_protocol=False
        )
    return ProbeResult(str(reply), "a stale batch is refused here, too")


def update_of_a_missing_range(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """1b. updateNamedRange of an id that does not exist."""
    reply = scratch.send(update_range(scratch, f"none_{scratch.fresh()}"))
    if reply.accepted:
        return ProbeResult(
            "accepted in silence", "no guard for refreshes: they may write after others", supports_protocol=False
        )
    return ProbeResult(str(reply), "a stale batch is refused at its first request; refreshes are guarded")


def duplicate_range_id(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """2. addNamedRange with an id that exists."""
    tag = scratch.fresh()
    scratch.done(add_range(scratch, f"twin_{tag}", f"first_{tag}"))
    reply = scratch.send(add_range(scratch, f"twin_{tag}", f"second_{tag}"))
    if reply.accepted:
        return ProbeResult("accepted", "an id is no identity; the other three legs must hold", supports_protocol=False)
    return ProbeResult(str(reply), "a batch that was applied cannot be applied again")


def duplicate_range_name(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """2b. addNamedRange with a name that exists."""
    tag = scratch.fresh()
    scratch.done(add_range(scratch, f"one_{tag}", f"taken_{tag}"))
    reply = scratch.send(add_range(scratch, f"other_{tag}", f"taken_{tag}"))
    if reply.accepted:
        return ProbeResult("accepted", "the name is no lock; the other three legs must hold", supports_protocol=False)
    return ProbeResult(str(reply), "two fences cannot stand side by side")


def swap_in_one_batch(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """3. A whole fence: delete and add of one name in one batch; then the same batch again."""
    tag = scratch.fresh()
    old, new, name = f"swap_0_{tag}", f"swap_1_{tag}", f"fence_{tag}"
    scratch.done(add_range(scratch, old, name))
    first = scratch.send(*swap_range(scratch, old, new, name, "once"))
    if not first.accepted:
        return ProbeResult(
            str(first), "commits of this form cannot work: do not use this package", supports_protocol=False
        )
    again = scratch.send(*swap_range(scratch, old, new, name, "twice"))
    [stands] = scratch.values("A1:A1")
    if again.accepted or stands != [["once"]]:
        return ProbeResult(
            f"the repeat: {again}; the cell says {stands}", "a repeat is applied twice: stop", supports_protocol=False
        )
    return ProbeResult(f"accepted; its repeat {again}", "commits work, and are applied once")


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


def dangling_name(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """7. The name of a range whose tab was deleted."""
    tag = scratch.fresh()
    range_id, other, name = f"ghost_{tag}", f"heir_{tag}", f"ghost_{tag}"
    tab = scratch.new_tab("Ghost")[1]
    named = {"namedRangeId": range_id, "name": name, "range": scratch.cell(tab=tab)}
    scratch.done({"addNamedRange": {"namedRange": named}})
    scratch.done({"deleteSheet": {"sheetId": tab}})
    if scratch.send(add_range(scratch, other, name)).accepted:
        return ProbeResult("the name is free", "a deleted Control tab can be set up again")
    cleared = scratch.send(delete_range(range_id))
    if scratch.send(add_range(scratch, other, name)).accepted:
        meaning = "a deleted Control tab needs its fence deleted by id"
        return ProbeResult("a ghost keeps the name; its id clears it", meaning, supports_protocol=False)
    finding = f"a ghost keeps the name; its deletion by id: {cleared}"
    return ProbeResult(finding, "a deleted Control tab: restore the version before", supports_protocol=False)


def id_alphabet(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """8. Which ids a named range may have."""
    tag = scratch.fresh()
    tried = {
        f"{OURS} of a-z 0-9 _": f"fence_{tag}_".ljust(OURS, "0"),
        f"{MANY} characters": f"f{tag}".ljust(MANY, "0"),
        "capitals": f"FENCE_{tag}",
        "hyphens": f"fence-{tag}",
    }
    accepted = {
        kind: scratch.send(add_range(scratch, range_id, f"alphabet{number}_{tag}")).accepted
        for number, (kind, range_id) in enumerate(tried.items())
    }
    words = ", ".join(f"{kind} {'accepted' if good else 'refused'}" for kind, good in accepted.items())
    ours = next(iter(accepted.values()))
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
    finding = f"{stale} of {effort.commits} reads were stale"
    if stale:
        return ProbeResult(
            f"{finding}, the longest for {longest:.1f} s",
            "the confirmation delay must be longer than that",
            supports_protocol=False,
        )
    return ProbeResult(finding, "a read after the confirmation delay shows what was written")


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
    finding = f"{torn} of {reads} reads showed them apart"
    if torn:
        meaning = "a reading may mix two moments; only what its row counts contradict is read again"
        return ProbeResult(finding, meaning, supports_protocol=False)
    return ProbeResult(finding, "one batchGet looks like one moment")


def strict_validation(scratch: Scratchpad, _: ProbeEffort) -> ProbeResult:
    """10. A write against a strict drop-down."""
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "yes"}]}
    rule = {"condition": condition, "strict": True, "showCustomUi": True}
    scratch.done({"setDataValidation": {"range": scratch.cell(5), "rule": rule}})
    reply = scratch.send(write_cells(scratch.tab, 5, 0, [["no"]]))
    meaning = "drop-downs may be strict" if reply.accepted else "drop-downs must only warn, as they do"
    return ProbeResult(str(reply), meaning, supports_protocol=reply.accepted)


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
    places = {named["namedRangeId"]: named["range"].get("startRowIndex", 0) for named in read["namedRanges"]}
    follows = places.get(range_id) != scratch.cell(7)["startRowIndex"]
    finding = f"the drop-down {'stays' if stays else 'leaves'}, the named range {'follows' if follows else 'stays'}"
    return ProbeResult(
        finding, "nothing rests on it: a capture copies and empties cells, and formats the paste zone again"
    )


def latency(scratch: Scratchpad, effort: ProbeEffort) -> ProbeResult:
    """12. How long a batch of our size takes."""
    rows = [["x" * 1000] for _ in range(min(effort.payload // 1000, ROWS - 20))]
    took = sorted(scratch.write(20, 1, rows).seconds for _ in range(10))
    finding = f"{len(rows)} kB: half within {took[4]:.2f} s, the longest {took[-1]:.2f} s"
    if took[-1] >= Timing.max_hold:
        return ProbeResult(finding, "the longest hold, the lease and deadlines must be longer", supports_protocol=False)
    return ProbeResult(finding, "the longest hold, the lease and deadlines leave room for it")


PROBES: tuple[Probe, ...] = (
    delete_of_a_missing_range, update_of_a_missing_range, duplicate_range_id, duplicate_range_name, swap_in_one_batch,
    fence_race, tab_race, duplicate_metadata, append_race, dangling_name, id_alphabet, staleness, torn_reads,
    strict_validation, cut_and_paste, latency,
)  # fmt: skip
