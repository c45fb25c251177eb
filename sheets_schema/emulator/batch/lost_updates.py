"""Lost-update mode: two batches both answer 200, and what they did is merged.

Both were checked against the same state. That is how a backend of operational transforms behaves, and there is
evidence that Google's is one (fact 3): parallel appends overwrite each other, duplicate tab titles get a `_conflict`
suffix. Nothing here is documented; it is the worst that a commit protocol must at least notice.
"""

from __future__ import annotations

from sheets_schema.emulator import batch
from sheets_schema.emulator.batch.context import Context
from sheets_schema.emulator.errors import ApiError, InvalidRequestError
from sheets_schema.emulator.model.recalculation import recalculate
from sheets_schema.emulator.model.workbook import JsonDict


def replay(context: Context, requests: list[JsonDict], tops: list[int]) -> None:
    """Do an accepted batch on the state that another batch has left meanwhile.

    Cells: the last writer wins. What cannot be done any more (a range that the other one has deleted, an id that it has
    taken) is left out. Appended rows go where they were going when the batch was checked (`tops`, one for each
    appendCells). A title or a range name that is taken gets a suffix, or vanishes under a quirk.
    """
    waiting = list(tops)
    for request in requests:
        kind, body = next(iter(request.items()))
        if kind == "appendCells":
            if waiting:
                _append_at(context, body, waiting.pop(0))
        elif kind in {"addSheet", "addNamedRange"}:
            _add(context, kind, body)
        else:
            _try(context, kind, body)
    recalculate(context.book, context.now)


def _try(context: Context, kind: str, body: JsonDict) -> bool:
    """Try a request.

    Requests check before they change, so one that is refused has changed nothing.
    """
    try:
        batch.HANDLERS[kind](context, body)
    except (InvalidRequestError, ApiError):
        return False
    return True


def _append_at(context: Context, body: JsonDict, top: int) -> None:
    sheet = context.book.find(body.get("sheetId", 0))
    if sheet is None:
        return
    own = context.sheet(sheet.sheet_id)
    own.row_count = max(own.row_count, top + len(body.get("rows", [])))
    start = {"sheetId": sheet.sheet_id, "rowIndex": top}
    _try(context, "updateCells", {"start": start, "rows": body.get("rows", []), "fields": body["fields"]})


def _add(context: Context, kind: str, body: JsonDict) -> None:
    if _try(context, kind, body) or context.quirks.merged_duplicates == "vanish":
        return
    part, name = ("properties", "title") if kind == "addSheet" else ("namedRange", "name")
    item = body.get(part, {})
    renamed = {**item, name: f"{item.get(name, '')}_conflict{context.number()}"}
    _try(context, kind, {part: renamed})
