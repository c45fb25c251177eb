"""What Google does not document and the protocol asks about: one probe a question.

A probe tries it on a scratch spreadsheet and says what it found and what that means. `docs/probes.md` has them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sheets_schema.changes import Request, write_cells
from sheets_schema.scratch import ROWS, Scratch

MANY = 45
"""Characters in an id that is longer than any of ours (43)."""


@dataclass(frozen=True)
class Finding:
    """What a probe found. `as_hoped` says whether the protocol has one more leg to stand on, not whether it is safe."""

    finding: str
    meaning: str
    as_hoped: bool = True


@dataclass(frozen=True)
class Effort:
    """How often to try what must be tried often."""

    pairs: int = 200
    commits: int = 1000
    payload: int = 200_000


Probe = Callable[[Scratch, Effort], Finding]


def _add(scratch: Scratch, range_id: str, name: str) -> Request:
    named = {"namedRangeId": range_id, "name": f"{name}_{scratch.tag}", "range": scratch.cell()}
    return {"addNamedRange": {"namedRange": named}}


def _delete(range_id: str) -> Request:
    return {"deleteNamedRange": {"namedRangeId": range_id}}


def _update(scratch: Scratch, range_id: str) -> Request:
    return {"updateNamedRange": {"namedRange": {"namedRangeId": range_id, "range": scratch.cell()}, "fields": "range"}}


def _swap(scratch: Scratch, old: str, new: str, mark: str) -> list[Request]:
    """A commit in small: the fence's three requests and one cell."""
    fence = [_update(scratch, old), _delete(old), _add(scratch, new, "fence")]
    return [*fence, write_cells(scratch.tab, 1, 0, [[mark]])]


def delete_of_a_missing_range(scratch: Scratch, _: Effort) -> Finding:
    """1. deleteNamedRange of an id that does not exist."""
    told = scratch.send(_delete(f"none_{scratch.tag}"))
    if told.accepted:
        return Finding("accepted in silence", "this leg of the fence does not hold; the other three do", as_hoped=False)
    return Finding(str(told), "a stale batch is refused here, too")


def update_of_a_missing_range(scratch: Scratch, _: Effort) -> Finding:
    """1b. updateNamedRange of an id that does not exist."""
    told = scratch.send(_update(scratch, f"none_{scratch.tag}"))
    if told.accepted:
        return Finding("accepted in silence", "no guard for refreshes: they may write after others", as_hoped=False)
    return Finding(str(told), "a stale batch is refused at its first request; refreshes are guarded")


def duplicate_range_id(scratch: Scratch, _: Effort) -> Finding:
    """2. addNamedRange with an id that exists."""
    scratch.send(_add(scratch, f"twin_{scratch.tag}", "first"))
    told = scratch.send(_add(scratch, f"twin_{scratch.tag}", "second"))
    if told.accepted:
        return Finding("accepted", "an id is no identity; the other three legs must hold", as_hoped=False)
    return Finding(str(told), "a batch that landed cannot land again")


def duplicate_range_name(scratch: Scratch, _: Effort) -> Finding:
    """2b. addNamedRange with a name that exists."""
    scratch.send(_add(scratch, f"name_{scratch.tag}", "taken"))
    told = scratch.send(_add(scratch, f"other_{scratch.tag}", "taken"))
    if told.accepted:
        return Finding("accepted", "the name is no lock; the other three legs must hold", as_hoped=False)
    return Finding(str(told), "two fences cannot stand side by side")


def swap_in_one_batch(scratch: Scratch, _: Effort) -> Finding:
    """3. A whole fence: delete and add of one name in one batch; then the same batch again."""
    scratch.send(_add(scratch, f"swap_0_{scratch.tag}", "fence"))
    batch = _swap(scratch, f"swap_0_{scratch.tag}", f"swap_1_{scratch.tag}", "once")
    first = scratch.send(*batch)
    again = scratch.send(*batch[:-1], write_cells(scratch.tab, 1, 0, [["twice"]]))
    stands = scratch.values("A1:A1")
    scratch.send(_delete(f"swap_1_{scratch.tag}"))
    if not first.accepted:
        return Finding(str(first), "commits of this form cannot work: do not use this package", as_hoped=False)
    if again.accepted or stands != [["once"]]:
        return Finding(f"the repeat: {again}; the cell says {stands}", "a repeat lands twice: stop", as_hoped=False)
    return Finding(f"accepted; its repeat {again}", "commits work, and land once")


def _race(scratch: Scratch, name: str, pairs: int, mark: Callable[[int, str], Sequence[Request]]) -> int:
    """How many pairs of simultaneous batches were both accepted."""
    both = 0
    for number in range(pairs):
        answers = scratch.at_once(mark(number, f"{name}_a"), mark(number, f"{name}_b"))
        both += all(told.accepted for told in answers)
    return both


def fence_race(scratch: Scratch, effort: Effort) -> Finding:
    """4. Two commits over the same fence at the same moment."""
    both, survivors = 0, set()
    for number in range(effort.pairs):
        old = f"race_{number}_{scratch.tag}"
        scratch.send(_add(scratch, old, "fence"))
        news = [f"race_{number}{side}_{scratch.tag}" for side in "ab"]
        answers = scratch.at_once(*(_swap(scratch, old, new, new) for new in news))
        left = scratch.ranges()
        if all(told.accepted for told in answers):
            both += 1
            survivors.add(f"{sum(new in left for new in news)} fences")
        ours = [each for each in left if each.startswith(f"race_{number}")]
        scratch.send(*map(_delete, ours)) if ours else None
    if both:
        told = f"{both} of {effort.pairs} pairs both accepted; then {' or '.join(sorted(survivors))} stood"
        return Finding(told, "simultaneous batches merge: lock, settle and confirmation must stay", as_hoped=False)
    return Finding(
        f"0 of {effort.pairs} pairs both accepted", "batches look serialised; the lock may not be relaxed yet"
    )


def tab_race(scratch: Scratch, effort: Effort) -> Finding:
    """5. Two tabs of one title at the same moment."""

    def add(number: int, _: str) -> list[Request]:
        return [{"addSheet": {"properties": {"title": f"Race {number} {scratch.tag}"}}}]

    both = _race(scratch, "tab", min(effort.pairs, 20), add)
    titles = [each["properties"]["title"] for each in scratch.metadata()["sheets"]]
    told = f"{both} pairs both accepted; {sum('conflict' in title for title in titles)} titles with a suffix"
    return Finding(
        told, "uniqueness of titles is repaired afterwards" if both else "tabs are no worse", as_hoped=not both
    )


def duplicate_metadata(scratch: Scratch, _: Effort) -> Finding:
    """5b. Developer metadata with an id that exists, and the deletion of one that does not."""
    number = int(scratch.tag, 16) % 2_000_000_000 + 1
    body = {"metadataId": number, "metadataKey": "probe", "location": {"spreadsheet": True}, "visibility": "DOCUMENT"}
    create: Request = {"createDeveloperMetadata": {"developerMetadata": body}}
    lookup = {"dataFilter": {"developerMetadataLookup": {"metadataId": number}}}
    remove: Request = {"deleteDeveloperMetadata": lookup}
    scratch.send(create)
    twice = scratch.send(create)
    scratch.send(remove)
    missing = scratch.send(remove)
    meaning = "no second fence of this kind" if twice.accepted else "it could serve as a second fence"
    return Finding(f"second creation {twice}; deletion of none {missing}", meaning, as_hoped=not twice.accepted)


def append_race(scratch: Scratch, effort: Effort) -> Finding:
    """6. Two appendCells at the same moment."""
    tab = scratch.new_tab(f"Append {scratch.tag}")

    def append(number: int, side: str) -> list[Request]:
        row = {"values": [{"userEnteredValue": {"stringValue": f"{side}{number}"}}]}
        return [{"appendCells": {"sheetId": tab, "rows": [row], "fields": "userEnteredValue"}}]

    pairs = min(effort.pairs, 50)
    both = _race(scratch, "append", pairs, append)
    read = scratch.metadata("sheets(data(rowData(values(userEnteredValue))))", f"'Append {scratch.tag}'!A:A")
    rows = read["sheets"][0]["data"][0].get("rowData", [])
    kept = sum(bool(row.get("values", [{}])[0].get("userEnteredValue")) for row in rows)
    lost = both * 2 - kept if both == pairs else 0
    if lost > 0:
        return Finding(
            f"{lost} of {2 * pairs} rows lost", "explicit coordinates are right; never append", as_hoped=False
        )
    return Finding(f"{kept} rows stand of {2 * pairs} sent", "appends lost nothing; explicit coordinates need no luck")


def ghost(scratch: Scratch, _: Effort) -> Finding:
    """7. The name of a range whose tab was deleted."""
    tab, range_id = scratch.new_tab(f"Ghost {scratch.tag}"), f"ghost_{scratch.tag}"
    named = {"namedRangeId": range_id, "name": range_id, "range": scratch.cell(tab=tab)}
    scratch.send({"addNamedRange": {"namedRange": named}})
    scratch.send({"deleteSheet": {"sheetId": tab}})
    again: Request = {"addNamedRange": {"namedRange": {**named, "namedRangeId": "", "range": scratch.cell()}}}
    del again["addNamedRange"]["namedRange"]["namedRangeId"]
    if scratch.send(again).accepted:
        return Finding("the name is free", "a deleted Control tab can be set up again")
    cleared = scratch.send(_delete(range_id))
    if cleared.accepted and scratch.send(again).accepted:
        return Finding(
            "a ghost keeps the name; its id clears it",
            "a deleted Control tab needs its fence deleted by id",
            as_hoped=False,
        )
    return Finding(
        f"a ghost keeps the name; by id: {cleared}", "a deleted Control tab: restore the version before", as_hoped=False
    )


def id_alphabet(scratch: Scratch, _: Effort) -> Finding:
    """8. Which ids a named range may have."""
    tried = {
        "43 of a-z 0-9 _": f"fence_{'0' * 28}_{scratch.tag}",
        f"{MANY} characters": f"f{scratch.tag}".ljust(MANY, "0"),
        "capitals": f"FENCE_{scratch.tag}",
        "hyphens": f"fence-{scratch.tag}",
    }
    told = {}
    for number, (kind, range_id) in enumerate(tried.items()):
        told[kind] = scratch.send(_add(scratch, range_id, f"alphabet{number}")).accepted
    words = ", ".join(f"{kind} {'accepted' if good else 'refused'}" for kind, good in told.items())
    ours = next(iter(told.values()))
    return Finding(words, "our ids are accepted" if ours else "our ids are refused: shorten them", as_hoped=ours)


def staleness(scratch: Scratch, effort: Effort) -> Finding:
    """9. A read right after a write."""
    stale = longest = 0.0
    for number in range(effort.commits):
        scratch.send(write_cells(scratch.tab, 3, 0, [[number]]))
        start = scratch.clock.monotonic()
        if scratch.values("A3:A3") != [[number]]:
            stale += 1
            while scratch.values("A3:A3") != [[number]] and scratch.clock.monotonic() - start < 60:  # noqa: PLR2004
                scratch.clock.sleep(0.2)
            longest = max(longest, scratch.clock.monotonic() - start)
    if stale:
        told = f"{stale:.0f} of {effort.commits} reads were stale, the longest for {longest:.1f} s"
        return Finding(told, "settle must be longer than that", as_hoped=False)
    return Finding(f"0 of {effort.commits} reads were stale", "a read after settle shows what was written")


def strict_validation(scratch: Scratch, _: Effort) -> Finding:
    """10. A write against a strict drop-down."""
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "yes"}]}
    rule = {"condition": condition, "strict": True, "showCustomUi": True}
    scratch.send({"setDataValidation": {"range": scratch.cell(5), "rule": rule}})
    told = scratch.send(write_cells(scratch.tab, 5, 0, [["no"]]))
    scratch.send({"setDataValidation": {"range": scratch.cell(5)}})
    meaning = "drop-downs may be strict" if told.accepted else "drop-downs must only warn, as they do"
    return Finding(str(told), meaning, as_hoped=told.accepted)


def cut_and_paste(scratch: Scratch, _: Effort) -> Finding:
    """11. What leaves with a cut: drop-downs and named ranges."""
    condition = {"type": "BOOLEAN"}
    range_id = f"cut_{scratch.tag}"
    named = {"namedRangeId": range_id, "name": range_id, "range": scratch.cell(7)}
    scratch.send(
        {"setDataValidation": {"range": scratch.cell(7), "rule": {"condition": condition}}},
        {"addNamedRange": {"namedRange": named}},
        write_cells(scratch.tab, 7, 0, [[True]]),
    )
    scratch.send(
        {
            "cutPaste": {
                "source": scratch.cell(7),
                "destination": {"sheetId": scratch.tab, "rowIndex": 9, "columnIndex": 0},
                "pasteType": "PASTE_NORMAL",
            }
        }
    )
    read = scratch.metadata("sheets(data(rowData(values(dataValidation))))", f"'Probe {scratch.tag}'!A7:A7")
    rows = read["sheets"][0]["data"][0].get("rowData", [{}])
    stays = bool(rows and rows[0].get("values", [{}])[0].get("dataValidation"))
    places = {each["namedRangeId"]: each["range"].get("startRowIndex", 0) for each in scratch.metadata()["namedRanges"]}
    follows = places.get(range_id) != scratch.cell(7)["startRowIndex"]
    told = f"the drop-down {'stays' if stays else 'leaves'}, the named range {'follows' if follows else 'stays'}"
    return Finding(told, "nothing rests on it: a capture pastes values, and the paste zone is dressed again")


def latency(scratch: Scratch, effort: Effort) -> Finding:
    """12. How long a batch of our size takes."""
    rows = [["x" * 1000] for _ in range(min(effort.payload // 1000, ROWS - 20))]
    took = sorted(scratch.send(write_cells(scratch.tab, 20, 1, rows)).seconds for _ in range(10))
    told = f"{len(rows)} kB: half within {took[4]:.2f} s, the longest {took[-1]:.2f} s"
    return Finding(told, "deadlines, tenure and lease must leave room for it")


PROBES: tuple[Probe, ...] = (
    delete_of_a_missing_range, update_of_a_missing_range, duplicate_range_id, duplicate_range_name, swap_in_one_batch,
    fence_race, tab_race, duplicate_metadata, append_race, ghost, id_alphabet, staleness, strict_validation,
    cut_and_paste, latency,
)  # fmt: skip
