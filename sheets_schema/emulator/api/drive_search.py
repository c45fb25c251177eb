"""The `q` and `orderBy` of Drive's `files.list`.

Documented: comparisons joined by and, or, not and brackets.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sheets_schema.emulator.errors import ApiError, invalid_argument, unsupported
from sheets_schema.emulator.model.workbook import JsonDict

Test = Callable[[JsonDict], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<bracket>[()])|(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<operator><=|>=|!=|=|<|>)|(?P<word>\w+))\s*"""
)
_FIELDS = frozenset(
    {"name", "mimeType", "trashed", "starred", "createdTime", "modifiedTime", "fullText", "sharedWithMe"}
)
_LISTS = {"parents": "parents", "owners": "owners", "writers": "writers", "readers": "readers"}
_ORDERS = {"name": "name", "createdTime": "createdTime", "modifiedTime": "modifiedTime", "recency": "modifiedTime"}
_MAX_NESTING = 50


def search(query: str) -> Test:
    """Return what a search asks of a file. Raises `ApiError` for one that is not understood."""
    if not query.strip():
        return lambda _: True
    parser = _SearchParser(query)
    test = parser.any_of(0)
    if parser.position != len(parser.tokens):
        raise parser.refusal()
    return test


def ordered(files: list[JsonDict], order: str) -> list[JsonDict]:
    """Return the files in the order asked for: `modifiedTime desc,name`."""
    for part in reversed([part for part in order.split(",") if part]):
        name, _, direction = part.strip().partition(" ")
        if name == "folder":
            files = sorted(files, key=lambda file: not file["mimeType"].endswith(".folder"))
            continue
        if name not in _ORDERS or direction.strip() not in {"", "desc"}:
            raise unsupported(f"the Drive order {part[:100]!r}")
        files = sorted(files, key=lambda file, by=_ORDERS[name]: file[by], reverse=bool(direction))  # type: ignore[misc] # mypy cannot infer a lambda with a default
    return files


class _SearchParser:
    """Recursive descent: or binds weaker than and, not binds strongest."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.position = 0
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(query):
            match = _TOKEN.match(query, at)
            if match is None:
                raise self.refusal()
            self.tokens.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
            at = match.end()

    def refusal(self) -> ApiError:
        return unsupported(f"the Drive search {self.query[:200]!r}")

    def next_is(self, *words: str) -> bool:
        if self.position < len(self.tokens):
            kind, text = self.tokens[self.position]
            if kind in {"word", "bracket"} and text.lower() in words:
                self.position += 1
                return True
        return False

    def take(self, *kinds: str) -> str:
        if self.position < len(self.tokens) and self.tokens[self.position][0] in kinds:
            self.position += 1
            return self.tokens[self.position - 1][1]
        raise self.refusal()

    def any_of(self, depth: int) -> Test:
        tests = [self.all_of(depth)]
        while self.next_is("or"):
            tests.append(self.all_of(depth))
        return tests[0] if len(tests) == 1 else lambda file: any(test(file) for test in tests)

    def all_of(self, depth: int) -> Test:
        tests = [self.one(depth)]
        while self.next_is("and"):
            tests.append(self.one(depth))
        return tests[0] if len(tests) == 1 else lambda file: all(test(file) for test in tests)

    def one(self, depth: int) -> Test:
        if depth > _MAX_NESTING:
            raise self.refusal()
        if self.next_is("not"):
            test = self.one(depth + 1)
            return lambda file: not test(file)
        if self.next_is("("):
            test = self.any_of(depth + 1)
            if not self.next_is(")"):
                raise self.refusal()
            return test
        return self.comparison()

    def comparison(self) -> Test:
        """Read `name = 'x'`, `'x' in parents`, or `parents in 'x'`.

        The last is what gspread writes and Drive understands.
        """
        first = self.take("text", "word")
        if self.next_is("in"):
            second = self.take("text", "word")
            wanted, name = (_text(first), second) if first[0] in "'\"" else (_text(second), first)
            if name not in _LISTS:
                raise self.refusal()
            return lambda file: wanted in file[_LISTS[name]]
        if first == "sharedWithMe" and (
            self.position == len(self.tokens) or self.tokens[self.position][0] != "operator"
        ):
            return lambda file: bool(file["sharedWithMe"])
        if first not in _FIELDS:
            raise self.refusal()
        if self.next_is("contains"):
            part = _text(self.take("text")).casefold()
            field = "name" if first == "fullText" else first
            return lambda file: part in str(file[field]).casefold()
        operator = self.take("operator")
        value = self.take("text", "word")
        return self.compare(first, operator, value)

    def compare(self, name: str, operator: str, value: str) -> Test:
        wanted: Any = _text(value) if value[0] in "'\"" else {"true": True, "false": False}.get(value.lower(), value)
        if name in {"trashed", "starred", "sharedWithMe"} and not isinstance(wanted, bool):
            raise invalid_argument("Invalid Value")
        if operator in {"=", "!="}:
            return lambda file: bool(file[name] == wanted) == (operator == "=")
        if not name.endswith("Time"):
            raise self.refusal()
        moment = str(wanted).rstrip("Z")
        below, equal = operator[0] == "<", operator.endswith("=")

        def compared(file: JsonDict) -> bool:
            own = str(file[name])[: len(moment)]
            return equal if own == moment else (own < moment) == below

        return compared


def _text(quoted: str) -> str:
    return re.sub(r"\\(.)", r"\1", quoted[1:-1]) if quoted[:1] in {"'", '"'} else quoted
