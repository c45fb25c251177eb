"""The local Slack, called as slack-sdk and others call Slack."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from npta.local.function_process import free_port
from npta.local.slack import LocalSlack, Running, serve_slack
from sheets_schema import Clock

CHANNEL = "C0ALERTS42"


@pytest.fixture
def local() -> Iterator[Running]:
    with serve_slack() as running:
        yield running


def client(local: Running, token: str = "xoxb-any") -> WebClient:
    return WebClient(token=token, base_url=local.api_url, retry_handlers=[])


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def struck(text: str, **style: bool) -> dict[str, Any]:
    part = {"type": "text", "text": text, "style": style}
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [part]}]}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(SlackApiError) as error:
        call(**arguments)
    assert error.value.response.status_code == 200
    return str(error.value.response["error"])


def test_messages_have_names_that_are_unique_and_rise(local: Running) -> None:
    slack = client(local)
    names = [slack.chat_postMessage(channel=CHANNEL, text=str(number))["ts"] for number in range(20)]
    assert names == sorted(set(names))
    assert all(len(name.split(".")[1]) == 6 for name in names)


def test_names_rise_even_while_the_clock_stands() -> None:
    moment = Clock().now()
    still = Clock(now=lambda: moment)
    with serve_slack(LocalSlack(clock=still)) as running:
        first, second = (client(running).chat_postMessage(channel=CHANNEL, text="a")["ts"] for _ in range(2))
    assert float(first) < float(second)


def test_the_state_shows_messages_threads_edits_and_the_count_of_calls(local: Running) -> None:
    slack = client(local)
    first = slack.chat_postMessage(channel=CHANNEL, text="one", blocks=[section("one")])["ts"]
    reply = slack.chat_postMessage(channel=CHANNEL, text="two", thread_ts=first)["ts"]
    slack.chat_update(channel=CHANNEL, ts=reply, text="two again")
    state = requests.get(f"{local.url}/_state", timeout=9).json()
    assert state == {
        "messages": [
            {
                "ts": first,
                "thread_ts": "",
                "channel": CHANNEL,
                "text": "one",
                "blocks": [section("one")],
                "metadata": None,
                "edited": False,
                "replies": [reply],
            },
            {
                "ts": reply,
                "thread_ts": first,
                "channel": CHANNEL,
                "text": "two again",
                "blocks": [],
                "metadata": None,
                "edited": True,
                "replies": [],
            },
        ],
        "calls": 3,
    }


def test_a_form_is_understood_as_well_as_json(local: Running) -> None:
    form = {"token": "xoxb-any", "channel": "#orders", "text": "hello", "blocks": json.dumps([section("hello")])}
    answer = requests.post(f"{local.api_url}chat.postMessage", data=form, timeout=9).json()
    assert answer["ok"]
    assert answer["channel"].startswith("C")
    assert local.slack.messages[0]["blocks"] == [section("hello")]


def test_a_channel_by_name_is_known_to_posts_and_unknown_to_updates(local: Running) -> None:
    slack = client(local)
    posted = slack.chat_postMessage(channel="#orders", text="a")
    assert refusal(slack.chat_update, channel="#orders", ts=posted["ts"], text="b") == "channel_not_found"
    assert slack.chat_update(channel=posted["channel"], ts=posted["ts"], text="b")["ok"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"blocks": [{"type": "header", "text": plain("x" * 151)}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
        ({"blocks": [section("x" * 3_001)]}, "invalid_blocks"),
        ({"blocks": [section(" ")]}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": [plain("x")] * 11}]}, "invalid_blocks"),
        ({"blocks": [{"type": "context", "elements": []}]}, "invalid_blocks"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "rich_text", "elements": []}]}, "invalid_blocks"),
        ({"blocks": [struck("")]}, "invalid_blocks"),
        ({"blocks": [struck("x", blinking=True)]}, "invalid_blocks"),
        ({"blocks": [{"type": "section"}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": []}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": [plain("x")] * 11}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": [plain("x" * 2_001)]}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": [plain("")]}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "fields": ["x"]}]}, "invalid_blocks"),
        ({"blocks": [{**section("x"), "color": "red"}]}, "invalid_blocks"),
        ({"blocks": [{**section("x"), "block_id": "x" * 256}]}, "invalid_blocks"),
        ({"blocks": [{**section("x"), "block_id": "a"}] * 2}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {**plain("x"), "verbatim": True}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": False}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {**plain("x"), "emoji": "no"}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "image"}]}, "invalid_blocks"),
        ({"blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"blocks": [section("x" * 2_900)] * 4}, "msg_blocks_too_long"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": ""}, "no_text"),
        ({"metadata": {"event_type": "x"}}, "invalid_metadata_format"),
        ({"thread_ts": "1732370000.000100"}, "thread_not_found"),
        ({"channel": ""}, "channel_not_found"),
        ({"icon_emoji": ":bomb:"}, "invalid_arguments"),
    ],
)
def test_what_slack_refuses_is_refused_with_its_code_and_posts_nothing(
    local: Running, message: dict[str, Any], code: str
) -> None:
    assert (
        refusal(
            client(local).api_call, api_method="chat.postMessage", json={"channel": CHANNEL, "text": "a", **message}
        )
        == code
    )
    assert local.slack.messages == []


def test_what_is_just_inside_the_limits_is_posted(local: Running) -> None:
    blocks = [{"type": "header", "text": plain("x" * 150)}, *[section("x" * 3_000)] * 3]
    assert client(local).chat_postMessage(channel=CHANNEL, text="x" * 40_000, blocks=blocks)["ok"]
    columns = {
        "type": "section",
        "block_id": "x" * 255,
        "fields": [plain("x" * 2_000), *[{"type": "mrkdwn", "text": "*x*", "verbatim": True}] * 9],
    }
    assert client(local).chat_postMessage(channel=CHANNEL, text="x", blocks=[columns, struck("x", strike=True)])["ok"]
    assert client(local).chat_postMessage(channel=CHANNEL, text="x", blocks=[{"type": "divider"}] * 50)["ok"]


def test_an_update_counts_bytes_of_text(local: Running) -> None:
    slack = client(local)
    ts = slack.chat_postMessage(channel=CHANNEL, text="a")["ts"]
    assert refusal(slack.chat_update, channel=CHANNEL, ts=ts, text="…" * 1_334) == "msg_too_long"
    assert slack.chat_update(channel=CHANNEL, ts=ts, text="…" * 1_333)["ok"]


def test_only_what_was_posted_in_the_channel_can_be_changed_or_answered(local: Running) -> None:
    slack = client(local)
    first = slack.chat_postMessage(channel=CHANNEL, text="a")["ts"]
    reply = slack.chat_postMessage(channel=CHANNEL, text="b", thread_ts=first)["ts"]
    assert refusal(slack.chat_update, channel="C0OTHER42", ts=first, text="b") == "message_not_found"
    assert refusal(slack.chat_update, channel=CHANNEL, ts="1.000001", text="b") == "message_not_found"
    assert refusal(slack.chat_postMessage, channel="C0OTHER42", text="b", thread_ts=first) == "thread_not_found"
    assert refusal(slack.chat_postMessage, channel=CHANNEL, text="c", thread_ts=reply) == "thread_not_found"


def test_tokens_are_checked(local: Running) -> None:
    assert refusal(client(local, "").chat_postMessage, channel=CHANNEL, text="a") == "not_authed"
    assert refusal(client(local, "xoxp-a-person").chat_postMessage, channel=CHANNEL, text="a") == "invalid_auth"
    with serve_slack(LocalSlack(token="xoxb-this-one")) as strict:
        assert refusal(client(strict).chat_postMessage, channel=CHANNEL, text="a") == "invalid_auth"
        assert client(strict, "xoxb-this-one").chat_postMessage(channel=CHANNEL, text="a")["ok"]


def test_no_other_method_of_slack_is_there(local: Running) -> None:
    assert refusal(client(local).api_call, api_method="chat.delete", json={"channel": CHANNEL}) == "unknown_method"
    assert requests.get(f"{local.api_url}chat.postMessage", timeout=9).status_code == 404


def test_a_strict_workspace_takes_a_short_burst_and_then_one_message_a_second_and_channel() -> None:
    now = [50.0]
    with serve_slack(LocalSlack(strict_rate=True, clock=Clock(monotonic=lambda: now[0]))) as local:
        slack = client(local)
        for _ in range(3):
            slack.chat_postMessage(channel=CHANNEL, text="a")
        with pytest.raises(SlackApiError) as error:
            slack.chat_postMessage(channel=CHANNEL, text="a")
        assert (error.value.response.status_code, error.value.response.headers["Retry-After"]) == (429, "1")
        slack.chat_postMessage(channel="C0OTHER42", text="a")
        now[0] += 1
        slack.chat_postMessage(channel=CHANNEL, text="a")
        with pytest.raises(SlackApiError):
            slack.chat_postMessage(channel=CHANNEL, text="a")


# --- faults over HTTP


def fault(local: Running, **what: Any) -> requests.Response:
    return requests.post(f"{local.url}/_faults", json=what, timeout=9)


def raw(local: Running) -> requests.Response:
    message = {"channel": CHANNEL, "text": "a"}
    return requests.post(
        f"{local.api_url}chat.postMessage", json=message, headers={"Authorization": "Bearer xoxb-any"}, timeout=9
    )


def test_faults_are_made_and_cleared_over_http(local: Running) -> None:
    assert fault(local, fault="down", calls=2).json()["faults"][0]["calls"] == 2
    assert [raw(local).status_code for _ in range(3)] == [503, 503, 200]
    fault(local, fault="bad_gateway")
    html = raw(local)
    assert (html.status_code, html.headers["Content-Type"].split(";")[0]) == (502, "text/html")
    assert requests.delete(f"{local.url}/_faults", timeout=9).json() == {"faults": []}
    assert raw(local).json()["ok"]
    assert len(local.slack.messages) == 2


def test_faults_wait_for_one_another(local: Running) -> None:
    fault(local, fault="rate_limited", calls=1, retry_after=7)
    fault(local, fault="invalid_auth", calls=1)
    assert requests.get(f"{local.url}/_faults", timeout=9).json()["faults"][1]["fault"] == "invalid_auth"
    limited = raw(local)
    assert (limited.status_code, limited.headers["Retry-After"], limited.json()["error"]) == (429, "7", "ratelimited")
    assert raw(local).json() == {"ok": False, "error": "invalid_auth"}
    assert raw(local).json()["ok"]


def test_a_dropped_answer_was_posted(local: Running) -> None:
    fault(local, fault="drop", calls=1)
    with pytest.raises(requests.ConnectionError):
        raw(local)
    assert len(local.slack.messages) == 1


def test_a_slow_answer_was_posted_and_comes_when_the_faults_are_cleared(local: Running) -> None:
    fault(local, fault="slow", seconds=60)
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{local.api_url}chat.postMessage",
            json={"channel": CHANNEL, "text": "a"},
            headers={"Authorization": "Bearer xoxb-any"},
            timeout=0.2,
        )
    assert len(local.slack.messages) == 1
    local.slack.faults.clear()
    assert raw(local).json()["ok"]


@pytest.mark.parametrize("what", [{"fault": "earthquake"}, {"fault": "slow", "minutes": 3}, {}])
def test_a_fault_that_there_is_not_is_refused(local: Running, what: dict[str, Any]) -> None:
    assert fault(local, **what).status_code == 400
    assert raw(local).json()["ok"]


def test_as_a_server_of_its_own_it_says_where_it_listens_and_stops_when_told() -> None:
    port = free_port()
    command = [sys.executable, "-m", "npta.local.slack", "--port", str(port), "--channel", CHANNEL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == f"listening on http://127.0.0.1:{port}\n"
        api = f"http://127.0.0.1:{port}/api/chat.postMessage"
        sent = {"channel": CHANNEL, "text": "a", "token": "xoxb-any"}
        assert requests.post(api, data=sent, timeout=9).json()["ok"]
        assert (
            requests.post(api, data={**sent, "channel": "C0OTHER42"}, timeout=9).json()["error"] == "channel_not_found"
        )
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
