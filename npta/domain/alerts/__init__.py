"""What people are told in Slack. Pure, and without a key code."""
