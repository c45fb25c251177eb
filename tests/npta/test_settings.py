"""Settings: read once, named when they are wrong, and never showing a secret."""

from __future__ import annotations

import pytest

from npta.errors import SettingError
from npta.services import make_services
from npta.settings import Settings
from tests.support import ENVIRONMENT

SECRET = "s3cr3t-of-the-house"


def loaded(**changes: str) -> Settings:
    return Settings.load({**ENVIRONMENT, **changes})


def told(**changes: str) -> str:
    with pytest.raises(SettingError) as caught:
        loaded(**changes)
    return str(caught.value)


REQUIRED = ["NPTA_SPREADSHEET", "NPTA_REGION", "NPTA_ORDER_KEYS", "NPTA_OPERATOR_KEYS"]


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("empty", ["", "  "], ids=["empty", "blank"])
def test_a_required_setting_that_is_missing_stops_the_start_and_is_named(name: str, empty: str) -> None:
    assert f"{name} is missing" in told(**{name: empty})


def test_everything_that_is_wrong_is_named_at_once() -> None:
    with pytest.raises(SettingError) as caught:
        Settings.load({"NPTA_LOW_STOCK": "few"})

    assert all(name in str(caught.value) for name in [*REQUIRED, "NPTA_LOW_STOCK"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        pytest.param("NPTA_SPREADSHEET", "not an id", id="blanks in an id"),
        pytest.param("NPTA_SPREADSHEET", "sqlite:///", id="a file without a name"),
        pytest.param("NPTA_SPREADSHEET", "https://example.com/spreadsheets/d/abc", id="another site"),
        pytest.param("NPTA_SHEETS_API", "localhost:8085", id="an origin without http"),
        pytest.param("NPTA_SHEETS_API", "http://localhost:8085/v4", id="more than an origin"),
        pytest.param("NPTA_REGION", "CAN ADA", id="a blank in a region"),
        pytest.param("NPTA_REGIONS", "USA,U K", id="a blank in another region"),
        pytest.param("NPTA_ORDER_KEYS", " , ", id="a list of nothing"),
        pytest.param("NPTA_TEST_RECIPIENT", "nobody", id="no address"),
        pytest.param("NPTA_LOW_STOCK", "five", id="no number"),
        pytest.param("NPTA_LOW_STOCK", "-1", id="below zero"),
        pytest.param("NPTA_CONFIRMATION_DELAY", "soon", id="no seconds"),
        pytest.param("NPTA_CONFIRMATION_DELAY", "60", id="longer than a call may wait"),
        pytest.param("NPTA_KEYS_HOOK", "http://hooks.zapier.com/hooks/catch/1/a/", id="customers' keys unencrypted"),
        pytest.param("NPTA_KEYS_HOOK", "hooks.zapier.com/hooks/catch/1/a/", id="no address"),
    ],
)
def test_a_malformed_setting_stops_the_start_and_is_named(name: str, value: str) -> None:
    assert name in told(**{name: value})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("1AbC-d_9", "1AbC-d_9", id="id"),
        pytest.param("https://docs.google.com/spreadsheets/d/1AbC-d_9/edit?gid=0#gid=0", "1AbC-d_9", id="URL"),
        pytest.param("https://docs.google.com/spreadsheets/d/1AbC-d_9", "1AbC-d_9", id="short URL"),
        pytest.param("https://docs.google.com/spreadsheets/u/0/d/1AbC-d_9/edit", "1AbC-d_9", id="URL of one account"),
        pytest.param("1AbC-d_9\n", "1AbC-d_9", id="a line end"),
        pytest.param("sqlite:///build/npta.db", "sqlite:///build/npta.db", id="file"),
    ],
)
def test_the_spreadsheet_is_an_id_a_url_or_a_file(value: str, expected: str) -> None:
    assert loaded(NPTA_SPREADSHEET=value).spreadsheet == expected


def test_only_a_file_is_embedded() -> None:
    assert loaded(NPTA_SPREADSHEET="sqlite:///build/npta.db").embedded_file == "build/npta.db"
    assert loaded().embedded_file is None


def test_regions_are_in_capitals_and_contain_the_usual_one() -> None:
    settings = loaded(NPTA_REGION=" canada ", NPTA_REGIONS="usa, uk,")

    assert settings.region == "CANADA"
    assert settings.regions == {"CANADA", "USA", "UK"}


def test_what_is_not_told_has_a_default() -> None:
    settings = Settings.load({name: ENVIRONMENT[name] for name in REQUIRED})

    assert settings.sheets_api == "https://sheets.googleapis.com"
    assert (settings.low_stock, settings.test_recipient) == (5, "")
    assert settings.regions == {"CANADA"}


def test_several_keys_may_hold_while_they_are_rotated() -> None:
    keys = loaded(NPTA_ORDER_KEYS=f" {SECRET} , {SECRET}-2,").order_keys

    assert [key.get_secret_value() for key in keys] == [SECRET, f"{SECRET}-2"]


@pytest.mark.parametrize("name", ["NPTA_ORDER_KEYS", "NPTA_OPERATOR_KEYS"])
@pytest.mark.parametrize(
    ("value", "place"),
    [
        pytest.param("s3cr3t", "key 1", id="one that is short"),
        pytest.param(f"{SECRET},fifteen-letters", "key 2", id="a short one beside a long one"),
        pytest.param(f"short,{SECRET}", "key 1", id="a short one before"),
        pytest.param(" short            ,", "key 1", id="blanks do not count"),
        pytest.param("ééééééééééééééé", "key 1", id="fifteen characters are fifteen, however many bytes"),
    ],
)
def test_a_key_that_could_be_guessed_stops_the_start_and_is_named_by_its_place(
    name: str, value: str, place: str
) -> None:
    said = told(**{name: value})

    assert f"{name} is too weak: {place} has fewer than 16 characters" in said
    assert "openssl rand -base64 32" in said
    assert not [part for part in value.split(",") if part.strip() and part.strip() in said]


def test_sixteen_characters_are_enough() -> None:
    assert loaded(NPTA_ORDER_KEYS="0123456789abcdef").order_keys[0].get_secret_value() == "0123456789abcdef"


def test_a_name_of_somebody_elses_setting_is_nobodys_business() -> None:
    assert loaded(PATH="/bin", NPTA_UNKNOWN="x").region == "CANADA"


def test_no_secret_is_shown_by_the_settings_or_by_what_is_wrong_with_them() -> None:
    secrets = {"NPTA_ORDER_KEYS": f"{SECRET},{SECRET}-1", "NPTA_OPERATOR_KEYS": f"{SECRET}-2"}

    settings = loaded(**secrets)

    shown = [repr(settings), str(settings), settings.model_dump_json(), told(**secrets, NPTA_LOW_STOCK="few")]
    shown.append(told(**secrets, NPTA_SPREADSHEET=f"a {SECRET}"))
    assert not [text for text in shown if SECRET in text]


def test_the_confirmation_delay_can_be_set() -> None:
    there = {"NPTA_SHEETS_API": "http://127.0.0.1:9"}

    assert delay_of(loaded(**there)) == 0
    assert delay_of(loaded(**there, NPTA_CONFIRMATION_DELAY="0.5")) == 0.5


def test_the_old_name_of_a_setting_is_understood_and_a_warning_names_the_new_one(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert loaded(NPTA_SETTLE="0.5").confirmation_delay == 0.5
    assert "NPTA_SETTLE is called NPTA_CONFIRMATION_DELAY now" in caplog.text


def test_the_new_name_of_a_setting_goes_before_the_old_one() -> None:
    assert loaded(NPTA_SETTLE="0.5", NPTA_CONFIRMATION_DELAY="0.25").confirmation_delay == 0.25


def delay_of(settings: Settings) -> float:
    return make_services(settings).spreadsheet.timing.confirmation_delay


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"SHOPIFY_SHOP": "npta.myshopify.com"}, "SHOPIFY_ACCESS_TOKEN"),
        ({"SHOPIFY_SHOP": "npta.myshopify.com", "SHOPIFY_CLIENT_ID": "app"}, "SHOPIFY_CLIENT_SECRET"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_CHANNEL"),
        ({"NPTA_ID_TOKEN_AUDIENCES": "client"}, "NPTA_OPERATORS"),
        ({"NPTA_OPERATORS": "@npta.example"}, "NPTA_ID_TOKEN_AUDIENCES"),
    ],
)
def test_settings_that_mean_nothing_alone_ask_for_the_others(given: dict[str, str], missing: str) -> None:
    assert missing in told(**given)


def test_a_location_may_be_given_as_shopify_writes_it() -> None:
    assert loaded(SHOPIFY_LOCATION_ID="gid://shopify/Location/70").shopify_location_id == "70"
