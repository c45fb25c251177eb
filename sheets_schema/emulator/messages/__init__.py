"""The messages of the Sheets API: their fields, field masks, and how JSON is validated."""
