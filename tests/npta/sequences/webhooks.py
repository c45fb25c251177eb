"""Shopify's webhooks, as Shopify signs and sends them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from tests.support import House

SECRET = "webhook-secret-for-tests"


def tell(house: House, topic: str, body: Mapping[str, Any]) -> int:
    """Tell the service of something; its HTTP status."""
    data = json.dumps(body).encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), data, hashlib.sha256).digest()).decode()
    headers = {
        "X-Shopify-Hmac-SHA256": signature,
        "X-Shopify-Topic": topic,
        "Content-Type": "application/json",
    }
    return house.http.post(f"/shopify/webhooks/{topic.replace('/', '-')}", data=data, headers=headers).status_code
