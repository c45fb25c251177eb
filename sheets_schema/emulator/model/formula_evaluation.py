"""A small evaluator: constants, references, ranges, a dozen functions, and their errors.

What it does not know it refuses by name where it is written. Functions that Google does not have either are `#NAME?`.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, Protocol

from sheets_schema.emulator.errors import unsupported
from sheets_schema.emulator.messages.numbers import whole
from sheets_schema.emulator.model.formula_parser import ERRORS, Cells, Node, leaves, parse
from sheets_schema.emulator.model.known_functions import KNOWN
from sheets_schema.emulator.model.rows import Value


class FormulaError(Exception):
    """A formula shows an error, such as `#DIV/0!`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Surroundings(Protocol):
    """What a formula sees: cells, names, the day."""

    def cells(self, wanted: Cells) -> list[Value]:
        """Return the values of some cells, row by row; raises `FormulaError`."""

    def named(self, name: str) -> Cells | None:
        """Return the cells of a named range."""

    @property
    def today(self) -> int:
        """The serial number of today."""


class _Nowhere:
    """The surroundings of a formula of constants."""

    today = 0

    def cells(self, wanted: Cells) -> list[Value]:  # noqa: ARG002 - there are none
        raise FormulaError("#REF!")

    def named(self, name: str) -> Cells | None:  # noqa: ARG002 - as above
        return None


def check(formula: str) -> bool:
    """Refuse a formula that could not be computed.

    Tell whether its value depends on anything but itself.
    """
    nodes = list(leaves(parse(formula)))
    for node in nodes:
        if node.kind == "call" and node.value not in FUNCTIONS and node.value in KNOWN:
            raise unsupported(f"the function {node.value} in {formula[:100]!r}")
    return any(node.kind in {"cells", "name"} or node.value == "TODAY" for node in nodes)


def evaluate(formula: str, around: Surroundings | None = None) -> Value:
    """Return what a formula shows: a value, or an error as text."""
    check(formula)
    try:
        value = _value(parse(formula), around or _Nowhere())
    except FormulaError as error:
        return error.code
    return whole(value) if isinstance(value, float) else value


def _value(node: Node, around: Surroundings) -> Value:
    """Return one value of a node."""
    if node.kind == "value":
        found: Value = node.value
        return found
    if node.kind == "error":
        raise FormulaError(node.value)
    if node.kind in {"cells", "name"}:
        return _single(_many(node, around))
    if node.kind == "call":
        function = FUNCTIONS.get(node.value)
        if function is None:
            raise FormulaError("#NAME?")
        return function(node.inner, around)
    if node.kind == "binary":
        return _binary(node.value, *(_value(inner, around) for inner in node.inner))
    number = _number(_value(node.inner[0], around))
    if node.kind == "percent":
        return _checked(number / 100)
    return -number if node.value == "-" else number


def _many(node: Node, around: Surroundings) -> list[Value]:
    """Return all values of a node: those of its cells, or the one that it has."""
    if node.kind == "name":
        cells = around.named(node.value)
        if cells is None:
            raise FormulaError("#NAME?")
        return around.cells(cells)
    return around.cells(node.value) if node.kind == "cells" else [_value(node, around)]


def _single(values: list[Value]) -> Value:
    if len(values) != 1:
        raise FormulaError("#VALUE!")
    return values[0]


def _binary(sign: str, left: Value, right: Value) -> Value:
    if sign == "&":
        return _text(left) + _text(right)
    if sign in _COMPARE:
        return bool(_COMPARE[sign](_rank(left, right), _rank(right, left)))
    one, two = _number(left), _number(right)
    if sign == "/" and two == 0:
        raise FormulaError("#DIV/0!")
    try:
        return _checked(_COMPUTE[sign](one, two))
    except (OverflowError, ZeroDivisionError):
        raise FormulaError("#NUM!") from None


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_COMPUTE: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": lambda one, two: float(one) ** two,
}


def _rank(value: Value, other: Value) -> tuple[int, float | str]:
    """Return what values are compared by: numbers before texts before booleans.

    A blank is like the other one.
    """
    if value == "" and not isinstance(other, str):
        value = False if isinstance(other, bool) else 0
    if isinstance(value, bool):
        return 2, value
    return (1, value.casefold()) if isinstance(value, str) else (0, value)


def _number(value: Value) -> float:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        if not value:
            return 0
        try:
            found = float(value)
        except ValueError:
            raise FormulaError("#VALUE!") from None
        if not math.isfinite(found):
            raise FormulaError("#VALUE!")
        return found
    return value


def _checked(value: float) -> Value:
    if isinstance(value, complex) or not math.isfinite(value):
        raise FormulaError("#NUM!")
    return whole(float(value))


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(whole(value)) if isinstance(value, float) else str(value)


Arguments = tuple[Node, ...]
Function = Callable[[Arguments, Surroundings], Value]


def _numbers(arguments: Arguments, around: Surroundings) -> list[float]:
    """Return the numbers among the arguments.

    Documented: text and booleans in cells are skipped, given ones count.
    """
    found: list[float] = []
    for node in arguments:
        values = _many(node, around)
        if node.kind in {"cells", "name"}:
            _raise_first(values)
            found += [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        else:
            found.append(_number(values[0]))
    return found


def _raise_first(values: Iterable[Value]) -> None:
    for value in values:
        if isinstance(value, str) and value in ERRORS:
            raise FormulaError(value)


def _count(arguments: Arguments, around: Surroundings) -> Value:
    values = [value for node in arguments for value in _many(node, around)]
    return sum(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _counta(arguments: Arguments, around: Surroundings) -> Value:
    return sum(value != "" or node.kind == "value" for node in arguments for value in _many(node, around))


def _average(arguments: Arguments, around: Surroundings) -> Value:
    numbers = _numbers(arguments, around)
    if not numbers:
        raise FormulaError("#DIV/0!")
    return _checked(math.fsum(numbers) / len(numbers))


def _if(arguments: Arguments, around: Surroundings) -> Value:
    if not 2 <= len(arguments) <= 3:  # noqa: PLR2004 - a condition, and one or two values
        raise FormulaError("#N/A")
    holds = _number(_value(arguments[0], around)) != 0
    if holds:
        return _value(arguments[1], around)
    return _value(arguments[2], around) if len(arguments) == 3 else False  # noqa: PLR2004 - as above


def _iferror(arguments: Arguments, around: Surroundings) -> Value:
    try:
        value = _value(arguments[0], around)
        _raise_first([value])
    except FormulaError:
        return _value(arguments[1], around) if len(arguments) > 1 else ""
    return value


def _round(arguments: Arguments, around: Surroundings) -> Value:
    number = Decimal(repr(_number(_value(arguments[0], around))))
    places = int(_number(_value(arguments[1], around))) if len(arguments) > 1 else 0
    if not -_MOST_PLACES <= places <= _MOST_PLACES:
        raise FormulaError("#NUM!")
    return _checked(float(number.scaleb(places).quantize(Decimal(1), ROUND_HALF_UP).scaleb(-places)))


def _hyperlink(arguments: Arguments, around: Surroundings) -> Value:
    return _value(arguments[-1], around)


def _joined(arguments: Arguments, around: Surroundings) -> Value:
    values = [value for node in arguments for value in _many(node, around)]
    _raise_first(values)
    return "".join(map(_text, values))


_MOST_PLACES = 20


class _Signature(NamedTuple):
    """How many arguments a function takes, and what it does."""

    least: int
    most: int
    work: Function


_MANY = 255
_SIGNATURES = {
    "SUM": _Signature(1, _MANY, lambda a, s: _checked(math.fsum(_numbers(a, s)))),
    "AVERAGE": _Signature(1, _MANY, _average),
    "COUNT": _Signature(1, _MANY, _count),
    "COUNTA": _Signature(1, _MANY, _counta),
    "MIN": _Signature(1, _MANY, lambda a, s: min(_numbers(a, s), default=0)),
    "MAX": _Signature(1, _MANY, lambda a, s: max(_numbers(a, s), default=0)),
    "IF": _Signature(2, 3, _if),
    "IFERROR": _Signature(1, 2, _iferror),
    "ROUND": _Signature(1, 2, _round),
    "TODAY": _Signature(0, 0, lambda _, s: s.today),
    "HYPERLINK": _Signature(1, 2, _hyperlink),
    "CONCATENATE": _Signature(1, _MANY, _joined),
    "CONCAT": _Signature(2, 2, _joined),
}


def _bound(signature: _Signature) -> Function:
    def function(arguments: Arguments, around: Surroundings) -> Value:
        if not signature.least <= len(arguments) <= signature.most:
            raise FormulaError("#N/A")  # what Google shows for a wrong number of arguments
        return signature.work(arguments, around)

    return function


FUNCTIONS: dict[str, Function] = {name: _bound(signature) for name, signature in _SIGNATURES.items()}
