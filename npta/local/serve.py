"""`make serve`: the function, its spreadsheet and a page for people, until stopped.

All stand on fixed ports of loopback.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import NamedTuple, Self

import requests

from npta.domain.orders.eligibility import Mode
from npta.errors import SettingError
from npta.local.api_keys import ApiKeys, draw_keys, write_private
from npta.local.demo import demo_environment
from npta.local.function_process import free_port, is_taken, running_function
from npta.local.shop.server import serve_shop
from npta.local.shop.shop import LocalShop
from npta.local.slack.stand_in import serve_slack
from npta.local.workbook.page import World, serve_page
from npta.local.workbook.zapier import serve_catch_hook
from npta.operations.mode import change_mode
from npta.services import make_services
from npta.settings import Settings
from npta.tables import Orders
from npta.text_tables import table
from sheets_schema.emulator import Emulator, serve

FLUSH_EVERY = 10.0
"""Seconds between two calls of the scheduler; Cloud Scheduler calls every few minutes."""

ENV_HEAD = "# Settings of make serve, which takes this file away when it stops."


class Ports(NamedTuple):
    """Where everything listens, on loopback."""

    function: int = 8080
    sheets: int = 8085
    shop: int = 8086
    slack: int = 8087
    page: int = 8088

    @classmethod
    def from_base(cls, port: int) -> Self:
        """Return the ports that lie about the function's as usual; free ones for 0."""
        return cls(*(port + usual - cls().function for usual in cls())) if port else cls(*(free_port() for _ in cls()))

    def refuse_taken(self) -> None:
        """Raise `SettingError` if somebody listens on one of them: he would be taken for us."""
        if taken := [f"{port} ({name})" for name, port in self._asdict().items() if is_taken(port)]:
            verb, them = ("is", "it") if len(taken) == 1 else ("are", "them")
            raise SettingError(
                f"Port {', '.join(taken)} {verb} taken on this machine: stop what listens on {them}, or take others, "
                "for example make serve PORT=9080."
            )


def run_serve(
    file: Path,
    wait: Callable[[], object],
    say: Callable[[str], None] = print,
    ports: Ports = Ports(),
    env: Path | None = None,
) -> int:
    """Serve until `wait` returns or is interrupted.

    The spreadsheet in `file` is made if it is not there. `env` is the file that gets the settings, with which every
    command runs against it. Raises `SettingError` if a port is taken.
    """
    ports.refuse_taken()
    env_file = env or file.with_name("env")
    _refuse_foreign(env_file)
    file.parent.mkdir(parents=True, exist_ok=True)
    keys, keys_file = draw_keys(), file.with_name("keys")
    env_file.parent.mkdir(parents=True, exist_ok=True)
    emulator = Emulator(file)
    shop = LocalShop()
    shop.seed()
    with (
        serve(emulator, "127.0.0.1", ports.sheets) as server,
        serve_shop(shop, port=ports.shop) as shopify,
        serve_slack(port=ports.slack) as slack,
        serve_catch_hook() as hook,
    ):
        spreadsheet_id = _spreadsheet(server.url)
        environment = demo_environment(file, keys, shop.environment(shopify.url), slack.api_url, hook.address)
        environment["NPTA_SHEETS_API"] = server.url
        environment["NPTA_SPREADSHEET"] = spreadsheet_id
        environment["SHOPIFY_WEBHOOK_SECRET"] = keys.webhook
        first = _provision(environment)
        _go_on_counting(shop, server.url, spreadsheet_id)
        with running_function(environment, ports.function) as origin, _scheduler(origin, keys):
            if not first and not _press(origin, "/inventory/refresh", keys):
                say("The shop was not told its stock: press Refresh Inventory in the control panel.")
            world = World(
                service=origin,
                emulator=emulator,
                spreadsheet_id=spreadsheet_id,
                shop=shop,
                slack=slack.slack,
                keys=keys,
                file=str(file),
                hook=hook,
            )
            keys.write(keys_file)
            settings = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(environment.items()))
            write_private(env_file, f"{ENV_HEAD}\n{settings}")
            with serve_page(world, ports.page) as page:
                rows = [
                    ("open this", page),
                    ("function", origin),
                    ("Sheets API", f"{server.url}/v4/spreadsheets/{spreadsheet_id}"),
                    ("spreadsheet file", str(file)),
                    ("shop", f"{shopify.url}/_state"),
                    ("Slack", f"{slack.url}/_state"),
                    ("order key", keys.order),
                    ("operator key", keys.operator),
                    ("both, for a shell", f"{keys_file}"),
                    ("settings, for a shell", f"{env_file}"),
                ]
                say(table(["what", "where"], rows))
                say(f"\n  The settings with which every command runs against it:\n\n{settings}")
                say("\n  local only; stop with Ctrl-C")
                try:
                    wait()
                except KeyboardInterrupt:
                    say("")
    for written in (keys_file, env_file):
        written.unlink(missing_ok=True)
    emulator.close()
    return 0


def _refuse_foreign(file: Path) -> None:
    """Raise `SettingError` if the file is not one of ours.

    It would be overwritten, and taken away at the end.
    """
    if file.exists() and not file.read_text(encoding="utf-8", errors="replace").startswith(ENV_HEAD):
        raise SettingError(f"{file} is there already and is none of make serve's: name another file with --env.")


def _spreadsheet(origin: str) -> str:
    files = requests.get(f"{origin}/drive/v3/files", timeout=30).json()["files"]
    if files:
        return str(files[0]["id"])
    made = requests.post(f"{origin}/v4/spreadsheets", json={"properties": {"title": "NPTA"}}, timeout=30)
    return str(made.json()["spreadsheetId"])


def _provision(environment: dict[str, str]) -> bool:
    """Set the spreadsheet up; a new one begins in mode LIVE, an old one keeps its mode.

    Says whether it is new.
    """
    services = make_services(Settings.load(environment))
    deadline = services.clock.deadline(60)
    first = services.spreadsheet.provision(deadline).first
    if first:
        change_mode(services, Mode.LIVE, who="make serve", deadline=deadline)
    return first


def _go_on_counting(shop: LocalShop, origin: str, spreadsheet_id: str) -> None:
    """Let no new order have the id or name of an old one.

    The shop forgets, the spreadsheet does not.
    """
    url = f"{origin}/v4/spreadsheets/{spreadsheet_id}/values/{Orders.__table__.title}"
    header, *rows = requests.get(url, timeout=30).json()["values"]
    ids, names = ([row[header.index(name)] for row in rows] for name in ("order_id", "order_name"))
    shop.goods.numbers = count(max([int(shop.goods.new_id()), *(int(text) for text in ids if text.isdigit())]) + 1)
    numbers = [int(name.removeprefix("#")) for name in names if name.removeprefix("#").isdigit()]
    shop.goods.order_numbers = count(max([next(shop.goods.order_numbers), *(number + 1 for number in numbers)]))


@contextmanager
def _scheduler(origin: str, keys: ApiKeys) -> Iterator[None]:
    """Call for what is pending now and then, as Cloud Scheduler does, while the block runs."""
    over = Event()

    def call() -> None:
        while not over.wait(FLUSH_EVERY):
            _press(origin, "/outbox/flush", keys)  # what was not done stays pending, and the sheet's Attention says so

    thread = Thread(target=call, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _press(origin: str, path: str, keys: ApiKeys) -> bool:
    try:
        return requests.post(f"{origin}{path}", json={}, headers={"X-API-Key": keys.operator}, timeout=30).ok
    except requests.RequestException:
        return False
