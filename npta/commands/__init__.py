"""The commands, by what they are about; `npta/cli.py` says how they are called."""
