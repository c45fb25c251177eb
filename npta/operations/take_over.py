"""Take over a sheet kept by hand: its tabs stay, its keys go into Import Keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from npta.domain.state.state import State
from npta.domain.state.wording import count
from npta.domain.stock.take_over import OldHistory, OldKey, named, read_old_history, still_to_come
from npta.operations.commit import commit
from npta.services import Services
from npta.tables import ImportHistory, ImportKeys
from sheets_schema import Deadline, Transaction

PORTION = 2_500
"""Keys that one commit puts into the paste zone."""


class TakenOver(NamedTuple):
    """What was done, or would be: the steps of provision, and the keys of the old history.

    `kept_as` is the title under which the old *Import History* is kept, if any. `waiting` keys were put into *Import
    Keys*, `known` ones stood there or were imported before; `missing` are columns without which none can be.
    """

    steps: tuple[str, ...]
    kept_as: str = ""
    waiting: int = 0
    known: int = 0
    missing: tuple[str, ...] = ()


def plan_take_over(services: Services, *, deadline: Deadline) -> TakenOver:
    """Return what `take_over` would do. Reads only; raises what `Database.diff` raises."""
    plan = services.spreadsheet.diff(deadline)
    for foreign in plan.foreign:
        if foreign.title.casefold() == ImportHistory.__table__.title.casefold():
            old = _read(services, foreign.title, deadline)
            return TakenOver(tuple(plan.steps), foreign.kept_as, len(old.keys), 0, old.missing)
    kept_as = _kept_as(services, deadline)
    if not kept_as:
        return TakenOver(tuple(plan.steps))
    old = _read(services, kept_as, deadline)
    return TakenOver(tuple(plan.steps), kept_as, len(old.keys), 0, old.missing)


def take_over(
    services: Services, *, who: str, deadline: Deadline, progress: Callable[[str], None] = lambda _: None
) -> TakenOver:
    """Set the spreadsheet up beside what people kept by hand, its keys into *Import Keys*.

    Nothing is deleted: tabs whose titles are needed are kept under others. Done again, it goes on where it stopped and
    puts no key there twice. Raises what `Database.provision` raises.
    """
    steps = tuple(services.spreadsheet.provision(deadline, keep_foreign=True).steps)
    kept_as = _kept_as(services, deadline)
    if not kept_as:
        return TakenOver(steps)
    old = _read(services, kept_as, deadline)
    waiting = known = 0
    for start in range(0, len(old.keys), PORTION):
        portion = old.keys[start : start + PORTION]
        done = commit(
            services,
            partial(_put, keys=portion),
            operation="take over",
            who=who,
            deadline=deadline,
            reads=(ImportKeys,),
            hold_lease=start + PORTION < len(old.keys),
        )
        waiting, known = waiting + done, known + len(portion) - done
        progress(f"{waiting + known:,} of {count(len(old.keys), 'key')}")
    return TakenOver(steps, kept_as, waiting, known, old.missing)


def _put(tx: Transaction[State], *, keys: tuple[OldKey, ...]) -> int:
    """Put the keys that are new here below the paste zone's; return how many these are."""
    table = tx.table(ImportKeys)
    pasted = {named(row.cells.get("provider"), row.cells.get("keycode")) for row in table.rows}
    wanted = [named(key["provider"], key["keycode"]) for key in keys]
    known = pasted | {name for name in wanted if name in tx.state.codes}
    new = still_to_come(keys, known)
    if new:
        table.append([dict(key) for key in new])
    return len(new)


def _kept_as(services: Services, deadline: Deadline) -> str:
    """Return the title under which provision has kept an old history, the newest of several."""
    sheets = services.spreadsheet.client.metadata(deadline).get("sheets", [])
    titles = [str(sheet["properties"]["title"]) for sheet in sheets]
    begin = ImportHistory.__table__.title.casefold()
    return max(
        (title for title in titles if title.casefold().startswith(begin) and title.endswith("(before)")), default=""
    )


def _read(services: Services, title: str, deadline: Deadline) -> OldHistory:
    quoted = "'" + title.replace("'", "''") + "'"
    return read_old_history(services.spreadsheet.client.values([quoted], deadline)[0].get("values", []))
