"""What `host.js` asks of a server: files, and outside calls made for Code.gs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import requests
from werkzeug import Request, Response

from npta.local.http_server import call

PAGE_FILES = Path(__file__).parent
SIDEBAR_FILES = Path(__file__).parents[2] / "sidebar"
PREFIX = "/page/"

CUT_OFF = 60.0
"""Seconds after which Google gives a call up (reported by many; no option changes it)."""

_TYPES = {".js": "text/javascript", ".gs": "text/javascript", ".html": "text/html", ".css": "text/css"}


class Scripting:
    """Answers everything below `/page/`.

    Fetches from the named origins only, so that it is nobody's open proxy.
    """

    def __init__(self, origins: set[str], *, cut_off: float = CUT_OFF) -> None:
        self.origins = origins
        self.cut_off = cut_off

    def answer(self, request: Request) -> Response | None:
        """Return the answer, or None if the path is not below `/page/`."""
        if not request.path.startswith(PREFIX):
            return None
        name = request.path.removeprefix(PREFIX)
        if name == "fetch":
            return self._fetch(request)
        folder = SIDEBAR_FILES if name.startswith("sidebar/") else PAGE_FILES
        return _file(folder, name.removeprefix("sidebar/"))

    def _fetch(self, request: Request) -> Response:
        """One call of UrlFetchApp.

        JSON only, which another site's page cannot send here without asking first.
        """
        if request.method != "POST" or request.mimetype != "application/json":
            return Response("POST with JSON", 415)
        asked = request.get_json()
        return Response(json.dumps(self._fetched(asked)), content_type="application/json")

    def _fetched(self, asked: dict[str, object]) -> dict[str, object]:
        url = str(asked["url"])
        if not any(url.startswith(f"{origin}/") for origin in self.origins):
            return {"error": "DNS error"}
        headers = asked.get("headers")
        try:
            answer = call(
                str(asked["method"]),
                url,
                headers={name: str(value) for name, value in headers.items()} if isinstance(headers, dict) else {},
                data=str(asked["payload"]).encode() if asked.get("payload") is not None else None,
                timeout=self.cut_off,
                allow_redirects=asked.get("followRedirects") is not False,
            )
        except requests.Timeout:
            return {"error": "Timeout"}
        except requests.RequestException:
            return {"error": "Address unavailable"}
        answer.encoding = answer.encoding or "utf-8"
        return {"status": answer.status_code, "headers": dict(answer.headers), "text": answer.text}


def is_script(method: str, path: str) -> bool:
    """Whether every page may load a file.

    The panel's sandboxed frame is another site to the browser.
    """
    return method == "GET" and path.startswith(PREFIX)


def _file(folder: Path, name: str) -> Response:
    path = folder / name
    if not re.fullmatch(r"\w+\.(js|gs|html|css)", name) or not path.is_file():
        return Response("no such file", 404)
    return Response(path.read_bytes(), content_type=f"{_TYPES[path.suffix]}; charset=utf-8")
