"""The part of Shopify's search language that is used here: `field:value` or `field:"value"`, joined by AND and OR.

As coarse as Shopify's: values are compared without case, and a value matches each word of a text as well as the whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_TERM = re.compile(r'\s*(?P<field>\w+):(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^\s"]+))\s*')
_JOIN = re.compile(r"(AND|OR)\b")

Fields = Mapping[str, Sequence[str]]
"""What a thing can be found by: the texts of each field."""


class Unclear(Exception):
    """The search cannot be understood."""


def matcher(search: str | None, known: Sequence[str]) -> Callable[[Fields], bool]:
    """Whether a thing is found. Raises `Unclear` for a field that is not known: Shopify would ignore it silently."""
    if not (search or "").strip():
        return lambda _: True
    ways: list[list[tuple[str, str]]] = [[]]
    place, text = 0, search or ""
    while True:
        term = _TERM.match(text, place)
        if term is None or term["field"] not in known:
            raise Unclear(f"search {text!r} from character {place}: fields are {', '.join(known)}")
        value = re.sub(r"\\(.)", r"\1", term["quoted"]) if term["quoted"] is not None else term["plain"]
        ways[-1].append((term["field"], value.casefold()))
        place = term.end()
        if place == len(text):
            return lambda fields: any(all(_fits(fields.get(name, ()), value) for name, value in way) for way in ways)
        join = _JOIN.match(text, place)
        if join is None:
            raise Unclear(f"search {text!r} from character {place}: AND or OR is missing")
        place = join.end()
        if join[1] == "OR":
            ways.append([])


def _fits(texts: Sequence[str], value: str) -> bool:
    folded = [text.casefold() for text in texts]
    return any(value == text or value in re.split(r"[^\w]+", text) for text in folded)
