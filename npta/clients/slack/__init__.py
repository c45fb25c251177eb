"""Slack through slack-sdk, with deadlines."""
