"""A shop on this machine that speaks Shopify's Admin API, for the demo, for tests and for trying things out."""

from __future__ import annotations

from npta.local.shop.core import ACCESS_TOKEN, CLIENT_ID, CLIENT_SECRET, LocalShop
from npta.local.shop.goods import LOCATION, SHOP
from npta.local.shop.server import ServedShop, serve_shop, shop_session

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
