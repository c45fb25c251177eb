"""The routes: each hands a checked request to an operation."""
