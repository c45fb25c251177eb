"""Questions to a live spreadsheet about what Google does not document."""
