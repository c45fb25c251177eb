"""Google identity tokens: whose are believed."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from npta.web.google_sign_in import (
    AGAIN,
    FETCH,
    KEEP,
    RETRY,
    CertificatesMissingError,
    IdentityTokens,
    RejectedTokenError,
    looks_like_a_token,
)
from tests.npta.web.tokens import AUDIENCE, PERSON, Google, key, part, token


def tokens(google: Google | None = None, monotonic: Callable[[], float] = time.monotonic) -> IdentityTokens:
    return IdentityTokens([AUDIENCE, "another"], transport=google or Google(), monotonic=monotonic)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({}, id="as Google makes it"),
        pytest.param({"iss": "accounts.google.com"}, id="the other spelling of the issuer"),
        pytest.param({"aud": "another"}, id="another audience of ours"),
        pytest.param({"email": PERSON.upper()}, id="capitals in the address"),
        pytest.param({"issued": 6}, id="Google's clock is a little ahead"),
        pytest.param({"expires": -2}, id="expired this moment"),
    ],
)
def test_a_right_token_names_the_person(claims: dict[str, Any]) -> None:
    assert tokens().person(token(**claims)).email == PERSON


def without_signature(given: str) -> str:
    return given.rsplit(".", 1)[0] + "."


def test_hs256_signed_with_the_public_key_is_refused() -> None:
    public = (
        key("google")
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    body = token(header={"alg": "HS256"}).rsplit(".", 1)[0]

    with pytest.raises(RejectedTokenError):
        tokens().person(f"{body}.{part(hmac.new(public, body.encode(), hashlib.sha256).digest())}")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        pytest.param(lambda: token(expires=-60), "expired", id="expired"),
        pytest.param(lambda: token(issued=60), "not valid yet", id="issued in the future"),
        pytest.param(lambda: token(aud="somebody else"), "made for somebody else", id="wrong audience"),
        pytest.param(lambda: token(aud=None), "made for somebody else", id="no audience"),
        pytest.param(lambda: token(aud=[AUDIENCE]), "made for somebody else", id="audience as a list"),
        pytest.param(lambda: token(iss="https://evil.example"), "Google has not issued", id="another issuer"),
        pytest.param(lambda: token(iss=None), "signature", id="no issuer"),
        pytest.param(lambda: token(exp=None), "signature", id="never expires"),
        pytest.param(lambda: token(iat=None), "signature", id="never issued"),
        pytest.param(lambda: token(exp="soon"), "signature", id="expiry in words"),
        pytest.param(lambda: token(email_verified=False), "not verified", id="address not verified"),
        pytest.param(lambda: token(email_verified="true"), "not verified", id="verified in words"),
        pytest.param(lambda: token(email_verified=None), "not verified", id="nothing said of verified"),
        pytest.param(lambda: token(email=None), "no e-mail", id="no address"),
        pytest.param(lambda: token(email=["ops@npta.example"]), "no e-mail", id="address as a list"),
        pytest.param(lambda: token(email="ops@npta.example\nX: y"), "no e-mail", id="address of two lines"),
        pytest.param(lambda: without_signature(token()), "signature", id="unsigned"),
        pytest.param(lambda: without_signature(token(header={"alg": "none"})), "signature", id="alg none"),
        pytest.param(lambda: token(header={"alg": "none"}), "signature", id="alg none, signed"),
        pytest.param(lambda: token(header={"alg": ["RS256"]}), "signature", id="alg as a list"),
        pytest.param(lambda: token(header={"alg": "ES256"}), "signature", id="alg of another kind of key"),
        pytest.param(lambda: token(signed_by="mallory"), "signature", id="another key"),
        pytest.param(
            lambda: token(signed_by="mallory", header={"kid": "google"}),
            "signature",
            id="another key under Google's name",
        ),
        pytest.param(lambda: token(signed_by="mallory", header={"kid": None}), "signature", id="a key without a name"),
        pytest.param(
            lambda: without_signature(token()) + "SIGNATURE_REMOVED_BY_GOOGLE",
            "signature",
            id="signature taken off by Google",
        ),
        pytest.param(lambda: f"{part(b'{' * 5000)}.e30.e30", "signature", id="a header that is no JSON"),
        pytest.param(lambda: f"{part(b'[' * 5000)}.e30.e30", "signature", id="a header nested without end"),
        pytest.param(lambda: f"{part([])}.e30.e30", "signature", id="a header that is a list"),
        pytest.param(
            lambda: f"{part({'kid': {}, 'alg': 'RS256'})}.e30.e30", "signature", id="a key's name that is an object"
        ),
        pytest.param(lambda: "a.b.c", "signature", id="letters"),
        pytest.param(lambda: "\xe4.\xf6.\xfc", "signature", id="letters beyond ASCII"),
        pytest.param(lambda: "one word", "signature", id="no token at all"),
    ],
)
def test_any_other_token_is_refused(make: Callable[[], str], why: str) -> None:
    given = make()
    with pytest.raises(RejectedTokenError, match=why) as caught:
        tokens().person(given)

    assert not any(piece in str(caught.value) for piece in given.split(".") if len(piece) > 5)


def test_a_changed_claim_breaks_the_signature() -> None:
    head, _, signature = token(email="nobody@npta.example").split(".")
    claims = token().split(".")[1]

    with pytest.raises(RejectedTokenError, match="signature"):
        tokens().person(f"{head}.{claims}.{signature}")


def test_without_an_audience_no_token_is_right() -> None:
    with pytest.raises(RejectedTokenError, match="not accepted here"):
        IdentityTokens([], transport=Google()).person(token())


class TestCertificates:
    def test_they_are_fetched_once_an_hour(self) -> None:
        google, now = Google(), [1000.0]
        checking = tokens(google, lambda: now[0])

        for _ in range(20):
            checking.person(token())
        now[0] += KEEP - 1
        checking.person(token())
        assert len(google.fetched) == 1

        now[0] += 2
        checking.person(token())
        assert len(google.fetched) == 2
        assert {each["timeout"] for each in google.fetched} == {FETCH}

    def test_a_key_that_is_new_is_fetched_at_once(self) -> None:
        google, now = Google(), [1000.0]
        checking = tokens(google, lambda: now[0])
        checking.person(token())
        google.keys = ("google", "new")
        now[0] += AGAIN

        assert checking.person(token(signed_by="new")).email == PERSON
        assert len(google.fetched) == 2

    def test_tokens_with_made_up_keys_make_us_fetch_once_a_minute_at_most(self) -> None:
        google, now = Google(), [1000.0]
        checking = tokens(google, lambda: now[0])

        for number in range(120):
            with pytest.raises(RejectedTokenError):
                checking.person(token(header={"kid": f"made-up-{number}"}))
            now[0] += 1

        assert len(google.fetched) == 2

    @pytest.mark.parametrize("google", [Google(unreachable=True), Google(status=500)], ids=["unreachable", "500"])
    def test_without_them_nobody_is_judged(self, google: Google) -> None:
        with pytest.raises(CertificatesMissingError):
            tokens(google).person(token())

    def test_a_page_in_their_place_is_no_certificate(self) -> None:
        class Portal(Google):
            def __call__(self, url: str, **more: Any) -> Any:
                answer = super().__call__(url, **more)
                answer.data = b"<html>Please sign in to the Wi-Fi"
                return answer

        with pytest.raises(CertificatesMissingError, match="something else"):
            tokens(Portal()).person(token())

    def test_one_failure_is_forgotten_after_a_moment_in_which_nobody_tries_again(self) -> None:
        google, now = Google(unreachable=True), [1000.0]
        checking = tokens(google, lambda: now[0])
        for _ in range(20):
            with pytest.raises(CertificatesMissingError):
                checking.person(token())
        assert len(google.fetched) == 1
        google.unreachable = False
        now[0] += RETRY

        assert checking.person(token()).email == PERSON

    def test_a_fetch_that_hangs_holds_one_caller_and_the_others_for_a_moment(self) -> None:
        class Hanging(Google):
            def __call__(self, url: str, **more: Any) -> Any:
                began.set()
                over.wait(20)
                return super().__call__(url, **more)

        began, over = Event(), Event()
        checking = tokens(Hanging())
        with ThreadPoolExecutor(9) as callers:
            first = callers.submit(checking.person, token())
            assert began.wait(10)
            others = [callers.submit(checking.person, token()) for _ in range(8)]
            refused = [each.exception(10) for each in others]
            over.set()

            assert first.result(10).email == PERSON
        assert [type(each) for each in refused] == [CertificatesMissingError] * 8


@pytest.mark.parametrize(
    ("text", "is_one"),
    [pytest.param(token(), True, id="a real one"), ("a.b.", True), ("a-key", False), ("a.b.c.d", False)],
)
def test_a_token_is_told_from_a_key_by_its_shape(text: str, is_one: bool) -> None:
    assert looks_like_a_token(text) is is_one
