"""Products and their entitlements: read, published, compared with the shop. Pure."""
