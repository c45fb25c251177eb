"""Short texts, flags and numbers as machines and people send them. Pure; what cannot be stored is refused in words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

LONGEST_TEXT = 500
_NO_TEXT = frozenset(("Cc", "Cs", "Zl", "Zp"))
"""Control characters, halves of a character, ends of lines and paragraphs."""
_TURNS = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))
"""Signs with which `gpj.exe` is shown as `exe.jpg`; the marks that Hebrew and Persian names need are none of them."""


def short_text(value: Any) -> str:
    """A text without control characters; numbers as they are written. Raises `ValueError`."""
    if value is None:
        return ""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, Mapping | list):
        raise ValueError("must be a text")  # noqa: TRY004 — pydantic puts ValueErrors into words
    text = str(value).strip()
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"is longer than {LONGEST_TEXT} characters")
    if not text.isprintable() and any(_is_hidden(char) for char in text):
        raise ValueError("holds characters that cannot be stored or shown")
    return text


def _is_hidden(char: str) -> bool:
    """Whether a character breaks a line, is none at all, or turns the order in which those around it are read."""
    return unicodedata.category(char) in _NO_TEXT or unicodedata.bidirectional(char) in _TURNS


def flag(value: Any) -> bool:
    """True or false, also in words. Raises `ValueError`."""
    told = str(value).lower() if isinstance(value, bool | str) else ""
    if told not in ("true", "false"):
        raise ValueError("is true or false")
    return told == "true"


def whole_number(value: Any) -> int:
    """A number without sign or fraction, of seven digits at most. Raises `ValueError`."""
    text = "" if isinstance(value, bool) else str(value).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 7):  # noqa: PLR2004 — as it says
        raise ValueError("is a whole number")
    return int(text)
