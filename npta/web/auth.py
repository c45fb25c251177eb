"""Who calls: Zapier with an order key, people and the command line with an operator key."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from pydantic import SecretStr
from werkzeug import Request

from npta.settings import Settings
from npta.web.problems import Problem


class Role(IntEnum):
    """What a caller may do; a higher one may do all that a lower one may."""

    ANYBODY = 0
    ORDERS = 1
    OPERATOR = 2


class Caller(NamedTuple):
    """A caller whose credentials were right; `name` goes into the commit log."""

    role: Role
    name: str


class Doorkeeper:
    """Knows the keys by their hashes only."""

    def __init__(self, settings: Settings) -> None:
        self._keys = [
            *_hashed(settings.order_keys, Role.ORDERS, "order key"),
            *_hashed(settings.operator_keys, Role.OPERATOR, "operator key"),
        ]

    def admit(self, request: Request, needed: Role) -> Caller:
        """Who calls, if that is enough for what is needed. Raises `Problem` 401 or 403."""
        if needed is Role.ANYBODY:
            return Caller(Role.ANYBODY, "anybody")
        secret = _secret(request)
        if not secret:
            raise _unauthorized("Send a key as X-API-Key or as Authorization: Bearer.")
        digest = _digest(secret)
        found = [caller for known, caller in self._keys if hmac.compare_digest(known, digest)]
        if not found:
            raise _unauthorized("This key is not known here.")
        caller = max(found)
        if caller.role < needed:
            raise Problem(403, "Forbidden", "This key may post and read orders only; an operator key is needed.")
        return caller


def _hashed(keys: Iterable[SecretStr], role: Role, name: str) -> list[tuple[bytes, Caller]]:
    return [(_digest(key.get_secret_value()), Caller(role, f"{name} {place}")) for place, key in enumerate(keys, 1)]


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def _secret(request: Request) -> str:
    if key := request.headers.get("X-API-Key", "").strip():
        return key
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _unauthorized(detail: str) -> Problem:
    return Problem(401, "Unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})
