"""Something happens to an archive: orders that stand there wait, others go on, and the advice helps when it is followed."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from npta.cli import spreadsheet
from npta.domain.reports.findings import ChecklistItem
from npta.operations.archiving import shrink_spreadsheet as archiving
from npta.operations.preflight import preflight, preflight_deploy
from npta.tables import ArchivedOrder
from sheets_schema.advanced import Archive, Client
from tests.npta.acceptance.archives.steps import (
    SERVICE,
    archive_portion,
    change,
    delete_file,
    delivered,
    put,
    settle_one,
    share,
    share_with_others_only,
    sheets_of,
    values,
)
from tests.npta.acceptance.steps import Watch, buy, look_up, opened, press, zap
from tests.npta.acceptance.test_shrink_spreadsheet import flush
from tests.support import House, gspread_on, new_spreadsheet, session_on

pytestmark = pytest.mark.row("X26")
YEAR = 365 * 86_400
Order = dict[str, Any]


class Place(NamedTuple):
    """A house with two orders in an archive, and two in the sheet."""

    house: House
    archive: str
    tab: str
    first: Order
    second: Order
    here: Order
    watch: Watch


@pytest.fixture
def place() -> Iterator[Place]:
    watch = Watch()
    with watch.npta(NPTA_ARCHIVES="1") as house:
        house.tampered_with = True
        house.archive_account = f"user:{SERVICE}"
        [archive] = house.settings.archives
        share(house, archive, "writer")
        house.restart()
        house.services.spreadsheet.provision(house.clock.deadline(60))
        opened(house)
        first, second = delivered(house, ("CPT", 1)), delivered(house, ("CPT", 2))
        flush(house, watch)
        watch.passes(YEAR)
        settle_one(house, watch)
        here = buy(house, ("CNC", 1))
        assert zap(house, here)["status"] == "fulfilled"
        assert archive_portion(house) == 2
        [tab] = sheets_of(house, archive).keys() - {"Sheet1"}
        house.restart()
        yield Place(house, archive, tab, first, second, here, watch)


def waits(place: Place, order: Order, *says: str) -> None:
    """Whatever is asked about an order answers 503, with what to do."""
    house, number = place.house, str(order["id"])
    repeated = zap(house, order)
    assert (repeated["http"], repeated["status"], repeated["keys"]) == (503, "retry", [])
    texts = [repeated["message"]]
    for method, path in [
        ("GET", f"/orders/{number}"),
        ("POST", f"/orders/{number}/release"),
        ("POST", f"/orders/{number}/clear-cache"),
    ]:
        answer = house.call(method, path, {} if method == "POST" else None)
        assert answer.status_code == 503, answer.data
        assert int(answer.headers["Retry-After"]) >= 1
        texts.append(json.loads(answer.data)["detail"])
    for text in texts:
        for part in says:
            assert part in text, text


def goes_on(place: Place) -> None:
    """Orders of the sheet are served, looked up and released, and new ones come in."""
    house = place.house
    assert zap(house, place.here)["replayed"]
    assert look_up(house, str(place.here["id"]))["status"] == "fulfilled"
    other = buy(house, ("CPT", 1))
    assert zap(house, other)["status"] == "fulfilled"
    assert press(house, f"/orders/{other['id']}/release")["released"] == 1
    press(house, "/outbox/flush")
    assert house.call("GET", "/status").status_code == 200


def is_answered(place: Place) -> None:
    """Both orders of the archive are answered as they always were, and can be released."""
    house = place.house
    assert [zap(house, order)["replayed"] for order in (place.first, place.second)] == [True, True]
    assert look_up(house, str(place.first["id"]))["delivered"]
    assert press(house, f"/orders/{place.second['id']}/release")["released"] == 2


def rename(place: Place, title: str, *, of: str = "") -> None:
    sheet_id = sheets_of(place.house, place.archive)[of or place.tab]
    properties = {"sheetId": sheet_id, "title": title}
    change(place.house, place.archive, {"updateSheetProperties": {"properties": properties, "fields": "title"}})


def rename_tab(place: Place) -> Callable[[], None]:
    rename(place, "mine")
    return lambda: rename(place, place.tab, of="mine")


def delete_tab(place: Place) -> Callable[[], None]:
    rows = values(place.house, place.archive, place.tab)
    change(place.house, place.archive, {"deleteSheet": {"sheetId": sheets_of(place.house, place.archive)[place.tab]}})

    def restore() -> None:
        change(place.house, place.archive, {"addSheet": {"properties": {"title": place.tab}}})
        put(place.house, place.archive, f"'{place.tab}'!A1", rows)

    return restore


def overwrite(cells: str, text: str) -> Callable[[Place], Callable[[], None]]:
    def edit(place: Place) -> Callable[[], None]:
        rows = values(place.house, place.archive, place.tab)
        put(place.house, place.archive, f"'{place.tab}'!{cells}", [[text]])
        return lambda: put(place.house, place.archive, f"'{place.tab}'!A1", rows)

    return edit


def delete_first_row(place: Place) -> Callable[[], None]:
    rows = values(place.house, place.archive, place.tab)
    sheet_id = sheets_of(place.house, place.archive)[place.tab]
    span = {"sheetId": sheet_id, "dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    change(place.house, place.archive, {"deleteDimension": {"range": span}})

    def restore() -> None:
        change(place.house, place.archive, {"insertDimension": {"range": span, "inheritFromBefore": False}})
        put(place.house, place.archive, f"'{place.tab}'!A1", rows)

    return restore


def swap_rows(place: Place) -> Callable[[], None]:
    header, one, two, *more = values(place.house, place.archive, place.tab)
    put(place.house, place.archive, f"'{place.tab}'!A1", [header, two, one, *more])
    return lambda: put(place.house, place.archive, f"'{place.tab}'!A1", [header, one, two, *more])


def share_no_longer(place: Place) -> Callable[[], None]:
    share_with_others_only(place.house, place.archive)
    return lambda: share(place.house, place.archive, "writer")


def fall_silent(place: Place) -> Callable[[], None]:
    place.house.emulator.faults.add("error_503", path=place.archive, count=None)
    return place.house.emulator.faults.clear


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (rename_tab, "under its name"),
        (delete_tab, "Version history"),
        (overwrite("A1", "id"), "Version history"),
        (delete_first_row, "Version history"),
        (swap_rows, "Version history"),
        (share_no_longer, "Share it as an editor"),
        (fall_silent, "does not answer at the moment"),
    ],
)
def test_orders_of_a_portion_that_cannot_be_read_wait_and_others_go_on(
    damage: Callable[[Place], Callable[[], None]], says: str, place: Place
) -> None:
    follow_the_advice = damage(place)

    waits(place, place.first, str(place.first["id"]), place.archive, place.tab, "row 2", says)
    waits(place, place.second, str(place.second["id"]), place.archive, place.tab, "row 3", says)
    goes_on(place)
    [archive] = json.loads(place.house.call("GET", "/status").data)["archives"]
    assert place.archive in archive["trouble"]

    follow_the_advice()

    is_answered(place)
    [archive] = json.loads(place.house.call("GET", "/status").data)["archives"]
    assert archive["trouble"] == ""


@pytest.mark.parametrize("cell", ["A2", "B2", "C2", "D2", "E2", "F2"])
def test_of_a_row_that_somebody_edited_only_its_order_waits(cell: str, place: Place) -> None:
    follow_the_advice = overwrite(cell, "6855909900599")(place)

    waits(place, place.first, str(place.first["id"]), place.archive, place.tab, "row 2", "Version history")
    assert zap(place.house, place.second)["replayed"]
    goes_on(place)

    follow_the_advice()

    is_answered(place)


def test_whatever_needs_an_order_that_cannot_be_read_waits_and_the_same_for_others_does_not(place: Place) -> None:
    house, name = place.house, str(place.first["name"])
    follow_the_advice = rename_tab(place)

    for method, path, body in [
        ("GET", f"/orders/{name.replace('#', '%23')}", None),
        ("POST", "/orders/search", {"q": name}),
        ("POST", "/keys/retire", {"keycode": "EX-2t572t1232321c"}),
        ("POST", f"/orders/{place.first['id']}/resend", {}),
        ("POST", f"/orders/{place.first['id']}/close", {}),
        ("POST", f"/orders/{place.first['id']}/delivered", {}),
    ]:
        answer = house.call(method, path, body)
        assert answer.status_code == 503, (path, answer.data)
        assert place.tab in json.loads(answer.data)["detail"]
    here = str(place.here["id"])
    for text, others_may_fit in [(str(place.here["name"]), False), (str(place.here["email"]), True)]:
        hits = press(house, "/orders/search", {"q": text})
        assert here in [hit["order_id"] for hit in hits["orders"]], text
        assert hits["more"] == others_may_fit, "an id or a number is asked of the index alone"
    answer = house.call("POST", "/orders/search", {"q": "Nobody Known"})
    assert (answer.status_code, place.archive in json.loads(answer.data)["detail"]) == (503, True)
    assert press(house, "/keys/retire", {"keycode": "STS-1"})["key_id"]
    follow_the_advice()

    assert press(house, "/keys/retire", {"keycode": "EX-2t572t1232321c"})["key_id"]
    assert press(house, f"/orders/{place.first['id']}/resend", {})


def test_the_command_says_why_orders_stay_and_what_left_all_the_same(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(spreadsheet, "services_of", lambda _: place.house.services)
    monkeypatch.setattr(archiving, "MIN_COMMITS", 1)
    delivered(place.house, ("CPT", 1))
    flush(place.house, place.watch)
    place.watch.passes(YEAR)
    settle_one(place.house, place.watch)
    share_no_longer(place)

    assert spreadsheet.run_archive(argparse.Namespace(plan=False), {}) == 1

    said = capsys.readouterr().out
    assert re.search(r"Commit Log +\d+ rows?", said)
    assert f"Settled orders stay: The archive {place.archive}" in said
    assert "Share it as an editor" in said


def test_an_archive_that_is_deleted_for_good_keeps_its_orders_waiting_and_no_other(place: Place) -> None:
    delete_file(place.house, place.archive)

    waits(place, place.first, place.archive, "Share it as an editor", "bin")
    goes_on(place)


def test_an_archive_may_bear_another_name_and_may_be_shared_for_reading_only(place: Place) -> None:
    properties = {"properties": {"title": "Old orders"}, "fields": "title"}
    change(place.house, place.archive, {"updateSpreadsheetProperties": properties})

    assert zap(place.house, place.first)["replayed"]
    share(place.house, place.archive, "reader")
    is_answered(place)


def test_columns_and_tabs_of_a_persons_own_in_an_archive_do_no_harm(place: Place) -> None:
    sheet_id = sheets_of(place.house, place.archive)[place.tab]
    span = {"sheetId": sheet_id, "dimension": "COLUMNS", "startIndex": 0, "endIndex": 1}
    change(place.house, place.archive, {"insertDimension": {"range": span, "inheritFromBefore": False}})
    change(place.house, place.archive, {"addSheet": {"properties": {"title": "Notes"}}})

    is_answered(place)


def test_the_nightly_report_names_a_damaged_archive_and_is_made_all_the_same(place: Place) -> None:
    delete_tab(place)

    report = press(place.house, "/maintenance")

    [finding] = [found for found in report["findings"] if found["what"] == "archive"]
    assert finding["which"] == place.archive
    assert place.tab in finding["detail"]
    assert "Version history" in finding["detail"]


# NPTA_ARCHIVES is taken back although orders have left


def set_archives(place: Place, *names: str) -> None:
    place.house.settings = place.house.settings.model_copy(update={"archives": names})
    place.house.restart()


def without_setting(place: Place) -> Callable[[], None]:
    set_archives(place)
    return lambda: set_archives(place, place.archive)


def only_what_is_here_goes_on(place: Place, *says: str) -> None:
    """Orders of the sheet are served; every other waits, be it a new one, since it may be one that has left."""
    house = place.house
    for order in (place.first, place.second, buy(house, ("CPT", 1))):
        waits(place, order, *says)
    assert zap(house, place.here)["replayed"]
    assert look_up(house, str(place.here["id"]))["status"] == "fulfilled"
    assert press(house, f"/orders/{place.here['id']}/clear-cache")["cleared"]
    assert zap(house, place.here)["status"] == "fulfilled"
    press(house, "/outbox/flush")


def test_without_the_setting_what_is_not_in_the_sheet_waits_and_what_is_goes_on(place: Place) -> None:
    follow_the_advice = without_setting(place)

    only_what_is_here_goes_on(place, "set NPTA_ARCHIVES")
    press(place.house, f"/orders/{place.here['id']}/release")
    follow_the_advice()

    is_answered(place)
    assert zap(place.house, buy(place.house, ("CPT", 1)))["status"] == "fulfilled"


def test_without_the_setting_status_preflight_and_report_say_what_is_wrong(place: Place) -> None:
    without_setting(place)
    house = place.house

    status = json.loads(house.call("GET", "/status").data)
    checks = {item.what: item for item in preflight(house.services, who="test", deadline=house.clock.deadline(25))}
    report = press(house, "/maintenance")

    assert "set NPTA_ARCHIVES" in status["archives_trouble"]
    assert not checks["archives"].ok
    assert "set NPTA_ARCHIVES" in checks["archives"].details[0]
    assert "set NPTA_ARCHIVES" in next(each["detail"] for each in report["findings"] if "archives" in each["what"])


def test_a_process_without_the_setting_that_was_at_work_before_orders_left_holds_itself_to_it_as_well(
    place: Place,
) -> None:
    """Somebody runs the command with NPTA_ARCHIVES, while the service is deployed without it."""
    house = place.house
    mine = delivered(house, ("CNC", 1))
    house.clock.sleep(20)
    press(house, "/outbox/flush")
    other = House(
        house.emulator,
        house.spreadsheet_id,
        house.clock,
        environment={**house.environment, "NPTA_ARCHIVES": ""},
        shop=house.shop,
        slack=house.slack,
    )
    assert zap(other, mine)["replayed"]
    house.clock.sleep(YEAR)
    last = delivered(house, ("CNC", 1))
    house.clock.sleep(20)
    press(house, "/outbox/flush")
    assert zap(other, mine)["replayed"]
    assert archive_portion(house)
    assert str(mine["id"]) == house.rows("Archive Index")[-1]["highest"]
    house.clock.sleep(120)

    waits(place._replace(house=other), mine, "set NPTA_ARCHIVES")
    assert zap(other, last)["replayed"]
    assert zap(house, mine)["replayed"]


def test_an_archive_that_is_not_among_the_settings_any_more_is_read_all_the_same(place: Place) -> None:
    set_archives(place, new_spreadsheet(place.house.emulator))
    client = Client(place.archive, session=session_on(place.house.emulator), clock=place.house.clock)
    place.house.services.archives[place.archive] = Archive(client, ArchivedOrder, clock=place.house.clock)

    is_answered(place)
    assert {archive["name"] for archive in json.loads(place.house.call("GET", "/status").data)["archives"]} == {
        place.archive,
        *place.house.settings.archives,
    }


# Somebody damages the index


@pytest.mark.parametrize(("header", "text"), [("packed", "xyz"), ("packed", ""), ("lowest", "none"), ("highest", "")])
def test_an_index_row_that_is_damaged_keeps_waiting_what_may_stand_there_and_nothing_else(
    header: str, text: str, place: Place
) -> None:
    worksheet = gspread_on(place.house.emulator, place.house.spreadsheet_id, person="").worksheet("Archive Index")
    column = worksheet.row_values(1).index(header) + 1
    right = worksheet.cell(2, column).value
    worksheet.update_cell(2, column, text)
    place.house.restart()

    if header == "packed":
        waits(place, place.first, "Archive Index, row 2", place.archive, place.tab, "Version history")
        goes_on(place)
        worksheet.update_cell(2, column, str(right))
        place.house.restart()
    is_answered(place)


def test_a_deleted_index_stops_the_service_with_what_to_do_and_putting_it_back_helps(place: Place) -> None:
    house = place.house
    owner = gspread_on(house.emulator, house.spreadsheet_id, person="")
    worksheet = owner.worksheet("Archive Index")
    rows = worksheet.get_all_values(value_render_option="UNFORMATTED_VALUE")  # type: ignore[arg-type]  # gspread's own enum is a str
    owner.del_worksheet(worksheet)
    house.restart()

    answer = zap(house, place.first)
    assert (answer["http"], answer["status"]) == (503, "retry")
    assert "“Archive Index”" in answer["message"]
    owner.add_worksheet("Archive Index", rows=len(rows), cols=len(rows[0])).update(rows, "A1", raw=True)
    house.restart()
    is_answered(place)


# What is said before anything is asked of an order


def checked(place: Place) -> ChecklistItem:
    house = place.house
    found = {item.what: item for item in preflight(house.services, who="test", deadline=house.clock.deadline(25))}
    return found["archives"]


def test_preflight_says_how_full_archives_are_and_leaves_nothing_behind(place: Place) -> None:
    before = sheets_of(place.house, place.archive)

    item = checked(place)

    assert (item.ok, item.found) == (True, f"{place.archive}: 0 % full, 2 orders")
    assert sheets_of(place.house, place.archive) == before


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (share_no_longer, "Share it as an editor"),
        (delete_tab, "Version history"),
        (rename_tab, "under its name"),
    ],
)
def test_preflight_says_what_is_wrong_with_an_archive_and_what_to_do(
    damage: Callable[[Place], Callable[[], None]], says: str, place: Place
) -> None:
    follow_the_advice = damage(place)
    item = checked(place)
    assert not item.ok
    assert place.archive in item.details[0]
    assert says in item.details[0]

    follow_the_advice()

    assert checked(place).ok


def test_preflight_notices_that_an_archive_can_only_be_read(place: Place) -> None:
    share(place.house, place.archive, "reader")
    item = checked(place)
    assert not item.ok
    assert "Share it as an editor" in item.details[0]

    share(place.house, place.archive, "writer")

    assert checked(place).ok


def test_provision_says_which_archive_cannot_be_used(
    place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(spreadsheet, "services_of", lambda _: place.house.services)
    given = argparse.Namespace(plan=False, mode=None)
    assert spreadsheet.run_provision(given, {}) == 0
    assert f"{place.archive}  can be used; 2 orders, 0 % full" in capsys.readouterr().out

    share(place.house, place.archive, "reader")

    assert spreadsheet.run_provision(given, {}) == 1
    said = capsys.readouterr().out
    assert f"The archive {place.archive} (NPTA_ARCHIVES) cannot be used" in said


def test_damage_keeps_no_deploy_from_going_on_but_an_archive_that_cannot_be_opened_does(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deploys() -> bool:
        items = preflight_deploy(place.house.services, who="test", deadline=place.house.clock.deadline(25))
        return all(item.ok for item in items if item.what != "Shopify")

    monkeypatch.setattr(spreadsheet, "services_of", lambda _: place.house.services)
    given = argparse.Namespace(plan=False, mode=None)
    delete_tab(place)
    assert (spreadsheet.run_provision(given, {}), deploys()) == (0, True)

    share_no_longer(place)

    assert (spreadsheet.run_provision(given, {}), deploys()) == (1, False)


def test_status_asks_no_archive(place: Place) -> None:
    client = place.house.services.archives[place.archive].client
    calls = client.reads, client.writes

    status = json.loads(place.house.call("GET", "/status").data)

    assert status["archives"] == [{"name": place.archive, "portions": 1, "orders": 2, "trouble": ""}]
    assert (client.reads, client.writes) == calls
