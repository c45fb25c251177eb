"""What is logged: one line a request, nothing that is nobody's business."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from npta.log import JsonLines, configure, note, phase, request_line, shorten_addresses
from npta.settings import Settings
from tests.support import ENVIRONMENT, OPERATOR_KEY, ORDER_KEY, House, gspread_on

KEYCODE = "EX-2t572t1232321a"


class Logged:
    """Everything that a process would write."""

    def __init__(self) -> None:
        self.out, self.err = io.StringIO(), io.StringIO()

    @property
    def text(self) -> str:
        return self.out.getvalue() + self.err.getvalue()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def requests(self) -> list[dict[str, Any]]:
        return [line for line in self.lines() if "total_ms" in line]


@pytest.fixture
def logged() -> Iterator[Logged]:
    """Logging as main.py sets it up, and everything as it was when the test is over."""
    root, server = logging.getLogger(), logging.getLogger("gunicorn.error")
    before = root.handlers[:], root.level, server.handlers[:], server.propagate
    written = Logged()
    with warnings.catch_warnings():
        configure(
            Settings.load({**ENVIRONMENT, "SLACK_BOT_TOKEN": "xoxb-secret", "SLACK_CHANNEL": "C1"}).secrets,
            out=written.out,
            err=written.err,
        )
        yield written
        logging.captureWarnings(capture=False)
    root.handlers[:], server.handlers[:] = before[0], before[2]
    root.setLevel(before[1])
    server.propagate = before[3]


@pytest.fixture
def house(logged: Logged) -> House:
    made = House().provision()
    made.products(("CPTa", "NASM-CPT-FULL"))
    made.keys(["CANADA", "NASM", "CPT", "combined", KEYCODE, 5])
    logged.out.truncate(0)
    logged.out.seek(0)
    return made


class TestHaltedWriting:
    """deploy/schedules_and_alarms.py's alert looks for it."""

    def test_every_call_that_meets_it_says_so_and_no_other_does(self, house: House, logged: Logged) -> None:
        house.tampered_with = True
        house.call("POST", "/outbox/flush")
        log = gspread_on(house.emulator, house.spreadsheet_id, person="").worksheet("Commit Log")
        log.batch_clear([f"A{len(log.get_all_values())}:Z"])  # as its owner may, or a restored version does
        house.call("POST", "/outbox/flush")
        house.call("POST", "/orders", ORDER, key=ORDER_KEY)
        house.call("GET", "/health")

        shown = [(line["route"], line["status"], line.get("halted")) for line in logged.requests()]
        assert sorted(shown) == [
            ("/health", 200, None),
            ("/orders", 503, True),
            ("/outbox/flush", 200, None),
            ("/outbox/flush", 503, True),
        ]

    def test_another_503_is_not_halted_writing(self, logged: Logged) -> None:
        House().call("POST", "/outbox/flush")  # of a spreadsheet that nobody has set up

        (line,) = logged.requests()
        assert (line["status"], line.get("halted")) == (503, None)


class TestTheLineOfARequest:
    def test_an_order_is_one_line_with_all_that_one_asks_first(self, house: House, logged: Logged) -> None:
        house.call("POST", "/orders", ORDER, key=ORDER_KEY, headers={"X-Request-Id": "r-1"})

        (line,) = logged.requests()
        assert line["message"].startswith("POST /orders 200 fulfilled, order 6855, ")
        assert {name: line[name] for name in ("severity", "request_id", "order_id", "caller", "status", "outcome")} == {
            "severity": "INFO",
            "request_id": "r-1",
            "order_id": "6855",
            "caller": "order key 1",
            "status": 200,
            "outcome": "fulfilled",
        }
        assert (line["method"], line["route"]) == ("POST", "/orders")
        assert line["sheets_calls"] > 0
        assert line["phases_ms"].keys() >= {"door", "sheets"}
        assert line["total_ms"] >= line["phases_ms"]["sheets"]

    def test_a_repeat_costs_fewer_calls_and_says_so(self, house: House, logged: Logged) -> None:
        for _ in range(2):
            house.call("POST", "/orders", ORDER, key=ORDER_KEY)

        first, again = logged.requests()
        assert again["sheets_calls"] < first["sheets_calls"]

    @pytest.mark.parametrize(
        ("method", "path", "key", "expected"),
        [
            ("GET", "/health", "", {"severity": "INFO", "status": 200, "route": "/health", "caller": "anybody"}),
            (
                "GET",
                "/orders/7",
                OPERATOR_KEY,
                {"status": 404, "outcome": "not found", "order_id": "7", "route": "/orders/{id}"},
            ),
            ("GET", "/orders/7", "wrong", {"severity": "INFO", "status": 401, "outcome": "unauthorized"}),
            ("POST", "/keys/import", ORDER_KEY, {"status": 403, "outcome": "forbidden"}),
            ("POST", "/keys/K7/retire", OPERATOR_KEY, {"status": 404, "route": "/keys/{key_id}/retire"}),
            ("GET", "/../../etc/passwd", "", {"status": 404, "outcome": "not found", "route": None}),
            ("DELETE", "/orders", "", {"status": 405, "route": None}),
        ],
    )
    def test_every_other_request_has_one_as_well(
        self, house: House, logged: Logged, method: str, path: str, key: str, expected: dict[str, Any]
    ) -> None:
        house.call(method, path, key=key)

        (line,) = logged.requests()
        assert {name: line.get(name) for name in expected} == expected

    def test_the_key_that_was_found_is_logged_by_its_id_and_a_code_never(self, house: House, logged: Logged) -> None:
        house.keys(["CANADA", "NASM", "CPT", "combined", "SECRET-CODE-1", 1])
        key_id = house.rows("Import History")[-1]["key_id"]

        house.call("POST", "/keys/retire", {"keycode": "SECRET-CODE-1"})
        house.call("POST", "/keys/retire", {"keycode": "SECRET-CODE-2"})
        house.call("POST", "/keys/SECRET-CODE-1/retire")

        assert [line.get("key_id") for line in logged.requests()[1:]] == [key_id, None, None]
        assert "SECRET" not in logged.text

    def test_nothing_that_a_stranger_writes_into_a_path_is_logged(self, house: House, logged: Logged) -> None:
        house.call("GET", "/nothing/%0d%0aforged: line", key="")

        assert "forged" not in logged.text

    def test_who_asks_is_told_by_a_short_address(self, logged: Logged) -> None:
        with request_line("r"):
            note(caller="ops@npta.example", status=200)

        assert logged.requests()[0]["caller"] == "o…@npta.example"

    def test_trouble_of_ours_is_louder(self, logged: Logged) -> None:
        House().call("GET", "/orders/1")

        (line,) = logged.requests()
        assert (line["severity"], line["outcome"]) == ("WARNING", "not_provisioned")
        assert line["message"] in logged.err.getvalue()

    def test_phases_add_up(self, logged: Logged) -> None:
        now = iter(range(100))
        with request_line("r", lambda: next(now)):
            for _ in range(2):
                with phase("shop", lambda: next(now)):
                    pass

        (line,) = logged.requests()
        assert line["phases_ms"] == {"shop": 2000}
        assert line["total_ms"] == 5000

    def test_outside_of_a_request_nothing_is_noted(self, logged: Logged) -> None:
        note(order_id="1")
        with phase("shop"):
            logging.getLogger("x").warning("alone")

        assert logged.requests() == []
        assert "request_id" not in logged.lines()[0]


ORDER = {
    "order_id": "6855",
    "email": "ada.lovelace@example.com",
    "customer_name": "Ada Lovelace",
    "line_items": [{"sku": "CPTa", "quantity": 1}],
}


class TestWhatIsKeptOut:
    def test_no_key_code_no_secret_no_address(self, house: House, logged: Logged) -> None:
        logging.getLogger().setLevel(logging.DEBUG)
        house.call("POST", "/orders", ORDER, key=ORDER_KEY)
        house.call("POST", "/orders", {**ORDER, "email": "no-address"}, key=ORDER_KEY)
        house.call("POST", "/orders", {**ORDER, "order_id": "6856", "line_items": [{"sku": "X", "quantity": 1}]})
        house.call("GET", "/orders/6855")
        house.call("POST", "/orders/6855/release")
        house.call("GET", "/orders/6855", key="a-wrong-secret")
        house.call("GET", "/orders/6855", key="", headers={"Authorization": "Bearer eyJh.eyJi.c2ln"})

        assert len(logged.requests()) == 7
        for secret in (KEYCODE, ORDER_KEY, OPERATOR_KEY, "a-wrong-secret", "ada.lovelace", "eyJh"):
            assert secret not in logged.text, secret

    def test_a_secret_in_an_error_is_taken_out(self, logged: Logged) -> None:
        def broken() -> None:
            raise RuntimeError(f"refused xoxb-secret and {ORDER_KEY} of ada@example.com")

        try:
            broken()
        except RuntimeError:
            logging.getLogger("library").exception("failed with %s", OPERATOR_KEY)

        (line,) = logged.lines()
        assert line["severity"] == "ERROR"
        assert "refused [secret] and [secret] of a…@example.com" in line["stack_trace"]
        assert line["message"] == "failed with [secret]"

    def test_what_a_stranger_makes_long_is_cut_and_keeps_its_ends(self, logged: Logged) -> None:
        with request_line("r"):
            note(order_id="9" * 60_000, status=404)
        logging.getLogger("library").warning("begin %s end", "x" * 60_000)

        request, warning = logged.lines()
        assert len(request["order_id"]) < 600
        assert warning["message"].startswith("begin xxx")
        assert warning["message"].endswith("xxx end")
        assert len(logged.text) < 15_000

    @pytest.mark.parametrize("at", range(1_985, 2_001))
    def test_a_secret_where_a_long_text_is_cut_is_taken_out_as_a_whole(self, logged: Logged, at: int) -> None:
        logging.getLogger("library").warning("%s", "-" * at + ORDER_KEY + "-" * 9_000)

        assert not any(ORDER_KEY[:length] in logged.text for length in range(4, len(ORDER_KEY)))

    def test_one_record_is_one_line_whatever_is_in_it(self, logged: Logged) -> None:
        logging.getLogger("library").warning('two\nlines "quoted" \x00 %s', "ä")

        (line,) = logged.lines()
        assert line["message"] == 'two\nlines "quoted" \x00 ä'

    def test_a_record_whose_arguments_do_not_fit_is_still_written(self) -> None:
        record = logging.LogRecord("x", logging.INFO, "", 0, "%d things", ("many",), None)

        assert json.loads(JsonLines().format(record))["message"] == "%d things (its arguments do not fit)"

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("ada@example.com", "a…@example.com"),
            ("<ada.lovelace+x@mail.example.co.uk>,", "<a…@mail.example.co.uk>,"),
            ("a@b", "a…@b"),
            ("ädä@exämple.com", "ä…@exämple.com"),
            ("@partner.example", "@partner.example"),
            ("nothing here @ all", "nothing here @ all"),
            ("x@a.b,y@c.d", "x…@a.b,y…@c.d"),
        ],
    )
    def test_addresses_are_shortened(self, text: str, shown: str) -> None:
        assert shorten_addresses(text) == shown


class TestSetUp:
    def test_warnings_of_libraries_carry_the_request(self, logged: Logged) -> None:
        with request_line("r-9"), warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("old habit", DeprecationWarning, stacklevel=1)
            logging.getLogger("urllib3").warning("retrying")
            note(status=200)

        assert {line["request_id"] for line in logged.lines()} == {"r-9"}
        assert "old habit" in logged.err.getvalue()
        assert "retrying" in logged.err.getvalue()

    def test_it_is_done_once(self, logged: Logged) -> None:
        other = io.StringIO()

        configure(out=other)
        logging.getLogger("x").info("said once")

        assert (logged.text.count("said once"), other.getvalue()) == (1, "")

    def test_short_secrets_are_no_secrets(self) -> None:
        record = logging.LogRecord("x", logging.INFO, "", 0, "a cat", (), None)

        assert '"a cat"' in JsonLines(["a"]).format(record)

    def test_every_kind_of_secret_is_known(self) -> None:
        secrets = Settings.load(
            {
                **ENVIRONMENT,
                "SHOPIFY_SHOP": "x.myshopify.com",
                "SHOPIFY_LOCATION_ID": "1",
                "SHOPIFY_ACCESS_TOKEN": "shpat_1",
                "SHOPIFY_CLIENT_ID": "id",
                "SHOPIFY_CLIENT_SECRET": "shpss_1",
                "SHOPIFY_WEBHOOK_SECRET": "hook-1,hook-2",
                "SLACK_BOT_TOKEN": "xoxb-1",
                "SLACK_CHANNEL": "C1",
            }
        ).secrets

        assert sorted(secrets) == sorted([ORDER_KEY, OPERATOR_KEY, "shpat_1", "shpss_1", "hook-1", "hook-2", "xoxb-1"])
