"""A queue of ids in layers: to add one, to take one out, or to see the first few costs the same however long it is."""

from __future__ import annotations

from collections.abc import Iterator

from sheets_schema import Overlay

_ENDS = ""
"""The id of the link between the last and the first; no id is empty."""
_ALONE = (_ENDS, _ENDS, 0)

_Link = tuple[str, str, int]
"""The id before, the id after, and, in the link between the ends, how many there are. A plain tuple: a fold makes many."""


class OrderQueue(Overlay[str, _Link | None]):
    """Ids in the order in which they were added; None where one is no longer in it.

    It holds links, not a list, so that a layer holds what it has changed and no more, as a `Projection` needs it.
    """

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

    def put(self, each: str, *, there: bool) -> None:
        """Put an id at the end, or take it out; nothing happens if it stands as it should."""
        link = self.get(each)
        if each == _ENDS or (link is not None) is there:
            return
        newest = self.maps[0]
        last, first, size = self.get(_ENDS) or _ALONE
        if link is None:
            newest[each] = (last, _ENDS, 0)
            if last != _ENDS:
                before, _, _ = self[last] or _ALONE
                newest[last] = (before, each, 0)
            newest[_ENDS] = (each, first if size else each, size + 1)
            return
        before, after, _ = link
        newest[each] = None
        if before != _ENDS:
            newest[before] = ((self[before] or _ALONE)[0], after, 0)
        if after != _ENDS:
            newest[after] = (before, (self[after] or _ALONE)[1], 0)
        newest[_ENDS] = (before if last == each else last, after if first == each else first, size - 1)
