"""Settled orders move to archives, are read there, and come back."""
