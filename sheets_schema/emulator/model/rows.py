"""The rows of one sheet: small chunks that snapshots share until somebody writes.

A batch works on a fork. A fork copies one list of chunks (a million rows are some ten thousand of them) and then only
the chunks it writes to, so a commit of one row costs the same however many cells are stored.

Rows are immutable: a pair of values and extras. The value plane holds what a cell *shows to a reader*: `""` for an
empty cell, text, a number (`int` when it is whole, so that it prints as Google prints it), or a bool. The extras plane
holds what few cells have: formula, note, format, validation. Both are tuples without trailing empties.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

Value = str | int | float | bool

CHUNK = 64
"""Rows per chunk: small, because a chunk is what a one-row commit rewrites in the store."""


@dataclass(frozen=True, slots=True)
class Extra:
    """What a cell has besides its value. JSON objects inside are never changed, only replaced."""

    formula: str = ""
    note: str = ""
    format: Any = None
    validation: Any = None
    runs: Any = None
    """Formats of parts of the text; they go when the value changes (documented)."""

    def __bool__(self) -> bool:
        return bool(
            self.formula or self.note or self.format is not None or self.validation is not None or self.runs is not None
        )


NO_EXTRA = Extra()


class Row(NamedTuple):
    """One immutable row."""

    values: tuple[Value, ...] = ()
    extras: tuple[Extra, ...] = ()

    def value_at(self, column: int) -> Value:
        """Return the value, `""` beyond the end."""
        return self.values[column] if column < len(self.values) else ""

    def extra_at(self, column: int) -> Extra:
        """Return the extra, an empty one beyond the end."""
        return self.extras[column] if column < len(self.extras) else NO_EXTRA

    @property
    def width(self) -> int:
        """Columns up to the last that holds anything."""
        return max(len(self.values), len(self.extras))


EMPTY = Row()


def make_row(values: Sequence[Value], extras: Sequence[Extra]) -> Row:
    """Return a row without trailing empties."""
    end = len(values)
    while end and values[end - 1] == "":
        end -= 1
    last = len(extras)
    while last and not extras[last - 1]:
        last -= 1
    if not end and not last:
        return EMPTY
    return Row(tuple(values[:end]), tuple(extras[:last]))


def _filled(row: Row) -> int:
    """Return the columns that hold a value or a formula, as bits."""
    if "" not in row.values and not row.extras:
        return (1 << len(row.values)) - 1
    bits = 0
    for column, value in enumerate(row.values):
        if value != "":
            bits |= 1 << column
    for column, extra in enumerate(row.extras):
        if extra.formula:
            bits |= 1 << column
    return bits


@dataclass(slots=True)
class Chunk:
    """Some rows in a run. `key` names the chunk in the store and stays when its rows change."""

    key: int
    rows: list[Row]
    filled: tuple[int, int] | None = None
    """The columns that all rows fill, and those that any fills, as bits; None when nobody has asked since a change."""


class RowList:
    """The rows up to the last that holds anything; reading beyond gives empty rows."""

    __slots__ = ("_owned", "_starts", "chunks", "layout_changed", "next_key")

    def __init__(self, chunks: list[Chunk] | None = None, next_key: int = 0, starts: list[int] | None = None) -> None:
        self.chunks = chunks or []
        self.next_key = next_key
        self.layout_changed = False
        self._owned: dict[int, Chunk] = {}
        self._starts: list[int] = starts or self._index()

    def _index(self) -> list[int]:
        """Return starts of the chunks, and the length of all as the last entry."""
        starts = [0]
        total = 0
        for chunk in self.chunks:
            total += len(chunk.rows)
            starts.append(total)
        return starts

    def fork(self) -> RowList:
        """Return a copy that shares every chunk until one of the two writes to it.

        The original must not be written any more.
        """
        return RowList(self.chunks.copy(), self.next_key, self._starts.copy())

    @property
    def written(self) -> list[Chunk]:
        """The chunks this fork has written."""
        return list(self._owned.values())

    def __len__(self) -> int:
        return self._starts[-1]

    def __getitem__(self, index: int) -> Row:
        if index >= self._starts[-1]:
            return EMPTY
        position = bisect_right(self._starts, index) - 1
        return self.chunks[position].rows[index - self._starts[position]]

    def between(self, start: int, end: int) -> Iterator[Row]:
        """Rows from `start` to before `end`, as far as they are stored."""
        end = min(end, len(self))
        while start < end:
            position = bisect_right(self._starts, start) - 1
            first = self._starts[position]
            yield from self.chunks[position].rows[start - first : end - first]
            start = self._starts[position + 1]

    def replace(self, start: int, end: int, change: Callable[[Row], Row]) -> None:
        """Replace the rows from `start` to before `end`, stored or not.

        `change` is asked once for each row object: most rows are one, since they are empty or alike.
        """
        asked: dict[int, Row] = {}  # keeps each row, so that no other one gets its id
        made: dict[int, Row] = {}
        length = len(self)
        at = start
        while at < min(end, length):
            position = bisect_right(self._starts, at) - 1
            first, after = self._starts[position], min(self._starts[position + 1], end)
            part = self.chunks[position].rows[at - first : after - first]
            ids = list(map(id, part))
            for key, row in dict(zip(ids, part, strict=True)).items():
                if key not in asked:
                    asked[key], made[key] = row, change(row)
            self._own(position).rows[at - first : after - first] = map(made.__getitem__, ids)
            at = after
        if end > max(start, length) and (row := change(EMPTY)) != EMPTY:
            self._extend([EMPTY] * (start - length))
            self._extend([row] * (end - max(start, length)))
        elif end >= length:
            self._trim()

    def last_filled(self, start: int, end: int) -> int:
        """Return the index of the last row with a value or a formula in a range of rows.

        The range goes from `start` to before `end`; `start - 1` if it has none.
        """
        end = min(end, len(self))
        while end > start:
            position = bisect_right(self._starts, end - 1) - 1
            chunk, first = self.chunks[position], self._starts[position]
            if chunk.filled is None or chunk.filled[1]:
                blank = EMPTY  # rows without values are mostly one object
                for index in range(end - 1, max(start, first) - 1, -1):
                    row = chunk.rows[index - first]
                    if row is blank:
                        continue
                    if row.values or any(extra.formula for extra in row.extras):
                        return index
                    blank = row
                self._bits(chunk)  # next time it is known that there is none
            end = first
        return start - 1

    def _own(self, position: int) -> Chunk:
        chunk = self.chunks[position]
        if chunk.key not in self._owned:
            chunk = self.chunks[position] = Chunk(chunk.key, chunk.rows.copy())
            self._owned[chunk.key] = chunk
        chunk.filled = None
        return chunk

    def filled(self, index: int) -> int:
        """Return the columns that a row fills, as bits."""
        return _filled(self[index])

    def summary(self, index: int) -> tuple[int, int, int, int]:
        """Return the bounds of a row's chunk, and the columns that all and any of its rows fill."""
        position = bisect_right(self._starts, index) - 1
        return self._starts[position], self._starts[position + 1], *self._bits(self.chunks[position])

    def _bits(self, chunk: Chunk) -> tuple[int, int]:
        """Return the columns that all rows of a chunk fill, and those that any fills."""
        if chunk.filled is None:
            every = [_filled(row) for row in {id(row): row for row in chunk.rows}.values()]
            common, union = every[0], every[0]
            for bits in every:
                common, union = common & bits, union | bits
            chunk.filled = common, union
        return chunk.filled

    def __setitem__(self, index: int, row: Row) -> None:
        length = len(self)
        if index >= length:
            if row == EMPTY:
                return
            self._extend([EMPTY] * (index - length))
            self._extend([row])
            return
        position = bisect_right(self._starts, index) - 1
        self._own(position).rows[index - self._starts[position]] = row
        if row == EMPTY and index == length - 1:
            self._trim()

    def extend(self, rows: Iterable[Row]) -> None:
        """Put rows after the stored ones."""
        self._extend(list(rows))
        self._trim()

    def _extend(self, rows: list[Row]) -> None:
        taken = 0
        if self.chunks and rows:
            room = CHUNK - len(self.chunks[-1].rows)
            if room > 0:
                self._own(len(self.chunks) - 1).rows.extend(rows[:room])
                taken = room
                self._starts[-1] += min(room, len(rows))
        for start in range(taken, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            self.chunks.append(self._new_chunk(part))
            self._starts.append(self._starts[-1] + len(part))

    def _new_chunk(self, rows: list[Row]) -> Chunk:
        chunk = Chunk(self.next_key, rows)
        self.next_key += 1
        self._owned[chunk.key] = chunk
        self.layout_changed = True
        return chunk

    def _trim(self) -> None:
        """Forget empty rows at the end."""
        while self.chunks:
            last = self.chunks[-1]
            if last.rows and last.rows[-1] != EMPTY:
                return
            if any(row != EMPTY for row in last.rows):
                last = self._own(len(self.chunks) - 1)
                while last.rows[-1] == EMPTY:
                    last.rows.pop()
                self._starts[-1] = self._starts[-2] + len(last.rows)
                return
            self._owned.pop(self.chunks.pop().key, None)
            self._starts.pop()
            self.layout_changed = True

    def splice(self, start: int, end: int, new: Sequence[Row]) -> None:
        """Replace the rows from `start` to before `end` by others, of whatever number."""
        length = len(self)
        if start >= length:
            if any(row != EMPTY for row in new):
                self._extend([EMPTY] * (start - length))
                self.extend(new)
            return
        end = min(end, length)
        first = bisect_right(self._starts, start) - 1
        last = first if end <= start else bisect_right(self._starts, end - 1) - 1
        before = self.chunks[first].rows[: start - self._starts[first]]
        after = self.chunks[last].rows[max(end, start) - self._starts[last] :]
        rows = [*before, *new, *after]
        # Even parts, so that inserting at one place again and again does not leave crumbs behind.
        size = -(-len(rows) // max(1, -(-len(rows) // CHUNK)))
        fresh = [self._new_chunk(rows[at : at + size]) for at in range(0, len(rows), size)] if rows else []
        for gone in self.chunks[first : last + 1]:
            self._owned.pop(gone.key, None)
        self.chunks[first : last + 1] = fresh
        self.layout_changed = True
        self._starts = self._index()
        self._trim()
