"""Google identity tokens: who sits at the keyboard.

Google's certificates are fetched once an hour.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from threading import Lock
from typing import Any, NamedTuple, Protocol

from sheets_schema.advanced import enforce_total_timeout

KEEP = 3600.0
"""Seconds that certificates are kept; Google says of its own that they may be kept for hours (documented)."""
FETCH = 5.0
"""Seconds that fetching them may take."""
WAIT = 0.25
"""Seconds that a caller waits while another one fetches: strangers with made-up tokens hold few threads, and not for long."""
RETRY = 15.0
"""Seconds in which nobody tries again after a fetch that failed, for the same reason."""
CERTIFICATES = "https://www.googleapis.com/oauth2/v1/certs"
"""Where google-auth asks for them (read in its source)."""
AGAIN = 60.0
"""Seconds between two fetches that an unknown key made necessary: tokens with made-up keys cost us nothing."""
SKEW = 10
"""Seconds that Google's clock may be ahead of ours."""
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")


class Fetched(Protocol):
    """What a transport of google-auth gives back."""

    status: int
    data: bytes


Transport = Callable[..., Fetched]
"""A transport of google-auth: called with a URL, a method and a time-out."""


class Person(NamedTuple):
    """Whom a token names.

    `domain` is the organization that Google says manages the account (`hd`); often empty.
    """

    email: str
    domain: str


class RejectedTokenError(Exception):
    """The token does not prove who calls. The message says why, and never shows it."""


class CertificatesMissingError(Exception):
    """Google's certificates could not be fetched: nobody can say whether the token is right."""


def looks_like_a_token(secret: str) -> bool:
    """Whether a bearer's secret is a JWT, or at least meant to be one."""
    return bool(_JWT.fullmatch(secret))


class Certificates:
    """A transport of google-auth that remembers what it fetched.

    google-auth itself fetches for every token.
    """

    def __init__(self, transport: Transport | None, monotonic: Callable[[], float]) -> None:
        self._transport = transport
        self._monotonic = monotonic
        self._lock = Lock()
        self._kept: Fetched | None = None
        self._fetched_at = 0.0
        self._failed_at = float("-inf")

    def __call__(self, url: str, method: str = "GET", **_more: Any) -> Fetched:
        """Get the certificates, as google-auth asks for them. Raises `CertificatesMissingError`."""
        return self._get(url, method, older_than=KEEP)

    def expect(self, key_id: object) -> None:
        """Fetch the certificates afresh if none has this name.

        Google may have changed its keys a moment ago.
        """
        if key_id not in json.loads(self._get(CERTIFICATES, "GET", older_than=KEEP).data):
            self._get(CERTIFICATES, "GET", older_than=AGAIN)

    def _get(self, url: str, method: str, *, older_than: float) -> Fetched:
        kept = self._kept
        if kept and self._monotonic() - self._fetched_at < older_than:
            return kept
        if self._monotonic() - self._failed_at < RETRY:
            raise CertificatesMissingError("Google's certificates could not be fetched a moment ago")
        if not self._lock.acquire(timeout=WAIT):
            raise CertificatesMissingError("Google's certificates are still being fetched")
        try:
            if self._kept and self._kept is not kept:  # somebody else has fetched them meanwhile
                return self._kept
            self._kept = fetched = self._fetch(url, method)
            self._fetched_at = self._monotonic()
        except CertificatesMissingError:
            self._failed_at = self._monotonic()
            raise
        else:
            return fetched
        finally:
            self._lock.release()

    def _fetch(self, url: str, method: str) -> Fetched:
        from google.auth.exceptions import TransportError  # noqa: PLC0415 — loaded by the first token only
        from google.auth.transport.requests import Request  # noqa: PLC0415
        from requests import Session  # noqa: PLC0415

        transport: Transport = self._transport or Request(enforce_total_timeout(Session(), CERTIFICATES))
        try:
            fetched = transport(url, method=method, timeout=FETCH)
        except TransportError as error:
            raise CertificatesMissingError("Google's certificates cannot be fetched") from error
        if fetched.status != HTTPStatus.OK:
            raise CertificatesMissingError(f"Google's certificates cannot be fetched (HTTP {fetched.status})")
        try:
            names = json.loads(fetched.data)
        except ValueError:
            names = None
        if not isinstance(names, dict):
            raise CertificatesMissingError("what came in place of Google's certificates is something else")
        return fetched


class IdentityTokens:
    """Checks identity tokens: signature, issuer, audience, expiry, and a verified address."""

    def __init__(
        self,
        audiences: Sequence[str],
        *,
        transport: Transport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._audiences = list(audiences)
        self._certificates = Certificates(transport, monotonic)

    def person(self, token: str) -> Person:
        """Verify a token. Raises `RejectedTokenError` or `CertificatesMissingError`."""
        if not self._audiences:
            # google-auth would take an empty list for "no audience is right"; nobody should have to know that.
            raise RejectedTokenError("identity tokens are not accepted here")
        claims = self._checked(token)
        email = claims.get("email")
        if not isinstance(email, str) or not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            raise RejectedTokenError("it names no e-mail address")
        if claims.get("email_verified") is not True:
            raise RejectedTokenError("its e-mail address is not verified")
        domain = claims.get("hd")
        return Person(email.lower(), domain.lower() if isinstance(domain, str) else "")

    def _checked(self, token: str) -> dict[str, Any]:
        from google.auth import jwt  # noqa: PLC0415 — see _fetch
        from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
        from google.oauth2 import id_token  # noqa: PLC0415

        try:
            self._certificates.expect(jwt.decode_header(token).get("kid"))  # type: ignore[no-untyped-call]  # google-auth leaves it untyped
            return dict(
                id_token.verify_oauth2_token(token, self._certificates, self._audiences, clock_skew_in_seconds=SKEW)  # type: ignore[no-untyped-call]
            )
        except (GoogleAuthError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            # A forged token may hold anything; google-auth stumbles over some of it instead of refusing it.
            raise RejectedTokenError(_reason(error)) from None


def _reason(error: Exception) -> str:
    """Why a token was refused, without a piece of it."""
    message = str(error)
    for sign, reason in (
        ("Token expired", "it has expired"),
        ("Token used too early", "it is not valid yet"),
        ("wrong audience", "it was made for somebody else (NPTA_ID_TOKEN_AUDIENCES)"),
        ("Wrong issuer", "Google has not issued it"),
    ):
        if sign in message:
            return reason
    return "its signature is not Google's"
