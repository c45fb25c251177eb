"""Fixtures that many tests share, and the promise that nothing is skipped where everything is required."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

from tests.support import House


@pytest.fixture
def house() -> House:
    """The service on a fresh emulated spreadsheet, in mode LIVE."""
    return House().provision()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With REQUIRE_ALL=1 a skipped test is a failed one."""
    report = yield
    if report.skipped and os.environ.get("REQUIRE_ALL") == "1":
        report.outcome = "failed"
        report.longrepr = f"skipped, although nothing may be: {report.longrepr}"
    return report
