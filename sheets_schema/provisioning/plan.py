"""Setting a spreadsheet up: what is missing, and the one idempotent batch that makes it.

Nothing of a person's is deleted or overwritten: missing tabs are added with their formatting (formats, drop-downs,
notes, widths), missing headers are written into free cells of the first row, drifted formatting and protection are put on
again (see `format_drift.py`). A title or a header in another letter case is taken for the declared one and written as declared. A
tab with somebody else's rows under the title of one that only the service writes is kept under another title, with the
caller's consent (see `foreign_tabs.py`). A deleted *Control* tab and the fence are made anew as the commit log says; facts that are gone
are for people to restore: an empty tab in their place would contradict the log.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import count, dropwhile
from typing import Any

from sheets_schema.clock import Clock, Deadline
from sheets_schema.engine.client import Client
from sheets_schema.engine.response_classification import Applied, NotApplied, Rejected, Unknown
from sheets_schema.errors import CommitUnknownError, ForeignRowsError, SchemaMismatchError
from sheets_schema.plurals import counted
from sheets_schema.protocol.a1 import quoted
from sheets_schema.protocol.batch_requests import Request
from sheets_schema.protocol.limits import check_growth
from sheets_schema.protocol.lock_record import FENCE_NAME, fence_added, lock_range
from sheets_schema.protocol.new_tab import free_id, new_tab
from sheets_schema.protocol.sheet_layout import SheetLayout, sheets_of
from sheets_schema.provisioning.blank_columns import columns_of_new, take_blank_columns
from sheets_schema.provisioning.chart_drift import CHARTS
from sheets_schema.provisioning.control_tab import first_commit, last_lock, rebuilt_control, refuse_renamed
from sheets_schema.provisioning.foreign_tabs import ForeignTab, filled_rows, kept_as, rename
from sheets_schema.provisioning.format_drift import (
    GRID_FIELDS,
    find_drift,
    is_protected_by_us,
    ranges_to_check,
    shown_tabs,
)
from sheets_schema.provisioning.headers import repair_headers, widen_view
from sheets_schema.provisioning.look_drift import LOOKS
from sheets_schema.schema.cells import Cell, is_empty
from sheets_schema.schema.declaration import Schema
from sheets_schema.schema.internal_tables import (
    COMMIT_LOG,
    CONTROL,
    OPENING,
    CommitLog,
    Control,
    OpeningTable,
)
from sheets_schema.schema.tables import Binding, InputTable, Tab, View, header_places, read_row

_MAX_RETRIES = 5
"""How often a guarded batch is made again because somebody has committed meanwhile."""


@dataclass
class Plan:
    """Differences between declaration and spreadsheet, and the batch that removes them.

    `first` says that the spreadsheet was never set up before, `partly` that the rest is compared once this is done. `foreign`
    are tabs with somebody else's rows, which are kept under other titles if the caller consents. `guarded` says that the batch is refused
    once anybody has committed. `notes` say what could not be done, and what people can do about it.
    """

    steps: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    foreign: list[ForeignTab] = field(default_factory=list)
    first: bool = False
    partly: bool = False
    guarded: bool = False
    notes: list[str] = field(default_factory=list)


def plan(schema: Schema[Any], client: Client, clock: Clock, deadline: Deadline) -> Plan:
    """Compare the spreadsheet with its declaration. Reads only.

    Raises `SchemaMismatchError` for what is for people to put back, `LimitExceededError` if there is no room for what is missing.
    """
    metadata = client.metadata(deadline, *LOOKS, CHARTS)
    made = _compared(schema, client, metadata, clock, deadline)
    check_growth(sheets_of(metadata, schema.tabs), {}, made.requests)
    return made


def _compared(
    schema: Schema[Any], client: Client, metadata: Mapping[str, Any], clock: Clock, deadline: Deadline
) -> Plan:
    sheets = sheets_of(metadata, schema.tabs)
    fence = next((named for named in metadata.get("namedRanges", []) if named.get("name") == FENCE_NAME), None)
    whole = fence is not None and {CONTROL, *(ledger.__table__.title for ledger in schema.all_ledgers)} <= sheets.keys()
    protected = {
        sheet["properties"].get("sheetId", 0) for sheet in metadata.get("sheets", []) if is_protected_by_us(sheet)
    }
    past = [] if whole else _last_commit(schema, client, sheets, protected, deadline)
    if CONTROL not in sheets and fence:
        refuse_renamed(fence, sheets)
    if CONTROL not in sheets and past:
        step, requests = rebuilt_control(schema, _new_sheet(Control, sheets), past, fence)
        return Plan([step], requests, partly=True)
    made = Plan()
    _keep_foreign(made, schema, client, metadata, sheets, protected, deadline, ours_by_header=bool(whole or past))
    tabs = (*schema.tabs, *((OpeningTable,) if OPENING in sheets and sheets[OPENING].sheet_id in protected else ()))
    there = [tab for tab in tabs if tab.__table__.title in sheets]
    looked = [position for tab in there for position in ranges_to_check(tab, sheets[tab.__table__.title])]
    shown = shown_tabs(metadata, client.grid_data(GRID_FIELDS, looked, deadline) if there else {})
    headers = {tab: shown[sheets[tab.__table__.title].sheet_id].header for tab in there}
    for index, tab in enumerate(tabs):
        if tab in headers:
            _spell_title(made, tab, shown[sheets[tab.__table__.title].sheet_id].about["properties"])
            sheet, wider = widen_view(tab, sheets[tab.__table__.title])
            for step, requests in [
                *wider,
                *repair_headers(tab, sheet, headers[tab]),
                *find_drift(tab, sheet, shown[sheet.sheet_id], schema.binding(tab, headers[tab], sheet.columns)),
            ]:
                (made.steps if requests else made.notes).append(step)
                made.requests += requests
        else:
            sheet = sheets[tab.__table__.title] = _new_sheet(tab, sheets)
            made.steps.append(f"add tab “{tab.__table__.title}”")
            made.requests += new_tab(tab, sheet, index)
    if whole and fence and (narrowed := take_blank_columns(client, sheets, headers, deadline)):
        # Refused if anybody has committed since we looked: what was blank then might hold something now.
        unchanged = {"namedRangeId": fence["namedRangeId"], "range": fence["range"]}
        made.requests.insert(0, {"updateNamedRange": {"namedRange": unchanged, "fields": "range"}})
        made.guarded = True
        made.steps += [step for step, _ in narrowed]
        made.requests += [request for _, requests in narrowed for request in requests]
    if past and not fence:
        made.steps.append("put the fence around the lock cell back")
        made.requests.append(fence_added(last_lock(past), lock_range(sheets[CONTROL])))
    elif not past and not whole:
        step, requests = first_commit(schema, sheets, fence, clock)
        made.first = True
        made.steps.append(step)
        made.requests += requests
    return made


def apply(schema: Schema[Any], client: Client, clock: Clock, deadline: Deadline, *, keep_foreign: bool = False) -> Plan:
    """Make the planned changes in one batch and return what was done.

    Safe to repeat, and to run twice at once.

    Raises `ForeignRowsError` if somebody else's rows stand where tabs are to be made and nobody has consented to keep them
    under other titles, `CommitUnknownError` if the answer was lost: run it again, it does only what is still missing.
    """
    for attempt in count():
        made = plan(schema, client, clock, deadline)
        if made.foreign and not keep_foreign:
            raise ForeignRowsError(
                f"There are tabs with rows that this program did not write. It would {'; '.join(map(str, made.foreign))}, and make "
                "its own in their place. Nothing was written: say that they may be kept so, or give them other titles, and run "
                "provision again.",
                tab=made.foreign[0].title,
            )
        if not made.requests:
            return made
        match client.write_until_known(made.requests, deadline):
            case Applied():
                return made
            case Rejected() if not plan(schema, client, clock, deadline).requests:
                return made  # it stands: somebody was quicker, or another copy of this batch
            case Rejected() if made.guarded and attempt < _MAX_RETRIES:
                clock.sleep(min(clock.jitter(attempt), deadline.left()))
            case Rejected(error) if made.partly:
                # The name of a fence whose tab is gone may stay taken (docs/library/probes.md, probe 7).
                raise SchemaMismatchError(
                    f"Google did not take the new tab “{CONTROL}” ({error}). Run provision again; if it says so again, "
                    "restore the tab with File > Version history.",
                    tab=CONTROL,
                ) from None
            case NotApplied(error) | Rejected(error):
                raise error
            case Unknown(reason):
                raise CommitUnknownError(
                    f"Whether the spreadsheet was set up is not known ({reason}): run provision again."
                )
    raise AssertionError("unreachable: the retries are counted")


def _new_sheet(tab: type[Tab], sheets: Mapping[str, SheetLayout]) -> SheetLayout:
    taken = {sheet.sheet_id for sheet in sheets.values()}
    return SheetLayout(free_id(tab.__table__.title, taken), columns_of_new(tab), tab.__table__.rows)


def _spell_title(made: Plan, tab: type[Tab], properties: Mapping[str, Any]) -> None:
    if properties["title"] != tab.__table__.title:
        made.steps.append(f"spell the title of tab “{properties['title']}” as “{tab.__table__.title}”")
        made.requests.append(rename(properties.get("sheetId", 0), tab.__table__.title))


def _keep_foreign(
    made: Plan,
    schema: Schema[Any],
    client: Client,
    metadata: Mapping[str, Any],
    sheets: dict[str, SheetLayout],
    protected: Collection[int],
    deadline: Deadline,
    *,
    ours_by_header: bool,
) -> None:
    """Plan other titles for tabs with somebody else's rows where only the service writes.

    Then they are as good as missing. A tab that this program made bears its protection, and a view that lost it still
    has its headers. Of one that was set up before, ledgers and system tabs are told by the log.
    """
    titles = [str(sheet["properties"]["title"]) for sheet in metadata.get("sheets", [])]
    for tab in schema.tabs:
        sheet = sheets.get(tab.__table__.title)
        told_by_the_log = ours_by_header and not issubclass(tab, View)
        if sheet is None or issubclass(tab, InputTable) or sheet.sheet_id in protected or told_by_the_log:
            continue
        rows = filled_rows(tab, _rows(client, tab.__table__.title, deadline), ours_by_header=ours_by_header)
        if rows is None:
            continue
        title = next(existing for existing in titles if existing.casefold().strip() == tab.__table__.title.casefold())
        foreign = ForeignTab(title, kept_as(tab.__table__.title, titles), rows)
        titles.append(foreign.kept_as)
        made.foreign.append(foreign)
        made.steps.append(str(foreign))
        made.requests.append(rename(sheet.sheet_id, foreign.kept_as))
        del sheets[tab.__table__.title]


def _last_commit(
    schema: Schema[Any],
    client: Client,
    sheets: Mapping[str, SheetLayout],
    protected: Collection[int],
    deadline: Deadline,
) -> list[CommitLog]:
    """Return the commit log, looked at because something beside it is missing.

    Empty if nothing was ever set up. Ledgers that bear no protection of ours, where there is no log, are somebody
    else's.

    Raises `SchemaMismatchError` for facts that are gone.
    """
    there = [ledger.__table__.title for ledger in schema.all_ledgers if ledger.__table__.title in sheets]
    raw = _rows(client, COMMIT_LOG, deadline) if COMMIT_LOG in there else []
    if raw and sheets[COMMIT_LOG].sheet_id not in protected and not any(header_places(CommitLog, raw[0]).values()):
        raw = []  # somebody else's
    if len(raw) > 1:
        binding = Binding.of(CommitLog, raw[0])
        rows = dropwhile(lambda row: not binding.pick(row[1]), enumerate(raw[1:], 2))  # the first ones may have left
        past = [read_row(CommitLog, binding, row, number) for number, row in rows]
        held = past[-1].counts()
        for ledger in schema.ledgers:
            if ledger.__table__.title not in sheets and (lost := held.get(ledger.__table__.title)):
                raise SchemaMismatchError(
                    f"The tab “{ledger.__table__.title}” is missing, and by the commit log it holds "
                    f"{counted(lost, 'row')}. If it was renamed, "
                    "give it that name again; if it was deleted, restore it with File > Version history. Nothing was written.",
                    tab=ledger.__table__.title,
                )
        return past
    ours = [title for title in there if sheets[title].sheet_id in protected]
    filled = [title for title in ours if len(_rows(client, title, deadline)) > 1]
    if filled or CONTROL in sheets:
        message = f"“{filled[0]}” holds rows" if filled else f"there is a tab “{CONTROL}”"
        anew = (
            ""
            if filled
            else f" If nothing was ever written, rename “{CONTROL}” if it is a tab of your own, or else delete it: "
            "provision then begins anew."
        )
        raise SchemaMismatchError(
            f"The tab “{COMMIT_LOG}” is missing or empty, but {message}. If it was renamed, give it that name again; "
            f"otherwise restore it with File > Version history. Nothing was written.{anew}",
            tab=COMMIT_LOG,
        )
    return []


def _rows(client: Client, title: str, deadline: Deadline) -> list[list[Cell]]:
    """Return a whole tab, header first, without what is blank at its end."""
    rows: list[list[Cell]] = client.values([quoted(title)], deadline)[0].get("values", [])
    while rows and all(map(is_empty, rows[-1])):
        rows.pop()
    return rows
