"""No pattern takes more than time in proportion to its text: each is tried on hostile texts of a megabyte.

Patterns are found by reading the code: whatever is handed to `re`, evaluated where it stands, and used as the code uses
it (`sub` and `search` try every position of a text, `fullmatch` only the first). Patterns of pydantic's (`pattern=`) are
not among them: its engine is linear by construction (documented: Rust's `regex`).
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from npta.log import shorten_addresses
from npta.web.schemas import formats
from sheets_schema.emulator.api import routes
from tests.processor import seconds_of_the_processor

ROOT = Path(__file__).parents[1]
LENGTH = 1_000_000
SECONDS = 5
"""Of the processor, for one text; the slowest needs a tenth of it, and the square of a megabyte would be hours."""
METHODS = frozenset(("match", "fullmatch", "search", "sub", "split", "findall", "finditer"))
ANY_PATTERN = {
    (
        "sheets_schema.emulator.batch.find_replace",
        "pattern",
    ): "what a person asks find and replace to look for, as in Google's",
    ("sheets_schema.emulator.api.routes", "pattern"): "made of each route; the routes are looked at below",
    ("npta.web.schemas.formats", "pattern(form)"): "the forms of fields, which are looked at below",
}
"""Patterns that do not stand in the code."""


class Pattern(NamedTuple):
    """A pattern, where it stands, and how it is used."""

    where: str
    pattern: re.Pattern[str]
    methods: frozenset[str]


class Names(dict[str, Any]):
    """What a pattern's expression may name: the module's own names; any other is a word that the code puts in."""

    def __missing__(self, name: str) -> Any:
        return re if name == "re" else "word"


def called_on(name: str, tree: ast.Module) -> Iterator[str]:
    """The methods that a module calls on what goes by this name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == name:
            yield node.attr


def written_in(path: Path) -> Iterator[Pattern]:
    """Every pattern of one module."""
    module, tree = ".".join(path.relative_to(ROOT).with_suffix("").parts), ast.parse(path.read_text(encoding="utf-8"))
    names = {
        id(node.value): ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node.target)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args and ast.unparse(node.func).startswith("re.")):
            continue
        function, first = ast.unparse(node.func).removeprefix("re."), ast.unparse(node.args[0])
        if function not in {"compile", *METHODS} or (module, first) in ANY_PATTERN:
            continue
        source = ast.unparse(node) if function == "compile" else f"re.compile({first})"
        pattern = eval(source, {}, Names(vars(importlib.import_module(module))))
        used = METHODS & {*called_on(names.get(id(node), ""), tree)} if function == "compile" else {function}
        yield Pattern(f"{module}:{node.lineno}", pattern, frozenset(used or METHODS))


def all_patterns() -> Iterator[Pattern]:
    for path in sorted([*(ROOT / "npta").rglob("*.py"), *(ROOT / "sheets_schema").rglob("*.py")]):
        yield from written_in(path)
    for route in routes.ROUTES:
        yield Pattern(f"sheets_schema.emulator.api.routes:{route.name}", route.pattern, frozenset({"fullmatch"}))


def hostile(pattern: re.Pattern[str]) -> Iterator[str]:
    """Long texts of what the pattern likes, ended by what it cannot take."""
    liked = sorted({*re.sub(r"[\\\[\](){}|?*+^$]", "", pattern.pattern)[:30], *'aZ0 .,@-/"\\:;\n'})
    for sign in liked:
        yield sign * LENGTH + "\0"
    for first, second in permutations(liked, 2):
        yield first + second * (LENGTH // 20) + "\0"
        yield (first + second) * (LENGTH // 40) + "\0"


def tried(pattern: re.Pattern[str], method: str, text: str) -> None:
    if method == "sub":
        pattern.sub("", text)
    elif method == "finditer":
        for _ in pattern.finditer(text):
            pass
    else:
        getattr(pattern, method)(text)


@pytest.mark.parametrize("found", [pytest.param(each, id=each.where) for each in all_patterns()])
def test_a_pattern_takes_no_longer_than_its_text_is_long(found: Pattern) -> None:
    for text in hostile(found.pattern):
        for method in found.methods:
            with seconds_of_the_processor(SECONDS):
                tried(found.pattern, method, text)


def test_a_pattern_that_takes_the_square_is_found_out() -> None:
    with pytest.raises(TimeoutError), seconds_of_the_processor(0.5):
        tried(re.compile(r"[^@]+@"), "search", "a" * (LENGTH // 10))


def test_a_long_text_without_an_address_is_looked_through_at_once() -> None:
    """60 kB of path in the line of a request held every caller up for half a minute."""
    with seconds_of_the_processor(SECONDS):
        assert shorten_addresses("a" * LENGTH) == "a" * LENGTH
        assert shorten_addresses("a" * LENGTH + "@b.example") == "a…@b.example"


@pytest.mark.parametrize(
    "form", ["ORDER_ID", "ROUNDED", "QUANTITY", "TIME", "DIGITS", "STATUS", "FLAG", "YES_OR_NO", "KEEPS", "MODES"]
)
def test_a_form_of_a_field_takes_no_longer_either(form: str) -> None:
    """`npta.web.schemas.formats` compiles them by name; addresses are cut to 500 characters before they are tried."""
    found = re.compile(formats.pattern(getattr(formats, form)))
    for text in (*hostile(found), *(sign * LENGTH + "\0" for sign in " \u200b\u00a00")):
        with seconds_of_the_processor(SECONDS):
            found.fullmatch(text)
