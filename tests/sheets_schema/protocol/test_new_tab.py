"""How tabs are made and formatted, request by request."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import Field

from sheets_schema import Choices, Generated, InputTable, Ledger, View, Width
from sheets_schema.advanced import Chart, FilterView, Highlight, Series, Style, Tone
from sheets_schema.protocol.batch_requests import grid, write_cells
from sheets_schema.protocol.charts import add_chart, chart_spec, update_chart
from sheets_schema.protocol.lock_record import lock_range
from sheets_schema.protocol.looks import (
    HEADER_HEIGHT,
    band_colours,
    banding,
    colour,
    filter_view,
    frozen_columns,
    header_format,
    header_tone,
    highlight,
    highlight_rule,
    shared_filter,
    style_fields,
    style_of,
    tab_colour,
    wraps,
)
from sheets_schema.protocol.new_tab import (
    format_column,
    format_header,
    format_rows,
    free_id,
    new_tab,
    protect,
    widened,
)
from sheets_schema.protocol.sheet_layout import SheetLayout
from sheets_schema.schema.columns import Column
from sheets_schema.schema.tables import Binding, Tab, declared_binding
from tests.sheets_schema.bank import Captured, Payments, Requests

OVERDRAWN = FilterView("Overdrawn", "cents", "NUMBER_LESS", "0", newest_first="at")
RED = Highlight("cents", "NUMBER_LESS", "0", Tone.WRONG)
GREEN = Highlight("cents", "CUSTOM_FORMULA", "{cents}>{least}", Tone.GOOD)
BARS = Chart("Bars", "BAR", "account", (Series("cents", "1967D2"),), ("who", "how much"), 1, 4, rows=9)


class Plain(View, tab="Plain"):
    account: str
    cents: int


class Rich(
    View,
    tab="Rich",
    frozen_to="account",
    filtered=True,
    filter_views=(OVERDRAWN,),
    highlights=(RED, GREEN),
    charts=(BARS,),
):
    account: Annotated[str, Width(200)] = Field(description="whose it is")
    cents: int
    least: int = 0
    at: datetime | None = None


class Wishes(InputTable, tab="Wishes"):
    who: str = ""
    urgency: Annotated[str, Choices(("LOW", "HIGH"))] = ""
    approved: bool = False
    answer: Annotated[str, Generated()] = ""


class Hidden(Ledger, tab="Hidden", hidden=True, filtered=True):
    account: Annotated[str, Width(90)]


SHEET = SheetLayout(7, 3, 50)


def of(tab: type[Tab], name: str) -> Column:
    return next(column for column in tab.columns() if column.field == name)


def kinds(requests: list[dict[str, Any]]) -> list[str]:
    return [kind for request in requests for kind in request]


class TestNewTabs:
    def test_one_that_says_nothing_of_its_looks(self) -> None:
        binding = declared_binding(Plain)

        made, *rest = new_tab(Plain, SHEET)

        size = {"rowCount": 50, "columnCount": 3, "frozenRowCount": 1}
        properties = {"sheetId": 7, "title": "Plain", "hidden": False, "gridProperties": size}
        assert made == {"addSheet": {"properties": {**properties, "tabColorStyle": colour("80868B")}}}
        assert rest == [
            write_cells(7, 1, 0, [["account", "cents"]]),
            {
                "updateDimensionProperties": {
                    "range": {"sheetId": 7, "dimension": "ROWS", "startIndex": 0, "endIndex": 1},
                    "properties": {"pixelSize": HEADER_HEIGHT},
                    "fields": "pixelSize",
                }
            },
            format_header(Plain, of(Plain, "account"), grid(7, 1, 1, 0, 1)),
            format_header(Plain, of(Plain, "cents"), grid(7, 1, 1, 1, 1)),
            *format_rows(Plain, 7, binding, 50),
            banding(Plain, 7, 3),
            protect(7),
        ]

    def test_one_that_says_all_of_it(self) -> None:
        binding = declared_binding(Rich)

        made, *rest = new_tab(Rich, SHEET, 4)

        assert made["addSheet"]["properties"]["index"] == 4
        assert made["addSheet"]["properties"]["gridProperties"]["frozenColumnCount"] == 1
        assert rest[2] == format_header(Rich, of(Rich, "account"), grid(7, 1, 1, 0, 1))
        assert rest[3] == widened(7, 0, 200)
        assert rest[-7:] == [
            filter_view(OVERDRAWN, 7, binding),
            highlight(RED, SHEET, binding, 0),
            highlight(GREEN, SHEET, binding, 1),
            add_chart(BARS, SHEET, binding),
            banding(Rich, 7, 3),
            shared_filter(7, 4),
            protect(7),
        ]

    def test_peoples_own_is_not_protected(self) -> None:
        assert "addProtectedRange" not in kinds(new_tab(Wishes, SHEET))
        assert "addProtectedRange" in kinds(new_tab(Hidden, SHEET))

    def test_one_that_people_do_not_see_has_no_bands_colour_or_higher_header(self) -> None:
        made, *rest = new_tab(Hidden, SHEET, 0)

        assert made["addSheet"]["properties"] == {
            "sheetId": 7,
            "title": "Hidden",
            "hidden": True,
            "gridProperties": {"rowCount": 50, "columnCount": 3, "frozenRowCount": 1},
            "index": 0,
        }
        assert kinds(rest) == [
            "updateCells", "repeatCell", "updateDimensionProperties", "repeatCell", "setBasicFilter", "addProtectedRange"
        ]  # fmt: skip

    def test_its_id_comes_from_the_seed_and_is_free(self) -> None:
        first = free_id("Payments", set())

        assert first == free_id("Payments", {1, 2}) != free_id("Payment", set())
        assert free_id("Payments", {first, first + 1}) == first + 2
        assert 0 < first < 2**31

    def test_its_id_is_never_zero_or_more_than_google_takes(self, monkeypatch: pytest.MonkeyPatch) -> None:
        crc = {b"none": 0x80000000, b"last": 0xFFFFFFFF}
        monkeypatch.setattr("sheets_schema.protocol.new_tab.zlib.crc32", crc.__getitem__)

        assert free_id("none", set()) == 1
        assert free_id("last", set()) == 0x7FFFFFFF
        assert free_id("last", {0x7FFFFFFF}) == 1

    def test_the_lock_cell_is_the_second_of_its_row(self) -> None:
        assert lock_range(SheetLayout(3, 2, 10)) == {
            "sheetId": 3, "startRowIndex": 1, "endRowIndex": 2, "startColumnIndex": 1, "endColumnIndex": 2
        }  # fmt: skip


class TestColumns:
    BELOW = grid(7, 2, 49, 1, 1)

    def formatted(self, column: Column) -> list[Any]:
        return format_column(column, self.BELOW)

    def number(self, kind: str, pattern: str) -> dict[str, Any]:
        cell = {"userEnteredFormat": {"numberFormat": {"type": kind, "pattern": pattern}}}
        return {"repeatCell": {"range": self.BELOW, "cell": cell, "fields": "userEnteredFormat.numberFormat"}}

    def test_texts_times_and_whole_numbers_of_views_are_shown_as_such(self) -> None:
        assert self.formatted(of(Plain, "account")) == [self.number("TEXT", "@")]
        assert self.formatted(of(Plain, "cents")) == [self.number("NUMBER", "0")]
        assert self.formatted(of(Rich, "at")) == [self.number("DATE_TIME", "mmm d, hh:mm")]
        assert self.formatted(of(Payments, "cents")) == []

    def test_choices_are_a_drop_down_and_yes_or_no_a_checkbox_neither_strict(self) -> None:
        def rule(condition: dict[str, Any]) -> dict[str, Any]:
            shown = {"condition": condition, "showCustomUi": True, "strict": False}
            return {"setDataValidation": {"range": self.BELOW, "rule": shown}}

        picks = [{"userEnteredValue": "LOW"}, {"userEnteredValue": "HIGH"}]
        assert self.formatted(of(Wishes, "urgency"))[1:] == [rule({"type": "ONE_OF_LIST", "values": picks})]
        assert self.formatted(of(Wishes, "approved")) == [rule({"type": "BOOLEAN"})]

    def test_everything_below_the_header_is_formatted_where_its_column_stands(self) -> None:
        binding = Binding(Plain, {"account": 4, "cents": 0})

        assert format_rows(Plain, 7, binding, 50) == [
            *format_column(of(Plain, "account"), grid(7, 2, 49, 4, 1)),
            *format_column(of(Plain, "cents"), grid(7, 2, 49, 0, 1)),
        ]

    @pytest.mark.parametrize(
        ("column", "style", "fields"),
        [
            (Column("x", "x"), {}, []),
            (Column("x", "x", width=119), {}, []),
            (Column("x", "x", width=120), {"wrapStrategy": "WRAP"}, ["wrapStrategy"]),
            (Column("x", "x", width=300, text=False), {}, []),
            (Column("x", "x", width=300, link=True), {}, []),
            (
                Column("x", "x", width=300, style=Style(monospace=True)),
                {"textFormat": {"fontFamily": "Roboto Mono"}},
                ["textFormat.fontFamily"],
            ),
            (
                Column("x", "x", style=Style(large=True, right=True)),
                {"textFormat": {"bold": True, "fontSize": 18}, "horizontalAlignment": "RIGHT"},
                ["textFormat.bold", "textFormat.fontSize", "horizontalAlignment"],
            ),
        ],
    )
    def test_sentences_wrap_and_marks_say_the_rest(
        self, column: Column, style: dict[str, Any], fields: list[str]
    ) -> None:
        assert style_of(column) == style
        assert style_fields(style) == fields
        assert wraps(column) == ("wrapStrategy" in style)
        mask = f"userEnteredFormat({','.join(fields)})"
        shown = {"repeatCell": {"range": self.BELOW, "cell": {"userEnteredFormat": style}, "fields": mask}}
        assert (shown in self.formatted(column)) is bool(style)

    def test_a_column_is_so_many_pixels_wide(self) -> None:
        assert widened(7, 3, 90) == {
            "updateDimensionProperties": {
                "range": {"sheetId": 7, "dimension": "COLUMNS", "startIndex": 3, "endIndex": 4},
                "properties": {"pixelSize": 90},
                "fields": "pixelSize",
            }
        }

    def test_a_header_has_a_note_and_says_by_its_colours_who_writes_below(self) -> None:
        tones = [header_tone(tab, column) for tab in (Wishes, Plain, Payments) for column in (tab.columns()[0],)]
        assert tones == [Tone.PEOPLE, Tone.QUIET, Tone.GOOD]
        assert header_tone(Wishes, of(Wishes, "answer")) is Tone.QUIET

        account = of(Rich, "account")
        assert header_format(Rich, account) == {
            "textFormat": {"bold": True, "foregroundColorStyle": colour(Tone.QUIET.text)},
            "backgroundColorStyle": colour(Tone.QUIET.ground),
            "wrapStrategy": "WRAP",
            "verticalAlignment": "MIDDLE",
        }
        written = format_header(Rich, account, self.BELOW)["repeatCell"]
        assert (written["range"], written["cell"]["note"]) == (self.BELOW, "whose it is")

    def test_only_the_owner_and_the_service_may_write_into_what_is_protected(self) -> None:
        assert protect(7)["addProtectedRange"]["protectedRange"] == {
            "range": {"sheetId": 7},
            "description": "Written by the service only",
            "editors": {"users": [], "groups": [], "domainUsersCanEdit": False},
        }


class TestColours:
    def test_each_channel_is_a_little_above_what_it_shall_be_and_never_over_one(self) -> None:
        assert colour("00FF80") == {"rgbColor": {"red": 0.001, "green": 1, "blue": 0.5029}}
        assert colour("12AB34") == {"rgbColor": {"red": 0.0716, "green": 0.6716, "blue": 0.2049}}

    def test_a_tabs_own_says_who_writes_in_it(self) -> None:
        assert tab_colour(Requests) == colour("1967D2")
        assert tab_colour(Payments) == colour("188038")
        assert tab_colour(Plain) == colour("80868B")
        assert tab_colour(Captured) is None

    def test_bands_go_over_the_header_and_down_to_the_end(self) -> None:
        where = {"sheetId": 7, "startRowIndex": 0, "startColumnIndex": 0, "endColumnIndex": 4}
        colours = {"firstBandColorStyle": colour("FFFFFF"), "secondBandColorStyle": colour("F8F9FA")}

        assert band_colours() == colours
        assert banding(Plain, 7, 4) == {"addBanding": {"bandedRange": {"range": where, "rowProperties": colours}}}
        assert banding(Hidden, 7, 4) is None


class TestFilters:
    WHERE: ClassVar = {"sheetId": 7, "startRowIndex": 0, "startColumnIndex": 0, "endColumnIndex": 4}

    def test_the_one_that_all_share_is_over_all_columns(self) -> None:
        assert shared_filter(7, 4) == {"setBasicFilter": {"filter": {"range": self.WHERE}}}

    def test_a_saved_one_compares_and_sorts_newest_first(self) -> None:
        condition = {"type": "NUMBER_LESS", "values": [{"userEnteredValue": "0"}]}
        assert filter_view(OVERDRAWN, 7, declared_binding(Rich))["addFilterView"]["filter"] == {
            "title": "Overdrawn",
            "range": self.WHERE,
            "filterSpecs": [{"columnIndex": 1, "filterCriteria": {"condition": condition}}],
            "sortSpecs": [{"dimensionIndex": 3, "sortOrder": "DESCENDING"}],
        }

    def test_dates_are_compared_with_relative_ones_and_not_sorted_unless_said(self) -> None:
        view = FilterView("New", "at", "DATE_AFTER", "PAST_WEEK")
        shown = filter_view(view, 7, declared_binding(Rich))["addFilterView"]["filter"]

        assert shown["filterSpecs"][0]["filterCriteria"]["condition"]["values"] == [{"relativeDate": "PAST_WEEK"}]
        assert "sortSpecs" not in shown


class TestHighlights:
    BINDING = Binding(Rich, {"account": 0, "cents": 27, "least": 1, "at": 2})

    def test_what_is_wrong_is_bold_and_a_rule_goes_over_the_whole_column(self) -> None:
        assert highlight(RED, SHEET, self.BINDING, 3) == {
            "addConditionalFormatRule": {"index": 3, "rule": highlight_rule(RED, SHEET, self.BINDING)}
        }
        shown = {"foregroundColorStyle": colour(Tone.WRONG.text), "bold": True}
        assert highlight_rule(RED, SHEET, self.BINDING) == {
            "ranges": [grid(7, 1, 50, 27, 1)],
            "booleanRule": {
                "condition": {"type": "NUMBER_LESS", "values": [{"userEnteredValue": "0"}]},
                "format": {"backgroundColorStyle": colour(Tone.WRONG.ground), "textFormat": shown},
            },
        }

    def test_a_formula_names_cells_of_the_first_row(self) -> None:
        rule = highlight_rule(GREEN, SHEET, self.BINDING)["booleanRule"]

        assert rule["condition"]["values"] == [{"userEnteredValue": "=$AB1>$B1"}]
        assert rule["format"]["textFormat"] == {"foregroundColorStyle": colour(Tone.GOOD.text)}

    def test_a_condition_that_compares_with_nothing_names_no_value(self) -> None:
        blank = Highlight("cents", "BLANK", "", Tone.WAITS)

        assert highlight_rule(blank, SHEET, self.BINDING)["booleanRule"]["condition"] == {"type": "BLANK"}


class TestFrozenColumns:
    @pytest.mark.parametrize(("index", "frozen"), [(0, 1), (2, 3), (3, 0), (9, 0)])
    def test_they_stay_in_sight_unless_people_have_moved_them_far_to_the_right(self, index: int, frozen: int) -> None:
        assert frozen_columns(Rich, Binding(Rich, {"account": index})) == frozen

    def test_none_are_where_none_are_declared_or_there(self) -> None:
        assert frozen_columns(Plain, declared_binding(Plain)) == 0
        assert frozen_columns(Rich, Binding(Rich, {"cents": 0})) == 0

    def test_one_that_is_declared_further_right_may_stand_further_right(self) -> None:
        class Later(View, tab="Later", frozen_to="cents"):
            account: str
            cents: int

        assert frozen_columns(Later, Binding(Later, {"cents": 3})) == 4
        assert frozen_columns(Later, Binding(Later, {"cents": 4})) == 0


class TestCharts:
    BINDING = declared_binding(Rich)

    def area(self, column: int, rows: int) -> dict[str, Any]:
        return {"sourceRange": {"sources": [grid(7, 1, rows, column, 1)]}}

    def test_values_of_bars_run_along_the_bottom(self) -> None:
        assert chart_spec(BARS, SHEET, self.BINDING) == {
            "title": "Bars",
            "basicChart": {
                "chartType": "BAR",
                "legendPosition": "NO_LEGEND",
                "axis": [
                    {"position": "LEFT_AXIS", "title": "who"},
                    {"position": "BOTTOM_AXIS", "title": "how much"},
                ],
                "domains": [{"domain": self.area(0, 10)}],
                "series": [
                    {"series": self.area(1, 10), "targetAxis": "BOTTOM_AXIS", "colorStyle": colour("1967D2")},
                ],
                "headerCount": 1,
            },
        }

    def test_a_chart_of_columns_and_lines_says_which_is_which(self) -> None:
        series = (Series("cents", "1967D2"), Series("least", "A50E0E", line=True))
        both = Chart("Both", "COMBO", "account", series, ("x", "y"), 1, 1, rows=500, stacked=True, legend=True)

        basic = chart_spec(both, SHEET, self.BINDING)["basicChart"]

        assert [(drawn["type"], drawn["targetAxis"]) for drawn in basic["series"]] == [
            ("COLUMN", "LEFT_AXIS"), ("LINE", "LEFT_AXIS")
        ]  # fmt: skip
        assert [axis["position"] for axis in basic["axis"]] == ["BOTTOM_AXIS", "LEFT_AXIS"]
        assert (basic["stackedType"], basic["legendPosition"]) == ("STACKED", "BOTTOM_LEGEND")
        # No further than the grid goes.
        assert basic["domains"] == [{"domain": self.area(0, 50)}]

    @pytest.mark.parametrize(("left", "top", "row", "column"), [(1, 4, 3, 1), (2, 50, 49, 2), (3, 51, 49, 2)])
    def test_one_stands_upon_its_cell_or_the_last_there_is(self, left: int, top: int, row: int, column: int) -> None:
        chart = Chart("C", "BAR", "account", (), ("x", "y"), left, top, rows=9, x=5, y=6, width=70, height=80)

        assert add_chart(chart, SHEET, self.BINDING)["addChart"]["chart"] == {
            "spec": chart_spec(chart, SHEET, self.BINDING),
            "position": {
                "overlayPosition": {
                    "anchorCell": {"sheetId": 7, "rowIndex": row, "columnIndex": column},
                    "offsetXPixels": 5,
                    "offsetYPixels": 6,
                    "widthPixels": 70,
                    "heightPixels": 80,
                }
            },
        }

    def test_one_that_is_there_is_drawn_anew(self) -> None:
        assert update_chart(BARS, SHEET, self.BINDING, 12) == {
            "updateChartSpec": {"chartId": 12, "spec": chart_spec(BARS, SHEET, self.BINDING)}
        }
