"""The part of Shopify's search language that is used here.

`field:value`, `field:"value"`, `-field:value`, `field:>=time`, joined by AND and OR, grouped by parentheses.

As coarse as Shopify's: values are compared without case, and a value matches each word of a text as well as the whole.
Of two without a parenthesis AND binds closer than OR (assumed).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_TERM = re.compile(
    r'(?P<not>-?)(?P<field>\w+):(?P<than>>=|<=|>|<|)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s"()]+))\s*'
)
_WORD = re.compile(r"(AND|OR)\b\s*")

Fields = Mapping[str, Sequence[str]]
"""What a thing can be found by: the texts of each field."""
_Fits = Callable[[Fields], bool]


class UnclearQueryError(Exception):
    """The search cannot be understood."""


def matcher(search: str | None, known: Sequence[str]) -> _Fits:
    """Whether a thing is found.

    Raises `UnclearQueryError` for a field that is not known: Shopify would ignore it silently.
    """
    text = (search or "").strip()
    return _Reader(text, known).whole() if text else lambda _: True


class _Reader:
    """Reads a search from its beginning to its end."""

    def __init__(self, text: str, known: Sequence[str]) -> None:
        self._text, self._known, self._at = text, known, 0

    def whole(self) -> _Fits:
        found = self._any()
        if self._at < len(self._text):
            raise self._unclear("AND or OR is missing")
        return found

    def _any(self) -> _Fits:
        ways = [self._all()]
        while self._word("OR"):
            ways.append(self._all())
        return lambda fields: any(way(fields) for way in ways)

    def _all(self) -> _Fits:
        parts = [self._one()]
        while self._word("AND"):
            parts.append(self._one())
        return lambda fields: all(part(fields) for part in parts)

    def _one(self) -> _Fits:
        if self._sign("("):
            found = self._any()
            if not self._sign(")"):
                raise self._unclear("a parenthesis is not closed")
            return found
        term = _TERM.match(self._text, self._at)
        if term is None or term["field"] not in self._known:
            raise self._unclear(f"fields are {', '.join(self._known)}")
        self._at = term.end()
        name, than, wanted = term["field"], term["than"], not term["not"]
        value = re.sub(r"\\(.)", r"\1", term["quoted"]) if term["quoted"] is not None else term["plain"]
        return lambda fields: _fits(fields.get(name, ()), than, value.casefold()) is wanted

    def _word(self, word: str) -> bool:
        found = _WORD.match(self._text, self._at)
        if found is None or found[1] != word:
            return False
        self._at = found.end()
        return True

    def _sign(self, sign: str) -> bool:
        if not self._text.startswith(sign, self._at):
            return False
        self._at += 1
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        return True

    def _unclear(self, why: str) -> UnclearQueryError:
        return UnclearQueryError(f"search {self._text!r} from character {self._at}: {why}")


def _fits(texts: Sequence[str], than: str, value: str) -> bool:
    folded = [text.casefold() for text in texts]
    compared: dict[str, Callable[[str], bool]] = {
        ">=": lambda text: text >= value,
        "<=": lambda text: text <= value,
        ">": lambda text: text > value,
        "<": lambda text: text < value,
        "": lambda text: value == text or value in re.split(r"[^\w]+", text),
    }
    return any(map(compared[than], folded))
