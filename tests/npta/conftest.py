"""One browser for all tests of the service, and a witness over them: every answer is as described, and well worded."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from werkzeug import Request, Response

from npta.web.app import Web
from tests.chromium import chromium
from tests.npta.web.described import sentences, strange
from tests.wording import COUNTS, mistakes

__all__ = ["chromium"]


@pytest.fixture(scope="session", autouse=True)
def description_as_a_witness() -> Iterator[None]:
    """Look at every answer; what is not as described, or counts in broken words, fails the run."""
    handle, seen = Web.handle, list[str]()

    def witnessed(web: Web, request: Request) -> Response:
        response = handle(web, request)
        if wrong := strange(web.endpoint(request), response):
            seen.append(wrong)
        seen.extend(f"{request.path}: {wrong}" for text in sentences(response) for wrong in mistakes(text, COUNTS))
        return response

    Web.handle = witnessed  # type: ignore[assignment,method-assign]  # watched, not changed
    yield
    Web.handle = handle  # type: ignore[method-assign]
    assert not seen, "\n".join(dict.fromkeys(seen))
