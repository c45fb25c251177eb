"""How much of a request has come in: the same answer however it is cut, and gunicorn's parser sees the same end."""

from __future__ import annotations

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser
from hypothesis import given
from hypothesis import strategies as st

from npta.server.framing import MAX_CHUNKS, MAX_HEAD, MAX_LINE, Chunked, Sized, head_length
from npta.web.problems import ProblemError
from npta.web.request_body import MAX_BODY
from tests.processor import seconds_of_the_processor

HEAD = b"POST /orders HTTP/1.1\r\nHost: x\r\n\r\n"


def status(framing: Chunked | Sized, received: bytes) -> int:
    with pytest.raises(ProblemError) as caught:
        framing.length(bytearray(received))
    return caught.value.status


class TestTheHead:
    @pytest.mark.parametrize("seen", range(len(HEAD)))
    def test_it_is_there_once_its_blank_line_is(self, seen: int) -> None:
        assert head_length(bytearray(HEAD[:seen])) is None
        assert head_length(bytearray(HEAD + HEAD[:seen])) == len(HEAD)

    def test_a_first_line_that_is_too_long_is_refused_before_it_ends(self) -> None:
        with pytest.raises(ProblemError) as caught:
            head_length(bytearray(b"GET /" + b"a" * MAX_LINE))

        assert caught.value.status == 414

    def test_headers_that_are_too_long_are_refused_before_they_end(self) -> None:
        line = b"X-A: " + b"a" * 1_000 + b"\r\n"
        with pytest.raises(ProblemError) as caught:
            head_length(bytearray(b"GET / HTTP/1.1\r\n" + line * (MAX_HEAD // 900)))

        assert caught.value.status == 431

    def test_a_head_as_long_as_it_may_be_is_taken(self) -> None:
        head = b"GET / HTTP/1.1\r\n" + (b"X-A: " + b"a" * 1_000 + b"\r\n") * 32 + b"\r\n"

        assert head_length(bytearray(head)) == len(head) < MAX_HEAD + 4


class TestABodyWithALength:
    def test_it_is_there_once_all_of_it_is(self) -> None:
        assert Sized(3).length(bytearray(b"ab")) is None
        assert Sized(3).length(bytearray(b"abcGET")) == 3
        assert Sized(0).length(bytearray()) == 0

    def test_nobody_waits_for_one_that_is_too_large(self) -> None:
        assert status(Sized(10 * MAX_BODY), b"a" * (MAX_BODY + 1)) == 413


CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=8)
EXTENSIONS = st.sampled_from([b"", b";a=b", b' ; a="b c"', b";x"])
TRAILERS = st.sampled_from([b"", b"X-A: 1\r\n", b"X-A: 1\r\nX-B: 2\r\n"])


def in_chunks(chunks: list[bytes], extension: bytes, trailer: bytes) -> bytes:
    whole = b"".join(b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks)
    return whole + b"0" + extension + b"\r\n" + trailer + b"\r\n"


class TestABodyInChunks:
    @given(CHUNKS, EXTENSIONS, TRAILERS, st.binary(max_size=20), st.data())
    def test_its_end_is_found_however_it_comes_in(
        self, chunks: list[bytes], extension: bytes, trailer: bytes, after: bytes, data: st.DataObject
    ) -> None:
        whole, framing, received = in_chunks(chunks, extension, trailer), Chunked(), bytearray()
        cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=6)))
        for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True):
            received += whole[start:end]
            assert framing.length(received) == (len(whole) if len(received) == len(whole) else None)
        assert Chunked().length(bytearray(whole + after)) == len(whole)

    @given(CHUNKS, EXTENSIONS, TRAILERS, st.binary(min_size=1, max_size=20))
    def test_gunicorn_sees_the_same_end(
        self, chunks: list[bytes], extension: bytes, trailer: bytes, after: bytes
    ) -> None:
        whole = in_chunks(chunks, extension, trailer)
        head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        parser = RequestParser(Config(), [head + whole + after], ("127.0.0.1", 1))

        assert next(parser).body.read() == b"".join(chunks)
        assert parser.unreader.read() == after
        assert Chunked().length(bytearray(whole + after)) == len(whole)

    @pytest.mark.parametrize(
        "broken",
        [
            b"x\r\n",
            b"\r\n",
            b"-1\r\n",
            b"+5\r\n",
            b"0x5\r\n",
            b"5 5\r\n",
            b"123456789\r\n",
            b"3\r\nabcd\r\n",
            b"1" * 300,
            b"3;" + b"a" * 300,
        ],
        ids=repr,
    )
    def test_what_cannot_be_read_is_refused_at_once(self, broken: bytes) -> None:
        assert status(Chunked(), broken) == 400

    def test_trailers_have_an_end(self) -> None:
        assert status(Chunked(), b"0\r\n" + b"X-A: 1\r\n" * 2_000) == 400

    @pytest.mark.parametrize("body", [b"100001\r\n", b"80000\r\n" + b"a" * 0x80000 + b"\r\n80001\r\n", b"ffffffff\r\n"])
    def test_nobody_waits_for_one_that_is_too_large(self, body: bytes) -> None:
        assert status(Chunked(), body) == 413

    def test_a_million_single_bytes_are_not_worth_anybodys_time(self) -> None:
        with seconds_of_the_processor(2):
            assert status(Chunked(), b"1\r\na\r\n" * (MAX_CHUNKS + 1)) == 413
            assert status(Chunked(), b"1\r\na\r\n" * 1_000_000) == 413

    def test_a_body_that_drips_in_is_looked_through_once(self) -> None:
        framing, received = Chunked(), bytearray()
        with seconds_of_the_processor(5):
            for place in range(60_000):
                received += b"10\r\n0123456789abcdef\r\n"[place % 22 :][:1]
                assert framing.length(received) is None
