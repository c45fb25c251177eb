"""A pytest plugin for `make mutate`: collect once, then plant each fault in a fork and run the tests that execute it.

A fault changes one function's code. So nothing is imported or collected again: the fork puts the changed code into the
functions that are there already, runs its tests until one fails, and ends.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest

from tests.mutation.mutants import Mutant

PLAN, RESULTS = "MUTATION_PLAN", "MUTATION_RESULTS"
ALIVE, NOTICED, NOT_PLANTED = 0, 1, 2
"""How a fork ends. One whose test hangs is ended with 1 by pytest-timeout's thread, whatever other threads do."""
SECONDS = 600
"""How long all tests of one mutant may take. A test that hangs fails by its own time-out; what only takes long is alive."""


def pytest_runtestloop(session: pytest.Session) -> bool:
    """Try every mutant of the plan in place of running the tests."""
    by_name: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in session.items:
        by_name[item.nodeid.partition("[")[0]].append(item)
    functions = live_functions()
    gc.freeze()
    with os.fdopen(int(os.environ[RESULTS]), "w", encoding="utf-8") as results:
        for *fields, tests in json.loads(Path(os.environ[PLAN]).read_text()):
            items = [item for name in tests for item in by_name[name]]
            results.write(f"{tried(Mutant(*fields), functions, items)}\n")
            results.flush()
    return True


def live_functions() -> Mapping[tuple[str, str], list[FunctionType]]:
    """Return all functions that exist, by file and qualified name, in the order of their lines."""
    found: dict[tuple[str, str], list[FunctionType]] = defaultdict(list)
    for function in gc.get_objects():
        if isinstance(function, FunctionType):
            found[function.__code__.co_filename, function.__code__.co_qualname].append(function)
    return found


def tried(mutant: Mutant, functions: Mapping[tuple[str, str], list[FunctionType]], items: list[pytest.Item]) -> int:
    """Plant a fault in a fork and run its tests there; what came of it."""
    child = os.fork()
    if child == 0:
        os.setsid()
        status = NOT_PLANTED
        try:
            if plant(mutant, functions):
                status = NOTICED if notice(items) else ALIVE
        except BaseException:  # noqa: BLE001 — whatever a fault does to a test run, it was noticed
            status = NOTICED
        finally:
            os._exit(status)
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return ALIVE


def notice(items: list[pytest.Item]) -> bool:
    """Run tests until one fails; whether one does."""
    for item, after in zip_longest(items, items[1:]):
        item.ihook.pytest_runtest_protocol(item=item, nextitem=after)
        if item.session.testsfailed:
            return True
    return False


def plant(mutant: Mutant, functions: Mapping[tuple[str, str], list[FunctionType]]) -> bool:
    """Put a fault into the functions that exist; False where none of them has the changed code."""
    file = str(Path(mutant.file).resolve())
    source = Path(file).read_text()
    planted = False
    before, after = _codes(source, file), _codes(mutant.applied(source), file)
    for name, codes in before.items():
        for old, new in zip(codes, after.get(name, ()), strict=False):
            if _said(old) != _said(new):
                for function in functions.get((file, name), ()):
                    if function.__code__.co_firstlineno == old.co_firstlineno:
                        function.__code__ = new
                        planted = True
    return planted


def _codes(source: str, file: str) -> dict[str, list[CodeType]]:
    """Return the code of every function in a text, by qualified name."""
    found: dict[str, list[CodeType]] = defaultdict(list)
    for code in _inside(compile(source, file, "exec", dont_inherit=True)):
        found[code.co_qualname].append(code)
    return found


def _inside(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _inside(constant)


def _said(code: CodeType) -> tuple[Any, ...]:
    """Return what a function's code does, wherever it stands."""
    constants = tuple(
        _said(constant) if isinstance(constant, CodeType) else (type(constant), constant) for constant in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
