"""Real processes and threads on one emulated spreadsheet, in bad weather: `python -m tests.torture --help`."""
