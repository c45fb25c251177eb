"""Field masks on answers and on updates.

`sheets(properties.title,data/rowData)` and `gridProperties.rowCount`, for example. Documented: partial responses and
`google.protobuf.FieldMask`; `/` and `.` both separate steps (recorded).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sheets_schema.emulator.messages.streams import LongList

_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|[*,()./])\s*")
_MAX_DEPTH = 60


class Mask:
    """A tree of field names; a leaf, and a star, take everything below.

    `Mask.everything()` takes all. Immutable once made.
    """

    __slots__ = ("_children",)

    def __init__(self, children: dict[str, Mask] | None) -> None:
        self._children = children

    @staticmethod
    def everything() -> Mask:
        """Return the mask that keeps all there is."""
        return Mask(None)

    @property
    def takes_all(self) -> bool:
        """True for a leaf."""
        return self._children is None

    def names(self) -> list[str]:
        """Return the fields named at this level."""
        return [] if self._children is None else list(self._children)

    def below(self, name: str) -> Mask | None:
        """Return the mask for one field's value; None when the field is not wanted."""
        if self._children is None:
            return self
        return self._children.get(name) or self._children.get("*")

    def wants(self, *path: str) -> bool:
        """Whether anything at this path is kept."""
        mask: Mask | None = self
        for name in path:
            mask = mask.below(name) if mask else None
        return mask is not None

    def paths(self, prefix: str = "") -> list[str]:
        """Every leaf as a dotted path."""
        if self._children is None:
            return [prefix] if prefix else []
        found: list[str] = []
        for name, child in self._children.items():
            found += child.paths(f"{prefix}.{name}" if prefix else name)
        return found

    def keep(self, value: Any) -> Any:
        """Return the wanted part of a JSON value; lists are looked through.

        Empty messages stay as `{}` (recorded).
        """
        if self._children is None:
            return value
        if isinstance(value, list):
            return [self.keep(item) for item in value]
        if isinstance(value, LongList):
            return value.map(self.keep)
        if not isinstance(value, dict):
            return value
        kept: dict[str, Any] = {}
        for name, item in value.items():
            child = self.below(name)
            if child is not None:
                kept[name] = child.keep(item)
        return kept


def parse(text: str) -> Mask | None:
    """Read a mask; None when the text is not one."""
    tokens: list[str] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            return None
        tokens.append(match.group(1))
        position = match.end()
    root: dict[str, Any] = {}
    rest = _parse_list(tokens, 0, root, 0)
    if rest != len(tokens) or not root:
        return None
    return _freeze(root)


def _freeze(tree: dict[str, Any]) -> Mask:
    if tree.get("*") == {} and len(tree) == 1:
        return Mask.everything()
    return Mask({name: _freeze(child) if child else Mask.everything() for name, child in tree.items()})


def _parse_list(tokens: list[str], position: int, into: dict[str, Any], depth: int) -> int | None:
    """Comma-separated paths; the position after them, None when malformed."""
    if depth > _MAX_DEPTH:
        return None
    while True:
        after = _parse_path(tokens, position, into, depth)
        if after is None:
            return None
        if after < len(tokens) and tokens[after] == ",":
            position = after + 1
            continue
        return after


def _parse_path(tokens: list[str], position: int, into: dict[str, Any], depth: int) -> int | None:
    node = into
    while position < len(tokens):
        name = tokens[position]
        if name in {",", "(", ")", ".", "/"}:
            return None
        position += 1
        follows = tokens[position] if position < len(tokens) else ""
        known = node.get(name)
        if follows in {".", "/"}:
            node = _descend(node, name, known)
            position += 1
            continue
        if follows == "(":
            child = _descend(node, name, known)
            closed = _parse_list(tokens, position + 1, child, depth + 1)
            if closed is None or closed >= len(tokens) or tokens[closed] != ")":
                return None
            return closed + 1
        node[name] = {}
        return position
    return None


def _descend(node: dict[str, Any], name: str, known: dict[str, Any] | None) -> dict[str, Any]:
    """Return the subtree of a name.

    A name already taken whole stays whole: what is added below it is thrown away.
    """
    if known == {}:
        return {}
    if known is None:
        known = node[name] = {}
    return known


def merged(old: Mapping[str, Any], new: Mapping[str, Any], mask: Mask) -> dict[str, Any]:
    """`old` with the fields of the mask taken from `new`.

    A masked field that `new` lacks is removed.
    """
    if mask.takes_all:
        return dict(new)
    result = dict(old)
    names = set(old) | set(new) if "*" in mask.names() else mask.names()
    for name in names:
        below = mask.below(name)
        if below is None:
            continue
        if below.takes_all:
            if name in new:
                result[name] = new[name]
            else:
                result.pop(name, None)
            continue
        inner = merged(old.get(name, {}), new.get(name, {}), below)
        if inner:
            result[name] = inner
        else:
            result.pop(name, None)
    return result
