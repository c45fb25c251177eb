"""Settled orders leave the spreadsheet for archives, and are read there and brought back."""
