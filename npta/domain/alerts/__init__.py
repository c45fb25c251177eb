"""Alerts: what people read in Slack. Pure, and without a key code."""
