"""Status tells how the service stands, whatever state the catalogue form is in."""

from __future__ import annotations

from typing import Any

import pytest

from npta.domain.reports.status import MAX_LISTED, ServiceStatus
from npta.operations.status import get_status
from tests.npta.operations.conftest import Time
from tests.support import House, catalogue_cell, gspread_on


def status_of(house: House) -> ServiceStatus:
    return get_status(house.services, deadline=house.clock.deadline(20))


def test_what_is_open_is_named_with_since_when_and_why(open_house: House, time: Time) -> None:
    house = open_house
    house.order("1", ("CPTa", 1), order_name="#1001")
    house.order("2", ("CPTa", 99), order_name="#1002")
    house.call("POST", "/mode", {"mode": "OFF"})
    house.order("3", ("CPTa", 1))
    time.later(minutes=5)

    status = status_of(house)

    assert (status.mode, status.go_live_at) == ("OFF", "")
    undelivered, failed, by_hand = status.undelivered_orders, status.failed_orders, status.by_hand_orders
    assert [(each.order_id, each.order_name, each.customer_name) for each in undelivered.first] == [
        ("1", "#1001", "Ada Lovelace")
    ]
    assert [each.order_id for each in failed.first] == ["2"]
    assert "99" in failed.first[0].reason
    assert failed.first[0].since < house.services.now()
    assert [each.order_id for each in by_hand.first] == ["3"]
    assert (undelivered.total, failed.total, by_hand.total) == (1, 1, 1)
    assert status.failures_in_a_row == 1


def test_the_version_is_that_of_the_last_commit_and_asking_writes_none(open_house: House) -> None:
    before = open_house.rows("Commit Log")[-1]["version"]

    assert status_of(open_house).version == before
    assert open_house.rows("Commit Log")[-1]["version"] == before


def test_low_pools_say_how_long_the_rest_lasts(open_house: House) -> None:
    open_house.order("1", ("CPTa", 6))

    low = status_of(open_house).low_pools

    assert [tuple(each) for each in low] == [("CANADA NASM CPT combined", 3, 5, 15)]


def test_an_edit_that_is_not_published_shows_at_once(open_house: House) -> None:
    open_house.sheet.worksheet("NPTA Catalogue").update_acell(catalogue_cell("entitlements", 3), "NASM-CPT-FULL")

    assert [(each.sku, each.message) for each in status_of(open_house).unsynced] == [
        ("CPT", "unsynced: press Sync Catalogue")
    ]


def renamed(house: House) -> None:
    house.sheet.worksheet("NPTA Catalogue").update_acell(catalogue_cell("entitlements", 1), "grants")


def deleted(house: House) -> None:
    house.sheet.del_worksheet(house.sheet.worksheet("NPTA Catalogue"))


@pytest.mark.parametrize(("damage", "says"), [(renamed, "entitlements"), (deleted, "NPTA Catalogue")])
def test_a_damaged_catalogue_is_told_of_and_everything_else_as_well(open_house: House, damage: Any, says: str) -> None:
    open_house.order("2", ("CPTa", 99))
    damage(open_house)

    status = status_of(open_house)

    assert says in status.catalogue_problem
    assert status.unsynced == ()
    assert status.failed_orders.total == 1


def test_long_lists_are_cut_and_counted(open_house: House) -> None:
    for number in range(MAX_LISTED + 2):
        open_house.order(str(number + 1), ("NO-SUCH", 1))

    failed = status_of(open_house).failed_orders

    assert (failed.total, len(failed.first)) == (MAX_LISTED + 2, MAX_LISTED)
    assert failed.first[0].order_id == "1"


def test_a_failed_order_that_was_opened_again_says_that_the_zap_is_to_be_run_again(open_house: House) -> None:
    open_house.order("1", ("CPTa", 99))
    open_house.call("POST", "/orders/1/clear-cache")
    (still,) = status_of(open_house).failed_orders.first

    open_house.keys(["CANADA", "NASM", "CPT", "combined", "CPT-99", 99])
    (ready,) = status_of(open_house).failed_orders.first

    assert "needs 99" in still.reason
    assert "e-run the Zap" not in still.reason, "it would fail again"
    assert ready.reason == "what it lacked has arrived. Re-run the Zap."


def test_the_outbox_counts_what_waits_and_the_last_push_what_went_out(open_house: House) -> None:
    assert open_house.slack
    calm = status_of(open_house)
    assert (calm.outbox.pending, calm.outbox.oldest) == (0, "")
    assert calm.last_push
    assert calm.last_push.levels == 3
    assert (calm.shopify, calm.slack, calm.drift) == ("connected", "connected", "")

    open_house.slack.slack.faults.add("down")
    open_house.order("1", ("CPTa", 1))
    status = status_of(open_house)

    assert status.outbox.by_channel["slack"] == status.outbox.pending == 1
    assert status.outbox.oldest
    assert status.slack == "not answering: Slack answered 503: no error code. Try again later."


def test_a_shop_and_a_slack_that_refuse_are_not_called_connected(open_house: House) -> None:
    assert open_house.shop
    assert open_house.slack
    open_house.restart()
    assert (status_of(open_house).shopify, status_of(open_house).slack) == ("not asked yet", "not asked yet")
    open_house.shop.faults.add({"name": "unauthorized", "times": None})
    open_house.slack.slack.faults.add("invalid_auth")
    open_house.order("1", ("CPTa", 1))

    status = status_of(open_house)

    assert status.shopify.startswith("refuses (status 401): the access token is not accepted; check")
    assert status.slack.startswith("refuses: invalid_auth. Set SLACK_BOT_TOKEN")
    open_house.shop.faults.clear()
    open_house.slack.slack.faults.clear()
    open_house.call("POST", "/outbox/flush")
    assert (status_of(open_house).shopify, status_of(open_house).slack) == ("connected", "connected")


def test_without_shop_and_slack_both_are_called_not_configured(house: House) -> None:
    status = status_of(house)

    assert (status.shopify, status.slack, status.last_push) == ("not configured", "not configured", None)


def test_another_api_version_is_told_of_once_shopify_has_answered(open_house: House) -> None:
    assert open_house.shop
    open_house.shop.faults.add({"name": "old_version"})
    open_house.order("1", ("CPTa", 1))

    assert "2026-07" in status_of(open_house).drift


class TestWhatComesNext:
    def test_an_empty_spreadsheet_has_neither_products_nor_keys(self, house: House) -> None:
        status = status_of(house)

        assert (status.catalogue_rows, status.published_products, status.keys, status.pasted_rows) == (0, 0, 0, 0)

    def test_what_was_pasted_counts_until_it_is_imported_or_refused(self, open_house: House) -> None:
        before = status_of(open_house).keys
        open_house.paste(
            ("CANADA", "NASM", "CPT", "combined", "new", 3),
            ("region", "provider", "product_code", "component", "keycode", "seats"),
            ("CANADA", "NASM", "CPT", "full", "bad", 3),
        )
        assert status_of(open_house).pasted_rows == 3

        open_house.call("POST", "/keys/import", {})

        status = status_of(open_house)
        assert (status.keys, status.pasted_rows) == (before + 1, 0)

    def test_a_paste_zone_that_cannot_be_read_stops_nothing(self, open_house: House) -> None:
        open_house.sheet.worksheet("Import Keys").update_acell("A1", "renamed")

        status = status_of(open_house)

        assert status.pasted_rows == 0
        assert status.catalogue_rows > 0

    def test_everybody_sees_what_anybody_did_also_a_process_that_has_just_started(self, open_house: House) -> None:
        open_house.order("1", ("CPTa", 1))
        open_house.call("POST", "/orders/1/release", {})
        open_house.order("2", ("CPTa", 1))

        here = status_of(open_house).activity
        open_house.restart()
        elsewhere = status_of(open_house).activity

        assert here[0].operation == "Release keys"
        assert "operator" in here[0].who
        assert elsewhere == here

    def test_a_log_row_of_which_somebody_has_changed_the_words_is_left_out(self, open_house: House) -> None:
        open_house.order("1", ("CPTa", 1))
        open_house.call("POST", "/orders/1/release", {})
        open_house.call("POST", "/orders/1/clear-cache", {})
        open_house.tampered_with = True
        log = gspread_on(open_house.emulator, open_house.spreadsheet_id, person="").worksheet("Commit Log")
        place = next(row for row, cells in enumerate(log.get_all_values(), 1) if cells[5] == "release keys")
        log.update([[17]], f"F{place}", raw=True)

        open_house.restart()
        operations = [press.operation for press in status_of(open_house).activity]

        assert operations[0] == "Clear order cache"
        assert "Release keys" not in operations


class TestHowFullTheSpreadsheetIs:
    def cells(self, house: House) -> int:
        tabs = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheets()
        return sum(tab.row_count * tab.col_count for tab in tabs)

    def test_every_cell_of_every_tab_counts(self, open_house: House) -> None:
        open_house.restart()
        status = status_of(open_house)

        assert (status.cells, status.cells_max) == (self.cells(open_house), 10_000_000)

    def test_rows_that_a_commit_adds_to_a_grid_count_at_once(self, open_house: House) -> None:
        before, stood = status_of(open_house).cells, self.cells(open_house)
        for part in "ab":
            rows = [("CANADA", "NASM", "CPT", "combined", f"full-{part}{number}", 1) for number in range(600)]
            open_house.keys(*rows)

        assert status_of(open_house).cells - before == self.cells(open_house) - stood == 10_000
