"""On a developer's machine no page of another site reaches shop, Slack, page or function, and no page knows a key."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from npta.local.api_keys import draw_keys
from npta.local.demo import demo_environment, run_demo
from npta.local.function_process import running_function
from npta.local.shop.server import serve_shop
from npta.local.slack.stand_in import serve_slack
from tests.npta.local.desk import Served
from tests.npta.local.test_workbook_server import make_serve

Told = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def function(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The function as `make demo` and `make serve` start it."""
    file = tmp_path_factory.mktemp("function") / "npta.db"
    with running_function(demo_environment(file, draw_keys(), {}, "http://127.0.0.1:9/api/")) as origin:
        yield origin


@contextmanager
def served(name: str, function: str, there: Served) -> Iterator[tuple[str, str]]:
    """The origin of one of them, and a path that it has."""
    if name == "shop":
        with serve_shop() as shop:
            yield shop.url, "/_state"
    elif name == "Slack":
        with serve_slack() as slack:
            yield slack.url, "/_state"
    elif name == "function":
        yield function, "/health"
    else:
        yield there.origin, "/here"


@pytest.mark.parametrize("name", ["shop", "Slack", "function", "page"])
def test_none_of_them_answers_a_stranger(name: str, function: str, there: Served) -> None:
    with served(name, function, there) as (origin, path):
        port = origin.rpartition(":")[2]
        for host in (f"localhost:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
            assert requests.get(f"{origin}{path}", headers={"Host": host}, timeout=10).status_code == 200
        for headers in (
            {"Host": "evil.example"},
            {"Host": f"evil.example:{port}", "Origin": f"http://evil.example:{port}", "Sec-Fetch-Site": "same-origin"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:3000"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            for method in ("GET", "POST", "OPTIONS"):
                for media in ("text/plain", "application/json"):
                    sent = {"Content-Type": media, **headers}
                    answer = requests.request(method, f"{origin}{path}", data="{}", headers=sent, timeout=10)
                    assert answer.status_code == 403, (headers, method, media)
                    assert "Access-Control-Allow-Origin" not in answer.headers
                    assert "operatorKey" not in answer.text


@pytest.mark.parametrize("path", ["/orders", "/robots.txt", "/nothing%0A", "/keys/import"])
def test_the_function_refuses_on_every_path(function: str, path: str) -> None:
    answer = requests.post(f"{function}{path}", json={}, headers={"Host": "evil.example"}, timeout=10)

    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_the_manual_opens_from_the_page_since_nothing_in_it_is_secret(function: str) -> None:
    answer = requests.get(f"{function}/manual", headers={"Sec-Fetch-Site": "same-site"}, timeout=10)

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_the_panel_s_sandboxed_frame_may_load_its_scripts_and_call_nothing(there: Served) -> None:
    sandboxed = {"Origin": "null", "Sec-Fetch-Site": "cross-site"}

    assert requests.get(f"{there.origin}/page/client.js", headers=sandboxed, timeout=10).status_code == 200
    relayed = {"url": f"{there.world.service}/health", "method": "GET"}
    assert requests.post(f"{there.origin}/page/fetch", json=relayed, headers=sandboxed, timeout=10).status_code == 403
    assert (
        requests.get(f"{there.origin}/page/client.js", headers={"Host": "evil.example"}, timeout=10).status_code == 403
    )


def test_make_serve_draws_its_keys_anew_and_leaves_them_to_its_owner(tmp_path: Path) -> None:
    seen: list[str] = []
    for _ in range(2):
        with make_serve(tmp_path / "npta.db") as (table, origin):
            file = Path(table["both, for a shell"])
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            keys = dict(re.findall(r"^(\w+)=(\S+)$", file.read_text(), re.MULTILINE))
            assert keys == {"ORDER_KEY": table["order key"], "OPERATOR_KEY": table["operator key"]}
            assert requests.get(f"{origin}/here", timeout=30).json()["operatorKey"] == keys["OPERATOR_KEY"]
            answer = requests.get(
                f"{table['function']}/status", headers={"X-API-Key": keys["OPERATOR_KEY"]}, timeout=30
            )
            assert answer.status_code == 200
            seen += keys.values()
        assert not file.exists()
    assert len(set(seen)) == 4
    assert min(map(len, seen)) >= 32


def test_the_keys_are_not_shown_by_chance() -> None:
    keys = draw_keys()

    assert not [key for key in keys if key in repr(keys)]


def test_the_demo_works_with_keys_of_its_own(tmp_path: Path) -> None:
    told: list[str] = []

    assert run_demo(tmp_path / "demo.db", told.append) == 0, told
