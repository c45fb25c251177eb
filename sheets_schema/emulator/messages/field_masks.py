"""Field masks: the `fields` of a URL, and the update masks of requests.

`sheets(properties.title,data/rowData)` and `gridProperties.rowCount`, for example. Documented: partial responses and
`google.protobuf.FieldMask`; `/` and `.` both separate steps (recorded).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sheets_schema.emulator.errors import InvalidRequestError, invalid_argument
from sheets_schema.emulator.messages.message_fields import field_names, message_fields, snake
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


def answer_mask(text: str, message: str | None) -> Mask:
    """Read the `fields` of a URL, checked against the message that the answer is.

    Recorded: the texts of a wrong one.
    """
    if not text:
        return Mask.everything()
    mask = parse(text)
    wrong: list[str] = []
    if mask is not None and message is not None:
        mask, wrong = resolve_names(message, mask)
    if mask is None or wrong:
        path = wrong[0] if wrong else text
        problem = f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
        raise invalid_argument("Request contains an invalid argument.", violations=[(path, problem)])
    return mask


def update_mask(request: Mapping[str, Any], message: str, *, root: str | None = None) -> Mask:
    """Read the `fields` of an update, checked against the message it updates."""
    text = request.get("fields", "").strip()
    if not text:
        raise InvalidRequestError("At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)")
    return _parsed_mask(text, message, root)


@lru_cache(maxsize=1024)
def _parsed_mask(text: str, message: str, root: str | None) -> Mask:
    """Return the mask of a text; the same few come with every commit."""
    mask = parse(text)
    if mask is None:
        raise InvalidRequestError(f"Invalid field mask: {text}")
    if root is not None and mask.names() in ([root], [snake(root)]):
        # Documented: "The root … is implied and should not be specified"; clients that do are understood.
        mask = mask.below(root) or mask.below(snake(root)) or mask
    mask, wrong = resolve_names(message, mask)
    if wrong:
        raise InvalidRequestError(f"Invalid field: {wrong[0]}")
    return mask


def resolve_names(message: str, mask: Mask) -> tuple[Mask, list[str]]:
    """Return a mask with the fields' names as JSON has them, and its unknown paths."""
    wrong: list[str] = []
    return _resolve(message, mask, "", wrong), wrong


def _resolve(message: str, mask: Mask, prefix: str, wrong: list[str]) -> Mask:
    children: dict[str, Mask] = {}
    known, names = message_fields()[message], field_names(message)
    for written in mask.names():
        path = f"{prefix}.{written}" if prefix else written
        child = mask.below(written) or Mask.everything()
        name = written if written == "*" else names.get(written)
        if name is None:
            wrong.append(path)
            continue
        if not child.takes_all and name != "*":
            inner = known[name].removeprefix("[]").removeprefix("{}")
            if inner in message_fields():
                child = _resolve(inner, child, path, wrong)
            elif known[name]:
                wrong.append(child.paths(path)[0])
        children[name] = child
    return mask if mask.takes_all else Mask(children)


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
