"""The page of `make serve` shows what the spreadsheet declares: widths, colours, charts, filters; and what Slack is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest
from gspread.utils import ValueRenderOption
from playwright.sync_api import expect
from werkzeug.test import Client

from npta.local.workbook.page import FILES
from tests.chromium import CHROMIUM, violations
from tests.npm import packages
from tests.npta.local.desk import SIZE, Desk

pytestmark = CHROMIUM

BLUE = {"red": 0.9098039, "green": 0.9411765, "blue": 0.99607843}
GREEN = {"red": 0.9019608, "green": 0.95686275, "blue": 0.91764706}
GREY = {"red": 0.972549, "green": 0.9764706, "blue": 0.98039216}


def new_tab(desk: Desk, rows: list[list[Any]], *requests: dict[str, Any], columns: int = 4) -> int:
    """A tab of somebody's own, open on the page; `sheetId` 0 in a request stands for its id."""
    sheet = desk.there.house.sheet
    tab = sheet.add_worksheet("Mine", max(30, len(rows)), columns)
    tab.update(rows, raw=False)
    asked = json.dumps(requests).replace('"sheetId": 0', f'"sheetId": {tab.id}')
    if requests:
        sheet.batch_update({"requests": json.loads(asked)})
    desk.open("Mine")
    return int(tab.id)


def area(top: int, bottom: int, left: int, right: int) -> dict[str, int]:
    return {
        "sheetId": 0,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }


class TestLooks:
    def test_columns_are_as_wide_as_in_the_sheet_whatever_stands_in_them(self, desk: Desk) -> None:
        width = {"range": {"sheetId": 0, "dimension": "COLUMNS", "startIndex": 1, "endIndex": 2}}
        resized = {"updateDimensionProperties": {**width, "properties": {"pixelSize": 260}, "fields": "pixelSize"}}
        new_tab(desk, [["a", "b", "c"], ["1", "x" * 300, "2"]], resized)

        widths = [desk.cell(2, column).bounding_box() for column in range(3)]

        assert [box and box["width"] for box in widths] == [100, 260, 100]

    def test_frozen_columns_stay_in_view(self, desk: Desk) -> None:
        frozen = {"gridProperties": {"frozenRowCount": 1, "frozenColumnCount": 1}}
        fields = "gridProperties(frozenRowCount,frozenColumnCount)"
        asked = {"updateSheetProperties": {"properties": {"sheetId": 0, **frozen}, "fields": fields}}
        new_tab(desk, [["a"], ["first"]], asked, columns=30)
        before = desk.cell(2, 0).bounding_box()

        desk.cell(2, 0).click()
        desk.page.keyboard.press("End")

        expect(desk.cell(2, 29)).to_be_in_viewport()
        assert desk.page.evaluate("document.getElementById('grid').scrollLeft") > 500
        assert desk.cell(2, 0).bounding_box() == before

    def test_colours_of_formats_bands_and_conditions_are_googles(self, desk: Desk) -> None:
        header = {"backgroundColor": BLUE, "horizontalAlignment": "CENTER", "textFormat": {"bold": True}}
        bands = {"firstBandColor": {"red": 1, "green": 1, "blue": 1}, "secondBandColor": GREY}
        text = {"type": "TEXT_EQ", "values": [{"userEnteredValue": "ready"}]}
        rule = {"condition": text, "format": {"backgroundColor": GREEN}}
        new_tab(
            desk,
            [["what", "many"], ["ready", "1234.5"], ["other", "2"]],
            {
                "repeatCell": {
                    "range": area(0, 1, 0, 4),
                    "cell": {"userEnteredFormat": header},
                    "fields": "userEnteredFormat",
                }
            },
            {"addBanding": {"bandedRange": {"range": area(1, 30, 0, 4), "rowProperties": bands}}},
            {"addConditionalFormatRule": {"rule": {"ranges": [area(1, 30, 0, 1)], "booleanRule": rule}, "index": 0}},
            {
                "repeatCell": {
                    "range": area(1, 3, 1, 2),
                    "cell": {"userEnteredFormat": {"numberFormat": {"type": "NUMBER", "pattern": "#,##0.00"}}},
                    "fields": "userEnteredFormat.numberFormat",
                }
            },
        )

        expect(desk.cell(1, 0)).to_have_css("background-color", "rgb(232, 240, 254)")
        expect(desk.cell(1, 0)).to_have_css("text-align", "center")
        expect(desk.cell(1, 0)).to_have_css("font-weight", "700")
        expect(desk.cell(2, 0)).to_have_css("background-color", "rgb(230, 244, 234)")
        expect(desk.cell(2, 1)).to_have_css("background-color", "rgb(255, 255, 255)")
        expect(desk.cell(3, 0)).to_have_css("background-color", "rgb(248, 249, 250)")
        expect(desk.cell(2, 1)).to_have_text("1,234.50")
        expect(desk.cell(2, 1)).to_have_css("text-align", "right")

        desk.type(3, 0, "ready")

        expect(desk.cell(3, 0)).to_have_css("background-color", "rgb(230, 244, 234)")

    def test_every_tab_is_accessible_and_its_colours_can_be_read(self, desk: Desk) -> None:
        order_id = desk.order("Katherine Johnson", ("CAREER", 1))
        desk.answered(order_id, "200 fulfilled")
        desk.page.get_by_label("hidden tabs").check()
        for tab in desk.there.house.sheet.worksheets():
            desk.open(tab.title)
            desk.page.wait_for_function("document.querySelector('#grid tbody td').style.backgroundColor !== ''")
            desk.check(f"tab-{tab.title}")


@pytest.mark.parametrize(
    ("tab", "last"),
    [
        ("NPTA Catalogue", "category"),
        ("Attention", "since"),
        ("Import Keys", "problem"),
        ("Key Inventory", "days_left"),
        ("Order List", "mail"),
    ],
)
def test_what_a_tab_is_for_stands_in_1280_pixels_without_scrolling(tab: str, last: str, desk: Desk) -> None:
    desk.page.get_by_role("button", name="Hide panel").click()
    desk.open(tab)

    header = desk.page.locator("#grid tr.frozen td").get_by_text(last, exact=True)

    expect(header).to_be_in_viewport(ratio=0.99 if last not in ("problem", "since") else 0.3)
    desk.check(f"alone-{tab}")
    desk.page.get_by_role("button", name="Show panel").click()
    expect(desk.panel.button("Import Keys")).to_be_visible()


class TestLongTabs:
    @pytest.fixture
    def long_desk(self, desk: Desk) -> Desk:
        new_tab(desk, [["number"], *[[f"row {number}"] for number in range(2, 10_001)]])
        return desk

    def test_of_ten_thousand_rows_only_those_in_view_are_in_the_page(self, long_desk: Desk) -> None:
        desk = long_desk
        drawn = desk.page.locator("#grid tbody tr")
        assert drawn.count() < 100

        desk.cell(2, 0).click()
        desk.page.keyboard.press("Control+End")

        desk.sees(10_000, 0, "row 10000")
        assert drawn.count() < 100
        for _ in range(3):
            desk.page.keyboard.press("PageUp")
        expect(desk.cell(9_955, 3)).to_be_focused()
        expect(desk.cell(9_955, 3)).to_be_in_viewport()

    def test_the_cursor_is_found_again_after_scrolling_away(self, long_desk: Desk) -> None:
        desk = long_desk
        desk.cell(3, 0).click()
        desk.page.evaluate("document.getElementById('grid').scrollTop = 100000")
        expect(desk.cell(3, 0)).to_have_count(0)

        desk.page.keyboard.press("ArrowDown")

        expect(desk.cell(4, 0)).to_be_focused()

    def test_what_is_being_typed_in_a_row_that_is_scrolled_away_is_written(self, long_desk: Desk) -> None:
        desk = long_desk
        desk.cell(3, 0).click()
        desk.page.keyboard.type("typed")
        desk.page.evaluate("document.getElementById('grid').scrollTop = 100000")
        expect(desk.cell(3, 0)).to_have_count(0)
        desk.page.evaluate("document.getElementById('grid').scrollTop = 0")

        desk.sees(3, 0, "typed")
        expect(desk.page.get_by_role("grid")).to_have_attribute("aria-busy", "false")
        assert desk.there.house.sheet.worksheet("Mine").acell("A3").value == "typed"


DRAWN = """[...document.querySelectorAll('.charts canvas')].map((canvas) => {
  const { labels, datasets } = Chart.getChart(canvas).data;
  return { labels, series: datasets.map(({ label, data }) => [label, data]) };
})"""


class TestCharts:
    def test_the_series_of_the_dashboard_are_the_sheets_data(self, desk: Desk) -> None:
        for customer in ("Ada Lovelace", "Emmy Noether"):
            desk.answered(desk.order(customer, ("CPTa", 1)), "200 fulfilled")
        desk.panel.press("Refresh Inventory")
        desk.panel.says("agree")
        desk.open("Dashboard")
        expect(desk.page.locator(".charts canvas")).to_have_count(4)
        tab = desk.there.house.sheet.worksheet("Dashboard")
        found = desk.there.house.sheet.fetch_sheet_metadata({"fields": "sheets(properties.title,charts)"})
        charts = next(each for each in found["sheets"] if each["properties"]["title"] == "Dashboard")["charts"]
        values = tab.get_values(value_render_option=ValueRenderOption.unformatted)

        def column(source: dict[str, Any]) -> list[Any]:
            (where,) = source["sourceRange"]["sources"]
            rows = values[where["startRowIndex"] : where["endRowIndex"]]
            return [row[where["startColumnIndex"]] for row in rows]

        drawn = desk.page.evaluate(DRAWN)

        assert drawn[0]["series"][0][1][-1] == 2
        for chart, picture in zip(charts, drawn, strict=True):
            basic = chart["spec"]["basicChart"]
            for series, (name, data) in zip(basic["series"], picture["series"], strict=True):
                head, *rest = column(series["series"])
                assert name == head
                assert data == [value if value != "" else None for value in rest[: len(data)]]
                assert not any(rest[len(data) :])
            assert len(picture["labels"]) == len(picture["series"][0][1])

    def test_a_chart_follows_its_data_and_tells_it_in_words(self, desk: Desk) -> None:
        def source(column: int) -> dict[str, Any]:
            return {"sourceRange": {"sources": [area(0, 4, column, column + 1)]}}

        basic = {
            "chartType": "COLUMN",
            "headerCount": 1,
            "domains": [{"domain": source(0)}],
            "series": [{"series": source(1), "targetAxis": "LEFT_AXIS"}],
        }
        position = {"overlayPosition": {"anchorCell": {"sheetId": 0, "rowIndex": 5, "columnIndex": 1}}}
        chart = {"spec": {"title": "Mine", "basicChart": basic}, "position": position}
        new_tab(desk, [["day", "orders"], ["a", 3], ["b", 4]], {"addChart": {"chart": chart}})
        picture = desk.page.get_by_role("img", name="Chart: Mine. orders: a 3, b 4")
        expect(picture).to_be_visible()

        desk.type(3, 1, "9")

        expect(desk.page.get_by_role("img", name="Chart: Mine. orders: a 3, b 9")).to_be_visible()

    def test_the_library_is_npms_own_file(self) -> None:
        there = packages() / "chart.js"

        assert (FILES / "vendor" / "chart.umd.min.js").read_bytes() == (
            there / "dist" / "chart.umd.min.js"
        ).read_bytes()
        assert (FILES / "vendor" / "chart.LICENSE.md").read_bytes() == (there / "LICENSE.md").read_bytes()


class TestFilters:
    def test_a_saved_view_shows_its_rows_only_to_who_chose_it(self, desk: Desk) -> None:
        desk.answered(desk.order("Ada Lovelace", ("CPTa", 1)), "200 fulfilled")
        failed = desk.order("Katherine Johnson", ("CAREER", 2), oversell=True)
        desk.answered(failed, "422 failed")
        desk.open("Order List")
        expect(desk.page.locator("#grid tbody")).to_contain_text("Ada Lovelace")

        desk.page.get_by_label("View").select_option("Failed")

        expect(desk.page.locator("#filter-told")).to_have_text("Filtered: 1 row shown")
        expect(desk.page.locator("#grid tbody")).not_to_contain_text("Ada Lovelace")
        expect(desk.page.locator("#grid tbody tr")).to_have_count(2)
        desk.page.get_by_label("View").select_option("This week")
        expect(desk.page.locator("#filter-told")).to_have_text("Filtered: 2 rows shown")
        desk.page.get_by_label("View").select_option("All rows")
        expect(desk.page.locator("#filter-told")).to_be_empty()

    def test_values_of_a_column_are_filtered_for_everybody_and_hidden_rows_are_not_emptied(self, desk: Desk) -> None:
        new_tab(desk, [["what", "n"], ["keep", 1], ["hide", 2], ["keep", 3]])
        frozen = {"sheetId": desk.there.house.sheet.worksheet("Mine").id, "gridProperties": {"frozenRowCount": 1}}
        asked = {"updateSheetProperties": {"properties": frozen, "fields": "gridProperties.frozenRowCount"}}
        desk.there.house.sheet.batch_update({"requests": [asked]})
        expect(desk.page.locator("#grid tr.frozen")).to_have_count(1)
        desk.cell(2, 0).click()
        desk.page.get_by_role("button", name="Filter column…").click()
        dialog = desk.page.get_by_role("dialog", name="Show rows by column A what")
        dialog.get_by_label("hide").uncheck()
        desk.check("filter")
        dialog.get_by_role("button", name="Filter", exact=True).click()
        expect(desk.page.locator("#filter-told")).to_have_text("Column A is filtered: 2 rows shown")

        desk.cell(2, 1).click()
        desk.page.keyboard.press("Shift+ArrowDown")
        desk.page.keyboard.press("Delete")
        desk.sees(4, 1, "")
        desk.page.get_by_role("button", name="Filter column…").click()
        desk.page.get_by_role("dialog").get_by_role("button", name="Show all rows").click()

        desk.sees(3, 0, "hide")
        assert [row[:2] for row in desk.rows()] == [["what", "n"], ["keep", ""], ["hide", "2"], ["keep", ""]]


@pytest.mark.parametrize("size", [{"width": 1440, "height": 900}, {"width": 1024, "height": 768}])
def test_the_page_can_be_used_at_other_sizes(size: dict[str, int], desk: Desk) -> None:
    page = desk.page
    page.set_viewport_size(size)  # type: ignore[arg-type]  # a TypedDict of the same names
    try:
        for product in page.locator("#products tr").all():
            product.scroll_into_view_if_needed()
            box = product.locator(".product").bounding_box()
            assert box
            assert box["width"] >= 90
            expect(product.get_by_role("spinbutton")).to_be_in_viewport()
        order_id = desk.order("Ada Lovelace", ("CPTa", 1))
        desk.answered(order_id, "200 fulfilled")
        desk.slack("✅ Order Fulfilled", order_id)
        across = page.evaluate(
            "[document.documentElement, ...document.querySelectorAll('.pane')].map((each) => each.scrollWidth - each.clientWidth)"
        )
        assert across == [0, 0, 0, 0]
        assert violations(page.main_frame) == []
        desk.check(f"at-{size['width']}", size)
    finally:
        page.set_viewport_size(SIZE)  # type: ignore[arg-type]  # a TypedDict of the same names


class TestSlack:
    def post(self, desk: Desk, text: str, blocks: list[dict[str, Any]]) -> None:
        sent = {"channel": "#npta", "text": text, "blocks": blocks}
        told = Client(desk.there.world.slack).post(
            "/api/chat.postMessage", json=sent, headers={"Authorization": "Bearer xoxb-1"}
        )
        assert told.json == {**(told.json or {}), "ok": True}

    def test_blocks_are_shown_as_slack_shows_them(self, desk: Desk) -> None:
        self.post(
            desk,
            "A searchable line",
            [
                {"type": "header", "text": {"type": "plain_text", "text": "What *happened*"}},
                {"type": "section", "fields": [{"type": "mrkdwn", "text": "*Pool*\nA &amp; B"}, {"type": "plain_text", "text": "x"}]},
                {"type": "section", "text": {"type": "mrkdwn", "text": "a_b_c _soft_ ~gone~ `code` <https://example.com/a|the order>"}},
                {"type": "divider"},
                {"type": "context", "elements": [{"type": "plain_text", "text": "<b>no markup</b>"}]},
            ],
        )  # fmt: skip

        message = desk.slack("What *happened*")

        expect(message.locator(".slack-fields p")).to_have_count(2)
        expect(message.locator(".slack-fields strong")).to_have_text("Pool")
        expect(message.locator(".slack-fields")).to_contain_text("A & B")
        expect(message.locator(".slack-section em")).to_have_text("soft")
        expect(message.locator(".slack-section s")).to_have_text("gone")
        expect(message.locator("code")).to_have_text("code")
        expect(message.get_by_role("link", name="the order")).to_have_attribute("href", "https://example.com/a")
        expect(message.locator(".slack-context")).to_have_text("<b>no markup</b>")
        expect(message).to_contain_text("a_b_c")
        desk.page.get_by_label("Search").fill("searchable line")
        expect(message).to_be_visible()

    def test_a_message_without_blocks_shows_its_text_and_no_address_but_the_webs_is_a_link(self, desk: Desk) -> None:
        self.post(desk, "*Plain* &lt;text&gt; <javascript:alert(1)|press>", [])

        message = desk.slack("Plain <text> press")

        expect(message.locator("a")).to_have_count(0)
