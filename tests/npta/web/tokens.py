"""Google's side of identity tokens, made by hand: a key, its certificate, tokens signed with it, and the way to fetch it."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.auth.exceptions import TransportError

AUDIENCE = "sidebar.apps.googleusercontent.com"
PERSON = "ops@npta.example"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """A key of this name, made once in a test run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(name: str) -> str:
    """The key's certificate, as Google publishes it."""
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key(name).public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key(name), hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()


def part(value: Any) -> str:
    """One segment of a token."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def token(
    *,
    header: dict[str, Any] | None = None,
    signed_by: str = "google",
    issued: int = 0,
    expires: int = 3600,
    **claims: Any,
) -> str:
    """A token as Google makes it, but for what is said otherwise. A claim of None is left out.

    `issued` and `expires` are seconds from now.
    """
    now = int(time.time())
    said = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "sub": "1",
        "email": PERSON,
        "email_verified": True,
        "iat": now + issued,
        "exp": now + expires,
        **claims,
    }
    said = {name: value for name, value in said.items() if value is not None}
    head = {"alg": "RS256", "kid": signed_by, "typ": "JWT", **(header or {})}
    body = f"{part(head)}.{part(said)}"
    return f"{body}.{part(key(signed_by).sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@dataclass
class Answer:
    """What a transport gives back."""

    status: int
    data: bytes


@dataclass
class Google:
    """The way to Google's certificates; it counts how often somebody goes it."""

    keys: tuple[str, ...] = ("google",)
    status: int = 200
    unreachable: bool = False
    fetched: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, url: str, **more: Any) -> Answer:
        self.fetched.append({"url": url, **more})
        if self.unreachable:
            raise TransportError("no route")  # type: ignore[no-untyped-call]  # google-auth leaves it untyped
        return Answer(self.status, json.dumps({name: certificate(name) for name in self.keys}).encode())
