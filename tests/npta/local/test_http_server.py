"""What the stand-ins' server sends is what strict clients take: node's refuses an answer with a length and in chunks."""

from __future__ import annotations

import requests
from werkzeug import Response

from npta.local.http_server import serve_app


def test_an_answer_whose_length_is_known_is_not_sent_in_chunks() -> None:
    app = Response((piece for piece in (b"two ", b"pieces")), headers={"Content-Length": "10"})
    with serve_app(app) as origin:
        answer = requests.get(origin, timeout=10)

    assert answer.text == "two pieces"
    assert answer.headers["Content-Length"] == "10"
    assert "Transfer-Encoding" not in answer.headers
