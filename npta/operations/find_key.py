"""Find a key as people name it: by its id, or by its code."""

from __future__ import annotations

from typing import NamedTuple

from npta.domain.state.normalized_text import canonical, comparable
from npta.domain.state.state import State
from npta.domain.state.stock import StockKey
from npta.errors import ConflictError, NotFoundError


class KeyName(NamedTuple):
    """A key by its id, or by its code, with the provider if two have the same code."""

    key_id: str = ""
    keycode: str = ""
    provider: str = ""

    def __repr__(self) -> str:
        return f"KeyName(key_id={self.key_id!r}, provider={self.provider!r})"


def get_key(state: State, name: KeyName) -> StockKey:
    """Return an imported key; where the code stands, its id is understood as well.

    Raises `NotFoundError`, and `ConflictError` if the name fits several keys. Neither repeats what may be a code.
    """
    provider = canonical(name.provider).upper()
    found = [key for key in _named(state, name) if provider in ("", key.pool.provider)]
    if len(found) > 1:
        ids = ", ".join(f"{key.key_id} ({key.pool.provider})" for key in found)
        raise ConflictError(f"Several keys have this code: {ids}. Say which by its key_id, or by its provider.")
    if not found:
        raise NotFoundError(f"This key was never imported{_hint(state, name, provider)}.")
    return found[0]


def _named(state: State, name: KeyName) -> list[StockKey]:
    if name.key_id:
        return [state.keys[name.key_id]] if name.key_id in state.keys else []
    code = comparable(name.keycode)
    return [key for key in state.keys.values() if code in (key.key_id, comparable(key.keycode))]


def _hint(state: State, name: KeyName, provider: str) -> str:
    if others := sorted({key.pool.provider for key in _named(state, name)}):
        return f" from {provider}; one from {' and one from '.join(others)} was"
    if name.key_id:
        return "; ids stand in the column key_id of the tab Import History, and a code is sent as keycode in the body"
    seen = canonical(name.keycode).casefold()
    if alike := [key.key_id for key in state.keys.values() if canonical(key.keycode).casefold() == seen]:
        return f"; letter case and hidden characters count, and the key {alike[0]} differs in nothing else"
    return "; codes and ids stand in the tab Import History"
