"""The server behind the page: its files, the spreadsheet, the shop, Zapier and Slack."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import gspread
import requests
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.utils import send_from_directory

from npta.local.api_keys import ApiKeys
from npta.local.demo.run import type_entitlements
from npta.local.demo.stage import PERSON, Stage
from npta.local.demo.story import PASTED
from npta.local.http_server import call, json_response, serve_app
from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import LocalSlack
from npta.local.web_page.scripting import Scripting, is_script
from npta.local.workbook.zapier import CatchHook, LocalZapier
from npta.tables import Catalogue, ImportHistory, ImportKeys
from sheets_schema.emulator import Emulator, NoAnswerError, connect

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

FILES = Path(__file__).with_name("files")
LOOK_EVERY = 0.1
LOOKS = 150
"""How often a browser's question for changes looks before it is answered that there are none."""


@dataclass(frozen=True)
class World:
    """What the page shows.

    `service` is the function's origin, which takes these keys; `file` is the spreadsheet's.
    """

    service: str
    emulator: Emulator
    spreadsheet_id: str
    shop: LocalShop
    slack: LocalSlack
    keys: ApiKeys
    file: str
    hook: CatchHook | None = None


class Page:
    """The page as a WSGI application."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._scripting = Scripting({world.service})
        self._zapier = LocalZapier(world.service, world.keys.order)
        if world.hook:
            world.hook.zap = self._zapier.take
        self._over = Event()

    def close(self) -> None:
        """Answer a request that waits for changes."""
        self._over.set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request of the browser."""
        request = Request(environ)
        try:
            answer = self._answer(request)
        except HTTPException as wrong:
            answer = wrong.get_response(environ)
        return answer(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if scripting := self._scripting.answer(request):
            return scripting
        parts = request.path.strip("/").split("/")
        if parts[0] == "sheets":
            return _quietly(self._sheets(request))
        if request.method == "POST" and (done := self._done(request, parts)):
            return _quietly(done)
        shown = self._shown(request, parts) if request.method == "GET" else None
        return shown or json_response({"error": "There is nothing at this path."}, 404)

    def _shown(self, request: Request, parts: list[str]) -> Response | None:
        match parts:
            case [""]:
                return send_from_directory(FILES, "page.html", request.environ)
            case ["files", *names]:
                return send_from_directory(FILES, "/".join(names), request.environ)
            case ["here"]:
                return json_response(self._here())
            case ["changes"]:
                return json_response(self._changes(request.args.to_dict()))
            case ["outside"]:
                return json_response(
                    {**self._shop_state(), "messages": self._world.slack.messages, "runs": self._zapier.runs}
                )
        return None

    def _done(self, request: Request, parts: list[str]) -> Response | None:
        match parts:
            case ["example"]:
                return self._example()
            case ["products"]:
                return self._product(request.get_json())
            case ["orders"]:
                return self._order(request.get_json())
            case ["orders", order_id, "zap"]:
                return self._zap(order_id, request.get_json())
            case ["orders", order_id, "refund"]:
                return self._refund(order_id)
        return None

    def _here(self) -> dict[str, Any]:
        """Return what the page must know at its start."""
        world = self._world
        return {
            "service": world.service,
            "spreadsheetId": world.spreadsheet_id,
            "file": world.file,
            "person": PERSON.removeprefix("user:"),
            "operatorKey": world.keys.operator,
            "computed": {
                tab.__table__.title: [column.header for column in tab.columns() if column.computed]
                for tab in (Catalogue, ImportKeys)
            },
        }

    def _changes(self, seen: dict[str, str]) -> dict[str, str]:
        """Return what there is now, as soon as it is not what was seen."""
        for _ in range(LOOKS):
            now = self._now()
            if now != seen or self._over.wait(LOOK_EVERY):
                break
        return now

    def _now(self) -> dict[str, str]:
        book = self._world.emulator.state.find(self._world.spreadsheet_id)
        shop = hashlib.sha256(json.dumps(self._shop_state()).encode()).hexdigest()[:12]
        return {
            "sheet": str(book.version if book else ""),
            "outside": f"{shop}-{self._world.slack.calls}-{self._zapier.count}",
        }

    def _shop_state(self) -> dict[str, Any]:
        state = self._world.shop.state()
        return {name: state[name] for name in ("products", "orders")}

    def _sheets(self, request: Request) -> Response:
        """Make a call of the Sheets API in the name of a person who is not the service."""
        path = urlsplit(request.environ["REQUEST_URI"]).path.removeprefix("/sheets")
        pairs = list(request.args.items(multi=True))
        headers = {"Authorization": f"Bearer {PERSON}"}
        try:
            answer = self._world.emulator.handle(request.method, path, pairs, headers, request.get_data())
        except NoAnswerError:
            return json_response({"error": {"message": "The Sheets API gave no answer."}}, 502)
        return Response(answer.body, answer.status, answer.headers)

    def _example(self) -> Response:
        try:
            fill_example(self._world)
        except NotDoneError as problem:
            return json_response({"error": str(problem)}, 409)
        return json_response({})

    def _product(self, wanted: dict[str, Any]) -> Response:
        """Make a product in the shop, or change one. A new one never takes the SKU of another."""
        if wanted.pop("isNew", False) and any(
            product["sku"] == wanted["sku"] for product in self._shop_state()["products"]
        ):
            return json_response(
                {"error": f"there is a product {wanted['sku']} already; press its SKU to edit it"}, 409
            )
        made = self._world.shop.handle("POST", "/_products", body=json.dumps(wanted).encode())
        return Response(made.body, made.status, content_type="application/json")

    def _order(self, wanted: dict[str, Any]) -> Response:
        """Let a customer buy, then let Zapier hear of it.

        What the shop refuses is said in its words.
        """
        mail_fails = bool(wanted.pop("mail_fails", False))
        placed = self._world.shop.handle("POST", "/_orders", body=json.dumps(wanted).encode())
        if placed.status != 200:  # noqa: PLR2004 — anything but placed
            return Response(placed.body, placed.status, content_type="application/json")
        return json_response(asdict(self._zapier.run(json.loads(placed.body), mail_fails=mail_fails)))

    def _zap(self, order_id: str, wanted: dict[str, Any]) -> Response:
        run = self._zapier.run_again(order_id, mail_fails=bool(wanted.get("mail_fails")))
        if run is None:
            return json_response({"error": f"{order_id}: Zapier has not heard of this order"}, 404)
        return json_response(asdict(run))

    def _refund(self, order_id: str) -> Response:
        """Refund the whole order in the shop and tell the service, signed as Shopify does."""
        done = self._world.shop.handle("POST", f"/_orders/{order_id}/refund", body=b"{}")
        if done.status != 200:  # noqa: PLR2004 — anything but refunded
            return Response(done.body, done.status, content_type="application/json")
        signed = hmac.new(self._world.keys.webhook.encode(), done.body, hashlib.sha256).digest()
        headers = {"X-Shopify-Hmac-SHA256": base64.b64encode(signed).decode(), "Content-Type": "application/json"}
        url = f"{self._world.service}/shopify/webhooks/refunds-create"
        try:
            reply = call("POST", url, data=done.body, headers=headers, timeout=30)
        except requests.RequestException:
            return json_response({"error": "Refunded in the shop, but the service could not be told."}, 502)
        return Response(reply.content, reply.status_code, content_type=reply.headers.get("Content-Type"))


class NotDoneError(Exception):
    """The example was not filled in, or only in part; for people."""


def fill_example(world: World) -> None:
    """Products from the shop, their entitlements typed and published, keys pasted and imported.

    Raises `NotDoneError`.
    """
    stage = Stage(world.service, _in_a_persons_hands(world), world.shop, world.slack, lambda _: None, world.keys)
    if len(stage.sheet.worksheet(ImportHistory.__table__.title).get_all_values()) > 1:
        raise NotDoneError("Keys were imported already, so the example was left out: it is for an empty spreadsheet.")
    _pressed(stage, "/shopify/sync")
    type_entitlements(stage)
    _pressed(stage, "/catalogue/sync")
    stage.paste(PASTED)
    _pressed(stage, "/keys/import")


def _pressed(stage: Stage, path: str) -> None:
    answer = stage.press(path)
    if not answer.ok:
        reply = answer.json()
        raise NotDoneError(f"{path} answered {answer.status_code}: {reply.get('detail') or reply.get('message')}")


def _in_a_persons_hands(world: World) -> gspread.Spreadsheet:
    client = gspread.Client(auth=None, session=connect(world.emulator, person=PERSON))  # type: ignore[arg-type]  # none beside a session
    return client.open_by_key(world.spreadsheet_id)


@contextmanager
def serve_page(world: World, port: int = 0) -> Iterator[str]:
    """Serve the page in a thread for as long as the `with` lasts (port 0: a free one).

    Gives its origin.
    """
    page = Page(world)
    with serve_app(page, port=port, is_public=is_script) as origin:
        try:
            yield origin
        finally:
            page.close()


def _quietly(answer: Response) -> Response:
    """Move the status into a header.

    A browser writes every status other than 200 to its console as an error.
    """
    answer.headers["X-Status"] = str(answer.status_code)
    answer.status_code = 200
    return answer
