"""The source that functions-framework runs under load: `main.py` with the pace and patience that it has on Google.

`main.py` itself hurries on any other origin, since what stands there serialises batches and keeps no quota.
"""

from __future__ import annotations

import os
from functools import cache

import functions_framework
from flask import Request
from werkzeug import Response

from npta.log import configure, count_sheets_call
from npta.services import Services, make_schema
from npta.settings import Settings
from npta.web.app import Web
from npta.web.auth import Authenticator
from sheets_schema import Clock, Database
from sheets_schema.advanced import Client, Timing
from sheets_schema.engine.rate_limiter import GOOGLES_QUOTA

_settings = Settings.load(os.environ)


@cache
def _services() -> Services:
    clock = Clock()
    client = Client(
        _settings.spreadsheet,
        origin=_settings.sheets_api,
        clock=clock,
        on_call=count_sheets_call,
        reads_a_minute=GOOGLES_QUOTA,
        writes_a_minute=GOOGLES_QUOTA,
    )
    return Services(_settings, Database(client, make_schema(_settings), timing=Timing(), clock=clock), clock)


_web = Web(_services, Authenticator(_settings))


@functions_framework.http
def fulfillment(request: Request) -> Response:
    """Answer every path and method."""
    configure(_settings.secrets)
    return _web.handle(request)
