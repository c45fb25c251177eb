"""A sheet's page with the control panel in it, before the real service on an emulated spreadsheet."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from playwright.sync_api import Frame, Locator, Page, expect
from werkzeug import Request, Response
from werkzeug.serving import make_server

from npta.local.function_process import free_port
from npta.local.web_page.scripting import Scripting
from tests.chromium import SCREENSHOTS, Watched, violations
from tests.support import OPERATOR_KEY, House

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST_PAGE = Path(__file__).with_name("host.html")
SERVICE = "/service"
WIDTH = 300
STATUS: dict[str, Any] = {
    "mode": "LIVE",
    "version": 12,
    "unsynced": [],
    "low_pools": [],
    "failed_orders": [],
    "undelivered_orders": [],
    "by_hand_orders": [],
    "outbox": {"pending": 0, "oldest": ""},
    "last_push": None,
    "shopify": "not configured",
    "slack": "not configured",
}


class Called(NamedTuple):
    """One call that reached the service."""

    method: str
    path: str
    body: Any
    headers: dict[str, str]


def answer(body: Any, status: int = 200, **headers: str) -> Callable[[], Response]:
    """A scripted answer of the service."""
    kind = "application/json" if status < 400 else "application/problem+json"
    return lambda: Response(json.dumps(body), status, headers, content_type=kind)


def html(status: int) -> Callable[[], Response]:
    """What Google's front end says while the service is not there."""
    return lambda: Response("<html><title>Error</title><h1>Server Error</h1></html>", status, content_type="text/html")


class Stage:
    """The server behind the page: its files, the relay, and the service of the moment."""

    def __init__(self) -> None:
        self.house: House | None = None
        self.scripted: dict[tuple[str, str], Callable[[], Response]] = {}
        self.calls: list[Called] = []
        self.held = threading.Event()
        self.held.set()
        self.nobody = f"http://127.0.0.1:{free_port()}"
        self.scripting = Scripting(set())

    def reset(self, house: House) -> None:
        """Begin anew with a service, of which nothing is scripted."""
        self.house = house
        self.scripted = {}
        self.calls = []
        self.held.set()
        self.scripting.cut_off = 30.0

    def acts(self) -> list[tuple[str, str]]:
        """What was called, without the panel's own looks at the status."""
        return [(call.method, call.path) for call in self.calls if call.path != "/status"]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request of the page, or of Code.gs through the relay."""
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.path == "/":
            return Response(HOST_PAGE.read_bytes(), content_type="text/html; charset=utf-8")
        if request.path.startswith(f"{SERVICE}/"):
            return self._service(request)
        return self.scripting.answer(request) or Response("no such page", 404)

    def _service(self, request: Request) -> Response:
        path = request.path.removeprefix(SERVICE)
        body = request.get_json(silent=True)
        self.calls.append(Called(request.method, path, body, dict(request.headers)))
        if path != "/status":
            self.held.wait(30)
        if scripted := self.scripted.get((request.method, path)):
            return scripted()
        assert self.house
        environ = {**request.environ, "PATH_INFO": path, "wsgi.input": io.BytesIO(request.get_data())}
        return Response.from_app(self.house.http.application, environ)


@contextmanager
def running_stage() -> Iterator[tuple[Stage, str]]:
    """The server in a thread; gives it and its origin."""
    stage = Stage()
    server = make_server("127.0.0.1", 0, stage, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    origin = f"http://127.0.0.1:{server.server_port}"
    stage.scripting.origins |= {origin, stage.nobody}
    try:
        yield stage, origin
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Panel:
    """The open panel in a person's hands."""

    def __init__(self, page: Page, origin: str, stage: Stage) -> None:
        self.page = page
        self.origin = origin
        self.stage = stage
        self.watched = Watched(page)
        page.goto(origin)

    def close(self) -> None:
        """Let go of what is held; nothing strange may have happened on the page."""
        self.stage.held.set()
        assert self.watched.end() == []

    def open(self, *, key: str = OPERATOR_KEY, url: str = "", **state: str) -> Panel:
        """Open the spreadsheet and, from its menu, the control panel."""
        properties = {"SERVICE_URL": url or f"{self.origin}{SERVICE}"}
        self.load({**properties, "SERVICE_KEY": key} if key else properties, **state)
        self.item("Control Panel")
        expect(self.find("#state-foot")).not_to_be_empty()
        return self

    def load(self, properties: dict[str, str], **state: str) -> None:
        """The spreadsheet opens, with these script properties."""
        self.page.evaluate("(state) => start(state)", {"properties": properties, "email": "ada@npta.example", **state})

    def change(self, **state: Any) -> None:
        """Change what the script finds on Google's side."""
        self.page.evaluate("(state) => script.set(state)", state)

    def item(self, caption: str) -> None:
        """Press an item of the menu NPTA."""
        self.page.locator("#menu summary").click()
        self.page.locator("#menu").get_by_role("button", name=caption, exact=True).click()

    @property
    def frame(self) -> Frame:
        """The sidebar's own frame."""
        return self.page.frames[-1]

    def find(self, selector: str) -> Locator:
        """Something in the panel."""
        return self.page.frame_locator("iframe").locator(selector)

    def button(self, name: str) -> Locator:
        """One of the panel's buttons, by its whole name."""
        return self.page.frame_locator("iframe").get_by_role("button", name=name, exact=True)

    def counts(self) -> list[str]:
        """What waits for somebody, as it stands there closed."""
        return self.find("#worries summary").all_inner_texts()

    def look_into(self, count: str) -> str:
        """Open one of the counts; what it says."""
        self.find("#worries summary").filter(has_text=count).click()
        return re.sub(r"\s+", " ", self.find("#worries details[open] p").last.inner_text())

    def press(self, name: str) -> None:
        """Press a button, opening the part that it is in."""
        button = self.button(name)
        if name != "Cancel" and not button.is_visible() and not self.find("#advanced").get_attribute("open"):
            self.find("#advanced summary").click()
        button.click()

    def says(self, text: str) -> None:
        """The panel tells of success."""
        expect(self.find("#progress.good")).to_contain_text(text)
        self.settled()

    def warns(self, text: str) -> None:
        """The panel tells of a failure."""
        expect(self.find("#alert")).to_contain_text(text)
        expect(self.find("#progress")).to_be_empty()
        self.settled()

    def asks(self, title: str) -> None:
        """The panel wants an answer before it goes on."""
        expect(self.find("#work-title")).to_have_text(title)

    def settled(self) -> None:
        """Nothing runs any more: buttons can be pressed, and the status is fresh."""
        expect(self.find("body")).to_have_attribute("aria-busy", "false")
        expect(self.find("#state")).to_have_attribute("aria-busy", "false")

    def check(self, shot: str = "") -> None:
        """What every state must be: within its width, without errors, accessible. `shot` keeps a picture of it."""
        size = self.frame.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert size[0] <= min(size[1], WIDTH), f"{size[0]} px wide"
        assert violations(self.frame) == []
        assert self.watched.strange == []
        if shot:
            height = self.frame.evaluate("document.documentElement.scrollHeight")
            self.page.set_viewport_size({"width": 640, "height": height + 100})
            self.page.locator("iframe").evaluate("(frame, height) => { frame.style.height = `${height}px`; }", height)
            self.page.locator("#sidebar").screenshot(path=SCREENSHOTS / f"{shot}.png", animations="disabled")
            self.page.locator("iframe").evaluate("(frame) => { frame.style.height = ''; }")
            self.page.set_viewport_size({"width": 640, "height": 900})
