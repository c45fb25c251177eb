"""What goes wrong on purpose: faults, latency, quotas, lost updates."""
