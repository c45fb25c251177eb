"""The workspace: messages, threads, edits, and what is answered to each call."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from threading import Lock
from typing import Any, NamedTuple

from werkzeug import Request, Response

from npta.local.http_server import drip_body, json_response, serve_app
from npta.local.slack.faults import SlackFault, SlackFaults
from npta.local.slack.rules import SlackRefusalError, check_message
from sheets_schema import Clock

BURST = 3
"""Messages that a channel takes at once under `strict_rate`, before it takes one a second (documented: “short bursts”)."""
_ID = re.compile(r"[CGD][A-Z0-9]{6,}")


@dataclass
class PostedMessage:
    """One message. `thread_ts` is the first message of its thread; empty outside of one."""

    ts: str
    thread_ts: str
    channel: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    edited: bool = False
    replies: list[str] = field(default_factory=list)


class LocalSlack:
    """A workspace, as a WSGI application. Thread-safe.

    `token`: the only one that is accepted; any bot token if empty. `open_channels`: those that there are, as ids or
    names; any if empty. `strict_rate`: more than one message a second and channel is refused after a short burst.
    """

    def __init__(
        self,
        *,
        token: str = "",
        channels: Collection[str] = (),
        strict_rate: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self.faults = SlackFaults()
        self._token = token
        self._channels = {_channel_id(channel) for channel in channels}
        self._strict_rate = strict_rate
        self._clock = clock or Clock()
        self._lock = Lock()
        self._messages: dict[str, PostedMessage] = {}
        self._calls = 0
        self._last = 0
        self._spent: dict[str, float] = {}

    @property
    def messages(self) -> list[dict[str, Any]]:
        """Every message, replies too, in the order of posting."""
        with self._lock:
            return [asdict(message) for message in self._messages.values()]

    @property
    def calls(self) -> int:
        """Calls of the API that came in, failed ones too."""
        with self._lock:
            return self._calls

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """One HTTP request (WSGI)."""
        request = Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        match request.method, request.path:
            case "GET", "/_state":
                return json_response({"messages": self.messages, "calls": self.calls})
            case "GET", "/_faults":
                return json_response({"faults": [asdict(fault) for fault in self.faults.waiting()]})
            case "POST", "/_faults":
                return self._add_fault(request)
            case "DELETE", "/_faults":
                self.faults.clear()
                return json_response({"faults": []})
            case "POST", path if path.startswith("/api/"):
                return self._api(path.removeprefix("/api/"), request)
        return json_response({"ok": False, "error": f"nothing is served at {request.method} {request.path}"}, 404)

    def _add_fault(self, request: Request) -> Response:
        try:
            self.faults.add(**request.get_json(force=True))
        except (TypeError, ValueError) as error:
            return json_response({"error": str(error)}, 400)
        return json_response({"faults": [asdict(fault) for fault in self.faults.waiting()]})

    def _api(self, method: str, request: Request) -> Response:
        with self._lock:
            self._calls += 1
        fault = self.faults.take()
        match fault:
            case SlackFault("down"):
                return Response("Service Unavailable", 503, content_type="text/plain")
            case SlackFault("bad_gateway"):
                return Response("<html><body><h1>502 Bad Gateway</h1></body></html>", 502, content_type="text/html")
            case SlackFault("rate_limited"):
                return _rate_limited(fault.retry_after)
            case SlackFault("invalid_auth"):
                return json_response({"ok": False, "error": "invalid_auth"})
            case SlackFault("refused"):
                return json_response({"ok": False, "error": fault.error})
        answer = self._served(method, request)
        match fault:
            case SlackFault("slow"):
                self.faults.hold(fault.seconds)
            case SlackFault("drip"):
                body = answer.get_data()
                drops = drip_body(body, fault.seconds, self.faults.hold)
                length = {"Content-Length": str(len(body))}
                return Response(drops, headers=length, content_type="application/json")
            case SlackFault("drop"):
                raise ConnectionAbortedError
        return answer

    def _served(self, method: str, request: Request) -> Response:
        try:
            sent = _arguments(request)
            self._check_token(request, sent)
            with self._lock:
                match method:
                    case "chat.postMessage":
                        return self._post(sent)
                    case "chat.update":
                        return self._update(sent)
                    case _:
                        return json_response({"ok": False, "error": "unknown_method"})
        except SlackRefusalError as refusal:
            metadata = {"response_metadata": {"messages": [f"[ERROR] {refusal.detail}"]}} if refusal.detail else {}
            return json_response({"ok": False, "error": refusal.error, **metadata})

    def _check_token(self, request: Request, sent: dict[str, Any]) -> None:
        header = request.headers.get("Authorization", "")
        token = header.removeprefix("Bearer ") or str(sent.get("token", ""))
        if not token:
            raise SlackRefusalError("not_authed")
        if token != self._token if self._token else not token.startswith("xoxb-"):
            raise SlackRefusalError("invalid_auth")

    def _post(self, sent: dict[str, Any]) -> Response:
        channel = self._known(_channel_id(str(sent.get("channel") or "")))
        if wait := self._too_fast(channel):
            return _rate_limited(wait)
        check_message("chat.postMessage", sent)
        thread = str(sent.get("thread_ts") or "")
        # What Slack does with the ts of a reply is not documented but as “avoid”; here it is refused.
        first = self._messages.get(thread)
        if thread and (first is None or first.channel != channel or first.thread_ts):
            raise SlackRefusalError("thread_not_found")
        message = PostedMessage(
            ts=self._next_ts(),
            thread_ts=thread,
            channel=channel,
            text=str(sent.get("text") or ""),
            blocks=sent.get("blocks") or [],
            metadata=sent.get("metadata"),
        )
        self._messages[message.ts] = message
        if first:
            first.replies.append(message.ts)
        return _posted(message)

    def _update(self, sent: dict[str, Any]) -> Response:
        # By id only (documented); a name is not found here.
        channel = self._known(str(sent.get("channel") or ""))
        check_message("chat.update", sent)
        message = self._messages.get(str(sent.get("ts") or ""))
        if message is None or message.channel != channel:
            raise SlackRefusalError("message_not_found")
        message.text = str(sent.get("text") or "")
        # Without blocks the old ones go, without metadata the old one stays (documented).
        message.blocks = sent.get("blocks") or []
        message.metadata = sent.get("metadata") or message.metadata
        message.edited = True
        return _posted(message)

    def _known(self, channel: str) -> str:
        if not _ID.fullmatch(channel) or (self._channels and channel not in self._channels):
            raise SlackRefusalError("channel_not_found")
        return channel

    def _too_fast(self, channel: str) -> int:
        """Seconds to wait: each message costs one, and seconds that pass earn them back."""
        if not self._strict_rate:
            return 0
        now = self._clock.monotonic()
        free_at = max(self._spent.get(channel, now), now)
        if free_at - now > BURST - 1:
            return 1
        self._spent[channel] = free_at + 1
        return 0

    def _next_ts(self) -> str:
        self._last = max(self._last + 1, int(self._clock.now().timestamp() * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"


class Running(NamedTuple):
    """A workspace on a port: `url` is the origin, `api_url` what SLACK_API_URL is set to."""

    slack: LocalSlack
    url: str
    api_url: str


@contextmanager
def serve_slack(slack: LocalSlack | None = None, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[Running]:
    """Serve a workspace in a thread for as long as the `with` lasts (port 0: a free one)."""
    slack = slack or LocalSlack()
    with serve_app(slack, host, port) as origin:
        try:
            yield Running(slack, origin, f"{origin}/api/")
        finally:
            slack.faults.clear()


def _channel_id(channel: str) -> str:
    """Return the id of a channel that was named; an id stays as it is, nothing stays nothing."""
    name = channel.removeprefix("#")
    if not name or _ID.fullmatch(channel):
        return channel
    return f"C{hashlib.sha256(name.encode()).hexdigest()[:10].upper()}"


def _arguments(request: Request) -> dict[str, Any]:
    """Return what was sent, as JSON or as a form in which blocks and metadata are JSON."""
    if request.mimetype == "application/json":
        sent = request.get_json(silent=True)
        if not isinstance(sent, dict):
            raise SlackRefusalError("invalid_json")
        return sent
    form: dict[str, Any] = {**request.args.to_dict(), **request.form.to_dict()}
    for name in ("blocks", "metadata"):
        if name in form:
            try:
                form[name] = json.loads(form[name])
            except ValueError:
                raise SlackRefusalError(f"invalid_{name}_format") from None
    return form


def _posted(message: PostedMessage) -> Response:
    shown = {"type": "message", "ts": message.ts, "text": message.text, "blocks": message.blocks}
    return json_response({"ok": True, "channel": message.channel, "ts": message.ts, "message": shown})


def _rate_limited(seconds: int) -> Response:
    answer = json_response({"ok": False, "error": "ratelimited"}, 429)
    answer.headers["Retry-After"] = str(seconds)
    return answer
