"""A shop on this machine that speaks Shopify's Admin API, for the demo and for tests."""

from __future__ import annotations

from npta.local.shop.models import LOCATION, SHOP
from npta.local.shop.server import ServedShop, serve_shop, shop_session
from npta.local.shop.shop import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, LocalShop

__all__ = [
    "ACCESS_TOKEN",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "LOCATION",
    "SHOP",
    "LocalShop",
    "ServedShop",
    "serve_shop",
    "shop_session",
]
