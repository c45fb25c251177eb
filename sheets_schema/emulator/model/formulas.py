"""Formulas of constants: `=3/2`. Everything else is refused by name rather than guessed.

A real formula engine would be a second emulator; a database keeps values. What was recorded is arithmetic of numbers.
"""

from __future__ import annotations

import math
import re

from sheets_schema.emulator.errors import ApiError, unsupported
from sheets_schema.emulator.messages.messages import whole
from sheets_schema.emulator.model.rows import Value

_TOKEN = re.compile(
    r'\s*(?:([0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?|\.[0-9]+)|("(?:[^"]|"")*")|([-+*/^&()%])|(TRUE|FALSE)\b)',
    re.IGNORECASE,
)
_MAX_NESTING = 50


def evaluate(formula: str) -> Value:
    """Evaluate a formula such as `=2*(1+3)`; raises `ApiError` for one that is more than arithmetic."""
    tokens = _tokens(formula)
    parser = _Parser(formula, tokens)
    value = parser.joined(0)
    if parser.position != len(tokens):
        raise _refusal(formula)
    return value


def _refusal(formula: str) -> ApiError:
    return unsupported(f"the formula {formula[:100]!r}: only arithmetic of constants is")


def _tokens(formula: str) -> list[str]:
    tokens: list[str] = []
    position, text = 0, formula[1:].rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _refusal(formula)
        tokens.append(match.group().strip())
        position = match.end()
    if not tokens:
        raise _refusal(formula)
    return tokens


class _Parser:
    """Recursive descent with the precedence of spreadsheets: percent, sign, power, product, sum, join."""

    def __init__(self, formula: str, tokens: list[str]) -> None:
        self.formula = formula
        self.tokens = tokens
        self.position = 0

    def next_is(self, *choices: str) -> str | None:
        if self.position < len(self.tokens) and self.tokens[self.position] in choices:
            self.position += 1
            return self.tokens[self.position - 1]
        return None

    def number(self, value: Value) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _refusal(self.formula)
        return value

    def checked(self, value: float) -> Value:
        if not math.isfinite(value):
            raise _refusal(self.formula)
        return whole(float(value))

    def joined(self, depth: int) -> Value:
        value = self.sum(depth)
        while self.next_is("&"):
            value = self.text(value) + self.text(self.sum(depth))
        return value

    def text(self, value: Value) -> str:
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        return str(value)

    def sum(self, depth: int) -> Value:
        value = self.product(depth)
        while operator := self.next_is("+", "-"):
            right = self.number(self.product(depth))
            value = self.checked(self.number(value) + (right if operator == "+" else -right))
        return value

    def product(self, depth: int) -> Value:
        value = self.power(depth)
        while operator := self.next_is("*", "/"):
            right = self.number(self.power(depth))
            if operator == "/" and right == 0:
                raise _refusal(self.formula)
            value = self.checked(self.number(value) * right if operator == "*" else self.number(value) / right)
        return value

    def power(self, depth: int) -> Value:
        value = self.signed(depth)
        while self.next_is("^"):
            try:
                raised = float(self.number(value)) ** self.number(self.signed(depth))
            except (OverflowError, ZeroDivisionError):
                raise _refusal(self.formula) from None
            if isinstance(raised, complex):
                raise _refusal(self.formula)
            value = self.checked(raised)
        return value

    def signed(self, depth: int) -> Value:
        if depth > _MAX_NESTING:
            raise _refusal(self.formula)
        if self.next_is("-"):
            return self.checked(-self.number(self.signed(depth + 1)))
        if self.next_is("+"):
            return self.signed(depth + 1)
        value = self.atom(depth)
        while self.next_is("%"):
            value = self.checked(self.number(value) / 100)
        return value

    def atom(self, depth: int) -> Value:
        if self.next_is("("):
            value = self.joined(depth + 1)
            if not self.next_is(")"):
                raise _refusal(self.formula)
            return value
        if self.position >= len(self.tokens):
            raise _refusal(self.formula)
        token = self.tokens[self.position]
        self.position += 1
        if token[0] == '"':
            return token[1:-1].replace('""', '"')
        if token.upper() in {"TRUE", "FALSE"}:
            return token.upper() == "TRUE"
        if token[0] in "0123456789.":
            return self.checked(float(token))
        raise _refusal(self.formula)
