"""Who calls: Zapier, people or Shopify.

Zapier has an order key, people Google's word or an operator key, Shopify its signature.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from pydantic import SecretStr
from werkzeug import Request

from npta.settings import Settings
from npta.web.google_sign_in import (
    CertificatesMissingError,
    IdentityTokens,
    Person,
    RejectedTokenError,
    Transport,
    looks_like_a_token,
)
from npta.web.problems import ProblemError
from npta.web.request_body import raw_body


class Role(IntEnum):
    """What a caller may do.

    A higher one may do all that a lower one may, and Shopify stands beside them.
    """

    SHOPIFY = -1
    ANYBODY = 0
    ORDERS = 1
    OPERATOR = 2


class Caller(NamedTuple):
    """A caller whose credentials were right; `name` goes into the commit log."""

    role: Role
    name: str


class Authenticator:
    """Knows the keys by their hashes only.

    `transport` fetches Google's certificates (google-auth's by default).
    """

    def __init__(self, settings: Settings, *, transport: Transport | None = None) -> None:
        self._keys = [
            *_hashed(settings.order_keys, Role.ORDERS, "order key"),
            *_hashed(settings.operator_keys, Role.OPERATOR, "operator key"),
        ]
        self._shopify = settings.shopify_webhook_secrets
        self._operators = frozenset(operator.lower() for operator in settings.operators)
        self._tokens = IdentityTokens(settings.id_token_audiences, transport=transport)

    def authenticate(self, request: Request, needed: Role) -> Caller:
        """Who calls, if that is enough for what is needed.

        Raises `ProblemError` 401, 403 or 503; 400 or 413 for Shopify.
        """
        if needed is Role.ANYBODY:
            return Caller(Role.ANYBODY, "anybody")
        if needed is Role.SHOPIFY:
            return self._signed_by_shopify(request)
        caller = self._caller(request)
        if caller.role < needed:
            raise ProblemError(403, "Forbidden", "This key may post and read orders only; an operator key is needed.")
        return caller

    def _caller(self, request: Request) -> Caller:
        """Identify the caller by the first credentials that are there, whatever stands beside them."""
        if key := request.headers.get("X-API-Key", "").strip():
            return self._holder(key)
        if token := request.headers.get("X-Identity-Token", "").strip():
            return self._person(token)
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        secret = secret.strip() if scheme.lower() == "bearer" else ""
        if not secret:
            raise _unauthorized(
                "Send a key as X-API-Key or Authorization: Bearer, or Google's identity token as X-Identity-Token."
            )
        return self._person(secret) if looks_like_a_token(secret) and not self._known(secret) else self._holder(secret)

    def _holder(self, key: str) -> Caller:
        if caller := self._known(key):
            return caller
        raise _unauthorized("This key is not known here.")

    def _known(self, key: str) -> Caller | None:
        digest = _digest(key)
        return max((caller for known, caller in self._keys if hmac.compare_digest(known, digest)), default=None)

    def _person(self, token: str) -> Caller:
        try:
            person = self._tokens.person(token)
        except RejectedTokenError as refused:
            raise _unauthorized(f"This identity token is not accepted: {refused}.") from None
        except CertificatesMissingError as missing:
            raise ProblemError(
                503, "Try again", f"{missing}; try again.", code="unavailable", headers={"Retry-After": "5"}
            ) from missing
        self._check_operator(person)
        return Caller(Role.OPERATOR, person.email)

    def _check_operator(self, person: Person) -> None:
        """Raise `ProblemError` 403 unless the person is an operator, by address or by domain.

        Anybody may open a Google account with an address of any domain, and keeps it after leaving. That the domain's
        owner manages the account is said by the token's `hd` alone (documented).
        """
        domain = person.email[person.email.index("@") :]
        if person.email in self._operators or (domain in self._operators and domain == f"@{person.domain}"):
            return
        if domain in self._operators:
            detail = f"{person.email} is no account that {domain[1:]} manages, as Google says: list the address in NPTA_OPERATORS."
            raise ProblemError(403, "Forbidden", detail)
        raise ProblemError(
            403, "Forbidden", f"{person.email} is not among the operators of this service (NPTA_OPERATORS)."
        )

    def _signed_by_shopify(self, request: Request) -> Caller:
        """Shopify signs the raw body.

        After a rotation its old secret may sign for an hour (documented).
        """
        given = request.headers.get("X-Shopify-Hmac-SHA256", "").strip().encode("utf-8", "surrogateescape")
        if not self._shopify or not given:
            raise _unauthorized("Only Shopify calls here, and signs what it sends.")
        body = raw_body(request)
        right = [_signature(secret, body) for secret in self._shopify]
        if not any([hmac.compare_digest(signature, given) for signature in right]):  # noqa: C419 — all of them, in equal time
            raise _unauthorized("This is not signed with the secret that is known here (SHOPIFY_WEBHOOK_SECRET).")
        return Caller(Role.SHOPIFY, "Shopify")


def _hashed(keys: Iterable[SecretStr], role: Role, name: str) -> list[tuple[bytes, Caller]]:
    return [(_digest(key.get_secret_value()), Caller(role, f"{name} {index}")) for index, key in enumerate(keys, 1)]


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _signature(secret: SecretStr, body: bytes) -> bytes:
    return base64.b64encode(hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).digest())


def _unauthorized(detail: str) -> ProblemError:
    return ProblemError(401, "Unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})
