"""One browser for all tests of the service, and a witness over them: every answer has the shape that `GET /openapi.json` promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug import Request, Response

from npta.web.app import Web
from tests.chromium import chromium
from tests.npta.web.described import strange

__all__ = ["chromium"]


@pytest.fixture(scope="session", autouse=True)
def description_as_a_witness() -> Iterator[None]:
    """Look at every answer; what is not as described fails the run."""
    handle, seen = Web.handle, []

    def witnessed(web: Web, request: Request) -> Response:
        response = handle(web, request)
        if wrong := strange(web.endpoint(request), response):
            seen.append(wrong)
        return response

    Web.handle = witnessed  # type: ignore[assignment,method-assign]  # watched, not changed
    yield
    Web.handle = handle  # type: ignore[method-assign]
    assert seen == []
