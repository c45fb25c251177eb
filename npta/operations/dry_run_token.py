"""Do what a dry run showed, or nothing: it gives a token, which a call may carry.

The token is a keyed hash over the caller, what was asked for, and what would be done: keys, lines, rows. Nothing of it is
kept, so that every process understands it; figures of stock are no part of it, since they move with every order.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from npta.settings import Settings
from sheets_schema import Ledger

_STAMPS = {"at", "commit"}


class Carried(NamedTuple):
    """What becomes of a call: `confirm` is the token of a dry run.

    `changed`: it would do something else than confirmed.
    """

    dry_run: bool = False
    confirm: str | None = None
    changed: bool = False


class Intent(NamedTuple):
    """Whether a call is carried out: at once, not at all, or only if it does as confirmed."""

    dry_run: bool = False
    confirm: str = ""
    secret: bytes = b""
    call: str = ""

    def __repr__(self) -> str:
        return f"Intent(dry_run={self.dry_run}, confirms={bool(self.confirm)})"

    def judge(self, operation: str, *effect: Any) -> Carried:
        """Compare what would be done with what was confirmed.

        If `dry_run` of the result is true, nothing may be done.
        """
        if not (self.dry_run or self.confirm):
            return Carried()
        text = json.dumps([self.call, operation, _plain(effect)], ensure_ascii=False, sort_keys=True)
        token = urlsafe_b64encode(hmac.digest(self.secret, text.encode(), "sha256")).decode().rstrip("=")
        if self.dry_run:
            return Carried(dry_run=True, confirm=token)
        if hmac.compare_digest(token.encode(), self.confirm.encode()):
            return Carried()
        return Carried(dry_run=True, confirm=token, changed=True)


AT_ONCE = Intent()


def make_intent(
    settings: Settings, caller: str, asked: Mapping[str, Any], *, dry_run: bool = False, confirm: str = ""
) -> Intent:
    """Return the intent of one call; `asked` are its other parameters.

    What the hash is keyed with is known to all processes of a deployment, and to nobody who may not press.
    """
    keys = [key.get_secret_value() for key in settings.operator_keys]
    secret = hashlib.sha256(json.dumps(["confirm", settings.spreadsheet, *keys]).encode()).digest()
    call = json.dumps([caller, dict(asked)], ensure_ascii=False, sort_keys=True, default=str)
    return Intent(dry_run, confirm, secret, call)


def _plain(value: Any) -> Any:
    """Return what is compared of an effect.

    Of ledger rows that is what they say, not when and in which commit they were written.
    """
    if isinstance(value, Ledger):
        return [type(value).__name__, value.model_dump(mode="json", exclude=_STAMPS)]
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, str | int | float) else str(value)
