"""The function's entry: `functions-framework --source main.py --target fulfillment`.

This module is imported in the server's master process before the workers are forked, so nothing is opened here:
settings are checked (and stop a start that cannot work), everything else is made at the first request.
"""

from __future__ import annotations

import os
from threading import Lock

import functions_framework
from flask import Request, request
from werkzeug import Response

from npta.log import configure
from npta.operations.outbox.relay_thread import Relay
from npta.server import serve_patiently
from npta.services import Services, make_services
from npta.settings import Settings
from npta.web.app import Web
from npta.web.auth import Authenticator

serve_patiently()
_settings = Settings.load(os.environ)
_secrets = _settings.secrets
_made: list[Services] = []
_making = Lock()


def _services() -> Services:
    with _making:
        if not _made:
            _made.append(make_services(_settings))
            Relay(_made[0]).start()
        return _made[0]


_web = Web(_services, Authenticator(_settings))


def answer(asked: Request) -> Response:
    """Answer a request."""
    configure(_secrets)
    return _web.handle(asked)


@functions_framework.http
def fulfillment(asked: Request) -> Response:
    """Answer every path and method."""
    return answer(asked)


@functions_framework.errorhandler(404)  # type: ignore[untyped-decorator]  # the framework leaves it untyped
def unrouted(_error: Exception) -> Response:
    """Answer what the framework keeps from us.

    That is paths with a line break, `/robots.txt` and `/favicon.ico`.
    """
    return answer(request)
