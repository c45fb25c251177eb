"""Looks that are gone, or that a tab has outgrown, and what puts them back. Pure.

Colours, frozen columns, filters and rules that people chose are theirs: what is there stays as it is, and is made to reach as far down
as its tab by now. A rule is found again by its column and by what it asks for, a filter view by its title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sheets_schema.protocol.batch_requests import Request
from sheets_schema.protocol.looks import (
    band_colours,
    banding,
    colour,
    compared,
    filter_view,
    frozen_columns,
    highlight,
    highlight_rule,
    shared_filter,
    tab_colour,
)
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.looks import Highlight
from sheets_schema.schema.tables import Binding, Tab, View

LOOKS = (
    "merges",
    "basicFilter",
    "filterViews(filterViewId,title,range)",
    "bandedRanges(bandedRangeId,range,rowProperties)",
    "conditionalFormats(ranges,booleanRule)",
)
"""The fields of a sheet's metadata that show them."""

Repair = tuple[str, list[Request]]
"""What is done, in words, and by which requests; without any it is only reported."""
_Grid = dict[str, int]
_CELL = re.compile(r"\$[A-Z]+[0-9]+")
_NEAR = 0.01
"""How far two channels of a colour may be apart: Google keeps eight bits of each."""


def find_look_drift(tab: type[Tab], sheet: SheetLayout, about: Mapping[str, Any], binding: Binding) -> Iterable[Repair]:
    """Yield what is missing of a tab's looks. `binding` has the columns that are there."""
    title, properties = tab.__table__.title, about["properties"]
    if (wanted := tab_colour(tab)) and not properties.get("tabColorStyle"):
        changed = {"sheetId": sheet.sheet_id, "tabColorStyle": wanted}
        yield f"colour tab “{title}”", [sheet_properties(changed, "tabColorStyle")]
    yield from _frozen(tab, sheet, about, binding)
    yield from _bands(tab, sheet, about)
    yield from _rules(tab, sheet, about.get("conditionalFormats", []), binding)
    yield from _filter(tab, sheet, about, binding)
    yield from _filter_views(tab, sheet, about, binding)


def sheet_properties(changed: Mapping[str, Any], fields: str) -> Request:
    """Return the request that changes what is said of a tab as a whole."""
    return {"updateSheetProperties": {"properties": changed, "fields": fields}}


def freeze(tab: type[Tab], sheet: SheetLayout, about: Mapping[str, Any], dimension: str, count: int) -> Repair:
    """Return what keeps the first rows or columns in sight.

    Google refuses to freeze a part of a merged cell, and with it the whole batch, so then it is only reported.
    """
    name, named = ("Row", "the header") if dimension == "ROWS" else ("Column", "columns")
    merges = about.get("merges", [])
    if any(merge.get(f"start{name}Index", 0) < count < merge.get(f"end{name}Index", 0) for merge in merges):
        message = (
            f"{named} of tab “{tab.__table__.title}” cannot be frozen: a merged cell reaches over the edge. Unmerge it"
        )
        return f"{message} (Format > Merge cells > Unmerge) and run provision again", []
    frozen = f"frozen{name}Count"
    changed = {"sheetId": sheet.sheet_id, "gridProperties": {frozen: count}}
    return f"freeze {named} of tab “{tab.__table__.title}”", [sheet_properties(changed, f"gridProperties.{frozen}")]


def _frozen(tab: type[Tab], sheet: SheetLayout, about: Mapping[str, Any], binding: Binding) -> Iterable[Repair]:
    there = about["properties"].get("gridProperties", {}).get("frozenColumnCount")
    count = frozen_columns(tab, binding)
    # Google leaves no tab without a column that moves.
    if not there and 0 < count < sheet.columns:
        yield freeze(tab, sheet, about, "COLUMNS", count)


def _bands(tab: type[Tab], sheet: SheetLayout, about: Mapping[str, Any]) -> Iterable[Repair]:
    there, title = about.get("bandedRanges", []), tab.__table__.title
    if not there and (bands := banding(tab, sheet.sheet_id, sheet.columns)):
        yield f"shade every other row of tab “{title}”", [bands]
    for banded in there:
        # Those of other colours are people's, and so is the arrangement where they have added some.
        if len(there) > 1 or not _are_ours(banded.get("rowProperties", {})):
            continue
        # A commit widens a view that an earlier version made.
        columns = min(len(tab.columns()), sheet.columns) if issubclass(tab, View) else 0
        if longer := _reaching(banded["range"], sheet, columns):
            changed = {"bandedRangeId": banded["bandedRangeId"], "range": longer}
            yield (
                f"shade every row of tab “{title}” again",
                [{"updateBanding": {"bandedRange": changed, "fields": "range"}}],
            )


def _are_ours(rows: Mapping[str, Any]) -> bool:
    return all(_is_near(rows.get(name, {}), wanted) for name, wanted in band_colours().items())


def _reaching(there: Mapping[str, int], sheet: SheetLayout, columns: int = 0) -> _Grid | None:
    """Return a range from the top of its tab to the bottom, `columns` wide; None if it is."""
    right = max(there.get("endColumnIndex", sheet.columns), columns)
    is_high = not there.get("startRowIndex", 0) and there.get("endRowIndex", sheet.rows) >= sheet.rows
    if is_high and right == there.get("endColumnIndex", sheet.columns):
        return None
    return {
        **there,
        "sheetId": sheet.sheet_id,
        "startRowIndex": 0,
        "endRowIndex": sheet.rows,
        "endColumnIndex": right,
    }


def _rules(
    tab: type[Tab], sheet: SheetLayout, there: Sequence[Mapping[str, Any]], binding: Binding
) -> Iterable[Repair]:
    """Put missing rules where they count as declared.

    The others are made to reach down, and earlier ones are taken away.
    """
    title, requests = tab.__table__.title, list[Request]()
    former = [
        number
        for number, rule in enumerate(there)
        for earlier in tab.__table__.former_highlights
        if earlier.fields <= binding.index.keys() and _is_that(rule, earlier, binding) and _has_tone(rule, earlier)
    ]
    requests += [
        {"deleteConditionalFormatRule": {"sheetId": sheet.sheet_id, "index": number}} for number in former[::-1]
    ]
    kept = [rule for number, rule in enumerate(there) if number not in former]
    order: list[Mapping[str, Any] | Highlight] = [*kept]
    for wanted in tab.__table__.highlights:
        if not wanted.fields <= binding.index.keys():
            continue
        found = next((rule for rule in kept if _is_that(rule, wanted, binding)), None)
        if found is not None:
            position = order.index(found)
            order[position] = wanted
            if changed := _mended(found, wanted, sheet, binding):
                requests.append({"updateConditionalFormatRule": {"index": position, "rule": changed}})
            continue
        position = 1 + max((index for index, rule in enumerate(order) if isinstance(rule, Highlight)), default=-1)
        if not position:
            later = [rule for rule in kept if any(_is_that(rule, known, binding) for known in _known(tab, binding))]
            position = order.index(later[0]) if later else len(order)
        order.insert(position, wanted)
        requests.append(highlight(wanted, sheet, binding, position))
    if requests:
        yield f"highlight what matters in tab “{title}”", requests


def _known(tab: type[Tab], binding: Binding) -> Iterable[Highlight]:
    return (rule for rule in tab.__table__.highlights if rule.fields <= binding.index.keys())


def _is_that(rule: Mapping[str, Any], wanted: Highlight, binding: Binding) -> bool:
    """Whether a rule asks the same of the same column, whatever cells its formula reads."""
    ranges = rule.get("ranges") or [{}]
    asked = rule.get("booleanRule", {}).get("condition", {})
    return (
        len(ranges) == 1
        and ranges[0].get("startColumnIndex", 0) == binding.index[wanted.field]
        and asked.get("type") == wanted.condition
        and _without_cells(asked.get("values", [])) == _without_cells(compared(wanted, binding))
    )


def _without_cells(values: Iterable[Mapping[str, Any]]) -> list[str]:
    return [_CELL.sub("", value.get("userEnteredValue", "")) for value in values]


def _has_tone(rule: Mapping[str, Any], wanted: Highlight) -> bool:
    shown = rule.get("booleanRule", {}).get("format", {})
    return _is_near(shown.get("backgroundColorStyle", {}), colour(wanted.tone.ground))


def _is_near(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    one, other = there.get("rgbColor", {}), wanted["rgbColor"]
    return bool(one) and all(abs(one.get(name, 0) - other.get(name, 0)) < _NEAR for name in ("red", "green", "blue"))


def _mended(rule: Mapping[str, Any], wanted: Highlight, sheet: SheetLayout, binding: Binding) -> dict[str, Any] | None:
    """Return a rule over all rows of its tab, reading the right cells; None if it does.

    It keeps the colours that it has.
    """
    declared = highlight_rule(wanted, sheet, binding)
    there = rule["ranges"][0]
    is_whole = there.get("endRowIndex", sheet.rows) >= sheet.rows and not there.get("startRowIndex", 0)
    says = rule["booleanRule"]
    if is_whole and says["condition"].get("values", []) == compared(wanted, binding):
        return None
    return {**declared, "booleanRule": {**says, "condition": declared["booleanRule"]["condition"]}}


def _filter(tab: type[Tab], sheet: SheetLayout, about: Mapping[str, Any], binding: Binding) -> Iterable[Repair]:
    if not tab.__table__.filtered or not binding.index:
        return
    there, named = about.get("basicFilter"), f"filter of tab “{tab.__table__.title}”"
    if not there:
        yield named, [shared_filter(sheet.sheet_id, binding.width)]
    elif _is_over_all(there, binding) and (longer := _reaching(there.get("range", {}), sheet)):
        old = {name: value for name, value in there.items() if name != "criteria" or "filterSpecs" not in there}
        yield f"{named}, down to its last row", [{"setBasicFilter": {"filter": {**old, "range": longer}}}]


def _is_over_all(there: Mapping[str, Any], binding: Binding) -> bool:
    """Whether a filter covers all declared columns: one over fewer is somebody's own."""
    area = there.get("range", {})
    columns = (area.get("startColumnIndex", 0), area.get("endColumnIndex", binding.width))
    return not area.get("startRowIndex", 0) and not columns[0] and bool(columns[1] >= binding.width)


def _filter_views(tab: type[Tab], sheet: SheetLayout, about: Mapping[str, Any], binding: Binding) -> Iterable[Repair]:
    """Those that are gone; one that is there may have been changed by people, whose it is then."""
    there = {view.get("title"): view for view in about.get("filterViews", [])}
    for view in tab.__table__.filter_views:
        if not {view.field, view.newest_first or view.field} <= binding.index.keys():
            continue
        found, named = there.get(view.title), f"filter view “{view.title}” of tab “{tab.__table__.title}”"
        if not found:
            yield f"save {named}", [filter_view(view, sheet.sheet_id, binding)]
        elif _is_over_all(found, binding) and (longer := _reaching(found.get("range", {}), sheet)):
            changed = {"filterViewId": found["filterViewId"], "range": longer}
            yield f"{named}, down to its last row", [{"updateFilterView": {"filter": changed, "fields": "range"}}]
