"""Values of a projection that live in layers: the latest of something, and a queue of ids.

To read or change one costs the same however much there is: a layer holds what it has changed and no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from sheets_schema import Overlay

V = TypeVar("V")


class Latest(Overlay[str, V]):
    """One value: the newest that was set."""

    @property
    def value(self) -> V | None:
        """The value; None before any was set."""
        return self.get("")

    @value.setter
    def value(self, new: V) -> None:
        self.maps[0][""] = new


class Count(Overlay[str, int]):
    """A number that begins at 0."""

    @property
    def value(self) -> int:
        """The number."""
        return self.get("", 0)

    def set(self, number: int) -> None:
        """Go on from a number."""
        self.maps[0][""] = number

    def add(self) -> int:
        """Count one more; return the number before."""
        before = self.get("", 0)
        self.maps[0][""] = before + 1
        return before

    def reset(self) -> None:
        """Begin at 0 again."""
        self.set(0)


_ENDS = ""
"""The id of the link between the last and the first; no id is empty."""
_ALONE = (_ENDS, _ENDS, 0)

_Link = tuple[str, str, int]
"""The id before, the id after, and, in the link between the ends, how many there are. A plain tuple: a fold makes many."""


class OrderQueue(Overlay[str, _Link | None]):
    """Ids in the order in which they were added, as links; None where one is no longer in it."""

    @property
    def size(self) -> int:
        """How many are in it."""
        return (self.get(_ENDS) or _ALONE)[2]

    def ids(self) -> Iterator[str]:
        """Those that are in it, first come first."""
        _, following, _ = self.get(_ENDS) or _ALONE
        while following != _ENDS:
            yield following
            _, following, _ = self[following] or _ALONE

    def put(self, member: str, *, there: bool) -> None:
        """Put an id at the end, or take it out; nothing happens if it stands as it should."""
        link = self.get(member)
        if member == _ENDS or (link is not None) is there:
            return
        newest = self.maps[0]
        last, first, size = self.get(_ENDS) or _ALONE
        if link is None:
            newest[member] = (last, _ENDS, 0)
            if last != _ENDS:
                before, _, _ = self[last] or _ALONE
                newest[last] = (before, member, 0)
            newest[_ENDS] = (member, first if size else member, size + 1)
            return
        before, after, _ = link
        newest[member] = None
        if before != _ENDS:
            newest[before] = ((self[before] or _ALONE)[0], after, 0)
        if after != _ENDS:
            newest[after] = (before, (self[after] or _ALONE)[1], 0)
        newest[_ENDS] = (before if last == member else last, after if first == member else first, size - 1)
