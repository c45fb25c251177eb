"""The HTTP server under the function."""
