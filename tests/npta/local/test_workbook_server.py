"""What stands behind the page of `make serve`: whom it answers, the Zap, the shop's webhook, and what outlives a restart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from npta.local.function_process import free_port
from npta.local.serve import Ports, run_serve
from npta.local.workbook import page as page_module
from npta.local.workbook.page import NotDoneError, fill_example
from npta.local.workbook.zapier import LocalZapier
from tests.npta.local.desk import Served

ORDER = {"customer": "Ada Lovelace", "email": "ada@example.com", "lines": [{"sku": "CPTa", "quantity": 1}]}


def post(there: Served, path: str, body: Any = None, **headers: str) -> requests.Response:
    return requests.post(f"{there.origin}{path}", json={} if body is None else body, headers=headers, timeout=30)


def outside(there: Served) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"{there.origin}/outside", timeout=30).json()
    return found


class TestWhomItAnswers:
    @pytest.mark.parametrize("site", ["cross-site", "same-site"])
    def test_another_sites_page_is_refused(self, site: str, filled: Served) -> None:
        answer = post(filled, "/orders", ORDER, **{"Sec-Fetch-Site": site})

        assert answer.status_code == 403
        assert outside(filled)["orders"] == []

    def test_a_name_that_somebody_pointed_at_this_machine_is_refused(self, filled: Served) -> None:
        answer = requests.get(f"{filled.origin}/here", headers={"Host": "evil.example"}, timeout=30)

        assert answer.status_code == 403
        assert filled.world.keys.operator not in answer.text

    @pytest.mark.parametrize("path", ["/files/..%2Fpage.py", "/files/nothing.js", "/nothing", "/page/scripting.py"])
    def test_nothing_but_the_pages_files_is_served(self, path: str, filled: Served) -> None:
        assert requests.get(f"{filled.origin}{path}", timeout=30).status_code == 404

    def test_what_is_refused_keeps_its_status_in_a_header_for_the_sake_of_the_console(self, filled: Served) -> None:
        answer = post(filled, "/orders", {**ORDER, "lines": [{"sku": "CAREER", "quantity": 2}]})

        assert (answer.status_code, answer.headers["X-Status"]) == (200, "422")
        assert "customers cannot buy" in answer.json()["error"]


class TestChanges:
    def test_a_question_waits_until_there_is_something_new(self, filled: Served) -> None:
        seen = requests.get(f"{filled.origin}/changes", timeout=30).json()
        post(filled, "/orders", ORDER)
        now = requests.get(f"{filled.origin}/changes", params=seen, timeout=30).json()

        assert now["sheet"] != seen["sheet"]
        assert now["outside"] != seen["outside"]

    def test_it_is_answered_in_the_end_all_the_same(self, there: Served, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(page_module, "LOOKS", 2)
        seen = requests.get(f"{there.origin}/changes", timeout=30).json()

        assert requests.get(f"{there.origin}/changes", params=seen, timeout=30).json() == seen


class TestZap:
    def test_the_mail_goes_out_once_and_the_service_is_told(self, filled: Served) -> None:
        run = post(filled, "/orders", ORDER).json()

        assert [(step["title"], step["ok"]) for step in run["steps"]] == [
            ("Keys", True), ("Gate", True), ("Mail", True), ("Delivered", True),
        ]  # fmt: skip
        assert run["mail"]["to"] == "ada@example.com"
        assert run["answer"]["keys"][0]["keycode"] in run["mail"]["text"]
        again = post(filled, f"/orders/{run['order_id']}/zap").json()
        assert again["answer"]["delivered"] is True
        assert [step["ok"] for step in again["steps"]] == [True, True, None, None]
        assert again["mail"] is None

    def test_a_mail_that_fails_leaves_the_order_undelivered(self, filled: Served) -> None:
        run = post(filled, "/orders", {**ORDER, "mail_fails": True}).json()

        assert [step["ok"] for step in run["steps"]] == [True, True, False, None]
        assert run["mail"] is None
        assert post(filled, f"/orders/{run['order_id']}/zap").json()["mail"]["to"] == "ada@example.com"

    def test_an_order_that_fails_stops_the_zap_at_its_first_step(self, filled: Served) -> None:
        run = post(filled, "/orders", {**ORDER, "lines": [{"sku": "CAREER", "quantity": 2}], "oversell": True}).json()

        assert run["status"] == 422
        assert [step["ok"] for step in run["steps"]] == [False, None, None, None]

    def test_nothing_to_mail_stops_it_at_the_gate(self, filled: Served) -> None:
        run = post(filled, "/orders", {**ORDER, "lines": [{"sku": "KBS-1", "quantity": 1}]}).json()

        assert (run["status"], run["answer"]["status"]) == (200, "skipped")
        assert [step["ok"] for step in run["steps"]] == [True, True, None, None]
        assert run["steps"][1]["detail"] == "Stopped: there is nothing to mail."

    def test_a_rerun_sends_what_zapier_heard_first_even_after_a_refund(self, filled: Served) -> None:
        run = post(filled, "/orders", ORDER).json()
        post(filled, f"/orders/{run['order_id']}/refund")

        again = post(filled, f"/orders/{run['order_id']}/zap").json()

        assert again["answer"]["keys"] == run["answer"]["keys"]
        assert again["answer"]["replayed"] is True

    def test_a_service_that_is_not_there_is_told(self) -> None:
        run = LocalZapier(f"http://127.0.0.1:{free_port()}", "key").run({"id": 1, "name": "#1"})

        assert (run.status, run.steps[0].ok) == (0, False)
        assert "did not answer" in run.steps[0].detail

    def test_an_order_that_zapier_never_heard_of_cannot_be_rerun(self, there: Served) -> None:
        assert post(there, "/orders/1/zap").headers["X-Status"] == "404"


def test_a_refund_is_told_to_the_service_with_shopifys_signature(filled: Served) -> None:
    run = post(filled, "/orders", ORDER).json()

    told = post(filled, f"/orders/{run['order_id']}/refund")

    assert told.headers["X-Status"] == "200"
    assert any("Release Keys" in str(message["blocks"]) for message in outside(filled)["messages"])


def test_the_example_is_for_an_empty_spreadsheet(filled: Served) -> None:
    with pytest.raises(NotDoneError, match="imported already"):
        fill_example(filled.world)


@contextmanager
def make_serve(file: Path) -> Iterator[tuple[dict[str, str], str]]:
    """What `make serve` prints as its table, and the page's origin."""
    ports = Ports(*(free_port() for _ in Ports()))
    ready, over = threading.Event(), threading.Event()
    told: list[str] = []

    def wait() -> None:
        ready.set()
        over.wait()

    thread = threading.Thread(target=run_serve, args=(file, wait, told.append, ports))
    thread.start()
    try:
        assert ready.wait(60)
        table = next(text for text in told if "open this" in text).splitlines()
        yield {" ".join(line.split()[:-1]): line.split()[-1] for line in table[2:]}, f"http://127.0.0.1:{ports.page}"
    finally:
        over.set()
        thread.join()


def test_make_serve_names_the_page_first_and_goes_on_counting_after_a_restart(tmp_path: Path) -> None:
    names = []
    for _ in range(2):
        with make_serve(tmp_path / "npta.db") as (table, origin):
            assert next(iter(table.items())) == ("open this", origin)
            assert "NPTA on this machine" in requests.get(origin, timeout=30).text
            assert requests.get(f"{origin}/here", timeout=30).json()["file"] == str(tmp_path / "npta.db")
            run = requests.post(f"{origin}/orders", json={**ORDER, "oversell": True}, timeout=60).json()
            names.append((run["order_id"], run["order_name"], run["answer"]["code"], run["answer"]["replayed"]))
    (first, _, *_), (second, _, *_) = names
    assert int(second) > int(first)
    assert [(name, code, replayed) for _, name, code, replayed in names] == [
        ("#1001", "unknown_sku", False),
        ("#1002", "unknown_sku", False),
    ]
