"""The faults that are planted: one small change of one expression or statement. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

SWAPPED: dict[type[ast.AST], str] = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.FloorDiv: "*",
    ast.And: "or",
    ast.Or: "and",
}
_OPERATOR = re.compile(r"not\s+in|is\s+not|<=|>=|==|!=|//|<|>|\+|-|\*|\bin\b|\bis\b|\band\b|\bor\b")
_QUIET = re.compile(r"_log\.|sys\.stdout\.write|warnings\.")
_SHOWN_ONLY = ("__repr__", "__str__")

Span = tuple[int, int]
Change = tuple[Span, str]
"""What stands between two offsets of a file's text, and what it becomes."""


class Mutant(NamedTuple):
    """One change: the text of a file from `start` to `end` becomes `text`. `line` is where it stands, counted from 1."""

    file: str
    line: int
    start: int
    end: int
    before: str
    text: str
    code: str
    """The line itself."""

    @property
    def name(self) -> str:
        """How it is listed as equivalent: wherever the line stands by now."""
        return f"{self.file}  {self.code}  {' '.join(self.before.split())!r} -> {self.text.strip()!r}"

    def applied(self, source: str) -> str:
        """Return the file's text with this change."""
        return source[: self.start] + self.text + source[self.end :]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}  {' '.join(self.before.split())!r} -> {self.text.strip()!r}"


def mutants(file: str, source: str) -> list[Mutant]:
    """Return every fault that can be planted in a file's functions.

    Texts, annotations, assertions (`zip(strict=True)` is one), what a repr shows and what is logged stay as they are:
    no promise hangs on them.
    """
    places = _Places(source)
    found: dict[Mutant, None] = {}
    for function in _functions(ast.parse(source)):
        for statement in function.body:
            for node in _reached(statement):
                for (start, end), text in planted(node, places):
                    line = source.count("\n", 0, start) + 1
                    code = source.splitlines()[line - 1].strip()
                    mutant = Mutant(file, line, start, end, source[start:end], text, code)
                    if _compiles(mutant.applied(source)):
                        found[mutant] = None
    return [*found]


class _Places:
    """Where nodes stand in a text; the parser counts bytes in a line, and a text letters."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._bytes = source.encode()
        self._lines = [0]
        for line in self._bytes.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))

    def of(self, node: ast.expr | ast.stmt) -> Span:
        """Return where a node begins and ends."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def text(self, node: ast.expr | ast.stmt) -> str:
        """Return what is written there."""
        start, end = self.of(node)
        return self.source[start:end]

    def between(self, first: ast.expr, then: ast.expr) -> Span | None:
        """Return where the operator between two operands stands."""
        found = _OPERATOR.search(self.source, self.of(first)[1], self.of(then)[0])
        return found.span() if found else None

    def _offset(self, line: int, column: int) -> int:
        return len(self._bytes[: self._lines[line - 1] + column].decode())


def planted(node: ast.AST, places: _Places) -> Iterator[Change]:
    """Yield the faults that can be planted in one node itself."""
    for kinds, plant in _PLANTS:
        if isinstance(node, kinds):
            yield from plant(node, places)


def _operators(node: ast.Compare | ast.BoolOp | ast.BinOp, places: _Places) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        operators, operands = list[ast.AST](node.ops), [node.left, *node.comparators]
    elif isinstance(node, ast.BoolOp):
        operators, operands = [node.op] * (len(node.values) - 1), node.values
    else:
        operators, operands = ([] if _joins(node) else [node.op]), [node.left, node.right]
    for operator, first, then in zip(operators, operands, operands[1:], strict=False):
        where = places.between(first, then)
        if where and type(operator) in SWAPPED:
            yield where, SWAPPED[type(operator)]


def _negation(node: ast.UnaryOp, places: _Places) -> Iterator[Change]:
    if isinstance(node.op, ast.Not):
        yield (places.of(node)[0], places.of(node.operand)[0]), ""


def _constant(node: ast.Constant, places: _Places) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield places.of(node), str(not node.value)
    elif isinstance(node.value, int):
        yield places.of(node), str(node.value + 1)


def _condition(node: ast.If | ast.While | ast.IfExp, places: _Places) -> Iterator[Change]:
    yield places.of(node.test), f"not ({places.text(node.test)})"


def _filter(node: ast.comprehension, places: _Places) -> Iterator[Change]:
    for test in node.ifs:
        yield places.of(test), "True"


def _asserts(raised: ast.Call) -> bool:
    return isinstance(raised.func, ast.Name) and raised.func.id == "AssertionError"


def _statement(node: ast.stmt, places: _Places) -> Iterator[Change]:
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    raised = isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and not _asserts(node.exc)
    if called or raised or isinstance(node, ast.Break | ast.Continue | ast.AugAssign):
        yield places.of(node), "pass"


_PLANTS: tuple[tuple[type[ast.AST] | tuple[type[ast.AST], ...], Callable[..., Iterator[Change]]], ...] = (
    ((ast.Compare, ast.BoolOp, ast.BinOp), _operators),
    (ast.UnaryOp, _negation),
    (ast.Constant, _constant),
    ((ast.If, ast.While, ast.IfExp), _condition),
    (ast.comprehension, _filter),
    (ast.stmt, _statement),
)


def _functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """Yield the functions and methods that stand in no other one."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            if node.name not in _SHOWN_ONLY:
                yield node
        else:
            yield from _functions(node)


def _reached(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and what stands in it, without texts, annotations, assertions and what is logged."""
    logs = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _QUIET.match(ast.unparse(node))
    asserts = isinstance(node, ast.Assert) or (isinstance(node, ast.keyword) and node.arg == "strict")
    if logs or asserts or isinstance(node, ast.JoinedStr):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for below in value if isinstance(value, list) else [value]:
            if isinstance(below, ast.AST):
                yield from _reached(below)


def _joins(node: ast.BinOp) -> bool:
    """Whether it joins texts or lists that are written there: with a minus it would fail at once."""
    written = (ast.JoinedStr, ast.List, ast.Tuple, ast.ListComp)
    return any(
        isinstance(side, written) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True
