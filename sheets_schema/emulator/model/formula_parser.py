"""Formulas as trees: the grammar and precedence of spreadsheets, references included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from sheets_schema.emulator.errors import ApiError, unsupported
from sheets_schema.emulator.model.a1 import Box, parse_cells

ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")
_CELL = r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}"
REFERENCE = re.compile(
    rf"(?P<title>(?<!')'(?:[^']|''){{1,100}}+'!|(?<![A-Za-z0-9_.])[A-Za-z_][A-Za-z0-9_.]{{0,100}}+!)?"
    rf"(?P<cells>{_CELL}(?::(?:{_CELL}|\$?[A-Za-z]{{1,3}}|\$?[0-9]{{1,7}}))?|\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}|\$?[0-9]{{1,7}}:\$?[0-9]{{1,7}})"
    r"(?![A-Za-z0-9_.(])"
)
"""A reference to cells: `A1`, `$A$1:B`, `'My tab'!A:A`."""
TEXT = re.compile(r'"(?:[^"]|"")*"')
_TOKEN = re.compile(
    rf"\s*(?:(?P<text>{TEXT.pattern})|(?P<error>#(?:NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A))|(?P<reference>{REFERENCE.pattern})"
    r"|(?P<number>[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+)|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)"
    r"|(?P<operator><=|>=|<>|[-+*/^&()%=<>,;]))"
)
_MAX_NESTING = 50
_COMPARED = ("=", "<>", "<=", ">=", "<", ">")


class Node(NamedTuple):
    """A part of a formula. `kind` is value, error, cells, name, call, binary, sign or percent."""

    kind: str
    value: Any = None
    inner: tuple[Node, ...] = ()


class Cells(NamedTuple):
    """The cells of a reference; `title` is empty for those of the formula's own sheet."""

    title: str
    box: Box
    one: bool


@lru_cache(maxsize=4096)
def parse(formula: str) -> Node:
    """Return the tree of a formula such as `=SUM(A1:A9)*2`.

    Raises `ApiError` for one that is malformed.
    """
    parser = _FormulaParser(formula)
    tree = parser.compared(0)
    if parser.position != len(parser.tokens):
        raise parser.refusal()
    return tree


def leaves(tree: Node) -> Iterator[Node]:
    """Yield every node of a tree."""
    yield tree
    for node in tree.inner:
        yield from leaves(node)


class _FormulaParser:
    """Parse by recursive descent.

    Percent, sign, power, product, sum, join, comparison, from the strongest on.
    """

    def __init__(self, formula: str) -> None:
        self.formula = formula
        self.position = 0
        self.tokens: list[tuple[str, str]] = []
        at, text = 1, formula.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.refusal()
            kind = next(name for name in _KINDS if match.group(name) is not None)
            self.tokens.append((kind, match.group(kind)))
            at = match.end()
        if not self.tokens:
            raise self.refusal()

    def refusal(self) -> ApiError:
        return unsupported(f"the formula {self.formula[:100]!r}")

    def next_is(self, *choices: str) -> str | None:
        if self.position < len(self.tokens):
            kind, text = self.tokens[self.position]
            if kind == "operator" and text in choices:
                self.position += 1
                return text
        return None

    def chain(self, operators: tuple[str, ...], part: Any, depth: int) -> Node:
        left: Node = part(depth)
        while operator := self.next_is(*operators):
            left = Node("binary", operator, (left, part(depth)))
        return left

    def compared(self, depth: int) -> Node:
        return self.chain(_COMPARED, self.joined, depth)

    def joined(self, depth: int) -> Node:
        return self.chain(("&",), self.sum, depth)

    def sum(self, depth: int) -> Node:
        return self.chain(("+", "-"), self.product, depth)

    def product(self, depth: int) -> Node:
        return self.chain(("*", "/"), self.power, depth)

    def power(self, depth: int) -> Node:
        return self.chain(("^",), self.signed, depth)

    def signed(self, depth: int) -> Node:
        if depth > _MAX_NESTING:
            raise self.refusal()
        if sign := self.next_is("-", "+"):
            return Node("sign", sign, (self.signed(depth + 1),))
        node = self.atom(depth)
        while self.next_is("%"):
            node = Node("percent", None, (node,))
        return node

    def atom(self, depth: int) -> Node:
        if self.next_is("("):
            node = self.compared(depth + 1)
            if not self.next_is(")"):
                raise self.refusal()
            return node
        if self.position >= len(self.tokens):
            raise self.refusal()
        kind, text = self.tokens[self.position]
        self.position += 1
        if kind == "text":
            return Node("value", text[1:-1].replace('""', '"'))
        if kind == "number":
            return Node("value", float(text))
        if kind == "error":
            return Node("error", text)
        if kind == "reference":
            return Node("cells", _cells(text))
        if kind == "word":
            return self.called(text, depth)
        raise self.refusal()

    def called(self, word: str, depth: int) -> Node:
        if not self.next_is("("):
            return Node("value", word.upper() == "TRUE") if word.upper() in {"TRUE", "FALSE"} else Node("name", word)
        arguments: list[Node] = []
        if not self.next_is(")"):
            arguments.append(self.argument(depth))
            while self.next_is(",", ";"):
                arguments.append(self.argument(depth))
            if not self.next_is(")"):
                raise self.refusal()
        return Node("call", word.upper(), tuple(arguments))

    def argument(self, depth: int) -> Node:
        """Read an argument, which may be left out: `IF(A1,,2)`."""
        if self.position < len(self.tokens) and self.tokens[self.position] in _ENDS:
            return Node("value", "")
        return self.compared(depth + 1)


_KINDS = ("text", "error", "reference", "number", "word", "operator")
_ENDS = {("operator", ","), ("operator", ";"), ("operator", ")")}


def _cells(text: str) -> Cells:
    title, separator, cells = text.rpartition("!")
    parsed = parse_cells(cells)
    assert parsed is not None  # the expression above lets nothing else in
    if title.startswith("'"):
        title = title[1:-1].replace("''", "'")
    return Cells(title if separator else "", *parsed)
