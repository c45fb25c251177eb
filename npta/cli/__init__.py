"""The command line: what people do at a shell."""
