"""Where spreadsheets are kept, in memory or in an SQLite file, with their versions."""
