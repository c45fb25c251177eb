"""A pytest plugin for `make mutate`: tell coverage which test is running, and note how long each takes."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Generator
from pathlib import Path

import coverage
import pytest

DURATIONS = "durations.json"
_took: defaultdict[str, float] = defaultdict(float)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Count what a test executes, its fixtures included, for all of its parameters together."""
    name, start = item.nodeid.partition("[")[0], time.monotonic()
    if measured := coverage.Coverage.current():
        measured.switch_context(name)
    try:
        return (yield)
    finally:
        _took[name] += time.monotonic() - start


def pytest_sessionfinish() -> None:
    """Write how long the tests took, by name."""
    Path(DURATIONS).write_text(json.dumps(_took))
