"""The operations manual as a page, for the panel's *Help* and for a printer.

`npta/web/manual.html` is made from docs/operations.md.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from werkzeug import Request, Response

_FILE: Final = Path(__file__).parents[1] / "manual.html"


def manual(_request: Request) -> Response:
    """Show the operations manual, which holds nothing that is secret."""
    response = Response(_text(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "max-age=300"
    return response


@cache
def _text() -> str:
    return _FILE.read_text(encoding="utf-8")
