"""What this process remembers of what it sends; losing it loses nothing."""
