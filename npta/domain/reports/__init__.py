"""What people look at: attention, status, preflight, verification, the audit. Pure."""
