"""The pure domain: entitlements, assignment, receipts, catalogue. No I/O, clock or chance."""
