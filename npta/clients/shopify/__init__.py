"""Shopify's Admin API as the service uses it, with deadlines."""
