"""The pure domain: entitlements, first in first out, receipts, the catalogue. No I/O, no clock, no chance."""
