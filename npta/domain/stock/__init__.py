"""Keys and their seats: taken in, corrected, retired, counted. Pure."""
