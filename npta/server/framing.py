"""How much of a request has come in, and how much may.

Pure; what it means is for gunicorn's parser to say.
"""

from __future__ import annotations

from npta.web.problems import ProblemError
from npta.web.request_body import MAX_BODY

MAX_LINE = 8 * 1024
"""Bytes of a request's first line; Google's front end lets as much through (documented: 8 KB of URL)."""
MAX_HEAD = 32 * 1024
"""Bytes of the first line and all headers. Zapier's and Shopify's are a tenth of it, an identity token has 1.5 kB."""
MAX_CHUNKS = 4_096
"""Of a body without a length; a client that sends single bytes costs as much as one that sends megabytes."""
MAX_CHUNK_LINE = 256
MAX_TRAILER = 8 * 1024
_END = b"\r\n\r\n"
_DIGITS = frozenset(b"0123456789abcdefABCDEF")


def head_length(received: bytearray) -> int | None:
    """Return the length of the head that stands at the start.

    None while it has not come in whole.

    Raises `ProblemError` 414 or 431.
    """
    if len(received) > MAX_LINE and received.find(b"\r\n", 0, MAX_LINE + 2) < 0:
        raise ProblemError(414, "Path too long", f"The first line of a request has {MAX_LINE} bytes at most.")
    found = received.find(_END, 0, MAX_HEAD + len(_END))
    if found < 0 and len(received) > MAX_HEAD:
        raise ProblemError(431, "Headers too large", f"The headers of a request have {MAX_HEAD} bytes at most.")
    return found + len(_END) if found >= 0 else None


class Sized:
    """A body that says how long it is."""

    def __init__(self, length: int) -> None:
        self._length = length

    def length(self, received: bytearray) -> int | None:
        """Return the length of the body that stands at the start.

        None while it has not come in whole. Raises `ProblemError` 413.
        """
        if len(received) >= self._length:
            return self._length
        if len(received) > MAX_BODY:
            raise too_large()
        return None


class Chunked:
    """A body in chunks, whose end is looked for as it comes in.

    No chunk is looked at again once it is whole.
    """

    def __init__(self) -> None:
        self._at = 0
        self._content = 0
        self._chunks = 0
        self._last = False

    def length(self, received: bytearray) -> int | None:
        """As above, the chunks' own lines included. Raises `ProblemError` 400 or 413."""
        while not self._last:
            end = received.find(b"\r\n", self._at, self._at + MAX_CHUNK_LINE)
            if end < 0:
                _check(len(received) - self._at, MAX_CHUNK_LINE)
                return None
            size = _size(bytes(received[self._at : end]))
            if self._content + size > MAX_BODY or self._chunks == MAX_CHUNKS:
                raise too_large()
            after = end + 2 + size
            if size and len(received) < after + 2:
                return None
            if size and received[after : after + 2] != b"\r\n":
                raise _broken()
            self._at = after + 2 if size else after
            self._content, self._chunks, self._last = self._content + size, self._chunks + 1, not size
        if received[self._at : self._at + 2] == b"\r\n":
            return self._at + 2
        end = received.find(_END, self._at, self._at + MAX_TRAILER)
        if end < 0:
            _check(len(received) - self._at, MAX_TRAILER)
            return None
        return end + len(_END)


def _check(length: int, longest: int) -> None:
    if length >= longest:
        raise _broken()


def _size(line: bytes) -> int:
    digits = line.partition(b";")[0].rstrip(b" \t")
    if not 0 < len(digits) <= 8 or not _DIGITS.issuperset(digits):  # noqa: PLR2004 — eight digits are 4 GiB
        raise _broken()
    return int(digits, 16)


def too_large() -> ProblemError:
    """Return the answer to a body that nobody waits for."""
    return ProblemError(413, "Too large", "A body has 1 MiB at most, and no more than 4,096 chunks.")


def _broken() -> ProblemError:
    return ProblemError(400, "Bad request", "The chunks of the body cannot be read.")
