"""For tests: a person at the spreadsheet, and the pytest fixture."""
