"""Fixtures that many tests share, and the promise that nothing is skipped where everything is required."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from sheets_schema.emulator import ApiError, Emulator
from sheets_schema.emulator.api import routes
from tests.postgresql import PostgresServer, postgres_server
from tests.sheets_schema.emulator import witness
from tests.support import House

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A suite that a shell has put into the background ignores Ctrl-C, and so would all that it starts and means to end so.
    signal.signal(signal.SIGINT, signal.default_int_handler)

hypothesis.settings.register_profile("here", deadline=None)  # a busy machine is slow; that is no failure
hypothesis.settings.load_profile("here")


@pytest.fixture
def house() -> Iterator[House]:
    """The service on a fresh emulated spreadsheet, in mode LIVE; audited when the test is over."""
    made = House().provision()
    yield made
    made.end()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server."""
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def sql_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty SQL database of each kind that copies are tried with."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'copy.db'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_database()


LENIENT = ("is no integer", "is no list", "is no Request")
"""Google reads numbers that are written as text, and lists in and without lists, which the discovery document does not say."""


def without_nulls(value: Any) -> Any:
    """What Google reads of a body: clients send nulls for what they leave out (recorded)."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def answers_something_else(emulator: Emulator) -> bool:
    """Whether a test has made it give answers that are not Google's."""
    return any(str(call.get("fault")).startswith("something_else") for call in emulator.calls.last)


@pytest.fixture(scope="session", autouse=True)
def discovery_document_as_a_witness() -> Iterator[None]:
    """Whatever a test sends and the emulator takes, and what it answers, has the shape that Google publishes."""
    handle, strange = Emulator.handle, []

    def witnessed(
        emulator: Emulator, method: str, path: str, query: Any = (), headers: Any = (), body: Any = b"", **more: Any
    ) -> Any:
        answer = handle(emulator, method, path, query, headers, body, **more)
        if path.startswith("/v4/") and answer.status == HTTPStatus.OK and answer.body:
            try:
                name = routes.find(method, path).route.name
                asked = without_nulls(json.loads(body)) if body else None
                if "request" in witness.methods()[name]:
                    asked = asked or {}
                witness.check_request(name, asked, list(query))
                witness.check_answer(name, json.loads(answer.body))
            except ApiError:
                pass  # a long query that came as POST: the emulator knows by a header which call it is
            except (AssertionError, ValueError) as difference:
                if any(text in str(difference) for text in LENIENT) or answers_something_else(emulator):
                    return answer
                strange.append(f"{method} {path}: {difference}")
        return answer

    Emulator.handle = witnessed  # type: ignore[assignment,method-assign]  # watched, not changed
    yield
    Emulator.handle = handle  # type: ignore[method-assign]
    assert strange == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With REQUIRE_ALL=1 a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("REQUIRE_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, although nothing may be: {report.longrepr}"
    return report
