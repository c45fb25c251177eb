"""Whatever comes back, whichever button was pressed: told in words, said what to do, and safe to press again."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, expect

from tests.chromium import CHROMIUM, new_tab
from tests.npta.sidebar.stage import STATUS, Panel, answer, html

pytestmark = CHROMIUM


class Way(NamedTuple):
    """How a button comes to its first call of the service."""

    call: tuple[str, str]
    fields: dict[str, str]
    submit: str = ""
    confirm: str = ""


WAYS = {
    "Sync from Shopify": Way(("POST", "/shopify/sync"), {}),
    "Sync Catalogue": Way(("POST", "/catalogue/sync"), {}),
    "Import Keys": Way(("POST", "/keys/import"), {}),
    "Refresh Inventory": Way(("POST", "/inventory/refresh"), {}),
    "Release Keys": Way(("POST", "/orders/12/release"), {"order": "12"}, "Release"),
    "Clear Order Cache": Way(("GET", "/orders/12"), {"order": "12"}, "Clear"),
    "Find Order": Way(("POST", "/orders/search"), {"text": "ada"}, "Find"),
    "Look Up Order": Way(("GET", "/orders/12"), {"order": "12"}, "Look up"),
    "Resend Keys": Way(("POST", "/orders/12/resend"), {"order": "12"}, "Resend"),
    "Close Order": Way(("GET", "/orders/12"), {"order": "12"}, "Close…"),
    "Recover Orders": Way(("POST", "/orders/recover"), {}, "Look"),
    "Assign Key": Way(("POST", "/orders/12/assign"), {"order": "12", "key": "k-1", "line": "77"}, "Assign…"),
    "Serve Waiting Orders": Way(("POST", "/orders/serve-waiting"), {}),
    "Retire Key": Way(("POST", "/keys/retire"), {"key": "k-1"}, "Retire…"),
    "Adjust Seats": Way(("POST", "/keys/adjust"), {"key": "k-1", "seats": "5"}, "Adjust…"),
    "Change Mode": Way(("POST", "/mode"), {}, "Change…"),
}
SAFE = "safe to press again"
PROBLEM = {
    "title": "Sheet differs",
    "status": 409,
    "detail": "NPTA Catalogue: the header SKU is missing",
    "request_id": "r-4711",
}


def go(panel: Panel, name: str) -> None:
    """Everything up to the press that calls the service; that one is a double click."""
    way = WAYS[name]
    steps = [name, *filter(None, [way.submit, way.confirm])]
    for step in steps[:-1]:
        panel.press(step)
    for field, value in way.fields.items():
        panel.find(f"#field-{field}").fill(value)
    if not panel.button(steps[-1]).is_visible():
        panel.find("#advanced summary").click()
    panel.button(steps[-1]).dblclick()


@pytest.mark.parametrize("name", WAYS)
def test_while_it_runs_everything_shows_it_and_a_double_press_is_one_call(name: str, scripted: Panel) -> None:
    stage = scripted.open().stage
    stage.scripted[WAYS[name].call] = answer(PROBLEM, 409)
    stage.held.clear()

    go(scripted, name)

    expect(scripted.find("body")).to_have_attribute("aria-busy", "true")
    expect(scripted.find("#progress.busy")).to_contain_text("…")
    assert scripted.find("button:enabled").count() == 0
    if name in ("Import Keys", "Release Keys"):
        scripted.check(f"busy-{name.partition(' ')[0].lower()}")
    stage.held.set()
    scripted.warns("the header SKU is missing")
    assert stage.acts() == [WAYS[name].call]
    assert scripted.find("button:disabled").count() == 0


@pytest.mark.parametrize("name", WAYS)
def test_every_failure_is_told_in_words_with_what_to_do(name: str, scripted: Panel) -> None:
    stage, call = scripted.open().stage, WAYS[name].call
    expected = {
        "409": (answer(PROBLEM, 409), "NPTA Catalogue: the header SKU is missing."),
        "403": (answer({**PROBLEM, "status": 403, "detail": "Forbidden"}, 403), "valid operator key"),
        "503": (
            answer({**PROBLEM, "detail": "Busy"}, 503, **{"Retry-After": "5"}),
            f"Wait 5 s, then press again. It is {SAFE}",
        ),
        "502": (html(502), "The service is not ready (502): it may be starting. Wait a minute."),
    }
    for scripted_answer, told in expected.values():
        stage.scripted[call] = scripted_answer
        go(scripted, name)
        scripted.warns(told)
        assert "<" not in scripted.find("#alert").inner_text()
    scripted.change(lockTaken=True)
    go(scripted, name)
    scripted.warns("Another action is running" if call[0] == "POST" else "not ready (502)")
    assert stage.acts() == [call] * (4 if call[0] == "POST" else 5)
    scripted.change(lockTaken=False)
    scripted.page.evaluate(
        "(url) => script.set({properties: new Map([['SERVICE_URL', url], ['SERVICE_KEY', 'k']])})", stage.nobody
    )
    go(scripted, name)
    scripted.warns(f"The service could not be reached. It is {SAFE}")
    scripted.check("unreachable" if name == "Import Keys" else "")
    told_lines = scripted.find("#activity li").all_text_contents()
    assert len(told_lines) == 6
    assert all(name in line and "failed" in line for line in told_lines)


def test_the_request_id_is_shown_whole_in_the_error_and_short_in_the_list(scripted: Panel) -> None:
    scripted.open()
    scripted.stage.scripted["POST", "/keys/import"] = answer({**PROBLEM, "request_id": "0123456789abcdef"}, 409)
    scripted.press("Import Keys")

    scripted.warns("Request id: 0123456789abcdef")
    expect(scripted.find("#activity li").first).to_contain_text("shared key · id 01234567")
    assert "89abcdef" not in scripted.find("#activity").text_content()  # type: ignore[operator]  # it has text


def test_the_list_of_activities_has_the_newest_first_with_time_and_outcome(scripted: Panel) -> None:
    scripted.open()
    empty = {"added": 0, "updated": 0, "vanished": 0, "problems": []}
    scripted.stage.scripted["POST", "/shopify/sync"] = answer({**empty, "request_id": "first-00"})
    scripted.stage.scripted["POST", "/inventory/refresh"] = html(502)
    scripted.press("Sync from Shopify")
    scripted.says("nothing changed")
    scripted.press("Refresh Inventory")
    scripted.warns("not ready")
    scripted.find("#activity-part summary").click()

    newest, oldest = scripted.find("#activity li").all_inner_texts()
    assert re.match(r"\d+:\d\d [ap]\.m\. Refresh Inventory failed", newest)
    assert re.match(r"\d+:\d\d [ap]\.m\. Sync from Shopify\s+The catalogue has what the shop has", oldest)
    assert oldest.endswith("shared key · id first-00")
    scripted.check("activity")


def test_a_failure_after_the_question_is_told_and_the_question_is_gone(scripted: Panel) -> None:
    scripted.open()
    dry = {"imported": 2, "duplicates": 0, "rejected": 0, "rows": [], "reopened_orders": [], "dry_run": True}
    scripted.stage.scripted["POST", "/keys/import"] = answer(dry)
    scripted.press("Import Keys")
    scripted.asks("Import 2 keys?")
    scripted.stage.scripted["POST", "/keys/import"] = html(502)
    scripted.press("Import 2 keys")

    scripted.warns(SAFE)
    expect(scripted.find("#work")).to_be_hidden()
    expect(scripted.button("Import Keys")).to_be_focused()


def test_what_changed_since_the_dry_run_is_asked_about_again_with_the_new_numbers(scripted: Panel) -> None:
    scripted.open()
    dry = {"imported": 2, "duplicates": 0, "rejected": 0, "rows": [], "reopened_orders": [], "dry_run": True}
    scripted.stage.scripted["POST", "/keys/import"] = answer({**dry, "confirm": "first"})
    scripted.press("Import Keys")
    scripted.asks("Import 2 keys?")
    now = {**dry, "imported": 3, "confirm": "second", "status": 409, "code": "changed", "detail": "Something else"}
    scripted.stage.scripted["POST", "/keys/import"] = answer(now, 409)
    scripted.press("Import 2 keys")

    scripted.asks("Import 3 keys?")
    scripted.stage.scripted["POST", "/keys/import"] = answer({**dry, "imported": 3, "dry_run": False})
    scripted.press("Import 3 keys")
    scripted.says("3 keys imported.")
    bodies = [call.body for call in scripted.stage.calls if call.method == "POST"]
    assert bodies == [{"dry_run": True}, {"confirm": "first"}, {"confirm": "second"}]


def test_a_double_press_on_the_confirmation_is_one_call(scripted: Panel) -> None:
    scripted.open()
    dry = {"imported": 2, "duplicates": 0, "rejected": 0, "rows": [], "reopened_orders": [], "dry_run": True}
    scripted.stage.scripted["POST", "/keys/import"] = answer(dry)
    scripted.press("Import Keys")
    scripted.asks("Import 2 keys?")
    scripted.button("Import 2 keys").dblclick()

    scripted.says("2 keys imported.")
    assert len(scripted.stage.acts()) == 2


def test_words_without_an_end_are_broken_and_nothing_is_pushed_out_of_the_panel(scripted: Panel) -> None:
    word = "NASM-" + "X" * 120
    status = {**STATUS, "failed_orders": ["9" * 40], "unsynced": [{"SKU": word, "status": word}], "drift": word}
    order = {"order_id": "9" * 40, "order_name": f"#{word}", "status": "failed", "message": word, "next_step": word}
    key = {"sku": word, "entitlement": word, "keycode": word, "seats": 1}
    history = {"at": word, "event": word, "reason": word}
    scripted.stage.scripted["GET", "/status"] = answer(status)
    scripted.stage.scripted["GET", "/orders/12"] = answer({**order, "keys": [key], "events": [history]})
    scripted.open()
    go(scripted, "Look Up Order")
    scripted.says(word)
    scripted.check("long-words")

    scripted.stage.scripted["GET", "/orders/12"] = answer({**PROBLEM, "detail": word, "request_id": word}, 409)
    go(scripted, "Look Up Order")
    scripted.warns(word)
    scripted.find("#activity-part summary").click()
    scripted.check()


def test_the_second_half_of_a_double_click_presses_nothing_that_has_just_appeared(scripted: Panel) -> None:
    """A dry run is answered within the time of a double click, and the question comes where the form was."""
    scripted.open()
    found = {"order_id": "12", "released": 2, "keys": [], "products": [], "reopened_orders": [], "dry_run": True}
    scripted.stage.scripted["POST", "/orders/12/release"] = answer(found)
    scripted.press("Release Keys")
    scripted.find("#field-order").fill("12")
    scripted.press("Release")
    expect(scripted.find("#confirm")).to_be_visible()

    scripted.find("#confirm").click(force=True)
    scripted.page.wait_for_timeout(100)
    assert len(scripted.stage.acts()) == 1
    scripted.find("#confirm").click()

    scripted.says("2 keys of order 12 released.")
    assert len(scripted.stage.acts()) == 2


def test_several_google_accounts_in_one_browser_are_named_with_the_way_out(scripted: Panel) -> None:
    scripted.open()
    refusal = "Es tut uns leid, ein Serverfehler ist aufgetreten. Fehlercode PERMISSION_DENIED."
    scripted.change(refusal=refusal)
    scripted.press("Import Keys")

    scripted.warns("several Google accounts are signed in in one browser. Open this spreadsheet in a window")
    assert "Fehlercode" not in scripted.find("#alert").inner_text()
    assert scripted.stage.acts() == []
    scripted.check("several-accounts")


def test_another_failure_of_googles_is_told_with_its_own_words_at_the_end(scripted: Panel) -> None:
    scripted.open()
    scripted.change(refusal="Service invoked too many times for one day: urlfetch.")
    scripted.press("Import Keys")

    scripted.warns("Google could not run the script. It is safe to press again.")
    expect(scripted.find("#alert")).to_contain_text("Google said: “Service invoked too many times")


def test_a_panel_older_than_its_script_asks_to_be_opened_again(scripted: Panel) -> None:
    scripted.open()
    scripted.frame.evaluate("""() => {
        const run = { withSuccessHandler: () => run, withFailureHandler: () => run };
        google.script.run = run;
    }""")
    scripted.press("Import Keys")

    scripted.warns("Close the panel and open it again.")


def test_a_status_that_cannot_be_had_is_told_and_stops_no_button(scripted: Panel) -> None:
    scripted.open()
    scripted.stage.scripted["GET", "/status"] = html(502)
    scripted.stage.scripted["POST", "/keys/import"] = answer(
        {"imported": 0, "duplicates": 0, "rejected": 0, "rows": []}
    )
    scripted.press("Refresh status")
    expect(scripted.find("#mode-words")).to_contain_text("not ready (502)")
    expect(scripted.find("#mode")).to_have_text("?")
    scripted.check("no-status")
    scripted.press("Import Keys")

    scripted.says("nothing to import")


def test_the_status_is_fresh_after_every_action(scripted: Panel) -> None:
    scripted.open()
    expect(scripted.find("#worries")).to_have_text("Nothing waits for you.")
    scripted.stage.scripted["GET", "/status"] = answer({**STATUS, "failed_orders": ["12"]})
    scripted.stage.scripted["POST", "/inventory/refresh"] = answer({"differences": [], "pushed": [], "failed": []})
    scripted.press("Refresh Inventory")

    expect(scripted.find("#worries summary")).to_have_text("1 failed")


def test_a_person_is_named_by_googles_token_and_in_the_list(scripted: Panel) -> None:
    calls = scripted.stage.calls
    scripted.stage.scripted["POST", "/inventory/refresh"] = answer({"differences": [], "pushed": [], "failed": []})
    scripted.open(key="", token="a.google.token").press("Refresh Inventory")
    scripted.says("All counts agree.")

    assert calls[-1].headers["X-Identity-Token"] == "a.google.token"
    assert "X-Api-Key" not in calls[-1].headers
    expect(scripted.find("#activity li")).to_contain_text("ada@npta.example · id ")


def test_a_person_whom_the_real_service_does_not_know_is_told_whom_to_ask(panel: Panel) -> None:
    panel.open(key="", token="a.google.token").press("Import Keys")

    panel.warns("Ask whoever runs the service to list you (ada@npta.example) in NPTA_OPERATORS")
    panel.check("unknown-person")


def test_a_long_wait_is_said_and_after_all_patience_the_panel_is_free_again(chromium: Browser, scripted: Panel) -> None:
    stage = scripted.stage
    stage.scripted["POST", "/keys/import"] = html(502)
    with new_tab(chromium) as page:
        page.clock.install()
        panel = Panel(page, scripted.origin, stage).open()
        stage.held.clear()
        panel.press("Import Keys")
        expect(panel.find("#progress.busy")).to_be_visible()

        page.clock.fast_forward(9_000)
        expect(panel.find("#progress")).to_contain_text("Still at it")
        page.clock.fast_forward(100_000)
        late = "No answer came within 100 s. It may have been done all the same; it is safe to press again."
        expect(panel.find("#alert")).to_contain_text(late)
        expect(panel.button("Import Keys")).to_be_enabled()
        stage.held.set()
        panel.settled()
        panel.close()


def test_the_keyboard_is_enough_and_enter_twice_confirms_nothing(scripted: Panel) -> None:
    scripted.open()
    dry = {"imported": 2, "duplicates": 0, "rejected": 0, "rows": [], "reopened_orders": [], "dry_run": True}
    scripted.stage.scripted["POST", "/keys/import"] = answer(dry)
    keyboard = scripted.page.keyboard
    scripted.button("Import Keys").focus()
    keyboard.press("Enter")
    scripted.asks("Import 2 keys?")
    keyboard.press("Enter")
    assert len(scripted.stage.acts()) == 1
    keyboard.press("Tab")
    expect(scripted.button("Import 2 keys")).to_be_focused()
    keyboard.press("Enter")

    scripted.says("2 keys imported.")
    expect(scripted.button("Import Keys")).to_be_focused()


@pytest.mark.parametrize(("wanted", "animation"), [("reduce", "none"), ("no-preference", "turn")])
def test_nothing_turns_for_people_who_want_no_motion(
    wanted: Literal["reduce", "no-preference"], animation: str, scripted: Panel
) -> None:
    scripted.page.emulate_media(reduced_motion=wanted)
    scripted.open().stage.scripted["POST", "/keys/import"] = html(502)
    scripted.stage.held.clear()
    scripted.press("Import Keys")
    expect(scripted.find("#progress.busy")).to_be_visible()

    turning = scripted.find("#progress").evaluate("(e) => getComputedStyle(e, '::before').animationName")
    scripted.page.emulate_media(reduced_motion="no-preference")
    scripted.stage.held.set()
    scripted.warns("not ready")
    assert turning == animation
