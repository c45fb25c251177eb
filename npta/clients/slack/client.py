"""Slack: alerts are posted, threaded and updated, within a deadline, through slack-sdk.

Only `chat.postMessage` and `chat.update` are called. Nothing is repeated here: what could not be sent stays in the
Outbox. slack-sdk's own repeats are off, since they sleep inside the request, or post twice after a lost answer.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from concurrent.futures import Future
from http.client import HTTPException
from threading import Thread
from traceback import clear_frames
from typing import Any, Final
from urllib.request import HTTPRedirectHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.models.metadata import Metadata
from slack_sdk.web import SlackResponse

from npta.clients.slack.blocks import lay_out
from npta.domain.state.alert import Alert
from npta.errors import SettingError, SlackError, SlackMessageGoneError, SlackRejectedError, SlackUnavailableError
from npta.settings import Settings
from sheets_schema import Clock, Deadline

EVENT_TYPE: Final = "npta_alert"
"""The metadata that an alert carries, with its message id: two posts of the same id are the same alert."""

_CODE: Final = re.compile(r"[a-z][a-z0-9_]+")
"""An error code of Slack's; slack-sdk puts the beginning of an answer that is no JSON in its place."""
_ID: Final = re.compile(r"[CGD][A-Z0-9]{6,}")
"""A channel's id, as Slack shows it."""
_TRANSIENT: Final = {
    "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout",
    "team_added_to_org",
}  # fmt: skip
_GONE: Final = {
    "message_not_found", "thread_not_found", "cant_update_message", "edit_window_closed", "cannot_reply_to_message",
    "restricted_action_thread_locked",
}  # fmt: skip
_SIGN_IN: Final = "Set SLACK_BOT_TOKEN to the app's bot token (xoxb-…, under OAuth & Permissions)."
_CHANNEL: Final = (
    "Set SLACK_CHANNEL to the id of the channel (C…, at the end of its About tab) and invite the app to it."
)
_ADDRESS: Final = "If it stays so, check SLACK_API_URL (https://slack.com/api/)."
_TOO_LONG: Final = "The alert does not fit into a message, which is a defect of this service: tell its support."
_WHAT_TO_DO: Final = {
    "invalid_auth": _SIGN_IN,
    "not_authed": _SIGN_IN,
    "account_inactive": _SIGN_IN,
    "token_revoked": _SIGN_IN,
    "token_expired": _SIGN_IN,
    "not_allowed_token_type": _SIGN_IN,
    "missing_scope": "Give the Slack app the scope chat:write, install it again, and renew SLACK_BOT_TOKEN.",
    "channel_not_found": _CHANNEL,
    "is_archived": "The channel is archived: bring it back, or set SLACK_CHANNEL to another.",
    "not_in_channel": "Invite the app to the channel of SLACK_CHANNEL (/invite @app).",
    "restricted_action": "The workspace forbids the app to post there: ask its admins, or change SLACK_CHANNEL.",
    "msg_too_long": _TOO_LONG,
    "msg_blocks_too_long": _TOO_LONG,
    "invalid_blocks": _TOO_LONG,
    "invalid_blocks_format": _TOO_LONG,
    "no_text": _TOO_LONG,
}


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Let a redirect be the answer: urllib would take the token along, wherever it leads."""


class _Client(WebClient):
    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:  # noqa: ARG002 — theirs
        """Do as slack-sdk does (3.47), but follow no redirect. There is no public way."""
        proxy = [ProxyHandler({"http": self.proxy, "https": self.proxy})] if self.proxy else []
        opener = build_opener(_NoRedirects, HTTPSHandler(context=self.ssl), *proxy)
        with opener.open(req, timeout=self.timeout) as answer:
            body = answer.read().decode(answer.headers.get_content_charset() or "utf-8")
            return {"status": answer.status, "headers": answer.headers, "body": body}


class Slack:
    """The channel of the settings. Thread-safe: each call has a client of its own."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        """Raise `SettingError` without a token. Nothing is called yet."""
        if settings.slack_bot_token is None:
            raise SettingError("SLACK_BOT_TOKEN is missing: without it alerts are only logged.")
        self._token = settings.slack_bot_token
        self._origin = settings.slack_api_url
        self._channel = settings.slack_channel
        self._channel_id = ""
        self._clock = clock
        self._quiet_until = clock.monotonic()
        self.asked = False
        """Whether this process has called Slack yet."""
        self.trouble: SlackError | None = None
        """What Slack has last refused, or that it does not answer; None if the last message went out."""

    def __repr__(self) -> str:
        return f"Slack({self._channel} by {self._origin})"

    def post(self, alert: Alert, *, message_id: str = "", thread: str = "", deadline: Deadline) -> str:
        """Post an alert; return the message's `ts`, which names it from then on.

        `thread` is the `ts` of a first message (not of a reply). `message_id` goes along as metadata, so that a repeat
        is known. Raises `SlackUnavailableError`, after which it may have been posted all the same,
        `SlackRejectedError`, and `SlackMessageGoneError` if the thread is not there.
        """
        message = lay_out(alert)

        def send(client: WebClient) -> SlackResponse:
            return client.chat_postMessage(
                channel=self._channel,
                text=message.text,
                blocks=message.blocks,
                thread_ts=thread or None,
                metadata=Metadata(EVENT_TYPE, {"message_id": message_id}) if message_id else None,
                parse="none",
                mrkdwn=False,
                unfurl_links=False,
                unfurl_media=False,
            )

        answer = self._call(send, deadline)
        # The setting may be a name, and chat.update knows channels by id only (documented).
        self._channel_id = str(answer.get("channel") or "")
        return str(answer["ts"])

    def update(self, ts: str, alert: Alert, *, deadline: Deadline) -> None:
        """Replace a message that was posted by an alert; its metadata stays. Raises like `post`.

        `SlackMessageGoneError` also if the channel is set by its name and nothing was posted yet.
        """
        message = lay_out(alert, is_update=True)
        channel = self._channel_id or self._channel
        if not _ID.fullmatch(channel):
            raise SlackMessageGoneError(
                f"Slack changes messages by the channel’s id only. {_CHANNEL}", code="channel_not_found"
            )

        def send(client: WebClient) -> SlackResponse:
            # Without `parse`, chat.update would link names of people and channels (documented).
            return client.chat_update(
                channel=channel, ts=ts, text=message.text, blocks=message.blocks, parse="none", link_names=False
            )

        self._call(send, deadline)

    def _call(self, send: Callable[[WebClient], SlackResponse], deadline: Deadline) -> SlackResponse:
        """Call once and note what is known of Slack; a message that is gone says nothing about it."""
        try:
            answer = self._called(send, deadline)
        except SlackError as error:
            self.trouble = None if isinstance(error, SlackMessageGoneError) else error
            raise
        else:
            self.trouble = None
            return answer
        finally:
            self.asked = True

    def _called(self, send: Callable[[WebClient], SlackResponse], deadline: Deadline) -> SlackResponse:
        quiet = self._quiet_until - self._clock.monotonic()
        if quiet > 0:
            raise SlackUnavailableError(f"Slack wants no message for another {quiet:.0f} s.", retry_after=quiet)
        left = deadline.left()
        if left <= 0:
            raise SlackUnavailableError("No time is left to call Slack.")
        client = _Client(
            token=self._token.get_secret_value(),
            base_url=self._origin,
            timeout=left,  # type: ignore[arg-type]  # handed on to the socket, which takes fractions
            retry_handlers=[],
            # Its messages would show customers at level DEBUG, and say twice what we raise.
            logger=logging.Logger(__name__, logging.CRITICAL),  # noqa: LOG001 — one that nobody can turn up
        )
        try:
            answer = _within(left, lambda: send(client))
            if not answer.get("ts"):
                raise SlackUnavailableError(f"Slack's answer names no message. {_ADDRESS}")
        except SlackApiError as error:
            raise self._mapped(error.response) from None
        except (OSError, HTTPException, SlackClientError) as error:
            late = isinstance(error, TimeoutError)
            reason = f"no answer within {left:.1f} s" if late else str(error) or type(error).__name__
            raise SlackUnavailableError(f"Slack cannot be reached: {reason}. Try again later.") from None
        except (ValueError, LookupError, AttributeError, MemoryError) as error:
            # What slack-sdk makes of an answer that is no JSON object, or claims 100 GB. Not shown: of a token with a line break in it,
            # http.client would show the token.
            raise SlackUnavailableError(f"Slack gave no usable answer ({type(error).__name__}). {_ADDRESS}") from None
        return answer

    def _mapped(self, response: SlackResponse) -> SlackError:
        data = response.data if isinstance(response.data, dict) else {}
        code = str(data.get("error") or "")
        headers = {name.lower(): value for name, value in response.headers.items()}
        if response.status_code == 429 or code in ("ratelimited", "rate_limited"):  # noqa: PLR2004 — the status itself
            given = str(headers.get("retry-after", ""))
            wait = float(given) if given.isdigit() else 1.0
            self._quiet_until = self._clock.monotonic() + wait
            return SlackUnavailableError(f"Slack has had too many messages; again in {wait:.0f} s.", retry_after=wait)
        if 300 <= response.status_code < 400:  # noqa: PLR2004 — redirects
            message = f"Slack's address sends elsewhere (status {response.status_code}), where the token must not go."
            return SlackRejectedError(f"{message} {_ADDRESS}", code="redirect")
        known = bool(_CODE.fullmatch(code))
        if response.status_code >= 500 or code in _TRANSIENT:  # noqa: PLR2004 — as above
            message = code if known else "no error code"
            return SlackUnavailableError(f"Slack answered {response.status_code}: {message}. Try again later.")
        if response.status_code != 200 or not known:  # noqa: PLR2004 — as above
            message = f"Slack's address answers with something that is not Slack's (status {response.status_code})."
            return SlackUnavailableError(f"{message} {_ADDRESS}")
        if code in _GONE:
            return SlackMessageGoneError(
                f"Slack refused: {code}. The message cannot be changed or answered any more.", code=code
            )
        advice = _WHAT_TO_DO.get(code)
        return SlackRejectedError(
            f"Slack refused: {code}. {advice or 'See chat.postMessage in Slack’s API.'}",
            code=code,
            one_message=advice == _TOO_LONG if advice else None,
        )


def _within(seconds: float, call: Callable[[], SlackResponse]) -> SlackResponse:
    """Make a call and wait so long, not longer. Raises what it raises, and `TimeoutError`.

    The socket's time-out counts anew with every byte, and not at all while a name is looked up.
    """
    ended: Future[SlackResponse] = Future()

    def run() -> None:
        try:
            ended.set_result(call())
        except Exception as error:  # noqa: BLE001 — handed on to the one who waits
            # slack-sdk leaves an answer that it could not read to its end in a circle; this closes the socket now.
            clear_frames(error.__traceback__)
            ended.set_exception(error)

    Thread(target=run, name="slack", daemon=True).start()
    return ended.result(timeout=seconds)
