"""How the service calls others: a time-out is for the whole call, however slowly an answer comes."""

from __future__ import annotations

import requests

from sheets_schema import enforce_total_timeout


def timely(session: requests.Session, origin: str) -> requests.Session:
    """Make time-outs of calls to `origin` count for whole calls, and return the session."""
    return enforce_total_timeout(session, f"{origin.rstrip('/')}/")
