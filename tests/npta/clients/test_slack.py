"""The Slack client through the real slack-sdk, against the local Slack on a port."""

from __future__ import annotations

import gc
import json
import logging
import re
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from threading import enumerate as enumerate_threads
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug import Request, Response

from npta.clients.slack.blocks import MAX_COLUMN, lay_out
from npta.clients.slack.client import Slack
from npta.domain.state.alert import COLUMNS, Alert, AlertKind, Link, read_alert, write_alert
from npta.errors import SettingError, SlackError, SlackMessageGoneError, SlackRejectedError, SlackUnavailableError
from npta.local.http_server import serve_app
from npta.local.slack import LocalSlack, Running, serve_slack
from npta.settings import Settings
from sheets_schema import Clock
from tests.support import OPERATOR_KEY, ORDER_KEY

TOKEN = "xoxb-the-very-secret-token"
CHANNEL = "C0ALERTS42"
CLOCK = Clock()
ALERT = Alert(
    AlertKind.FULFILLED,
    "6855909900591",
    "✅ Order Fulfilled",
    "✅ Order Fulfilled: order 6855909900591 (#1042), Ada Lovelace: 3 keys for NSTB",
    ("Order: 6855909900591 (#1042)", "Customer: Ada Lovelace"),
    "request r-1",
)


def slack_at(api_url: str, *, channel: str = CHANNEL, token: str = TOKEN, clock: Clock = CLOCK) -> Slack:
    environment = {
        "NPTA_SPREADSHEET": "an-id",
        "NPTA_REGION": "CANADA",
        "NPTA_ORDER_KEYS": ORDER_KEY,
        "NPTA_OPERATOR_KEYS": OPERATOR_KEY,
        "SLACK_BOT_TOKEN": token,
        "SLACK_CHANNEL": channel,
        "SLACK_API_URL": api_url,
    }
    return Slack(Settings.load(environment), clock)


@pytest.fixture
def local() -> Iterator[Running]:
    with serve_slack() as running:
        yield running


@pytest.fixture
def slack(local: Running) -> Slack:
    return slack_at(local.api_url)


def post(slack: Slack, alert: Alert = ALERT, seconds: float = 20.0, **more: str) -> str:
    return slack.post(alert, deadline=CLOCK.deadline(seconds), **more)


def only(local: Running) -> dict[str, Any]:
    [message] = local.slack.messages
    return message


def words(message: dict[str, Any]) -> list[str]:
    """Every line that is shown; a column is a line, too."""
    found: list[str] = []
    for block in message["blocks"]:
        found += [
            re.sub(r"^\*(.*)\*$", r"\1", text["text"], flags=re.MULTILINE).replace("\n", ": ", 1)
            for text in block.get("fields", ())
        ]
        parts = [block["text"]] if "text" in block else block.get("elements", ())
        parts = [inner for part in parts for inner in part.get("elements", [part])]
        found += [line for text in parts for line in text["text"].split("\n")]
    return found


def texts(message: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for block in message["blocks"]:
        found += block["elements"] if block["type"] == "context" else block.get("fields") or [block["text"]]
    return found


# --- what is posted


def test_an_alert_is_posted_with_a_searchable_line_a_title_its_details_and_its_small_print(
    slack: Slack, local: Running
) -> None:
    ts = post(slack)
    message = only(local)
    assert message["ts"] == ts
    assert message["channel"] == CHANNEL
    assert message["text"] == ALERT.text
    assert [block["type"] for block in message["blocks"]] == ["header", "section", "context"]
    assert words(message) == ["✅ Order Fulfilled", *ALERT.lines, "request r-1"]


def test_an_alert_of_a_title_alone_is_posted(slack: Slack, local: Running) -> None:
    post(slack, Alert(AlertKind.RECONCILED, "", "🌙 Everything Agrees", "🌙 Everything Agrees"))
    assert [block["type"] for block in only(local)["blocks"]] == ["header"]


def test_repeats_of_an_alert_are_told_by_their_message_id(slack: Slack, local: Running) -> None:
    for message_id in ("N-7", "N-7", "N-8"):
        post(slack, message_id=message_id)
    assert [message["metadata"] for message in local.slack.messages] == [
        {"event_type": "npta_alert", "event_payload": {"message_id": message_id}}
        for message_id in ("N-7", "N-7", "N-8")
    ]


def test_a_repeat_is_put_into_the_thread_of_the_first_message(slack: Slack, local: Running) -> None:
    first = post(slack)
    reply = post(slack, thread=first)
    told = {message["ts"]: (message["thread_ts"], message["replies"]) for message in local.slack.messages}
    assert told == {first: ("", [reply]), reply: (first, [])}


def test_an_update_takes_the_place_of_the_message_and_keeps_its_message_id(slack: Slack, local: Running) -> None:
    ts = post(slack, message_id="N-7")
    slack.update(ts, ALERT._replace(text="email sent", lines=("email sent",)), deadline=CLOCK.deadline(20))
    message = only(local)
    assert (message["ts"], message["text"], message["edited"]) == (ts, "email sent", True)
    assert words(message)[1:-1] == ["email sent"]
    assert message["metadata"]["event_payload"] == {"message_id": "N-7"}


def test_a_channel_may_be_named_but_messages_are_changed_only_once_its_id_is_known(local: Running) -> None:
    first = slack_at(local.api_url, channel="#npta-orders")
    ts = post(first)
    first.update(ts, ALERT, deadline=CLOCK.deadline(20))
    after_a_restart = slack_at(local.api_url, channel="#npta-orders")
    with pytest.raises(SlackMessageGoneError, match="SLACK_CHANNEL to the id"):
        after_a_restart.update(ts, ALERT, deadline=CLOCK.deadline(20))
    post(after_a_restart)
    after_a_restart.update(ts, ALERT._replace(text="now"), deadline=CLOCK.deadline(20))
    assert local.slack.messages[0]["text"] == "now"


# --- foreign text


def test_foreign_text_calls_nobody_and_formats_nothing(slack: Slack, local: Running) -> None:
    name = "<!channel> *Bobby* <https://evil.example|R&D>"
    post(slack, ALERT._replace(text=f"order 1, {name}", lines=(f"Customer: {name}",)))
    message = only(local)
    assert message["text"] == "order 1, &lt;!channel&gt; *Bobby* &lt;https://evil.example|R&amp;D&gt;"
    assert {text["type"] for text in texts(message)} == {"plain_text"}
    assert f"Customer: {name}" in words(message)


def test_foreign_text_makes_no_line_of_its_own(slack: Slack, local: Running) -> None:
    post(
        slack,
        ALERT._replace(title="a\nb", text="Ada\r\n✅ fine\x00\u2028x", lines=("Customer: Ada\n✅ fine\x1b", " \n")),
    )
    message = only(local)
    assert message["text"] == "Ada ✅ fine x"
    assert words(message) == ["a b", "Customer: Ada ✅ fine", "request r-1"]


def test_half_a_character_does_not_stop_an_alert(slack: Slack, local: Running) -> None:
    post(slack, ALERT._replace(text="Ada \ud83d Lovelace"))
    assert only(local)["text"] == "Ada ? Lovelace"


# --- columns, links, and what is over


def blocks(message: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [block for block in message["blocks"] if block["type"] == kind]


def test_facts_of_a_few_words_stand_in_columns_and_sentences_below_them(slack: Slack, local: Running) -> None:
    lines = ("Order: 1 (#1042)", "Customer: Ada & Co <ada>", "Products: NSBK_CPT", "CPTa: 2 keys", "Next step: look")
    post(slack, ALERT._replace(lines=lines))
    columns, rest = blocks(only(local), "section")
    assert columns["fields"] == [
        {"type": "mrkdwn", "text": f"*{label}*\n{value}", "verbatim": True}
        for label, value in (("Order", "1 (#1042)"), ("Customer", "Ada &amp; Co &lt;ada&gt;"), ("Products", "NSBK_CPT"))
    ]
    assert rest["text"]["text"] == "CPTa: 2 keys\nNext step: look"


@pytest.mark.parametrize("name", ["*Bobby*", "_x_", "~x~", "`x`", ":bomb: x", "> Ada", "a _b"])
def test_a_name_with_signs_stands_in_its_column_letter_for_letter(name: str, slack: Slack, local: Running) -> None:
    post(slack, ALERT._replace(lines=(f"Customer: {name}",)))
    assert blocks(only(local), "section")[0]["fields"] == [
        {"type": "plain_text", "text": f"Customer\n{name}", "emoji": False}
    ]


def test_a_fact_that_is_long_or_comes_twice_stays_a_line(slack: Slack, local: Running) -> None:
    long = f"Products: {'x' * 200}"
    post(slack, ALERT._replace(lines=("Order: 1", "Order: 2", long, "Order", "Note: 3")))
    columns, rest = blocks(only(local), "section")
    assert [field["text"] for field in columns["fields"]] == ["*Order*\n1"]
    assert rest["text"]["text"].split("\n") == ["Order: 2", long, "Order", "Note: 3"]


@pytest.mark.parametrize("wrote_a_list", [True, False])
def test_a_row_that_an_earlier_version_left_in_the_outbox_is_shown_so_too(
    wrote_a_list: bool, slack: Slack, local: Running
) -> None:
    stored = [
        "✅ Order Fulfilled",
        "✅ Order Fulfilled: order 1",
        ["Order: 1 (#1042)", "3 keys: keys assigned"],
        "request r-1",
    ]
    body = stored if wrote_a_list else dict(zip(("title", "text", "lines", "footer"), stored, strict=True))
    post(slack, read_alert("fulfilled", "1", json.dumps(body)))
    assert only(local)["text"] == "✅ Order Fulfilled: order 1"
    assert words(only(local)) == ["✅ Order Fulfilled", "Order: 1 (#1042)", "3 keys: keys assigned", "request r-1"]


def test_the_same_alert_is_laid_out_the_same() -> None:
    first, again = (
        [block.to_dict() for block in lay_out(read_alert(ALERT.kind, ALERT.about, write_alert(ALERT))).blocks]
        for _ in range(2)
    )
    assert first == again == [block.to_dict() for block in lay_out(ALERT).blocks]


def test_links_stand_below_and_are_escaped(slack: Slack, local: Running) -> None:
    post(
        slack,
        ALERT._replace(
            links=(Link("Order in Shopify", "https://a.example/?a=1&b=2"), Link("Orders", "https://b.example"))
        ),
    )
    text = blocks(only(local), "section")[-1]["text"]
    assert text["text"] == "*<https://a.example/?a=1&amp;b=2|Order in Shopify>*   *<https://b.example|Orders>*"
    assert text["verbatim"]


def test_what_is_over_says_why_and_the_rest_is_struck_through(slack: Slack, local: Running) -> None:
    lines = ("Over since 2026-11-23T15:04:05Z: filled since.", "Order: 1", "Customer: *Bobby*")
    ts = post(slack)
    slack.update(ts, ALERT._replace(kind=AlertKind.ENDED, lines=lines), deadline=CLOCK.deadline(20))
    message = only(local)
    assert blocks(message, "section")[0]["text"]["text"] == lines[0]
    (struck,) = blocks(message, "rich_text")
    assert struck["elements"][0]["elements"] == [
        {"type": "text", "text": "Order: 1\nCustomer: *Bobby*", "style": {"strike": True}}
    ]


@pytest.mark.parametrize("kind", [AlertKind.FAILED, AlertKind.ENDED])
@pytest.mark.parametrize("letter", ["x", "é", "\U0001f600", "&", '"'])
def test_the_largest_message_is_inside_slacks_limits(
    kind: AlertKind, letter: str, slack: Slack, local: Running
) -> None:
    facts = [f"{label}: {letter * (MAX_COLUMN // len(letter.encode()))}" for label in COLUMNS]
    link = Link("Order in Shopify", f"https://{'a' * 100}.example/{'1' * 200}")
    sentences = [letter * 300] * 60
    post(slack, Alert(kind, "1", letter * 300, letter * 9_000, (*facts, *sentences), letter * 900, (link, link)))
    assert len(only(local)["blocks"]) <= 7


# --- limits


def test_what_does_not_fit_is_cut_and_the_lines_left_out_are_counted(slack: Slack, local: Running) -> None:
    lines = tuple(f"line {number}: {'x' * 100}" for number in range(1_000))
    post(slack, Alert(AlertKind.RECONCILED, "", "T" * 1_000, "s" * 50_000, lines, "f" * 5_000))
    message = only(local)
    title, *shown, more, footer = words(message)
    assert title == f"{'T' * 147}…"
    assert tuple(shown) == lines[: len(shown)]
    assert more == f"… and {len(lines) - len(shown)} more"
    assert len(shown) > 50
    assert footer.endswith("…")
    assert message["text"].endswith("…")


def test_a_line_that_is_too_long_is_cut_and_the_next_one_is_shown(slack: Slack, local: Running) -> None:
    post(slack, ALERT._replace(lines=("x" * 9_000, "Next step: import keys")))
    _, cut, following, _ = words(only(local))
    assert cut.startswith("xxx")
    assert cut.endswith("x…")
    assert following == "Next step: import keys"


def test_an_entity_is_never_cut_in_two(slack: Slack, local: Running) -> None:
    post(slack, ALERT._replace(text=f"R{'&' * 5_000}"))
    assert set(only(local)["text"].removesuffix("…").split("&amp;")) == {"R", ""}


ANY_TEXT = st.builds(lambda text, times: text * times, st.text(st.characters(), max_size=60), st.integers(1, 400))
ALERTS = st.builds(
    Alert,
    st.sampled_from(AlertKind),
    ANY_TEXT,
    ANY_TEXT,
    ANY_TEXT,
    st.lists(ANY_TEXT, max_size=60).map(tuple),
    ANY_TEXT,
)


@given(alert=ALERTS)
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_alert_fits_as_a_post_and_as_an_update(slack: Slack, local: Running, alert: Alert) -> None:
    ts = post(slack, alert, message_id="N-1")
    slack.update(ts, alert, deadline=CLOCK.deadline(20))
    message = local.slack.messages[-1]
    assert message["text"]
    assert message["edited"]


# --- failures


@pytest.mark.parametrize(
    ("fault", "told"), [("down", "503"), ("bad_gateway", "502"), ("drop", "closed connection|reset")]
)
def test_a_slack_that_does_not_answer_is_unavailable_and_is_called_once(
    slack: Slack, local: Running, fault: str, told: str
) -> None:
    local.slack.faults.add(fault)
    with pytest.raises(SlackUnavailableError, match=told) as failure:
        post(slack)
    assert failure.value.retry_after is None
    assert local.slack.calls == 1


def test_a_post_whose_answer_is_lost_may_be_there_all_the_same(slack: Slack, local: Running) -> None:
    local.slack.faults.add("drop", calls=1)
    with pytest.raises(SlackUnavailableError):
        post(slack, message_id="N-7")
    post(slack, message_id="N-7")
    assert [message["metadata"]["event_payload"]["message_id"] for message in local.slack.messages] == ["N-7", "N-7"]


def test_too_many_messages_say_when_to_come_again_and_nobody_calls_before(local: Running) -> None:
    now = [100.0]
    slack = slack_at(local.api_url, clock=Clock(monotonic=lambda: now[0]))
    local.slack.faults.add("rate_limited", calls=1, retry_after=30)
    with pytest.raises(SlackUnavailableError, match="too many") as failure:
        post(slack)
    assert failure.value.retry_after == 30
    now[0] += 20
    with pytest.raises(SlackUnavailableError) as again:
        post(slack)
    assert again.value.retry_after == 10
    assert local.slack.calls == 1
    now[0] += 10
    post(slack)
    assert local.slack.calls == 2


@pytest.mark.parametrize("fault", ["slow", "drip"])
def test_the_deadline_is_kept_however_slowly_slack_answers(slack: Slack, local: Running, fault: str) -> None:
    local.slack.faults.add(fault, seconds=60)
    started = time.monotonic()
    with pytest.raises(SlackUnavailableError, match=r"no answer within 0\.\d s"):
        post(slack, seconds=0.4)
    assert time.monotonic() - started < 30


def test_without_time_left_slack_is_not_called(slack: Slack, local: Running) -> None:
    with pytest.raises(SlackUnavailableError, match="No time"):
        post(slack, seconds=0.0)
    assert local.slack.calls == 0


def test_a_port_where_nobody_listens_is_unavailable() -> None:
    with serve_slack() as gone:
        slack = slack_at(gone.api_url)
    with pytest.raises(SlackUnavailableError, match="refused"):
        post(slack)


def test_a_token_that_is_not_accepted_names_its_setting(slack: Slack, local: Running) -> None:
    local.slack.faults.add("invalid_auth")
    with pytest.raises(SlackRejectedError, match="SLACK_BOT_TOKEN") as failure:
        post(slack)
    assert failure.value.code == "invalid_auth"


def test_a_channel_that_there_is_not_names_its_setting() -> None:
    with serve_slack(LocalSlack(channels=["C0OTHER99"])) as local:
        with pytest.raises(SlackRejectedError, match="SLACK_CHANNEL") as failure:
            post(slack_at(local.api_url))
        assert failure.value.code == "channel_not_found"


def test_a_message_that_is_gone_can_neither_be_changed_nor_answered(slack: Slack) -> None:
    with pytest.raises(SlackMessageGoneError, match="message_not_found"):
        slack.update("1732370000.000100", ALERT, deadline=CLOCK.deadline(20))
    with pytest.raises(SlackMessageGoneError, match="thread_not_found"):
        post(slack, thread="1732370000.000100")


@pytest.mark.parametrize(
    "body", ["[]", "[1]", '"text"', "{}", '{"ok": true}', "", "<html>", '{"ok": false, "error": 7}']
)
def test_an_answer_that_is_none_of_slacks_is_unavailable(body: str) -> None:
    @Request.application
    def stranger(request: Request) -> Response:
        return Response(body, content_type="application/json")

    with serve_app(stranger) as origin, pytest.raises(SlackUnavailableError, match="check SLACK_API_URL"):
        post(slack_at(f"{origin}/api/"))


@pytest.mark.parametrize("status", [401, 403, 404])
def test_an_address_where_slack_is_not_names_its_setting(status: int) -> None:
    @Request.application
    def elsewhere(request: Request) -> Response:
        return Response("<html>nothing here</html>", status, content_type="text/html")

    with serve_app(elsewhere) as origin, pytest.raises(SlackUnavailableError, match="check SLACK_API_URL"):
        post(slack_at(f"{origin}/api/"))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_with_the_token_in_hand(status: int) -> None:
    seen: list[Request] = []

    @Request.application
    def evil(request: Request) -> Response:
        seen.append(request)
        return Response('{"ok": true, "ts": "1.1", "channel": "C1"}', content_type="application/json")

    with serve_app(evil) as elsewhere:

        @Request.application
        def login(request: Request) -> Response:
            return Response("", status, headers={"Location": f"{elsewhere}/login"})

        with serve_app(login) as origin, pytest.raises(SlackRejectedError, match="where the token must not go"):
            post(slack_at(f"{origin}/api/"))
    assert seen == []


def test_what_slack_refused_is_known_until_a_message_goes_out(slack: Slack, local: Running) -> None:
    assert (slack.asked, slack.trouble) == (False, None)
    local.slack.faults.add("invalid_auth", calls=1)
    with pytest.raises(SlackRejectedError):
        post(slack)
    assert (slack.asked, "SLACK_BOT_TOKEN" in str(slack.trouble)) == (True, True)
    with pytest.raises(SlackMessageGoneError):
        slack.update("1732370000.000100", ALERT, deadline=CLOCK.deadline(20))
    assert slack.trouble is None, "who says that a message is gone has let us in"
    local.slack.faults.add("down", calls=1)
    with pytest.raises(SlackUnavailableError):
        post(slack)
    assert "503" in str(slack.trouble)
    post(slack)
    assert slack.trouble is None


@pytest.mark.parametrize("code", ["internal_error", "service_unavailable", "fatal_error"])
def test_slacks_own_troubles_are_no_refusals(code: str) -> None:
    @Request.application
    def troubled(request: Request) -> Response:
        return Response(f'{{"ok": false, "error": "{code}"}}', content_type="application/json")

    with serve_app(troubled) as origin, pytest.raises(SlackUnavailableError, match=code):
        post(slack_at(f"{origin}/api/"))


def test_a_refusal_that_nobody_has_heard_of_is_told_by_its_code() -> None:
    @Request.application
    def odd(request: Request) -> Response:
        return Response('{"ok": false, "error": "ekm_access_denied"}', content_type="application/json")

    with serve_app(odd) as origin, pytest.raises(SlackRejectedError, match="ekm_access_denied"):
        post(slack_at(f"{origin}/api/"))


def test_an_answer_that_stops_half_way_leaves_no_socket_open(recwarn: pytest.WarningsRecorder) -> None:
    stopped = Event()

    @Request.application
    def stopping(request: Request) -> Response:
        def body() -> Iterator[bytes]:
            yield b'{"ok": '
            stopped.wait(60)

        return Response(body(), content_type="application/json")

    with serve_app(stopping) as origin:
        others = enumerate_threads()
        with pytest.raises(SlackUnavailableError):
            post(slack_at(f"{origin}/api/"), seconds=0.2)
        for thread in enumerate_threads():
            if thread not in others and thread.name == "slack":
                thread.join(20)
        gc.collect()
        stopped.set()
    assert [str(warning.message) for warning in recwarn if warning.category is ResourceWarning] == []


# --- the token, threads, proxies


def test_without_a_token_there_is_no_client() -> None:
    bare = Settings.load(
        {
            "NPTA_SPREADSHEET": "x",
            "NPTA_REGION": "CANADA",
            "NPTA_ORDER_KEYS": ORDER_KEY,
            "NPTA_OPERATOR_KEYS": OPERATOR_KEY,
        }
    )
    with pytest.raises(SettingError, match="SLACK_BOT_TOKEN"):
        Slack(bare, CLOCK)


@pytest.mark.parametrize("fault", ["down", "bad_gateway", "rate_limited", "invalid_auth", "drop", "slow", ""])
@pytest.mark.parametrize("token", [TOKEN, f"{TOKEN}\nX-Evil: {TOKEN}", f"{TOKEN}…"])
def test_the_token_is_shown_nowhere(
    local: Running, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], fault: str, token: str
) -> None:
    caplog.set_level(logging.DEBUG)
    slack = slack_at(local.api_url, token=token)
    if fault:
        local.slack.faults.add(fault, seconds=5)
    shown = [repr(slack), str(slack)]
    try:
        post(slack, seconds=0.4 if fault == "slow" else 20.0)
    except SlackError as error:
        shown += [str(error), repr(error), "".join(traceback.format_exception(error))]
    else:
        assert (fault, token) == ("", TOKEN)
    shown += [caplog.text, *capfd.readouterr()]
    assert all("secret" not in text for text in shown)
    assert "Ada Lovelace" not in caplog.text


def test_threads_post_at_once_each_within_its_own_deadline(slack: Slack, local: Running) -> None:
    local.slack.faults.add("slow", calls=1, seconds=60)
    with pytest.raises(SlackUnavailableError):
        post(slack, seconds=0.3)
    with ThreadPoolExecutor(8) as pool:
        posted = list(pool.map(lambda number: post(slack, message_id=str(number)), range(24)))
    assert len(set(posted)) == 24
    by_ts = {message["ts"]: message["metadata"] for message in local.slack.messages}
    assert [by_ts[ts]["event_payload"]["message_id"] for ts in posted] == [str(number) for number in range(24)]


def test_no_proxy_is_asked_for_an_origin_that_needs_none(local: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert post(slack_at(local.api_url))


def test_only_the_two_methods_are_called_and_neither_links_nor_unfurls_anything() -> None:
    seen: list[tuple[str, str, dict[str, Any]]] = []

    @Request.application
    def recording(request: Request) -> Response:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        seen.append((request.method, request.path, request.get_json()))
        return Response('{"ok": true, "ts": "1.000001", "channel": "C0ALERTS42"}', content_type="application/json")

    with serve_app(recording) as origin:
        slack = slack_at(f"{origin}/api/")
        slack.update(post(slack), ALERT, deadline=CLOCK.deadline(20))
    (how, where, posted), (again, there, updated) = seen
    assert (how, where) == ("POST", "/api/chat.postMessage")
    assert (again, there) == ("POST", "/api/chat.update")
    assert posted["parse"] == updated["parse"] == "none"
    assert (posted["mrkdwn"], posted["unfurl_links"], posted["unfurl_media"]) == (False, False, False)
    assert updated["link_names"] is False


@pytest.mark.parametrize(
    ("kind", "whole"), [(AlertKind.SERVED, True), (AlertKind.UNDELIVERED, True), (AlertKind.FAILED, False)]
)
def test_what_names_many_orders_keeps_its_whole_text(kind: AlertKind, whole: bool) -> None:
    text = "; ".join(f"order {n:013}" for n in range(600))
    assert (lay_out(Alert(kind, "", "title", text)).text == text) is whole
