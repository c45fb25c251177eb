"""What follows an answer: alerts, stock, the catalogue's computed columns. Nothing of it can fail the call."""

from __future__ import annotations

from npta.operations.refresh_catalogue import refresh_catalogue
from npta.operations.send_notices import send_messages
from npta.services import Services
from sheets_schema import Deadline


def after_response(services: Services, deadline: Deadline) -> None:
    """Tell Slack and Shopify what is due, and let the catalogue follow, as far as time allows. Never raises."""
    send_messages(services, deadline)
    refresh_catalogue(services, deadline)
