"""Paths with an order in them.

Slashes in a name like `NPTA-1042/CA` and in a gid part nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from werkzeug.routing import BaseConverter

_KEPT = "%2F"
"""How a slash inside a part stands in a path that is matched."""


class OrderInPath(BaseConverter):
    """An order's id or name as one part of a path; only a gid may hold slashes as they are."""

    regex = r"(?:gid:/+shopify/\w+/)?[^/]+"
    part_isolating = False

    def to_python(self, value: str) -> str:
        """Return what the caller meant."""
        return value.replace(_KEPT, "/")


def sent_path(environ: Mapping[str, Any]) -> str:
    """Return the path as it was sent, percent-encoded; decoded, where the server does not tell."""
    return str(environ.get("RAW_URI") or environ.get("PATH_INFO", "")).partition("?")[0]


def path_to_match(environ: Mapping[str, Any]) -> str | None:
    """Return the path with the slashes sent as `%2F` kept apart; None where there are none.

    WSGI decodes `PATH_INFO`, and with it what parted the path from what did not; gunicorn and werkzeug give the path as
    it was sent as well (`RAW_URI`, read in their source).
    """
    sent = sent_path(environ)
    if _KEPT not in sent.upper() or not sent.startswith("/"):
        return None
    return unquote(re.sub("%2f", "%252F", sent, flags=re.IGNORECASE), errors="replace")
