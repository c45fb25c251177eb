"""The routes of Sheets v4 and Drive v3, and what each does with a checked request."""
