"""The location whose stock is ours: the one of the settings, or the shop's primary one."""

from __future__ import annotations

from npta.clients.shopify.models import gid
from npta.clients.shopify.operations import PRIMARY_LOCATION
from npta.clients.shopify.transport import Wire
from npta.errors import ShopRejectedError
from sheets_schema import Deadline


class Place:
    """Known from the start, or asked for once."""

    def __init__(self, wire: Wire, location_id: str) -> None:
        self._wire = wire
        self._gid = gid("Location", location_id) if location_id else ""

    def __call__(self, deadline: Deadline) -> str:
        """The location's gid. Raises `ShopError`."""
        if not self._gid:
            location = self._wire.call(PRIMARY_LOCATION, {}, deadline)["location"]
            if not location:
                raise ShopRejectedError("The shop has no primary location: set SHOPIFY_LOCATION_ID.")
            self._gid = location["id"]
        return self._gid
