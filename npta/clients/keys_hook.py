"""Call the keys hook, which takes the answers of orders that the service served by itself.

It is an address, of a Zapier *Catch Hook* say.

Nothing is repeated here: what the hook did not take stays in the Outbox. The address is a secret; it stands in no error.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final

import requests

from npta.errors import HookRejectedError, HookUnavailableError, SettingError
from npta.settings import Settings
from sheets_schema import Clock, Deadline
from sheets_schema.advanced import enforce_total_timeout

_PAUSE: Final = 0.1
"""Seconds between two calls: ten a second. Zapier takes 30 a second of a hook (documented)."""
_MAX_SECONDS: Final = 10.0
_GONE = "The keys hook is gone (410): its Zap was switched off or deleted. Switch it on, or set NPTA_KEYS_HOOK anew."
_ADDRESS = "Check NPTA_KEYS_HOOK: it must be the address of the Zap's Catch Hook, letter for letter."


class KeysHook:
    """The hook of the settings. Thread-safe."""

    def __init__(self, settings: Settings, clock: Clock, session: requests.Session | None = None) -> None:
        """Raise `SettingError` without an address. Nothing is called yet."""
        if settings.keys_hook is None:
            raise SettingError("NPTA_KEYS_HOOK is missing: nobody takes the answers.")
        self._address = settings.keys_hook
        self._clock = clock
        self._session = enforce_total_timeout(session or requests.Session(), self._address.get_secret_value())
        self._lock = Lock()
        self._next_at = clock.monotonic()

    def __repr__(self) -> str:
        return "KeysHook()"

    def post(self, body: Mapping[str, Any], *, deadline: Deadline) -> None:
        """Hand one answer over, no more than ten a second.

        Raises `HookUnavailableError`, after which it may have arrived all the same, and `HookRejectedError`.
        """
        self._wait_for_turn(deadline)
        seconds = min(_MAX_SECONDS, deadline.left())
        if seconds <= 0:
            raise HookUnavailableError("No time is left to call the keys hook.")
        try:
            response = self._session.post(
                self._address.get_secret_value(), json=body, timeout=seconds, allow_redirects=False
            )
        except requests.Timeout:
            raise HookUnavailableError(f"The keys hook gave no answer within {seconds:.1f} s.") from None
        except (requests.RequestException, OSError) as error:
            # Not chained and not shown: requests puts the address into its texts.
            raise HookUnavailableError(f"The keys hook cannot be reached ({type(error).__name__}).") from None
        _check(response)

    def _wait_for_turn(self, deadline: Deadline) -> None:
        with self._lock:
            now = self._clock.monotonic()
            turn = max(now, self._next_at)
            if turn - now > deadline.left():
                return
            self._next_at = turn + _PAUSE
        self._clock.sleep(turn - now)


def _check(response: requests.Response) -> None:
    status = response.status_code
    if response.ok and not response.is_redirect and status < requests.codes.multiple_choices:
        return
    if status == requests.codes.gone:
        raise HookRejectedError(_GONE, one_message=False)
    if status == requests.codes.too_many_requests or status >= requests.codes.internal_server_error:
        given = response.headers.get("Retry-After", "")
        raise HookUnavailableError(
            f"The keys hook answered {status}. Try again later.", retry_after=float(given) if given.isdigit() else None
        )
    if status < requests.codes.bad_request:
        message = f"The keys hook sends elsewhere (status {status}), where customers' keys must not go."
        raise HookRejectedError(f"{message} {_ADDRESS}", one_message=False)
    raise HookRejectedError(f"The keys hook refused an answer (status {status}). {_ADDRESS}", one_message=None)
