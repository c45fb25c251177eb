"""A spreadsheet as data: sheets, rows, cells, and what each value means."""
